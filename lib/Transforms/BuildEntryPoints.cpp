// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// emo-build-entry-points: @step, @sample, @pooled_step and @loss from @forward.
#include "ExpertMask.h"
#include "Routers.h"
#include "emo/Dialect/Emo/IR/Emo.h"
#include "emo/Transforms/Passes.h"
#include "emo/Transforms/SequenceAnalysis.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/ADT/StringExtras.h"

namespace emo {
#define GEN_PASS_DEF_BUILDENTRYPOINTS
#include "emo/Transforms/Passes.h.inc"
} // namespace emo

using namespace mlir;
using namespace emo;

namespace {

/// What is known about @forward.
struct Forward {
  func::FuncOp func;
  BlockArgument ids;
  Value logits;
  SmallVector<AttentionOp> attentions;
  SmallVector<RouteOp> routes;
  SmallVector<CombineOp> combines;
  SequenceAnalysis analysis;
};

/// Builds one entry point by copying @forward's body.
class EntryBuilder {
public:
  EntryBuilder(Forward &forward, StringRef name)
      : forward(forward), builder(forward.func.getContext()) {
    builder.setInsertionPointAfter(forward.func);
    entry = func::FuncOp::create(builder, forward.func.getLoc(), name,
                                 builder.getFunctionType({}, {}));
    builder.setInsertionPointToStart(entry.addEntryBlock());
    Value ids =
        addArgument(forward.ids.getType(),
                    forward.func.getArgAttrDict(forward.ids.getArgNumber()));
    map.map(forward.ids, ids);
    batch = tensor::getMixedSize(builder, ids.getLoc(), ids, 0);
    sequence = tensor::getMixedSize(builder, ids.getLoc(), ids, 1);
  }

protected:
  DictionaryAttr attrs(StringRef name, StringRef role,
                       ArrayRef<StringRef> dims = {}) {
    NamedAttrList list;
    list.set("emo.name", builder.getStringAttr(name));
    if (!role.empty())
      list.set("emo.role", builder.getStringAttr(role));
    if (!dims.empty())
      list.set("emo.dims", builder.getStrArrayAttr(dims));
    return list.getDictionary(builder.getContext());
  }

  BlockArgument addArgument(Type type, DictionaryAttr attrs) {
    unsigned position = entry.getNumArguments();
    (void)entry.insertArgument(position, type, attrs, forward.func.getLoc());
    return entry.getArgument(position);
  }

  void addResult(Value value, DictionaryAttr attrs) {
    (void)entry.insertResult(results.size(), value.getType(), attrs);
    results.push_back(value);
  }

  void finish(Location loc) {
    func::ReturnOp::create(builder, loc, results);
    // Sizes and reshapes that nothing needs any more.
    for (Operation &op :
         llvm::make_early_inc_range(llvm::reverse(entry.front())))
      if (isOpTriviallyDead(&op))
        op.erase();
  }

  /// The symbols of dimensions of the token ids, "" where there are none.
  StringRef symbol(unsigned dim) {
    auto dims = forward.func.getArgAttrOfType<ArrayAttr>(
        forward.ids.getArgNumber(), "emo.dims");
    auto name = dims && dim < dims.size() ? dyn_cast<StringAttr>(dims[dim])
                                          : StringAttr();
    if (name)
      return name.getValue();
    return dim == 0 ? "batch" : "sequence";
  }

  Forward &forward;
  OpBuilder builder;
  func::FuncOp entry;
  IRMapping map;
  OpFoldResult batch, sequence;
  SmallVector<Value> results;
};

/// @step: positions start at the lengths of the caches; what follows the last
/// attention sees the last token only.
/// @pooled_step: the same inside a mask of experts, with what the routers
/// computed as results. The last layer's router needs all tokens then; what
/// follows its experts sees the last one only.
class StepBuilder : EntryBuilder {
public:
  StepBuilder(Forward &forward, bool pooled)
      : EntryBuilder(forward, pooled ? "pooled_step" : "step"), pooled(pooled) {
  }

