// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// emo-to-linalg: the reference lowering of emo ops.
#include "emo/Conversion/EmoToLinalg.h"
#include "emo/Conversion/Passes.h"
#include "emo/Dialect/Emo/IR/Emo.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Transforms/WalkPatternRewriteDriver.h"

namespace emo {
#define GEN_PASS_DEF_EMOTOLINALG
#include "emo/Conversion/Passes.h.inc"
} // namespace emo

using namespace mlir;
using namespace emo;

namespace {

struct EmoToLinalgPass : emo::impl::EmoToLinalgBase<EmoToLinalgPass> {
  using EmoToLinalgBase::EmoToLinalgBase;

  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    populateRoutingToLinalg(patterns);
    populateDocumentsToLinalg(patterns);
    populateExpertsToLinalg(patterns);
    populateTransformerToLinalg(patterns);
    if (kernels)
      populateKernelsToLinalg(patterns);
    walkAndApplyPatterns(getOperation(), std::move(patterns));
  }
};

} // namespace
