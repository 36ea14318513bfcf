// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef EMO_DIALECT_EMO_IR_EMOKERNELOPS_TD
#define EMO_DIALECT_EMO_IR_EMOKERNELOPS_TD

include "emo/Dialect/Emo/IR/EmoAttributes.td"

/// Kernel ops are the one meeting point of targets: few, destination style, on tensors until bufferization and on memrefs after.
/// On memrefs they have no results.
///
/// Common rules (what targets may rely on and must support):
/// - Element types are f32 and bf16, on a GPU f16, too (ids, indices, offsets, lengths: i32; ids and targets also i64). Computation is in f32; a
///   result is rounded once to its out's element type. Other types take the reference lowering.
/// - N, K, H, D, head counts, top_k and expert counts are static; rows, batch, sequence and capacity are dynamic.
/// - Memrefs: the innermost stride is 1. outs are dense (identity layout), distinct from all inputs, and fully overwritten (except
///   the stores of `attention`). `lhs`, `x`, `dy`, `q`, `k`, `v` and extras of kind `element` may be strided views of larger buffers in
///   all but the innermost dimension (slices of a fused q/k/v product, the last row of each sequence); all else is dense.
class Emo_KernelOp<string mnemonic, list<Trait> traits = []>
    : Emo_Op<"kernel." # mnemonic, !listconcat(traits,
        [DestinationStyleOpInterface, DeclareOpInterfaceMethods<MemoryEffectsOpInterface>])> {
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    mlir::MutableOperandRange getDpsInitsMutable() { return getOutsMutable(); }
  }];
}