  LogicalResult build() {
    addArguments();
    if (pooled)
      mask.emplace(builder, forward.routes,
                   [&](Type type, DictionaryAttr attrs) {
                     return addArgument(type, attrs);
                   });
    findTail();
    for (Operation &op : forward.func.front().without_terminator()) {
      if (tail.contains(&op)) {
        if (failed(cloneTail(&op)))
          return failure();
        continue;
      }
      cloneHead(&op);
    }
    addResults();
    return success();
  }

private:
  void addArguments() {
    auto batchSize =
        cast<RankedTensorType>(forward.ids.getType()).getDimSize(0);
    lengths =
        addArgument(RankedTensorType::get({batchSize}, builder.getI32Type()),
                    attrs("lengths", "lengths", {symbol(0)}));
    for (auto [i, attention] : llvm::enumerate(forward.attentions)) {
      auto add = [&](StringRef name, Value like) {
        auto type = cast<RankedTensorType>(like.getType());
        auto cache = type.clone({type.getDimSize(0), type.getDimSize(2),
                                 ShapedType::kDynamic, type.getDimSize(3)});
        return addArgument(cache,
                           attrs((name + "." + Twine(i)).str(), "kv_cache",
                                 {symbol(0), "", "capacity", ""}));
      };
      BlockArgument key = add("key_cache", attention.getK());
      caches.push_back({key, add("value_cache", attention.getV())});
    }
  }

  /// The ops that need the last token only: users of the last attention (of the
  /// last experts), or of the ids when there is none.
  void findTail() {
    DenseSet<Value> reached;
    if (pooled)
      reached.insert(forward.combines.back().getResult());
    else if (forward.attentions.empty())
      reached.insert(forward.ids);
    else
      reached.insert(forward.attentions.back().getResult());
    for (Operation &op : forward.func.front().without_terminator()) {
      bool uses = llvm::any_of(op.getOperands(), [&](Value operand) {
        return reached.contains(operand) && isa<TensorType>(operand.getType());
      });
      if (!uses)
        continue;
      reached.insert(op.result_begin(), op.result_end());
      tail.insert(&op);
    }
  }

  void cloneHead(Operation *op) {
    if (auto attention = dyn_cast<AttentionOp>(op)) {
      auto [key, value] = caches[newCaches.size()];
      auto step = AttentionOp::create(
          builder, op->getLoc(), attention.getResult().getType(), key.getType(),
          value.getType(), map.lookup(attention.getQ()),
          map.lookup(attention.getK()), map.lookup(attention.getV()),
          /*segments=*/Value(), key, value, lengths, attention.getScaleAttr(),
          attention.getCausalAttr());
      map.map(attention.getResult(), step.getResult());
      newCaches.push_back({step.getNewKeyCache(), step.getNewValueCache()});
      return;
    }
    Operation *clone = builder.clone(*op, map);
    if (auto rotary = dyn_cast<RotaryOp>(clone))
      rotary.getStartMutable().assign(lengths);
    if (auto route = dyn_cast<RouteOp>(clone); route && pooled)
      routing.push_back({mask->apply(route), route.getIndices()});
  }

  LogicalResult cloneTail(Operation *op) {
    SetVector<Value> operands(op->operand_begin(), op->operand_end());
    getUsedValuesDefinedAbove(op->getRegions(), operands);
    for (Value operand : operands)
      if (failed(mapToLast(op, operand)))
        return failure();
    builder.clone(*op, lastMap);
    return success();
  }

