// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reference lowering of dispatch and experts.
#include "Reference.h"

#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace emo;
using namespace emo::reference;

Values reference::groupByExpert(Reference &r, Value indices, ValueRange outs) {
  Type i32 = r.b.getI32Type();
  Value tokens = r.dim(indices, 0), choices = r.dim(indices, 1);
  Value bounds = r.dim(outs[0], 0), one = r.index(1);
  // Over all choices, token by token: carried values = body(token, choice,
  // expert, carried values).
  auto overChoices =
      [&](ValueRange init,
          function_ref<Values(Value, Value, Value, ValueRange)> body) {
        return r.loop(
            r.index(0), tokens, init, [&](Value t, ValueRange carried) {
              return r.loop(
                  r.index(0), choices, carried, [&](Value c, ValueRange inner) {
                    return body(t, c, r.loadIndex(indices, {t, c}), inner);
                  });
            });
      };

  // Rows of each expert, then their running sum.
  Value zero = r.writeOne(outs[0], [&](Indices) { return r.i32(0); });
  Value counts =
      overChoices(zero, [&](Value, Value, Value expert, ValueRange counts) {
        Value next = r.add(expert, one);
        return Values{
            r.store(r.add(r.load(counts[0], next), r.i32(1)), counts[0], next)};
      })[0];
  Value offsets = r.loop(one, bounds, counts, [&](Value e, ValueRange offsets) {
    Value before = r.load(offsets[0], r.sub(e, one));
    return Values{r.store(r.add(before, r.load(offsets[0], e)), offsets[0], e)};
  })[0];

  // Each choice takes the next row of its expert.
  Value next = r.generate(r.sizes(offsets), i32,
                          [&](Indices at) { return r.load(offsets, at); });
  Values sorted =
      overChoices({next, outs[1], outs[2]}, [&](Value t, Value c, Value expert,
                                                ValueRange state) {
        Value row = r.load(state[0], expert);
        return Values{r.store(r.add(row, r.i32(1)), state[0], expert),
                      r.store(r.toI32(t), state[1], r.toIndex(row)),
                      r.store(row, state[2], {t, c})};
      });
  return {offsets, sorted[1], sorted[2]};
}

Value reference::expertOfRows(Reference &r, Value offsets, OpFoldResult rows) {
  // The first expert is 0, and so many others have begun at or before the row.
  Value others = r.sub(r.dim(offsets, 0), r.index(2));
  return r.generate({rows}, r.b.getIndexType(), [&](Indices at) {
    return r.count(others, [&](Value e) {
      return r.less(r.loadIndex(offsets, r.add(e, r.index(1))),
                    r.add(at[0], r.index(1)));
    });
  });
}

/// rows[i] . weights[expert, m] (+ bias[expert, m]) in `type`.
static Value product(Reference &r, Value rows, Value weights, Value bias,
                     Value i, Value expert, Value m, Type type) {
  Value sum = r.sum(r.dim(rows, 1), type, [&](Value k) {
    return r.mul(r.loadFloat(rows, {i, k}, type),
                 r.loadFloat(weights, {expert, m, k}, type));
  });
  return bias ? r.add(sum, r.loadFloat(bias, {expert, m}, type)) : sum;
}

static Value activate(Reference &r, Activation kind, double alpha, Value x) {
  Type type = x.getType();
  Value half = r.real(type, 0.5), one = r.real(type, 1);
  switch (kind) {
  case Activation::Silu:
    return r.mul(x, r.sigmoid(alpha == 1 ? x : r.mul(x, r.real(type, alpha))));
  case Activation::Gelu: {
    Value scaled = r.mul(x, r.real(type, 0.70710678118654752440));
    return r.mul(r.mul(half, x), r.add(one, math::ErfOp::create(r.b, scaled)));
  }
  case Activation::GeluTanh: {
    Value cube = r.mul(r.mul(x, x), x);
    Value inner = r.mul(r.real(type, 0.79788456080286535588),
                        r.add(x, r.mul(r.real(type, 0.044715), cube)));
    return r.mul(r.mul(half, x), r.add(one, math::TanhOp::create(r.b, inner)));
  }
  case Activation::Relu:
    return r.maxf(x, r.real(type, 0));
  case Activation::Identity:
    return x;
  }
  llvm_unreachable("all activations handled");
}

namespace {

struct LowerGroupByExpert : OpRewritePattern<GroupByExpertOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(GroupByExpertOp op,
                                PatternRewriter &rewriter) const override {
    Reference r(op, rewriter);
    Sizes choices = r.sizes(op.getIndices());
    Values outs{
        r.emptyFor(op.getOffsets(), {r.b.getIndexAttr(op.getNumExperts() + 1)}),
        r.emptyFor(op.getTokens(), {r.mulSizes(choices[0], choices[1])}),
        r.emptyFor(op.getInverse(), choices)};
    r.replace(op, groupByExpert(r, op.getIndices(), outs));
    return success();
  }
};

