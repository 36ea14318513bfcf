// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Routing: linear (+ mask_experts) + route (+ router_scores) -> kernel.router
// when nothing else reads the logits; group_by_expert.
#include "Utils.h"
#include "mlir/Interfaces/ValueBoundsOpInterface.h"

using namespace mlir;
using namespace emo;

/// What `value` lists as rows, when nothing else reads it.
static Value throughCollapse(Value value) {
  while (auto collapse = value.getDefiningOp<tensor::CollapseShapeOp>()) {
    if (!collapse.getSrc().hasOneUse() ||
        collapse.getResultType().getShape().back() !=
            collapse.getSrcType().getShape().back())
      break;
    value = collapse.getSrc();
  }
  return value;
}

/// When `value` is columns [offset, offset + its width) of all rows of a wider
/// value: that value.
static Value throughColumns(Value value, int64_t offset) {
  auto slice = value.getDefiningOp<tensor::ExtractSliceOp>();
  if (!slice || slice.getSourceType().getRank() != 2 ||
      slice.getType().getRank() != 2 || slice.getStaticOffset(0) != 0 ||
      slice.getStaticOffset(1) != offset || !slice.hasUnitStride())
    return {};
  FailureOr<bool> allRows = ValueBoundsConstraintSet::areEqual(
      {slice.getResult(), 0}, {slice.getSource(), 0});
  return succeeded(allRows) && *allRows ? slice.getSource() : Value();
}

namespace {

struct ConvertRouter : OpRewritePattern<RouteOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(RouteOp op,
                                PatternRewriter &rewriter) const override {
    if (op.getNumGroups() != 1 || op.getSparseMixer())
      return rewriter.notifyMatchFailure(
          op, "no kernel for expert groups and the sparse mixer");
    auto logitsType = cast<RankedTensorType>(op.getLogits().getType());
    if (logitsType.isDynamicDim(1) ||
        !getElementTypeOrSelf(op.getWeights()).isF32() ||
        !haveKernelTypes(op->getOperands()) ||
        !haveKernelTypes(op->getResults()))
      return rewriter.notifyMatchFailure(op, "no kernel for the types");
    RouterScoresOp scores = findScores(op);
    Value routedLogits = op.getLogits();
    auto mask = routedLogits.getDefiningOp<MaskExpertsOp>();
    if (!isReadBy(routedLogits, {op, scores}))
      return rewriter.notifyMatchFailure(op, "the logits have other users");
    if (mask)
      routedLogits = mask.getLogits();
    if (mask && !isReadBy(routedLogits, {mask}))
      return rewriter.notifyMatchFailure(op, "the logits have other users");
    LinearOp linear = findLogits(op, routedLogits, logitsType.getDimSize(1));
    if (!linear)
      return rewriter.notifyMatchFailure(op,
                                         "the logits are not those of a linear "
                                         "layer, or they have other users");
    auto weightType = cast<RankedTensorType>(linear.getWeight().getType());
    int64_t scored =
        logitsType.getDimSize(1) +
        (op.getSharedLogits() ? static_cast<int64_t>(op.getNumShared()) : 0);
    if (linear.getBias() || !getElementTypeOrSelf(linear.getResult()).isF32() ||
        !haveKernelTypes(linear->getOperands()) ||
        !weightType.hasStaticShape() || weightType.getDimSize(0) != scored)
      return rewriter.notifyMatchFailure(
          op, "the router kernel has f32 logits without a bias");

    // Widening x is exact: the kernel does it.
    Value x = linear.getX();
    if (auto extend = x.getDefiningOp<arith::ExtFOp>();
        extend && haveKernelTypes(extend.getIn()))
      x = extend.getIn();
    Location loc = op.getLoc();
    x = toRows(rewriter, loc, x);
    int64_t choices =
        cast<RankedTensorType>(op.getWeights().getType()).getDimSize(1);
    Value weights = emptyRows(rewriter, loc, x, choices,
                              getElementTypeOrSelf(op.getWeights()));
    Value indices = emptyRows(rewriter, loc, x, choices, rewriter.getI32Type());
    SmallVector<Value> outs{weights, indices};
    if (scores)
      outs.push_back(emptyRows(rewriter, loc, x, logitsType.getDimSize(1),
                               rewriter.getF32Type()));
    auto router = KernelRouterOp::create(
        rewriter, loc, TypeRange(ValueRange(outs)), x, linear.getWeight(),
        op.getBias(), mask ? mask.getPool() : Value(),
        mask ? mask.getSegments() : Value(), outs,
        op.getTopKAttr(), op.getNumSharedAttr(), op.getScoringAttr(),
        op.getOrderAttr(), op.getNormalizeAttr(), op.getEpsilonAttr(),
        op.getScaleAttr(),
        op.getSharedLogits() ? rewriter.getUnitAttr() : UnitAttr());
    rewriter.replaceOp(op, router.getResults().take_front(2));
    if (scores)
      rewriter.replaceOp(scores, router.getResults().back());
    return success();
  }

