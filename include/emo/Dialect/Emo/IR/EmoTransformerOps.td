// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef EMO_DIALECT_EMO_IR_EMOTRANSFORMEROPS_TD
#define EMO_DIALECT_EMO_IR_EMOTRANSFORMEROPS_TD

include "emo/Dialect/Emo/IR/EmoAttributes.td"

def Emo_EmbeddingOp : Emo_ModelOp<"embedding"> {
  let summary = "rows of a table: result[.., :] = table[ids[..], :]";
  let description = [{The runtime rejects ids outside 0..V-1 before compiled code runs.}];
  let arguments = (ins Emo_IntTensor:$ids, Emo_FloatTensor:$table);
  let results = (outs Emo_FloatTensor:$result);
  let assemblyFormat = "$ids `,` $table attr-dict `:` type($ids) `,` type($table) `->` type($result)";
}

def Emo_LinearOp : Emo_ModelOp<"linear"> {
  let summary = "x * transpose(weight) + bias over the last dimension";
  let description = [{
    x [.., K], weight [N, K], bias [N] -> [.., N]. Accumulates in max(f32, type), rounds once to the result's element type, which
    may differ from x's (f32 logits of a bf16 model).
  }];
  let arguments = (ins Emo_FloatTensor:$x, Emo_FloatTensor:$weight, Optional<Emo_FloatTensor>:$bias);
  let results = (outs Emo_FloatTensor:$result);
  let assemblyFormat = "$x `,` $weight (`bias` `(` $bias^ `:` type($bias) `)`)? attr-dict `:` type($x) `,` type($weight) `->` type($result)";
}

def Emo_RmsNormOp : Emo_ModelOp<"rms_norm"> {
  let summary = "x / sqrt(mean(x^2) + epsilon) * weight over the last dimension";
  let description = [{In max(f32, type), rounded once to the result's element type.}];
  let arguments = (ins Emo_FloatTensor:$x, Emo_FloatTensor:$weight, F64Attr:$epsilon);
  let results = (outs Emo_FloatTensor:$result);
  let assemblyFormat = "$x `,` $weight attr-dict `:` type($x) `,` type($weight) `->` type($result)";
}

def Emo_RowDotOp : Emo_ModelOp<"row_dot"> {
  let summary = "dot product of equal rows";
  let description = [{
    a, b [T, H] -> [T] in max(f32, type): result[t] = sum over h of a[t, h] * b[t, h]. What expert statistics are made of: lengths of
    expert outputs and angles between activations.
  }];
  let arguments = (ins Emo_FloatTensor:$a, Emo_FloatTensor:$b);
  let results = (outs Emo_FloatTensor:$result);
  let assemblyFormat = "$a `,` $b attr-dict `:` type($a) `,` type($b) `->` type($result)";
}

def Emo_RotaryOp : Emo_ModelOp<"rotary", [AllTypesMatch<["x", "result"]>]> {
  let summary = "rotary position embedding, rotate-half form";
  let description = [{
    x [B, S, heads, D]; token s of row b is at position start[b] + s (start = 0 when absent). With angle a_i = position *
    theta^(-2i/D) (or position * frequencies[i]): (x_i, x_{i+D/2}) -> (x_i cos - x_{i+D/2} sin, x_{i+D/2} cos + x_i sin);
    `interleaved` pairs (x_2i, x_2i+1) instead. Tables in f64, rounded once to max(f32, type).
  }];
  let arguments = (ins Emo_FloatTensor:$x, Optional<Emo_IndexTensor>:$start, F64Attr:$theta,
    OptionalAttr<DenseF64ArrayAttr>:$frequencies, DefaultValuedAttr<BoolAttr, "false">:$interleaved);
  let results = (outs Emo_FloatTensor:$result);
  let assemblyFormat = "$x (`start` `(` $start^ `:` type($start) `)`)? attr-dict `:` type($x)";
}

def Emo_AttentionOp : Emo_ModelOp<"attention", [AttrSizedOperandSegments, AttrSizedResultSegments]> {
  let summary = "softmax(scale * q k^T) v with grouped heads, documents and KV cache";
  let description = [{
    q [B, S, Hq, D], k and v [B, S, Hkv, D], Hq a multiple of Hkv (query head h reads head h / (Hq / Hkv)) -> [B, S, Hq, D].
    `causal`: query s sees keys 0..s. `segments` [B, S]: only keys of the same segment. Softmax in max(f32, type).
    With a cache (key_cache, value_cache [B, Hkv, C, D], lengths [B]): k and v are stored at lengths[b] + s first, and query s sees
    positions 0..lengths[b] + s; the updated caches are results. lengths[b] + S <= C is the caller's duty.
  }];
  let arguments = (ins Emo_FloatTensor:$q, Emo_FloatTensor:$k, Emo_FloatTensor:$v, Optional<Emo_IndexTensor>:$segments,
    Optional<Emo_FloatTensor>:$key_cache, Optional<Emo_FloatTensor>:$value_cache, Optional<Emo_IndexTensor>:$lengths,
    F64Attr:$scale, DefaultValuedAttr<BoolAttr, "true">:$causal);
  let results = (outs Emo_FloatTensor:$result, Optional<Emo_FloatTensor>:$new_key_cache,
    Optional<Emo_FloatTensor>:$new_value_cache);
  let hasCanonicalizeMethod = 1;
  let assemblyFormat = [{
    $q `,` $k `,` $v (`segments` `(` $segments^ `:` type($segments) `)`)?
    (`cache` `(` $key_cache^ `,` $value_cache `,` $lengths `:` type($key_cache) `,` type($value_cache) `,` type($lengths) `)`)?
    attr-dict `:` type($q) `,` type($k) `,` type($v) `->` type($result)
    (`,` type($new_key_cache)^ `,` type($new_value_cache))?
  }];
}

def Emo_CrossEntropyOp : Emo_ModelOp<"cross_entropy"> {
  let summary = "-log softmax(logits)[target] for each position";
  let description = [{
    logits [.., V], targets [..] int -> [..] in nats, in max(f32, type). A negative target is ignored: its loss is 0.
  }];
  let arguments = (ins Emo_FloatTensor:$logits, Emo_IntTensor:$targets);
  let results = (outs Emo_FloatTensor:$losses);
  let assemblyFormat = "$logits `,` $targets attr-dict `:` type($logits) `,` type($targets) `->` type($losses)";
}

def Emo_SampleOp : Emo_ModelOp<"sample"> {
  let summary = "the next token of each row of logits: the likeliest, or one drawn by temperature and nucleus";
  let description = [{
    logits [B, V], sampling [B, 3] (temperature, top-p, a random number from 0 to less than 1 for each row) -> token ids [B].
    Temperature 0, less or NaN: the largest logit, the lower id on ties. Else token i weighs w_i = exp((logits_i - max) / temperature), where
    temperatures above 2^126 count as 2^126, and those are kept of which likelier ones (and equally likely ones of lower ids) weigh less than
    top-p of all; the result is the first kept token, by ids, up to which the kept ones weigh more than the random number times all kept ones
    (Holtzman et al. 2020, section 3.1). In max(f32, type). NaN is never chosen: it counts as -inf; a row without any larger logit gives 0.
  }];
  let arguments = (ins Emo_FloatTensor:$logits, Emo_FloatTensor:$sampling);
  let results = (outs Emo_IntTensor:$ids);
  let assemblyFormat = "$logits `,` $sampling attr-dict `:` type($logits) `,` type($sampling) `->` type($ids)";
}

#endif // EMO_DIALECT_EMO_IR_EMOTRANSFORMEROPS_TD
