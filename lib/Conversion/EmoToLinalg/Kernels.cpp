// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reference lowering of kernel ops, on tensors and on memrefs: what a target
// has no kernel for still runs.
#include "Reference.h"

#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace emo;
using namespace emo::reference;

/// The outputs of an epilogue for accumulators `acc` at row i, column n of
/// group `expert` (null without groups).
static Values epilogue(Reference &r, Block &body, ArrayRef<Value> acc,
                       ValueRange extras, ArrayAttr kinds, Value i, Value n,
                       Value expert) {
  IRMapping map;
  map.map(body.getArguments().take_front(acc.size()), acc);
  for (auto [argument, extra, kind] :
       llvm::zip_equal(body.getArguments().drop_front(acc.size()), extras,
                       kinds.getAsRange<OperandKindAttr>())) {
    Values at;
    switch (kind.getValue()) {
    case OperandKind::Column:
      at = typeOf(extra).getRank() == 2 ? Values{expert, n} : Values{n};
      break;
    case OperandKind::Row:
      at = {i};
      break;
    case OperandKind::Element:
      at = {i, n};
      break;
    }
    map.map(argument, r.load(extra, at));
  }
  for (Operation &op : body.without_terminator())
    r.b.clone(op, map);
  return llvm::map_to_vector(body.getTerminator()->getOperands(),
                             [&](Value v) { return map.lookupOrDefault(v); });
}

/// Element [expert, n, k] of the `j`-th of `count` weights in the panels of
/// #emo.pack (expert is null without groups).
static Value loadPacked(Reference &r, Value packed, int64_t j, int64_t count,
                        Value expert, Value n, Value k, Type type) {
  auto split = [&](Value value, int64_t by) {
    Value quotient = r.div(value, r.index(by));
    return std::pair(quotient, r.sub(value, r.mul(quotient, r.index(by))));
  };
  auto [panel, column] = split(n, 32 / count);
  column = r.add(column, r.index(j * 16));
  Value step = k, place = column;
  if (elementOf(packed).isBF16()) {
    // [2 tiles][16 pairs of k][16 columns][2]
    auto [wide, within] = split(k, 32);
    auto [tile, column16] = split(column, 16);
    auto [pair, parity] = split(within, 2);
    step = wide;
    place = r.add(r.mul(tile, r.index(16)), pair);
    place = r.add(r.mul(place, r.index(16)), column16);
    place = r.add(r.mul(place, r.index(2)), parity);
  }
  Value group = expert ? expert : r.index(0);
  return r.loadFloat(packed, {group, panel, step, place}, type);
}

/// x[i] . weight[n] for 2-D operands.
static Value dot(Reference &r, Value x, Value i, Value weight, bool packed,
                 Value n, Type type) {
  return r.sum(r.dim(x, 1), type, [&](Value k) {
    Value w = packed ? loadPacked(r, weight, 0, 1, Value(), n, k, type)
                     : r.loadFloat(weight, {n, k}, type);
    return r.mul(r.loadFloat(x, {i, k}, type), w);
  });
}

namespace {

struct LowerMatmul : OpRewritePattern<KernelMatmulOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(KernelMatmulOp op,
                                PatternRewriter &rewriter) const override {
    Reference r(op, rewriter);
    // f32, or f64 in a module of f64.
    Type type = op.getBody().getArgument(0).getType();
    Value experts;
    if (op.getOffsets())
      experts =
          expertOfRows(r, op.getOffsets(), r.size(op.getOuts().front(), 0));
    r.replace(op, r.write(op.getOuts(), [&](Indices at, ValueRange) {
      Value row = op.getGather() ? r.loadIndex(op.getGather(), at[0]) : at[0];
      Value expert = experts ? r.load(experts, at[0]) : Value();
      int64_t count = op.getAccumulators();
      Values acc;
      for (int64_t j = 0; j < count; ++j)
        acc.push_back(r.sum(r.dim(op.getLhs(), 1), type, [&](Value k) {
          Values place = expert ? Values{expert, at[1], k} : Values{at[1], k};
          Value weight = op.getPacked()
                             ? loadPacked(r, op.getWeights()[0], j, count,
                                          expert, at[1], k, type)
                             : r.loadFloat(op.getWeights()[j], place, type);
          return r.mul(r.loadFloat(op.getLhs(), {row, k}, type), weight);
        }));
      return epilogue(r, op.getBody().front(), acc, op.getExtras(),
                      op.getKinds(), at[0], at[1], expert);
    }));
    return success();
  }
};

