// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reference lowering of embedding, linear layers, norms, rotary embedding and
// cross-entropy.
#include "Reference.h"

#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace emo;
using namespace emo::reference;

/// The leading indices with another last one.
static Values withLast(Indices leading, Value last) {
  Values result(leading);
  result.push_back(last);
  return result;
}

Value reference::rowDot(Reference &r, Value a, Value b, Value out) {
  Type type = computeType({a, b});
  Value columns = r.dim(a, 1);
  return r.writeOne(out, [&](Indices at) {
    return r.sum(columns, type, [&](Value h) {
      return r.mul(r.loadFloat(a, {at[0], h}, type),
                   r.loadFloat(b, {at[0], h}, type));
    });
  });
}

Value reference::rmsNorm(Reference &r, Value x, Value weight, double epsilon,
                         Value out) {
  Type type = computeType({x, weight, out});
  Sizes sizes = r.sizes(x);
  Value columns = r.asValue(sizes.pop_back_val());
  Value scale = r.generate(sizes, type, [&](Indices row) {
    Value total = r.sum(columns, type, [&](Value h) {
      Value value = r.loadFloat(x, withLast(row, h), type);
      return r.mul(value, value);
    });
    Value count = arith::UIToFPOp::create(
        r.b, type, arith::IndexCastOp::create(r.b, r.b.getI64Type(), columns));
    Value mean = r.div(total, count);
    return r.div(r.real(type, 1),
                 math::SqrtOp::create(r.b, r.add(mean, r.real(type, epsilon))));
  });
  return r.writeOne(out, [&](Indices at) {
    Value value =
        r.mul(r.loadFloat(x, at, type), r.load(scale, at.drop_back()));
    return r.toFloat(r.mul(value, r.loadFloat(weight, at.back(), type)),
                     elementOf(out));
  });
}

Value reference::crossEntropy(Reference &r, Value logits, Value targets,
                              Value out) {
  Type type = computeType({logits, out});
  Value classes = r.dim(logits, typeOf(logits).getRank() - 1);
  return r.writeOne(out, [&](Indices at) {
    Value target = r.loadIndex(targets, at);
    Value isTarget = r.less(r.index(-1), target);
    Value loss = r.onlyIf(isTarget, r.real(type, 0), [&] {
      auto logit = [&](Value v) {
        return r.loadFloat(logits, withLast(at, v), type);
      };
      Value top = r.maximum(classes, type, logit);
      Value total = r.sum(classes, type,
                          [&](Value v) { return r.exp(r.sub(logit(v), top)); });
      return r.sub(math::LogOp::create(r.b, total), r.sub(logit(target), top));
    });
    return r.toFloat(loss, elementOf(out));
  });
}

namespace {

struct LowerEmbedding : OpRewritePattern<EmbeddingOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(EmbeddingOp op,
                                PatternRewriter &rewriter) const override {
    Reference r(op, rewriter);
    Sizes sizes = r.sizes(op.getIds());
    sizes.push_back(r.size(op.getTable(), 1));
    Value out = r.emptyFor(op.getResult(), sizes);
    r.replace(op, r.writeOne(out, [&](Indices at) {
      Value id = r.loadIndex(op.getIds(), at.drop_back());
      return r.loadFloat(op.getTable(), {id, at.back()}, elementOf(out));
    }));
    return success();
  }
};

struct LowerLinear : OpRewritePattern<LinearOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(LinearOp op,
                                PatternRewriter &rewriter) const override {
    Reference r(op, rewriter);
    Value x = op.getX(), weight = op.getWeight();
    Type type = computeType({x, weight, op.getBias(), op.getResult()});
    Sizes sizes = r.sizes(x);
    sizes.back() = r.size(weight, 0);
    Value inner = r.dim(weight, 1);
    Value out = r.emptyFor(op.getResult(), sizes);
    r.replace(op, r.writeOne(out, [&](Indices at) {
      Value value = r.sum(inner, type, [&](Value k) {
        return r.mul(r.loadFloat(x, withLast(at.drop_back(), k), type),
                     r.loadFloat(weight, {at.back(), k}, type));
      });
      if (op.getBias())
        value = r.add(value, r.loadFloat(op.getBias(), at.back(), type));
      return r.toFloat(value, elementOf(out));
    }));
    return success();
  }
};

struct LowerRmsNorm : OpRewritePattern<RmsNormOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(RmsNormOp op,
                                PatternRewriter &rewriter) const override {
    Reference r(op, rewriter);
    Value out = r.emptyFor(op.getResult(), r.sizes(op.getX()));
    r.replace(op, rmsNorm(r, op.getX(), op.getWeight(),
                          op.getEpsilon().convertToDouble(), out));
    return success();
  }
};

struct LowerRowDot : OpRewritePattern<RowDotOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(RowDotOp op,
                                PatternRewriter &rewriter) const override {
    Reference r(op, rewriter);
    Value out = r.emptyFor(op.getResult(), {r.size(op.getA(), 0)});
    r.replace(op, rowDot(r, op.getA(), op.getB(), out));
    return success();
  }
};

