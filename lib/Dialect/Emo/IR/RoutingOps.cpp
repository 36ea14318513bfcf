// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Constraints and shapes of routing; the numbers are those of docs/dialect.md.
#include "Verify.h"

using namespace mlir;
using namespace emo;

//===----------------------------------------------------------------------===//
// emo.route
//===----------------------------------------------------------------------===//

NamedShapes RouteOp::getNamedShapes() {
  NamedShapes shapes(*this);
  shapes.fix("S", getNumShared(), "num_shared").fix("top_k + S", getTopK() + getNumShared(), "top_k and num_shared");
  shapes.add("logits", getLogits(), "T, R").add("bias", getBias(), "R").add("shared_logits", getSharedLogits(), "T, S");
  return std::move(shapes.add("weights", getWeights(), "T, top_k + S").add("indices", getIndices(), "T, top_k + S"));
}

LogicalResult RouteOp::verify() {
  int64_t topK = getTopK(), numShared = getNumShared(), numGroups = getNumGroups(), topGroups = getTopGroups();
  // C1, C2
  if (failed(verifyRange(*this, "top_k", topK, 1, maxCount)) || failed(verifyRange(*this, "num_shared", numShared, 0, maxCount)))
    return failure();
  if (getSharedLogits() && numShared == 0)
    return emitOpError() << "expects 'num_shared' of at least 1 with 'shared_logits', got 0";
  // C3
  NamedShapes shapes = getNamedShapes();
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

/// When all groups stay there is nothing to limit.
LogicalResult RouteOp::canonicalize(RouteOp op, PatternRewriter &rewriter) {
  if (op.getNumGroups() == 1 || op.getTopGroups() != op.getNumGroups())
    return failure();
  rewriter.modifyOpInPlace(op, [&] {
    op.setNumGroups(1);
    op.setTopGroups(1);
  });
  return success();
}

//===----------------------------------------------------------------------===//
// emo.router_scores
//===----------------------------------------------------------------------===//

NamedShapes RouterScoresOp::getNamedShapes() {
  return std::move(NamedShapes(*this).add("logits", getLogits(), "T, R").add("scores", getScores(), "T, R"));
}

LogicalResult RouterScoresOp::verify() { return getNamedShapes().verify(); }
