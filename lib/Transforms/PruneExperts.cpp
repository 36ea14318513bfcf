// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// emo-prune-experts: keeps the experts of a set, as selections from router
// logits and experts that end up in weight programs.
#include "Routers.h"
#include "emo/Experts/ExpertSet.h"
#include "emo/Transforms/Params.h"
#include "emo/Transforms/Passes.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace emo {
#define GEN_PASS_DEF_PRUNEEXPERTS
#include "emo/Transforms/Passes.h.inc"
} // namespace emo

using namespace mlir;
using namespace emo;

namespace {

/// What a router's experts become.
struct Layer {
  RouteOp route;
  int64_t routed, shared;
  SmallVector<int64_t> keep;       // ids, shared ones included
  SmallVector<int64_t> keepRouted; // ids below `routed`

  int64_t experts() const { return routed + shared; }
  bool keepsAll() const {
    return static_cast<int64_t>(keep.size()) == experts();
  }
};

struct PruneExpertsPass : emo::impl::PruneExpertsBase<PruneExpertsPass> {
  using PruneExpertsBase::PruneExpertsBase;

  void runOnOperation() override {
    FailureOr<Routers> found = findRouters(getOperation());
    if (failed(found))
      return signalPassFailure();
    forward = found->forward;
    if (failed(checkModule(*found)) || failed(readLayers(*found)))
      return signalPassFailure();
    for (Layer &layer : layers)
      if (!layer.keepsAll() && failed(pruneLayer(layer)))
        return signalPassFailure();
    forward.setType(
        FunctionType::get(&getContext(), forward.getArgumentTypes(),
                          forward.front().getTerminator()->getOperandTypes()));
    if (failed(moveToParams()))
      return signalPassFailure();
    eraseUnusedParams(getOperation());
    describe();
  }

private:
  LogicalResult checkModule(Routers &routers);
  LogicalResult readLayers(Routers &routers);
  LogicalResult pruneLayer(Layer &layer);
  LogicalResult pruneLogits(Layer &layer);
  LogicalResult pruneGroups(Layer &layer);
  void keepGroupsWhole(Layer &layer);
  LogicalResult pruneExperts(Layer &layer, GroupByExpertOp group);
  LogicalResult retype(ValueRange changed);
  LogicalResult moveToParams();
  void describe();

  func::FuncOp forward;
  SmallVector<Layer> layers;
  ExpertSet set;
};

} // namespace

//===----------------------------------------------------------------------===//
// The set
//===----------------------------------------------------------------------===//

LogicalResult PruneExpertsPass::checkModule(Routers &routers) {
  for (StringRef entry : {"step", "loss", "profile", "pooled_step"})
    if (Operation *op = getOperation().lookupSymbol(entry))
      return op->emitOpError()
             << "is an entry point derived from @forward already; prune "
                "experts before emo-build-entry-points";
  auto model = getOperation()->getAttrOfType<DictionaryAttr>("emo.model");
  if (model && model.get("expert_set"))
    return getOperation().emitError()
           << "emo-prune-experts: the module is pruned already; prune the "
              "model it was made from";
  for (RouteOp route : routers.routes)
    if (findLogits(route).mask)
      return route.emitOpError()
             << "chooses from document pools; prune experts before "
                "emo-scope-experts-to-documents";
  return success();
}

LogicalResult PruneExpertsPass::readLayers(Routers &routers) {
  auto fail = [&](llvm::Error error) {
    return getOperation().emitError() << llvm::toString(std::move(error));
  };
  if (experts.empty())
    return getOperation().emitError()
           << "emo-prune-experts: expects the option experts to name an expert "
              "set, got none";
  ModelExperts model;
  if (auto attributes =
          getOperation()->getAttrOfType<DictionaryAttr>("emo.model"))
    if (auto hash = attributes.getAs<StringAttr>("hash"))
      model.hash = hash.getValue();
  for (RouteOp route : routers.routes) {
    int64_t routed = cast<RankedTensorType>(route.getLogits().getType())
                         .getDimSize(1),
            shared = route.getNumShared();
    if (ShapedType::isDynamic(routed))
      return route.emitOpError()
             << "expects a fixed number of experts to prune, got "
             << route.getLogits().getType();
    layers.push_back({route, routed, shared, {}, {}});
    model.experts.push_back(routed + shared);
    std::vector<int64_t> &ids = model.shared.emplace_back();
    for (int64_t id = routed; id < routed + shared; ++id)
      ids.push_back(id);
  }
  Notes notes;
  llvm::Expected<ExpertSet> read = readExpertSet(experts, notes);
  if (!read)
    return fail(read.takeError());
  set = std::move(*read);
  if (llvm::Error error = checkAgainst(set, model, notes))
    return fail(std::move(error));
  for (const std::string &note : notes)
    getOperation().emitRemark() << note;
  for (auto [layer, keep] : llvm::zip_equal(layers, set.keep)) {
    layer.keep.assign(keep.begin(), keep.end());
    for (int64_t id : keep)
      if (id < layer.routed)
        layer.keepRouted.push_back(id);
    int64_t least = layer.route.getSparseMixer() ? 2 : 1;
    if (static_cast<int64_t>(layer.keepRouted.size()) < least)
      return layer.route.emitOpError()
             << "expects at least " << least << " routed expert"
             << (least > 1 ? "s" : "") << " to be kept, got "
             << layer.keepRouted.size();
  }
  return success();
}