struct LowerDispatch : OpRewritePattern<DispatchOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(DispatchOp op,
                                PatternRewriter &rewriter) const override {
    Reference r(op, rewriter);
    Value out = r.emptyFor(op.getRows(),
                           {r.size(op.getTokens(), 0), r.size(op.getX(), 1)});
    r.replace(op, r.writeOne(out, [&](Indices at) {
      Value row =
          r.load(op.getX(), {r.loadIndex(op.getTokens(), at[0]), at[1]});
      return r.toFloat(row, elementOf(out));
    }));
    return success();
  }
};

struct LowerGroupedMatmul : OpRewritePattern<GroupedMatmulOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(GroupedMatmulOp op,
                                PatternRewriter &rewriter) const override {
    Reference r(op, rewriter);
    Type type = computeType(
        {op.getRows(), op.getWeights(), op.getBias(), op.getResult()});
    OpFoldResult rows = r.size(op.getRows(), 0);
    Value experts = expertOfRows(r, op.getOffsets(), rows);
    Value out = r.emptyFor(op.getResult(), {rows, r.size(op.getWeights(), 1)});
    r.replace(op, r.writeOne(out, [&](Indices at) {
      Value value = product(r, op.getRows(), op.getWeights(), op.getBias(),
                            at[0], r.load(experts, at[0]), at[1], type);
      return r.toFloat(value, elementOf(out));
    }));
    return success();
  }
};

struct LowerExpertMlp : OpRewritePattern<ExpertMlpOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ExpertMlpOp op,
                                PatternRewriter &rewriter) const override {
    Reference r(op, rewriter);
    Value rows = op.getRows();
    Type type = computeType({rows, op.getUp(), op.getDown(), op.getResult()});
    OpFoldResult count = r.size(rows, 0);
    Value experts = expertOfRows(r, op.getOffsets(), count);
    Value hidden = r.generate(
        {count, r.size(op.getUp(), 1)}, elementOf(rows), [&](Indices at) {
          Value expert = r.load(experts, at[0]);
          Value up = product(r, rows, op.getUp(), op.getUpBias(), at[0], expert,
                             at[1], type);
          Value gate;
          if (op.getGate())
            gate = product(r, rows, op.getGate(), op.getGateBias(), at[0],
                           expert, at[1], type);
          return r.toFloat(hiddenValue(r, op, gate, up), elementOf(rows));
        });
    Value out = r.emptyFor(op.getResult(), {count, r.size(op.getDown(), 1)});
    r.replace(op, r.writeOne(out, [&](Indices at) {
      Value value = product(r, hidden, op.getDown(), op.getDownBias(), at[0],
                            r.load(experts, at[0]), at[1], type);
      return r.toFloat(value, elementOf(out));
    }));
    return success();
  }

  /// `gate` is null for a plain network.
  static Value hiddenValue(Reference &r, ExpertMlpOp op, Value gate, Value up) {
    Type type = up.getType();
    double alpha = op.getAlpha().convertToDouble(),
           beta = op.getBeta().convertToDouble();
    if (!gate)
      return activate(r, op.getActivation(), alpha, up);
    if (op.getLimit()) {
      double limit = op.getLimit()->convertToDouble();
      gate = r.minf(gate, r.real(type, limit));
      up = r.maxf(r.minf(up, r.real(type, limit)), r.real(type, -limit));
    }
    if (beta != 0)
      up = r.add(up, r.real(type, beta));
    return r.mul(activate(r, op.getActivation(), alpha, gate), up);
  }
};

struct LowerCombine : OpRewritePattern<CombineOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(CombineOp op,
                                PatternRewriter &rewriter) const override {
    Reference r(op, rewriter);
    Type type = computeType({op.getRows(), op.getWeights(), op.getResult()});
    Value choices = r.dim(op.getWeights(), 1);
    Value out = r.emptyFor(
        op.getResult(), {r.size(op.getWeights(), 0), r.size(op.getRows(), 1)});
    r.replace(op, r.writeOne(out, [&](Indices at) {
      Value value = r.sum(choices, type, [&](Value c) {
        Value row = r.loadIndex(op.getInverse(), {at[0], c});
        return r.mul(r.loadFloat(op.getWeights(), {at[0], c}, type),
                     r.loadFloat(op.getRows(), {row, at[1]}, type));
      });
      return r.toFloat(value, elementOf(out));
    }));
    return success();
  }
};

struct LowerSelect : OpRewritePattern<SelectOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(SelectOp op,
                                PatternRewriter &rewriter) const override {
    Reference r(op, rewriter);
    int64_t dim = op.getDim();
    SmallVector<int32_t> numbers(op.getIndices());
    Value indices =
        arith::ConstantOp::create(r.b, r.b.getI32TensorAttr(numbers));
    Sizes sizes = r.sizes(op.getX());
    sizes[dim] = r.b.getIndexAttr(numbers.size());
    Value out = r.emptyFor(op.getResult(), sizes);
    r.replace(op, r.writeOne(out, [&](Indices at) {
      Values from(at);
      from[dim] = r.loadIndex(indices, at[dim]);
      return r.load(op.getX(), from);
    }));
    return success();
  }
};

} // namespace

void emo::populateExpertsToLinalg(RewritePatternSet &patterns) {
  patterns.add<LowerGroupByExpert, LowerDispatch, LowerGroupedMatmul,
               LowerExpertMlp, LowerCombine, LowerSelect>(patterns.getContext());
}
