# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""random-model.py FOLDER [KEY=VALUE...]: a Hugging Face folder of an EMO with random bf16 weights (normal, 1/sqrt(K)), the same in each
run. Keys are fields of config.json, numbers or words."""
import json
import os
import struct
import sys

import numpy as np

folder, fields = sys.argv[1], dict(argument.split("=") for argument in sys.argv[2:])
config = {
    "model_type": "emo", "architectures": ["EmoForCausalLM"], "torch_dtype": "bfloat16", "vocab_size": 256, "hidden_size": 256,
    "intermediate_size": 128, "num_hidden_layers": 1, "num_attention_heads": 4, "num_key_value_heads": 4, "max_position_embeddings": 512,
    "rms_norm_eps": 1e-6, "rope_theta": 500000.0, "num_experts": 8, "num_shared_experts": 1, "num_experts_per_tok": 3,
    "norm_topk_prob": False, "shared_weighting": "one", "hidden_act": "silu", "attention_bias": False, "tie_word_embeddings": False,
    "eos_token_id": 0, "pad_token_id": 1,
}
for key, value in fields.items():
    config[key] = int(value) if value.isdigit() else value
d, hidden, vocab, kv = config["hidden_size"], config["intermediate_size"], config["vocab_size"], config["num_key_value_heads"]
kv_rows = d // config["num_attention_heads"] * kv
tensors = {"model.embed_tokens.weight": (vocab, d), "lm_head.weight": (vocab, d), "model.norm.weight": (d,)}
for layer in range(config["num_hidden_layers"]):
    at = f"model.layers.{layer}."
    tensors |= {at + "pre_attention_layernorm.weight": (d,), at + "pre_feedforward_layernorm.weight": (d,),
                at + "self_attn.q_proj.weight": (d, d), at + "self_attn.o_proj.weight": (d, d),
                at + "self_attn.k_proj.weight": (kv_rows, d), at + "self_attn.v_proj.weight": (kv_rows, d),
                at + "mlp.gate.weight": (config["num_experts"], d)}
    for expert in range(config["num_experts"]):
        tensors |= {f"{at}mlp.experts.{expert}.gate_proj.weight": (hidden, d), f"{at}mlp.experts.{expert}.up_proj.weight": (hidden, d),
                    f"{at}mlp.experts.{expert}.down_proj.weight": (d, hidden)}
header, offset = {}, 0
for name, shape in tensors.items():
    size = 2 * int(np.prod(shape))
    header[name] = {"dtype": "BF16", "shape": list(shape), "data_offsets": [offset, offset + size]}
    offset += size
os.makedirs(folder, exist_ok=True)
with open(os.path.join(folder, "config.json"), "w") as file:
    json.dump(config, file)
random = np.random.default_rng(0)
with open(os.path.join(folder, "model.safetensors"), "wb") as file:
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    file.write(struct.pack("<Q", len(text)) + text)
    for name, shape in tensors.items():
        values = np.ones(shape, np.float32) if "norm" in name else random.standard_normal(shape, np.float32) / np.float32(np.sqrt(shape[-1]))
        file.write((values.view(np.uint32) >> 16).astype("<u2").tobytes())
