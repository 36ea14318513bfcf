# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""arrays.py MIXED.mlir: several inputs of several dtypes; the program gives sum = 2 x and z/out = mask ? 2 y : y."""

import sys

import numpy as np

import emo

model = emo.compile(sys.argv[1])
bf16 = next(value.numpy_dtype for value in model.inputs if value.dtype == "bf16")


def values(array):
    """f32 of a bf16 array."""
    return (array.view(np.uint16).astype(np.uint32) << 16).view(np.float32)


x, mask, bits = (
    np.arange(4, dtype=np.float32).reshape(2, 2),
    np.array([True, False]),
    np.array([0x3F80, 0x4040], np.uint16),
)  # 1, 3
got = model.run({"x": x, "mask": mask, "y/in": bits.view(bf16)})
assert np.array_equal(got["sum"], 2 * x) and got["z/out"].dtype == bf16
print("z/out is", values(got["z/out"]).astype(int).tolist())
assert np.array_equal(model.run({"x": x, "mask": mask, "y/in": bits})["z/out"], got["z/out"])
print("uint16: the same")


class Foreign:
    """An array of another library."""

    def __init__(self, array):
        self.array = array

    def __dlpack__(self, **options):
        return self.array.__dlpack__(**options)

    def __dlpack_device__(self):
        return self.array.__dlpack_device__()


assert np.array_equal(model.run({"x": Foreign(x), "mask": mask, "y/in": bits})["sum"], got["sum"])
print("DLPack: the same")
empty = model.run({"x": np.zeros((0, 2), np.float32), "mask": np.zeros(0, bool), "y/in": np.zeros(0, np.uint16)})
print("no rows:", empty["sum"].shape, empty["z/out"].shape)
if bf16 == np.uint16:
    try:
        model.run({"x": x, "mask": mask, "y/in": [1, 3]})
    except emo.Error as error:
        print(error)