struct LowerRotary : OpRewritePattern<RotaryOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(RotaryOp op,
                                PatternRewriter &rewriter) const override {
    Reference r(op, rewriter);
    Value x = op.getX();
    Type type = computeType(x), f64 = r.b.getF64Type();
    Sizes sizes = r.sizes(x);
    Value half = r.div(r.asValue(sizes[3]), r.index(2));

    // Angles in f64 by row, position and frequency.
    Value frequencies = frequencyTable(r, op, half);
    Value angles = r.generate({sizes[0], sizes[1], half}, f64, [&](Indices at) {
      Value position = at[1];
      if (op.getStart())
        position = r.add(position, r.loadIndex(op.getStart(), at[0]));
      return r.mul(toDouble(r, position), r.load(frequencies, at[2]));
    });

    Value out = r.emptyFor(op.getResult(), sizes);
    r.replace(op, r.writeOne(out, [&](Indices at) {
      // Element d of pair i is its first or its second element; `other` is its
      // partner's place.
      Value d = at[3], i, isFirst, other;
      if (op.getInterleaved()) {
        i = r.div(d, r.index(2));
        isFirst = r.equal(r.sub(d, r.mul(i, r.index(2))), r.index(0));
        other = r.select(isFirst, r.add(d, r.index(1)), r.sub(d, r.index(1)));
      } else {
        isFirst = r.less(d, half);
        i = r.select(isFirst, d, r.sub(d, half));
        other = r.select(isFirst, r.add(d, half), r.sub(d, half));
      }
      Value angle = r.load(angles, {at[0], at[1], i});
      Value cos = r.toFloat(math::CosOp::create(r.b, angle), type);
      Value sin = r.toFloat(math::SinOp::create(r.b, angle), type);
      Value own = r.mul(r.loadFloat(x, at, type), cos);
      Value turned =
          r.mul(r.loadFloat(x, {at[0], at[1], at[2], other}, type), sin);
      return r.toFloat(
          r.select(isFirst, r.sub(own, turned), r.add(own, turned)),
          elementOf(out));
    }));
    return success();
  }

  static Value toDouble(Reference &r, Value index) {
    return arith::SIToFPOp::create(
        r.b, r.b.getF64Type(),
        arith::IndexCastOp::create(r.b, r.b.getI64Type(), index));
  }

  /// f64 [D / 2].
  static Value frequencyTable(Reference &r, RotaryOp op, Value half) {
    Type f64 = r.b.getF64Type();
    if (auto given = op.getFrequencies())
      return arith::ConstantOp::create(
          r.b,
          DenseElementsAttr::get(
              RankedTensorType::get({static_cast<int64_t>(given->size())}, f64),
              *given));
    Value theta = r.real(f64, op.getTheta().convertToDouble());
    return r.generate({half}, f64, [&](Indices at) {
      Value exponent = arith::NegFOp::create(
          r.b, r.div(toDouble(r, at[0]), toDouble(r, half)));
      return math::PowFOp::create(r.b, theta, exponent);
    });
  }
};

struct LowerCrossEntropy : OpRewritePattern<CrossEntropyOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(CrossEntropyOp op,
                                PatternRewriter &rewriter) const override {
    Reference r(op, rewriter);
    Value out = r.emptyFor(op.getLosses(), r.sizes(op.getTargets()));
    r.replace(op, crossEntropy(r, op.getLogits(), op.getTargets(), out));
    return success();
  }
};

struct LowerSample : OpRewritePattern<SampleOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(SampleOp op,
                                PatternRewriter &rewriter) const override {
    Reference r(op, rewriter);
    Value out = r.emptyFor(op.getIds(), {r.size(op.getLogits(), 0)});
    r.replace(op, sampleRows(r, op.getLogits(), op.getSampling(), out));
    return success();
  }
};

struct LowerAttention : OpRewritePattern<AttentionOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(AttentionOp op,
                                PatternRewriter &rewriter) const override {
    Reference r(op, rewriter);
    AttentionOptions options{op.getScale().convertToDouble(), op.getCausal()};
    Value out = r.emptyFor(op.getResult(), r.sizes(op.getQ()));
    OpFoldResult heads = r.size(op.getK(), 2);
    if (op.getKeyCache()) {
      Value keys = storeKeys(r, op.getK(), op.getLengths(), op.getKeyCache());
      Value values =
          storeKeys(r, op.getV(), op.getLengths(), op.getValueCache());
      auto read = [&](Value store, Indices at, Type type) {
        return r.loadFloat(store, {at[0], at[2], at[1], at[3]}, type);
      };
      Value result = attend(
          r, op.getQ(),
          [&](Indices at, Type type) { return read(keys, at, type); },
          [&](Indices at, Type type) { return read(values, at, type); }, heads,
          op.getLengths(), Value(), options, out);
      r.replace(op, {result, keys, values});
      return success();
    }
    Value result = attend(
        r, op.getQ(),
        [&](Indices at, Type type) { return r.loadFloat(op.getK(), at, type); },
        [&](Indices at, Type type) { return r.loadFloat(op.getV(), at, type); },
        heads, Value(), op.getSegments(), options, out);
    r.replace(op, result);
    return success();
  }
};

} // namespace

void emo::populateTransformerToLinalg(RewritePatternSet &patterns) {
  patterns.add<LowerEmbedding, LowerLinear, LowerRmsNorm, LowerRowDot, LowerRotary,
               LowerAttention, LowerCrossEntropy, LowerSample>(patterns.getContext());
}
