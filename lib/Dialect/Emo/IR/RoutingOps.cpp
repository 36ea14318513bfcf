// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Constraints and shapes of routing; the numbers are those of docs/dialect.md.
#include "NamedShapes.h"

using namespace mlir;
using namespace emo;

//===----------------------------------------------------------------------===//
// emo.route
//===----------------------------------------------------------------------===//

static NamedShapes shapesOf(RouteOp op) {
  NamedShapes shapes(op);
  shapes.fix("S", op.getNumShared(), "num_shared").fix("top_k + S", op.getTopK() + op.getNumShared(), "top_k and num_shared");
  shapes.add("logits", op.getLogits(), "T, R").add("bias", op.getBias(), "R").add("shared_logits", op.getSharedLogits(), "T, S");
  return std::move(shapes.add("weights", op.getWeights(), "T, top_k + S").add("indices", op.getIndices(), "T, top_k + S"));
}

LogicalResult RouteOp::verify() {
  int64_t topK = getTopK(), numShared = getNumShared(), numGroups = getNumGroups(), topGroups = getTopGroups();
  // C1, C2
  if (failed(verifyRange(*this, "top_k", topK, 1, maxCount)) || failed(verifyRange(*this, "num_shared", numShared, 0, maxCount)))
    return failure();
  if (getSharedLogits() && numShared == 0)
    return emitOpError() << "expects 'num_shared' of at least 1 with 'shared_logits', got 0";
  // C3
  NamedShapes shapes = shapesOf(*this);
  if (failed(shapes.verify()))
    return failure();
  // C4
  int64_t experts = shapes.size("R");
  bool known = !ShapedType::isDynamic(experts);
  if (known && (failed(verifyRange(*this, "top_k", topK, 1, experts, "R")) ||
                failed(verifyRange(*this, "num_shared", numShared, 0, maxCount - experts, "2^31 - 1 - R"))))
    return failure();
  // C5
  if (failed(verifyRange(*this, "num_groups", numGroups, 1, known ? experts : maxCount, known ? "R" : "")) ||
      failed(verifyRange(*this, "top_groups", topGroups, 1, numGroups, "num_groups")))
    return failure();
  if (known && experts % numGroups != 0)
    return emitOpError() << "expects 'num_groups' to divide R = " << experts << ", got " << numGroups;
  if (known && topK > topGroups * (experts / numGroups))
    return emitOpError() << "expects 'top_k' to be at most the experts of 'top_groups' groups, " << topGroups * (experts / numGroups)
                         << ", got " << topK;
  // C6
  if (getSparseMixer() && (topK != 2 || numGroups != 1))
    return emitOpError() << "expects 'top_k' = 2 and 'num_groups' = 1 with 'sparse_mixer', got " << topK << " and " << numGroups;
  // C7
  return failure(failed(verifyFinite(*this, "epsilon", getEpsilon(), 0)) || failed(verifyFinite(*this, "scale", getScale())) ||
                 failed(verifyFinite(*this, "jitter", getJitter(), 0)));
}

LogicalResult RouteOp::reifyResultShapes(OpBuilder &builder, ReifiedRankedShapedTypeDims &results) {
  shapesOf(*this).reify(builder, results);
  return success();
}

//===----------------------------------------------------------------------===//
// emo.router_scores
//===----------------------------------------------------------------------===//

static NamedShapes shapesOf(RouterScoresOp op) {
  return std::move(NamedShapes(op).add("logits", op.getLogits(), "T, R").add("scores", op.getScores(), "T, R"));
}

LogicalResult RouterScoresOp::verify() { return shapesOf(*this).verify(); }

LogicalResult RouterScoresOp::reifyResultShapes(OpBuilder &builder, ReifiedRankedShapedTypeDims &results) {
  shapesOf(*this).reify(builder, results);
  return success();
}
