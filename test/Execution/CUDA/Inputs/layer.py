# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""layer.py FOLDER: a model of one layer of the released EMO's width (2048, 16 heads of 128, experts of 1024), with 8 routed experts and a shared
one, a small vocabulary and random bf16 weights. Enough tokens for the large tiles of every product. The logits of the emulated program, in both
architectures, are as near to those of f32 arithmetic, by their root mean square, as the CPU's program of bf16 is, up to a tenth.
"""
import json
import os
import shutil
import struct
import sys

import numpy as np

from programs import bf16, output, write_arrays

HIDDEN, EXPERT, HEADS, EXPERTS, VOCAB, TOKENS = 2048, 1024, 16, 9, 256, 385
rng = np.random.default_rng(0)


def tensors():
    yield "model.embed_tokens.weight", [VOCAB, HIDDEN]
    for name in "qkvo":
        yield "model.layers.0.self_attn.%s_proj.weight" % name, [HIDDEN, HIDDEN]
    yield "model.layers.0.mlp.gate.weight", [EXPERTS, HIDDEN]
    for expert in range(EXPERTS):
        for name, shape in (("gate", [EXPERT, HIDDEN]), ("up", [EXPERT, HIDDEN]), ("down", [HIDDEN, EXPERT])):
            yield "model.layers.0.mlp.experts.%d.%s_proj.weight" % (expert, name), shape
    for name in ("layers.0.pre_attention_layernorm", "layers.0.pre_feedforward_layernorm", "norm"):
        yield "model.%s.weight" % name, [HIDDEN]
    yield "lm_head.weight", [VOCAB, HIDDEN]


def write_model(folder):
    """Activations keep the size of their inputs: weights are of the size of 1 / sqrt(inputs)."""
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "config.json"), "w") as file:
        json.dump({"model_type": "emo", "architectures": ["EmoForCausalLM"], "torch_dtype": "bfloat16", "vocab_size": VOCAB, "hidden_size": HIDDEN,
                   "intermediate_size": EXPERT, "num_hidden_layers": 1, "num_attention_heads": HEADS, "num_key_value_heads": HEADS,
                   "hidden_act": "silu", "max_position_embeddings": 512, "rms_norm_eps": 1e-6, "pad_token_id": 1, "eos_token_id": 1,
                   "tie_word_embeddings": False, "rope_theta": 500000.0, "attention_bias": False, "num_experts_per_tok": 3, "num_experts": EXPERTS,
                   "num_shared_experts": 1, "norm_topk_prob": False}, file)
    header, offset = {}, 0
    for name, shape in tensors():
        size = 2 * int(np.prod(shape))
        header[name] = {"dtype": "BF16", "shape": shape, "data_offsets": [offset, offset + size]}
        offset += size
    text = json.dumps(header).encode()
    with open(os.path.join(folder, "model.safetensors"), "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for name, shape in tensors():
            values = rng.standard_normal(shape, np.float32)
            file.write(bf16(1 + 0.1 * values if len(shape) == 1 else values if "embed" in name else values / np.sqrt(shape[1])).tobytes())


def main():
    folder = sys.argv[1]
    model = os.path.join(folder, "model")
    write_model(model)
    given = write_arrays(os.path.join(folder, "in"), {"input_ids": rng.integers(0, VOCAB, (1, TOKENS)).astype(np.int64)})
    program, exact = os.path.join(folder, "program"), os.path.join(folder, "exact")
    output("emo-compile", model, "--target=cpu,cuda", "--cpu=native", "--cuda-arch=sm_80,sm_90a", "-o", program)
    output("emo-compile", model, "--cpu=native", "--dtype=f32", "-o", exact)

    def logits(*command):
        results = os.path.join(folder, "out")
        shutil.rmtree(results, ignore_errors=True)
        output(command[0], "run", *command[1:], "--inputs", given, "--outputs", results)
        return np.load(os.path.join(results, "logits.npy")).astype(np.float64)

    right = logits(exact)
    distance = lambda found: float(np.sqrt(np.mean((found - right) ** 2)))
    cpu, failed = distance(logits(program)), False
    print("CPU: logits of size %.2f differ by %.2g" % (np.sqrt(np.mean(right**2)), cpu))
    for arch in ("sm_80", "sm_90a"):
        before = os.times().children_user
        found = distance(logits(program, "--device=emulate", "--emulation=no-checks,lazy,schedule=reversed,threads=2,arch=" + arch))
        fine = found <= 1.1 * cpu
        failed |= not fine
        print("%s: logits differ by %.2g, %s" % (arch, found, "as the CPU's do" if fine else "WRONG"))
        print("%s: %.1f s of CPU" % (arch, os.times().children_user - before), file=sys.stderr)
    shutil.rmtree(folder)
    return failed


sys.exit(main())
