// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file Making and removing emo.param symbols.
#ifndef EMO_TRANSFORMS_PARAMS_H
#define EMO_TRANSFORMS_PARAMS_H

#include "emo/Dialect/Emo/IR/Emo.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/DenseMap.h"

namespace emo {

/// Derives parameters from others. Equal requests give the same symbol, so that
/// all entry points share one copy.
class ParamFactory {
public:
  explicit ParamFactory(mlir::ModuleOp module)
      : module(module), symbols(module) {}

  /// The parameter that `ref` names; null when `value` is not a reference to
  /// one.
  ParamOp lookup(mlir::Value value);

  /// The concatenation of `parts` along dimension 0, named after the first;
  /// null when a weight program cannot say it.
  ParamOp concat(llvm::ArrayRef<ParamOp> parts, llvm::StringRef suffix);

  /// The given indices of one dimension of `param`.
  ParamOp select(ParamOp param, int64_t dim, llvm::ArrayRef<int64_t> indices);

  /// The rotary table of `source`'s frequencies.
  ParamOp ropeTable(RopeTableAttr source, mlir::Location loc);

  /// A small constant.
  ParamOp literal(mlir::DenseElementsAttr value, llvm::StringRef name,
                  mlir::Location loc);

private:
  ParamOp create(mlir::Location loc, const llvm::Twine &name,
                 mlir::RankedTensorType type,
                 llvm::ArrayRef<mlir::Attribute> sources,
                 llvm::ArrayRef<mlir::Attribute> program,
                 mlir::Operation *after);

  mlir::ModuleOp module;
  mlir::SymbolTable symbols;
  /// Made parameters, by (type, sources, program).
  llvm::DenseMap<mlir::Attribute, ParamOp> made;
};

/// Erases every parameter that no op of `module` refers to.
void eraseUnusedParams(mlir::ModuleOp module);

} // namespace emo

#endif // EMO_TRANSFORMS_PARAMS_H
