// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file The steps of emo-raise-onnx, in the order in which the pass runs them. See docs/raise.md.
#ifndef EMO_LIB_TRANSFORMS_RAISEONNX_RAISEONNX_H
#define EMO_LIB_TRANSFORMS_RAISEONNX_RAISEONNX_H

#include "ElementExpr.h"
#include "emo/Dialect/Emo/IR/Emo.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"

namespace emo::raise {

/// What the steps share: one function and the facts about its values.
class RaiseContext {
public:
  RaiseContext(mlir::ModuleOp module, mlir::func::FuncOp function);

  /// Nodes of the function in program order, taken before a step changes it.
  llvm::SmallVector<onnxir::NodeOp> nodes();

  /// Uses of `original` become uses of `replacement`, which has the same shape.
  void replace(mlir::Value original, mlir::Value replacement);
  /// The same where dimension order[i] of `original` is dimension i of `replacement`.
  void replacePermuted(mlir::OpBuilder &builder, mlir::Value original, mlir::Value replacement, llvm::ArrayRef<int64_t> order);

  /// Erases nodes without users, last first.
  void eraseDeadNodes();

  /// The parameter that `value` is, null for other values.
  ParamOp paramOf(mlir::Value value);

  /// A new parameter and its value at the function's beginning. The name is made unique.
  mlir::Value createParam(mlir::Location loc, llvm::StringRef name, mlir::RankedTensorType type,
                          llvm::ArrayRef<mlir::Attribute> sources, llvm::ArrayRef<mlir::Attribute> program);

  /// The parameter `value` put through one more transform.
  mlir::Value transformParam(mlir::Location loc, mlir::Value value, mlir::Attribute transform);

  /// A value of type index for a size made of the sizes of function arguments; null if there is none.
  mlir::Value materialize(mlir::OpBuilder &builder, mlir::Location loc, const onnxir::SymbolicDim &dim);

  mlir::ModuleOp module;
  mlir::func::FuncOp function;
  mlir::SymbolTable symbols;
  onnxir::SymbolicShapes shapes;
};

/// `program` followed by `transform`; steps that cancel out are dropped.
llvm::SmallVector<mlir::Attribute> appendTransform(llvm::ArrayRef<mlir::Attribute> program, mlir::Attribute transform);

/// The expert weights of one role (gate, up, down), one entry for each expert in order.
struct ExpertWeight {
  mlir::Value param;
  int64_t expertDim = -1, expert = -1; ///< the dimension and index of the expert in `param`, -1 when it holds one expert only
  int64_t rowDim = 0, columnDim = 1;   ///< dimensions of the output and input features
  int64_t rowStart = 0, rows = -1;     ///< rows of a matrix that holds more than this role's; -1: all
};
/// The stacked parameter [E, rows, columns]; null with a reason when the weights do not fit together.
mlir::Value stackExperts(RaiseContext &context, mlir::Location loc, llvm::StringRef name,
                         llvm::ArrayRef<ExpertWeight> weights, std::string &reason);

/// Casts, transpositions and the like of parameters become steps of their weight programs.
void foldParams(RaiseContext &context);
/// Reshape nodes that only merge or split dimensions become tensor.collapse_shape and tensor.expand_shape.
void raiseReshapes(RaiseContext &context);
void raiseEmbeddings(RaiseContext &context);
void raiseNorms(RaiseContext &context);
/// com.microsoft.MoE nodes, which say what they are.
mlir::LogicalResult raiseMoeNodes(RaiseContext &context);
/// Expert layers spelled out in standard operators.
void raiseMoe(RaiseContext &context);
void raiseLinears(RaiseContext &context);
void raiseRotary(RaiseContext &context);
void raiseAttention(RaiseContext &context);
/// Elementwise float nodes without broadcast become arith ops on tensors; pairs of transpositions disappear.
void raiseElementwise(RaiseContext &context);
/// Completes the module's emo.model from the raised ops.
void describeModel(RaiseContext &context);

} // namespace emo::raise

#endif // EMO_LIB_TRANSFORMS_RAISEONNX_RAISEONNX_H