  /// Maps `value` to its form for one token a row.
  LogicalResult mapToLast(Operation *user, Value value) {
    if (lastMap.contains(value))
      return success();
    Location loc = value.getLoc();
    auto index = [&](OpFoldResult size) {
      return getValueOrCreateConstantIndexOp(builder, loc, size);
    };
    if (!isa<TensorType>(value.getType())) {
      switch (forward.analysis.scalar(value)) {
      case ScalarKind::Constant:
      case ScalarKind::BatchSize:
        lastMap.map(value, map.lookup(value));
        return success();
      case ScalarKind::SequenceSize:
        lastMap.map(value, index(builder.getIndexAttr(1)));
        return success();
      case ScalarKind::RowsSize:
        lastMap.map(value, index(batch));
        return success();
      case ScalarKind::Other:
        return fail(user, "needs a size that is not one of batch and sequence");
      }
    }
    // Buffers to fill are made anew rather than sliced.
    if (Operation *op = value.getDefiningOp();
        isa_and_nonnull<tensor::EmptyOp, linalg::FillOp>(op))
      return cloneTail(op);
    const TokenShape &shape = forward.analysis.shape(value);
    if (shape.part != GroupPart::None)
      return fail(user, "needs tokens in the order of their experts from "
                        "before the last attention");
    if (!shape.dependsOnTokens()) {
      lastMap.map(value, map.lookup(value));
      return success();
    }
    FailureOr<Value> last = takeLast(map.lookup(value), shape.axes);
    if (failed(last))
      return fail(user, "needs a value whose last token cannot be taken");
    lastMap.map(value, *last);
    return success();
  }

  /// [batch, sequence, ..] -> [batch, 1, ..] and [batch * sequence, ..] ->
  /// [batch, ..], with the last token of each row, in the same type.
  FailureOr<Value> takeLast(Value value, ArrayRef<Axis> axes) {
    Location loc = value.getLoc();
    auto type = cast<RankedTensorType>(value.getType());
    auto free = [](Axis axis) { return axis == Axis::Free; };
    bool rows = axes.front() == Axis::Rows;
    unsigned leading = rows ? 1 : 2;
    if (!llvm::all_of(axes.drop_front(std::min<size_t>(leading, axes.size())),
                      free))
      return failure();
    if (!rows && (axes.size() < 2 || axes[0] != Axis::Batch ||
                  axes[1] != Axis::Sequence))
      return failure();
    ArrayRef<int64_t> inner = type.getShape().drop_front(leading);
    auto batchSize =
        cast<RankedTensorType>(forward.ids.getType()).getDimSize(0);

    Value tokens = value; // [batch, sequence, ..]
    if (rows) {
      SmallVector<int64_t> shape{batchSize, ShapedType::kDynamic};
      llvm::append_range(shape, inner);
      SmallVector<ReassociationIndices> groups{{0, 1}};
      SmallVector<OpFoldResult> sizes{batch, sequence};
      for (auto [i, size] : llvm::enumerate(inner)) {
        groups.push_back({static_cast<int64_t>(i) + 2});
        sizes.push_back(builder.getIndexAttr(size));
      }
      tokens = tensor::ExpandShapeOp::create(builder, loc, type.clone(shape),
                                             value, groups, sizes);
    }
    // One row a batch entry; the unit dimension, where wanted, comes back by a
    // reshape, which folds with those of the users.
    SmallVector<OpFoldResult> offsets(inner.size() + 2,
                                      builder.getIndexAttr(0)),
        sizes{batch, builder.getIndexAttr(1)},
        strides(inner.size() + 2, builder.getIndexAttr(1));
    SmallVector<int64_t> shape{batchSize};
    for (int64_t size : inner) {
      sizes.push_back(builder.getIndexAttr(size));
      shape.push_back(size);
    }
    offsets[1] = lastPosition(loc);
    Value last = tensor::ExtractSliceOp::create(
        builder, loc, type.clone(shape), tokens, offsets, sizes, strides);
    if (rows)
      return castTo(last, type);
    SmallVector<ReassociationIndices> groups{{0, 1}};
    for (size_t i = 0; i < inner.size(); ++i)
      groups.push_back({static_cast<int64_t>(i) + 2});
    shape.insert(shape.begin() + 1, 1);
    return castTo(tensor::ExpandShapeOp::create(builder, loc, type.clone(shape),
                                                last, groups, sizes),
                  type);
  }

