# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Weight programs against numpy: writes a module of parameters with stored data, dumps its weights and compares each parameter.

programs.py OUT_DIR [--large]; --large uses shapes that are cut into several units."""
import pathlib, subprocess, sys

import ml_dtypes
import numpy as np

DTYPES = {"f32": np.float32, "f64": np.float64, "bf16": ml_dtypes.bfloat16, "f16": np.float16, "i64": np.int64, "i32": np.int32,
          "i16": np.int16, "i8": np.int8, "ui8": np.uint8, "i1": np.bool_}
NAMES = {np.dtype(v): k for k, v in DTYPES.items()}
rng = np.random.default_rng(7)


class Value:
    """A weight program beside its value."""

    def __init__(self, array, steps=()):
        self.array, self.steps = array, list(steps)

    def then(self, array, step):
        return Value(np.ascontiguousarray(array), self.steps + [step])

    def select(self, dim, indices):
        return self.then(np.take(self.array, indices, dim), f"#emo.select<{dim}, [{', '.join(map(str, indices))}]>")

    def slice(self, dim, offset, size):
        return self.then(np.take(self.array, range(offset, offset + size), dim), f"#emo.slice<{dim}, {offset}, {size}>")

    def transpose(self, *permutation):
        return self.then(self.array.transpose(permutation), f"#emo.transpose<[{', '.join(map(str, permutation))}]>")

    def reshape(self, *shape):
        return self.then(self.array.reshape(shape), f"#emo.reshape<[{', '.join(map(str, shape))}]>")

    def cast(self, name):
        return self.then(convert(self.array, DTYPES[name]), f"#emo.cast<{name}>")

    def pack(self, gated):
        return self.then(pack(self.array, gated), f"#emo.pack<gated = {str(gated).lower()}>")


def convert(array, dtype):
    """What #emo.cast says, with Python's integers."""
    dtype = np.dtype(dtype)
    if dtype == np.bool_:
        return array != 0
    if dtype.kind not in "iu":
        with np.errstate(all="ignore"):
            return array.astype(dtype)
    low, high = np.iinfo(dtype).min, np.iinfo(dtype).max

    def one(value):
        if array.dtype.kind in "iub":
            return (int(value) - low) % (high - low + 1) + low
        value = float(value)
        return 0 if value != value else low if value <= low else high if value >= high else int(value)
    return np.array([one(v) for v in array.ravel().tolist()], dtype).reshape(array.shape)


