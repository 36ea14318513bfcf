// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef EMO_DIALECT_EMO_IR_EMOROUTINGOPS_TD
#define EMO_DIALECT_EMO_IR_EMOROUTINGOPS_TD

include "emo/Dialect/Emo/IR/EmoAttributes.td"

def Emo_RouteOp : Emo_ModelOp<"route", [AttrSizedOperandSegments]> {
  let summary = "choose experts and their weights for every token";
  let description = [{
    `logits` [T, R] score the routed experts 0..R-1. Per token, in max(f32, operand type):
    1. scores = softmax or sigmoid of the logits (`score_then_top_k`), or the logits themselves (`top_k_then_score`).
    2. selection = scores + `bias` [R] when given. With `num_groups` > 1 only the `top_groups` groups with the largest sum of
       their two best selection scores stay. The `top_k` largest are chosen, in descending order; the lower index wins ties. All of
       them (top_k = R, no sparse mixer) are chosen in the order of their indices. -inf logits are chosen last.
    3. weights = the chosen scores without the bias (`top_k_then_score`: softmax or sigmoid over the chosen logits).
       `sparse_mixer` (top_k = 2 only) instead uses the masked double softmax of PhiMoE with `jitter`.
    4. `normalize` divides by (sum + `epsilon`); then everything is multiplied by `scale`.
    The S = `num_shared` shared experts get indices R..R+S-1 behind the chosen ones, with weight 1, or the softmax of
    `shared_logits` [T, S] when given.
  }];
  let arguments = (ins Emo_FloatTensor:$logits, Optional<Emo_FloatTensor>:$bias, Optional<Emo_FloatTensor>:$shared_logits,
    I64Attr:$top_k, DefaultValuedAttr<I64Attr, "0">:$num_shared,
    DefaultValuedAttr<Emo_ScoringAttr, "::emo::Scoring::Softmax">:$scoring,
    DefaultValuedAttr<Emo_RouteOrderAttr, "::emo::RouteOrder::ScoreThenTopK">:$order,
    DefaultValuedAttr<BoolAttr, "false">:$normalize, DefaultValuedAttr<F64Attr, "0.0">:$epsilon,
    DefaultValuedAttr<F64Attr, "1.0">:$scale, DefaultValuedAttr<I64Attr, "1">:$num_groups,
    DefaultValuedAttr<I64Attr, "1">:$top_groups, DefaultValuedAttr<BoolAttr, "false">:$sparse_mixer,
    DefaultValuedAttr<F64Attr, "0.01">:$jitter);
  let results = (outs Emo_FloatTensor:$weights, Emo_IndexTensor:$indices);
  let hasCanonicalizeMethod = 1;
  let assemblyFormat = [{
    $logits (`bias` `(` $bias^ `:` type($bias) `)`)? (`shared_logits` `(` $shared_logits^ `:` type($shared_logits) `)`)?
    attr-dict `:` type($logits) `->` type($weights) `,` type($indices)
  }];
}

def Emo_RouterScoresOp : Emo_ModelOp<"router_scores"> {
  let summary = "router probabilities of all routed experts";
  let description = [{softmax over the last dimension, or sigmoid, of logits [T, R]; -inf logits score 0.}];
  let arguments = (ins Emo_FloatTensor:$logits,
    DefaultValuedAttr<Emo_ScoringAttr, "::emo::Scoring::Softmax">:$scoring);
  let results = (outs Emo_FloatTensor:$scores);
  let assemblyFormat = "$logits attr-dict `:` type($logits) `->` type($scores)";
}

#endif // EMO_DIALECT_EMO_IR_EMOROUTINGOPS_TD
