// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Proof that a function works on each token by itself, but for attention.
#include "emo/Transforms/SequenceAnalysis.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace emo;

bool TokenShape::dependsOnTokens() const {
  return part != GroupPart::None ||
         llvm::any_of(axes, [](Axis axis) { return axis != Axis::Free; });
}

ScalarKind SequenceAnalysis::scalar(Value value) const {
  auto found = scalars.find(value);
  return found == scalars.end() ? ScalarKind::Other : found->second;
}

LogicalResult SequenceAnalysis::fail(Operation *op, const Twine &message) {
  failedOp = op;
  reason = ("'" + op->getName().getStringRef() + "' op " + message).str();
  return failure();
}

void SequenceAnalysis::set(Value value, ArrayRef<Axis> axes) {
  shapes[value].axes.assign(axes.begin(), axes.end());
}

/// `value` has the axes of `like` without the last `drop`, then free ones.
void SequenceAnalysis::setLeading(Value value, Value like, unsigned drop) {
  SmallVector<Axis> axes(ArrayRef<Axis>(shape(like).axes).drop_back(drop));
  axes.resize(cast<RankedTensorType>(value.getType()).getRank(), Axis::Free);
  set(value, axes);
}

std::optional<Axis> SequenceAnalysis::axisOfSize(OpFoldResult size) const {
  if (getConstantIntValue(size))
    return Axis::Free;
  switch (scalar(cast<Value>(size))) {
  case ScalarKind::BatchSize:
    return Axis::Batch;
  case ScalarKind::SequenceSize:
    return Axis::Sequence;
  case ScalarKind::RowsSize:
    return Axis::Rows;
  case ScalarKind::Constant:
    return Axis::Free;
  case ScalarKind::Other:
    return std::nullopt;
  }
  llvm_unreachable("all kinds handled");
}

bool SequenceAnalysis::isSize(OpFoldResult size, Axis axis) const {
  if (std::optional<int64_t> constant = getConstantIntValue(size))
    return axis == Axis::Batch && *constant == staticBatch;
  std::optional<Axis> found = axisOfSize(size);
  // Rows of a batch of one are its sequence.
  auto isTokens = [](Axis a) { return a == Axis::Sequence || a == Axis::Rows; };
  if (staticBatch == 1 && found && isTokens(*found) && isTokens(axis))
    return true;
  return axis != Axis::Free && found == axis;
}

std::optional<Axis> SequenceAnalysis::merge(Axis lhs, Axis rhs) const {
  if (lhs == rhs)
    return lhs;
  // A static batch may meet constants of its size.
  if (lhs == Axis::Free && rhs == Axis::Batch)
    return rhs;
  if (rhs == Axis::Free && lhs == Axis::Batch)
    return lhs;
  return std::nullopt;
}

bool SequenceAnalysis::isFree(Value value) const {
  return !value || !shape(value).dependsOnTokens();
}

/// [rows, free ..].
bool SequenceAnalysis::isRows(Value value) const {
  const TokenShape &found = shape(value);
  return found.part == GroupPart::None && !found.axes.empty() &&
         found.axes.front() == Axis::Rows &&
         llvm::all_of(ArrayRef<Axis>(found.axes).drop_front(),
                      [](Axis axis) { return axis == Axis::Free; });
}

LogicalResult SequenceAnalysis::run(func::FuncOp func, BlockArgument ids) {
  auto type = dyn_cast<RankedTensorType>(ids.getType());
  if (!func.getBody().hasOneBlock())
    return fail(func, "has control flow between blocks");
  if (!type || type.getRank() != 2)
    return fail(func, "expects token ids of shape [batch, sequence]");
  if (!type.isDynamicDim(1))
    return fail(func, "has a fixed sequence length");
  staticBatch = type.getDimSize(0);
  set(ids, {Axis::Batch, Axis::Sequence});
  for (Operation &op : func.front().without_terminator())
    if (failed(visit(&op)))
      return failure();
  return success();
}

