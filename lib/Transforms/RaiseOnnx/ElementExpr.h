// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file What one element of a tensor is: the language in which raising proves things.
///
/// A value of an ONNX graph at symbolic indices is unfolded into a scalar expression over elements of root values. Views (Transpose,
/// Unsqueeze, Expand, Slice, Concat, ...) disappear into indices, products and reductions become sums with a bound variable. Two
/// formulations of one computation thus meet in one form, and a proof looks at what is computed, not at which nodes compute it.
#ifndef EMO_LIB_TRANSFORMS_RAISEONNX_ELEMENTEXPR_H
#define EMO_LIB_TRANSFORMS_RAISEONNX_ELEMENTEXPR_H

#include "emo/Dialect/Onnx/IR/OnnxViews.h"
#include "emo/Dialect/Onnx/IR/SymbolicShapes.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringRef.h"

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace emo::raise {

enum class ExprKind {
  Number,  ///< floating-point constant
  Integer, ///< integer constant
  Var,     ///< index: free, or bound by Sum or Softmax
  Load,    ///< element of a root value; operands are the indices
  Apply,   ///< scalar function; `name` says which ("add" and "mul" have any number of operands, in a fixed order)
  Sum,     ///< sum of operand 0 over all values of the bound variable
  Softmax, ///< softmax of operand 0 over the bound variable, at index operand 1
  Cond,    ///< operand 0 ? operand 1 : operand 2
};

/// Immutable and unique: equal expressions are the same object.
struct Expr {
  ExprKind kind;
  unsigned id = 0;
  double number = 0;
  int64_t integer = 0; ///< Integer: the value; Var, Sum, Softmax: the variable
  std::string name = {};
  mlir::Value root = {};
  llvm::SmallVector<const Expr *> operands = {};

  bool isNumber(double value) const { return kind == ExprKind::Number && number == value; }
  bool isInteger(int64_t value) const { return kind == ExprKind::Integer && integer == value; }
  bool isZero() const { return isNumber(0) || isInteger(0); }
  bool isApply(llvm::StringRef function) const { return kind == ExprKind::Apply && name == function; }
  bool isVar(const Expr *var) const { return kind == ExprKind::Var && this == var; }
};
using ExprRef = const Expr *;

/// Makes expressions in normal form: nested sums and products are flat and ordered, constants are folded, conditions that are
/// decided disappear, a factor 0-or-something moves to the outside.
class ExprFactory {
public:
  ExprRef number(double value);
  ExprRef integer(int64_t value);
  /// A new variable that counts from 0 to `extent`.
  ExprRef variable(onnxir::SymbolicDim extent);
  ExprRef load(mlir::Value root, llvm::ArrayRef<ExprRef> indices);
  ExprRef apply(llvm::StringRef function, llvm::ArrayRef<ExprRef> operands);
  ExprRef add(llvm::ArrayRef<ExprRef> terms);
  ExprRef mul(llvm::ArrayRef<ExprRef> factors);
  ExprRef sum(ExprRef variable, ExprRef body);
  ExprRef softmax(ExprRef variable, ExprRef body, ExprRef at);
  ExprRef cond(ExprRef condition, ExprRef then, ExprRef otherwise);

  /// `expr` with `replacement` in place of the variable.
  ExprRef substitute(ExprRef expr, ExprRef variable, ExprRef replacement);

  const onnxir::SymbolicDim &extentOf(ExprRef variable) const { return extents[variable->integer]; }
  ExprRef variableOf(ExprRef binder) const { return variables[binder->integer]; }
  bool dependsOn(ExprRef expr, ExprRef variable);

  size_t size() const { return all.size(); }

private:
  ExprRef unique(Expr expr);
  ExprRef fold(llvm::StringRef function, llvm::ArrayRef<ExprRef> operands);
  ExprRef foldDivision(bool quotient, ExprRef dividend, int64_t divisor);
  bool isBelow(ExprRef expr, int64_t limit);

  std::vector<std::unique_ptr<Expr>> all;
  std::unordered_multimap<size_t, ExprRef> table;
  std::vector<onnxir::SymbolicDim> extents;
  std::vector<ExprRef> variables;
  llvm::DenseMap<std::pair<ExprRef, ExprRef>, bool> dependence;
};

/// The factors of a product (one for anything else), and the terms of a sum.
llvm::SmallVector<ExprRef> factorsOf(ExprRef expr);
llvm::SmallVector<ExprRef> termsOf(ExprRef expr);

/// Unfolds values into expressions.
class ElementEvaluator {
public:
  ElementEvaluator(ExprFactory &factory, onnxir::SymbolicShapes &shapes) : factory(factory), shapes(shapes) {}

  /// The element of `value` at `indices`; null when it cannot be said, then `reason()` tells why. Operators that are not understood
  /// are roots, as are all values that ONNX nodes do not define.
  ExprRef evaluate(mlir::Value value, llvm::ArrayRef<ExprRef> indices);

  /// One fresh variable for each dimension of `value`.
  llvm::SmallVector<ExprRef> indexVariables(mlir::Value value);

  const std::string &reason() const { return why; }
  ExprFactory &getFactory() { return factory; }
  onnxir::SymbolicShapes &getShapes() { return shapes; }

private:
  using Indices = llvm::ArrayRef<ExprRef>;

  ExprRef evaluateNode(onnxir::NodeOp node, unsigned result, Indices indices);
  ExprRef evaluateConstant(mlir::DenseElementsAttr elements, mlir::Value value, Indices indices);
  ExprRef evaluateElementwise(onnxir::NodeOp node, Indices indices);
  ExprRef evaluateCast(onnxir::NodeOp node, Indices indices);
  ExprRef evaluateOneHot(onnxir::NodeOp node, Indices indices);
  ExprRef evaluateMatMul(onnxir::NodeOp node, Indices indices);
  ExprRef evaluateGemm(onnxir::NodeOp node, Indices indices);
  ExprRef evaluateView(onnxir::NodeOp node, unsigned result, Indices indices, bool &isView);
  ExprRef evaluateConcat(onnxir::NodeOp node, Indices indices);
  ExprRef evaluateGather(onnxir::NodeOp node, Indices indices);
  ExprRef evaluateGatherND(onnxir::NodeOp node, Indices indices);
  ExprRef evaluateReduction(onnxir::NodeOp node, Indices indices);
  ExprRef evaluateScatterElements(onnxir::NodeOp node, Indices indices);
  ExprRef evaluateScatterND(onnxir::NodeOp node, Indices indices);
  ExprRef evaluateCollapse(mlir::Value value, Indices indices);
  ExprRef evaluateExpandShape(mlir::Value value, Indices indices);
  /// `value` at the last of `indices` that its rank asks for, with index 0 in dimensions of size 1.
  ExprRef broadcast(mlir::Value value, mlir::Value result, Indices indices);
  /// The variable of a node's reduction over a dimension of `value`.
  ExprRef boundVariable(mlir::Operation *op, unsigned position, mlir::Value value, int64_t dim);
  ExprRef fail(const llvm::Twine &reason);

  ExprFactory &factory;
  onnxir::SymbolicShapes &shapes;
  std::string why;
  unsigned depth = 0;
  llvm::DenseMap<std::pair<mlir::Operation *, unsigned>, ExprRef> bound;
  std::unordered_map<std::string, ExprRef> memo;
};

} // namespace emo::raise

#endif // EMO_LIB_TRANSFORMS_RAISEONNX_ELEMENTEXPR_H
