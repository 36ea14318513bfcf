// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file Proof by dataflow that a function of token ids works on each token by
/// itself, except in emo.attention and emo.rotary. Every value gets the meaning
/// of its dimensions: batch, sequence, both in one (rows), or neither (free).
#ifndef EMO_TRANSFORMS_SEQUENCEANALYSIS_H
#define EMO_TRANSFORMS_SEQUENCEANALYSIS_H

#include "emo/Dialect/Emo/IR/Emo.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/DenseMap.h"
#include <optional>

namespace emo {

/// What a dimension runs over. Rows is batch * sequence, row-major.
enum class Axis { Free, Batch, Sequence, Rows };

/// The part a value plays between an emo.group_by_expert and the combine.
enum class GroupPart { None, Offsets, Tokens, Inverse, SortedRows };

struct TokenShape {
  llvm::SmallVector<Axis, 4> axes;
  GroupPart part = GroupPart::None;
  mlir::Operation *group = nullptr;

  bool dependsOnTokens() const;
};

/// What a scalar is: a size of an axis, something else that does not depend on
/// sizes, or something else that does.
enum class ScalarKind { Constant, BatchSize, SequenceSize, RowsSize, Other };

class SequenceAnalysis {
public:
  /// Analyses `func`, whose token ids [batch, sequence] are `ids`. On failure
  /// `failedOp` and `reason` say what stands in the way.
  mlir::LogicalResult run(mlir::func::FuncOp func, mlir::BlockArgument ids);

  mlir::Operation *failedOp = nullptr;
  std::string reason;

  const TokenShape &shape(mlir::Value value) const {
    return shapes.find(value)->second;
  }
  ScalarKind scalar(mlir::Value value) const;

private:
  mlir::LogicalResult visit(mlir::Operation *op);
  mlir::LogicalResult visitScalar(mlir::Operation *op);
  mlir::LogicalResult visitElementwise(mlir::Operation *op);
  mlir::LogicalResult visitLinalg(mlir::Operation *op);
  mlir::LogicalResult visitReshape(mlir::Operation *op);
  mlir::LogicalResult visitSlice(mlir::tensor::ExtractSliceOp op);
  mlir::LogicalResult visitExpertOp(mlir::Operation *op);
  mlir::LogicalResult visitModelOp(mlir::Operation *op);

  /// Whether `size` is the size of `axis`.
  bool isSize(mlir::OpFoldResult size, Axis axis) const;
  std::optional<Axis> axisOfSize(mlir::OpFoldResult size) const;
  /// The axis of a dimension that two operands share, if that is possible.
  std::optional<Axis> merge(Axis lhs, Axis rhs) const;
  bool isFree(mlir::Value value) const;
  bool isRows(mlir::Value value) const;
  mlir::LogicalResult fail(mlir::Operation *op, const llvm::Twine &message);
  void set(mlir::Value value, llvm::ArrayRef<Axis> axes);
  void setLeading(mlir::Value value, mlir::Value like, unsigned drop);

  llvm::DenseMap<mlir::Value, TokenShape> shapes;
  llvm::DenseMap<mlir::Value, ScalarKind> scalars;
  int64_t staticBatch = mlir::ShapedType::kDynamic;
};

} // namespace emo

#endif // EMO_TRANSFORMS_SEQUENCEANALYSIS_H
