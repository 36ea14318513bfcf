# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Triton's kernels for what emo compiles, in the style of public fused-MoE and FlashAttention kernels.

Widths and strides are constants, as they are in emo's kernels; only the number of rows is not. As there, bf16 in, sums in f32.
"""

import triton
import triton.language as tl


@triton.jit
def _tile(rows, N: tl.constexpr, BM: tl.constexpr, BN: tl.constexpr, GROUP: tl.constexpr):
    """This block's tile of rows and of columns: groups of tiles of rows share their weights in the level-2 cache."""
    program, columns = tl.program_id(0), tl.cdiv(N, BN)
    group = GROUP * columns
    first = program // group * GROUP
    size = min(tl.cdiv(rows, BM) - first, GROUP)
    return first + program % group % size, program % group // size


@triton.jit
def _product(x, w, rows, row_tile, column_tile, N: tl.constexpr, K: tl.constexpr, BM: tl.constexpr, BN: tl.constexpr, BK: tl.constexpr):
    # Rows behind the last one wrap around: no masks.
    row, column, k = (row_tile * BM + tl.arange(0, BM)) % rows, column_tile * BN + tl.arange(0, BN), tl.arange(0, BK)
    from_x, from_w = x + row[:, None] * K + k[None, :], w + column[None, :] * K + k[:, None]
    sums = tl.zeros((BM, BN), tl.float32)
    for _ in range(0, K, BK):
        sums = tl.dot(tl.load(from_x), tl.load(from_w), sums)
        from_x += BK
        from_w += BK
    return sums


@triton.jit
def _product_tma(x, w, row_tile, column_tile, K: tl.constexpr, BM: tl.constexpr, BN: tl.constexpr, BK: tl.constexpr):
    sums = tl.zeros((BM, BN), tl.float32)
    for k in range(0, K, BK):
        sums = tl.dot(x.load([row_tile * BM, k]), w.load([column_tile * BN, k]).T, sums)
    return sums


@triton.jit
def linear(x, w, y, rows, N: tl.constexpr, K: tl.constexpr, BM: tl.constexpr, BN: tl.constexpr, BK: tl.constexpr, TMA: tl.constexpr):
    """y[rows, N] = x[rows, K] w[N, K]^T. TMA: x and w are descriptors."""
    row_tile, column_tile = _tile(rows, N, BM, BN, 8)
    if TMA:
        sums = _product_tma(x, w, row_tile, column_tile, K, BM, BN, BK)
    else:
        sums = _product(x, w, rows, row_tile, column_tile, N, K, BM, BN, BK)
    row, column = row_tile * BM + tl.arange(0, BM), column_tile * BN + tl.arange(0, BN)
    tl.store(y + row[:, None].to(tl.int64) * N + column[None, :], sums.to(tl.bfloat16), mask=row[:, None] < rows)


