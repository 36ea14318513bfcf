// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "RaiseOnnx.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace emo;
using namespace emo::onnxir;
using namespace emo::raise;

RaiseContext::RaiseContext(ModuleOp module, func::FuncOp function)
    : module(module), function(function), symbols(module) {
  shapes.computeAll(function);
}

SmallVector<NodeOp> RaiseContext::nodes() { return llvm::to_vector(function.getBody().front().getOps<NodeOp>()); }

void RaiseContext::replace(Value original, Value replacement) {
  shapes.copyShape(original, replacement);
  if (original.getType() != replacement.getType()) {
    OpBuilder builder(replacement.getContext());
    builder.setInsertionPointAfterValue(replacement);
    Value cast = tensor::CastOp::create(builder, replacement.getLoc(), original.getType(), replacement);
    shapes.copyShape(original, cast);
    replacement = cast;
  }
  original.replaceAllUsesWith(replacement);
}

void RaiseContext::replacePermuted(OpBuilder &builder, Value original, Value replacement, ArrayRef<int64_t> order) {
  SmallVector<int64_t> permutation(order.size());
  for (auto [i, dim] : llvm::enumerate(order))
    permutation[dim] = i;
  if (!llvm::equal(permutation, llvm::seq<int64_t>(0, order.size())))
    replacement = NodeOp::create(builder, replacement.getLoc(), "Transpose", 25, original.getType(), replacement,
                                 builder.getNamedAttr("perm", builder.getDenseI64ArrayAttr(permutation)))
                      .getResult(0);
  replace(original, replacement);
}

void RaiseContext::eraseDeadNodes() {
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(function.getBody().front())))
    if (op.use_empty() && isMemoryEffectFree(&op) && !op.hasTrait<OpTrait::IsTerminator>())
      op.erase();
}

ParamOp RaiseContext::paramOf(Value value) {
  auto ref = value ? value.getDefiningOp<ParamRefOp>() : ParamRefOp();
  return ref ? symbols.lookup<ParamOp>(ref.getParam()) : ParamOp();
}

Value RaiseContext::createParam(Location loc, StringRef name, RankedTensorType type, ArrayRef<Attribute> sources,
                                ArrayRef<Attribute> program) {
  OpBuilder builder(module.getContext());
  auto param = ParamOp::create(builder, loc, name, type, builder.getArrayAttr(sources), builder.getArrayAttr(program));
  symbols.insert(param, module.getBody()->end());
  builder.setInsertionPointToStart(&function.getBody().front());
  return ParamRefOp::create(builder, loc, type, FlatSymbolRefAttr::get(param.getSymNameAttr()));
}

SmallVector<Attribute> emo::raise::appendTransform(ArrayRef<Attribute> program, Attribute transform) {
  SmallVector<Attribute> result(program);
  if (auto transpose = dyn_cast<TransposeAttr>(transform)) {
    SmallVector<int64_t> permutation(transpose.getPermutation());
    if (auto last = result.empty() ? TransposeAttr() : dyn_cast<TransposeAttr>(result.back())) {
      for (int64_t &dim : permutation)
        dim = last.getPermutation()[dim];
      result.pop_back();
    }
    if (!llvm::equal(permutation, llvm::seq<int64_t>(0, permutation.size())))
      result.push_back(TransposeAttr::get(transform.getContext(), permutation));
    return result;
  }
  result.push_back(transform);
  return result;
}

Value RaiseContext::transformParam(Location loc, Value value, Attribute transform) {
  ParamOp param = paramOf(value);
  auto error = [&] { return emitError(loc); };
  auto type = cast<WeightTransformInterface>(transform).apply(cast<RankedTensorType>(param.getType()), error);
  if (!type)
    return {};
  SmallVector<Attribute> sources(param.getSources().getValue());
  return createParam(loc, param.getSymName(), type, sources, appendTransform(param.getProgram().getValue(), transform));
}

Value RaiseContext::materialize(OpBuilder &builder, Location loc, const SymbolicDim &dim) {
  Value result = arith::ConstantIndexOp::create(builder, loc, dim.factor);
  bool first = dim.factor == 1;
  for (unsigned symbol : dim.symbols) {
    Value size;
    for (BlockArgument argument : function.getArguments())
      for (auto [axis, candidate] : llvm::enumerate(shapes.getShape(argument)))
        if (!size && candidate.factor == 1 && candidate.symbols.size() == 1 && candidate.symbols[0] == symbol)
          size = tensor::DimOp::create(builder, loc, argument, axis);
    if (!size)
      return {};
    result = first ? size : arith::MulIOp::create(builder, loc, result, size);
    first = false;
  }
  return result;
}

//===----------------------------------------------------------------------===//
// Folding into weight programs
//===----------------------------------------------------------------------===//

/// The transform that `node` is when its operand is a parameter; null when it is none.
static Attribute transformOf(NodeOp node) {
  MLIRContext *context = node.getContext();
  auto to = dyn_cast<RankedTensorType>(node.getResult(0).getType());
  if (!to || !to.hasStaticShape() || !node.getDomain().empty())
    return {};
  if (node.is("Cast"))
    return CastAttr::get(context, to.getElementType());
  if (node.is("Transpose"))
    return TransposeAttr::get(context, transposePermutation(node));
  if (node.is("Reshape") || node.is("Squeeze") || node.is("Unsqueeze"))
    return ReshapeAttr::get(context, to.getShape());
  if (node.is("Slice"))
    if (auto ranges = constantSlice(node); ranges && ranges->size() == 1 && ranges->front().step == 1)
      return SliceAttr::get(context, ranges->front().axis, ranges->front().start, ranges->front().size);
  return {};
}

