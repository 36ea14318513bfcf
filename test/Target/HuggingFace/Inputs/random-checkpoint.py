# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# random-checkpoint.py FOLDER KEY=VALUE...: a small checkpoint of any config, with random numbers; `dtype` is F32, F16 or BF16.
import json
import os
import random
import sys

folder, *changes = sys.argv[1:]
config = {
    "vocab_size": 40, "hidden_size": 32, "intermediate_size": 16, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "hidden_act": "silu", "max_position_embeddings": 64, "rms_norm_eps": 1e-05, "rope_theta": 10000.0,
    "num_experts": 6, "num_shared_experts": 1, "num_experts_per_tok": 3, "norm_topk_prob": False, "attention_bias": False,
    "tie_word_embeddings": False, "eos_token_id": 3, "model_type": "emo"}
dtype = "F32"
for change in changes:
    key, value = change.split("=")
    if key == "dtype":
        dtype = value
    else:
        config[key] = json.loads(value)

hidden, size, vocabulary = config["hidden_size"], config["intermediate_size"], config["vocab_size"]
kv = hidden // config["num_attention_heads"] * config["num_key_value_heads"]
tensors = {"model.embed_tokens.weight": [vocabulary, hidden]}
for layer in range(config["num_hidden_layers"]):
    prefix = "model.layers.%d." % layer
    tensors[prefix + "pre_attention_layernorm.weight"] = [hidden]
    for name, outputs in (("q", hidden), ("k", kv), ("v", kv), ("o", hidden)):
        tensors[prefix + "self_attn.%s_proj.weight" % name] = [outputs, hidden]
        if config["attention_bias"]:
            tensors[prefix + "self_attn.%s_proj.bias" % name] = [outputs]
    tensors[prefix + "pre_feedforward_layernorm.weight"] = [hidden]
    experts = config.get("num_experts_per_layer", {}) and config["num_experts_per_layer"][layer] or config["num_experts"]
    tensors[prefix + "mlp.gate.weight"] = [experts, hidden]
    for name, shape in (("gate", [size, hidden]), ("up", [size, hidden]), ("down", [hidden, size])):
        for expert in range(experts):
            tensors[prefix + "mlp.experts.%d.%s_proj.weight" % (expert, name)] = shape
tensors["model.norm.weight"] = [hidden]
if not config["tie_word_embeddings"]:
    tensors["lm_head.weight"] = [vocabulary, hidden]

numbers, header, data = random.Random(1), {"__metadata__": {"format": "pt"}}, b""
for name, shape in tensors.items():
    count = shape[0] * (shape[1] if len(shape) > 1 else 1)
    # Any bits are some number; those with a small exponent are small.
    high = {"F32": 0x3d, "BF16": 0x3d, "F16": 0x2c}[dtype]
    data_type_bytes = 4 if dtype == "F32" else 2
    part = b"".join(bytes(numbers.randrange(256) for _ in range(data_type_bytes - 1)) + bytes([high | numbers.randrange(2) << 7])
                    for _ in range(count))
    header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(part)]}
    data += part
text = json.dumps(header, separators=(",", ":")).encode()
text += b" " * (-(len(text) + 8) % 64)
os.makedirs(folder, exist_ok=True)
with open(os.path.join(folder, "config.json"), "w") as file:
    json.dump(config, file, indent=2)
with open(os.path.join(folder, "model.safetensors"), "wb") as file:
    file.write(len(text).to_bytes(8, "little") + text + data)
