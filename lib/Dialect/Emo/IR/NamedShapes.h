// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file Shapes of an op's operands and results with names for the dimensions, as the specification (docs/dialect.md) writes them.
#ifndef EMO_LIB_DIALECT_EMO_IR_NAMEDSHAPES_H
#define EMO_LIB_DIALECT_EMO_IR_NAMEDSHAPES_H

#include "emo/Dialect/Emo/IR/Emo.h"
#include "llvm/ADT/StringMap.h"

namespace emo {

/// Equal names are equal sizes, dynamic ones agree with all. A shape is written "T, R"; "E + 1" and "T * k" are sizes that follow
/// from others; ".." in front stands for the same leading dimensions in all shapes.
class NamedShapes {
public:
  explicit NamedShapes(mlir::Operation *op) : op(op) {}

  /// `dim` has this size because of the attribute `from`.
  NamedShapes &fix(llvm::StringRef dim, int64_t size, llvm::StringRef from);
  /// `name` is what the specification calls the value; null values are absent operands.
  NamedShapes &add(llvm::StringRef name, mlir::Value value, llvm::StringRef dims);

  /// Checks values in the order in which they were added.
  llvm::LogicalResult verify();
  /// What verify() found out; dynamic when nothing is known.
  int64_t size(llvm::StringRef dim) const;
  /// Sizes of all results in terms of operands. The op is valid and all its results have been added.
  void reify(mlir::OpBuilder &builder, mlir::ReifiedRankedShapedTypeDims &results) const;

private:
  struct Entry {
    llvm::StringRef name;
    mlir::Value value;
    llvm::StringRef dims;
  };
  struct Size {
    int64_t size;
    std::string from;
  };

  llvm::LogicalResult verify(const Entry &entry);
  llvm::SmallVector<std::string> dimNames(const Entry &entry) const;
  /// The size of a dimension by its name, from attributes and operands; null when nothing defines it.
  mlir::OpFoldResult reify(mlir::OpBuilder &builder, llvm::StringRef dim) const;

  mlir::Operation *op;
  llvm::SmallVector<Entry> entries;
  llvm::StringMap<Size> sizes;
};

/// Fails unless the attribute is finite and, when given, at least `least`.
llvm::LogicalResult verifyFinite(mlir::Operation *op, llvm::StringRef name, const llvm::APFloat &value,
                                 std::optional<int64_t> least = std::nullopt);
/// Fails unless least <= value <= most; `mostName` explains `most`.
llvm::LogicalResult verifyRange(mlir::Operation *op, llvm::StringRef name, int64_t value, int64_t least, int64_t most,
                                llvm::StringRef mostName = "");

/// Fails unless theta is positive and finite, and all frequencies (null: none given) are finite.
llvm::LogicalResult verifyRotation(mlir::Operation *op, const llvm::APFloat &theta, mlir::DenseF64ArrayAttr frequencies);
/// Fails unless Hq is a multiple of Hkv.
llvm::LogicalResult verifyHeads(mlir::Operation *op, const NamedShapes &shapes);

/// Numbers of experts, choices and rows are i32 values at run time.
constexpr int64_t maxCount = std::numeric_limits<int32_t>::max();

/// max(f32, the widest of the values' floating-point types): the type of sums and scores.
mlir::Type accumulatorType(mlir::ValueRange values);

} // namespace emo

#endif // EMO_LIB_DIALECT_EMO_IR_NAMEDSHAPES_H
