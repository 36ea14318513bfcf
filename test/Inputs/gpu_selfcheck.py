# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Tests of CUDA kernels on a GPU; see ../gpu-selfcheck, which builds what this needs.

    gpu_selfcheck.py [--list]

--list prints the commands and runs nothing.
"""
import glob
import os
import shlex
import subprocess
import sys
import tempfile
import time

TEST = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(os.path.dirname(TEST), "python"))

from emo.bench import gpu


def commands(arch, work):
    """(what, command) of every test."""
    ops = os.path.join(TEST, "Execution/Ops")
    for path in sorted(glob.glob(ops + "/*.mlir")):
        yield os.path.basename(path), [sys.executable, ops + "/Inputs/run-op.py", path, "cuda-" + arch]
    inputs = os.path.join(TEST, "Execution/CUDA/Inputs")
    yield "products in large tiles", [sys.executable, inputs + "/check-products.py", arch, "cuda"]
    yield "gradients of weights", [sys.executable, inputs + "/check-gradient.py", arch, "cuda"]
    yield "choices grouped by expert", [sys.executable, inputs + "/check-group.py", arch, "cuda"]
    yield "functions of the math dialect", [sys.executable, inputs + "/check-math.py", arch, "cuda"]
    yield "the next token", [sys.executable, inputs + "/check-sample.py", arch, "cuda"]
    yield "attention of many queries", [sys.executable, inputs + "/check-attention.py", arch, "cuda"]
    small = os.path.join(TEST, "models/emo-small")
    model = [sys.executable, inputs + "/check-device.py", small, work, "--arch=" + arch, "--modes=cuda",
             "--prompt=" + small + "/expected/python24.prompt", "--logits=" + small + "/expected/python24.logits.npy",
             "--greedy=" + small + "/expected/python24.greedy"]
    yield "emo-small in f32", model + ["--dtype=f32", "--atol=2e-4", "--tokens=12"]
    yield "emo-small in f16", model + ["--dtype=f16"]
    yield "emo-small in bf16", model
    program = os.path.join(work, "model." + arch)  # of the test before
    yield "benchmark of emo-small in bf16", [program, "bench", "--device=cuda", "--prompt-tokens", "400", "--new-tokens", "100"]


def main():
    if sys.argv[1:] == ["--list"]:
        for what, command in commands("sm_80", "WORK"):
            print(f"{what}: {shlex.join(command)}")
        return 0
    try:
        name, arch = gpu.find()
    except RuntimeError as error:
        sys.exit(f"gpu-selfcheck: {error}; nothing was tested")
    print(f"{name}, kernels for {arch}", flush=True)
    counts = {True: 0, False: 0}
    with tempfile.TemporaryDirectory() as work:
        for what, command in commands(arch, work):
            start = time.monotonic()
            run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            passed = run.returncode == 0
            counts[passed] += 1
            print(f"{'ok' if passed else 'FAILED'}: {what} ({time.monotonic() - start:.1f} s)", flush=True)
            if not passed or what.startswith("benchmark"):
                print(run.stdout, flush=True)
    print(f"{counts[True]} passed, {counts[False]} failed")
    return counts[False] != 0


sys.exit(main())
