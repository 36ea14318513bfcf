// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Constraints and shapes of document scope; the numbers are those of docs/dialect.md.
#include "NamedShapes.h"

using namespace mlir;
using namespace emo;

//===----------------------------------------------------------------------===//
// emo.document_segments
//===----------------------------------------------------------------------===//

static NamedShapes shapesOf(DocumentSegmentsOp op) {
  NamedShapes shapes(op);
  return std::move(shapes.add("ids", op.getIds(), "B, S").add("segments", op.getSegments(), "B, S").add("count", op.getCount(), ""));
}

LogicalResult DocumentSegmentsOp::verify() {
  // C1
  if (failed(shapesOf(*this).verify()))
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

LogicalResult DocumentSegmentsOp::reifyResultShapes(OpBuilder &builder, ReifiedRankedShapedTypeDims &results) {
  shapesOf(*this).reify(builder, results);
  return success();
}

//===----------------------------------------------------------------------===//
// emo.document_pool
//===----------------------------------------------------------------------===//

static NamedShapes shapesOf(DocumentPoolOp op) {
  NamedShapes shapes(op);
  shapes.add("scores", op.getScores(), "T, R").add("segments", op.getSegments(), "T").add("sizes", op.getSizes(), "D");
  return std::move(shapes.add("pool", op.getPool(), "D, R"));
}

LogicalResult DocumentPoolOp::verify() { return shapesOf(*this).verify(); }

LogicalResult DocumentPoolOp::reifyResultShapes(OpBuilder &builder, ReifiedRankedShapedTypeDims &results) {
  shapesOf(*this).reify(builder, results);
  return success();
}

//===----------------------------------------------------------------------===//
// emo.mask_experts
//===----------------------------------------------------------------------===//

static NamedShapes shapesOf(MaskExpertsOp op) {
  NamedShapes shapes(op);
  shapes.add("logits", op.getLogits(), "T, R").add("pool", op.getPool(), "D, R").add("segments", op.getSegments(), "T");
  return std::move(shapes.add("result", op.getResult(), "T, R"));
}

LogicalResult MaskExpertsOp::verify() { return shapesOf(*this).verify(); }

LogicalResult MaskExpertsOp::reifyResultShapes(OpBuilder &builder, ReifiedRankedShapedTypeDims &results) {
  shapesOf(*this).reify(builder, results);
  return success();
}