LogicalResult SequenceAnalysis::visit(Operation *op) {
  for (Value operand : op->getOperands())
    if (auto argument = dyn_cast<BlockArgument>(operand);
        argument && isa<TensorType>(operand.getType()) &&
        !shapes.contains(operand))
      return fail(op, "reads input " + Twine(argument.getArgNumber()) +
                          ", which is not the token ids");
  if (isa<ParamRefOp>(op) || op->hasTrait<OpTrait::ConstantLike>()) {
    for (Value result : op->getResults()) {
      if (auto type = dyn_cast<RankedTensorType>(result.getType()))
        set(result, SmallVector<Axis>(type.getRank(), Axis::Free));
      else
        scalars[result] = ScalarKind::Constant;
    }
    return success();
  }
  if (llvm::none_of(op->getResultTypes(), llvm::IsaPred<TensorType>))
    return visitScalar(op);
  if (llvm::any_of(op->getOperands(), [&](Value operand) {
        return isa<TensorType>(operand.getType()) && !shapes.contains(operand);
      }))
    return fail(op, "uses a value of unknown origin");
  if (isa<linalg::LinalgOp>(op))
    return visitLinalg(op);
  if (isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp, tensor::EmptyOp>(op))
    return visitReshape(op);
  if (auto slice = dyn_cast<tensor::ExtractSliceOp>(op))
    return visitSlice(slice);
  if (auto cast = dyn_cast<tensor::CastOp>(op)) {
    shapes[cast.getDest()] = TokenShape(shape(cast.getSource()));
    return success();
  }
  if (isa<GroupByExpertOp, DispatchOp, GroupedMatmulOp, ExpertMlpOp, CombineOp>(
          op))
    return visitExpertOp(op);
  if (isa<EmoDialect>(op->getDialect()))
    return visitModelOp(op);
  if (OpTrait::hasElementwiseMappableTraits(op))
    return visitElementwise(op);
  return fail(op, "is not known to work on each token by itself");
}

/// Sizes and arithmetic on them.
LogicalResult SequenceAnalysis::visitScalar(Operation *op) {
  if (!isMemoryEffectFree(op) || op->getNumRegions() != 0)
    return fail(op, "is not known to work on each token by itself");
  ScalarKind kind = ScalarKind::Other;
  auto operandsAre = [&](ScalarKind lhs, ScalarKind rhs) {
    if (op->getNumOperands() != 2)
      return false;
    ScalarKind first = scalar(op->getOperand(0)),
               second = scalar(op->getOperand(1));
    return (first == lhs && second == rhs) || (first == rhs && second == lhs);
  };
  if (auto dim = dyn_cast<tensor::DimOp>(op)) {
    std::optional<int64_t> index = dim.getConstantIndex();
    auto found = shapes.find(dim.getSource());
    if (index && found != shapes.end() &&
        found->second.part == GroupPart::None) {
      constexpr ScalarKind kinds[] = {
          ScalarKind::Constant, ScalarKind::BatchSize, ScalarKind::SequenceSize,
          ScalarKind::RowsSize};
      kind = kinds[static_cast<int>(found->second.axes[*index])];
    }
  } else if (isa<arith::IndexCastOp>(op)) {
    kind = scalar(op->getOperand(0));
  } else if (isa<arith::MulIOp>(op) &&
             operandsAre(ScalarKind::BatchSize, ScalarKind::SequenceSize)) {
    kind = ScalarKind::RowsSize;
  } else if (auto apply = dyn_cast<affine::AffineApplyOp>(op);
             apply && apply.getAffineMap().getNumResults() == 1 &&
             operandsAre(ScalarKind::BatchSize, ScalarKind::SequenceSize)) {
    AffineMap map = apply.getAffineMap();
    auto product = dyn_cast<AffineBinaryOpExpr>(map.getResult(0));
    if (product && product.getKind() == AffineExprKind::Mul &&
        product.getLHS() != product.getRHS() &&
        isa<AffineDimExpr, AffineSymbolExpr>(product.getLHS()) &&
        isa<AffineDimExpr, AffineSymbolExpr>(product.getRHS()))
      kind = ScalarKind::RowsSize;
  } else if (llvm::none_of(op->getOperands(),
                           [&](Value operand) {
                             return isa<TensorType>(operand.getType());
                           }) &&
             llvm::all_of(op->getOperands(), [&](Value operand) {
               return scalar(operand) == ScalarKind::Constant;
             })) {
    kind = ScalarKind::Constant;
  }
  for (Value result : op->getResults())
    scalars[result] = kind;
  return success();
}