  Value castTo(Value value, RankedTensorType type) {
    if (value.getType() == type)
      return value;
    return tensor::CastOp::create(builder, value.getLoc(), type, value);
  }

  OpFoldResult lastPosition(Location loc) {
    if (!lastIndex)
      lastIndex = arith::SubIOp::create(
          builder, loc, cast<Value>(sequence),
          arith::ConstantIndexOp::create(builder, loc, 1));
    return lastIndex;
  }

  void addResults() {
    Location loc = forward.logits.getLoc();
    (void)mapToLast(forward.func, forward.logits);
    Value logits = lastMap.lookup(forward.logits);
    auto type = cast<RankedTensorType>(logits.getType());
    auto batchSize =
        cast<RankedTensorType>(forward.ids.getType()).getDimSize(0);
    // [batch, 1, vocab]: the second dimension is dynamic in the type only.
    Value narrow =
        castTo(logits, type.clone({batchSize, 1, type.getDimSize(2)}));
    Value rows = tensor::CollapseShapeOp::create(
        builder, loc, type.clone({batchSize, type.getDimSize(2)}), narrow,
        ArrayRef<ReassociationIndices>{{0, 1}, {2}});
    addResult(asF32(rows), attrs("logits", "logits", {symbol(0), ""}));
    for (auto [i, pair] : llvm::enumerate(newCaches)) {
      for (auto [value, cache, name] :
           {std::tuple(pair.first, caches[i].first, "key_cache"),
            std::tuple(pair.second, caches[i].second, "value_cache")}) {
        NamedAttrList list(attrs((name + Twine(".") + Twine(i)).str(),
                                 "kv_cache", {symbol(0), "", "capacity", ""}));
        list.set("emo.tied", builder.getI64IntegerAttr(cache.getArgNumber()));
        addResult(value, list.getDictionary(builder.getContext()));
      }
    }
    for (auto [layer, pair] : llvm::enumerate(routing)) {
      std::string prefix = "layers." + std::to_string(layer) + ".";
      addResult(pair.first, attrs(prefix + "router_probabilities",
                                  "router_probabilities", {"tokens", ""}));
      addResult(pair.second,
                attrs(prefix + "indices", "expert_indices", {"tokens", ""}));
    }
    finish(loc);
  }

  Value asF32(Value value) {
    auto type = cast<RankedTensorType>(value.getType());
    Type wide = type.clone(builder.getF32Type());
    if (type.getElementTypeBitWidth() < 32)
      return arith::ExtFOp::create(builder, value.getLoc(), wide, value);
    if (type.getElementTypeBitWidth() > 32)
      return arith::TruncFOp::create(builder, value.getLoc(), wide, value);
    return value;
  }

  LogicalResult fail(Operation *op, StringRef message) {
    forward.analysis.failedOp = op;
    forward.analysis.reason =
        ("'" + op->getName().getStringRef() + "' op " + message).str();
    entry.erase();
    return failure();
  }

  bool pooled;
  std::optional<ExpertMask> mask;
  /// Probabilities and choices of each layer.
  SmallVector<std::pair<Value, Value>> routing;
  BlockArgument lengths;
  SmallVector<std::pair<BlockArgument, BlockArgument>> caches;
  SmallVector<std::pair<Value, Value>> newCaches;
  DenseSet<Operation *> tail;
  IRMapping lastMap;
  Value lastIndex;
};

/// @loss: attention inside segments, cross entropy with the next token.
class LossBuilder : EntryBuilder {
public:
  explicit LossBuilder(Forward &forward) : EntryBuilder(forward, "loss") {}

