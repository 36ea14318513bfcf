// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// linear + cross_entropy -> kernel.loss, so that the logits are never stored
// whole.
#include "Utils.h"

using namespace mlir;
using namespace emo;

namespace {

struct ConvertLoss : OpRewritePattern<CrossEntropyOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(CrossEntropyOp op,
                                PatternRewriter &rewriter) const override {
    auto linear = op.getLogits().getDefiningOp<LinearOp>();
    if (!linear || !linear->hasOneUse() || linear.getBias())
      return rewriter.notifyMatchFailure(
          op, "the logits are not those of one linear layer without a bias");
    auto weightType = cast<RankedTensorType>(linear.getWeight().getType());
    auto type = cast<RankedTensorType>(op.getLosses().getType());
    if (!haveKernelTypes(linear->getOperands()) ||
        !getElementTypeOrSelf(linear.getResult()).isF32() ||
        !type.getElementType().isF32() || !areParams(linear.getWeight()) ||
        getElementTypeOrSelf(linear.getX()) != weightType.getElementType())
      return rewriter.notifyMatchFailure(op, "no kernel for the types");
    Location loc = op.getLoc();
    Value x = toRows(rewriter, loc, linear.getX());
    Value targets = toFlat(rewriter, loc, op.getTargets());
    Value out = emptyRows(rewriter, loc, x, {}, rewriter.getF32Type());
    auto loss = KernelLossOp::create(
        rewriter, loc, TypeRange{out.getType()}, x, linear.getWeight(), targets,
        ValueRange{out}, weightType.getDimSize(0), /*packed=*/false);
    rewriter.replaceOp(op, fromRows(rewriter, loc, loss.getResult(0),
                                    op.getTargets(), 0, type));
    return success();
  }
};

} // namespace

void emo::populateLossPatterns(RewritePatternSet &patterns) {
  patterns.add<ConvertLoss>(patterns.getContext());
}