  static bool isReadBy(Value value, ArrayRef<Operation *> readers) {
    return llvm::all_of(value.getUsers(), [&](Operation *user) {
      return llvm::is_contained(readers, user);
    });
  }

  /// The scores of the op's logits, when nothing needs them before the op.
  static RouterScoresOp findScores(RouteOp op) {
    for (Operation *user : op.getLogits().getUsers())
      if (auto scores = dyn_cast<RouterScoresOp>(user);
          scores && scores.getScoring() == op.getScoring() &&
          haveKernelTypes(scores.getScores()) &&
          getElementTypeOrSelf(scores.getScores()).isF32() &&
          llvm::all_of(scores->getUsers(), [&](Operation *reader) {
            return reader->getBlock() == op->getBlock() &&
                   op->isBeforeInBlock(reader);
          }))
        return scores;
    return {};
  }

  /// The linear layer whose output is exactly the logits (then shared logits);
  /// nothing else reads `logits`, nor what is found.
  static LinearOp findLogits(RouteOp op, Value logits, int64_t numRouted) {
    if (!op.getSharedLogits())
      return throughCollapse(logits).getDefiningOp<LinearOp>();
    Value routed = throughColumns(logits, 0),
          shared = throughColumns(op.getSharedLogits(), numRouted);
    if (!routed || routed != shared || !op.getSharedLogits().hasOneUse())
      return {};
    // Besides the two slices only sizes may be asked for.
    if (llvm::count_if(routed.getUsers(), [](Operation *user) {
          return !isa<tensor::DimOp>(user);
        }) != 2)
      return {};
    if (auto collapse = routed.getDefiningOp<tensor::CollapseShapeOp>();
        collapse && collapse.getSrc().hasOneUse())
      return collapse.getSrc().getDefiningOp<LinearOp>();
    return routed.getDefiningOp<LinearOp>();
  }
};

struct ConvertGroupByExpert : OpRewritePattern<GroupByExpertOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(GroupByExpertOp op,
                                PatternRewriter &rewriter) const override {
    auto indicesType = cast<RankedTensorType>(op.getIndices().getType());
    if (indicesType.isDynamicDim(1))
      return rewriter.notifyMatchFailure(op,
                                         "the number of choices is dynamic");
    Location loc = op.getLoc();
    int64_t choices = indicesType.getDimSize(1);
    Type i32 = rewriter.getI32Type();
    OpFoldResult tokens =
        tensor::getMixedSize(rewriter, loc, op.getIndices(), 0);
    if (auto size = getConstantIntValue(tokens))
      tokens = rewriter.getIndexAttr(*size * choices);
    else
      tokens = arith::MulIOp::create(
                   rewriter, loc, cast<Value>(tokens),
                   arith::ConstantIndexOp::create(rewriter, loc, choices))
                   .getResult();
    int64_t experts = static_cast<int64_t>(op.getNumExperts());
    Value offsets = tensor::EmptyOp::create(
        rewriter, loc, ArrayRef<int64_t>{experts + 1}, i32);
    Value sorted = tensor::EmptyOp::create(rewriter, loc, {tokens}, i32);
    Value inverse = emptyRows(rewriter, loc, op.getIndices(), choices, i32);
    SmallVector<Value> outs{offsets, sorted, inverse};
    auto group = KernelGroupByExpertOp::create(
        rewriter, loc, TypeRange(ValueRange(outs)), op.getIndices(), outs);
    // A static size of `tokens` does not say what T is.
    SmallVector<Value> results(group.getResults());
    for (auto [value, type] : llvm::zip_equal(results, op->getResultTypes()))
      if (value.getType() != type)
        value = tensor::CastOp::create(rewriter, loc, type, value);
    rewriter.replaceOp(op, results);
    return success();
  }
};

} // namespace

void emo::populateRoutingPatterns(RewritePatternSet &patterns) {
  patterns.add<ConvertRouter, ConvertGroupByExpert>(patterns.getContext());
}
