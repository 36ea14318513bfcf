// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Constraints and shapes of the transformer's ops; the numbers are those of docs/dialect.md.
#include "NamedShapes.h"

using namespace mlir;
using namespace emo;

//===----------------------------------------------------------------------===//
// emo.embedding, emo.linear, emo.rms_norm, emo.cross_entropy
//===----------------------------------------------------------------------===//

static NamedShapes shapesOf(EmbeddingOp op) {
  NamedShapes shapes(op);
  return std::move(shapes.add("ids", op.getIds(), "..").add("table", op.getTable(), "V, H").add("result", op.getResult(), ".., H"));
}

LogicalResult EmbeddingOp::verify() { return shapesOf(*this).verify(); }

LogicalResult EmbeddingOp::reifyResultShapes(OpBuilder &builder, ReifiedRankedShapedTypeDims &results) {
  shapesOf(*this).reify(builder, results);
  return success();
}

static NamedShapes shapesOf(LinearOp op) {
  NamedShapes shapes(op);
  shapes.add("x", op.getX(), ".., K").add("weight", op.getWeight(), "N, K").add("bias", op.getBias(), "N");
  return std::move(shapes.add("result", op.getResult(), ".., N"));
}

LogicalResult LinearOp::verify() { return shapesOf(*this).verify(); }

LogicalResult LinearOp::reifyResultShapes(OpBuilder &builder, ReifiedRankedShapedTypeDims &results) {
  shapesOf(*this).reify(builder, results);
  return success();
}

static NamedShapes shapesOf(RmsNormOp op) {
  NamedShapes shapes(op);
  return std::move(shapes.add("x", op.getX(), ".., H").add("weight", op.getWeight(), "H").add("result", op.getResult(), ".., H"));
}

LogicalResult RmsNormOp::verify() {
  // C1
  if (failed(shapesOf(*this).verify()))
    return failure();
  // C2
  return verifyFinite(*this, "epsilon", getEpsilon(), 0);
}

LogicalResult RmsNormOp::reifyResultShapes(OpBuilder &builder, ReifiedRankedShapedTypeDims &results) {
  shapesOf(*this).reify(builder, results);
  return success();
}

static NamedShapes shapesOf(CrossEntropyOp op) {
  NamedShapes shapes(op);
  shapes.add("logits", op.getLogits(), ".., V").add("targets", op.getTargets(), "..");
  return std::move(shapes.add("losses", op.getLosses(), ".."));
}

LogicalResult CrossEntropyOp::verify() { return shapesOf(*this).verify(); }

LogicalResult CrossEntropyOp::reifyResultShapes(OpBuilder &builder, ReifiedRankedShapedTypeDims &results) {
  shapesOf(*this).reify(builder, results);
  return success();
}

//===----------------------------------------------------------------------===//
// emo.rotary
//===----------------------------------------------------------------------===//

static NamedShapes shapesOf(RotaryOp op) {
  NamedShapes shapes(op);
  shapes.add("x", op.getX(), "B, S, heads, D").add("start", op.getStart(), "B");
  return std::move(shapes.add("result", op.getResult(), "B, S, heads, D"));
}

LogicalResult RotaryOp::verify() {
  // C1
  NamedShapes shapes = shapesOf(*this);
  if (failed(shapes.verify()))
    return failure();
  // C2
  int64_t depth = shapes.size("D");
  bool known = !ShapedType::isDynamic(depth);
  if (known && depth % 2 != 0)
    return emitOpError() << "expects D to be even, got " << depth;
  // C3
  if (failed(verifyRotation(*this, getTheta(), getFrequenciesAttr())))
    return failure();
  if (getFrequencies() && known && static_cast<int64_t>(getFrequencies()->size()) != depth / 2)
    return emitOpError() << "expects D / 2 = " << depth / 2 << " 'frequencies', got " << getFrequencies()->size();
  return success();
}

LogicalResult RotaryOp::reifyResultShapes(OpBuilder &builder, ReifiedRankedShapedTypeDims &results) {
  shapesOf(*this).reify(builder, results);
  return success();
}

//===----------------------------------------------------------------------===//
// emo.attention
//===----------------------------------------------------------------------===//

static NamedShapes shapesOf(AttentionOp op) {
  NamedShapes shapes(op);
  shapes.add("q", op.getQ(), "B, S, Hq, D").add("k", op.getK(), "B, S, Hkv, D").add("v", op.getV(), "B, S, Hkv, D");
  shapes.add("segments", op.getSegments(), "B, S").add("key_cache", op.getKeyCache(), "B, Hkv, C, D");
  shapes.add("value_cache", op.getValueCache(), "B, Hkv, C, D").add("lengths", op.getLengths(), "B");
  shapes.add("result", op.getResult(), "B, S, Hq, D").add("new_key_cache", op.getNewKeyCache(), "B, Hkv, C, D");
  return std::move(shapes.add("new_value_cache", op.getNewValueCache(), "B, Hkv, C, D"));
}

LogicalResult AttentionOp::verify() {
  // C1
  int64_t given = llvm::count_if(ValueRange{getKeyCache(), getValueCache(), getLengths(), getNewKeyCache(), getNewValueCache()},
                                 [](Value value) { return static_cast<bool>(value); });
  if (given != 0 && given != 5)
    return emitOpError() << "expects key_cache, value_cache, lengths, new_key_cache and new_value_cache together, got " << given
                         << " of the five";
  // C2
  if (getKeyCache() && getSegments())
    return emitOpError() << "expects 'segments' or a cache, got both";
  // C3
  NamedShapes shapes = shapesOf(*this);
  if (failed(shapes.verify()))
    return failure();
  // C4
  if (failed(verifyHeads(*this, shapes)))
    return failure();
  // C5
  if (getKeyCache())
    for (auto [name, before, after] : {std::tuple("new_key_cache", getKeyCache(), getNewKeyCache()),
                                       std::tuple("new_value_cache", getValueCache(), getNewValueCache())})
      if (before.getType() != after.getType())
        return emitOpError() << "expects '" << name << "' of the cache's type " << before.getType() << ", got " << after.getType();
  // C6
  return verifyFinite(*this, "scale", getScale());
}

LogicalResult AttentionOp::reifyResultShapes(OpBuilder &builder, ReifiedRankedShapedTypeDims &results) {
  shapesOf(*this).reify(builder, results);
  return success();
}
