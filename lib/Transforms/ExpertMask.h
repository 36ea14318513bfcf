// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file Experts that are masked at run time: the input `expert_mask` of entry
/// points.
#ifndef EMO_LIB_TRANSFORMS_EXPERTMASK_H
#define EMO_LIB_TRANSFORMS_EXPERTMASK_H

#include "emo/Dialect/Emo/IR/Emo.h"
#include "mlir/IR/Builders.h"

namespace emo {

/// The argument `expert_mask`, i1 [layers, routed experts of the layer that has
/// most]: whether tokens may choose an expert. One for all tokens.
class ExpertMask {
public:
  using AddArgument =
      llvm::function_ref<mlir::Value(mlir::Type, mlir::DictionaryAttr)>;

  /// For the routers `routes` of a function, or of the one it is copied from.
  ExpertMask(mlir::OpBuilder &builder, llvm::ArrayRef<RouteOp> routes,
             AddArgument addArgument);

  /// Masks the logits of the next layer's router; its scores inside the mask,
  /// f32 [tokens, routed experts].
  mlir::Value apply(RouteOp route);

private:
  mlir::Value argument;
  int64_t layer = 0;
};

} // namespace emo

#endif // EMO_LIB_TRANSFORMS_EXPERTMASK_H
