# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# report-profiles.py FOLDER [LAYERS EXPERTS]: profiles of four made-up domains, three of them with documents, and loss curves.
import json
import os
import random
import sys

folder = sys.argv[1]
layers, experts = (int(arg) for arg in sys.argv[2:4]) if len(sys.argv) > 2 else (4, 16)
numbers = random.Random(7)
domains = ["bible", "maths", "cpp", "python & <notebooks>"]
words = {name: "%s text with <angles> & quotes \" of several lines\nand words that go on for a while, longer than a line of the page" % name for name in domains}


def routed(weights):
    total = sum(weights)
    return [round(weight / total, 6) for weight in weights] + [None]


# A domain likes some experts, the more so in later layers; code is like code.
liking = {name: [[numbers.random() ** 6 * (2 + 8 * layer / layers) + .05 for _ in range(experts - 1)] for layer in range(layers)] for name in domains}
for layer in range(layers):
    liking[domains[3]][layer] = [(a + 2 * b) / 3 for a, b in zip(liking[domains[3]][layer], liking["cpp"][layer])]
os.makedirs(folder, exist_ok=True)
for number, name in enumerate(domains):
    documents = []
    for index in range(40 + 10 * number if name != "bible" else 0):
        rows = [routed([weight * numbers.uniform(.3, 1.7) for weight in row]) for row in liking[name]]
        documents.append({"tokens": 100 + index, "router_probability": rows})
        if index % 2:
            documents[-1]["text"] = words[name]
    profile = {
        "version": 1,
        "model": {"hash": "ab" * 32, "name": "emo-made-up", "weights_bytes": 1000000 * layers * experts + 40000000, "expert_bytes": [1000000] * layers},
        "data": {"files": [name + ".npy"], "documents": 49, "tokens": 13374 + number, "row": 512},
        "layers": [{"experts": experts, "shared": [experts - 1], "router_probability": routed(row)} for row in liking[name]],
        "documents": documents}
    with open(os.path.join(folder, name.split(" ")[0] + ".json"), "w") as file:
        json.dump(profile, file)
kept = [experts >> shift for shift in (4, 3, 2, 1, 0) if experts >> shift > 1]
curves = [{"name": name, "points": [[k, round(2 + number / 5 + 1.5 / k ** .8, 4)] for k in kept]} for number, name in enumerate(domains)]
curves.append({"name": "standard model", "points": [[k, round(2.4 + 6 / k, 4)] for k in kept]})
with open(os.path.join(folder, "loss.json"), "w") as file:
    json.dump({"curves": curves}, file)
