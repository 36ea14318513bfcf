# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""check-bench.py RESULTS.json: the structure of python -m emo.bench --json, as docs/benchmarks.md has it."""

import json
import sys

with open(sys.argv[1]) as file:
    results = json.load(file)


def expect(found, **fields):
    for name, kind in fields.items():
        assert isinstance(found[name], kind), "%s is %r in %r, expected %s" % (name, found.get(name), found, kind)


number = (int, float)
expect(results, machine=dict, versions=dict, roofs=dict, peers=dict, layer=list, model=dict, start=dict)
assert results["threads"] == 2 and results["quick"] is True and "small" not in results
expect(results["machine"], cpu=str, cpus=int, memory_gib=float, features=list, kernel=str, load_average=float)
expect(results["versions"], emo=str, python=str, numpy=str)
expect(results["peers"], torch=str, vllm=str, triton=str, preloaded=list)
expect(results["roofs"], dram_gb_s=float, measured=dict)
assert [(point["shape"], point["tokens"]) for point in results["layer"]] == [("tiny", 1), ("tiny", 8)]
for point in results["layer"]:
    expect(point["roofs"], dram_gb_s=number)
    expect(point, name=str, experts_read=float, flops=float, weight_bytes=float, bound_ms=float, trials_ms=dict, failed=dict)
    for name in ("emo huge", "emo mapped"):
        row = point["contenders"][name]
        expect(row, median_ms=float, min_ms=float, calls=int, error=float, roofline=float)
        # bf16 has 8 bits: activations between the two products and the output are rounded once each.
        assert row["error"] < 2 * 2**-8, row
model = results["model"]
expect(model["roofs"], dram_gb_s=number)
expect(model, name=str, prompt_tokens=int, new_tokens=int, turns=int, bytes_per_token=int, trials=dict, failed=dict)
# bf16; 2 layers of (3 experts of 3 x 64 x 32, 4 x 64 x 64 of attention, a router of 8 x 64, a KV cache of 2 x 10 x 64), 96 x 64
# of the head.
assert model["bytes_per_token"] == 2 * (2 * (3 * 3 * 64 * 32 + 4 * 64 * 64 + 8 * 64 + 2 * 10 * 64) + 96 * 64)
for name in ("emo huge", "emo mapped"):
    expect(
        model["contenders"][name],
        prefill_ms=float,
        prefill_tokens_per_s=float,
        decode_ms=float,
        decode_tokens_per_s=float,
        decode_gb_s=float,
        decode_of_dram=float,
    )
expect(results["start"]["first_token_ms"], median=number, min=number, max=number, runs=int)
expect(results["start"]["compile_s"], native=float)
print("structure as documented; outputs agree with the reference")