//===----------------------------------------------------------------------===//
// One layer
//===----------------------------------------------------------------------===//

static Value select(ImplicitLocOpBuilder &b, Value value, int64_t dim,
                    ArrayRef<int64_t> indices) {
  auto type = cast<RankedTensorType>(value.getType());
  SmallVector<int64_t> shape(type.getShape());
  shape[dim] = indices.size();
  return SelectOp::create(b, type.clone(shape), value, b.getI64IntegerAttr(dim),
                          b.getDenseI64ArrayAttr(indices));
}

/// The columns [offset, offset + size) of all rows of a wider value: that
/// value.
static tensor::ExtractSliceOp columnsOf(Value value, int64_t offset) {
  auto slice = value ? value.getDefiningOp<tensor::ExtractSliceOp>()
                     : tensor::ExtractSliceOp();
  if (!slice || slice.getSourceType().getRank() != 2 ||
      slice.getType().getRank() != 2 || slice.getStaticOffset(0) != 0 ||
      slice.getStaticOffset(1) != offset || !slice.hasUnitStride())
    return {};
  return slice;
}

LogicalResult PruneExpertsPass::pruneLayer(Layer &layer) {
  SmallVector<GroupByExpertOp> groups;
  for (Operation *user : layer.route.getIndices().getUsers())
    if (auto group = dyn_cast<GroupByExpertOp>(user))
      groups.push_back(group);
    else if (!isa<func::ReturnOp>(user))
      return user->emitOpError() << "reads the indices of experts that are "
                                    "pruned; expected emo.group_by_expert";
  if (layer.route.getNumGroups() > 1) {
    if (failed(pruneGroups(layer)))
      return failure();
  } else if (failed(pruneLogits(layer))) {
    return failure();
  }
  for (GroupByExpertOp group : groups)
    if (failed(pruneExperts(layer, group)))
      return failure();
  return success();
}

/// The router scores the kept experts alone.
LogicalResult PruneExpertsPass::pruneLogits(Layer &layer) {
  RouteOp route = layer.route;
  ImplicitLocOpBuilder b(route.getLoc(), route);
  Value logits = route.getLogits(), kept;
  int64_t routed = layer.keepRouted.size();
  // Logits of routed and shared experts that are columns of one value stay
  // columns of one value.
  tensor::ExtractSliceOp routedColumns = columnsOf(logits, 0),
                         sharedColumns =
                             columnsOf(route.getSharedLogits(), layer.routed);
  if (routedColumns && sharedColumns &&
      routedColumns.getSource() == sharedColumns.getSource() &&
      routedColumns.getSourceType().getDimSize(1) == layer.experts()) {
    Value source = routedColumns.getSource();
    b.setInsertionPointAfterValue(source);
    Value selected = select(b, source, 1, layer.keep);
    b.setInsertionPoint(route);
    auto columns = [&](tensor::ExtractSliceOp slice, int64_t offset,
                       int64_t size) {
      SmallVector<OpFoldResult> offsets = slice.getMixedOffsets(),
                                sizes = slice.getMixedSizes();
      offsets[1] = b.getIndexAttr(offset);
      sizes[1] = b.getIndexAttr(size);
      SmallVector<int64_t> shape{slice.getType().getDimSize(0), size};
      return tensor::ExtractSliceOp::create(b, slice.getType().clone(shape),
                                            selected, offsets, sizes,
                                            slice.getMixedStrides());
    };
    kept = columns(routedColumns, 0, routed);
    route.getSharedLogitsMutable().assign(
        columns(sharedColumns, routed, layer.shared));
  } else {
    b.setInsertionPointAfterValue(logits);
    kept = select(b, logits, 1, layer.keepRouted);
    b.setInsertionPoint(route);
  }
  // Everything that reads the logits sees those of the kept experts: an exposed
  // probability is one among them.
  Operation *selection = kept.getDefiningOp();
  logits.replaceUsesWithIf(kept, [&](OpOperand &use) {
    return use.getOwner() != selection &&
           (use.getOwner() == route || isa<RouterScoresOp>(use.getOwner()));
  });
  if (route.getBias())
    route.getBiasMutable().assign(
        select(b, route.getBias(), 0, layer.keepRouted));
  route.setTopK(std::min<int64_t>(route.getTopK(), routed));
  SmallVector<Value> changed{route.getWeights(), route.getIndices()};
  for (Operation *user : kept.getUsers())
    if (auto scores = dyn_cast<RouterScoresOp>(user))
      changed.push_back(scores.getScores());
  for (Value value : changed) {
    auto type = cast<RankedTensorType>(value.getType());
    bool perChoice = value.getDefiningOp() == route.getOperation();
    value.setType(type.clone(
        {type.getDimSize(0),
         perChoice ? static_cast<int64_t>(route.getTopK() + layer.shared)
                   : routed}));
  }
  return success();
}

