# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Tests of CUDA kernels on a GPU; see ../gpu-selfcheck, which builds what this needs.

    gpu_selfcheck.py [--list]

--list prints the commands and runs nothing.
"""
import ctypes
import glob
import os
import shlex
import subprocess
import sys
import tempfile
import time

TEST = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
MAJOR, MINOR = 75, 76  # CUdevice_attribute
ARCHS = {8: "sm_80", 9: "sm_90a", 10: "sm_100a", 12: "sm_120a"}  # by the major compute capability


def find_gpu():
    """(name, architecture) of the first GPU; ends with a message where there is none that kernels are written for."""
    try:
        cuda = ctypes.CDLL("libcuda.so.1")
    except OSError as error:
        sys.exit(f"gpu-selfcheck: there is no CUDA driver on this machine ({error}); nothing was tested")
    device, count = ctypes.c_int(), ctypes.c_int()
    if cuda.cuInit(0) or cuda.cuDeviceGetCount(ctypes.byref(count)) or count.value == 0 or cuda.cuDeviceGet(ctypes.byref(device), 0):
        sys.exit("gpu-selfcheck: the CUDA driver finds no GPU; nothing was tested")
    name, major, minor = ctypes.create_string_buffer(256), ctypes.c_int(), ctypes.c_int()
    cuda.cuDeviceGetName(name, 256, device)
    cuda.cuDeviceGetAttribute(ctypes.byref(major), MAJOR, device)
    cuda.cuDeviceGetAttribute(ctypes.byref(minor), MINOR, device)
    if major.value not in ARCHS:
        sys.exit(f"gpu-selfcheck: {name.value.decode()} has compute capability {major.value}.{minor.value}, expected 8.x, 9.0, 10.x or 12.x")
    return name.value.decode(), ARCHS[major.value]


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
    gpu, arch = find_gpu()
    print(f"{gpu}, kernels for {arch}", flush=True)
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
