# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# shards.py MODEL FOLDER: copies a Hugging Face model of one safetensors file as two files, a.safetensors and b.safetensors, with an index.
import json
import os
import shutil
import struct
import sys

model, folder = sys.argv[1:]
os.makedirs(folder, exist_ok=True)
shutil.copy(os.path.join(model, "config.json"), folder)
with open(os.path.join(model, "model.safetensors"), "rb") as file:
    (size,) = struct.unpack("<Q", file.read(8))
    header = json.loads(file.read(size))
    data = file.read()
names = sorted(name for name in header if name != "__metadata__")
shards = {"a.safetensors": names[::2], "b.safetensors": names[1::2]}
weight_map = {}
for shard, members in shards.items():
    part, blob = {}, b""
    for name in members:
        begin, end = header[name]["data_offsets"]
        part[name] = dict(header[name], data_offsets=[len(blob), len(blob) + end - begin])
        blob += data[begin:end]
        weight_map[name] = shard
    text = json.dumps(part).encode()
    with open(os.path.join(folder, shard), "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + blob)
with open(os.path.join(folder, "model.safetensors.index.json"), "w") as file:
    json.dump({"metadata": {}, "weight_map": weight_map}, file)