def pack(w, gated):
    """The layout of #emo.pack, one element at a time in words: panels of 32 columns, gated 16 gate and 16 up ones."""
    if not gated:
        w = w[None]
    _, experts, n, k = w.shape
    columns = 16 if gated else 32
    panels = -(-n // columns)
    bf16 = w.dtype == ml_dtypes.bfloat16
    steps = -(-k // 32) if bf16 else k
    padded = np.zeros((w.shape[0], experts, panels * columns, steps * 32 if bf16 else k), w.dtype)
    padded[:, :, :n, :k] = w
    # [halves, E, panels, columns, K] -> [E, panels, 32 columns, K]
    rows = padded.reshape(w.shape[0], experts, panels, columns, -1).transpose(1, 2, 0, 3, 4).reshape(experts, panels, 32, -1)
    if not bf16:
        return rows.transpose(0, 1, 3, 2)
    # column = tile * 16 + c, k = step * 32 + pair * 2 + half
    split = rows.reshape(experts, panels, 2, 16, steps, 16, 2)
    return split.transpose(0, 1, 4, 2, 5, 3, 6).reshape(experts, panels, steps, 1024)


def type_of(array):
    return f"tensor<{'x'.join([*map(str, array.shape), NAMES[array.dtype]])}>"


def numbers(shape, dtype):
    dtype = np.dtype(dtype)
    if dtype.kind == "b":
        return rng.integers(0, 2, shape).astype(dtype)
    if dtype.kind in "iu":
        info = np.iinfo(dtype)
        return rng.integers(info.min, info.max, shape, dtype=dtype, endpoint=True)
    return rng.standard_normal(shape).astype(dtype)


class Module:
    def __init__(self):
        self.data, self.params = bytearray(b"12345"), []  # data begins at an odd offset

    def store(self, array):
        """A source attribute; the bytes are appended to the file."""
        self.data += b"?" * int(rng.integers(0, 9))
        offset = len(self.data)
        self.data += array.tobytes()
        return f'"data.bin", {offset}, {type_of(array)}'

    def source(self, value):
        """A stored tensor with the transforms of `value`, whose first array is stored."""
        text = self.store(value.stored)
        return f"#emo.source<{text}" + (f", [{', '.join(value.steps)}]>" if value.steps else ">")

    def add(self, sources, value):
        program = f" program [{', '.join(value.steps)}]" if value.steps else ""
        name = f"p{len(self.params)}"
        self.params.append((name, value.array, f"emo.param @{name} : {type_of(value.array)} from [{', '.join(sources)}]{program}"))

    def stored(self, array, build=lambda v: v):
        """One stored tensor and a program over it."""
        self.add([f"#emo.source<{self.store(array)}>"], build(Value(array)))

    def parts(self, arrays, build=lambda v: v, each=lambda v: v):
        """Several stored tensors, each with its own transforms, concatenated, and a program over the whole."""
        sources, values = [], []
        for array in arrays:
            own = each(Value(array))
            text = self.store(array)
            sources.append(f"#emo.source<{text}" + (f", [{', '.join(own.steps)}]>" if own.steps else ">"))
            values.append(own.array)
        self.add(sources, build(Value(np.concatenate(values))))


def small(m):
    f32, bf16 = np.float32, ml_dtypes.bfloat16
    m.stored(numbers((), f32))
    m.stored(numbers((5,), np.float64))
    m.stored(numbers((0, 3), f32))
    a = numbers((4, 6, 5), f32)
    m.stored(a, lambda v: v.select(0, [3, 0, 0, 2]))
    m.stored(a, lambda v: v.select(1, [5, 1, 2, 3]).select(2, [4, 4, 0]))
    m.stored(a, lambda v: v.slice(1, 2, 3).slice(0, 1, 2).slice(2, 4, 1))
    for permutation in ((0, 2, 1), (2, 1, 0), (1, 2, 0), (1, 0, 2)):
        m.stored(a, lambda v: v.transpose(*permutation))
        m.stored(a, lambda v: v.slice(2, 1, 3).transpose(*permutation).cast("bf16"))
    m.stored(a, lambda v: v.reshape(24, 5).select(0, [3, 7, 22]).reshape(3, 1, 5))
    m.stored(a, lambda v: v.reshape(8, 15).transpose(1, 0))
    m.stored(a, lambda v: v.reshape(2, 2, 30).transpose(1, 0, 2).reshape(120))
    m.stored(a, lambda v: v.transpose(2, 0, 1).reshape(10, 12).slice(1, 3, 7).select(0, [9, 1, 4]))
    m.stored(a, lambda v: v.transpose(1, 0, 2).reshape(3, 40).slice(1, 9, 22).reshape(11, 6).cast("f64"))
    m.stored(a, lambda v: v.reshape(1, 4, 1, 6, 5, 1).transpose(0, 5, 2, 1, 3, 4))
    m.parts([a, a[:1], a[1:3]], lambda v: v.slice(0, 2, 4).transpose(0, 2, 1))
    m.parts([numbers((6, 4), bf16), numbers((6, 4), bf16)], lambda v: v.reshape(2, 6, 4).cast("f32"))
    m.parts([numbers((6, 4), bf16), numbers((6, 4), bf16)], lambda v: v.cast("f32"), lambda v: v.transpose(1, 0).slice(0, 1, 2))
    for name in DTYPES:
        m.stored(numbers((3, 5), DTYPES[name]), lambda v: v.transpose(1, 0))
    for shape in ((1, 32, 32), (2, 40, 33), (3, 5, 70), (1, 64, 1)):
        for dtype in (f32, bf16):
            m.stored(numbers(shape, dtype), lambda v: v.pack(False))
            m.stored(numbers((2, *shape), dtype), lambda v: v.pack(True))
    # Pieces of panels.
    m.stored(numbers((2, 5, 64), bf16), lambda v: v.pack(False).slice(1, 0, 1).slice(2, 1, 1).transpose(3, 0, 1, 2))
    m.stored(numbers((1, 40, 5), f32), lambda v: v.pack(False).reshape(320).slice(0, 3, 300))
    m.stored(numbers((70, 48), f32), lambda v: v.transpose(1, 0).cast("bf16").reshape(1, 48, 70).pack(False))
    # Concatenated gate and up of several experts, as kernels ask for them.
    experts = [numbers((24, 40), bf16) for _ in range(6)]
    m.parts(experts, lambda v: v.reshape(2, 3, 24, 40).pack(True))
    m.parts(experts, lambda v: v.cast("f32").reshape(2, 3, 24, 40).pack(True), lambda v: v.select(0, [i for i in range(24)]))


def casts(m):
    special = [0, -0.0, 1, -1, 0.5, 1.5, 2.5, -2.5, 1e-45, 6e-8, 5.9e-8, 2.98e-8, 65504, 65519.99, 65520, 3.3895e38, 3.4e38, np.inf, -np.inf,
               np.nan, 127.5, 128, 255.5, 256, 1e300, 2147483647.5, 9.3e18, -9.3e18, 1 + 2**-8, 1 + 2**-8 + 2**-40, 1 + 2**-11, 1 + 2**-11 + 2**-40]
    for source in DTYPES:
        array = convert(np.array(special, np.float64), DTYPES[source])
        for target in DTYPES:
            if target == source:
                continue
            # ml_dtypes rounds f64 and i64 to bf16 through f32; these pairs are checked with exact numbers.
            exact = target in ("bf16", "f16") and source in ("f64", "i64", "i32")
            m.stored(np.array([0, 1, -1, 2, 256, -96], DTYPES[source]) if exact else array, lambda v: v.cast(target))
    # One rounding only: through f32 this would be a tie and go down.
    m.stored(np.array([1 + 2**-8 + 2**-40, -1 - 2**-8 - 2**-40]),
             lambda v: v.then(np.array([1 + 2**-7, -1 - 2**-7], ml_dtypes.bfloat16), "#emo.cast<bf16>"))
    half = np.array([2**62 + 2**54 + 1, 2**62 + 2**54, 2**62 + 3 * 2**54 - 1, -(2**62) - 2**54 - 1])
    up = 2.0**62 + 2.0**55
    m.stored(half, lambda v: v.then(np.array([up, 2.0**62, up, -up]).astype(ml_dtypes.bfloat16), "#emo.cast<bf16>"))
    m.stored(np.array([2**62 + 2**38 + 1, 2**62 + 2**38]), lambda v: v.then(np.array([2.0**62 + 2.0**39, 2.0**62], np.float32), "#emo.cast<f32>"))
    bits = np.arange(1 << 16, dtype=np.uint16)
    m.stored(bits.view(np.float16), lambda v: v.cast("f32"))
    m.stored(bits.view(ml_dtypes.bfloat16), lambda v: v.cast("f32"))
    m.stored(rng.integers(0, 1 << 32, 1 << 14, dtype=np.uint32).view(np.float32), lambda v: v.cast("bf16"))
    m.stored(rng.integers(0, 1 << 32, 1 << 14, dtype=np.uint32).view(np.float32), lambda v: v.cast("f16"))


def computed(m):
    m.add(["#emo.literal<dense<[[1.5, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>>"],
          Value(np.array([[1.5, 2], [3, 4]], np.float32)).transpose(1, 0))
    m.add(["#emo.literal<dense<7> : tensor<3x2xi32>>"], Value(np.full((3, 2), 7, np.int32)).slice(0, 1, 2))
    m.add(["#emo.literal<dense<[true, false, true]> : tensor<3xi1>>"], Value(np.array([True, False, True])))
    m.add(["#emo.literal<dense<[1.5, -2.0]> : tensor<2xbf16>>", f"#emo.source<{m.store(np.array([3, 4], ml_dtypes.bfloat16))}>"],
          Value(np.array([1.5, -2, 3, 4], ml_dtypes.bfloat16)).cast("f64"))
    m.add(["#emo.literal<dense<true> : tensor<9xi1>>"], Value(np.full(9, True)))
    for theta, positions, dim in ((500000.0, 50, 8), (10000.0, 3, 64)):
        frequencies = theta ** (-np.arange(0, dim, 2) / dim)
        angles = np.arange(positions)[:, None] * frequencies
        table = np.concatenate([np.cos(angles), np.sin(angles)], 1).astype(np.float32)
        m.add([f"#emo.rope_table<{positions}, {dim}, {theta:e} : f64>"], Value(table))
        text = ", ".join(repr(float(f)) for f in frequencies)
        m.add([f"#emo.rope_table<{positions}, {dim}, {theta:e} : f64, [{text}]>"], Value(table).slice(1, 1, 3))


def large(m):
    f32, bf16 = np.float32, ml_dtypes.bfloat16
    a = numbers((1500, 2100), f32)
    m.stored(a)
    m.stored(a, lambda v: v.transpose(1, 0))
    m.stored(a, lambda v: v.transpose(1, 0).cast("bf16").reshape(1, 2100, 1500).pack(False))
    m.stored(a, lambda v: v.select(1, sorted(rng.choice(2100, 900, replace=False).tolist())))
    m.stored(a, lambda v: v.select(0, rng.permutation(1500)[:700].tolist()).cast("f64"))
    m.stored(a, lambda v: v.slice(1, 50, 1900).reshape(150, 10, 1900).transpose(1, 0, 2))
    experts = [numbers((130, 3000), bf16) for _ in range(10)]
    m.parts(experts, lambda v: v.reshape(2, 5, 130, 3000).pack(True))
    m.parts(experts, lambda v: v.cast("f32").reshape(10, 130, 3000).pack(False))
    m.parts(experts, lambda v: v.reshape(10, 130, 3000).transpose(0, 2, 1))
    m.stored(numbers((3, 7, 11, 13, 400), f32), lambda v: v.transpose(3, 0, 4, 2, 1))
    # More than one strip of a transposition.
    m.stored(numbers((2300, 1100), np.float64), lambda v: v.transpose(1, 0))
    m.stored(numbers((37, 50, 1400), np.float64), lambda v: v.transpose(2, 0, 1))
    m.stored(numbers((1400, 37, 50), np.float64), lambda v: v.transpose(1, 0, 2).cast("f32"))


def main():
    out = pathlib.Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    m = Module()
    if "--large" in sys.argv:
        large(m)
    else:
        small(m)
        casts(m)
        computed(m)
    (out / "data.bin").write_bytes(m.data)
    (out / "m.mlir").write_text(f'module attributes {{emo.weights_dir = "{out}"}} {{\n' + "\n".join(p[2] for p in m.params) + "\n}\n")
    table = subprocess.run(["emo-translate", "--weights-table", out / "m.mlir"], check=True, capture_output=True, text=True).stdout
    blob = subprocess.run(["emo-translate", "--dump-weights", out / "m.mlir"], check=True, capture_output=True).stdout
    places = {line.split()[2]: tuple(map(int, line.split()[:2])) for line in table.splitlines()[:-1]}
    wrong, end = 0, 0
    for name, expected, text in m.params:
        offset, size = places[name]
        assert offset % 64 == 0 and offset >= end, (name, offset, end)
        assert not any(blob[end:offset]), "bytes between parameters are not zero"
        end = offset + size
        assert size == expected.nbytes, (text, size, expected.nbytes)
        got = np.frombuffer(blob, np.uint8, size, offset)
        want = np.frombuffer(np.ascontiguousarray(expected).tobytes(), np.uint8)
        # A NaN may keep another payload.
        if expected.dtype.kind not in "iub" and expected.size:
            a, b = got.view(expected.dtype), want.view(expected.dtype)
            same = (a == b) & (np.signbit(a) == np.signbit(b)) | (np.isnan(a) & np.isnan(b))
            if "rope_table" in text:  # libm and numpy may differ in the last bit
                same = np.abs(a - b) <= 6e-8
            bad = np.flatnonzero(~same)
        else:
            a, b = got, want
            bad = np.flatnonzero(got != want)
        if bad.size:
            wrong += 1
            print(f"{text[:300]}\n  {bad.size} of {a.size} differ, first at {bad[0]}: got {a[bad[0]]}, expected {b[bad[0]]}")
    print(f"{len(m.params)} parameters, {wrong} wrong")
    sys.exit(wrong != 0)


main()
