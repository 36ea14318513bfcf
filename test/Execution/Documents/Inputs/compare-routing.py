# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compares what emo-expose-values exposed of emo-tiny with the reference: compare-routing.py OUTPUTS EXPECTED-PREFIX f32|f64 ATOL.

EXPECTED-PREFIX is infer/causal/, infer/intradoc/ or train/step1. of test/models/emo-tiny. Probabilities and weights may differ by ATOL,
indices and pools not at all. The reference lists routed experts only: here one shared expert, index 7 and weight 1, is behind them.
"""
import sys

import numpy as np

outputs, prefix, dtype, atol = sys.argv[1], sys.argv[2], sys.argv[3], float(sys.argv[4])
failed = False


def compare(layer, name, expected, take=slice(None)):
    global failed
    found = np.load(f"{outputs}/layers.{layer}.{name}.npy")
    if isinstance(expected, str):
        expected = np.load(f"{prefix}layer{layer}.{expected}.npy")
    if found.dtype.kind == "f" and found.dtype != np.dtype({"f32": "f4", "f64": "f8"}[dtype]):
        sys.exit(f"layers.{layer}.{name} is {found.dtype}, expected {dtype}")
    found = found[:, take]
    if found.shape != expected.shape:
        sys.exit(f"layers.{layer}.{name} has shape {found.shape}, expected {expected.shape}")
    worst = np.abs(found.astype(np.float64) - expected.astype(np.float64)).max()
    allowed = atol if found.dtype.kind == "f" else 0
    failed |= not worst <= allowed
    print(f"layers.{layer}.{name}: largest difference {worst:.3g}, allowed {allowed:g}")


for layer in (0, 1):
    compare(layer, "router_probabilities", "probs." + dtype)
    compare(layer, "indices", "topk_idx", slice(0, 2))
    compare(layer, "indices", np.full((72, 1), 7), slice(2, 3))
    compare(layer, "weights", "topk_w." + dtype, slice(0, 2))
    compare(layer, "weights", np.ones((72, 1)), slice(2, 3))
    if "train/" in prefix:
        compare(layer, "pool", "pool")
        compare(layer, "pool_probabilities", "scores." + dtype)
sys.exit(failed)
