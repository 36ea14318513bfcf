# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# files.py FOLDER: folders with an input_ids.npy each, good and bad ones.
import os
import sys

import numpy as np

root = sys.argv[1]


def path(name):
    os.makedirs(os.path.join(root, name), exist_ok=True)
    return os.path.join(root, name, "input_ids.npy")


good = np.array([[1, 2, 3], [4, 5, 6]])
arrays = {
    "good": good, "int32": good.astype(np.int32), "float32": good.astype(np.float32), "uint8": good.astype(np.uint8),
    "rank1": good[0], "above": good + 5, "below": good - 2, "long": np.zeros((1, 17), np.int64), "longest": np.zeros((1, 16), np.int64),
    "big-endian": good.astype(">i8"), "fortran": np.asfortranarray(good), "complex": good.astype(np.complex64),
    "text": np.array([["a", "b"]]), "rank9": np.zeros([1] * 9, np.int64), "empty": np.zeros((2, 0), np.int64), "extra": good,
    "again": good,
}
for name, array in arrays.items():
    np.save(path(name), array)
np.save(os.path.join(root, "extra", "input-ids.npy"), good)
np.save(os.path.join(root, "again", "logits.npy"), good)
with open(path("good"), "rb") as file:
    whole = file.read()
pieces = {
    "cut": whole[:-1], "longer": whole + b"x", "nothing": b"", "zip": b"PK" + whole[2:], "version": whole[:6] + b"\x04\x00" + whole[8:],
    "header-size": whole[:8] + b"\xff\xff" + whole[10:], "key": whole.replace(b"shape", b"sharp"),
    "no-number": whole.replace(b"(2, 3)", b"(2, x)"), "negative": whole.replace(b"(2, 3), ", b"(-2,-3),"),
    "overflow": whole.replace(b"(2, 3), }" + b" " * 36, b"(4611686018427387904, 4611686018427387904), }")[:len(whole)],
    "no-end": whole.replace(b"}", b" "), "half-header": whole[:40],
}
for name, text in pieces.items():
    with open(path(name), "wb") as file:
        file.write(text)
os.makedirs(os.path.join(root, "none"), exist_ok=True)
for name, ids in {"ids": np.arange(100) % 7, "ids32": (np.arange(100) % 7).astype(np.int32), "ids-2d": np.zeros((2, 50), np.int64),
                  "ids-float": np.zeros(100), "ids-above": np.full(100, 8), "ids-eos": np.array([1, 7, 1, 1] * 4)}.items():
    np.save(os.path.join(root, name + ".npy"), ids)
