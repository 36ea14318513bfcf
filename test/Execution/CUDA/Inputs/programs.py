# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Small programs of kernel ops for tests: a Program writes its .mlir file, the file of its parameters and folders of inputs."""
import os
import subprocess
import sys

import numpy as np


class BF16(np.ndarray):
    """Bits of bf16."""


def bf16(values):
    """To nearest even."""
    bits = np.ascontiguousarray(values, np.float32).view(np.uint32)
    return ((bits + 0x7FFF + (bits >> 16 & 1)) >> 16).astype(np.uint16).view(BF16)


def wide(values):
    """As numbers in f64."""
    bits = np.asarray(values)
    return (bits.astype(np.uint32) << 16).view(np.float32).astype(np.float64) if bits.dtype == np.uint16 else bits.astype(np.float64)


def element(array):
    return "bf16" if isinstance(array, BF16) else {"float16": "f16", "float32": "f32", "int32": "i32", "int64": "i64", "bool": "i1"}[array.dtype.name]


def tensor(kind, *dims):
    return "tensor<%sx%s>" % ("x".join(str(d) for d in dims), kind)


class Program:
    """@forward: `inputs` and `outputs` map names to types, `body` is what lies between, `params` maps names to arrays."""

    def __init__(self, inputs, outputs, body, params=None):
        self.inputs, self.outputs, self.body, self.params = inputs, outputs, body, params or {}

    def write(self, folder, name, phase="kernels"):
        os.makedirs(folder, exist_ok=True)
        text, data, offset = "", [], 0
        for param, values in self.params.items():
            kind = tensor(element(values), *values.shape)
            text += '  emo.param @%s : %s from [#emo.source<"%s.bin", %d, %s>]\n' % (param, kind, name, offset, kind)
            data.append(np.ascontiguousarray(values).tobytes())
            offset += len(data[-1])
        with open(os.path.join(folder, name + ".bin"), "wb") as file:
            file.write(b"".join(data))
        arguments = ", ".join('%%%s: %s {emo.name = "%s"}' % (n, t, n) for n, t in self.inputs.items())
        results = ", ".join('%s {emo.name = "%s"}' % (t, n) for n, t in self.outputs.items())
        refs = "".join("    %%%s = emo.param.ref @%s : %s\n" % (p, p, tensor(element(v), *v.shape)) for p, v in self.params.items())
        path = os.path.join(folder, name + ".mlir")
        with open(path, "w") as file:
            file.write('module attributes {emo.phase = "%s", emo.weights_dir = "%s"} {\n%s' % (phase, os.path.abspath(folder), text)
                       + "  func.func @forward(%s) -> (%s) {\n" % (arguments, results)
                       + refs + "    %c0 = arith.constant 0 : index\n    %c1 = arith.constant 1 : index\n" + self.body
                       + "    return %s : %s\n  }\n}\n" % (", ".join("%" + n for n in self.outputs), ", ".join(self.outputs.values())))
        return path


def write_arrays(folder, arrays):
    os.makedirs(folder, exist_ok=True)
    for name, values in arrays.items():
        np.save(os.path.join(folder, name + ".npy"), np.asarray(values))
    return folder


def output(*command):
    run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if run.returncode:
        sys.exit("%s: exit status %d\n%s" % (" ".join(command), run.returncode, run.stderr))
    return run.stdout


def run_on_device(path, folder, arch, mode, what):
    """Runs a program with the inputs in `folder`/in on the emulator (mode: options of --emulation) or the GPU (`cuda`): the folder of its outputs.
    Ends the test where it fails."""
    device = ["--device=cuda"] if mode == "cuda" else ["--device=emulate", "--emulation=" + mode]
    run = subprocess.run(["emo-run", path, "--inputs=" + folder + "/in", "--outputs=" + folder + "/out", "--cuda-arch=" + arch, *device],
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if run.returncode:
        sys.exit("%s, %s: %s" % (what, mode, run.stdout))
    return folder + "/out"


def matmul(name, x, weights, result, rows, gather=None, offsets=None, extras=(), body=None):
    """Text of a product: `x` (name, type), `weights` a list of them, `rows` the SSA value of how many rows `result` (a type) has. `extras` are
    (name, type, kind)."""
    pairs = lambda items: "%s : %s" % (", ".join("%" + n for n, _ in items), ", ".join(t for _, t in items))
    kind = result.rstrip(">").split("x")[-1]
    n = len(weights)
    if body is None:
        value = "%a0"
        body = ""
        if n == 2:
            body, value = "      %p = arith.mulf %a0, %a1 : f32\n", "%p"
        for i, (_, t, _) in enumerate(extras):
            extra = "%%e%d" % i
            if t.endswith("bf16>"):
                body += "      %%w%d = arith.extf %s : bf16 to f32\n" % (i, extra)
                extra = "%%w%d" % i
            body += "      %%s%d = arith.addf %s, %s : f32\n" % (i, value, extra)
            value = "%%s%d" % i
        if kind == "bf16":
            body += "      %%t = arith.truncf %s : f32 to bf16\n" % value
            value = "%t"
        body += "      emo.kernel.yield %s : %s\n" % (value, kind)
    arguments = ["%%a%d: f32" % i for i in range(n)] + ["%%e%d: %s" % (i, t.rstrip(">").split("x")[-1]) for i, (_, t, _) in enumerate(extras)]
    text = "    %%%s_empty = tensor.empty(%%%s) : %s\n    %%%s = emo.kernel.matmul lhs(%%%s : %s) weights(%s)" % (
        name, rows, result, name, x[0], x[1], pairs(weights))
    if gather:
        text += " gather(%%%s : tensor<?xi32>)" % gather
    if offsets:
        text += " offsets(%%%s : %s)" % offsets
    if extras:
        text += " extras(%s)" % pairs([(n, t) for n, t, _ in extras])
    text += " outs(%%%s_empty : %s) attributes {accumulators = %d : i64, kinds = [%s]} {\n    ^bb0(%s):\n%s    } -> %s\n" % (
        name, result, n, ", ".join("#emo.kind<%s>" % k for _, _, k in extras), ", ".join(arguments), body, result)
    return text


def dim(name, of, kind, axis=0):
    return "    %%%s = tensor.dim %%%s, %%c%d : %s\n" % (name, of, axis, kind)
