# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Random weights, inputs and routing of the benchmarks, the same in every run."""

import json
import os

import numpy as np


def to_bf16(array):
    """uint16 bits of f32 values, rounded to nearest even."""
    bits = np.ascontiguousarray(array, np.float32).view(np.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)


def from_bf16(bits):
    return (bits.astype(np.uint32) << 16).view(np.float32)


class _Noise:
    """Normal values of deviation 0.02 in bf16: windows at changing places of one long piece, because making new ones is slow."""

    def __init__(self, seed):
        self._piece = to_bf16(np.random.default_rng(seed).standard_normal(1 << 23, np.float32) * 0.02)
        self._place = 0

    def write(self, file, count):
        while count:
            window = self._piece[self._place : self._place + count]
            window.tofile(file)
            count -= window.size
            # A prime step, so that rows of two tensors never line up.
            self._place = (self._place + window.size + 1299709) % self._piece.size


def write_layer(path, shape):
    """Gate and up [experts, hidden, width] and down [experts, width, hidden], bf16, one after the other."""
    with open(path, "wb") as file:
        _Noise(5).write(file, 3 * shape["experts"] * shape["hidden"] * shape["width"])


def layer_input(shape, tokens, number):
    """x bf16 [tokens, width], expert ids int32 and their weights f32 [tokens, top_k].

    Shared experts are the last ones, which every token takes with weight 1.
    """
    random = np.random.default_rng([tokens, number])
    x = to_bf16(random.standard_normal((tokens, shape["width"]), np.float32))
    routed = shape["experts"] - shape["shared"]
    scores = random.random((tokens, routed), np.float32)
    chosen = np.argsort(-scores, 1)[:, : shape["top_k"] - shape["shared"]]
    weights = np.exp(4 * np.take_along_axis(scores, chosen, 1))
    weights /= weights.sum(1, keepdims=True)
    ids = np.concatenate([chosen, np.arange(routed, shape["experts"])[None].repeat(tokens, 0)], 1)
    return x, ids.astype(np.int32), np.concatenate([weights, np.ones((tokens, shape["shared"]), np.float32)], 1)


def write_model(folder, config):
    """A Hugging Face folder of an EMO with random bf16 weights."""
    width, hidden, experts = config["hidden_size"], config["intermediate_size"], config["num_experts"]
    heads = config["num_key_value_heads"] * width // config["num_attention_heads"]
    shapes = {
        "model.embed_tokens.weight": (config["vocab_size"], width),
        "model.norm.weight": (width,),
        "lm_head.weight": (config["vocab_size"], width),
    }
    for layer in range(config["num_hidden_layers"]):
        name = "model.layers.%d." % layer
        shapes.update({name + "pre_attention_layernorm.weight": (width,), name + "pre_feedforward_layernorm.weight": (width,)})
        shapes.update({name + "self_attn.%s_proj.weight" % p: (width if p in "qo" else heads, width) for p in "qkvo"})
        shapes[name + "mlp.gate.weight"] = (experts, width)
        for p, shape in (("gate", (hidden, width)), ("up", (hidden, width)), ("down", (width, hidden))):
            shapes.update({name + "mlp.experts.%d.%s_proj.weight" % (e, p): shape for e in range(experts)})
    header, offset = {}, 0
    for name, shape in shapes.items():
        size = 2 * int(np.prod(shape))
        header[name] = {"dtype": "BF16", "shape": shape, "data_offsets": [offset, offset + size]}
        offset += size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    os.makedirs(folder, exist_ok=True)
    noise = _Noise(7)
    with open(os.path.join(folder, "model.safetensors"), "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for name, shape in shapes.items():
            if len(shape) == 1:
                to_bf16(np.ones(shape)).tofile(file)
            else:
                noise.write(file, int(np.prod(shape)))
    with open(os.path.join(folder, "config.json"), "w") as file:
        json.dump(config, file)