LogicalResult SequenceAnalysis::visitElementwise(Operation *op) {
  TokenShape result;
  bool first = true;
  for (Value operand : op->getOperands()) {
    if (!isa<TensorType>(operand.getType())) {
      if (scalar(operand) != ScalarKind::Constant)
        return fail(op, "computes with a size of the input");
      continue;
    }
    const TokenShape &next = shape(operand);
    if (first) {
      result = next;
      first = false;
      continue;
    }
    if (result.part != next.part || result.group != next.group)
      return fail(op, "combines tokens in different orders");
    for (auto [axis, other] : llvm::zip_equal(result.axes, next.axes)) {
      std::optional<Axis> merged = merge(axis, other);
      if (!merged)
        return fail(op, "combines a dimension of tokens with another one");
      axis = *merged;
    }
  }
  if (result.part != GroupPart::None && result.part != GroupPart::SortedRows)
    return fail(op, "computes with the order of the tokens");
  for (Value value : op->getResults())
    shapes[value] = result;
  return success();
}

/// Each loop gets one axis; reductions may only run over free ones.
LogicalResult SequenceAnalysis::visitLinalg(Operation *op) {
  auto linalgOp = cast<linalg::LinalgOp>(op);
  if (linalgOp.hasIndexSemantics())
    return fail(op, "computes with positions (linalg.index)");
  SmallVector<std::optional<Axis>> loops(linalgOp.getNumLoops());
  for (OpOperand &operand : op->getOpOperands()) {
    if (!isa<TensorType>(operand.get().getType())) {
      if (scalar(operand.get()) != ScalarKind::Constant)
        return fail(op, "computes with a size of the input");
      continue;
    }
    const TokenShape &operandShape = shape(operand.get());
    if (operandShape.part != GroupPart::None)
      return fail(op, "computes on tokens in the order of their experts");
    AffineMap map = linalgOp.getMatchingIndexingMap(&operand);
    for (auto [expr, axis] :
         llvm::zip_equal(map.getResults(), operandShape.axes)) {
      auto dim = dyn_cast<AffineDimExpr>(expr);
      if (!dim) {
        if (axis != Axis::Free)
          return fail(op, "indexes tokens in a way that is not followed");
        continue;
      }
      std::optional<Axis> &loop = loops[dim.getPosition()];
      std::optional<Axis> merged = loop ? merge(*loop, axis) : axis;
      if (!merged)
        return fail(op, "combines a dimension of tokens with another one");
      loop = merged;
    }
  }
  for (auto [loop, iterator] :
       llvm::zip_equal(loops, linalgOp.getIteratorTypesArray()))
    if (iterator != utils::IteratorType::parallel &&
        loop.value_or(Axis::Free) != Axis::Free)
      return fail(op, "reduces over tokens");
  WalkResult captured = op->getRegion(0).walk([&](Operation *inner) {
    for (Value operand : inner->getOperands())
      if (!op->getRegion(0).isAncestor(operand.getParentRegion()) &&
          !(isa<TensorType>(operand.getType())
                ? shapes.contains(operand) && isFree(operand)
                : scalar(operand) == ScalarKind::Constant))
        return WalkResult::interrupt();
    return WalkResult::advance();
  });
  if (captured.wasInterrupted())
    return fail(op, "computes with a value from outside its body");
  for (OpOperand &init : linalgOp.getDpsInitsMutable()) {
    SmallVector<Axis> axes;
    for (AffineExpr expr :
         linalgOp.getMatchingIndexingMap(&init).getResults()) {
      auto dim = dyn_cast<AffineDimExpr>(expr);
      axes.push_back(dim ? *loops[dim.getPosition()] : Axis::Free);
    }
    set(linalgOp.getTiedOpResult(&init), axes);
  }
  return success();
}

