# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# show.py FOLDER ORIGINAL: which rows and experts of the original the router and the up projections of layer 1 are.
import json
import sys


def read(folder):
    data = open(folder + "/model.safetensors", "rb").read()
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    return {name: (entry["dtype"], entry["shape"], data[start + entry["data_offsets"][0]:start + entry["data_offsets"][1]])
            for name, entry in header.items() if name != "__metadata__"}


def rows(data, count):
    size = len(data) // count
    return [data[i * size:(i + 1) * size] for i in range(count)]


found, original = (read(folder) for folder in sys.argv[1:])
gate, up = "model.layers.1.mlp.gate.weight", "model.layers.1.mlp.experts.%d.up_proj.weight"
before = rows(original[gate][2], 8)
dtype, shape, data = found[gate]
names = [before.index(row) if row in before else 0 if not any(row) else "?" for row in rows(data, shape[0])]
print("%s %s %s: rows %s of the original, %s" % (gate, dtype, shape, ", ".join(map(str, names[:-1])), names[-1]))
before = [original[up % i][2] for i in range(8)]
for i in range(shape[0]):
    dtype, expert, data = found[up % i]
    print("%s %s %s: expert %d of the original" % (up % i, dtype, expert, before.index(data)))