/// Groups of experts stay groups when each keeps as many as the others. A
/// group's score is that of its two best: one expert of a larger group has
/// none.
LogicalResult PruneExpertsPass::pruneGroups(Layer &layer) {
  int64_t groups = layer.route.getNumGroups(), size = layer.routed / groups;
  SmallVector<int64_t> kept(groups);
  for (int64_t id : layer.keepRouted)
    ++kept[id / size];
  if (!llvm::all_equal(kept) || kept.front() < std::min<int64_t>(size, 2)) {
    keepGroupsWhole(layer);
    return success();
  }
  layer.route.setTopK(std::min<int64_t>(
      layer.route.getTopK(), layer.route.getTopGroups() * kept.front()));
  return pruneLogits(layer);
}

/// The router goes on choosing among all experts, with -inf for those that are
/// gone; what it chooses is renumbered. Should it choose one that is gone, for
/// want of others, its weight is 0 and any expert will do.
void PruneExpertsPass::keepGroupsWhole(Layer &layer) {
  RouteOp route = layer.route;
  ImplicitLocOpBuilder b(route.getLoc(), route);
  auto type = cast<RankedTensorType>(route.getLogits().getType());
  SmallVector<bool> pool(layer.routed);
  SmallVector<int32_t> numbers(layer.experts());
  for (auto [i, id] : llvm::enumerate(layer.keep)) {
    numbers[id] = i;
    if (id < layer.routed)
      pool[id] = true;
  }
  auto constant = [&](ArrayRef<int64_t> shape, Type element, auto values) {
    return arith::ConstantOp::create(
        b,
        DenseElementsAttr::get(RankedTensorType::get(shape, element), values));
  };
  Value mask = constant({1, layer.routed}, b.getI1Type(), ArrayRef<bool>(pool));
  route.getLogitsMutable().assign(
      MaskExpertsOp::create(b, type, route.getLogits(), mask, Value()));

  b.setInsertionPointAfter(route);
  Value table =
      constant({layer.experts()}, b.getI32Type(), ArrayRef<int32_t>(numbers));
  auto indices = cast<RankedTensorType>(route.getIndices().getType());
  SmallVector<Value> sizes;
  if (indices.isDynamicDim(0))
    sizes.push_back(tensor::DimOp::create(b, route.getIndices(), 0));
  Value empty = tensor::EmptyOp::create(b, indices, sizes);
  SmallVector<AffineMap> maps(2, b.getMultiDimIdentityMap(2));
  SmallVector<utils::IteratorType> loops(2, utils::IteratorType::parallel);
  auto renumbered = linalg::GenericOp::create(
      b, TypeRange{indices}, route.getIndices(), empty, maps, loops,
      [&](OpBuilder &inner, Location loc, ValueRange args) {
        Value old = arith::IndexCastOp::create(inner, loc, inner.getIndexType(),
                                               args[0]);
        linalg::YieldOp::create(
            inner, loc,
            tensor::ExtractOp::create(inner, loc, table, old).getResult());
      });
  route.getIndices().replaceUsesWithIf(
      renumbered.getResult(0), [&](OpOperand &use) {
        return isa<GroupByExpertOp, func::ReturnOp>(use.getOwner());
      });
}

/// Grouping and experts of the kept ones, from the grouping's results on.
LogicalResult PruneExpertsPass::pruneExperts(Layer &layer,
                                             GroupByExpertOp group) {
  if (static_cast<int64_t>(group.getNumExperts()) != layer.experts())
    return group.emitOpError()
           << "expects the router's " << layer.experts()
           << " experts, got 'num_experts' = " << group.getNumExperts();
  int64_t kept = layer.keep.size();
  group.setNumExperts(kept);
  group.getOffsets().setType(
      cast<RankedTensorType>(group.getOffsets().getType()).clone({kept + 1}));
  for (Operation *user : group.getOffsets().getUsers()) {
    if (!isa<GroupedMatmulOp, ExpertMlpOp>(user))
      return user->emitOpError()
             << "reads the offsets of experts that are pruned; expected "
                "emo.expert_mlp or emo.grouped_matmul";
    ImplicitLocOpBuilder b(user->getLoc(), user);
    for (OpOperand &operand :
         user->getOpOperands().drop_front()) // the first one is the rows
      if (operand.get() != group.getOffsets())
        operand.set(select(b, operand.get(), 0, layer.keep));
  }
  return retype({group.getTokens(), group.getInverse()});
}

