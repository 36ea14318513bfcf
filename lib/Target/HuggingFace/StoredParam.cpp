// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "../Weights/Program.h"
#include "Checkpoint.h"

using namespace mlir;
using namespace emo;

/// Whether every number of `from` is one of `to`.
static bool widens(Type from, Type to) {
  if (from == to)
    return true;
  if (to.isF64())
    return isa<FloatType>(from);
  return to.isF32() && (from.isBF16() || from.isF16());
}

/// Takes the casts out of `transforms`, which begin with `type`; false when one of them rounds, or when the type matters to another.
/// `type` becomes what they end with.
static bool dropCasts(ArrayRef<Attribute> transforms, Type &type, SmallVectorImpl<Attribute> &kept) {
  for (Attribute transform : transforms) {
    auto cast = dyn_cast<CastAttr>(transform);
    if (isa<PackAttr>(transform))
      return false;
    if (!cast) {
      kept.push_back(transform);
      continue;
    }
    if (!widens(type, cast.getElementType()))
      return false;
    type = cast.getElementType();
  }
  return true;
}

/// The sources without their casts, and their common stored type; null when a cast rounds or the types differ.
static Type storedSources(ParamOp param, Type &type, SmallVectorImpl<Attribute> &sources) {
  Type stored;
  for (Attribute attr : param.getSources()) {
    auto source = dyn_cast<SourceAttr>(attr);
    auto literal = dyn_cast<LiteralAttr>(attr);
    if (!source && !literal)
      return Type();
    type = getElementTypeOrSelf(source ? Type(source.getType()) : literal.getValue().getType());
    if (stored && type != stored)
      return Type();
    stored = type;
    if (literal) {
      sources.push_back(literal);
      continue;
    }
    SmallVector<Attribute> transforms;
    if (!dropCasts(source.getTransforms(), type, transforms))
      return Type();
    sources.push_back(SourceAttr::get(param.getContext(), source.getFile(), source.getOffset(), source.getType(), transforms));
  }
  return stored;
}

/// The shape that the program computes.
static RankedTensorType computedType(ParamOp param) {
  WeightFiles none("", DictionaryAttr());
  return makeWeightValue(param, none)->type;
}

ParamOp emo::createStoredParam(ParamOp param, int64_t rows, OpBuilder &b) {
  auto copy = cast<ParamOp>(b.clone(*param));
  SmallVector<Attribute> sources, program;
  Type type, stored = storedSources(param, type, sources);
  if (stored && dropCasts(param.getProgram().getValue(), type, program)) {
    copy.setSourcesAttr(b.getArrayAttr(sources));
    copy.setProgramAttr(b.getArrayAttr(program));
  }
  auto slice = copy.getProgram().empty() ? SliceAttr() : dyn_cast<SliceAttr>(copy.getProgram().getValue().back());
  if (slice && slice.getDim() == 0 && slice.getOffset() == 0) {
    ArrayAttr whole = copy.getProgramAttr();
    copy.setProgramAttr(b.getArrayAttr(whole.getValue().drop_back()));
    if (computedType(copy).getDimSize(0) != rows)
      copy.setProgramAttr(whole);
  }
  copy.setType(computedType(copy));
  return copy;
}
