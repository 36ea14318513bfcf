// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef EMO_DIALECT_EMO_IR_EMOATTRIBUTES_TD
#define EMO_DIALECT_EMO_IR_EMOATTRIBUTES_TD

include "emo/Dialect/Emo/IR/EmoBase.td"
include "emo/Dialect/Emo/IR/WeightTransformInterface.td"

//===----------------------------------------------------------------------===//
// Enums
//===----------------------------------------------------------------------===//

class Emo_Enum<string name, string summary, list<I32EnumAttrCase> cases> : I32EnumAttr<name, summary, cases> {
  let cppNamespace = "::emo";
  let genSpecializedAttr = 0;
}
class Emo_EnumAttr<EnumAttrInfo info, string mnemonic> : EnumAttr<Emo_Dialect, info, mnemonic> {
  let assemblyFormat = "`<` $value `>`";
}

def Emo_Scoring : Emo_Enum<"Scoring", "how router logits become scores", [
  I32EnumAttrCase<"Softmax", 0, "softmax">, I32EnumAttrCase<"Sigmoid", 1, "sigmoid">]>;
def Emo_ScoringAttr : Emo_EnumAttr<Emo_Scoring, "scoring">;

def Emo_RouteOrder : Emo_Enum<"RouteOrder", "whether scores are computed before or after the selection", [
  I32EnumAttrCase<"ScoreThenTopK", 0, "score_then_top_k">, I32EnumAttrCase<"TopKThenScore", 1, "top_k_then_score">]>;
def Emo_RouteOrderAttr : Emo_EnumAttr<Emo_RouteOrder, "route_order">;

def Emo_Activation : Emo_Enum<"Activation", "activation function of an expert", [
  I32EnumAttrCase<"Silu", 0, "silu">, I32EnumAttrCase<"Gelu", 1, "gelu">, I32EnumAttrCase<"GeluTanh", 2, "gelu_tanh">,
  I32EnumAttrCase<"Relu", 3, "relu">, I32EnumAttrCase<"Identity", 4, "identity">]>;
def Emo_ActivationAttr : Emo_EnumAttr<Emo_Activation, "activation">;

def Emo_Boundary : Emo_Enum<"Boundary", "on which side of an EOS token a document ends", [
  I32EnumAttrCase<"After", 0, "after">, I32EnumAttrCase<"Before", 1, "before">]>;
def Emo_BoundaryAttr : Emo_EnumAttr<Emo_Boundary, "boundary">;

def Emo_OperandKind : Emo_Enum<"OperandKind", "how an epilogue operand of a kernel is indexed", [
  I32EnumAttrCase<"Column", 0, "column">, I32EnumAttrCase<"Row", 1, "row">, I32EnumAttrCase<"Element", 2, "element">]>;
def Emo_OperandKindAttr : Emo_EnumAttr<Emo_OperandKind, "kind">;

//===----------------------------------------------------------------------===//
// Weight programs
//===----------------------------------------------------------------------===//

class Emo_Attr<string name, string attrMnemonic, list<Trait> traits = []> : AttrDef<Emo_Dialect, name, traits> {
  let mnemonic = attrMnemonic;
}

class Emo_TransformAttr<string name, string mnemonic>
    : Emo_Attr<name, mnemonic, [DeclareAttrInterfaceMethods<Emo_TransformInterface>]>;

def Emo_SelectAttr : Emo_TransformAttr<"Select", "select"> {
  let summary = "keep the given indices of one dimension, in the given order";
  let parameters = (ins "int64_t":$dim, ArrayRefParameter<"int64_t">:$indices);
  let assemblyFormat = "`<` $dim `,` `[` $indices `]` `>`";
}
def Emo_SliceAttr : Emo_TransformAttr<"Slice", "slice"> {
  let summary = "keep `size` elements of one dimension from `offset` on";
  let parameters = (ins "int64_t":$dim, "int64_t":$offset, "int64_t":$size);
  let assemblyFormat = "`<` $dim `,` $offset `,` $size `>`";
}
def Emo_TransposeAttr : Emo_TransformAttr<"Transpose", "transpose"> {
  let summary = "result dimension i is input dimension permutation[i]";
  let parameters = (ins ArrayRefParameter<"int64_t">:$permutation);
  let assemblyFormat = "`<` `[` $permutation `]` `>`";
}
def Emo_ReshapeAttr : Emo_TransformAttr<"Reshape", "reshape"> {
  let summary = "the same elements in row-major order with another shape";
  let parameters = (ins ArrayRefParameter<"int64_t">:$shape);
  let assemblyFormat = "`<` `[` $shape `]` `>`";
}
def Emo_CastAttr : Emo_TransformAttr<"Cast", "cast"> {
  let summary = "convert each element";
  let description = [{
    To floats: rounding to nearest even, once. Floats to integers: cut towards zero and to the range of the type, NaN to 0. Integers
    to integers: the low bits. To i1: whether it is not 0.
  }];
  let parameters = (ins "mlir::Type":$elementType);
  let assemblyFormat = "`<` $elementType `>`";
}
def Emo_PackAttr : Emo_TransformAttr<"Pack", "pack"> {
  let summary = "lay [E, N, K] weights (gated: [2, E, N, K], gate first) out in panels";
  let description = [{
    A panel covers 32 output columns; gated, 16 gate columns and the 16 up columns of the same numbers. N is padded to whole
    panels and K to the K step with zeros. Result: [E, panels, K steps, step elements]:
    - f32: a K step is one k, 32 columns;
    - bf16: a K step is 32 values of k: [2 tiles][16 pairs of k][16 columns][2], the pair innermost (VNNI order).
  }];
  let parameters = (ins "bool":$gated);
  let assemblyFormat = "`<` `gated` `=` $gated `>`";
}

def Emo_SourceAttr : Emo_Attr<"Source", "source"> {
  let summary = "stored bytes: a row-major little-endian tensor at an offset of a file of the model's folder";
  let parameters = (ins StringRefParameter<>:$file, "int64_t":$offset, "mlir::RankedTensorType":$type,
    OptionalArrayRefParameter<"mlir::Attribute">:$transforms);
  let assemblyFormat = "`<` $file `,` $offset `,` $type (`,` `[` $transforms^ `]`)? `>`";
}
def Emo_LiteralAttr : Emo_Attr<"Literal", "literal"> {
  let summary = "a small constant tensor as a source";
  let parameters = (ins "mlir::DenseElementsAttr":$value);
  let assemblyFormat = "`<` $value `>`";
}
def Emo_RopeTableAttr : Emo_Attr<"RopeTable", "rope_table"> {
  let summary = "computed source: rotary tables f32 [positions, dim]: cos of dim/2 frequencies, then sin";
  let description = [{Angles are position * theta^(-2i/dim), or position * frequencies[i], in f64, rounded once.}];
  let parameters = (ins "int64_t":$positions, "int64_t":$dim, "mlir::FloatAttr":$theta,
    OptionalParameter<"mlir::DenseF64ArrayAttr">:$frequencies);
  let assemblyFormat = "`<` $positions `,` $dim `,` $theta (`,` $frequencies^)? `>`";
}

#endif // EMO_DIALECT_EMO_IR_EMOATTRIBUTES_TD
