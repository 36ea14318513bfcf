# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Attention of many queries in bf16 on the emulator (MODE: options of --emulation) or on the GPU (`cuda`), against f64:

    check-attention.py ARCH MODE...

Two heads share keys; behind the last key a cache holds NaN. A weight is 2^x of a score, rounded to bf16, over the sum of those: it is off by
2^-9 of itself, and the sum by 2^-9; scores, in f32, add less than 2^-10. The output is rounded once more.
"""
import sys
import tempfile

import numpy as np

from programs import bf16, dim, Program, run_on_device, tensor, wide, write_arrays

HEADS, SHARED = 4, 2
CASES = [  # size of a head, queries, what is before them for each row of the batch, or where its documents begin
    (64, 150, "cache", [37, 0]),
    (128, 70, "cache", [200]),
    (64, 200, "documents", [[0, 10, 64, 65, 190], [0, 128]]),
    (128, 129, "documents", [[0, 100]]),
    (64, 65, "causal", [0, 0]),
    (128, 64, "all", [0]),
    (80, 100, "cache", [29]),
]


def program(size, kind):
    q, k, store = tensor("bf16", "?", "?", HEADS, size), tensor("bf16", "?", "?", HEADS // SHARED, size), tensor("bf16", "?", HEADS // SHARED, "?", size)
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


def check(folder, arch, modes, size, sequence, kind, scopes):
    random = np.random.default_rng(1)
    make = lambda *shape: bf16(random.standard_normal(shape))
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
                given[cache][b, :, end:] = 0x7FC0
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
            bound[b, :, head] = (2.0**-8 + 2.0**-10) * (weights @ np.abs(stored["v"]))
    bound += 2.0**-9 * np.abs(expected)
    name = f"{arch}: heads of {size}, {sequence} queries, {kind}"
    path = program(size, kind).write(folder, "program")
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
