# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Gradients of weights in large tiles on the emulator (MODE: options of --emulation) or on the GPU (`cuda`), against sums in f64:

    check-gradient.py ARCH MODE...

Experts with no rows, one, and more or less than whole steps; sizes that fill no whole tile; gathered and neighbouring rows. A sum of M products,
which are exact in f32, is off by at most M 2^-24 times the sum of their magnitudes.
"""
import sys
import tempfile

import numpy as np

from programs import bf16, Program, run_on_device, tensor, wide, write_arrays

CASES = [  # type, N, K, rows of each expert (one: not grouped), gathered
    ("bf16", 128, 256, [0, 1, 31, 97, 0, 128, 33], True),
    ("bf16", 200, 136, [70, 3], False),
    ("bf16", 72, 520, [161], True),
    ("bf16", 64, 48, [0, 200], True),
    ("f16", 136, 264, [45, 64, 5], True),
]


def check(folder, arch, modes, element, n, k, counts, gathered):
    random = np.random.default_rng(1)
    make = bf16 if element == "bf16" else np.float16
    rows, experts = sum(counts), len(counts)
    tokens = rows // 2 + 1 if gathered else rows
    given = {"dy": make(random.standard_normal((rows, n))), "x": make(random.standard_normal((tokens, k)))}
    types = {"dy": tensor(element, "?", n), "x": tensor(element, "?", k)}
    operands = "dy(%%dy : %s) x(%%x : %s)" % (types["dy"], types["x"])
    x = wide(given["x"])
    if gathered:
        given["g"], types["g"] = random.integers(0, tokens, rows).astype(np.int32), tensor("i32", "?")
        operands += " gather(%g : tensor<?xi32>)"
        x = x[given["g"]]
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    out = tensor("f32", n, k)
    if experts > 1:
        given["o"], types["o"] = offsets, tensor("i32", experts + 1)
        operands += " offsets(%%o : %s)" % types["o"]
        out = tensor("f32", experts, n, k)
    body = "    %%e = tensor.empty() : %s\n    %%y = emo.kernel.weight_gradient %s outs(%%e : %s) -> %s\n" % (out, operands, out, out)
    path = Program(types, {"y": out}, body).write(folder, "program")
    write_arrays(folder + "/in", given)
    dy = wide(given["dy"])
    parts = [slice(offsets[e], offsets[e + 1]) for e in range(experts)]
    expected = np.stack([dy[p].T @ x[p] for p in parts])
    bound = np.stack([count * 2.0**-24 * (np.abs(dy[p]).T @ np.abs(x[p])) for p, count in zip(parts, counts)])
    name = f"{arch}, {element}: {n} x {k}, {experts} experts, {rows} rows{' gathered' * gathered}"
    results = []
    for mode in modes:
        outputs = run_on_device(path, folder, arch, mode, name)
        results.append(np.load(outputs + "/y.npy").reshape(expected.shape))
        difference = np.abs(results[-1] - expected)
        if not (difference <= bound).all():
            sys.exit(f"{name}, {mode}: off by {difference.max():.3g}, {(difference > bound).sum()} values more than allowed")
        if not np.array_equal(results[-1], results[0]):
            sys.exit(f"{name}, {mode}: other bits than in the first mode")
    print(f"{name}: ok in {len(modes)} modes")


for case in CASES:
    with tempfile.TemporaryDirectory() as root:
        check(root, sys.argv[1], sys.argv[2:], *case)
