// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// emo.param and emo.param.ref.
#include "emo/Dialect/Emo/IR/Emo.h"

using namespace mlir;
using namespace emo;

/// The type of one source after its own transforms; null after an error.
static RankedTensorType sourceType(Attribute source, function_ref<InFlightDiagnostic()> emitError) {
  if (auto literal = dyn_cast<LiteralAttr>(source))
    return dyn_cast<RankedTensorType>(literal.getValue().getType());
  if (auto table = dyn_cast<RopeTableAttr>(source))
    return RankedTensorType::get({table.getPositions(), table.getDim()}, Float32Type::get(source.getContext()));
  auto stored = dyn_cast<SourceAttr>(source);
  if (!stored) {
    emitError() << "expects sources to be #emo.source, #emo.literal or #emo.rope_table, got " << source;
    return {};
  }
  if (stored.getOffset() < 0) {
    emitError() << "expects a source offset of at least 0, got " << stored.getOffset();
    return {};
  }
  RankedTensorType type = stored.getType();
  for (Attribute transform : stored.getTransforms()) {
    auto step = dyn_cast<WeightTransformInterface>(transform);
    if (!step) {
      emitError() << "expects a source's transforms to be weight transforms, got " << transform;
      return {};
    }
    type = step.apply(type, emitError);
    if (!type)
      return {};
  }
  return type;
}

LogicalResult ParamOp::verify() {
  auto error = [&] { return emitOpError(); };
  if (getSources().empty())
    return emitOpError() << "expects at least one source";
  RankedTensorType type;
  for (Attribute source : getSources()) {
    RankedTensorType next = sourceType(source, error);
    if (!next)
      return failure();
    if (!type) {
      type = next;
      continue;
    }
    if (next.getRank() == 0 || next.getRank() != type.getRank() || next.getElementType() != type.getElementType() ||
        next.getShape().drop_front() != type.getShape().drop_front())
      return emitOpError() << "expects sources that differ in dimension 0 only, got " << type << " and " << next;
    SmallVector<int64_t> shape(type.getShape());
    shape[0] += next.getDimSize(0);
    type = RankedTensorType::get(shape, type.getElementType());
  }
  for (Attribute transform : getProgram()) {
    auto step = dyn_cast<WeightTransformInterface>(transform);
    if (!step)
      return emitOpError() << "expects the program to consist of weight transforms, got " << transform;
    type = step.apply(type, error);
    if (!type)
      return failure();
  }
  if (type != getType())
    return emitOpError() << "expects its type to be what sources and program give, got " << getType() << " and " << type;
  return success();
}

LogicalResult ParamRefOp::verifySymbolUses(SymbolTableCollection &symbols) {
  auto param = symbols.lookupNearestSymbolFrom<ParamOp>(*this, getParamAttr());
  if (!param)
    return emitOpError() << "expects '" << getParam() << "' to be an emo.param of the module, found none";
  auto type = cast<ShapedType>(getResult().getType());
  auto expected = cast<ShapedType>(param.getType());
  if (type.getShape() != expected.getShape() || type.getElementType() != expected.getElementType())
    return emitOpError() << "expects the type of '" << getParam() << "', " << expected << ", got " << type;
  return success();
}
