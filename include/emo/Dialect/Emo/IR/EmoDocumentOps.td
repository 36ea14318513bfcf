// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef EMO_DIALECT_EMO_IR_EMODOCUMENTOPS_TD
#define EMO_DIALECT_EMO_IR_EMODOCUMENTOPS_TD

include "emo/Dialect/Emo/IR/EmoAttributes.td"

def Emo_DocumentSegmentsOp : Emo_ModelOp<"document_segments"> {
  let summary = "number the documents of packed rows";
  let description = [{
    For ids [B, S]: segments [B, S] numbered 0.. row by row over the whole batch, and their number. Row ends always end a
    document. `boundary = after`: a document ends after its EOS (attention); `before`: the EOS opens the next document, an EOS at
    position 0 opens nothing (pools). Tokens equal to `pad` get -1 and end nothing.
  }];
  let arguments = (ins Emo_IntTensor:$ids, I64Attr:$eos, Emo_BoundaryAttr:$boundary, OptionalAttr<I64Attr>:$pad);
  let results = (outs Emo_IndexTensor:$segments, Emo_IndexTensor:$count);
  let assemblyFormat = "$ids attr-dict `:` type($ids) `->` type($segments) `,` type($count)";
}

def Emo_DocumentPoolOp : Emo_ModelOp<"document_pool"> {
  let summary = "choose each document's pool of experts";
  let description = [{
    scores [T, R], segments [T], sizes [D] -> keep [D, R]. An expert's score in a document is the sum over the document's tokens;
    the sizes[d] best stay (all when sizes[d] >= R), lower index wins ties. Segment -1 is ignored.
  }];
  let arguments = (ins Emo_FloatTensor:$scores, Emo_IndexTensor:$segments, Emo_IndexTensor:$sizes);
  let results = (outs Emo_MaskTensor:$pool);
  let hasCanonicalizeMethod = 1;
  let assemblyFormat = "$scores `,` $segments `,` $sizes attr-dict `:` type($scores) `,` type($segments) `,` type($sizes) `->` type($pool)";
}

def Emo_MaskExpertsOp : Emo_ModelOp<"mask_experts", [AllTypesMatch<["logits", "result"]>]> {
  let summary = "set the logits of experts outside the document's pool to -inf";
  let description = [{logits [T, R], pool [D, R], segments [T]; segment -1 leaves the row as it is. Without segments the pool is one row, for all tokens.}];
  let arguments = (ins Emo_FloatTensor:$logits, Emo_MaskTensor:$pool, Optional<Emo_IndexTensor>:$segments);
  let results = (outs Emo_FloatTensor:$result);
  let hasCanonicalizeMethod = 1;
  let assemblyFormat = "$logits `,` $pool (`,` $segments^)? attr-dict `:` type($logits) `,` type($pool) (`,` type($segments)^)?";
}

#endif // EMO_DIALECT_EMO_IR_EMODOCUMENTOPS_TD