struct LowerKernelCombine : OpRewritePattern<KernelCombineOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(KernelCombineOp op,
                                PatternRewriter &rewriter) const override {
    Reference r(op, rewriter);
    Type type = op.getBody().getArgument(0).getType();
    Value choices = r.dim(op.getWeights(), 1);
    r.replace(op, r.write(op.getOuts(), [&](Indices at, ValueRange) {
      Value acc = r.sum(choices, type, [&](Value c) {
        Value row = r.loadIndex(op.getInverse(), {at[0], c});
        return r.mul(r.loadFloat(op.getWeights(), {at[0], c}, type),
                     r.loadFloat(op.getRows(), {row, at[1]}, type));
      });
      return epilogue(r, op.getBody().front(), acc, op.getExtras(),
                      op.getKinds(), at[0], at[1], Value());
    }));
    return success();
  }
};

struct LowerKernelAttention : OpRewritePattern<KernelAttentionOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(KernelAttentionOp op,
                                PatternRewriter &rewriter) const override {
    Reference r(op, rewriter);
    AttentionOptions options{op.getScale().convertToDouble(), op.getCausal()};
    Value start = op.getStart();
    Value keys =
        storeKeys(r, rotated(r, op, op.getK()), start, op.getOuts()[1]);
    Value values = storeKeys(r, op.getV(), start, op.getOuts()[2]);
    auto read = [&](Value store, Indices at, Type type) {
      return r.loadFloat(store, {at[0], at[2], at[1], at[3]}, type);
    };
    Value result = attend(
        r, rotated(r, op, op.getQ()),
        [&](Indices at, Type type) { return read(keys, at, type); },
        [&](Indices at, Type type) { return read(values, at, type); },
        r.size(op.getK(), 2), start, op.getSegments(), options,
        op.getOuts()[0]);
    r.replace(op, {result, keys, values});
    return success();
  }

  /// x turned by the table's angles, rounded to its own type.
  static Value rotated(Reference &r, KernelAttentionOp op, Value x) {
    Value table = op.getTable();
    if (!table)
      return x;
    Type type = computeType({x, table});
    Value half = r.div(r.dim(x, 3), r.index(2));
    return r.generate(r.sizes(x), elementOf(x), [&](Indices at) {
      Value position = at[1], d = at[3];
      if (op.getStart())
        position = r.add(position, r.loadIndex(op.getStart(), at[0]));
      Value isFirst = r.less(d, half);
      Value i = r.select(isFirst, d, r.sub(d, half));
      Value other = r.select(isFirst, r.add(d, half), r.sub(d, half));
      Value cos = r.loadFloat(table, {position, i}, type),
            sin = r.loadFloat(table, {position, r.add(i, half)}, type);
      Value own = r.mul(r.loadFloat(x, at, type), cos);
      Value turned =
          r.mul(r.loadFloat(x, {at[0], at[1], at[2], other}, type), sin);
      return r.toFloat(
          r.select(isFirst, r.sub(own, turned), r.add(own, turned)),
          elementOf(x));
    });
  }
};

struct LowerKernelRmsNorm : OpRewritePattern<KernelRmsNormOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(KernelRmsNormOp op,
                                PatternRewriter &rewriter) const override {
    Reference r(op, rewriter);
    r.replace(op, rmsNorm(r, op.getX(), op.getWeight(),
                          op.getEpsilon().convertToDouble(), op.getOuts()[0]));
    return success();
  }
};

struct LowerKernelRouter : OpRewritePattern<KernelRouterOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(KernelRouterOp op,
                                PatternRewriter &rewriter) const override {
    Reference r(op, rewriter);
    Type type = computeType({op.getX(), op.getWeight()});
    RouteOptions options;
    options.topK = op.getTopK();
    options.numShared = op.getNumShared();
    options.scoring = op.getScoring();
    options.order = op.getOrder();
    options.normalize = op.getNormalize();
    options.epsilon = op.getEpsilon().convertToDouble();
    options.scale = op.getScale().convertToDouble();
    // Rows of the weight: the routed experts, then the scored shared ones.
    OpFoldResult tokens = r.size(op.getX(), 0);
    int64_t sharedCount = op.getSharedScored() ? options.numShared : 0;
    OpFoldResult rows = r.size(op.getWeight(), 0);
    Value routed = r.sub(r.asValue(rows), r.index(sharedCount));
    std::optional<int64_t> known = getConstantIntValue(rows);
    OpFoldResult experts =
        known ? OpFoldResult(r.b.getIndexAttr(*known - sharedCount)) : routed;
    Value logits =
        r.generate({tokens, experts}, type, [&](Indices at) {
          return dot(r, op.getX(), at[0], op.getWeight(), /*packed=*/false,
                     at[1], type);
        });
    if (op.getPool())
      logits = maskRows(r, logits, op.getPool(), op.getSegments(),
                        r.empty(r.sizes(logits), type));
    Value shared;
    if (op.getSharedScored())
      shared = r.generate(
          {tokens, r.b.getIndexAttr(options.numShared)}, type, [&](Indices at) {
            return dot(r, op.getX(), at[0], op.getWeight(),
                       /*packed=*/false, r.add(routed, at[1]), type);
          });
    Values results =
        route(r, logits, op.getBias(), shared, options, op.getOuts());
    if (op.getOuts().size() == 3) {
      Value scores = scoreRows(r, logits, options.scoring);
      results.push_back(r.writeOne(op.getOuts()[2], [&](Indices at) {
        return r.load(scores, at);
      }));
    }
    r.replace(op, results);
    return success();
  }
};

