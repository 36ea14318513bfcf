// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reference lowering of routing.
#include "Reference.h"

#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace emo;
using namespace emo::reference;

Value reference::scoreRows(Reference &r, Value logits, Scoring scoring) {
  Type type = elementOf(logits);
  Sizes sizes = r.sizes(logits);
  if (scoring == Scoring::Sigmoid)
    return r.generate(
        sizes, type, [&](Indices at) { return r.sigmoid(r.load(logits, at)); });
  Value count = r.asValue(sizes[1]);
  Value top = r.generate({sizes[0]}, type, [&](Indices at) {
    return r.maximum(count, type, [&](Value e) {
      return r.load(logits, {at[0], e});
    });
  });
  auto power = [&](Value t, Value e) {
    return r.exp(r.sub(r.load(logits, {t, e}), r.load(top, t)));
  };
  Value total = r.generate({sizes[0]}, type, [&](Indices at) {
    return r.sum(count, type, [&](Value e) { return power(at[0], e); });
  });
  return r.generate(sizes, type, [&](Indices at) {
    return r.div(power(at[0], at[1]), r.load(total, at[0]));
  });
}

Value reference::rankRows(Reference &r, Value values) {
  Sizes sizes = r.sizes(values);
  Value count = r.asValue(sizes[1]);
  return r.generate(sizes, r.b.getI32Type(), [&](Indices at) {
    Value own = r.load(values, at);
    return r.toI32(r.count(count, [&](Value other) {
      Value value = r.load(values, {at[0], other});
      Value tieBefore = r.both(r.equal(value, own), r.less(other, at[1]));
      return r.either(r.greater(value, own), tieBefore);
    }));
  });
}

/// -inf for the experts outside the best groups; a group's score is the sum of
/// its two best experts'.
static Value keepBestGroups(Reference &r, Value selection,
                            const RouteOptions &options) {
  Type type = elementOf(selection);
  Sizes sizes = r.sizes(selection);
  Value groupSize = r.div(r.asValue(sizes[1]), r.index(options.numGroups));
  Value groups = r.generate(
      {sizes[0], r.b.getIndexAttr(options.numGroups)}, type, [&](Indices at) {
        Value first = r.mul(at[1], groupSize);
        Value none = r.negativeInfinity(type);
        Values best = r.loop(
            r.index(0), groupSize, {none, none}, [&](Value i, ValueRange two) {
              Value score = r.load(selection, {at[0], r.add(first, i)});
              Value rest = r.minf(two[0], score);
              return Values{r.maxf(two[0], score), r.maxf(two[1], rest)};
            });
        Value several = r.less(r.index(1), groupSize);
        return r.select(several, r.add(best[0], best[1]), best[0]);
      });
  Value ranks = rankRows(r, groups);
  return r.generate(sizes, type, [&](Indices at) {
    Value rank = r.load(ranks, {at[0], r.div(at[1], groupSize)});
    Value kept = r.less(rank, r.i32(options.topGroups));
    return r.select(kept, r.load(selection, at), r.negativeInfinity(type));
  });
}

/// PhiMoE's weight of each of the two choices: a softmax over the experts that
/// are still there and not much below the chosen one.
static Value sparseMixerWeights(Reference &r, Value logits, Value chosen,
                                double jitter) {
  Type type = elementOf(logits);
  Value count = r.dim(logits, 1);
  return r.generate(r.sizes(chosen), type, [&](Indices at) {
    Value best = r.load(logits, {at[0], r.loadIndex(chosen, at)});
    Value first = r.loadIndex(chosen, {at[0], r.index(0)});
    Value isSecond = r.less(r.index(0), at[1]);
    Value total = r.sum(count, type, [&](Value e) {
      Value logit = r.load(logits, {at[0], e});
      Value factor = r.maxf(math::AbsFOp::create(r.b, logit), best);
      Value far = r.greater(r.div(r.sub(best, logit), factor),
                            r.real(type, 2 * jitter));
      Value taken = r.both(isSecond, r.equal(e, first));
      return r.select(r.either(far, taken), r.real(type, 0),
                      r.exp(r.sub(logit, best)));
    });
    return r.div(r.real(type, 1), total);
  });
}

