# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Whole models, batch 1: prefill, then decoding of random next tokens (the same route for ever would be no decoding)."""

import json
import os
import time

import numpy as np

from .. import compiler
from ..model import Model
from . import machine, weights
from .peers import PeerError, take_turns

# Two layers of EMO's real shape, its experts pruned to 31+1. The vocabulary is an eighth of EMO's as the layers are an eighth of
# its 16.
TWO_LAYERS = {
    "model_type": "emo",
    "architectures": ["EmoForCausalLM"],
    "torch_dtype": "bfloat16",
    "vocab_size": 12544,
    "hidden_size": 2048,
    "intermediate_size": 1024,
    "num_hidden_layers": 2,
    "num_attention_heads": 16,
    "num_key_value_heads": 16,
    "max_position_embeddings": 4096,
    "rms_norm_eps": 1e-6,
    "rope_theta": 500000.0,
    "num_experts": 32,
    "num_shared_experts": 1,
    "num_experts_per_tok": 8,
    "norm_topk_prob": False,
    "shared_weighting": "one",
    "hidden_act": "silu",
    "attention_bias": False,
    "tie_word_embeddings": False,
    "eos_token_id": 0,
    "pad_token_id": 1,
    "initializer_range": 0.02,
    "router_aux_loss_coef": 0.1,
    "router_z_loss_coef": 0.001,
    "lm_z_loss_coef": 1e-5,
}
QUICK = dict(
    TWO_LAYERS,
    vocab_size=96,
    hidden_size=64,
    intermediate_size=32,
    num_attention_heads=4,
    num_key_value_heads=4,
    num_experts=8,
    num_experts_per_tok=3,
    max_position_embeddings=64,
)


def decode_bytes(config, context):
    """Bytes that a token at batch 1 has to read: weights of the chosen experts, attention, router and head, and the KV caches."""
    width, kv = config["hidden_size"], config["num_key_value_heads"] * config["hidden_size"] // config["num_attention_heads"]
    layer = (
        3 * width * config["intermediate_size"] * config["num_experts_per_tok"]
        + 2 * width * width
        + 2 * width * kv
        + width * config["num_experts"]
    )
    return 2 * (config["num_hidden_layers"] * (layer + 2 * kv * context) + width * config["vocab_size"])


class Emo:
    def __init__(self, program, capacity, **options):
        self.model = Model(program, **options)
        self.session = self.model.session(capacity)

    def turn(self, prompt, tokens):
        self.session.clear()
        seconds = []
        for ids in [prompt] + [[token] for token in tokens]:
            begin = time.perf_counter()
            self.session.feed(ids)
            self.session.choose()
            seconds.append(time.perf_counter() - begin)
        return seconds

    def output(self, prompt):
        self.session.clear()
        self.session.feed(prompt)
        return self.session.logits()


def measure_two_layers(options, folder, peers, say):
    config = QUICK if options.quick else TWO_LAYERS
    source = os.path.join(folder, "two-layers")
    say("model: writing weights")
    weights.write_model(source, config)
    return measure(options, "two layers of EMO's shape", source, (8, 4) if options.quick else (512, 32), folder, peers, say)


def measure(options, name, source, lengths, folder, peers, say):
    """Prefill of lengths[0] tokens and decoding of lengths[1], by emo with both kinds of weights memory and by PyTorch."""
    say("%s: compiling" % name)
    program = os.path.join(folder, "model.so")
    compiler.compile(source, program, cpu="native").close()
    ours = {
        "emo huge": dict(threads=options.threads, weights_memory="huge"),
        "emo mapped": dict(threads=options.threads, weights_memory="map"),
    }
    return compare(options, name, source, lengths, program, ours, folder, peers, say, lambda run: machine.with_roofs(options, run))


def compare(options, name, source, lengths, program, ours, folder, peers, say, with_roofs, device="cpu"):
    """The same with a compiled program, opened with the options of Model in `ours`, by name. with_roofs(run): what run returns, and the
    machine's roofs then. Peers compute on PyTorch's `device`."""
    with open(os.path.join(source, "config.json")) as file:
        config = json.load(file)
    prompt_tokens, new_tokens = lengths
    capacity = prompt_tokens + new_tokens
    ours = {contender: Emo(program, capacity, **opened) for contender, opened in ours.items()}
    turns = 1 if options.quick else 7
    random = np.random.default_rng(3)
    texts = random.integers(2, config["vocab_size"], (turns, capacity)).tolist()
    prompts = [text[:prompt_tokens] for text in texts]
    expected = next(iter(ours.values())).output(prompts[0])
    contenders = {name: lambda turn, emo=emo: emo.turn(prompts[turn], texts[turn][prompt_tokens:]) for name, emo in ours.items()}
    for run in contenders.values():
        run(0)
    differences, trials, failed = {}, {}, {}
    peer = peers.get("torch")
    if peer:
        try:
            peer.ask("model", folder=source, capacity=capacity, device=device)
            variants = peer.ask("call", method="variants", quick=options.quick)
        except PeerError as error:
            failed["torch"], variants = str(error), []
        for variant in variants:
            say("%s: trying torch %s" % (name, variant))
            path = os.path.join(folder, "output")
            try:
                peer.ask("call", method="output", variant=variant, prompt=prompts[0], path=path)
                turn = dict(method="turn", variant=variant, prompt=prompts[0], tokens=texts[0][prompt_tokens:])
                tried = [peer.ask("call", **turn) for _ in range(2 if options.quick else 4)][1:]
            except PeerError as error:
                failed["torch " + variant] = str(error)
                continue
            trials["torch " + variant] = {
                "prefill_ms": 1e3 * min(seconds[0] for seconds in tried),
                "decode_ms": 1e3 * min(float(np.median(seconds[1:])) for seconds in tried),
            }
            differences["torch " + variant] = float(
                np.linalg.norm(np.fromfile(path, np.float32) - expected) / np.linalg.norm(expected)
            )
        # The best variants in prefill and in decoding stay in the race.
        for key in ("prefill_ms", "decode_ms"):
            for best in sorted(trials, key=lambda name: trials[name][key])[:2]:
                contenders[best] = lambda turn, variant=best.split(" ", 1)[1]: peer.ask(
                    "call", method="turn", variant=variant, prompt=prompts[turn], tokens=texts[turn][prompt_tokens:]
                )
    say("%s: measuring" % name)
    taken, roofs = with_roofs(lambda: take_turns(contenders, turns, 0 if options.quick else 0.3))
    read = decode_bytes(config, prompt_tokens + new_tokens // 2)
    rows = {}
    for contender, lists in taken.items():
        prefill, decode = sorted(seconds[0] for seconds in lists), sorted(second for seconds in lists for second in seconds[1:])
        step = decode[len(decode) // 2]
        rows[contender] = {
            "prefill_ms": 1e3 * prefill[len(prefill) // 2],
            "prefill_tokens_per_s": prompt_tokens / prefill[len(prefill) // 2],
            "decode_ms": 1e3 * step,
            "decode_tokens_per_s": 1 / step,
            "decode_gb_s": read / step / 1e9,
            "decode_of_dram": read / step / 1e9 / roofs["dram_gb_s"] if roofs["dram_gb_s"] else None,
            "difference": differences.get(contender),
        }
    for emo in ours.values():
        emo.session = None
        emo.model.close()
    if peer:
        peer.ask("free")
    return {
        "name": name,
        "prompt_tokens": prompt_tokens,
        "new_tokens": new_tokens,
        "turns": turns,
        "bytes_per_token": read,
        "roofs": roofs,
        "contenders": rows,
        "trials": trials,
        "failed": failed,
    }