struct LowerKernelRowDot : OpRewritePattern<KernelRowDotOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(KernelRowDotOp op,
                                PatternRewriter &rewriter) const override {
    Reference r(op, rewriter);
    r.replace(op, rowDot(r, op.getA(), op.getB(), op.getOuts()[0]));
    return success();
  }
};

struct LowerKernelGroupByExpert : OpRewritePattern<KernelGroupByExpertOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(KernelGroupByExpertOp op,
                                PatternRewriter &rewriter) const override {
    Reference r(op, rewriter);
    r.replace(op, groupByExpert(r, op.getIndices(), op.getOuts()));
    return success();
  }
};

struct LowerKernelGatherRows : OpRewritePattern<KernelGatherRowsOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(KernelGatherRowsOp op,
                                PatternRewriter &rewriter) const override {
    Reference r(op, rewriter);
    r.replace(op, r.writeOne(op.getOuts()[0], [&](Indices at) {
      return r.load(op.getTable(), {r.loadIndex(op.getIds(), at[0]), at[1]});
    }));
    return success();
  }
};

struct LowerKernelWeightGradient : OpRewritePattern<KernelWeightGradientOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(KernelWeightGradientOp op,
                                PatternRewriter &rewriter) const override {
    Reference r(op, rewriter);
    Type type = computeType({op.getDy(), op.getX()});
    Value offsets = op.getOffsets();
    r.replace(op, r.writeOne(op.getOuts()[0], [&](Indices at) {
      Value n = at[at.size() - 2], k = at.back();
      Value first = r.index(0), end = r.dim(op.getDy(), 0);
      if (offsets) {
        first = r.loadIndex(offsets, at[0]);
        end = r.loadIndex(offsets, r.add(at[0], r.index(1)));
      }
      Value sum = r.sum(r.sub(end, first), type, [&](Value step) {
        Value i = r.add(first, step);
        Value row = op.getGather() ? r.loadIndex(op.getGather(), i) : i;
        return r.mul(r.loadFloat(op.getDy(), {i, n}, type),
                     r.loadFloat(op.getX(), {row, k}, type));
      });
      return r.toFloat(sum, elementOf(op.getOuts()[0]));
    }));
    return success();
  }
};

struct LowerKernelLoss : OpRewritePattern<KernelLossOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(KernelLossOp op,
                                PatternRewriter &rewriter) const override {
    Reference r(op, rewriter);
    Type type = computeType({op.getX(), op.getWeight()});
    Sizes sizes{r.size(op.getX(), 0), r.b.getIndexAttr(op.getVocabSize())};
    Value logits = r.generate(sizes, type, [&](Indices at) {
      return dot(r, op.getX(), at[0], op.getWeight(), op.getPacked(), at[1],
                 type);
    });
    r.replace(op, crossEntropy(r, logits, op.getTargets(), op.getOuts()[0]));
    return success();
  }
};

struct LowerKernelSample : OpRewritePattern<KernelSampleOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(KernelSampleOp op,
                                PatternRewriter &rewriter) const override {
    Reference r(op, rewriter);
    r.replace(op, sampleRows(r, op.getLogits(), op.getSampling(),
                             op.getOuts()[0]));
    return success();
  }
};

} // namespace

void emo::populateKernelsToLinalg(RewritePatternSet &patterns) {
  patterns.add<LowerMatmul, LowerKernelCombine, LowerKernelAttention,
               LowerKernelRmsNorm, LowerKernelRowDot, LowerKernelRouter, LowerKernelGroupByExpert,
               LowerKernelGatherRows, LowerKernelWeightGradient, LowerKernelLoss, LowerKernelSample>(patterns.getContext());
}