LogicalResult SequenceAnalysis::visitReshape(Operation *op) {
  Value result = op->getResult(0);
  SmallVector<Axis> axes;
  if (auto empty = dyn_cast<tensor::EmptyOp>(op)) {
    for (OpFoldResult size : empty.getMixedSizes()) {
      std::optional<Axis> axis = axisOfSize(size);
      if (!axis)
        return fail(op, "has a size that is not one of batch and sequence");
      axes.push_back(*axis);
    }
    set(result, axes);
    return success();
  }
  const TokenShape source = shape(op->getOperand(0));
  if (source.part != GroupPart::None)
    return fail(op, "reshapes tokens in the order of their experts");
  constexpr Axis tokens[] = {Axis::Batch, Axis::Sequence};
  if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(op)) {
    for (const ReassociationIndices &group :
         collapse.getReassociationIndices()) {
      SmallVector<Axis> parts;
      for (int64_t dim : group)
        if (group.size() == 1 || source.axes[dim] != Axis::Free ||
            collapse.getSrcType().getDimSize(dim) != 1)
          parts.push_back(source.axes[dim]);
      if (parts.size() == 1 || llvm::all_equal(parts))
        axes.push_back(parts.empty() ? Axis::Free : parts.front());
      else if (ArrayRef<Axis>(parts) == ArrayRef<Axis>(tokens))
        axes.push_back(Axis::Rows);
      else
        return fail(op, "merges a dimension of tokens with another one");
      if (parts.size() > 1 && axes.back() != Axis::Free &&
          axes.back() != Axis::Rows)
        return fail(op, "merges a dimension of tokens with another one");
    }
    set(result, axes);
    return success();
  }
  auto expand = cast<tensor::ExpandShapeOp>(op);
  SmallVector<OpFoldResult> sizes = expand.getMixedOutputShape();
  axes.resize(sizes.size(), Axis::Free);
  for (auto [axis, group] :
       llvm::zip_equal(source.axes, expand.getReassociationIndices())) {
    if (axis == Axis::Free)
      continue;
    // The dimensions that are not 1 must be the axis itself, or its two parts.
    SmallVector<int64_t> dims(group.begin(), group.end());
    llvm::erase_if(dims, [&](int64_t dim) {
      return group.size() > 1 && isConstantIntValue(sizes[dim], 1) &&
             !(axis != Axis::Sequence && isSize(sizes[dim], Axis::Batch));
    });
    if (group.size() == 1)
      axes[group[0]] = axis;
    else if (dims.size() == 1 && isSize(sizes[dims[0]], axis))
      axes[dims[0]] = axis;
    else if (dims.size() == 2 && axis == Axis::Rows &&
             isSize(sizes[dims[0]], Axis::Batch) &&
             isSize(sizes[dims[1]], Axis::Sequence))
      axes[dims[0]] = Axis::Batch, axes[dims[1]] = Axis::Sequence;
    else
      return fail(op, "splits a dimension of tokens");
  }
  set(result, axes);
  return success();
}

LogicalResult SequenceAnalysis::visitSlice(tensor::ExtractSliceOp op) {
  const TokenShape source = shape(op.getSource());
  if (source.part != GroupPart::None)
    return fail(op, "slices tokens in the order of their experts");
  llvm::SmallBitVector dropped = op.getDroppedDims();
  SmallVector<Axis> axes;
  for (auto [dim, axis] : llvm::enumerate(source.axes)) {
    OpFoldResult size = op.getMixedSizes()[dim];
    if (axis == Axis::Free
            ? !getConstantIntValue(size)
            : !(isSize(size, axis) && op.getStaticOffset(dim) == 0 &&
                op.getStaticStride(dim) == 1))
      return fail(op, "takes some of the tokens");
    if (!dropped[dim])
      axes.push_back(axis);
  }
  set(op.getResult(), axes);
  return success();
}

/// Grouping, expert products and combine together are a sum over a token's own
/// choices, whatever the order in between.
LogicalResult SequenceAnalysis::visitExpertOp(Operation *op) {
  auto is = [&](Value value, GroupPart part, Operation *group) {
    const TokenShape &found = shape(value);
    return found.part == part && found.group == group;
  };
  auto setPart = [&](Value value, GroupPart part, Operation *group) {
    SmallVector<Axis, 4> free(cast<RankedTensorType>(value.getType()).getRank(),
                              Axis::Free);
    shapes[value] = TokenShape{free, part, group};
  };
  if (auto group = dyn_cast<GroupByExpertOp>(op)) {
    if (!isRows(group.getIndices()))
      return fail(op, "expects one row of choices per token");
    setPart(group.getOffsets(), GroupPart::Offsets, op);
    setPart(group.getTokens(), GroupPart::Tokens, op);
    setPart(group.getInverse(), GroupPart::Inverse, op);
    return success();
  }
  if (auto dispatch = dyn_cast<DispatchOp>(op)) {
    const TokenShape tokens = shape(dispatch.getTokens());
    if (!isRows(dispatch.getX()) || tokens.part != GroupPart::Tokens)
      return fail(op, "expects rows of tokens and a grouping of them");
    setPart(dispatch.getRows(), GroupPart::SortedRows, tokens.group);
    return success();
  }
  if (auto combine = dyn_cast<CombineOp>(op)) {
    Operation *group = shape(combine.getInverse()).group;
    if (!is(combine.getInverse(), GroupPart::Inverse, group) ||
        !is(combine.getRows(), GroupPart::SortedRows, group) ||
        !isRows(combine.getWeights()))
      return fail(op, "expects rows, weights and inverse of one grouping");
    setLeading(combine.getResult(), combine.getWeights(), 1);
    return success();
  }
  // Expert products: sorted rows, offsets of the same grouping, parameters.
  Operation *group = shape(op->getOperand(0)).group;
  if (!is(op->getOperand(0), GroupPart::SortedRows, group))
    return fail(op, "expects rows in the order of a grouping");
  for (Value operand : op->getOperands().drop_front())
    if (!is(operand, GroupPart::Offsets, group) && !isFree(operand))
      return fail(op, "expects the offsets of its rows' grouping, and weights "
                      "that do not depend on tokens");
  setPart(op->getResult(0), GroupPart::SortedRows, group);
  return success();
}

