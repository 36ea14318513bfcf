// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// emo.attention -> kernel.attention; the rotary ops in front of it become its
// table.
#include "Utils.h"
#include "emo/Transforms/Params.h"

using namespace mlir;
using namespace emo;

namespace {

struct ConvertAttention : OpRewritePattern<AttentionOp> {
  ConvertAttention(MLIRContext *context, ParamFactory &params,
                   int64_t maxPositions)
      : OpRewritePattern(context), params(params), maxPositions(maxPositions) {}

  LogicalResult matchAndRewrite(AttentionOp op,
                                PatternRewriter &rewriter) const override {
    auto kType = cast<RankedTensorType>(op.getK().getType());
    auto qType = cast<RankedTensorType>(op.getQ().getType());
    Type element = qType.getElementType();
    if (!haveKernelTypes(op->getOperands()) || kType.isDynamicDim(2) ||
        kType.isDynamicDim(3) || qType.isDynamicDim(2) ||
        kType.getDimSize(3) % 4 != 0 || kType.getElementType() != element ||
        getElementTypeOrSelf(op.getV()) != element ||
        getElementTypeOrSelf(op.getResult()) != element)
      return rewriter.notifyMatchFailure(op, "no kernel for the types");
    Location loc = op.getLoc();
    Value q = op.getQ(), k = op.getK(), table;
    if (RotaryOp rotary = foldableRotary(op)) {
      k = op.getK().getDefiningOp<RotaryOp>().getX();
      q = rotary.getX();
      auto source = RopeTableAttr::get(
          op.getContext(), maxPositions, kType.getDimSize(3),
          rotary.getThetaAttr(), rotary.getFrequenciesAttr());
      ParamOp param = params.ropeTable(source, rotary.getLoc());
      table =
          ParamRefOp::create(rewriter, loc, param.getType(),
                             FlatSymbolRefAttr::get(param.getSymNameAttr()));
    }

    auto empty = [&](Value like, ArrayRef<unsigned> dims) -> Value {
      SmallVector<OpFoldResult> sizes;
      for (unsigned dim : dims)
        sizes.push_back(tensor::getMixedSize(rewriter, loc, like, dim));
      return tensor::EmptyOp::create(rewriter, loc, sizes,
                                     getElementTypeOrSelf(like));
    };
    SmallVector<Value> outs{empty(q, {0, 1, 2, 3})};
    if (op.getKeyCache())
      outs.append({op.getKeyCache(), op.getValueCache()});
    else
      outs.append({empty(k, {0, 2, 1, 3}), empty(op.getV(), {0, 2, 1, 3})});
    auto attention = KernelAttentionOp::create(
        rewriter, loc, TypeRange(ValueRange(outs)), q, k, op.getV(), table,
        op.getLengths(), op.getSegments(), outs, op.getScaleAttr(),
        op.getCausalAttr());
    rewriter.replaceOp(op,
                       attention.getResults().take_front(op->getNumResults()));
    return success();
  }

  /// The rotary op of q when q and k are rotated alike, in a form that the
  /// kernel has.
  RotaryOp foldableRotary(AttentionOp op) const {
    auto q = op.getQ().getDefiningOp<RotaryOp>(),
         k = op.getK().getDefiningOp<RotaryOp>();
    if (!q || !k || maxPositions <= 0 || q.getInterleaved() ||
        k.getInterleaved() || q.getStart() != op.getLengths() ||
        k.getStart() != op.getLengths() || q.getTheta() != k.getTheta() ||
        q.getFrequenciesAttr() != k.getFrequenciesAttr())
      return {};
    return q;
  }

  ParamFactory &params;
  int64_t maxPositions;
};

} // namespace

void emo::populateAttentionPatterns(RewritePatternSet &patterns,
                                    ParamFactory &params,
                                    int64_t maxPositions) {
  patterns.add<ConvertAttention>(patterns.getContext(), params, maxPositions);
}