  void build() {
    auto idsType = cast<RankedTensorType>(forward.ids.getType());
    BlockArgument segments =
        addArgument(idsType.clone(builder.getI32Type()),
                    attrs("segments", "segments", {symbol(0), symbol(1)}));
    for (Operation &op : forward.func.front().without_terminator()) {
      Operation *clone = builder.clone(op, map);
      if (auto attention = dyn_cast<AttentionOp>(clone))
        attention.getSegmentsMutable().assign(segments);
    }
    Location loc = forward.logits.getLoc();
    Value losses = CrossEntropyOp::create(
        builder, loc, idsType.clone(builder.getF32Type()),
        map.lookup(forward.logits), createTargets(loc));
    addResult(losses, attrs("losses", "losses", {symbol(0), symbol(1)}));
    finish(loc);
  }

private:
  /// ids one to the left, -1 (no target) at the last position.
  Value createTargets(Location loc) {
    Value ids = map.lookup(forward.ids);
    auto type = cast<RankedTensorType>(ids.getType());
    Value one = arith::ConstantIndexOp::create(builder, loc, 1);
    Value shorter =
        arith::SubIOp::create(builder, loc, cast<Value>(sequence), one);
    Attribute zero = builder.getIndexAttr(0), unit = builder.getIndexAttr(1);
    SmallVector<OpFoldResult> sizes{batch, shorter}, strides{unit, unit};
    Value next = tensor::ExtractSliceOp::create(
        builder, loc, ids, ArrayRef<OpFoldResult>{zero, unit}, sizes, strides);
    Value empty = tensor::EmptyOp::create(
        builder, loc, ArrayRef<OpFoldResult>{batch, sequence},
        type.getElementType());
    Value none = arith::ConstantOp::create(
        builder, loc, builder.getIntegerAttr(type.getElementType(), -1));
    Value filled =
        linalg::FillOp::create(builder, loc, none, empty).getResult(0);
    return tensor::InsertSliceOp::create(builder, loc, next, filled,
                                         ArrayRef<OpFoldResult>{zero, zero},
                                         sizes, strides);
  }
};

/// @sample: the next token of each row of @step's logits.
void buildSample(Forward &forward) {
  OpBuilder builder(forward.func.getContext());
  builder.setInsertionPointAfter(
      cast<ModuleOp>(forward.func->getParentOp()).lookupSymbol("step"));
  Location loc = forward.logits.getLoc();
  Type f32 = builder.getF32Type();
  int64_t batch =
      cast<RankedTensorType>(forward.ids.getType()).getDimSize(0);
  int64_t vocab =
      cast<RankedTensorType>(forward.logits.getType()).getDimSize(2);
  auto ids = RankedTensorType::get({batch}, builder.getI64Type());
  auto func = func::FuncOp::create(
      builder, loc, "sample",
      builder.getFunctionType({RankedTensorType::get({batch, vocab}, f32),
                               RankedTensorType::get({batch, 3}, f32)},
                              ids));
  auto describe = [&](StringRef name, ArrayRef<StringRef> dims) {
    return builder.getDictionaryAttr(
        {builder.getNamedAttr("emo.name", builder.getStringAttr(name)),
         builder.getNamedAttr("emo.role", builder.getStringAttr(name)),
         builder.getNamedAttr("emo.dims", builder.getStrArrayAttr(dims))});
  };
  func.setArgAttrs(0, describe("logits", {"batch", ""}));
  func.setArgAttrs(1, describe("sampling", {"batch", ""}));
  func.setResultAttrs(0, describe("next_ids", {"batch"}));
  Block *body = func.addEntryBlock();
  builder.setInsertionPointToStart(body);
  Value chosen = SampleOp::create(builder, loc, ids, body->getArgument(0),
                                  body->getArgument(1));
  func::ReturnOp::create(builder, loc, chosen);
}

struct BuildEntryPointsPass
    : emo::impl::BuildEntryPointsBase<BuildEntryPointsPass> {
  using BuildEntryPointsBase::BuildEntryPointsBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    Forward forward;
    forward.func = module.lookupSymbol<func::FuncOp>("forward");
    if (!forward.func || forward.func.isExternal() ||
        module.lookupSymbol("step") || module.lookupSymbol("loss"))
      return;
    if (failed(findInterface(forward)) ||
        failed(forward.analysis.run(forward.func, forward.ids)) ||
        failed(checkLogits(forward)))
      return missing(forward, {"loss", "step"});
    LossBuilder(forward).build();
    if (failed(StepBuilder(forward, /*pooled=*/false).build()))
      return missing(forward, {"step"});
    buildSample(forward);
    // Each router's experts end in one combine, behind which the last token is
    // enough.
    if (documentPools && !forward.routes.empty() &&
        forward.routes.size() == forward.combines.size() &&
        failed(StepBuilder(forward, /*pooled=*/true).build()))
      return missing(forward, {"pooled_step"});
    noteExpertBytes(forward);
  }

