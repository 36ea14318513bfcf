# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs @forward of an .mlir file in several ways and compares its outputs with values from the file's own comments:

    // PY x = np.array([1.0, 2.0])       Python, in the order of the lines; np is numpy
    // INPUT x                           the input called x is Python's x, as the type that the file declares
    // EXPECT y = x + 1                  the output called y; shape, integers and infinities exactly, numbers within the tolerance

run-op.py FILE [MODE...]. Modes: kernels (the normal pipeline for this machine), v2 (the same for x86-64-v2), types (the reference lowering
in the file's types), f32 and f64 (the reference lowering retyped), sm_80, sm_80-lazy, sm_90a and sm_90a-lazy (CUDA kernels, emulated),
cuda-ARCH (on a GPU of that architecture). Default: kernels f32 f64 sm_80 sm_90a-lazy. Numbers may differ by 2e-6 in f32, 1e-12 in
f64, 2^-8 in bf16 and 2^-11 in f16, times the largest expected magnitude, 1 at least.
"""
import os
import re
import subprocess
import sys
import tempfile

import numpy as np

FLAGS = {"kernels": [], "v2": ["--cpu=x86-64-v2"], "types": ["--reference"], "f32": ["--reference=f32"], "f64": ["--reference=f64"]}
# CUDA kernels on the emulator, copies that land at once and in the order of the program, then as late and in as odd an order as may be.
for arch in ("sm_80", "sm_90a"):
    FLAGS[arch] = ["--device=emulate", "--cuda-arch=" + arch]
    FLAGS[arch + "-lazy"] = FLAGS[arch] + ["--emulation=lazy,schedule=random,seed=7"]
for arch in ("sm_80", "sm_90a", "sm_100a", "sm_120a"):
    FLAGS["cuda-" + arch] = ["--device=cuda", "--cuda-arch=" + arch]
DTYPES = {"f32": np.float32, "f64": np.float64, "i32": np.int32, "i64": np.int64, "i1": np.bool_, "f16": np.float16}


def from_bf16(bits):
    return (bits.astype(np.uint32) << 16).view(np.float32)


def to_bf16(values):
    """Values that bf16 has."""
    bits = np.asarray(values, np.float32).view(np.uint32)
    assert not (bits & 0xFFFF).any(), "inputs in bf16 must be exact"
    return (bits >> 16).astype(np.uint16)


def check(mode, found, expected):
    expected = np.asarray(expected)
    if mode in ("f32", "f64") and found.dtype.kind == "f" and found.dtype != DTYPES[mode]:
        return f"type {found.dtype}"
    if found.dtype == np.uint16:
        found, tolerance = from_bf16(found), 2.0**-8
    else:
        tolerance = {2: 2.0**-11, 4: 2e-6, 8: 1e-12}[found.dtype.itemsize] if found.dtype.kind == "f" else 0
    if found.shape != expected.shape:
        return f"shape {found.shape}, expected {expected.shape}"
    found, expected = found.astype(np.float64), expected.astype(np.float64)
    infinite = np.isinf(expected)
    if np.isnan(found).any() or not np.array_equal(found[infinite], expected[infinite]):
        return f"{found.tolist()}, expected {expected.tolist()}"
    found, expected = found[~infinite], expected[~infinite]
    scale = max(1.0, np.abs(expected).max(initial=0))
    worst = np.abs(found - expected).max(initial=0)
    if worst > tolerance * scale:
        return f"off by {worst:.3g}, allowed {tolerance * scale:.3g}: {found.tolist()}, expected {expected.tolist()}"
    return None


path, modes = sys.argv[1], sys.argv[2:] or ["kernels", "f32", "f64", "sm_80", "sm_90a-lazy"]
with open(path) as file:
    text = file.read()
values, inputs, expected = {"np": np}, {}, {}
for kind, line in re.findall(r"^ *// (PY|INPUT|EXPECT) (.*)$", text, re.M):
    name, _, expression = line.partition(" = ")
    if kind == "PY":
        exec(line, values)
    elif kind == "INPUT":
        inputs[name] = values[name]
    else:
        expected[name] = eval(expression, values)

failed = False
with tempfile.TemporaryDirectory() as folder:
    os.mkdir(folder + "/in")
    for name, value in inputs.items():
        declared = re.search(r'%\w+: tensor<(?:[^<>]*x)?(\w+)> {[^{}]*emo.name = "' + re.escape(name) + '"', text)
        if not declared:
            sys.exit(f"no input is called {name}")
        array = to_bf16(value) if declared[1] == "bf16" else np.asarray(value).astype(DTYPES[declared[1]])
        np.save(f"{folder}/in/{name}.npy", array)
    for mode in modes:
        out = f"{folder}/{mode}"
        run = subprocess.run(["emo-run", path, "--inputs=" + folder + "/in", "--outputs=" + out, "--threads=2", *FLAGS[mode]],
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if run.returncode:
            sys.exit(f"{mode}: exit status {run.returncode}\n{run.stdout}")
        outputs = {name[:-4] for name in os.listdir(out)}
        if outputs != set(expected):
            sys.exit(f"{mode}: outputs {sorted(outputs)}, expected {sorted(expected)}")
        for name, value in expected.items():
            problem = check(mode, np.load(f"{out}/{name}.npy"), value)
            failed |= problem is not None
            print(f"{mode}: {name}: {problem or 'ok'}")
            if problem and run.stdout:
                print(run.stdout)
sys.exit(failed)
