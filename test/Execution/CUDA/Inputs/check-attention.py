# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Attention of many queries in bf16 and f16 on the emulator (MODE: options of --emulation) or on the GPU (`cuda`), against f64:

    check-attention.py ARCH MODE...

Two heads share keys; behind the last key a cache holds NaN. A weight is 2^x of a score, rounded, over the sum of those: it is off by 2^-9 of itself
in bf16, and the sum by 2^-9; scores, in f32, add less than 2^-10. The output is rounded once more. In f16 it is 2^-12 in place of 2^-9, and
2^-25 for weights that are subnormal.
"""
import sys
import tempfile

import numpy as np

from programs import bf16, dim, Program, run_on_device, tensor, wide, write_arrays

HEADS, SHARED = 4, 2
CASES = [  # type, size of a head, queries, what is before them for each row of the batch, or where its documents begin
    ("bf16", 64, 150, "cache", [37, 0]),
    ("bf16", 128, 70, "cache", [200]),
    ("bf16", 64, 200, "documents", [[0, 10, 64, 65, 190], [0, 128]]),
    ("bf16", 128, 129, "documents", [[0, 100]]),
    ("bf16", 64, 65, "causal", [0, 0]),
    ("bf16", 128, 64, "all", [0]),
    ("bf16", 80, 100, "cache", [29]),
    ("f16", 64, 150, "cache", [37, 0]),
    ("f16", 128, 129, "documents", [[0, 100]]),
    ("f16", 80, 100, "cache", [29]),
]


def program(element, size, kind):
    q, k, store = tensor(element, "?", "?", HEADS, size), tensor(element, "?", "?", HEADS // SHARED, size), tensor(element, "?", HEADS // SHARED, "?", size)
    inputs = {"q": q, "k": k, "v": k, "keys": store, "values": store}
    scope = ""
    if kind == "cache":
        inputs["lengths"] = tensor("i32", "?")
        scope = "start(%%lengths : %s)" % inputs["lengths"]
    elif kind == "documents":
        inputs["segments"] = tensor("i32", "?", "?")
        scope = "segments(%%segments : %s)" % inputs["segments"]
    body = dim("b", "q", q) + dim("s", "q", q, 1) + "    %%o = tensor.empty(%%b, %%s) : %s\n" % q
    body += "    %%y:3 = emo.kernel.attention q(%%q : %s) k(%%k : %s) v(%%v : %s) %s outs(%%o, %%keys, %%values : %s, %s, %s)" % (q, k, k, scope, q, store, store)
    body += " {scale = %r : f64, causal = %s} -> %s, %s, %s\n" % (size**-0.5, "false" if kind == "all" else "true", q, store, store)
    return Program(inputs, {"y#0": q}, body)


def check(folder, arch, modes, element, size, sequence, kind, scopes):
    random = np.random.default_rng(1)
    number, unit, least = (bf16, 2.0**-9, 0) if element == "bf16" else (np.float16, 2.0**-12, 2.0**-25)
    make = lambda *shape: number(random.standard_normal(shape))
    batch, start = len(scopes), np.array(scopes if kind == "cache" else [0] * len(scopes), np.int32)
    total = sequence + start.max() + 3
    given = {"q": make(batch, sequence, HEADS, size), "k": make(batch, sequence, HEADS // SHARED, size), "v": make(batch, sequence, HEADS // SHARED, size),
             "keys": make(batch, HEADS // SHARED, total, size), "values": make(batch, HEADS // SHARED, total, size)}
    segments = np.zeros((batch, sequence), np.int32)
    if kind == "cache":
        given["lengths"] = start
    elif kind == "documents":
        segments = given["segments"] = np.array([np.searchsorted(s, np.arange(sequence), "right") - 1 for s in scopes], np.int32)
    expected, bound = np.zeros((batch, sequence, HEADS, size)), np.zeros((batch, sequence, HEADS, size))
    for b in range(batch):
        end = start[b] + sequence
        for head in range(HEADS):
            stored = {}
            for new, cache in (("k", "keys"), ("v", "values")):
                given[cache][b, :, end:] = 0x7FC0 if element == "bf16" else np.nan
                stored[new] = np.concatenate([wide(given[cache][b, head // SHARED, :start[b]]), wide(given[new][b, :, head // SHARED])])
            scores = wide(given["q"][b, :, head]) @ stored["k"].T * size**-0.5
            seen = np.ones_like(scores, bool)
            if kind != "all":
                seen &= np.arange(end) <= start[b] + np.arange(sequence)[:, None]
            if kind == "documents":
                seen &= segments[b] == segments[b][:, None]
            powers = np.exp(np.where(seen, scores - scores.max(), -np.inf))
            weights = powers / powers.sum(1, keepdims=True)
            expected[b, :, head] = weights @ stored["v"]
            bound[b, :, head] = 2.5 * unit * (weights @ np.abs(stored["v"])) + least * np.abs(stored["v"]).sum(0)
    bound += unit * np.abs(expected)
    name = f"{arch}, {element}: heads of {size}, {sequence} queries, {kind}"
    path = program(element, size, kind).write(folder, "program")
    write_arrays(folder + "/in", given)
    results = []
    for mode in modes:
        outputs = run_on_device(path, folder, arch, mode, name)
        results.append(np.load(outputs + "/y_0.npy"))
        difference = np.abs(wide(results[-1]) - expected)
        if not (difference <= bound).all():
            sys.exit(f"{name}, {mode}: off by {difference.max():.3g}, at most {(difference / bound).max():.3g} of what is allowed")
        if not np.array_equal(results[-1], results[0]):
            sys.exit(f"{name}, {mode}: other bits than in the first mode")
    print(f"{name}: ok in {len(modes)} modes, at most {(difference / bound).max():.2f} of what is allowed")


for case in CASES:
    with tempfile.TemporaryDirectory() as root:
        check(root, sys.argv[1], sys.argv[2:], *case)
