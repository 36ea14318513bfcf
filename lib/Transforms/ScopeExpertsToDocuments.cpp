// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// emo-scope-experts-to-documents: document pools in front of routers, attention
// inside documents.
#include "Routers.h"
#include "emo/Transforms/Passes.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace emo {
#define GEN_PASS_DEF_SCOPEEXPERTSTODOCUMENTS
#include "emo/Transforms/Passes.h.inc"
} // namespace emo

using namespace mlir;
using namespace emo;

namespace {

struct ScopeExpertsToDocumentsPass
    : emo::impl::ScopeExpertsToDocumentsBase<ScopeExpertsToDocumentsPass> {
  using ScopeExpertsToDocumentsBase::ScopeExpertsToDocumentsBase;

  void runOnOperation() override {
    FailureOr<Routers> found = findRouters(getOperation());
    if (failed(found))
      return signalPassFailure();
    forward = found->forward;
    routes = found->routes;
    forward.walk([&](AttentionOp op) { attentions.push_back(op); });
    if (failed(readOptions()) || failed(findTokenIds()) || failed(findEos()) ||
        failed(checkScopes()))
      return signalPassFailure();

    ImplicitLocOpBuilder b(forward.getLoc(), &getContext());
    b.setInsertionPointToStart(&forward.front());
    if (poolKind != PoolKind::None)
      scopeExperts(b);
    if (attentionInDocuments)
      scopeAttention(b);
  }

private:
  enum class PoolKind { Input, Fixed, None };

  LogicalResult readOptions();
  LogicalResult findTokenIds();
  LogicalResult findEos();
  LogicalResult checkScopes();

  void scopeExperts(ImplicitLocOpBuilder &b);
  void scopeAttention(ImplicitLocOpBuilder &b);
  DocumentSegmentsOp segmentsAt(ImplicitLocOpBuilder &b, Boundary boundary);
  Value addPoolSizes(ImplicitLocOpBuilder &b, Value count);
  Value sizesOfLayer(ImplicitLocOpBuilder &b, Value sizes, Value documents,
                     int64_t layer);

  /// The largest number of routed experts that a token chooses in any layer.
  int64_t largestTopK() {
    int64_t largest = 0;
    for (RouteOp route : routes)
      largest = std::max<int64_t>(largest, route.getTopK());
    return largest;
  }

  func::FuncOp forward;
  SmallVector<RouteOp> routes;
  SmallVector<AttentionOp> attentions;
  BlockArgument ids;
  int64_t eosId = 0, fixedSize = 0;
  PoolKind poolKind = PoolKind::Input;
  Boundary poolBoundary = Boundary::Before, documentBoundary = Boundary::After;
  bool attentionInDocuments = true;
  DenseMap<int, DocumentSegmentsOp> segments; // by boundary
};

} // namespace

//===----------------------------------------------------------------------===//
// Preconditions
//===----------------------------------------------------------------------===//

LogicalResult ScopeExpertsToDocumentsPass::readOptions() {
  auto fail = [&](StringRef option, StringRef expected, StringRef found) {
    return getOperation().emitError()
           << "emo-scope-experts-to-documents: expects the option " << option
           << " to be " << expected << ", got '" << found << "'";
  };
  for (auto [name, text, value] :
       {std::tuple("boundary", StringRef(boundary), &poolBoundary),
        std::tuple("attention-boundary", StringRef(attentionBoundary),
                   &documentBoundary)}) {
    std::optional<Boundary> parsed = symbolizeBoundary(text);
    if (!parsed)
      return fail(name, "after or before", text);
    *value = *parsed;
  }
  if (attention != "documents" && attention != "causal")
    return fail("attention", "documents or causal", attention);
  attentionInDocuments = attention == "documents";
  if (pools == "none")
    poolKind = PoolKind::None;
  else if (pools != "input" && (StringRef(pools).getAsInteger(10, fixedSize) ||
                                fixedSize < 1 || fixedSize > INT32_MAX))
    return fail("pools", "input, none or a number of experts", pools);
  else if (pools != "input")
    poolKind = PoolKind::Fixed;
  if (poolKind == PoolKind::None && !attentionInDocuments)
    return fail("attention",
                "documents when pools are none: there is nothing "
                "to do",
                attention);
  if (poolKind == PoolKind::Fixed && fixedSize < largestTopK())
    return fail("pools",
                ("a size of at least top_k = " + Twine(largestTopK()) +
                 ", or tokens would choose experts outside their pool")
                    .str(),
                pools);
  return success();
}

