// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef EMO_LIB_TARGET_HOST_LOWERENTRY_H
#define EMO_LIB_TARGET_HOST_LOWERENTRY_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace emo {

/// Turns an entry on memrefs into an emo_entry_fn that calls the runtime's services; `params` and `kernels` give their numbers.
mlir::LogicalResult lowerEntry(mlir::func::FuncOp entry, const llvm::StringMap<int32_t> &params, const llvm::StringMap<int32_t> &kernels);

} // namespace emo
#endif // EMO_LIB_TARGET_HOST_LOWERENTRY_H
