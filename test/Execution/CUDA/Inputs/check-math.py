# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Functions of the math dialect as CUDA kernels against the C library's, for special numbers, for numbers of all sizes and for
ordinary ones: check-math.py ARCH MODE (options of --emulation, or `cuda`: on the GPU).

f64: within 4 units in the last place, and what the C library itself may be off (1, up to 4 for some). f32 and f16: the nearest number or a neighbour,
as what is computed in f64 and rounded has to be. Functions that are computed in f32 have the bounds that Emit.h gives them."""
import math
import sys
import tempfile

import numpy as np

from programs import Program, run_on_device, wide, write_arrays

ULPS = {"erf": 2, "erfc": 4, "sinh": 2, "cosh": 2, "tanh": 2, "asinh": 2, "acosh": 2, "atanh": 2, "cbrt": 1}  # of glibc in f64, rounded up
UNARY = {name: getattr(np, numpy) for name, numpy in {
    "exp": "exp", "exp2": "exp2", "expm1": "expm1", "log": "log", "log2": "log2", "log10": "log10", "log1p": "log1p", "sinh": "sinh",
    "cosh": "cosh", "tanh": "tanh", "asinh": "arcsinh", "acosh": "arccosh", "atanh": "arctanh", "sin": "sin", "cos": "cos", "tan": "tan",
    "asin": "arcsin", "acos": "arccos", "atan": "arctan", "cbrt": "cbrt"}.items()}
UNARY["erf"] = np.vectorize(math.erf, otypes=[float])
UNARY["erfc"] = np.vectorize(math.erfc, otypes=[float])
UNARY["round"] = lambda x: np.where(np.isfinite(x), np.trunc(x) + np.copysign(np.abs(x - np.trunc(x)) >= 0.5, x), x)
BINARY = {"math.atan2": np.arctan2, "math.powf": np.power, "arith.remf": np.fmod}
IN_F32 = {"exp", "exp2", "log", "log2", "tanh", "erf"}
FLOATS = {"f32": np.float32, "f64": np.float64, "f16": np.float16}


def arguments(dtype, count, random):
    """`count` numbers of `dtype` in f64."""
    info = np.finfo(dtype)
    tiny, huge = float(info.tiny), float(info.max)
    special = [0.0, math.inf, math.nan, 1.0, 0.5, 2.0, 3.0, tiny, tiny / 4, float(info.smallest_subnormal), huge, 1 + float(info.eps), 1 - float(info.eps) / 2,
               math.pi, math.pi / 2, math.pi / 4, 2.0**20, 2.0**30, 2.0**31 + 256, 1e22 if huge > 1e22 else 6e4, math.log(huge), math.log(2) / 2]
    special = np.array(special + [-v for v in special])
    size = (count - len(special)) // 3
    exponents = random.uniform(math.log2(tiny), math.log2(huge), size)
    signs = random.choice([-1.0, 1.0], size)
    every = np.concatenate([special, signs * 2.0**exponents, random.normal(0, 2, size), random.uniform(-30, 30, count - len(special) - 2 * size)])
    with np.errstate(over="ignore"):
        return every.astype(dtype)


def ulps(found, expected, dtype):
    """Units in the last place between them; what must be the same and isn't is infinitely far."""
    with np.errstate(all="ignore"):
        rounded = expected.astype(dtype)
        unit = np.spacing(np.abs(rounded)).astype(np.float64)
        distance = np.abs(found.astype(np.float64) - expected) / unit
    exact = np.isnan(rounded) | np.isinf(rounded) | np.isinf(found) | np.isnan(found) | (rounded == 0)
    same = (found == rounded) | (np.isnan(found) & np.isnan(rounded))
    # A zero has a sign.
    same &= (rounded != 0) | (np.signbit(found) == np.signbit(rounded))
    return np.where(exact, np.where(same, 0, np.inf), distance)


def fits_f32(name, found, expected):
    """The bounds of the functions that are computed in f32: 4 units, or 5e-7 for erf and tanh; subnormal powers may be 0, and a logarithm near 0 is
    off by a unit of 1."""
    with np.errstate(invalid="ignore"):
        distance = np.abs(found - expected)
    least = {"erf": 5e-7, "tanh": 5e-7, "exp": 1.2e-38, "exp2": 1.2e-38}.get(name, 1.2e-7)
    return (ulps(found, expected, found.dtype) <= (4 if found.dtype == np.float32 else 1)) | (distance <= least)


arch, mode = sys.argv[1:]
random = np.random.default_rng(5)
COUNT = 3000
failed = False
for element in ("f32", "f64", "f16"):
    dtype = FLOATS[element]
    x, y = arguments(dtype, COUNT, random), random.permutation(arguments(dtype, COUNT, random))
    y[: COUNT // 4] = np.trunc(random.uniform(-9, 9, COUNT // 4))
    kind = "tensor<%dx%s>" % (COUNT, element)
    body = "".join("    %%%s = math.%s %%x : %s\n" % (name, name, kind) for name in UNARY)
    body += "".join("    %%%s = %s %%x, %%y : %s\n" % (name.split(".")[1], name, kind) for name in BINARY)
    outputs = [*UNARY, *(name.split(".")[1] for name in BINARY)]
    with tempfile.TemporaryDirectory() as folder:
        path = Program({"x": kind, "y": kind}, {name: kind for name in outputs}, body).write(folder, "math", phase="differentiate")
        write_arrays(folder + "/in", {"x": x, "y": y})
        out = run_on_device(path, folder, arch, mode, element)
        for name, reference in [*UNARY.items(), *((n.split(".")[1], f) for n, f in BINARY.items())]:
            found = np.load("%s/%s.npy" % (out, name))
            with np.errstate(all="ignore"):
                expected = reference(x.astype(np.float64), y.astype(np.float64)) if name in outputs[len(UNARY):] else reference(x.astype(np.float64))
            if element != "f64" and name in IN_F32:
                bad = ~fits_f32(name, found, expected)
            else:
                bad = ~(ulps(found, expected, dtype) <= (4 + ULPS.get(name, 1) if element == "f64" else 1))
            worst = ulps(found, expected, dtype)
            worst = worst[np.isfinite(worst)].max()
            if bad.any():
                failed = True
                i = int(np.flatnonzero(bad)[0])
                print("%s %s: %d wrong, first for %r, %r: %r, expected %r" % (element, name, bad.sum(), x[i], y[i], found[i], expected[i]))
            else:
                print("%s %s: ok" % (element, name))
            print("worst of %s %s: %.2f" % (element, name, worst), file=sys.stderr)
sys.exit(failed)
