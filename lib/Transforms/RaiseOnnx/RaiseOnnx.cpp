// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "RaiseOnnx.h"

#include "emo/Transforms/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/StringSet.h"

namespace emo {
#define GEN_PASS_DEF_RAISEONNX
#include "emo/Transforms/Passes.h.inc"
} // namespace emo

using namespace mlir;
using namespace emo;
using namespace emo::raise;

namespace {

struct RaiseOnnxPass : public emo::impl::RaiseOnnxBase<RaiseOnnxPass> {
  void runOnOperation() override {
    for (auto function : llvm::to_vector(getOperation().getOps<func::FuncOp>()))
      if (!function.isExternal() && function.getBody().hasOneBlock() && failed(raiseFunction(function)))
        return signalPassFailure();
    eraseUnusedParams();
  }

  LogicalResult raiseFunction(func::FuncOp function);
  void eraseUnusedParams();
};

} // namespace

LogicalResult RaiseOnnxPass::raiseFunction(func::FuncOp function) {
  RaiseContext context(getOperation(), function);
  foldParams(context);
  raiseReshapes(context);
  raiseEmbeddings(context);
  raiseNorms(context);
  if (failed(raiseMoeNodes(context)))
    return failure();
  // Experts before linear layers: their matrices are products like any other until the routing says whose they are.
  raiseMoe(context);
  raiseLinears(context);
  // Rotary and attention read the linear layers' outputs.
  raiseRotary(context);
  raiseAttention(context);
  raiseElementwise(context);
  if (function.getSymName() == "forward" && getOperation()->hasAttr("emo.model"))
    describeModel(context);
  return success();
}

void RaiseOnnxPass::eraseUnusedParams() {
  ModuleOp module = getOperation();
  llvm::StringSet<> used;
  module.walk([&](ParamRefOp ref) { used.insert(ref.getParam()); });
  for (auto param : llvm::make_early_inc_range(module.getOps<ParamOp>()))
    if (!used.contains(param.getSymName()))
      param.erase();
}
