// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef EMO_DIALECT_EMO_IR_EMOKERNELOPS_TD
#define EMO_DIALECT_EMO_IR_EMOKERNELOPS_TD

include "emo/Dialect/Emo/IR/EmoAttributes.td"

/// Kernel ops are the one meeting point of targets: few, destination style, on tensors until bufferization and on memrefs after.
/// On memrefs they have no results.
class Emo_KernelOp<string mnemonic, list<Trait> traits = []>
    : Emo_Op<"kernel." # mnemonic, !listconcat(traits,
        [DestinationStyleOpInterface, DeclareOpInterfaceMethods<MemoryEffectsOpInterface>])> {
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let extraClassDeclaration = [{
    mlir::MutableOperandRange getDpsInitsMutable() { return getOutsMutable(); }
  }];
}

def Emo_KernelMatmulOp : Emo_KernelOp<"matmul", [AttrSizedOperandSegments, SingleBlock]> {
  let summary = "dense, gathered or grouped product with an epilogue region";
  let description = [{
    out[i, n] = body(acc_0, .., extras) with acc_j = sum_k lhs[row(i), k] * weights_j[e(i), n, k] in max(f32, type).
    row(i) = gather[i] or i; e(i) is given by `offsets` [E + 1], or 0. `accumulators` is 1 or 2: that many logical weights
    [N, K] or [E, N, K]; after packing they are one operand (`packed`). The body's arguments are the accumulators, then one element
    of each of `extras`: kind `column` [N] or [E, N], `row` [M] (by output row), `element` [M, N]; it yields one scalar per out.
  }];
  let arguments = (ins Emo_Shaped:$lhs, Variadic<Emo_Shaped>:$weights, Optional<Emo_Shaped>:$gather,
    Optional<Emo_Shaped>:$offsets, Variadic<Emo_Shaped>:$extras, Variadic<Emo_Shaped>:$outs,
    I64Attr:$accumulators, TypedArrayAttrBase<Emo_OperandKindAttr, "operand kinds">:$kinds, UnitAttr:$packed);
  let regions = (region SizedRegion<1>:$body);
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
  let arguments = (ins Variadic<AnyType>:$values);
  let assemblyFormat = "$values attr-dict `:` type($values)";
}

