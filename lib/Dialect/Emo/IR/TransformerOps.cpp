// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Constraints and shapes of the transformer's ops; the numbers are those of docs/dialect.md.
#include "Verify.h"

#include <cmath>

using namespace mlir;
using namespace emo;

//===----------------------------------------------------------------------===//
// emo.embedding, emo.linear, emo.rms_norm, emo.row_dot, emo.cross_entropy, emo.sample
//===----------------------------------------------------------------------===//

NamedShapes EmbeddingOp::getNamedShapes() {
  NamedShapes shapes(*this);
  return std::move(shapes.add("ids", getIds(), "..").add("table", getTable(), "V, H").add("result", getResult(), ".., H"));
}

LogicalResult EmbeddingOp::verify() { return getNamedShapes().verify(); }

NamedShapes LinearOp::getNamedShapes() {
  NamedShapes shapes(*this);
  shapes.add("x", getX(), ".., K").add("weight", getWeight(), "N, K").add("bias", getBias(), "N");
  return std::move(shapes.add("result", getResult(), ".., N"));
}

LogicalResult LinearOp::verify() { return getNamedShapes().verify(); }

NamedShapes RmsNormOp::getNamedShapes() {
  NamedShapes shapes(*this);
  return std::move(shapes.add("x", getX(), ".., H").add("weight", getWeight(), "H").add("result", getResult(), ".., H"));
}

LogicalResult RmsNormOp::verify() {
  // C1
  if (failed(getNamedShapes().verify()))
    return failure();
  // C2
  return verifyFinite(*this, "epsilon", getEpsilon(), 0);
}

NamedShapes RowDotOp::getNamedShapes() {
  return std::move(NamedShapes(*this).add("a", getA(), "T, H").add("b", getB(), "T, H").add("result", getResult(), "T"));
}

LogicalResult RowDotOp::verify() {
  // C1
  if (failed(getNamedShapes().verify()))
    return failure();
  // C2
  bool wide = getElementTypeOrSelf(getA()).isF64() || getElementTypeOrSelf(getB()).isF64();
  Type expected = wide ? Type(Float64Type::get(getContext())) : Type(Float32Type::get(getContext()));
  if (getElementTypeOrSelf(getResult()) != expected)
    return emitOpError() << "expects 'result' of elements " << expected << ", got " << getResult().getType();
  return success();
}

NamedShapes CrossEntropyOp::getNamedShapes() {
  NamedShapes shapes(*this);
  shapes.add("logits", getLogits(), ".., V").add("targets", getTargets(), "..");
  return std::move(shapes.add("losses", getLosses(), ".."));
}

LogicalResult CrossEntropyOp::verify() { return getNamedShapes().verify(); }

NamedShapes SampleOp::getNamedShapes() {
  NamedShapes shapes(*this);
  return std::move(shapes.add("logits", getLogits(), "B, V").add("sampling", getSampling(), "B, 3").add("ids", getIds(), "B"));
}

LogicalResult SampleOp::verify() {
  // C1
  NamedShapes shapes = getNamedShapes();
  if (failed(shapes.verify()))
    return failure();
  // C2
  if (shapes.size("V") == 0)
    return emitOpError() << "expects at least one logit a row, got " << getLogits().getType();
  return success();
}

//===----------------------------------------------------------------------===//
// emo.rotary
//===----------------------------------------------------------------------===//

NamedShapes RotaryOp::getNamedShapes() {
  NamedShapes shapes(*this);
  shapes.add("x", getX(), "B, S, heads, D").add("start", getStart(), "B");
  return std::move(shapes.add("result", getResult(), "B, S, heads, D"));
}

LogicalResult RotaryOp::verify() {
  // C1
  NamedShapes shapes = getNamedShapes();
  if (failed(shapes.verify()))
    return failure();
  // C2
  int64_t depth = shapes.size("D");
  bool known = !ShapedType::isDynamic(depth);
  if (known && depth % 2 != 0)
    return emitOpError() << "expects D to be even, got " << depth;
  // C3
  APFloat theta = getTheta();
  if (!theta.isFinite() || theta.isZero() || theta.isNegative())
    return emitOpError() << "expects 'theta' to be finite and greater than 0, got " << theta.convertToDouble();
  for (double frequency : getFrequencies().value_or(ArrayRef<double>()))
    if (!std::isfinite(frequency))
      return emitOpError() << "expects 'frequencies' to be finite, got " << frequency;
  // C4
  if (getFrequencies() && known && static_cast<int64_t>(getFrequencies()->size()) != depth / 2)
    return emitOpError() << "expects D / 2 = " << depth / 2 << " 'frequencies', got " << getFrequencies()->size();
  return success();
}

//===----------------------------------------------------------------------===//
// emo.attention
//===----------------------------------------------------------------------===//

NamedShapes AttentionOp::getNamedShapes() {
  NamedShapes shapes(*this);
  shapes.add("q", getQ(), "B, S, Hq, D").add("k", getK(), "B, S, Hkv, D").add("v", getV(), "B, S, Hkv, D");
  shapes.add("segments", getSegments(), "B, S").add("key_cache", getKeyCache(), "B, Hkv, C, D");
  shapes.add("value_cache", getValueCache(), "B, Hkv, C, D").add("lengths", getLengths(), "B");
  shapes.add("result", getResult(), "B, S, Hq, D").add("new_key_cache", getNewKeyCache(), "B, Hkv, C, D");
  return std::move(shapes.add("new_value_cache", getNewValueCache(), "B, Hkv, C, D"));
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
  NamedShapes shapes = getNamedShapes();
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

/// One segment for all tokens separates nothing.
LogicalResult AttentionOp::canonicalize(AttentionOp op, PatternRewriter &rewriter) {
  if (!op.getSegments() || !getSplatInteger(op.getSegments()))
    return failure();
  rewriter.modifyOpInPlace(op, [&] { op.getSegmentsMutable().clear(); });
  return success();
}