void emo::raise::foldParams(RaiseContext &context) {
  for (NodeOp node : context.nodes()) {
    if (node->getNumResults() != 1 || node.getInputs().empty())
      continue;
    Value data = node.getInputs()[0];
    if (!context.paramOf(data))
      continue;
    if (node.is("Identity"))
      context.replace(node.getResult(0), data);
    else if (Attribute transform = transformOf(node))
      if (Value folded = context.transformParam(node.getLoc(), data, transform))
        context.replace(node.getResult(0), folded);
  }
  context.eraseDeadNodes();
}

//===----------------------------------------------------------------------===//
// Stacking of experts
//===----------------------------------------------------------------------===//

/// The rows that one role takes of a fused matrix, as a parameter of their own.
static bool cutRows(RaiseContext &context, Location loc, SmallVectorImpl<ExpertWeight> &weights) {
  llvm::DenseMap<std::pair<Value, int64_t>, Value> cut;
  for (ExpertWeight &weight : weights) {
    auto type = cast<RankedTensorType>(weight.param.getType());
    if (weight.rows < 0 || weight.rows == type.getDimSize(weight.rowDim))
      continue;
    Value &part = cut[{weight.param, weight.rowStart}];
    if (!part)
      part = context.transformParam(
          loc, weight.param, SliceAttr::get(type.getContext(), weight.rowDim, weight.rowStart, weight.rows));
    if (!part)
      return false;
    weight.param = part;
  }
  return true;
}

Value emo::raise::stackExperts(RaiseContext &context, Location loc, StringRef name, ArrayRef<ExpertWeight> whole,
                               std::string &reason) {
  MLIRContext *mlirContext = context.module.getContext();
  SmallVector<ExpertWeight> weights(whole);
  if (!cutRows(context, loc, weights)) {
    reason = "the rows of a fused expert weight cannot be taken apart";
    return {};
  }
  const ExpertWeight &first = weights.front();
  auto type = cast<RankedTensorType>(first.param.getType());
  int64_t experts = weights.size(), rows = type.getDimSize(first.rowDim), columns = type.getDimSize(first.columnDim);
  for (const ExpertWeight &weight : weights) {
    auto other = cast<RankedTensorType>(weight.param.getType());
    if (other.getElementType() != type.getElementType() || other.getDimSize(weight.rowDim) != rows ||
        other.getDimSize(weight.columnDim) != columns) {
      reason = "the experts' weights have different shapes or types";
      return {};
    }
  }
  // One parameter that holds all experts: at most a selection and a transposition away.
  bool together = first.expertDim >= 0 && llvm::all_of(weights, [&](const ExpertWeight &weight) {
    return weight.param == first.param && weight.expertDim == first.expertDim && weight.rowDim == first.rowDim &&
           weight.columnDim == first.columnDim;
  });
  if (together) {
    Value result = first.param;
    SmallVector<int64_t> order = llvm::map_to_vector(weights, [](const ExpertWeight &weight) { return weight.expert; });
    if (type.getDimSize(first.expertDim) != experts || !llvm::equal(order, llvm::seq<int64_t>(0, experts)))
      result = context.transformParam(loc, result, SelectAttr::get(mlirContext, first.expertDim, order));
    SmallVector<int64_t> permutation = {first.expertDim, first.rowDim, first.columnDim};
    if (result && !llvm::equal(permutation, llvm::seq<int64_t>(0, 3)))
      result = context.transformParam(loc, result, TransposeAttr::get(mlirContext, permutation));
    if (!result)
      reason = "the stacked expert weights cannot be brought into the order expert, row, column";
    return result;
  }
  // One source for each expert. Steps that all have in common and that do not move elements stay behind the concatenation.
  ParamOp firstParam = context.paramOf(first.param);
  auto castsOnly = [](ArrayAttr program) { return llvm::all_of(program, [](Attribute step) { return isa<CastAttr>(step); }); };
  bool shared = castsOnly(firstParam.getProgram());
  for (const ExpertWeight &weight : weights)
    shared &= context.paramOf(weight.param).getProgram() == firstParam.getProgram();
  SmallVector<Attribute> sources, program = {ReshapeAttr::get(mlirContext, {experts, rows, columns})};
  for (const ExpertWeight &weight : weights) {
    ParamOp param = context.paramOf(weight.param);
    if (param.getSources().size() != 1) {
      reason = "an expert's weights are made of several pieces";
      return {};
    }
    SmallVector<Attribute> steps(shared ? ArrayRef<Attribute>() : param.getProgram().getValue());
    if (weight.expertDim >= 0) {
      SmallVector<int64_t> shape(cast<RankedTensorType>(param.getType()).getShape());
      steps.push_back(SliceAttr::get(mlirContext, weight.expertDim, weight.expert, 1));
      shape.erase(shape.begin() + weight.expertDim);
      steps.push_back(ReshapeAttr::get(mlirContext, shape));
    }
    if (weight.rowDim > weight.columnDim)
      steps = appendTransform(steps, TransposeAttr::get(mlirContext, {1, 0}));
    Attribute source = param.getSources()[0];
    if (auto stored = dyn_cast<SourceAttr>(source)) {
      SmallVector<Attribute> all(stored.getTransforms());
      for (Attribute step : steps)
        all = appendTransform(all, step);
      sources.push_back(SourceAttr::get(mlirContext, stored.getFile(), stored.getOffset(), stored.getType(), all));
    } else if (steps.empty()) {
      sources.push_back(source);
    } else {
      reason = "a small expert weight inside the file is transposed or cut";
      return {};
    }
  }
  if (shared)
    program.append(firstParam.getProgram().begin(), firstParam.getProgram().end());
  return context.createParam(loc, name, RankedTensorType::get({experts, rows, columns}, type.getElementType()), sources, program);
}