@triton.jit
def loss(x, w, targets, parts, target_logits, rows, N: tl.constexpr, K: tl.constexpr,
         BM: tl.constexpr, BN: tl.constexpr, BK: tl.constexpr, TMA: tl.constexpr):  # fmt: skip
    """Of each part of a row of logits the maximum and the sum of exponentials, and the target's logit."""
    row_tile, column_tile = _tile(rows, N, BM, BN, 8)
    if TMA:
        sums = _product_tma(x, w, row_tile, column_tile, K, BM, BN, BK)
    else:
        sums = _product(x, w, rows, row_tile, column_tile, N, K, BM, BN, BK)
    row, column = row_tile * BM + tl.arange(0, BM), column_tile * BN + tl.arange(0, BN)
    largest = tl.max(sums, 1)
    total = tl.sum(tl.exp(sums - largest[:, None]), 1)
    to = parts + (row * (N // BN) + column_tile).to(tl.int64) * 2
    tl.store(to, largest, mask=row < rows)
    tl.store(to + 1, total, mask=row < rows)
    target = tl.load(targets + row, mask=row < rows, other=-1).to(tl.int32)
    at_target = tl.sum(tl.where(column[None, :] == target[:, None], sums, 0.0), 1)
    tl.store(target_logits + row, at_target, mask=(row < rows) & (target // BN == column_tile))


@triton.jit
def gated(x, w, y, sorted_ids, expert_ids, padded_rows, most_rows, pairs, N: tl.constexpr, K: tl.constexpr, TOP_K: tl.constexpr,
          BM: tl.constexpr, BN: tl.constexpr, BK: tl.constexpr, TMA: tl.constexpr, MASK: tl.constexpr):  # fmt: skip
    """silu(x gate^T) * (x up^T) of gathered rows, w[experts, 2 N, K] having the gate's rows first; BN columns of each. Rows are
    padded: a tile has one expert's; most_rows is what the host knows of their number. TMA: w is a descriptor. MASK: rows of the
    padding are zeros, or anything."""
    row_tile, column_tile = _tile(most_rows, N, BM, BN, 8)
    if row_tile * BM >= tl.load(padded_rows):
        return
    row, column, k = row_tile * BM + tl.arange(0, BM), column_tile * BN + tl.arange(0, BN), tl.arange(0, BK)
    pair = tl.load(sorted_ids + row)
    exists = pair < pairs
    if not MASK:
        pair = tl.where(exists, pair, 0)
    expert = tl.load(expert_ids + row_tile)
    from_x = x + (pair // TOP_K)[:, None] * K + k[None, :]
    gate, up = tl.zeros((BM, BN), tl.float32), tl.zeros((BM, BN), tl.float32)
    if TMA:
        first = expert * 2 * N + column_tile * BN
        for at in range(0, K, BK):
            rows = tl.load(from_x, mask=exists[:, None], other=0.0) if MASK else tl.load(from_x)
            gate = tl.dot(rows, w.load([first, at]).T, gate)
            up = tl.dot(rows, w.load([first + N, at]).T, up)
            from_x += BK
    else:
        from_gate = w + expert.to(tl.int64) * (2 * N * K) + column[None, :] * K + k[:, None]
        from_up = from_gate + N * K
        for at in range(0, K, BK):
            rows = tl.load(from_x, mask=exists[:, None], other=0.0) if MASK else tl.load(from_x)
            gate = tl.dot(rows, tl.load(from_gate), gate)
            up = tl.dot(rows, tl.load(from_up), up)
            from_x += BK
            from_gate += BK
            from_up += BK
    out = gate / (1.0 + tl.exp(-gate)) * up
    tl.store(y + row[:, None].to(tl.int64) * N + column[None, :], out.to(tl.bfloat16), mask=exists[:, None])


@triton.jit
def gradient(dy, x, gather, offsets, dw, N: tl.constexpr, K: tl.constexpr, BM: tl.constexpr, BN: tl.constexpr, BK: tl.constexpr):
    """dw[expert] = dy^T x of an expert's rows, those of x gathered."""
    program, expert = tl.program_id(0), tl.program_id(1)
    row, column, k = program // (K // BN) * BM + tl.arange(0, BM), program % (K // BN) * BN + tl.arange(0, BN), tl.arange(0, BK)
    end = tl.load(offsets + expert + 1)
    sums = tl.zeros((BM, BN), tl.float32)
    for at in range(tl.load(offsets + expert), end, BK):
        exists = at + k < end
        source = tl.load(gather + at + k, mask=exists, other=0)
        left = tl.load(dy + (at + k)[None, :] * N + row[:, None], mask=exists[None, :], other=0.0)
        right = tl.load(x + source[:, None] * K + column[None, :], mask=exists[:, None], other=0.0)
        sums = tl.dot(left, right, sums)
    tl.store(dw + expert.to(tl.int64) * (N * K) + row[:, None] * K + column[None, :], sums)


@triton.jit
def router(logits, weights, indices, rows, E: tl.constexpr, TOP_K: tl.constexpr, BE: tl.constexpr, BT: tl.constexpr):
    """Softmax of E of BE logits, then the TOP_K largest."""
    row, expert = tl.program_id(0) * BT + tl.arange(0, BT), tl.arange(0, BE)
    exists = (row[:, None] < rows) & (expert[None, :] < E)
    logit = tl.load(logits + row[:, None] * BE + expert[None, :], mask=exists, other=-float("inf"))
    power = tl.exp(logit - tl.max(logit, 1)[:, None])
    score = tl.where(exists, power / tl.sum(power, 1)[:, None], -1.0)
    for i in tl.static_range(TOP_K):
        best, index = tl.max(score, 1, return_indices=True)
        tl.store(weights + row * TOP_K + i, best, mask=row < rows)
        tl.store(indices + row * TOP_K + i, index.to(tl.int32), mask=row < rows)
        score = tl.where(expert[None, :] == index[:, None], -1.0, score)


@triton.jit
def attention(q, k, v, y, length, SCALE: tl.constexpr, HEADS: tl.constexpr, D: tl.constexpr, BM: tl.constexpr, BN: tl.constexpr,
              TMA: tl.constexpr):  # fmt: skip
    """Causal attention: q, y [length, HEADS, D], k, v [HEADS, length, D]. Blocks of keys that all queries see have a loop of their
    own, without masks. TMA: k and v are descriptors of [HEADS length, D]."""
    tile, head = tl.program_id(0), tl.program_id(1)
    row, d, key = tile * BM + tl.arange(0, BM), tl.arange(0, D), tl.arange(0, BN)
    queries = tl.load(q + row[:, None] * (HEADS * D) + head * D + d[None, :], mask=row[:, None] < length, other=0.0)
    first = head * length
    top, total = tl.full((BM,), -float("inf"), tl.float32), tl.zeros((BM,), tl.float32)
    sums = tl.zeros((BM, D), tl.float32)
    for part in tl.static_range(2):
        for at in range(0 if part == 0 else tile * BM, tile * BM if part == 0 else tile * BM + BM, BN):
            if TMA:
                keys = k.load([first + at, 0]).T
            else:
                keys = tl.load(k + (first + at + key)[None, :].to(tl.int64) * D + d[:, None])
            score = tl.dot(queries, keys)
            if part == 0:
                now = tl.maximum(top, tl.max(score, 1) * (SCALE * 1.44269504))
                power = tl.math.exp2(score * (SCALE * 1.44269504) - now[:, None])
            else:
                score = tl.where(at + key[None, :] <= row[:, None], score * (SCALE * 1.44269504), -1.0e30)
                now = tl.maximum(top, tl.max(score, 1))
                power = tl.math.exp2(score - now[:, None])
            factor = tl.math.exp2(top - now)
            total = total * factor + tl.sum(power, 1)
            if TMA:
                values = v.load([first + at, 0])
            else:
                values = tl.load(v + (first + at + key)[:, None].to(tl.int64) * D + d[None, :])
            sums = tl.dot(power.to(tl.bfloat16), values, sums * factor[:, None])
            top = now
    tl.store(y + row[:, None] * (HEADS * D) + head * D + d[None, :], (sums / total[:, None]).to(tl.bfloat16), mask=row[:, None] < length)
