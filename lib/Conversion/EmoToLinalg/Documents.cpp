// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reference lowering of document scope.
#include "Reference.h"

using namespace mlir;
using namespace emo;
using namespace emo::reference;

Value reference::maskRows(Reference &r, Value logits, Value pool,
                          Value segments, Value out) {
  Value none = r.negativeInfinity(elementOf(logits));
  return r.writeOne(out, [&](Indices at) {
    if (!segments)
      return r.select(r.load(pool, {r.index(0), at[1]}), r.load(logits, at),
                      none);
    Value segment = r.loadIndex(segments, at[0]);
    Value inDocument = r.less(r.index(-1), segment);
    Value kept = r.onlyIf(inDocument, r.boolean(true), [&] {
      return r.load(pool, {segment, at[1]});
    });
    return r.select(kept, r.load(logits, at), none);
  });
}

namespace {

struct LowerDocumentSegments : OpRewritePattern<DocumentSegmentsOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(DocumentSegmentsOp op,
                                PatternRewriter &rewriter) const override {
    Reference r(op, rewriter);
    Value ids = op.getIds();
    bool after = op.getBoundary() == Boundary::After;
    auto constant = [&](int64_t value) {
      return arith::ConstantOp::create(
          r.b, r.b.getIntegerAttr(elementOf(ids), value));
    };
    Value eos = constant(op.getEos());
    Value pad = op.getPad() ? Value(constant(*op.getPad())) : Value();
    Value out = r.emptyFor(op.getSegments(), r.sizes(ids));
    Value columns = r.dim(ids, 1);
    // Token by token: the segments so far, how many documents have begun, and
    // whether the next token begins one.
    Values all = r.loop(
        r.index(0), r.dim(ids, 0), {out, r.i32(0)},
        [&](Value row, ValueRange carried) {
          Values init{carried[0], carried[1], r.boolean(true)};
          Values done = r.loop(
              r.index(0), columns, init, [&](Value column, ValueRange state) {
                Value id = r.load(ids, {row, column});
                Value isEos = r.equal(id, eos);
                Value begins = after ? state[2] : r.either(state[2], isEos);
                Value more =
                    r.select(begins, r.add(state[1], r.i32(1)), state[1]);
                Value segment = r.sub(more, r.i32(1));
                Value pending = after ? isEos : r.boolean(false);
                if (pad) {
                  Value isPad = r.equal(id, pad);
                  more = r.select(isPad, state[1], more);
                  segment = r.select(isPad, r.i32(-1), segment);
                  pending = r.select(isPad, state[2], pending);
                }
                return Values{r.store(segment, state[0], {row, column}), more,
                              pending};
              });
          return Values{done[0], done[1]};
        });
    Value count = tensor::FromElementsOp::create(
        r.b, RankedTensorType::get({}, r.b.getI32Type()), all[1]);
    r.replace(op, {all[0], count});
    return success();
  }
};

struct LowerDocumentPool : OpRewritePattern<DocumentPoolOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(DocumentPoolOp op,
                                PatternRewriter &rewriter) const override {
    Reference r(op, rewriter);
    Type type = computeType(op.getScores());
    Sizes sizes{r.size(op.getSizes(), 0), r.size(op.getScores(), 1)};
    Value tokens = r.dim(op.getScores(), 0);
    Value totals = r.generate(sizes, type, [&](Indices at) {
      return r.sum(tokens, type, [&](Value t) {
        Value inside = r.equal(r.loadIndex(op.getSegments(), t), at[0]);
        return r.select(inside, r.loadFloat(op.getScores(), {t, at[1]}, type),
                        r.real(type, 0));
      });
    });
    Value ranks = rankRows(r, totals);
    Value out = r.emptyFor(op.getPool(), sizes);
    r.replace(op, r.writeOne(out, [&](Indices at) {
      return r.less(r.load(ranks, at), r.load(op.getSizes(), at[0]));
    }));
    return success();
  }
};

struct LowerMaskExperts : OpRewritePattern<MaskExpertsOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(MaskExpertsOp op,
                                PatternRewriter &rewriter) const override {
    Reference r(op, rewriter);
    Value out = r.emptyFor(op.getResult(), r.sizes(op.getLogits()));
    r.replace(op, maskRows(r, op.getLogits(), op.getPool(), op.getSegments(),
                           out));
    return success();
  }
};

} // namespace

void emo::populateDocumentsToLinalg(RewritePatternSet &patterns) {
  patterns.add<LowerDocumentSegments, LowerDocumentPool, LowerMaskExperts>(
      patterns.getContext());
}
