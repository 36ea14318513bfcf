# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""make-checkpoint.py FOLDER [--layers=16 --experts=128 --files=1]: a checkpoint of the released EMO's shape, all zeros.

config.json and safetensors files with bf16 tensors, laid out as the Hugging Face libraries write them: tensors are given to files in
the model's order and sorted by name inside a file. The files are sparse: 27 GB of length take a megabyte of disk and no time.
"""
import argparse
import json
import os

HIDDEN, EXPERT, VOCAB = 2048, 1024, 100352


def config(layers, experts):
    return {
        "model_type": "emo", "architectures": ["EmoForCausalLM"], "torch_dtype": "bfloat16", "vocab_size": VOCAB,
        "hidden_size": HIDDEN, "intermediate_size": EXPERT, "num_hidden_layers": layers, "num_attention_heads": 16,
        "num_key_value_heads": 16, "hidden_act": "silu", "max_position_embeddings": 4096, "initializer_range": 0.02,
        "rms_norm_eps": 1e-6, "use_cache": True, "pad_token_id": 100277, "bos_token_id": None, "eos_token_id": 100257,
        "tie_word_embeddings": False, "rope_theta": 500000.0, "rope_scaling": None, "attention_bias": False,
        "attention_dropout": 0.0, "num_experts_per_tok": 8, "num_experts": experts, "num_shared_experts": 1,
        "output_router_logits": True, "router_aux_loss_coef": 0.1, "norm_topk_prob": False}


def tensors(layers, experts):
    """Name and shape of every tensor in the model's order."""
    yield "model.embed_tokens.weight", [VOCAB, HIDDEN]
    for layer in range(layers):
        prefix = "model.layers.%d." % layer
        yield prefix + "pre_attention_layernorm.weight", [HIDDEN]
        for name in "qkvo":
            yield prefix + "self_attn.%s_proj.weight" % name, [HIDDEN, HIDDEN]
        yield prefix + "pre_feedforward_layernorm.weight", [HIDDEN]
        yield prefix + "mlp.gate.weight", [experts, HIDDEN]
        for expert in range(experts):
            for name, shape in (("gate", [EXPERT, HIDDEN]), ("up", [EXPERT, HIDDEN]), ("down", [HIDDEN, EXPERT])):
                yield prefix + "mlp.experts.%d.%s_proj.weight" % (expert, name), shape
    yield "model.norm.weight", [HIDDEN]
    yield "lm_head.weight", [VOCAB, HIDDEN]


def size(shape):
    return 2 * shape[0] * (shape[1] if len(shape) > 1 else 1)


def write(path, entries):
    header, offset = {}, 0
    for name, shape in sorted(entries):
        header[name] = {"dtype": "BF16", "shape": shape, "data_offsets": [offset, offset + size(shape)]}
        offset += size(shape)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        file.truncate(8 + len(text) + offset)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    parser.add_argument("--layers", type=int, default=16)
    parser.add_argument("--experts", type=int, default=128, help="of a layer, the shared one included")
    parser.add_argument("--files", type=int, default=1)
    options = parser.parse_args()
    os.makedirs(options.folder, exist_ok=True)
    with open(os.path.join(options.folder, "config.json"), "w") as file:
        json.dump(config(options.layers, options.experts), file, indent=1)
    entries = list(tensors(options.layers, options.experts))
    if options.files == 1:
        write(os.path.join(options.folder, "model.safetensors"), entries)
        return
    share = sum(size(shape) for _, shape in entries) / options.files
    shards, filled = [[] for _ in range(options.files)], 0
    for entry in entries:
        shards[min(options.files - 1, int(filled / share))].append(entry)
        filled += size(entry[1])
    places = {}
    for number, shard in enumerate(shards):
        name = "model-%05d-of-%05d.safetensors" % (number + 1, options.files)
        write(os.path.join(options.folder, name), shard)
        places.update((tensor, name) for tensor, _ in shard)
    with open(os.path.join(options.folder, "model.safetensors.index.json"), "w") as file:
        json.dump({"metadata": {"total_size": filled}, "weight_map": places}, file, indent=1)


main()