LogicalResult ScopeExpertsToDocumentsPass::findTokenIds() {
  for (BlockArgument argument : forward.getArguments()) {
    auto role = forward.getArgAttrOfType<StringAttr>(argument.getArgNumber(),
                                                     "emo.role");
    if (!role || role.getValue() != "token_ids")
      continue;
    if (ids)
      return forward.emitOpError() << "expects one input with the role "
                                      "token_ids, found several";
    ids = argument;
  }
  if (!ids)
    return forward.emitOpError()
           << "expects an input with the role token_ids, in which EOS tokens "
              "end documents; found none";
  auto type = dyn_cast<RankedTensorType>(ids.getType());
  if (!type || type.getRank() != 2)
    return forward.emitOpError()
           << "expects token ids of shape [batch, sequence], got "
           << ids.getType();
  return success();
}

LogicalResult ScopeExpertsToDocumentsPass::findEos() {
  auto model = getOperation()->getAttrOfType<DictionaryAttr>("emo.model");
  auto known = model ? model.getAs<IntegerAttr>("eos_token_id") : IntegerAttr();
  if (eos < 0 && !known)
    return getOperation().emitError()
           << "emo-scope-experts-to-documents: the module does not say which "
              "token ends documents (eos_token_id of emo.model); pass the "
              "option eos=ID";
  eosId = eos < 0 ? known.getInt() : eos;
  return success();
}

LogicalResult ScopeExpertsToDocumentsPass::checkScopes() {
  for (StringRef entry : {"step", "loss"})
    if (Operation *op = getOperation().lookupSymbol(entry))
      return op->emitOpError()
             << "is an entry point derived from @forward already; scope "
                "experts before emo-build-entry-points";
  if (poolKind != PoolKind::None)
    for (RouteOp route : routes) {
      if (findLogits(route).mask)
        return route.emitOpError() << "chooses from document pools already; "
                                      "a model is scoped once";
      if (route.getBias())
        return route.emitOpError()
               << "has a selection bias, with which experts outside a pool "
                  "could be chosen; expected a router without one";
    }
  if (attentionInDocuments)
    for (AttentionOp op : attentions) {
      if (op.getSegments())
        return op.emitOpError()
               << "stays inside segments already; a model is scoped once "
                  "(attention=causal leaves attention alone)";
      if (op.getKeyCache())
        return op.emitOpError()
               << "has a KV cache, in which documents are unknown; expected "
                  "attention without one";
    }
  return success();
}

//===----------------------------------------------------------------------===//
// Rewriting
//===----------------------------------------------------------------------===//

/// One op a boundary, at the start of the function.
DocumentSegmentsOp
ScopeExpertsToDocumentsPass::segmentsAt(ImplicitLocOpBuilder &b,
                                        Boundary boundary) {
  DocumentSegmentsOp &op = segments[static_cast<int>(boundary)];
  if (!op) {
    Type i32 = b.getI32Type();
    op = DocumentSegmentsOp::create(
        b, cast<RankedTensorType>(ids.getType()).clone(i32),
        RankedTensorType::get({}, i32), ids, b.getI64IntegerAttr(eosId),
        BoundaryAttr::get(&getContext(), boundary),
        pad < 0 ? IntegerAttr() : b.getI64IntegerAttr(pad));
  }
  return op;
}

