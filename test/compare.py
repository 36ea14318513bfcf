# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compares two .npy files: compare.py FOUND EXPECTED --atol=X; exit status 1 and the largest difference when they are further apart.

Integer and bool arrays must be equal whatever the tolerance. bf16 arrays are stored as their uint16 bits: --bf16.
"""
import argparse
import sys

import numpy as np

parser = argparse.ArgumentParser()
parser.add_argument("found")
parser.add_argument("expected")
parser.add_argument("--atol", type=float, default=0.0)
parser.add_argument("--bf16", action="store_true", help="FOUND holds bf16 bits")
parser.add_argument("--columns", type=int, help="take so many of FOUND's last dimension")
parser.add_argument("--row", type=int, help="take this element of FOUND's first dimension")
args = parser.parse_args()
found, expected = np.load(args.found), np.load(args.expected)
if args.row is not None:
    found = found[args.row]
if args.columns is not None:
    found = found[..., : args.columns]
if args.bf16:
    found = (found.astype(np.uint32) << 16).view(np.float32)
if found.shape != expected.shape:
    sys.exit(f"shape {found.shape}, expected {expected.shape}")
if not np.isfinite(found.astype(np.float64)).all() and np.isfinite(expected.astype(np.float64)).all():
    sys.exit("not all values are finite")
difference = np.abs(found.astype(np.float64) - expected.astype(np.float64))
worst = float(difference.max()) if difference.size else 0.0
limit = args.atol if expected.dtype.kind == "f" else 0.0
where = np.unravel_index(int(difference.argmax()), difference.shape) if difference.size else ()
print(f"largest difference {worst:.3g} at {tuple(int(i) for i in where)}, allowed {limit:g}")
sys.exit(worst > limit)