LogicalResult SequenceAnalysis::visitModelOp(Operation *op) {
  auto lastIsFree = [&](Value value) {
    const TokenShape &found = shape(value);
    return found.part == GroupPart::None && found.axes.back() == Axis::Free;
  };
  auto isHeads = [&](Value value) {
    constexpr Axis heads[] = {Axis::Batch, Axis::Sequence, Axis::Free,
                              Axis::Free};
    return shape(value).part == GroupPart::None &&
           ArrayRef<Axis>(shape(value).axes) == ArrayRef<Axis>(heads);
  };
  if (isa<LinearOp, RmsNormOp, RouterScoresOp>(op)) {
    if (!lastIsFree(op->getOperand(0)) ||
        !llvm::all_of(op->getOperands().drop_front(),
                      [&](Value operand) { return isFree(operand); }))
      return fail(op,
                  "reduces over tokens, or has weights that depend on them");
    setLeading(op->getResult(0), op->getOperand(0), 1);
    return success();
  }
  if (auto mask = dyn_cast<MaskExpertsOp>(op); mask && !mask.getSegments()) {
    if (!isRows(mask.getLogits()) || !isFree(mask.getPool()))
      return fail(op, "has a pool that depends on tokens");
    setLeading(mask.getResult(), mask.getLogits(), 1);
    return success();
  }
  if (auto select = dyn_cast<SelectOp>(op)) {
    const TokenShape source = shape(select.getX());
    if (source.part != GroupPart::None ||
        source.axes[select.getDim()] != Axis::Free)
      return fail(op, "takes some of the tokens");
    set(select.getResult(), source.axes);
    return success();
  }
  if (auto embedding = dyn_cast<EmbeddingOp>(op)) {
    if (!isFree(embedding.getTable()) ||
        shape(embedding.getIds()).part != GroupPart::None)
      return fail(op, "has a table that depends on tokens");
    setLeading(embedding.getResult(), embedding.getIds(), 0);
    return success();
  }
  if (auto route = dyn_cast<RouteOp>(op)) {
    if (!isRows(route.getLogits()) || !isFree(route.getBias()) ||
        (route.getSharedLogits() && !isRows(route.getSharedLogits())))
      return fail(op, "expects one row of logits per token");
    setLeading(route.getWeights(), route.getLogits(), 1);
    setLeading(route.getIndices(), route.getLogits(), 1);
    return success();
  }
  if (auto rotary = dyn_cast<RotaryOp>(op)) {
    if (!isHeads(rotary.getX()) || rotary.getStart())
      return fail(op, "expects [batch, sequence, heads, dim] and no start");
    setLeading(rotary.getResult(), rotary.getX(), 0);
    return success();
  }
  if (auto attention = dyn_cast<AttentionOp>(op)) {
    if (!isHeads(attention.getQ()) || !isHeads(attention.getK()) ||
        !isHeads(attention.getV()) || attention.getSegments() ||
        attention.getKeyCache() || !attention.getCausal())
      return fail(op, "expects causal attention over [batch, sequence, heads, "
                      "dim] without segments and cache");
    setLeading(attention.getResult(), attention.getQ(), 0);
    return success();
  }
  return fail(op, "does not work on each token by itself");
}
