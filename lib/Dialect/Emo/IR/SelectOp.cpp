// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// emo.select: constraints, shapes, and how it moves towards parameters. The numbers of constraints are those of docs/dialect.md.
#include "Verify.h"

#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace emo;

/// "a, N, c": a letter for each dimension, `selected` in place of the chosen one.
static StringRef dimNames(MLIRContext *context, int64_t rank, int64_t dim, StringRef selected) {
  SmallVector<std::string> names;
  for (int64_t d = 0; d < rank; ++d)
    names.push_back(d == dim ? selected.str() : std::string(1, char('a' + d)));
  return StringAttr::get(context, llvm::join(names, ", ")).getValue(); // lives as long as the context
}

NamedShapes SelectOp::getNamedShapes() {
  NamedShapes shapes(*this);
  int64_t rank = cast<RankedTensorType>(getX().getType()).getRank(), dim = getDim();
  shapes.fix("n", getIndices().size(), "indices").add("x", getX(), dimNames(getContext(), rank, dim, "N"));
  return std::move(shapes.add("result", getResult(), dimNames(getContext(), rank, dim, "n")));
}

LogicalResult SelectOp::verify() {
  auto type = cast<RankedTensorType>(getX().getType());
  // C1
  if (type.getRank() == 0 || type.getRank() > 8)
    return emitOpError() << "expects 'x' of rank 1 to 8, got " << type;
  if (failed(verifyRange(*this, "dim", getDim(), 0, type.getRank() - 1)))
    return failure();
  // C2
  if (getIndices().empty())
    return emitOpError() << "expects at least 1 index, got none";
  int64_t size = type.getDimSize(getDim()), most = ShapedType::isDynamic(size) ? maxCount : size - 1;
  for (int64_t index : getIndices())
    if (failed(verifyRange(*this, "indices", index, 0, most)))
      return failure();
  // C3
  if (failed(getNamedShapes().verify()))
    return failure();
  // C4
  if (getElementTypeOrSelf(getResult()) != type.getElementType())
    return emitOpError() << "expects 'result' of the elements of 'x', " << type.getElementType() << ", got " << getResult().getType();
  return success();
}

/// All indices in order are no choice.
OpFoldResult SelectOp::fold(FoldAdaptor) {
  auto type = cast<RankedTensorType>(getX().getType());
  bool all = type == getResult().getType() && type.getDimSize(getDim()) == int64_t(getIndices().size());
  for (auto [i, index] : llvm::enumerate(getIndices()))
    all &= index == int64_t(i);
  return all ? getX() : Value();
}

/// A selection from one dimension of `value`.
static Value select(PatternRewriter &rewriter, Location loc, Value value, int64_t dim, ArrayRef<int64_t> indices) {
  auto type = cast<RankedTensorType>(value.getType());
  SmallVector<int64_t> shape(type.getShape());
  shape[dim] = indices.size();
  return SelectOp::create(rewriter, loc, type.clone(shape), value, rewriter.getI64IntegerAttr(dim), rewriter.getDenseI64ArrayAttr(indices));
}

/// Indices of the source's dimension when a slice of it starts at `offset`.
static SmallVector<int64_t> shifted(ArrayRef<int64_t> indices, int64_t offset) {
  return llvm::map_to_vector(indices, [&](int64_t index) { return index + offset; });
}

/// Towards the parameters: selected outputs of a linear layer are those of selected rows of its weights.
LogicalResult SelectOp::canonicalize(SelectOp op, PatternRewriter &rewriter) {
  Operation *source = op.getX().getDefiningOp();
  Location loc = op.getLoc();
  int64_t dim = op.getDim(), last = cast<RankedTensorType>(op.getX().getType()).getRank() - 1;
  ArrayRef<int64_t> indices = op.getIndices();
  // What computes `x` would be computed twice if something else read it.
  if (!source || !source->hasOneUse())
    return failure();
  Type result = op.getResult().getType();
  if (auto inner = dyn_cast<SelectOp>(source); inner && int64_t(inner.getDim()) == dim) {
    SmallVector<int64_t> composed = llvm::map_to_vector(indices, [&](int64_t index) { return inner.getIndices()[index]; });
    rewriter.replaceOpWithNewOp<SelectOp>(op, result, inner.getX(), op.getDimAttr(), rewriter.getDenseI64ArrayAttr(composed));
    return success();
  }
  if (auto linear = dyn_cast<LinearOp>(source); linear && dim == last) {
    Value weight = select(rewriter, loc, linear.getWeight(), 0, indices);
    Value bias = linear.getBias() ? select(rewriter, loc, linear.getBias(), 0, indices) : Value();
    rewriter.replaceOpWithNewOp<LinearOp>(op, result, linear.getX(), weight, bias);
    return success();
  }
  if (isa<arith::ExtFOp, arith::TruncFOp, arith::AddFOp, arith::MulFOp>(source)) {
    SmallVector<Value> operands;
    for (Value operand : source->getOperands())
      operands.push_back(select(rewriter, loc, operand, dim, indices));
    rewriter.replaceOp(op, rewriter.create(source->getLoc(), source->getName().getIdentifier(), operands, result, source->getAttrs()));
    return success();
  }
  if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(source)) {
    SmallVector<ReassociationIndices> groups = collapse.getReassociationIndices();
    if (groups[dim].size() != 1)
      return failure();
    Value selected = select(rewriter, loc, collapse.getSrc(), groups[dim].front(), indices);
    rewriter.replaceOpWithNewOp<tensor::CollapseShapeOp>(op, result, selected, groups);
    return success();
  }
  if (auto slice = dyn_cast<tensor::ExtractSliceOp>(source)) {
    if (slice.getDroppedDims().any() || !slice.hasUnitStride() || ShapedType::isDynamic(slice.getStaticOffset(dim)))
      return failure();
    Value selected = select(rewriter, loc, slice.getSource(), dim, shifted(indices, slice.getStaticOffset(dim)));
    SmallVector<OpFoldResult> offsets = slice.getMixedOffsets(), sizes = slice.getMixedSizes();
    offsets[dim] = rewriter.getIndexAttr(0);
    sizes[dim] = rewriter.getIndexAttr(indices.size());
    rewriter.replaceOpWithNewOp<tensor::ExtractSliceOp>(op, cast<RankedTensorType>(result), selected, offsets, sizes, slice.getMixedStrides());
    return success();
  }
  return failure();
}
