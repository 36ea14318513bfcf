// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Pass emo-math-to-calls: functions that LLVM has no intrinsic for become calls of libm.
#include "emo/Target/Passes.h"

#include "mlir/Conversion/MathToLibm/MathToLibm.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Transforms/DialectConversion.h"

using namespace mlir;

namespace emo {
#define GEN_PASS_DEF_MATHTOCALLS
#include "emo/Target/Passes.h.inc"
} // namespace emo

namespace {
struct MathToCallsPass : emo::impl::MathToCallsBase<MathToCallsPass> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    populateMathToLibmConversionPatterns(patterns);
    ConversionTarget target(getContext());
    target.markUnknownOpDynamicallyLegal([](Operation *) { return true; });
    // Kernels have vector code of their own.
    target.addDynamicallyLegalOp<math::AcoshOp, math::AsinhOp, math::AtanhOp, math::CbrtOp, math::ErfOp, math::ErfcOp>(
        [](Operation *op) { return op->getParentOfType<ModuleOp>()->hasAttr("emo.isa"); });
    if (failed(applyPartialConversion(getOperation(), target, std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace
