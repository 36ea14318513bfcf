// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Constraints and shapes of dispatch and experts; the numbers are those of docs/dialect.md.
#include "Verify.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace emo;

//===----------------------------------------------------------------------===//
// emo.group_by_expert
//===----------------------------------------------------------------------===//

NamedShapes GroupByExpertOp::getNamedShapes() {
  NamedShapes shapes(*this);
  shapes.fix("E", getNumExperts(), "num_experts").add("indices", getIndices(), "T, k").add("offsets", getOffsets(), "E + 1");
  return std::move(shapes.add("tokens", getTokens(), "T * k").add("inverse", getInverse(), "T, k"));
}

LogicalResult GroupByExpertOp::verify() {
  // C1
  if (failed(verifyRange(*this, "num_experts", getNumExperts(), 1, maxCount)))
    return failure();
  // C2
  NamedShapes shapes = getNamedShapes();
  if (failed(shapes.verify()))
    return failure();
  // C3
  int64_t tokens = shapes.size("T"), choices = shapes.size("k"), rows;
  if (!ShapedType::isDynamic(tokens) && !ShapedType::isDynamic(choices) &&
      (llvm::MulOverflow(tokens, choices, rows) || rows > maxCount))
    return emitOpError() << "expects less than 2^31 choices, got T = " << tokens << " and k = " << choices;
  return success();
}

//===----------------------------------------------------------------------===//
// emo.dispatch
//===----------------------------------------------------------------------===//

NamedShapes DispatchOp::getNamedShapes() {
  NamedShapes shapes(*this);
  return std::move(shapes.add("x", getX(), "T, H").add("tokens", getTokens(), "N").add("rows", getRows(), "N, H"));
}

LogicalResult DispatchOp::verify() {
  // C1
  if (failed(getNamedShapes().verify()))
    return failure();
  // C2
  if (getElementTypeOrSelf(getX()) != getElementTypeOrSelf(getRows()))
    return emitOpError() << "expects 'rows' of the elements of 'x', " << getElementTypeOrSelf(getX()) << ", got " << getRows().getType();
  return success();
}

//===----------------------------------------------------------------------===//
// emo.grouped_matmul
//===----------------------------------------------------------------------===//

NamedShapes GroupedMatmulOp::getNamedShapes() {
  NamedShapes shapes(*this);
  shapes.add("rows", getRows(), "N, K").add("weights", getWeights(), "E, M, K").add("offsets", getOffsets(), "E + 1");
  return std::move(shapes.add("bias", getBias(), "E, M").add("result", getResult(), "N, M"));
}

LogicalResult GroupedMatmulOp::verify() { return getNamedShapes().verify(); }

//===----------------------------------------------------------------------===//
// emo.expert_mlp
//===----------------------------------------------------------------------===//

NamedShapes ExpertMlpOp::getNamedShapes() {
  NamedShapes shapes(*this);
  shapes.add("rows", getRows(), "N, H").add("up", getUp(), "E, I, H").add("offsets", getOffsets(), "E + 1");
  shapes.add("down", getDown(), "E, O, I").add("gate", getGate(), "E, I, H").add("up_bias", getUpBias(), "E, I");
  shapes.add("down_bias", getDownBias(), "E, O").add("gate_bias", getGateBias(), "E, I");
  return std::move(shapes.add("result", getResult(), "N, O"));
}

LogicalResult ExpertMlpOp::verify() {
  // C1
  if (failed(getNamedShapes().verify()))
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

//===----------------------------------------------------------------------===//
// emo.combine
//===----------------------------------------------------------------------===//

NamedShapes CombineOp::getNamedShapes() {
  NamedShapes shapes(*this);
  shapes.add("rows", getRows(), "N, H").add("weights", getWeights(), "T, k").add("inverse", getInverse(), "T, k");
  return std::move(shapes.add("result", getResult(), "T, H"));
}

LogicalResult CombineOp::verify() { return getNamedShapes().verify(); }
