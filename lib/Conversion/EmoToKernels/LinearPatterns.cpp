// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Dense linear layers: emo.linear -> kernel.matmul on rows, bias in the
// epilogue.
#include "Utils.h"

using namespace mlir;
using namespace emo;

namespace {

struct ConvertLinear : OpRewritePattern<LinearOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(LinearOp op,
                                PatternRewriter &rewriter) const override {
    if (!haveKernelTypes(op->getOperands()) ||
        !haveKernelTypes(op->getResults()))
      return rewriter.notifyMatchFailure(op, "no kernel for the element type");
    if (getElementTypeOrSelf(op.getX()) != getElementTypeOrSelf(op.getWeight()))
      return rewriter.notifyMatchFailure(op, "x and weight differ in type");
    auto weightType = cast<RankedTensorType>(op.getWeight().getType());
    auto type = cast<RankedTensorType>(op.getResult().getType());
    if (!areParams(op.getWeight()) || type.getRank() < 2)
      return rewriter.notifyMatchFailure(
          op, "the weight is no parameter or x is a vector");

    Location loc = op.getLoc();
    MatmulOperands operands;
    operands.lhs = toRows(rewriter, loc, op.getX());
    operands.weights = {op.getWeight()};
    if (op.getBias()) {
      operands.extras = {op.getBias()};
      operands.kinds = {OperandKind::Column};
    }
    Value out = emptyRows(rewriter, loc, operands.lhs, weightType.getDimSize(0),
                          type.getElementType());
    Value rows = createMatmul(
        rewriter, loc, operands, out,
        [&](OpBuilder &b, Location loc, ValueRange args) {
          Value value = args[0];
          if (op.getBias())
            value = arith::AddFOp::create(
                b, loc, value, castFloat(b, loc, args[1], value.getType()));
          return castFloat(b, loc, value, type.getElementType());
        });
    rewriter.replaceOp(op, fromRows(rewriter, loc, rows, op.getX(), 1, type));
    return success();
  }
};

} // namespace

void emo::populateLinearPatterns(RewritePatternSet &patterns) {
  patterns.add<ConvertLinear>(patterns.getContext());
}
