// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file Shapes of a graph with dynamic dimensions as products of symbols, so that equal sizes can be proved equal.
#ifndef EMO_DIALECT_ONNX_IR_SYMBOLICSHAPES_H
#define EMO_DIALECT_ONNX_IR_SYMBOLICSHAPES_H

#include "mlir/IR/Value.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringMap.h"

#include <optional>

namespace emo::onnxir {

class NodeOp;

/// A size: `factor` times a product of symbols (sorted). Symbols stand for sizes that are known at run time only.
struct SymbolicDim {
  int64_t factor = 1;
  llvm::SmallVector<unsigned, 2> symbols;

  bool isConstant() const { return symbols.empty() || factor == 0; }
  bool isConstant(int64_t value) const { return isConstant() && factor == value; }
  bool operator==(const SymbolicDim &other) const { return factor == other.factor && symbols == other.symbols; }
  SymbolicDim operator*(const SymbolicDim &other) const;
  /// The exact quotient, if `other` divides this.
  std::optional<SymbolicDim> dividedBy(const SymbolicDim &other) const;
};

/// Symbolic shapes of values and symbolic contents of the small integer tensors that shape arithmetic is made of. Computed on demand
/// from the dataflow. Dimensions of function arguments with the same name in `emo.dims` are equal; nothing else is taken on trust.
class SymbolicShapes {
public:
  using Shape = llvm::SmallVector<SymbolicDim>;

  /// One size for each dimension of a ranked tensor.
  Shape getShape(mlir::Value value);

  /// Computes the shapes of all values under `root` in program order, so that no later question recurses deeply.
  void computeAll(mlir::Operation *root);

  /// The elements of an integer tensor of rank 0 or 1; nothing when they are not sizes that can be followed.
  std::optional<Shape> getContents(mlir::Value value);

  /// Makes `copy` have the shape of `original`: for values that replace others.
  void copyShape(mlir::Value original, mlir::Value copy) { shapes[copy] = getShape(original); }

  bool haveSameShape(mlir::Value a, mlir::Value b) { return getShape(a) == getShape(b); }

private:
  SymbolicDim fresh() { return {1, {numSymbols++}}; }
  Shape computeShape(mlir::Value value);
  void refine(mlir::Value value, Shape &shape);
  Shape nodeShape(NodeOp node, unsigned result);
  Shape reshapeShape(NodeOp node);
  std::optional<Shape> computeContents(mlir::Value value);
  SymbolicDim broadcast(const SymbolicDim &a, const SymbolicDim &b);

  unsigned numSymbols = 0;
  llvm::StringMap<unsigned> named;
  llvm::DenseMap<mlir::Value, Shape> shapes;
  llvm::DenseMap<mlir::Value, std::optional<Shape>> contents;
};

} // namespace emo::onnxir

#endif // EMO_DIALECT_ONNX_IR_SYMBOLICSHAPES_H