  /// What the runtime needs to say how much of the weights a pool reads.
  void noteExpertBytes(Forward &forward) {
    if (forward.routes.empty())
      return;
    Builder b(&getContext());
    NamedAttrList model(
        getOperation()->getAttrOfType<DictionaryAttr>("emo.model"));
    model.set("expert_bytes", b.getDenseI64ArrayAttr(llvm::map_to_vector(
                                  forward.routes, expertBytes)));
    getOperation()->setAttr("emo.model", model.getDictionary(&getContext()));
  }

  /// Token ids, logits, attentions; on failure the analysis has the reason.
  LogicalResult findInterface(Forward &forward) {
    auto fail = [&](StringRef reason) {
      forward.analysis.failedOp = forward.func;
      forward.analysis.reason = reason.str();
      return failure();
    };
    for (BlockArgument argument : forward.func.getArguments()) {
      auto role = forward.func.getArgAttrOfType<StringAttr>(
          argument.getArgNumber(), "emo.role");
      if (!role || role.getValue() != "token_ids")
        continue;
      if (forward.ids)
        return fail("@forward has two inputs with the role token_ids");
      forward.ids = argument;
    }
    if (!forward.ids)
      return fail("@forward has no input with the role token_ids");
    auto returnOp = cast<func::ReturnOp>(forward.func.back().getTerminator());
    for (auto [i, value] : llvm::enumerate(returnOp.getOperands())) {
      auto name = forward.func.getResultAttrOfType<StringAttr>(i, "emo.name");
      if (name && name.getValue() == "logits")
        forward.logits = value;
    }
    if (!forward.logits)
      return fail("@forward has no result named logits");
    forward.func.walk([&](Operation *op) {
      if (auto attention = dyn_cast<AttentionOp>(op))
        forward.attentions.push_back(attention);
      else if (auto route = dyn_cast<RouteOp>(op))
        forward.routes.push_back(route);
      else if (auto combine = dyn_cast<CombineOp>(op))
        forward.combines.push_back(combine);
    });
    return success();
  }

  LogicalResult checkLogits(Forward &forward) {
    constexpr Axis expected[] = {Axis::Batch, Axis::Sequence, Axis::Free};
    const TokenShape &shape = forward.analysis.shape(forward.logits);
    if (shape.part == GroupPart::None &&
        ArrayRef<Axis>(shape.axes) == ArrayRef<Axis>(expected))
      return success();
    forward.analysis.failedOp = forward.func;
    forward.analysis.reason = "the logits are not [batch, sequence, vocab]";
    return failure();
  }

  void missing(Forward &forward, ArrayRef<StringRef> entries) {
    Operation *op = forward.analysis.failedOp;
    std::string reason = forward.analysis.reason;
    if (auto name = op->getLoc()->findInstanceOf<NameLoc>())
      reason += " (at " + name.getName().str() + ")";
    op->emitRemark() << "no entry point "
                     << llvm::join(llvm::map_range(entries,
                                                   [](StringRef entry) {
                                                     return "@" + entry.str();
                                                   }),
                                   " and ")
                     << ": " << forward.analysis.reason;
    NamedAttrList list;
    for (StringRef entry : entries)
      list.set(entry, StringAttr::get(&getContext(), reason));
    getOperation()->setAttr("emo.missing_entries",
                            list.getDictionary(&getContext()));
  }
};

} // namespace
