// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef EMO_DIALECT_EMO_IR_EMOEXPERTOPS_TD
#define EMO_DIALECT_EMO_IR_EMOEXPERTOPS_TD

include "emo/Dialect/Emo/IR/EmoAttributes.td"

def Emo_GroupByExpertOp : Emo_ModelOp<"group_by_expert"> {
  let summary = "sort the choices of all tokens by expert";
  let description = [{
    indices [T, k] -> offsets [E + 1] (rows of expert e are offsets[e] .. offsets[e+1]), tokens [T * k] (the token of each sorted
    row) and inverse [T, k] (the sorted row of each choice). Stable: inside an expert rows keep the order of (token, choice).
    Empty experts are legal; there is no capacity.
  }];
  let arguments = (ins Emo_IndexTensor:$indices, I64Attr:$num_experts);
  let results = (outs Emo_IndexTensor:$offsets, Emo_IndexTensor:$tokens, Emo_IndexTensor:$inverse);
  let assemblyFormat = "$indices attr-dict `:` type($indices) `->` type($offsets) `,` type($tokens) `,` type($inverse)";
}

def Emo_DispatchOp : Emo_ModelOp<"dispatch"> {
  let summary = "rows of x in expert order";
  let description = [{x [T, H], tokens [N] -> rows [N, H] of the elements of x: rows[i] = x[tokens[i]].}];
  let arguments = (ins Emo_FloatTensor:$x, Emo_IndexTensor:$tokens);
  let results = (outs Emo_FloatTensor:$rows);
  let assemblyFormat = "$x `,` $tokens attr-dict `:` type($x) `,` type($tokens) `->` type($rows)";
}

def Emo_GroupedMatmulOp : Emo_ModelOp<"grouped_matmul"> {
  let summary = "rows of expert e times the transpose of its weights";
  let description = [{
    rows [N, K], weights [E, M, K], offsets [E + 1] (, bias [E, M]) -> [N, M]: result[i] = weights[e] * rows[i] + bias[e] for
    offsets[e] <= i < offsets[e+1]. Accumulates in max(f32, type), rounds once to the result's type.
  }];
  let arguments = (ins Emo_FloatTensor:$rows, Emo_FloatTensor:$weights, Emo_IndexTensor:$offsets,
    Optional<Emo_FloatTensor>:$bias);
  let results = (outs Emo_FloatTensor:$result);
  let assemblyFormat = [{
    $rows `,` $weights `,` $offsets (`bias` `(` $bias^ `:` type($bias) `)`)? attr-dict `:`
    type($rows) `,` type($weights) `,` type($offsets) `->` type($result)
  }];
}

def Emo_ExpertMlpOp : Emo_ModelOp<"expert_mlp", [AttrSizedOperandSegments]> {
  let summary = "the feed-forward network of each expert on its rows";
  let description = [{
    rows [N, H], offsets [E + 1], up [E, I, H], down [E, H', I], optionally gate [E, I, H] and biases [E, I], [E, I], [E, H'].
    Plain: down(act(up(x))). Gated: with g = gate(x), u = up(x): g = min(g, limit) and u = clamp(u, -limit, limit) when `limit` is
    given; then down(f(g) * (u + beta)), f(g) = g * sigmoid(alpha * g) for silu, else act(g). Products accumulate in
    max(f32, type); the hidden activation is rounded once to the rows' type.
  }];
  let arguments = (ins Emo_FloatTensor:$rows, Emo_IndexTensor:$offsets, Emo_FloatTensor:$up, Emo_FloatTensor:$down,
    Optional<Emo_FloatTensor>:$gate, Optional<Emo_FloatTensor>:$up_bias, Optional<Emo_FloatTensor>:$down_bias,
    Optional<Emo_FloatTensor>:$gate_bias,
    DefaultValuedAttr<Emo_ActivationAttr, "::emo::Activation::Silu">:$activation, OptionalAttr<F64Attr>:$limit,
    DefaultValuedAttr<F64Attr, "1.0">:$alpha, DefaultValuedAttr<F64Attr, "0.0">:$beta);
  let results = (outs Emo_FloatTensor:$result);
  let assemblyFormat = [{
    $rows `,` $offsets `up` `(` $up `:` type($up) `)` `down` `(` $down `:` type($down) `)`
    (`gate` `(` $gate^ `:` type($gate) `)`)? (`up_bias` `(` $up_bias^ `:` type($up_bias) `)`)?
    (`down_bias` `(` $down_bias^ `:` type($down_bias) `)`)? (`gate_bias` `(` $gate_bias^ `:` type($gate_bias) `)`)?
    attr-dict `:` type($rows) `,` type($offsets) `->` type($result)
  }];
}

def Emo_CombineOp : Emo_ModelOp<"combine"> {
  let summary = "weighted sum of each token's expert outputs";
  let description = [{
    rows [N, H], weights [T, k], inverse [T, k] -> [T, H]: sum over j of weights[t, j] * rows[inverse[t, j]], in the order of j, in
    max(f32, type), rounded once to the result's type.
  }];
  let arguments = (ins Emo_FloatTensor:$rows, Emo_FloatTensor:$weights, Emo_IndexTensor:$inverse);
  let results = (outs Emo_FloatTensor:$result);
  let assemblyFormat = "$rows `,` $weights `,` $inverse attr-dict `:` type($rows) `,` type($weights) `,` type($inverse) `->` type($result)";
}

def Emo_SelectOp : Emo_ModelOp<"select"> {
  let summary = "the given indices of one dimension, in the given order";
  let description = [{
    x [.., N, ..] -> result [.., n, ..] with result[.., i, ..] = x[.., indices[i], ..] in the dimension `dim`: what pruning keeps of
    router logits and experts. Canonicalisation moves it towards parameters, where it becomes a step of their weight programs.
  }];
  let arguments = (ins AnyRankedTensor:$x, I64Attr:$dim, DenseI64ArrayAttr:$indices);
  let results = (outs AnyRankedTensor:$result);
  let hasFolder = 1;
  let hasCanonicalizeMethod = 1;
  let assemblyFormat = "$x attr-dict `:` type($x) `->` type($result)";
}

#endif // EMO_DIALECT_EMO_IR_EMOEXPERTOPS_TD
