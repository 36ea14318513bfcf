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

/// The type of a parameter's concatenated sources, before its program. The
/// parameter is valid: nothing can go wrong.
static RankedTensorType sourcesType(ParamOp param) {
  auto error = [&] { return param.emitError(); };
  RankedTensorType type;
  for (Attribute source : param.getSources()) {
    RankedTensorType next;
    if (auto literal = dyn_cast<LiteralAttr>(source)) {
      next = cast<RankedTensorType>(literal.getValue().getType());
    } else if (auto table = dyn_cast<RopeTableAttr>(source)) {
      next = RankedTensorType::get({table.getPositions(), table.getDim()},
                                   Float32Type::get(param.getContext()));
    } else {
      auto stored = cast<SourceAttr>(source);
      next = stored.getType();
      for (Attribute step : stored.getTransforms())
        next = cast<WeightTransformInterface>(step).apply(next, error);
    }
    if (type) {
      SmallVector<int64_t> shape(type.getShape());
      shape[0] += next.getDimSize(0);
      next = type.clone(shape);
    }
    type = next;
  }
  return type;
}

/// One program for the concatenated sources of `parts` that gives the
/// concatenation of their values; nothing when their programs do not allow it.
/// Steps that leave dimension 0 alone stay, those that choose from it choose
/// from each part; a reshape keeps the order of elements.
static std::optional<SmallVector<Attribute>>
commonProgram(ArrayRef<ParamOp> parts) {
  SmallVector<RankedTensorType> types;
  SmallVector<ArrayRef<Attribute>> programs;
  for (ParamOp part : parts) {
    types.push_back(sourcesType(part));
    programs.push_back(part.getProgram().getValue());
    if (programs.back().size() != programs.front().size() ||
        types.back().getRank() != types.front().getRank() ||
        types.back().getShape().drop_front() !=
            types.front().getShape().drop_front() ||
        types.back().getElementType() != types.front().getElementType())
      return std::nullopt;
  }
  SmallVector<Attribute> result;
  for (size_t i = 0; i < programs.front().size(); ++i) {
    Attribute first = programs.front()[i];
    bool equal = llvm::all_of(programs, [&](ArrayRef<Attribute> program) {
      return program[i] == first;
    });
    auto transpose = dyn_cast<TransposeAttr>(first);
    auto select = dyn_cast<SelectAttr>(first);
    auto slice = dyn_cast<SliceAttr>(first);
    if (equal &&
        (isa<CastAttr>(first) ||
         (transpose && transpose.getPermutation().front() == 0) ||
         (select && select.getDim() != 0) || (slice && slice.getDim() != 0))) {
      result.push_back(first);
    } else {
      SmallVector<int64_t> shape, indices;
      int64_t offset = 0;
      for (auto [type, program] : llvm::zip_equal(types, programs)) {
        Attribute step = program[i];
        if (auto reshape = dyn_cast<ReshapeAttr>(step)) {
          if (reshape.getShape().empty() ||
              (!shape.empty() &&
               ArrayRef(shape).drop_front() != reshape.getShape().drop_front()))
            return std::nullopt;
          if (shape.empty())
            shape.assign(reshape.getShape().begin(), reshape.getShape().end());
          else
            shape[0] += reshape.getShape()[0];
        } else if (auto select = dyn_cast<SelectAttr>(step);
                   select && select.getDim() == 0) {
          for (int64_t index : select.getIndices())
            indices.push_back(offset + index);
        } else if (auto slice = dyn_cast<SliceAttr>(step);
                   slice && slice.getDim() == 0) {
          for (int64_t index = 0; index < slice.getSize(); ++index)
            indices.push_back(offset + slice.getOffset() + index);
        } else {
          return std::nullopt;
        }
        offset += type.getDimSize(0);
      }
      if (shape.empty() == indices.empty())
        return std::nullopt;
      MLIRContext *context = first.getContext();
      if (shape.empty())
        result.push_back(SelectAttr::get(context, 0, indices));
      else
        result.push_back(ReshapeAttr::get(context, shape));
    }
    for (auto [type, program] : llvm::zip_equal(types, programs))
      type = cast<WeightTransformInterface>(program[i]).apply(type, [&] {
        return parts.front()->emitError();
      });
  }
  return result;
}

ParamOp ParamFactory::concat(ArrayRef<ParamOp> parts, StringRef suffix) {
  ParamOp first = parts.front();
  auto type = cast<RankedTensorType>(first.getType());
  SmallVector<int64_t> shape(type.getShape());
  shape[0] = 0;
  SmallVector<Attribute> sources, ownSources;
  bool inSources = true;
  for (ParamOp part : parts) {
    auto partType = cast<RankedTensorType>(part.getType());
    if (partType.getElementType() != type.getElementType() ||
        partType.getRank() != type.getRank() ||
        partType.getShape().drop_front() != type.getShape().drop_front())
      return {};
    shape[0] += partType.getDimSize(0);
    llvm::append_range(sources, part.getSources());
    if (std::optional<SmallVector<Attribute>> own = programInSources(part))
      llvm::append_range(ownSources, *own);
    else
      inSources = false;
  }
  std::string name = (first.getSymName() + "." + suffix).str();
  if (inSources)
    return create(first.getLoc(), name, type.clone(shape), ownSources, {},
                  first);
  std::optional<SmallVector<Attribute>> program = commonProgram(parts);
  if (!program)
    return {};
  return create(first.getLoc(), name, type.clone(shape), sources, *program,
                first);
}

ParamOp ParamFactory::select(ParamOp param, int64_t dim,
                             ArrayRef<int64_t> indices) {
  auto type = cast<RankedTensorType>(param.getType());
  SmallVector<int64_t> shape(type.getShape());
  shape[dim] = indices.size();
  SmallVector<Attribute> program(param.getProgram().getValue());
  program.push_back(SelectAttr::get(param.getContext(), dim, indices));
  return create(param.getLoc(), param.getSymName() + ".kept",
                type.clone(shape), param.getSources().getValue(), program,
                param);
}

ParamOp ParamFactory::ropeTable(RopeTableAttr source, Location loc) {
  auto type = RankedTensorType::get({source.getPositions(), source.getDim()},
                                    Float32Type::get(module.getContext()));
  return create(loc, "rope_table", type, {source}, {}, nullptr);
}

ParamOp ParamFactory::literal(DenseElementsAttr value, StringRef name,
                              Location loc) {
  auto type = RankedTensorType::get(value.getType().getShape(),
                                    value.getElementType());
  Attribute source = LiteralAttr::get(module.getContext(), value);
  return create(loc, name, type, {source}, {}, nullptr);
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