def Emo_KernelMatmulOp : Emo_KernelOp<"matmul", [AttrSizedOperandSegments, SingleBlock, IsolatedFromAbove]> {
  let summary = "dense, gathered or grouped product with an epilogue region";
  let description = [{
    out[i, n] = body(acc_0, .., extras) with acc_j = sum_k lhs[row(i), k] * weights_j[e(i), n, k] in max(f32, type).
    lhs [R, K], gather i32 [M] or absent (then M = R), offsets i32 [E + 1] or absent, outs [M, N].
    row(i) = gather[i] or i; e(i) is the e with offsets[e] <= i < offsets[e + 1], or 0; offsets[E] = M; experts may be empty.
    `accumulators` is 1 or 2: that many logical weights, [N, K] without offsets, [E, N, K] with; after packing they are one operand
    (`packed`: #emo.pack, gated when there are two). All weights have lhs's element type.
    The body's arguments are the accumulators (f32), then one element, in its own type, of each of `extras`: kind `column` is
    [N], or [E, N] with offsets; `row` is [M] (by output row), `element` [M, N]; `kinds` has one entry per extra. The body is
    made of scalar constants and the ops addf, subf, mulf, divf, negf, maximumf, maxnumf, minimumf, minnumf, cmpf, select, extf, truncf,
    exp, log, tanh, erf, sqrt, absf, and yields one scalar per out, in the out's element type. Weights are parameters (emo.param.ref).

    ```mlir
    // bf16 linear layer, residual added in bf16
    %y = emo.kernel.matmul lhs(%x : tensor<?x256xbf16>) weights(%w : tensor<128x256xbf16>)
        extras(%r : tensor<?x128xbf16>) outs(%e : tensor<?x128xbf16>) attributes {accumulators = 1 : i64, kinds = [#emo.kind<element>]} {
    ^bb0(%acc: f32, %res: bf16):
      %0 = arith.truncf %acc : f32 to bf16
      %1 = arith.addf %0, %res : bf16
      emo.kernel.yield %1 : bf16
    } -> tensor<?x128xbf16>
    ```
  }];
  let arguments = (ins Emo_Shaped:$lhs, Variadic<Emo_Shaped>:$weights, Optional<Emo_Shaped>:$gather,
    Optional<Emo_Shaped>:$offsets, Variadic<Emo_Shaped>:$extras, Variadic<Emo_Shaped>:$outs,
    I64Attr:$accumulators, TypedArrayAttrBase<Emo_OperandKindAttr, "operand kinds">:$kinds, UnitAttr:$packed);
  let regions = (region SizedRegion<1>:$body);
  let hasRegionVerifier = 1;
  let assemblyFormat = [{
    `lhs` `(` $lhs `:` type($lhs) `)` `weights` `(` $weights `:` type($weights) `)`
    (`gather` `(` $gather^ `:` type($gather) `)`)? (`offsets` `(` $offsets^ `:` type($offsets) `)`)?
    (`extras` `(` $extras^ `:` type($extras) `)`)? `outs` `(` $outs `:` type($outs) `)`
    attr-dict-with-keyword $body (`->` type($results)^)?
  }];
}

def Emo_KernelYieldOp : Emo_Op<"kernel.yield", [Pure, Terminator, ReturnLike,
    ParentOneOf<["KernelMatmulOp", "KernelCombineOp"]>]> {
  let summary = "the outputs of an epilogue";
  let description = [{One scalar for each of the kernel's outs, in its element type.}];
  let arguments = (ins Variadic<AnyType>:$values);
  let assemblyFormat = "$values attr-dict `:` type($values)";
}

def Emo_KernelWeightGradientOp : Emo_KernelOp<"weight_gradient", [AttrSizedOperandSegments]> {
  let summary = "gradient of a dense, gathered or grouped product by its weights";
  let description = [{
    out[e, n, k] = sum_i dy[i, n] * x[row(i), k] over offsets[e] <= i < offsets[e + 1], in max(f32, type): what `matmul` with lhs x gets back.
    dy [M, N] and x [R, K] of one type, gather i32 [M] or absent (then M = R), offsets i32 [E + 1] or absent; outs [E, N, K], without
    offsets [N, K], where all rows are summed. row(i) = gather[i] or i; offsets[E] = M; the gradient of an expert without rows is 0.

    ```mlir
    %dw = emo.kernel.weight_gradient dy(%dh : tensor<?x128xbf16>) x(%x : tensor<?x256xbf16>) gather(%tokens : tensor<?xi32>)
        offsets(%offsets : tensor<9xi32>) outs(%e : tensor<8x128x256xf32>) -> tensor<8x128x256xf32>
    ```
  }];
  let arguments = (ins Emo_Shaped:$dy, Emo_Shaped:$x, Optional<Emo_Shaped>:$gather, Optional<Emo_Shaped>:$offsets, Variadic<Emo_Shaped>:$outs);
  let assemblyFormat = [{
    `dy` `(` $dy `:` type($dy) `)` `x` `(` $x `:` type($x) `)` (`gather` `(` $gather^ `:` type($gather) `)`)?
    (`offsets` `(` $offsets^ `:` type($offsets) `)`)? `outs` `(` $outs `:` type($outs) `)` attr-dict (`->` type($results)^)?
  }];
}

def Emo_KernelAttentionOp : Emo_KernelOp<"attention", [AttrSizedOperandSegments]> {
  let summary = "rotary, KV cache update and attention";
  let description = [{
    q [B, S, Hq, D], k, v [B, S, Hkv, D] (may be strided views of one fused product), all of one type; D is a multiple of 4. `table` f32 [P, D] (#emo.rope_table: cos of
    D/2 frequencies, then sin) rotates q and k (rotate-half, position start[b] + s, in f32, rounded once to their type), absent: no
    rotation. The runtime refuses positions >= P. `start` i32 [B]: tokens already in the cache, absent: 0.
    outs: result [B, S, Hq, D], key and value store [B, Hkv, C, D] of k's and v's type; rotated keys and values are written there
    at start[b] + s (the rest of the stores is left as it is), then query (b, s) reads positions 0 .. start[b] + s (`causal`) or
    0 .. start[b] + S - 1. Without a cache the stores are scratch of capacity S. `segments` i32 [B, S] (only without `start`):
    only keys of an equal segment are seen (mostly contiguous ranges, but padding may interrupt them). Softmax in f32.
  }];
  let arguments = (ins Emo_Shaped:$q, Emo_Shaped:$k, Emo_Shaped:$v, Optional<Emo_Shaped>:$table, Optional<Emo_Shaped>:$start,
    Optional<Emo_Shaped>:$segments, Variadic<Emo_Shaped>:$outs, F64Attr:$scale, BoolAttr:$causal);
  let assemblyFormat = [{
    `q` `(` $q `:` type($q) `)` `k` `(` $k `:` type($k) `)` `v` `(` $v `:` type($v) `)`
    (`table` `(` $table^ `:` type($table) `)`)? (`start` `(` $start^ `:` type($start) `)`)?
    (`segments` `(` $segments^ `:` type($segments) `)`)? `outs` `(` $outs `:` type($outs) `)` attr-dict (`->` type($results)^)?
  }];
}

def Emo_KernelRmsNormOp : Emo_KernelOp<"rms_norm"> {
  let summary = "x [M, H] / rms * weight [H] -> [M, H]";
  let description = [{x / sqrt(mean(x^2) + epsilon) * weight in f32, rounded once to the out's type, which may differ from x's.}];
  let arguments = (ins Emo_Shaped:$x, Emo_Shaped:$weight, Variadic<Emo_Shaped>:$outs, F64Attr:$epsilon);
  let assemblyFormat = [{
    `x` `(` $x `:` type($x) `)` `weight` `(` $weight `:` type($weight) `)` `outs` `(` $outs `:` type($outs) `)` attr-dict (`->` type($results)^)?
  }];
}

def Emo_KernelRouterOp : Emo_KernelOp<"router", [AttrSizedOperandSegments]> {
  let summary = "router logits, scores and selection in one";
  let description = [{
    x [M, H], weight [R + S', H] (S' = num_shared when shared logits are scored, else 0), bias [R] (selection bias). x and weight may
    differ in type. Logits in f32; then as `emo.route` without groups and sparse mixer; lower index wins ties.
    outs: weights f32 [M, top_k + num_shared], indices i32 of the same shape. `shared_scored` says that the last num_shared rows of
    weight give the shared logits (weights: their softmax); otherwise shared experts weigh 1.
    `pool` i1 [D, R] masks the routed logits as `emo.mask_experts`, by `segments` i32 [M], or its one row for all. A third out, f32
    [M, R], takes the scores of all routed experts (inside the pool).
  }];
  let arguments = (ins Emo_Shaped:$x, Emo_Shaped:$weight, Optional<Emo_Shaped>:$bias,
    Optional<Emo_Shaped>:$pool, Optional<Emo_Shaped>:$segments, Variadic<Emo_Shaped>:$outs,
    I64Attr:$top_k, DefaultValuedAttr<I64Attr, "0">:$num_shared,
    DefaultValuedAttr<Emo_ScoringAttr, "::emo::Scoring::Softmax">:$scoring,
    DefaultValuedAttr<Emo_RouteOrderAttr, "::emo::RouteOrder::ScoreThenTopK">:$order,
    DefaultValuedAttr<BoolAttr, "false">:$normalize, DefaultValuedAttr<F64Attr, "0.0">:$epsilon,
    DefaultValuedAttr<F64Attr, "1.0">:$scale, UnitAttr:$shared_scored);
  let assemblyFormat = [{
    `x` `(` $x `:` type($x) `)` `weight` `(` $weight `:` type($weight) `)` (`bias` `(` $bias^ `:` type($bias) `)`)?
    (`pool` `(` $pool^ `:` type($pool) `)`)? (`segments` `(` $segments^ `:` type($segments) `)`)?
    `outs` `(` $outs `:` type($outs) `)` attr-dict (`->` type($results)^)?
  }];
}

def Emo_KernelRowDotOp : Emo_KernelOp<"row_dot"> {
  let summary = "a [M, H], b [M, H] -> their rows' dot products [M]";
  let description = [{As `emo.row_dot`, in f32.}];
  let arguments = (ins Emo_Shaped:$a, Emo_Shaped:$b, Variadic<Emo_Shaped>:$outs);
  let assemblyFormat = "`a` `(` $a `:` type($a) `)` `b` `(` $b `:` type($b) `)` `outs` `(` $outs `:` type($outs) `)` attr-dict (`->` type($results)^)?";
}

def Emo_KernelGroupByExpertOp : Emo_KernelOp<"group_by_expert"> {
  let summary = "counting sort of indices [T, k] -> offsets [E + 1], tokens [T * k], inverse [T, k]";
  let description = [{As `emo.group_by_expert`: stable, empty experts legal. E is the static size of offsets less one.}];
  let arguments = (ins Emo_Shaped:$indices, Variadic<Emo_Shaped>:$outs);
  let assemblyFormat = "`indices` `(` $indices `:` type($indices) `)` `outs` `(` $outs `:` type($outs) `)` attr-dict (`->` type($results)^)?";
}

def Emo_KernelCombineOp : Emo_KernelOp<"combine", [AttrSizedOperandSegments, SingleBlock, IsolatedFromAbove]> {
  let summary = "gather and sum the expert outputs of each token, with an epilogue region";
  let description = [{
    acc[t, n] = sum over j of weights[t, j] * rows[inverse[t, j], n] in f32, in the order of j; out = body(acc, extras).
    rows [N, H], weights [T, k] (f32, bf16 or f16), inverse i32 [T, k], outs [T, H]; body and `kinds` as in `matmul` (`column` is [H]).
  }];
  let arguments = (ins Emo_Shaped:$rows, Emo_Shaped:$weights, Emo_Shaped:$inverse, Variadic<Emo_Shaped>:$extras,
    Variadic<Emo_Shaped>:$outs, TypedArrayAttrBase<Emo_OperandKindAttr, "operand kinds">:$kinds);
  let regions = (region SizedRegion<1>:$body);
  let hasRegionVerifier = 1;
  let assemblyFormat = [{
    `rows` `(` $rows `:` type($rows) `)` `weights` `(` $weights `:` type($weights) `)` `inverse` `(` $inverse `:` type($inverse) `)`
    (`extras` `(` $extras^ `:` type($extras) `)`)? `outs` `(` $outs `:` type($outs) `)`
    attr-dict-with-keyword $body (`->` type($results)^)?
  }];
}

def Emo_KernelGatherRowsOp : Emo_KernelOp<"gather_rows"> {
  let summary = "out[i, :] = table[ids[i], :]";
  let description = [{table [V, H], ids i32 or i64 [M], out [M, H] of the table's type. The runtime has checked the ids.}];
  let arguments = (ins Emo_Shaped:$table, Emo_Shaped:$ids, Variadic<Emo_Shaped>:$outs);
  let assemblyFormat = "`table` `(` $table `:` type($table) `)` `ids` `(` $ids `:` type($ids) `)` `outs` `(` $outs `:` type($outs) `)` attr-dict (`->` type($results)^)?";
}

def Emo_KernelLossOp : Emo_KernelOp<"loss"> {
  let summary = "cross-entropy of a linear layer whose logits are never stored whole";
  let description = [{
    x [M, H], weight [V, H] of x's type (may be `packed`), targets i32 or i64 [M] -> losses f32 [M] =
    log(sum exp(logits)) - logits[target] with f32 logits; a negative target gives 0. `vocab_size` = V (padding columns of a packed
    weight do not count).
  }];
  let arguments = (ins Emo_Shaped:$x, Emo_Shaped:$weight, Emo_Shaped:$targets, Variadic<Emo_Shaped>:$outs,
    I64Attr:$vocab_size, UnitAttr:$packed);
  let assemblyFormat = [{
    `x` `(` $x `:` type($x) `)` `weight` `(` $weight `:` type($weight) `)` `targets` `(` $targets `:` type($targets) `)`
    `outs` `(` $outs `:` type($outs) `)` attr-dict (`->` type($results)^)?
  }];
}

def Emo_KernelSampleOp : Emo_KernelOp<"sample"> {
  let summary = "logits [B, V], sampling [B, 3] -> the next token's ids [B]";
  let description = [{As `emo.sample`, in f32.}];
  let arguments = (ins Emo_Shaped:$logits, Emo_Shaped:$sampling, Variadic<Emo_Shaped>:$outs);
  let assemblyFormat = [{
    `logits` `(` $logits `:` type($logits) `)` `sampling` `(` $sampling `:` type($sampling) `)` `outs` `(` $outs `:` type($outs) `)` attr-dict
    (`->` type($results)^)?
  }];
}

#endif // EMO_DIALECT_EMO_IR_EMOKERNELOPS_TD
