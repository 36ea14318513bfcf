# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# checkpoint.py FROM TO CODE: a copy of a Hugging Face folder of one weights file after CODE has changed it. CODE has `config`, `tensors`
# (name: [dtype, shape, bytearray], in the file's order) and
#   subset(set)  keeps the experts of an expert set, as pruning does;
#   add(name, x) adds x to the first number of an F32 tensor.
import json
import os
import shutil
import struct
import sys

source, target, code = sys.argv[1:]
with open(os.path.join(source, "config.json")) as file:
    config = json.load(file)
with open(os.path.join(source, "model.safetensors"), "rb") as file:
    data = file.read()
start = 8 + int.from_bytes(data[:8], "little")
header = json.loads(data[8:start])
tensors = {}
for name, entry in header.items():
    if name != "__metadata__":
        begin, end = entry["data_offsets"]
        tensors[name] = [entry["dtype"], entry["shape"], bytearray(data[start + begin:start + end])]


def subset(path):
    global tensors
    with open(path) as file:
        layers = json.load(file)["layers"]
    config["num_experts_per_layer"] = [len(layer["keep"]) for layer in layers]
    kept = {}
    for name, (dtype, shape, data) in tensors.items():
        parts = name.split(".")
        keep = layers[int(parts[2])]["keep"] if parts[1] == "layers" else []
        if ".mlp.experts." in name:
            if int(parts[5]) not in keep:
                continue
            parts[5] = str(keep.index(int(parts[5])))
        elif name.endswith("mlp.gate.weight"):
            row = len(data) // shape[0]
            # Nobody reads the row of one shared expert: it is dropped.
            rows = [data[expert * row:(expert + 1) * row] for expert in keep[:-1]] + [bytes(row)]
            shape, data = [len(keep), shape[1]], bytearray(b"".join(rows))
        kept[".".join(parts)] = [dtype, shape, data]
    tensors = kept


def add(name, value):
    data = tensors[name][2]
    data[:4] = struct.pack("<f", struct.unpack("<f", data[:4])[0] + value)


exec(code)
header, data = {"__metadata__": {"format": "pt"}}, b""
for name, (dtype, shape, part) in tensors.items():
    header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(part)]}
    data += part
text = json.dumps(header, separators=(",", ":")).encode()
text += b" " * (-(len(text) + 8) % 64)
shutil.rmtree(target, ignore_errors=True)
os.makedirs(target)
with open(os.path.join(target, "config.json"), "w") as file:
    json.dump(config, file)
with open(os.path.join(target, "model.safetensors"), "wb") as file:
    file.write(len(text).to_bytes(8, "little") + text + data)
