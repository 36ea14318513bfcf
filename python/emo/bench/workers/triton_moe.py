# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""An MoE layer in Triton, as serving engines have it: rows sorted by expert and padded to whole tiles, one expert a tile."""

import torch
import torch.nn.functional as F
import triton
import triton.language as tl

CONFIGS = [
    triton.Config({"COLUMNS": columns, "DEPTH": depth}, num_warps=warps, num_stages=stages)
    for columns, depth, warps, stages in (
        (32, 128, 4, 4),
        (64, 64, 4, 4),
        (64, 128, 4, 3),
        (128, 64, 4, 4),
        (128, 64, 8, 3),
        (256, 64, 8, 3),
    )
]


@triton.autotune(CONFIGS, key=["n", "k", "ROWS", "tiles"])
@triton.jit
def product(
    x, weights, y, scales, rows, experts, n, k, tiles, total, EXPERTS: tl.constexpr, TOP_K: tl.constexpr, SCALED: tl.constexpr,
    ROWS: tl.constexpr, COLUMNS: tl.constexpr, DEPTH: tl.constexpr,
):  # fmt: skip
    """y[rows] = x[rows // TOP_K] @ weights[expert]^T, times scales[rows] where SCALED. Rows of `total` and beyond are padding."""
    tile = tl.program_id(0)
    expert = tl.load(experts + tile)
    if expert >= EXPERTS:
        return
    row = tl.load(rows + tile * ROWS + tl.arange(0, ROWS))
    valid = row < total
    column = tl.program_id(1) * COLUMNS + tl.arange(0, COLUMNS)
    depth = tl.arange(0, DEPTH)
    a = x + (row // TOP_K).to(tl.int64)[:, None] * k + depth[None, :]
    b = weights + expert.to(tl.int64) * n * k + column[None, :] * k + depth[:, None]
    sums = tl.zeros((ROWS, COLUMNS), tl.float32)
    for _ in range(0, k, DEPTH):
        sums = tl.dot(tl.load(a, mask=valid[:, None], other=0.0), tl.load(b), sums)
        a += DEPTH
        b += DEPTH
    if SCALED:
        sums *= tl.load(scales + row, mask=valid, other=0.0)[:, None]
    tl.store(y + row.to(tl.int64)[:, None] * n + column[None, :], sums.to(y.dtype.element_ty), mask=valid[:, None])


def fused(x, ids, weights, gate_up, down):
    """x [tokens, width], ids and weights [tokens, top_k], gate_up [experts, 2 hidden, width], down [experts, width, hidden]."""
    tokens, top_k = ids.shape
    experts, hidden2, width = gate_up.shape
    total = tokens * top_k
    tile = 16 if total <= 8 * experts else 64 if total <= 64 * experts else 128
    chosen, order = torch.sort(ids.reshape(-1), stable=True)
    ends = torch.searchsorted(chosen, torch.arange(experts, dtype=chosen.dtype, device=x.device), right=True)
    counts = torch.diff(ends, prepend=ends.new_zeros(1))
    padded = (counts + tile - 1) // tile * tile
    padded_ends = torch.cumsum(padded, 0)
    tiles = min(total, (total + experts * (tile - 1)) // tile)
    rows = torch.full((tiles * tile,), total, dtype=torch.int32, device=x.device)
    place = torch.arange(total, device=x.device) - (ends - counts)[chosen] + (padded_ends - padded)[chosen]
    rows.scatter_(0, place, order.to(torch.int32))
    expert_of = torch.searchsorted(padded_ends, torch.arange(tiles, device=x.device) * tile, right=True).to(torch.int32)

    def multiply(x, w, scales, top_k, scaled):
        n, k = w.shape[1:]
        y = torch.empty((total, n), dtype=x.dtype, device=x.device)
        product[lambda meta: (tiles, triton.cdiv(n, meta["COLUMNS"]))](
            x, w, y, scales, rows, expert_of, n, k, tiles, total, EXPERTS=experts, TOP_K=top_k, SCALED=scaled, ROWS=tile
        )
        return y

    scales = weights.reshape(-1)
    gate, up = multiply(x, gate_up, scales, top_k, False).chunk(2, -1)
    return multiply(F.silu(gate) * up, down, scales, 1, True).view(tokens, top_k, -1).sum(1)
