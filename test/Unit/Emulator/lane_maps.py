#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes LaneMaps.inc: where tinygrad's Python device finds the elements of mma.sync's operands in a warp.

  lane_maps.py tinygrad-VERSION-py3-none-any.whl > LaneMaps.inc

That device (tinygrad/runtime/ops_python.py) is an emulation of tensor cores by other people, made to agree with the hardware. Its
functions are taken out of the wheel's source and asked for each element; nothing of tinygrad is needed otherwise.
"""
import ast
import pathlib
import sys
import zipfile

wheel = pathlib.Path(sys.argv[1])
source = zipfile.ZipFile(wheel).read("tinygrad/runtime/ops_python.py").decode()


class Types:
    half, float = "half", "float"


def branches(node):
    """The (test, body) pairs of an if/elif chain."""
    while isinstance(node, ast.If):
        yield ast.unparse(node.test), node.body
        node = node.orelse[0] if node.orelse else None


def functions(body):
    names = {}
    exec(compile(ast.Module([n for n in body if isinstance(n, ast.FunctionDef)], []), "ops_python.py", "exec"), names)
    return names


class Where:
    """x[element][lane] gives (element, lane)."""

    def __init__(self, path=()):
        self.path = path

    def __getitem__(self, i):
        return self.path + (i,) if self.path else Where((i,))


chains = [list(branches(n)) for n in ast.walk(ast.parse(source)) if isinstance(n, ast.If)]
cuda = next(body for chain in chains for test, body in chain if test == "device == 'CUDA'")
c_map = functions(cuda)["c_map"]
shapes = {"dims == (8, 16, 16)": ("m16n8k16_16bit", 16), "dims == (8, 16, 32)": ("m16n8k32_8bit", 32),
          "dims == (8, 16, 8) and dtype_in == dtypes.half": ("m16n8k8_16bit", 8),
          "dims == (8, 16, 8) and dtype_in == dtypes.float": ("m16n8k8_tf32", 8)}


def table(name, rows):
    print(f"static const uint8_t {name}[{len(rows)}][{len(rows[0])}][2] = {{")
    for row in rows:
        print("    {" + ", ".join("{%d, %d}" % tuple(e) for e in row) + "},")
    print("};")


print("// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception")
print(f"// Written by lane_maps.py from {wheel.name}, tinygrad/runtime/ops_python.py (MIT licence, https://github.com/tinygrad/tinygrad).")
print("// {element of the fragment, lane} of A[row][k] and of B[k][column]; {column, row} of the accumulator [lane][element].")
for test, body in branches(next(n for n in cuda if isinstance(n, ast.If))):
    if test not in shapes:
        continue
    name, k = shapes.pop(test)
    found = functions(body)
    table(f"kTinygradA_{name}", [[found["a_elem"](Where(), i, row, 0) for i in range(k)] for row in range(16)])
    table(f"kTinygradB_{name}", [[found["b_elem"](Where(), column, i, 0) for column in range(8)] for i in range(k)])
table("kTinygradC", [[c_map(lane, element) for element in range(4)] for lane in range(32)])
assert not shapes, f"not found: {shapes}"