def Emo_KernelAttentionOp : Emo_KernelOp<"attention", [AttrSizedOperandSegments]> {
  let summary = "rotary, KV cache update and attention";
  let description = [{
    q [B, S, Hq, D], k, v [B, S, Hkv, D] (may be strided views of one fused product). `table` f32 [P, D] (#emo.rope_table) rotates q
    and k, absent: no rotation. `start` i32 [B]: tokens already in the cache, absent: 0. outs: result [B, S, Hq, D], key and value
    store [B, Hkv, C, D]; rotated keys and values are written there at start[b] + s, then queries read them. Without a cache
    the stores are scratch of capacity S.
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
  let arguments = (ins Emo_Shaped:$x, Emo_Shaped:$weight, Variadic<Emo_Shaped>:$outs, F64Attr:$epsilon);
  let assemblyFormat = [{
    `x` `(` $x `:` type($x) `)` `weight` `(` $weight `:` type($weight) `)` `outs` `(` $outs `:` type($outs) `)` attr-dict (`->` type($results)^)?
  }];
}

def Emo_KernelRouterOp : Emo_KernelOp<"router", [AttrSizedOperandSegments]> {
  let summary = "router logits, scores and selection in one";
  let description = [{
    x [M, H], weight [R + S', H] (S' = num_shared when shared logits are scored, else 0), bias [R]. Logits in f32; then as `emo.route`.
    outs: weights [M, top_k + num_shared], indices i32 of the same shape.
  }];
  let arguments = (ins Emo_Shaped:$x, Emo_Shaped:$weight, Optional<Emo_Shaped>:$bias, Variadic<Emo_Shaped>:$outs,
    I64Attr:$top_k, DefaultValuedAttr<I64Attr, "0">:$num_shared,
    DefaultValuedAttr<Emo_ScoringAttr, "::emo::Scoring::Softmax">:$scoring,
    DefaultValuedAttr<Emo_RouteOrderAttr, "::emo::RouteOrder::ScoreThenTopK">:$order,
    DefaultValuedAttr<BoolAttr, "false">:$normalize, DefaultValuedAttr<F64Attr, "0.0">:$epsilon,
    DefaultValuedAttr<F64Attr, "1.0">:$scale);
  let assemblyFormat = [{
    `x` `(` $x `:` type($x) `)` `weight` `(` $weight `:` type($weight) `)` (`bias` `(` $bias^ `:` type($bias) `)`)?
    `outs` `(` $outs `:` type($outs) `)` attr-dict (`->` type($results)^)?
  }];
}

def Emo_KernelGroupByExpertOp : Emo_KernelOp<"group_by_expert"> {
  let summary = "counting sort of indices [T, k] -> offsets [E + 1], tokens [T * k], inverse [T, k]";
  let arguments = (ins Emo_Shaped:$indices, Variadic<Emo_Shaped>:$outs);
  let assemblyFormat = "`indices` `(` $indices `:` type($indices) `)` `outs` `(` $outs `:` type($outs) `)` attr-dict (`->` type($results)^)?";
}

def Emo_KernelCombineOp : Emo_KernelOp<"combine", [AttrSizedOperandSegments, SingleBlock]> {
  let summary = "gather and sum the expert outputs of each token, with an epilogue region";
  let description = [{
    acc[t, n] = sum over j of weights[t, j] * rows[inverse[t, j], n] in max(f32, type), in the order of j; out = body(acc, extras).
  }];
  let arguments = (ins Emo_Shaped:$rows, Emo_Shaped:$weights, Emo_Shaped:$inverse, Variadic<Emo_Shaped>:$extras,
    Variadic<Emo_Shaped>:$outs, TypedArrayAttrBase<Emo_OperandKindAttr, "operand kinds">:$kinds);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    `rows` `(` $rows `:` type($rows) `)` `weights` `(` $weights `:` type($weights) `)` `inverse` `(` $inverse `:` type($inverse) `)`
    (`extras` `(` $extras^ `:` type($extras) `)`)? `outs` `(` $outs `:` type($outs) `)`
    attr-dict-with-keyword $body (`->` type($results)^)?
  }];
}

def Emo_KernelGatherRowsOp : Emo_KernelOp<"gather_rows"> {
  let summary = "out[i, :] = table[ids[i], :]";
  let arguments = (ins Emo_Shaped:$table, Emo_Shaped:$ids, Variadic<Emo_Shaped>:$outs);
  let assemblyFormat = "`table` `(` $table `:` type($table) `)` `ids` `(` $ids `:` type($ids) `)` `outs` `(` $outs `:` type($outs) `)` attr-dict (`->` type($results)^)?";
}

def Emo_KernelLossOp : Emo_KernelOp<"loss"> {
  let summary = "cross-entropy of a linear layer whose logits are never stored whole";
  let description = [{
    x [M, H], weight [V, H] (may be packed), targets int [M] -> losses f32 [M]; a negative target gives 0.
  }];
  let arguments = (ins Emo_Shaped:$x, Emo_Shaped:$weight, Emo_Shaped:$targets, Variadic<Emo_Shaped>:$outs,
    I64Attr:$vocab_size, UnitAttr:$packed);
  let assemblyFormat = [{
    `x` `(` $x `:` type($x) `)` `weight` `(` $weight `:` type($weight) `)` `targets` `(` $targets `:` type($targets) `)`
    `outs` `(` $outs `:` type($outs) `)` attr-dict (`->` type($results)^)?
  }];
}

#endif // EMO_DIALECT_EMO_IR_EMOKERNELOPS_TD
