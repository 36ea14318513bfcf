// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file Shapes of an op's operands and results with names for the dimensions, as the specification (docs/dialect.md) writes them.
#ifndef EMO_DIALECT_EMO_IR_NAMEDSHAPES_H
#define EMO_DIALECT_EMO_IR_NAMEDSHAPES_H

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "llvm/ADT/StringMap.h"

namespace emo {

/// Equal names are equal sizes, dynamic ones agree with all. A shape is written "T, R"; "E + 1" and "T * k" are sizes that follow
/// from others, "3" is a size itself; ".." in front stands for the same leading dimensions in all shapes.
class NamedShapes {
public:
  explicit NamedShapes(mlir::Operation *op) : op(op) {}

  /// `dim` has this size because of the attribute `from`.
  NamedShapes &fix(llvm::StringRef dim, int64_t size, llvm::StringRef from);
  /// `name` is what the specification calls the value; null values are absent operands.
  NamedShapes &add(llvm::StringRef name, mlir::Value value, llvm::StringRef dims);

  /// Unifies the sizes of all values, in the order in which they were added; emits an error where they disagree.
  llvm::LogicalResult verify();

  /// What unification has found out about a size; dynamic when nothing is known.
  int64_t size(llvm::StringRef dim) const;
  /// What it has found out about the type of an operand or result.
  mlir::RankedTensorType refinedType(mlir::Value value) const;
  /// Sizes of all results in terms of operands. The op is valid, has no dimension in its results that is in no operand and no
  /// attribute, and all its results have been added.
  void reify(mlir::OpBuilder &builder, mlir::ReifiedRankedShapedTypeDims &results) const;

private:
  struct Entry {
    llvm::StringRef name;
    mlir::Value value;
    mlir::ShapedType type;
    llvm::StringRef dims;
  };
  struct Size {
    int64_t size;
    std::string from;
  };

  llvm::LogicalResult verify(const Entry &entry);
  llvm::SmallVector<std::string> dimNames(const Entry &entry) const;
  /// The size of a dimension by its name, from attributes and operands.
  mlir::OpFoldResult reify(mlir::OpBuilder &builder, llvm::StringRef dim) const;

  mlir::Operation *op;
  llvm::SmallVector<Entry> entries;
  llvm::StringMap<Size> sizes;
};

/// Shape inference: what one operand, result or attribute of a MODEL op says about a dimension, all its operands and results say.
void populateUnifyShapesPatterns(mlir::RewritePatternSet &patterns);

} // namespace emo

#endif // EMO_DIALECT_EMO_IR_NAMEDSHAPES_H
