# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Products of bf16 in tiles of 128 rows on the emulator (MODE: options of --emulation) or on the GPU (`cuda`), against sums in f64:

    check-products.py ARCH MODE...

K and the number of columns fill no whole tile, one expert has no rows and one less than a tile; rows are gathered or neighbours; one or two
accumulators. A sum of K products of bf16, which are exact in f32, is off by at most K 2^-24 times the sum of their magnitudes.
"""
import os
import sys
import tempfile

import numpy as np

from programs import run_on_device

EXPERTS = 3
CASES = [  # K, columns, rows, gathered, accumulators
    (192, 256, 4300, True, 2),
    (136, 200, 8700, False, 1),
    (136, 100, 17000, True, 1),
    (200, 100, 17000, False, 2),
]


def to_bf16(values):
    """Nearest bf16, as bits and as f32."""
    bits = np.asarray(values, np.float32).view(np.uint32)
    bits = ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)
    return bits, (bits.astype(np.uint32) << 16).view(np.float32)


def program(k, columns, gathered, accumulators):
    weight = f"tensor<{EXPERTS}x{columns}x{k}xbf16>"
    names = [f"%w{i}" for i in range(accumulators)]
    args = [f'%x: tensor<?x{k}xbf16> {{emo.name = "x"}}'] + [f'{name}: {weight} {{emo.name = "{name[1:]}"}}' for name in names]
    args += ['%g: tensor<?xi32> {emo.name = "g"}'] * gathered + [f'%o: tensor<{EXPERTS + 1}xi32> {{emo.name = "o"}}']
    rows = "%g, %c0 : tensor<?xi32>" if gathered else f"%x, %c0 : tensor<?x{k}xbf16>"
    block = {
        1: "^bb0(%a: f32):\n emo.kernel.yield %a : f32",
        2: "^bb0(%a: f32, %b: f32):\n %y = arith.mulf %a, %b : f32\n emo.kernel.yield %y : f32",
    }[accumulators]
    return f"""module attributes {{emo.phase = "kernels"}} {{
  func.func @forward({", ".join(args)}) -> (tensor<?x{columns}xf32> {{emo.name = "y"}}) {{
    %c0 = arith.constant 0 : index
    %n = tensor.dim {rows}
    %out = tensor.empty(%n) : tensor<?x{columns}xf32>
    %0 = emo.kernel.matmul lhs(%x : tensor<?x{k}xbf16>) weights({", ".join(names)} : {", ".join([weight] * accumulators)})
        {"gather(%g : tensor<?xi32>) " if gathered else ""}offsets(%o : tensor<{EXPERTS + 1}xi32>) outs(%out : tensor<?x{columns}xf32>)
        attributes {{accumulators = {accumulators} : i64, kinds = []}} {{
    {block}
    }} -> tensor<?x{columns}xf32>
    return %0 : tensor<?x{columns}xf32>
  }}
}}"""


def check(folder, arch, modes, k, columns, rows, gathered, accumulators):
    random = np.random.default_rng(1)
    offsets = np.array([0, 0, 70, rows], np.int32)
    tokens = rows // 2 + 1 if gathered else rows
    inputs = {"x": to_bf16(random.standard_normal((tokens, k))), "o": (offsets, offsets)}
    for i in range(accumulators):
        inputs[f"w{i}"] = to_bf16(random.standard_normal((EXPERTS, columns, k)) / np.sqrt(k))
    if gathered:
        inputs["g"] = (random.integers(0, tokens, rows).astype(np.int32),) * 2
    x = inputs["x"][1].astype(np.float64)
    if gathered:
        x = x[inputs["g"][0]]
    expected, bound = np.ones((rows, columns)), np.ones((rows, columns))
    for i in range(accumulators):
        weight = inputs[f"w{i}"][1].astype(np.float64)
        for expert in range(EXPERTS):
            part = slice(offsets[expert], offsets[expert + 1])
            expected[part] *= x[part] @ weight[expert].T
            bound[part] *= np.abs(x[part]) @ np.abs(weight[expert]).T
    bound *= accumulators * k * 2.0**-24
    name = f"{arch}: K {k}, {columns} columns, {rows} rows{' gathered' * gathered}, {accumulators} accumulators"
    os.makedirs(folder + "/in")
    with open(folder + "/program.mlir", "w") as file:
        file.write(program(k, columns, gathered, accumulators))
    for input_name, (value, _) in inputs.items():
        np.save(f"{folder}/in/{input_name}.npy", value)
    for mode in modes:
        outputs = run_on_device(folder + "/program.mlir", folder, arch, mode, name)
        difference = np.abs(np.load(outputs + "/y.npy") - expected)
        if not (difference <= bound).all():
            sys.exit(f"{name}, {mode}: off by {difference.max():.3g}, at most {(difference / bound).max():.3g} of what is allowed")
    print(f"{name}: ok in {len(modes)} modes")


for case in CASES:
    with tempfile.TemporaryDirectory() as root:
        check(root, sys.argv[1], sys.argv[2:], *case)
