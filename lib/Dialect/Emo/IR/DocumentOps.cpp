// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Constraints and shapes of document scope; the numbers are those of docs/dialect.md.
#include "Verify.h"

using namespace mlir;
using namespace emo;

//===----------------------------------------------------------------------===//
// emo.document_segments
//===----------------------------------------------------------------------===//

NamedShapes DocumentSegmentsOp::getNamedShapes() {
  NamedShapes shapes(*this);
  return std::move(shapes.add("ids", getIds(), "B, S").add("segments", getSegments(), "B, S").add("count", getCount(), ""));
}

LogicalResult DocumentSegmentsOp::verify() {
  // C1
  if (failed(getNamedShapes().verify()))
    return failure();
  // C2
  unsigned bits = getElementTypeOrSelf(getIds()).getIntOrFloatBitWidth();
  auto fits = [&](StringRef name, int64_t id) -> LogicalResult {
    if (llvm::isIntN(bits, id))
      return success();
    return emitOpError() << "expects '" << name << "' to be a value of the ids' type " << getElementTypeOrSelf(getIds()) << ", got " << id;
  };
  if (failed(fits("eos", getEos())) || (getPad() && failed(fits("pad", *getPad()))))
    return failure();
  // C3
  if (getPad() && *getPad() == getEos())
    return emitOpError() << "expects 'pad' to differ from 'eos', got " << *getPad() << " for both";
  return success();
}

//===----------------------------------------------------------------------===//
// emo.document_pool
//===----------------------------------------------------------------------===//

NamedShapes DocumentPoolOp::getNamedShapes() {
  NamedShapes shapes(*this);
  shapes.add("scores", getScores(), "T, R").add("segments", getSegments(), "T").add("sizes", getSizes(), "D");
  return std::move(shapes.add("pool", getPool(), "D, R"));
}

LogicalResult DocumentPoolOp::verify() { return getNamedShapes().verify(); }

/// Sizes that no expert is beyond: every pool is whole.
LogicalResult DocumentPoolOp::canonicalize(DocumentPoolOp op, PatternRewriter &rewriter) {
  int64_t experts = op.getScores().getType().getDimSize(1);
  std::optional<int64_t> size = getSplatInteger(op.getSizes());
  if (ShapedType::isDynamic(experts) || !size || *size < experts)
    return failure();
  ReifiedRankedShapedTypeDims shapes;
  op.getNamedShapes().reify(rewriter, shapes);
  SmallVector<Value> dynamic = llvm::map_to_vector(
      llvm::make_filter_range(shapes.front(), llvm::IsaPred<Value>), [](OpFoldResult size) { return cast<Value>(size); });
  Value kept = arith::ConstantOp::create(rewriter, op.getLoc(), rewriter.getBoolAttr(true));
  rewriter.replaceOpWithNewOp<tensor::SplatOp>(op, op.getPool().getType(), kept, dynamic);
  return success();
}

//===----------------------------------------------------------------------===//
// emo.mask_experts
//===----------------------------------------------------------------------===//

NamedShapes MaskExpertsOp::getNamedShapes() {
  NamedShapes shapes(*this);
  shapes.add("logits", getLogits(), "T, R").add("pool", getPool(), "D, R").add("segments", getSegments(), "T");
  return std::move(shapes.add("result", getResult(), "T, R"));
}

LogicalResult MaskExpertsOp::verify() {
  // C1
  NamedShapes shapes = getNamedShapes();
  if (failed(shapes.verify()))
    return failure();
  // C3
  if (!getSegments() && shapes.size("D") != 1)
    return emitOpError() << "expects 'segments' with a pool of other than 1 row, got " << getPool().getType();
  return success();
}

/// Whole pools and tokens of no document mask nothing.
LogicalResult MaskExpertsOp::canonicalize(MaskExpertsOp op, PatternRewriter &rewriter) {
  std::optional<int64_t> kept = getSplatInteger(op.getPool()), segment;
  if (op.getSegments())
    segment = getSplatInteger(op.getSegments());
  if (kept != 1 && segment != -1)
    return failure();
  rewriter.replaceOp(op, op.getLogits());
  return success();
}