Values reference::route(Reference &r, Value logits, Value bias, Value shared,
                        const RouteOptions &options, ValueRange outs) {
  Type type = elementOf(logits);
  Sizes sizes = r.sizes(logits);
  Value experts = r.asValue(sizes[1]), topK = r.index(options.topK);
  bool scoreFirst =
      options.order == RouteOrder::ScoreThenTopK && !options.sparseMixer;

  Value scores = scoreFirst ? scoreRows(r, logits, options.scoring) : logits;
  Value selection = scores;
  if (bias || scoreFirst)
    // Masked experts are chosen last, whatever their bias.
    selection = r.generate(sizes, type, [&](Indices at) {
      Value none = r.negativeInfinity(type), value = r.load(scores, at);
      if (bias)
        value = r.add(value, r.loadFloat(bias, at[1], type));
      return r.select(r.equal(r.load(logits, at), none), none, value);
    });
  if (options.numGroups > 1)
    selection = keepBestGroups(r, selection, options);

  // Choice c is the expert of rank c, or all experts are chosen.
  bool all = getConstantIntValue(sizes[1]) == options.topK &&
             !options.sparseMixer;
  Value ranks = all ? Value() : rankRows(r, selection);
  Sizes choices{sizes[0], r.b.getIndexAttr(options.topK)};
  Value chosen = r.generate(choices, r.b.getI32Type(), [&](Indices at) {
    if (all)
      return r.toI32(at[1]);
    Value rank = r.toI32(at[1]);
    Values found =
        r.loop(r.index(0), experts, r.index(0), [&](Value e, ValueRange found) {
          return Values{
              r.select(r.equal(r.load(ranks, {at[0], e}), rank), e, found[0])};
        });
    return r.toI32(found[0]);
  });

  Value weights;
  if (options.sparseMixer) {
    weights = sparseMixerWeights(r, logits, chosen, options.jitter);
  } else {
    weights = r.generate(choices, type, [&](Indices at) {
      return r.load(scores, {at[0], r.loadIndex(chosen, at)});
    });
    if (!scoreFirst)
      weights = scoreRows(r, weights, options.scoring);
  }
  Value factor = r.generate({sizes[0]}, type, [&](Indices at) {
    Value scale = r.real(type, options.scale);
    if (!options.normalize)
      return scale;
    Value total = r.sum(topK, type, [&](Value c) {
      return r.load(weights, {at[0], c});
    });
    return r.div(scale, r.add(total, r.real(type, options.epsilon)));
  });
  Value sharedWeights =
      shared ? scoreRows(r, shared, Scoring::Softmax) : Value();

  // The chosen experts, then the shared ones.
  Value newWeights = r.writeOne(outs[0], [&](Indices at) {
    auto routed = [&] {
      return r.toFloat(r.mul(r.load(weights, at), r.load(factor, at[0])),
                       elementOf(outs[0]));
    };
    if (options.numShared == 0)
      return routed();
    Value other = r.real(elementOf(outs[0]), 1);
    if (shared) {
      Value position =
          arith::MaxSIOp::create(r.b, r.sub(at[1], topK), r.index(0));
      other = r.loadFloat(sharedWeights, {at[0], position}, elementOf(outs[0]));
    }
    return r.onlyIf(r.less(at[1], topK), other, routed);
  });
  Value newIndices = r.writeOne(outs[1], [&](Indices at) {
    auto routed = [&] { return r.load(chosen, at); };
    if (options.numShared == 0)
      return routed();
    Value other = r.toI32(r.add(experts, r.sub(at[1], topK)));
    return r.onlyIf(r.less(at[1], topK), other, routed);
  });
  return {newWeights, newIndices};
}

namespace {

struct LowerRoute : OpRewritePattern<RouteOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(RouteOp op,
                                PatternRewriter &rewriter) const override {
    Reference r(op, rewriter);
    Type type =
        computeType({op.getLogits(), op.getBias(), op.getSharedLogits()});
    RouteOptions options;
    options.topK = op.getTopK();
    options.numShared = op.getNumShared();
    options.scoring = op.getScoring();
    options.order = op.getOrder();
    options.normalize = op.getNormalize();
    options.epsilon = op.getEpsilon().convertToDouble();
    options.scale = op.getScale().convertToDouble();
    options.numGroups = op.getNumGroups();
    options.topGroups = op.getTopGroups();
    options.sparseMixer = op.getSparseMixer();
    options.jitter = op.getJitter().convertToDouble();
    Sizes sizes{r.size(op.getLogits(), 0),
                r.b.getIndexAttr(options.topK + options.numShared)};
    Values outs{r.emptyFor(op.getWeights(), sizes),
                r.emptyFor(op.getIndices(), sizes)};
    r.replace(op, route(r, r.widened(op.getLogits(), type), op.getBias(),
                        r.widened(op.getSharedLogits(), type), options, outs));
    return success();
  }
};

struct LowerRouterScores : OpRewritePattern<RouterScoresOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(RouterScoresOp op,
                                PatternRewriter &rewriter) const override {
    Reference r(op, rewriter);
    Value scores =
        scoreRows(r, r.widened(op.getLogits(), computeType(op.getLogits())),
                  op.getScoring());
    Value out = r.emptyFor(op.getScores(), r.sizes(op.getLogits()));
    r.replace(op, r.writeOne(out, [&](Indices at) {
      return r.loadFloat(scores, at, elementOf(out));
    }));
    return success();
  }
};

} // namespace

void emo::populateRoutingToLinalg(RewritePatternSet &patterns) {
  patterns.add<LowerRoute, LowerRouterScores>(patterns.getContext());
}
