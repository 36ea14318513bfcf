// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file Thin views of `onnx.node`: typed access to the operators that passes look at.
#ifndef EMO_DIALECT_ONNX_IR_ONNXVIEWS_H
#define EMO_DIALECT_ONNX_IR_ONNXVIEWS_H

#include "emo/Dialect/Onnx/IR/Onnx.h"
#include "mlir/IR/Matchers.h"

#include <optional>

namespace emo::onnxir {

/// The node that defines `value` if it is operator `type` of the default domain, else null.
NodeOp definingNode(mlir::Value value, llvm::StringRef type);

/// Attributes with ONNX's defaults.
int64_t intAttr(NodeOp node, llvm::StringRef name, int64_t otherwise);
double floatAttr(NodeOp node, llvm::StringRef name, double otherwise);
llvm::StringRef stringAttr(NodeOp node, llvm::StringRef name, llvm::StringRef otherwise);
std::optional<llvm::SmallVector<int64_t>> intsAttr(NodeOp node, llvm::StringRef name);

/// The constant elements of an integer tensor.
std::optional<llvm::SmallVector<int64_t>> constantInts(mlir::Value value);
/// The value of a constant whose elements are all the same number (integer or float).
std::optional<double> constantSplat(mlir::Value value);
/// The elements of a float constant as doubles.
std::optional<llvm::SmallVector<double>> constantFloats(mlir::Attribute value);

/// `axis` counted from the front; nothing when it is out of range.
std::optional<int64_t> normalAxis(int64_t axis, int64_t rank);

/// Rank of a ranked tensor, -1 otherwise.
int64_t rankOf(mlir::Value value);

/// Axes of Squeeze, Unsqueeze and reductions (input `position`, all axes when absent), normalised and sorted. `rank` is the one that
/// they count in: the result's for Unsqueeze, the input's otherwise.
std::optional<llvm::SmallVector<int64_t>> constantAxes(NodeOp node, unsigned position, int64_t rank);

/// Transpose: the permutation, reversed axes when the attribute is absent.
llvm::SmallVector<int64_t> transposePermutation(NodeOp node);

/// Slice or Split or Concat as a contiguous piece: offset, size and step along one axis.
struct SliceRange {
  int64_t axis, start, size, step;
};
/// Constant Slice ranges over dimensions of static size; nothing when a bound is not constant.
std::optional<llvm::SmallVector<SliceRange>> constantSlice(NodeOp node);

/// Start of each result of a Split and the axis; nothing when a size is not static.
std::optional<std::pair<int64_t, llvm::SmallVector<int64_t>>> splitStarts(NodeOp node);

} // namespace emo::onnxir

#endif // EMO_DIALECT_ONNX_IR_ONNXVIEWS_H
