// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Row-wise ops: emo.rms_norm, emo.row_dot, emo.embedding, emo.sample, emo.dispatch
// (when nothing took it as its gather).
#include "Utils.h"

using namespace mlir;
using namespace emo;

namespace {

struct ConvertRmsNorm : OpRewritePattern<RmsNormOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(RmsNormOp op,
                                PatternRewriter &rewriter) const override {
    auto type = cast<RankedTensorType>(op.getResult().getType());
    if (!haveKernelTypes(op->getOperands()) ||
        !haveKernelTypes(op->getResults()) || type.getRank() < 2 ||
        type.isDynamicDim(type.getRank() - 1))
      return rewriter.notifyMatchFailure(op, "no kernel for the type");
    Location loc = op.getLoc();
    Value x = toRows(rewriter, loc, op.getX());
    Value out = emptyRows(rewriter, loc, x, type.getShape().back(),
                          type.getElementType());
    auto norm = KernelRmsNormOp::create(rewriter, loc, TypeRange{out.getType()},
                                        x, op.getWeight(), ValueRange{out},
                                        op.getEpsilonAttr());
    rewriter.replaceOp(
        op, fromRows(rewriter, loc, norm.getResult(0), op.getX(), 1, type));
    return success();
  }
};

struct ConvertRowDot : OpRewritePattern<RowDotOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(RowDotOp op,
                                PatternRewriter &rewriter) const override {
    if (!haveKernelTypes(op->getOperands()) ||
        !haveKernelTypes(op->getResults()) ||
        cast<RankedTensorType>(op.getA().getType()).isDynamicDim(1) ||
        cast<RankedTensorType>(op.getB().getType()).isDynamicDim(1))
      return rewriter.notifyMatchFailure(op, "no kernel for the type");
    Value out = emptyRows(rewriter, op.getLoc(), op.getA(), {},
                          getElementTypeOrSelf(op.getResult()));
    auto dot = KernelRowDotOp::create(rewriter, op.getLoc(),
                                      TypeRange{out.getType()}, op.getA(),
                                      op.getB(), ValueRange{out});
    rewriter.replaceOp(op, dot.getResults());
    return success();
  }
};

struct ConvertEmbedding : OpRewritePattern<EmbeddingOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(EmbeddingOp op,
                                PatternRewriter &rewriter) const override {
    auto type = cast<RankedTensorType>(op.getResult().getType());
    auto tableType = cast<RankedTensorType>(op.getTable().getType());
    if (!haveKernelTypes(op->getOperands()) ||
        tableType.getElementType() != type.getElementType() ||
        type.getRank() < 2 || !tableType.hasStaticShape())
      return rewriter.notifyMatchFailure(op, "no kernel for the type");
    Location loc = op.getLoc();
    Value ids = toFlat(rewriter, loc, op.getIds());
    Value out = emptyRows(rewriter, loc, ids, tableType.getDimSize(1),
                          type.getElementType());
    auto gather =
        KernelGatherRowsOp::create(rewriter, loc, TypeRange{out.getType()},
                                   op.getTable(), ids, ValueRange{out});
    rewriter.replaceOp(
        op, fromRows(rewriter, loc, gather.getResult(0), op.getIds(), 0, type));
    return success();
  }
};

struct ConvertDispatch : OpRewritePattern<DispatchOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(DispatchOp op,
                                PatternRewriter &rewriter) const override {
    auto type = cast<RankedTensorType>(op.getRows().getType());
    if (!haveKernelTypes(op->getOperands()) || type.isDynamicDim(1))
      return rewriter.notifyMatchFailure(op, "no kernel for the type");
    Value out = emptyRows(rewriter, op.getLoc(), op.getTokens(),
                          type.getDimSize(1), type.getElementType());
    auto gather = KernelGatherRowsOp::create(
        rewriter, op.getLoc(), TypeRange{out.getType()}, op.getX(),
        op.getTokens(), ValueRange{out});
    rewriter.replaceOp(op, gather.getResults());
    return success();
  }
};

struct ConvertSample : OpRewritePattern<SampleOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(SampleOp op,
                                PatternRewriter &rewriter) const override {
    if (!getElementTypeOrSelf(op.getLogits()).isF32() ||
        !getElementTypeOrSelf(op.getSampling()).isF32() ||
        cast<RankedTensorType>(op.getLogits().getType()).isDynamicDim(1))
      return rewriter.notifyMatchFailure(op, "no kernel for the type");
    Value out = emptyRows(rewriter, op.getLoc(), op.getLogits(), {},
                          getElementTypeOrSelf(op.getIds()));
    auto sample = KernelSampleOp::create(
        rewriter, op.getLoc(), TypeRange{out.getType()}, op.getLogits(),
        op.getSampling(), ValueRange{out});
    rewriter.replaceOp(op, sample.getResults());
    return success();
  }
};

} // namespace

void emo::populateRowwisePatterns(RewritePatternSet &patterns) {
  patterns.add<ConvertRmsNorm, ConvertRowDot, ConvertEmbedding,
               ConvertDispatch, ConvertSample>(patterns.getContext());
}
