# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What keeping fewer experts changes in speed and memory: programs of all, half, a quarter and an eighth of the experts, at batch 1."""

import json
import os
import random
import subprocess

from ..compiler import find_tool
from . import models, weights
from .peers import PeerError

# Two layers of EMO's real shape with all of its experts.
WHOLE_LAYERS = dict(models.TWO_LAYERS, num_experts=128)
PARTS = (1, 2, 4, 8)


def _run(*command):
    result = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if result.returncode:
        raise PeerError(result.stderr.strip() or "%s ended with status %d" % (command[0], result.returncode))
    return result.stdout


def _write_set(path, config, keep):
    """Random routed experts and the shared ones, which are the last, in every layer."""
    choose = random.Random(keep)
    shared = config["num_shared_experts"]
    routed = config["num_experts"] - shared
    layers = [
        {"keep": sorted(choose.sample(range(routed), keep - shared)) + list(range(routed, routed + shared))}
        for _ in range(config["num_hidden_layers"])
    ]
    with open(path, "w") as file:
        json.dump({"version": 1, "layers": layers}, file)


def measure(options, name, source, lengths, folder, say):
    """One entry for each part of the experts: sizes, speed and memory of a program of its own, in a process of its own."""
    with open(os.path.join(source, "config.json")) as file:
        config = json.load(file)
    experts, rows = config["num_experts"], []
    for part in PARTS:
        keep = max(experts // part, config["num_shared_experts"] + 1)
        say("%s: %d of %d experts" % (name, keep, experts))
        program, chosen = os.path.join(folder, "program"), os.path.join(folder, "set.json")
        _write_set(chosen, config, keep)
        _run(find_tool("emo-compile"), source, "--cpu=native", "--experts=" + chosen, "-o", program)
        row = {"experts": keep, "program_mb": os.path.getsize(program) / 1e6}
        for memory in ("huge", "map"):
            command = [program, "bench", "--json", "--prompt-tokens=%d" % lengths[0], "--new-tokens=%d" % lengths[1]]
            command += ["--repeat=%d" % (1 if options.quick else 7), "--threads=%d" % options.threads, "--weights-memory=" + memory]
            taken = json.loads(_run(*command))
            row[memory] = {key: taken[key] for key in ("prefill_tokens_per_s", "decode_tokens_per_s", "memory_mb")}
        os.remove(program)
        rows.append(row)
    return {"name": name, "prompt_tokens": lengths[0], "new_tokens": lengths[1], "of": experts, "parts": rows}


def measure_whole_layers(options, folder, say):
    source = os.path.join(folder, "whole-layers")
    say("experts: writing weights")
    weights.write_model(source, models.QUICK if options.quick else WHOLE_LAYERS)
    return measure(options, "two layers of EMO's shape with all experts", source, (8, 4) if options.quick else (512, 64), folder, say)
