# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""check-experts.py MODEL EXPECTED DATA WORK DOMAIN K[,K...]: measure, choose, prune, evaluate, against a reference.

EXPECTED is {"DOMAIN": {"router", "reap", "easy_ep": scores [layer][routed expert]}, "greedy": {K: {DOMAIN: routed ids kept, by layer}},
"losses": {K: {DOMAIN: nats a token}}}. A program made with --profile measures DATA/DOMAIN.calib.npy in f32, greedily for each K. Scores must be
within 1e-5 of the largest of their layer (f32 sums over 13,312 tokens in another order), ids equal, the losses of the specialised
programs on DATA/DOMAIN.val.npy within 1e-3.
"""
import json
import os
import subprocess
import sys

import numpy as np

model, expected, data, work, domain, counts = sys.argv[1:]
expected = json.load(open(expected))
os.makedirs(work, exist_ok=True)
path = lambda name: os.path.join(work, name)
output = lambda *command: subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
ok = True


def check(holds, text):
    global ok
    ok &= bool(holds)
    print(text if holds else text + ": WRONG")


output("emo-compile", model, "--dtype=f32", "--cpu=native", "--profile", "-o", path("measure"))
output(path("measure"), "profile", "--data", os.path.join(data, domain + ".calib.npy"), "--out", path("profile.json"), "--greedy=" + counts)
profile = json.load(open(path("profile.json")))
print("%(documents)d documents, %(tokens)d tokens" % profile["data"])
keys = {"router": "router_probability", "reap": "reap", "easy_ep": "easy_ep"}
for name, key in keys.items():
    if domain in expected:
        worst = 0
        for layer, scores in zip(profile["layers"], expected[domain][name]):
            found = [score for expert, score in enumerate(layer[key]) if expert not in layer["shared"]]
            worst = max(worst, np.abs(np.subtract(found, scores)).max() / np.max(scores))
        check(worst <= 1e-5, "%s: scores differ by %.1g at most" % (name, worst))
for count in counts.split(","):
    output("emo-experts", "select", path("profile.json"), "--keep=" + count, "-o", path("set.json"))
    kept = [[e for e in layer["keep"] if e not in layer["shared"]] for layer in json.load(open(path("set.json")))["layers"]]
    check(kept == expected["greedy"][count][domain], "keeping %s: the reference's experts" % count)
    output("emo-compile", model, "--dtype=f32", "--cpu=native", "--experts=" + path("set.json"), "-o", path("special"))
    loss = json.loads(output(path("special"), "eval", "--data", os.path.join(data, domain + ".val.npy"), "--json"))["loss"]
    reference = expected["losses"][count][domain]
    check(abs(loss - reference) <= 1e-3, "keeping %s: loss %.5f, reference %.5f" % (count, loss, reference))
sys.exit(not ok)
