// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "emo/Dialect/Onnx/IR/OnnxOperators.h"

#include "llvm/ADT/StringSet.h"

bool emo::onnxir::isKnownOperator(llvm::StringRef domain, llvm::StringRef opType) {
  static const llvm::StringSet<> known = {
      "Abs", "Add", "And", "Cast", "CastLike", "Ceil", "Clip", "Concat", "Constant", "ConstantOfShape", "Cos", "CumSum", "Div", "Equal", "Erf",
      "Exp", "Expand", "Flatten", "Floor", "Gather", "GatherElements", "GatherND", "Gemm", "Greater", "GreaterOrEqual",
      "Identity", "IsNaN", "Less", "LessOrEqual", "Log", "MatMul", "Max", "Min", "Mod", "Mul", "Neg", "NonZero", "Not", "OneHot", "Or", "Pow", "RMSNormalization", "Range",
      "Reciprocal", "ReduceMax", "ReduceMean", "ReduceMin", "ReduceProd", "ReduceSum", "Relu", "Reshape", "ScatterElements",
      "ScatterND", "Shape", "Sigmoid", "Sin", "Size", "Slice", "Softmax", "Split", "Sqrt", "Squeeze", "Sub", "Tanh", "Tile",
      "TopK", "Transpose", "Trilu", "Unsqueeze", "Where", "Xor"};
  if (domain.empty() || domain == "ai.onnx")
    return known.contains(opType);
  return domain == "com.microsoft" && opType == "MoE";
}
