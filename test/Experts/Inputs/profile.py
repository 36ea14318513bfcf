# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# profile.py FILE [CODE]: a profile of a model of 2 layers and 8 experts after CODE has changed `profile`; `layers` are its layers.
import json
import sys

target, code = (sys.argv[1:] + [""])[:2]
probabilities = [[.30, .05, .20, .05, .25, .10, .05], [.02, .28, .10, .30, .05, .05, .20]]
layers = [{
    "experts": 8, "shared": [7],
    "router_probability": row + [None],
    "topk_frequency": row[::-1] + [None],
    "reap": [score * (1 + expert) for expert, score in enumerate(row)] + [None],
    "easy_ep": [1 + expert % 3 for expert in range(7)] + [None]} for row in probabilities]
profile = {
    "version": 1,
    "model": {"hash": "ab" * 32, "name": "two-layers", "weights_bytes": 100000, "expert_bytes": [5000, 5000], "top_k": [2, 2]},
    "data": {"files": ["maths.calib.npy"], "hash": "cd" * 32, "documents": 49, "tokens": 13374, "row": 512},
    "compiler": "emo 0.1.0", "policy": "single-pass", "layers": layers}
exec(code)
with open(target, "w") as file:
    json.dump(profile, file)
