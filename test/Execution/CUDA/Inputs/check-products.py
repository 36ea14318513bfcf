# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Products of bf16 and f16 in tiles of 128 rows on the emulator (MODE: options of --emulation) or on the GPU (`cuda`), against sums in f64:

    check-products.py ARCH MODE...

K and the number of columns fill no whole tile, one expert has no rows and one less than a tile; rows are gathered or neighbours; one or two
accumulators. A sum of K products, which are exact in f32, is off by at most K 2^-24 times the sum of their magnitudes.
"""
import sys
import tempfile

import numpy as np

from programs import bf16, run_on_device, wide, write_arrays

EXPERTS = 3
CASES = [  # K, columns, rows, gathered, accumulators, type
    (192, 256, 4300, True, 2, "bf16"),
    (136, 200, 8700, False, 1, "bf16"),
    (136, 100, 17000, True, 1, "bf16"),
    (200, 100, 17000, False, 2, "bf16"),
    (192, 256, 4300, True, 2, "f16"),
    (136, 200, 8700, False, 1, "f16"),
]


def program(k, columns, gathered, accumulators, element):
    weight = f"tensor<{EXPERTS}x{columns}x{k}x{element}>"
    names = [f"%w{i}" for i in range(accumulators)]
    args = [f'%x: tensor<?x{k}x{element}> {{emo.name = "x"}}'] + [f'{name}: {weight} {{emo.name = "{name[1:]}"}}' for name in names]
    args += ['%g: tensor<?xi32> {emo.name = "g"}'] * gathered + [f'%o: tensor<{EXPERTS + 1}xi32> {{emo.name = "o"}}']
    rows = "%g, %c0 : tensor<?xi32>" if gathered else f"%x, %c0 : tensor<?x{k}x{element}>"
    block = {
        1: "^bb0(%a: f32):\n emo.kernel.yield %a : f32",
        2: "^bb0(%a: f32, %b: f32):\n %y = arith.mulf %a, %b : f32\n emo.kernel.yield %y : f32",
    }[accumulators]
    return f"""module attributes {{emo.phase = "kernels"}} {{
  func.func @forward({", ".join(args)}) -> (tensor<?x{columns}xf32> {{emo.name = "y"}}) {{
    %c0 = arith.constant 0 : index
    %n = tensor.dim {rows}
    %out = tensor.empty(%n) : tensor<?x{columns}xf32>
    %0 = emo.kernel.matmul lhs(%x : tensor<?x{k}x{element}>) weights({", ".join(names)} : {", ".join([weight] * accumulators)})
        {"gather(%g : tensor<?xi32>) " if gathered else ""}offsets(%o : tensor<{EXPERTS + 1}xi32>) outs(%out : tensor<?x{columns}xf32>)
        attributes {{accumulators = {accumulators} : i64, kinds = []}} {{
    {block}
    }} -> tensor<?x{columns}xf32>
    return %0 : tensor<?x{columns}xf32>
  }}
}}"""


def check(folder, arch, modes, k, columns, rows, gathered, accumulators, element):
    random = np.random.default_rng(1)
    offsets = np.array([0, 0, 70, rows], np.int32)
    tokens = rows // 2 + 1 if gathered else rows
    make = bf16 if element == "bf16" else np.float16
    inputs = {"x": make(random.standard_normal((tokens, k))), "o": offsets}
    for i in range(accumulators):
        inputs[f"w{i}"] = make(random.standard_normal((EXPERTS, columns, k)) / np.sqrt(k))
    if gathered:
        inputs["g"] = random.integers(0, tokens, rows).astype(np.int32)
    x = wide(inputs["x"])
    if gathered:
        x = x[inputs["g"]]
    expected, bound = np.ones((rows, columns)), np.ones((rows, columns))
    for i in range(accumulators):
        weight = wide(inputs[f"w{i}"])
        for expert in range(EXPERTS):
            part = slice(offsets[expert], offsets[expert + 1])
            expected[part] *= x[part] @ weight[expert].T
            bound[part] *= np.abs(x[part]) @ np.abs(weight[expert]).T
    bound *= accumulators * k * 2.0**-24
    name = f"{arch}, {element}: K {k}, {columns} columns, {rows} rows{' gathered' * gathered}, {accumulators} accumulators"
    with open(folder + "/program.mlir", "w") as file:
        file.write(program(k, columns, gathered, accumulators, element))
    write_arrays(folder + "/in", inputs)
    for mode in modes:
        outputs = run_on_device(folder + "/program.mlir", folder, arch, mode, name)
        difference = np.abs(np.load(outputs + "/y.npy") - expected)
        if not (difference <= bound).all():
            sys.exit(f"{name}, {mode}: off by {difference.max():.3g}, at most {(difference / bound).max():.3g} of what is allowed")
    print(f"{name}: ok in {len(modes)} modes")


for case in CASES:
    with tempfile.TemporaryDirectory() as root:
        check(root, sys.argv[1], sys.argv[2:], *case)