/// Fewer choices than before may have changed a static number of rows: sizes of
/// results follow from those of operands.
LogicalResult PruneExpertsPass::retype(ValueRange values) {
  SmallVector<Value> pending(values);
  while (!pending.empty()) {
    Value value = pending.pop_back_val();
    Operation *op = value.getDefiningOp();
    auto named = dyn_cast<NamedShapesOpInterface>(op);
    if (!named)
      continue;
    // What the op's operands say, without what its results said.
    SmallVector<Type> types(op->getResultTypes());
    for (Value result : op->getResults()) {
      auto type = cast<RankedTensorType>(result.getType());
      SmallVector<int64_t> unknown(type.getRank(), ShapedType::kDynamic);
      result.setType(type.clone(unknown));
    }
    NamedShapes shapes = named.getNamedShapes();
    if (failed(shapes.verify()))
      return failure();
    for (Value result : op->getResults())
      result.setType(shapes.refinedType(result));
    for (auto [result, type] : llvm::zip_equal(op->getResults(), types)) {
      if (result.getType() == type)
        continue;
      for (Operation *user : result.getUsers())
        llvm::append_range(pending, user->getResults());
    }
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Parameters
//===----------------------------------------------------------------------===//

/// Selections move towards parameters and become steps of their weight
/// programs.
LogicalResult PruneExpertsPass::moveToParams() {
  RewritePatternSet patterns(&getContext());
  SelectOp::getCanonicalizationPatterns(patterns, &getContext());
  populateUnifyShapesPatterns(patterns);
  if (failed(applyPatternsGreedily(forward, std::move(patterns))))
    return failure();
  ParamFactory params(getOperation());
  forward.walk([&](SelectOp op) {
    ParamOp param = params.lookup(op.getX());
    if (!param)
      return;
    ParamOp selected = params.select(param, op.getDim(), op.getIndices());
    OpBuilder b(op);
    Value ref =
        ParamRefOp::create(b, op.getLoc(), op.getResult().getType(),
                           SymbolRefAttr::get(selected.getSymNameAttr()));
    op.getResult().replaceAllUsesWith(ref);
    op.erase();
  });
  // References to whole parameters whose selections alone are read.
  forward.walk([](ParamRefOp ref) {
    if (ref->use_empty())
      ref.erase();
  });
  return success();
}

static Attribute toAttribute(Builder &b, const llvm::json::Value &value) {
  if (auto text = value.getAsString())
    return b.getStringAttr(*text);
  if (auto number = value.getAsInteger())
    return b.getI64IntegerAttr(*number);
  if (auto number = value.getAsNumber())
    return b.getF64FloatAttr(*number);
  if (const llvm::json::Array *array = value.getAsArray())
    return b.getArrayAttr(
        llvm::map_to_vector(*array, [&](const llvm::json::Value &element) {
          return toAttribute(b, element);
        }));
  if (const llvm::json::Object *object = value.getAsObject()) {
    NamedAttrList list;
    for (auto &[key, element] : *object)
      list.set(StringRef(key), toAttribute(b, element));
    return list.getDictionary(b.getContext());
  }
  return b.getStringAttr("");
}

/// emo.model tells users what the module is a subset of.
void PruneExpertsPass::describe() {
  Builder b(&getContext());
  NamedAttrList model(
      getOperation()->getAttrOfType<DictionaryAttr>("emo.model"));
  SmallVector<int64_t> before, after, perToken;
  SmallVector<Attribute> kept;
  for (Layer &layer : layers) {
    before.push_back(layer.experts());
    after.push_back(layer.keep.size());
    perToken.push_back(layer.route.getTopK() + layer.shared);
    kept.push_back(b.getDenseI64ArrayAttr(layer.keep));
  }
  NamedAttrList subset;
  subset.set("experts_per_layer", b.getDenseI64ArrayAttr(before));
  subset.set("kept", b.getArrayAttr(kept));
  if (!set.policy.empty())
    subset.set("policy", b.getStringAttr(set.policy));
  if (!set.amount.empty())
    subset.set("keep", b.getStringAttr(set.amount));
  if (set.data.kind() != llvm::json::Value::Null)
    subset.set("data", toAttribute(b, set.data));
  model.set("experts_per_layer", b.getDenseI64ArrayAttr(after));
  model.set("experts_per_token", b.getDenseI64ArrayAttr(perToken));
  model.set("expert_set", subset.getDictionary(&getContext()));
  getOperation()->setAttr("emo.model", model.getDictionary(&getContext()));
}
