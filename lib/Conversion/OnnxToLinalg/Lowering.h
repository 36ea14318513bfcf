// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file Lowering of single onnx nodes: what the files of emo-onnx-to-linalg share.
///
/// Correct before fast: most operators become one linalg.generic whose body computes an element from the elements that it needs
/// (tensor.extract), with run-time sizes and broadcasts. What raising understands never comes here.
#ifndef EMO_LIB_CONVERSION_ONNXTOLINALG_LOWERING_H
#define EMO_LIB_CONVERSION_ONNXTOLINALG_LOWERING_H

#include "emo/Dialect/Onnx/IR/OnnxViews.h"
#include "emo/Dialect/Onnx/IR/SymbolicShapes.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace emo::onnxlower {

using Indices = llvm::ArrayRef<mlir::Value>;
using Sizes = llvm::SmallVector<mlir::OpFoldResult>;

/// The lowering of one node. Methods return null or an empty list where the node is of a form that is not supported.
class NodeLowering {
public:
  NodeLowering(onnxir::NodeOp node, onnxir::SymbolicShapes &shapes)
      : node(node), shapes(shapes), b(node.getLoc(), node.getOperation()) {}

  /// The values of the node's results, empty if the operator or this use of it is not supported.
  llvm::SmallVector<mlir::Value> lower();


private:
  using Body = llvm::function_ref<mlir::Value(Indices)>;

  // One method for each kind of operator.
  mlir::Value lowerElementwise();
  mlir::Value lowerScalar(llvm::ArrayRef<mlir::Value> operands);
  mlir::Value lowerCast();
  mlir::Value lowerClip();
  mlir::Value lowerWhere();
  mlir::Value lowerShape();
  mlir::Value lowerSize();
  mlir::Value lowerRange();
  mlir::Value lowerConstantOfShape();
  mlir::Value lowerReshape();
  mlir::Value lowerSqueeze();
  mlir::Value lowerTranspose();
  mlir::Value lowerExpand();
  mlir::Value lowerTile();
  mlir::Value lowerConcat();
  llvm::SmallVector<mlir::Value> lowerSplit();
  mlir::Value lowerSlice();
  mlir::Value lowerTrilu();
  mlir::Value lowerMatMul();
  mlir::Value lowerGemm();
  mlir::Value lowerReduction();
  mlir::Value lowerSoftmax();
  mlir::Value lowerCumSum();
  mlir::Value lowerRmsNorm();
  mlir::Value lowerGather();
  mlir::Value lowerGatherElements();
  mlir::Value lowerGatherND();
  mlir::Value lowerOneHot();
  llvm::SmallVector<mlir::Value> lowerTopK();
  mlir::Value lowerNonZero();
  mlir::Value lowerScatterND();
  mlir::Value lowerScatterElements();

  // Building blocks.
  mlir::Value input(unsigned position) { return node.getNodeInput(position); }
  mlir::RankedTensorType typeOf(mlir::Value value) { return llvm::cast<mlir::RankedTensorType>(value.getType()); }
  mlir::Type elementOf(mlir::Value value) { return typeOf(value).getElementType(); }
  mlir::RankedTensorType resultType(unsigned result = 0) { return typeOf(node.getResult(result)); }

  mlir::Value index(int64_t value);
  mlir::Value asValue(mlir::OpFoldResult size);
  mlir::OpFoldResult sizeOf(mlir::Value tensor, int64_t dim);
  Sizes sizesOf(mlir::Value tensor);
  /// Sizes with what `type` says is static as constants.
  Sizes refine(Sizes sizes, mlir::RankedTensorType type);
  /// A tensor of `sizes` whose elements `body` computes from their indices.
  mlir::Value generate(const Sizes &sizes, mlir::Type element, Body body);
  mlir::Value load(mlir::Value tensor, Indices indices);
  /// Element of `tensor` for the element at `indices` of a result that it is broadcast to.
  mlir::Value loadBroadcast(mlir::Value tensor, mlir::Value result, Indices indices);
  /// Sizes of the broadcast of `operands`.
  Sizes broadcastSizes(llvm::ArrayRef<mlir::Value> operands);
  /// One-dimensional integer tensor (or scalar) as index values.
  llvm::SmallVector<mlir::Value> loadIndices(mlir::Value tensor);
  /// for i in 0..size: carried values = body(i, carried values).
  llvm::SmallVector<mlir::Value>
  loop(mlir::Value size, mlir::ValueRange carried,
       llvm::function_ref<llvm::SmallVector<mlir::Value>(mlir::Value, mlir::ValueRange)> body);
  /// The same over all positions of a tensor of `sizes`, in row-major order.
  llvm::SmallVector<mlir::Value>
  loopNest(llvm::ArrayRef<mlir::Value> sizes, mlir::ValueRange carried,
           llvm::function_ref<llvm::SmallVector<mlir::Value>(Indices, mlir::ValueRange)> body);
  /// A position as ONNX counts it (negative from the end), kept inside 0..size.
  mlir::Value normalIndex(mlir::Value position, mlir::Value size);
  mlir::Value zero(mlir::Type type);
  mlir::Value constant(mlir::Type type, double value);
  mlir::Value add(mlir::Value a, mlir::Value b);
  mlir::Value mul(mlir::Value a, mlir::Value b);
  mlir::Value less(mlir::Value a, mlir::Value b);
  mlir::Value convert(mlir::Value scalar, mlir::Type type);
  /// At least f32 for floats, the type itself otherwise: sums are computed in it.
  mlir::Type wideType(mlir::Type type);
  mlir::Value reshaped(mlir::Value tensor, const Sizes &sizes);
  mlir::Value combine(llvm::StringRef reduction, mlir::Value a, mlir::Value b);

  onnxir::NodeOp node;
  onnxir::SymbolicShapes &shapes;
  mlir::ImplicitLocOpBuilder b;
};

} // namespace emo::onnxlower

#endif // EMO_LIB_CONVERSION_ONNXTOLINALG_LOWERING_H
