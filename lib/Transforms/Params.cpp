// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Making and removing emo.param symbols.
#include "emo/Transforms/Params.h"

using namespace mlir;
using namespace emo;

ParamOp ParamFactory::lookup(Value value) {
  auto ref = value.getDefiningOp<ParamRefOp>();
  return ref ? symbols.lookup<ParamOp>(ref.getParam()) : ParamOp();
}

/// `param`'s sources with its program moved into them, so that they can be
/// concatenated with others; nothing when that would change the value: a
/// program over several sources moves only when each step works on elements.
static std::optional<SmallVector<Attribute>> programInSources(ParamOp param) {
  SmallVector<Attribute> result;
  bool elementwise = llvm::all_of(
      param.getProgram(), [](Attribute step) { return isa<CastAttr>(step); });
  if (param.getSources().size() > 1 && !elementwise)
    return std::nullopt;
  for (Attribute source : param.getSources()) {
    auto stored = dyn_cast<SourceAttr>(source);
    if (!stored && !param.getProgram().empty())
      return std::nullopt;
    if (stored && !param.getProgram().empty()) {
      SmallVector<Attribute> steps(stored.getTransforms());
      llvm::append_range(steps, param.getProgram());
      source = SourceAttr::get(param.getContext(), stored.getFile(),
                               stored.getOffset(), stored.getType(), steps);
    }
    result.push_back(source);
  }
  return result;
}

ParamOp ParamFactory::concat(ArrayRef<ParamOp> parts, StringRef suffix) {
  SmallVector<Attribute> sources;
  ParamOp first = parts.front();
  auto type = cast<RankedTensorType>(first.getType());
  SmallVector<int64_t> shape(type.getShape());
  shape[0] = 0;
  for (ParamOp part : parts) {
    std::optional<SmallVector<Attribute>> own = programInSources(part);
    auto partType = cast<RankedTensorType>(part.getType());
    if (!own || partType.getElementType() != type.getElementType() ||
        partType.getRank() != type.getRank() ||
        partType.getShape().drop_front() != type.getShape().drop_front())
      return {};
    shape[0] += partType.getDimSize(0);
    llvm::append_range(sources, *own);
  }
  return create(first.getLoc(), first.getSymName() + "." + suffix,
                type.clone(shape), sources, {}, first);
}

ParamOp ParamFactory::ropeTable(RopeTableAttr source, Location loc) {
  auto type = RankedTensorType::get({source.getPositions(), source.getDim()},
                                    Float32Type::get(module.getContext()));
  return create(loc, "rope_table", type, {source}, {}, nullptr);
}

ParamOp ParamFactory::create(Location loc, const Twine &name,
                             RankedTensorType type, ArrayRef<Attribute> sources,
                             ArrayRef<Attribute> program, Operation *after) {
  OpBuilder builder(module.getContext());
  ArrayAttr sourcesAttr = builder.getArrayAttr(sources),
            programAttr = builder.getArrayAttr(program);
  ParamOp &param = made[builder.getArrayAttr(
      {TypeAttr::get(type), sourcesAttr, programAttr})];
  if (param)
    return param;
  if (after)
    builder.setInsertionPointAfter(after);
  else
    builder.setInsertionPointToStart(module.getBody());
  param = ParamOp::create(builder, loc, builder.getStringAttr(name),
                          TypeAttr::get(type), sourcesAttr, programAttr);
  symbols.insert(param); // makes the name unique
  return param;
}

void emo::eraseUnusedParams(ModuleOp module) {
  DenseSet<StringAttr> used;
  module.walk(
      [&](ParamRefOp ref) { used.insert(ref.getParamAttr().getAttr()); });
  for (ParamOp param : llvm::make_early_inc_range(module.getOps<ParamOp>()))
    if (!used.contains(param.getSymNameAttr()))
      param.erase();
}
