// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Constraints and shapes of dispatch and experts; the numbers are those of docs/dialect.md.
#include "NamedShapes.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace emo;

//===----------------------------------------------------------------------===//
// emo.group_by_expert
//===----------------------------------------------------------------------===//

static NamedShapes shapesOf(GroupByExpertOp op) {
  NamedShapes shapes(op);
  shapes.fix("E", op.getNumExperts(), "num_experts").add("indices", op.getIndices(), "T, k").add("offsets", op.getOffsets(), "E + 1");
  return std::move(shapes.add("tokens", op.getTokens(), "T * k").add("inverse", op.getInverse(), "T, k"));
}

LogicalResult GroupByExpertOp::verify() {
  // C1
  if (failed(verifyRange(*this, "num_experts", getNumExperts(), 1, maxCount)))
    return failure();
  // C2
  NamedShapes shapes = shapesOf(*this);
  if (failed(shapes.verify()))
    return failure();
  // C3
  int64_t tokens = shapes.size("T"), choices = shapes.size("k"), rows;
  if (!ShapedType::isDynamic(tokens) && !ShapedType::isDynamic(choices) &&
      (llvm::MulOverflow(tokens, choices, rows) || rows > maxCount))
    return emitOpError() << "expects less than 2^31 choices, got T = " << tokens << " and k = " << choices;
  return success();
}

LogicalResult GroupByExpertOp::reifyResultShapes(OpBuilder &builder, ReifiedRankedShapedTypeDims &results) {
  shapesOf(*this).reify(builder, results);
  return success();
}

//===----------------------------------------------------------------------===//
// emo.dispatch
//===----------------------------------------------------------------------===//

static NamedShapes shapesOf(DispatchOp op) {
  NamedShapes shapes(op);
  return std::move(shapes.add("x", op.getX(), "T, H").add("tokens", op.getTokens(), "N").add("rows", op.getRows(), "N, H"));
}

LogicalResult DispatchOp::verify() {
  // C1
  if (failed(shapesOf(*this).verify()))
    return failure();
  // C2
  if (getElementTypeOrSelf(getX()) != getElementTypeOrSelf(getRows()))
    return emitOpError() << "expects 'rows' of the elements of 'x', " << getElementTypeOrSelf(getX()) << ", got " << getRows().getType();
  return success();
}

LogicalResult DispatchOp::reifyResultShapes(OpBuilder &builder, ReifiedRankedShapedTypeDims &results) {
  shapesOf(*this).reify(builder, results);
  return success();
}

//===----------------------------------------------------------------------===//
// emo.grouped_matmul
//===----------------------------------------------------------------------===//

static NamedShapes shapesOf(GroupedMatmulOp op) {
  NamedShapes shapes(op);
  shapes.add("rows", op.getRows(), "N, K").add("weights", op.getWeights(), "E, M, K").add("offsets", op.getOffsets(), "E + 1");
  return std::move(shapes.add("bias", op.getBias(), "E, M").add("result", op.getResult(), "N, M"));
}

LogicalResult GroupedMatmulOp::verify() { return shapesOf(*this).verify(); }

LogicalResult GroupedMatmulOp::reifyResultShapes(OpBuilder &builder, ReifiedRankedShapedTypeDims &results) {
  shapesOf(*this).reify(builder, results);
  return success();
}

//===----------------------------------------------------------------------===//
// emo.expert_mlp
//===----------------------------------------------------------------------===//

static NamedShapes shapesOf(ExpertMlpOp op) {
  NamedShapes shapes(op);
  shapes.add("rows", op.getRows(), "N, H").add("up", op.getUp(), "E, I, H").add("offsets", op.getOffsets(), "E + 1");
  shapes.add("down", op.getDown(), "E, O, I").add("gate", op.getGate(), "E, I, H").add("up_bias", op.getUpBias(), "E, I");
  shapes.add("down_bias", op.getDownBias(), "E, O").add("gate_bias", op.getGateBias(), "E, I");
  return std::move(shapes.add("result", op.getResult(), "N, O"));
}

LogicalResult ExpertMlpOp::verify() {
  // C1
  if (failed(shapesOf(*this).verify()))
    return failure();
  // C2
  if (!getGate() && (getGateBias() || getLimit() || !getBeta().isZero()))
    return emitOpError() << "expects a 'gate' with " << (getGateBias() ? "'gate_bias'" : getLimit() ? "'limit'" : "'beta'")
                         << ", got none";
  // C3
  if (getActivation() != Activation::Silu && !getAlpha().isExactlyValue(1.0))
    return emitOpError() << "expects 'alpha' with the activation silu only, got " << stringifyActivation(getActivation());
  // C4
  if (getLimit() && failed(verifyFinite(*this, "limit", *getLimit(), 0)))
    return failure();
  return failure(failed(verifyFinite(*this, "alpha", getAlpha())) || failed(verifyFinite(*this, "beta", getBeta())));
}

LogicalResult ExpertMlpOp::reifyResultShapes(OpBuilder &builder, ReifiedRankedShapedTypeDims &results) {
  shapesOf(*this).reify(builder, results);
  return success();
}

//===----------------------------------------------------------------------===//
// emo.combine
//===----------------------------------------------------------------------===//

static NamedShapes shapesOf(CombineOp op) {
  NamedShapes shapes(op);
  shapes.add("rows", op.getRows(), "N, H").add("weights", op.getWeights(), "T, k").add("inverse", op.getInverse(), "T, k");
  return std::move(shapes.add("result", op.getResult(), "T, H"));
}

LogicalResult CombineOp::verify() { return shapesOf(*this).verify(); }

LogicalResult CombineOp::reifyResultShapes(OpBuilder &builder, ReifiedRankedShapedTypeDims &results) {
  shapesOf(*this).reify(builder, results);
  return success();
}