/// The input pool_sizes [layers, documents].
Value ScopeExpertsToDocumentsPass::addPoolSizes(ImplicitLocOpBuilder &b,
                                                Value count) {
  auto type = RankedTensorType::get(
      {static_cast<int64_t>(routes.size()), ShapedType::kDynamic},
      b.getI32Type());
  NamedAttrList attrs;
  attrs.set("emo.name", b.getStringAttr("pool_sizes"));
  attrs.set("emo.dims", b.getStrArrayAttr({"", "documents"}));
  // From a smaller pool tokens would choose masked experts.
  attrs.set("emo.range", b.getDenseI64ArrayAttr({largestTopK(), INT32_MAX}));
  unsigned position = forward.getNumArguments();
  (void)forward.insertArgument(
      position, type, attrs.getDictionary(&getContext()), forward.getLoc());
  Value sizes = forward.getArgument(position);
  // The number of documents is known at run time only; masking reads one size
  // for each.
  Value given = tensor::DimOp::create(b, sizes, 1);
  Value enough =
      arith::CmpIOp::create(b, arith::CmpIPredicate::sle, count, given);
  cf::AssertOp::create(b, enough,
                       "input 'pool_sizes' has fewer documents (columns) than "
                       "the token ids");
  return sizes;
}

/// i32 [documents].
Value ScopeExpertsToDocumentsPass::sizesOfLayer(ImplicitLocOpBuilder &b,
                                                Value sizes, Value documents,
                                                int64_t layer) {
  auto type = RankedTensorType::get({ShapedType::kDynamic}, b.getI32Type());
  if (poolKind == PoolKind::Fixed) {
    Value size = arith::ConstantOp::create(b, b.getI32IntegerAttr(fixedSize));
    return tensor::SplatOp::create(b, type, size, documents);
  }
  Attribute one = b.getIndexAttr(1);
  SmallVector<OpFoldResult> offsets{b.getIndexAttr(layer), b.getIndexAttr(0)},
      extents{one, documents}, strides{one, one};
  return tensor::ExtractSliceOp::create(b, type, sizes, offsets, extents,
                                        strides);
}

void ScopeExpertsToDocumentsPass::scopeExperts(ImplicitLocOpBuilder &b) {
  DocumentSegmentsOp documents = segmentsAt(b, poolBoundary);
  Value count = arith::IndexCastOp::create(
      b, b.getIndexType(),
      tensor::ExtractOp::create(b, documents.getCount(), ValueRange()));
  Value sizes, size = count;
  if (poolKind == PoolKind::Input) {
    sizes = addPoolSizes(b, count);
    size = tensor::DimOp::create(b, sizes, 1);
  }
  Value tokens = tensor::CollapseShapeOp::create(
      b, documents.getSegments(), ArrayRef<ReassociationIndices>{{0, 1}});

  for (auto [layer, route] : llvm::enumerate(routes)) {
    ImplicitLocOpBuilder at(route.getLoc(), route);
    Value logits = route.getLogits();
    auto type = cast<RankedTensorType>(logits.getType());
    Value scores =
        RouterScoresOp::create(at, type, logits, route.getScoringAttr());
    Value pool = DocumentPoolOp::create(
        at,
        RankedTensorType::get({ShapedType::kDynamic, type.getDimSize(1)},
                              at.getI1Type()),
        scores, tokens, sizesOfLayer(at, sizes, size, layer));
    route.getLogitsMutable().assign(
        MaskExpertsOp::create(at, type, logits, pool, tokens));
  }
}

void ScopeExpertsToDocumentsPass::scopeAttention(ImplicitLocOpBuilder &b) {
  if (attentions.empty())
    return;
  Value documents = segmentsAt(b, documentBoundary).getSegments();
  for (AttentionOp op : attentions)
    op.getSegmentsMutable().assign(documents);
}
