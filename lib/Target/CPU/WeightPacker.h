// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Packed copies of weights: parameters with one more step in their weight programs.
#ifndef EMO_LIB_TARGET_CPU_WEIGHTPACKER_H
#define EMO_LIB_TARGET_CPU_WEIGHTPACKER_H

#include "emo/Transforms/Params.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace emo::cpu {

class WeightPacker {
public:
  explicit WeightPacker(mlir::ModuleOp module) : module(module), symbols(module), factory(module) {}

  /// A reference to the packed form of one [N, K] or [E, N, K] weight, or of a gate and an up weight interleaved. Null when a weight is
  /// no parameter or of a type that is not packed.
  mlir::Value pack(mlir::ImplicitLocOpBuilder &b, mlir::ValueRange weights);

private:
  mlir::ModuleOp module;
  mlir::SymbolTable symbols;
  ParamFactory factory;
  llvm::DenseMap<mlir::Operation *, ParamOp> packed;
};

} // namespace emo::cpu
#endif // EMO_LIB_TARGET_CPU_WEIGHTPACKER_H
