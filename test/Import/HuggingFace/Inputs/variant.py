# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# variant.py MODEL FOLDER CODE: copies a Hugging Face model of one safetensors file after CODE has changed `config` (a dictionary),
# `header` (the safetensors header) or `data` (the bytes behind it).
import json
import os
import struct
import sys

model, folder, code = sys.argv[1:]
with open(os.path.join(model, "config.json")) as file:
    config = json.load(file)
with open(os.path.join(model, "model.safetensors"), "rb") as file:
    (size,) = struct.unpack("<Q", file.read(8))
    header = json.loads(file.read(size))
    data = file.read()
scope = {"config": config, "header": header, "data": data, "layer": "model.layers.1."}
exec(code, scope)
os.makedirs(folder, exist_ok=True)
with open(os.path.join(folder, "config.json"), "w") as file:
    json.dump(scope["config"], file)
text = json.dumps(scope["header"]).encode()
with open(os.path.join(folder, "model.safetensors"), "wb") as file:
    file.write(struct.pack("<Q", len(text)) + text + scope["data"])
