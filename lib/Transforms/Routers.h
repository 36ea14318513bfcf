// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file Finding the routers of a model, layer by layer.
#ifndef EMO_LIB_TRANSFORMS_ROUTERS_H
#define EMO_LIB_TRANSFORMS_ROUTERS_H

#include "emo/Dialect/Emo/IR/Emo.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"

namespace emo {

/// @forward and its routers; router N is that of the N-th layer with experts.
struct Routers {
  mlir::func::FuncOp forward;
  llvm::SmallVector<RouteOp> routes;
};

/// Emits an error when `module` has no @forward or that has no emo.route.
llvm::FailureOr<Routers> findRouters(mlir::ModuleOp module);

/// The logits before a document pool masked them, which is null when none did.
struct RouterLogits {
  mlir::Value logits;
  MaskExpertsOp mask;
};
RouterLogits findLogits(RouteOp route);

/// Bytes of the parameters of one of the router's experts, shared or not.
int64_t expertBytes(RouteOp route);

} // namespace emo

#endif // EMO_LIB_TRANSFORMS_ROUTERS_H
