// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// emo-collect-expert-statistics: @profile from @loss.
#include "ExpertMask.h"
#include "emo/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace emo {
#define GEN_PASS_DEF_COLLECTEXPERTSTATISTICS
#include "emo/Transforms/Passes.h.inc"
} // namespace emo

using namespace mlir;
using namespace emo;

namespace {

struct CollectExpertStatisticsPass
    : emo::impl::CollectExpertStatisticsBase<CollectExpertStatisticsPass> {
  using CollectExpertStatisticsBase::CollectExpertStatisticsBase;

  void runOnOperation() override {
    auto loss = getOperation().lookupSymbol<func::FuncOp>("loss");
    if (failed(checkModule(loss)))
      return signalPassFailure();
    profile = loss.clone();
    profile.setName("profile");
    getOperation().insert(std::next(loss->getIterator()), profile);
    dropResults();

    SmallVector<RouteOp> routes;
    profile.walk([&](RouteOp op) { routes.push_back(op); });
    OpBuilder b(profile);
    ExpertMask mask(b, routes, [&](Type type, DictionaryAttr attrs) {
      unsigned position = profile.getNumArguments();
      (void)profile.insertArgument(position, type, attrs, profile.getLoc());
      return profile.getArgument(position);
    });
    for (auto [layer, route] : llvm::enumerate(routes)) {
      prefix = "layers." + std::to_string(layer) + ".";
      Value probabilities = mask.apply(route);
      addResult("router_probabilities", probabilities);
      addResult("indices", route.getIndices());
      addResult("weights", route.getWeights());
      collectExperts(route);
    }
    eraseDeadOps();
  }

private:
  LogicalResult checkModule(func::FuncOp loss);
  void dropResults();
  void eraseDeadOps();
  void collectExperts(RouteOp route);
  void collectResidual(CombineOp combine);
  void addResult(StringRef name, Value value);
  void addDot(Operation *op, StringRef name, Value x, Value y);

  func::FuncOp profile;
  std::string prefix;
};

} // namespace

LogicalResult CollectExpertStatisticsPass::checkModule(func::FuncOp loss) {
  auto fail = [&](const Twine &message) {
    return getOperation().emitError()
           << "emo-collect-expert-statistics: " << message;
  };
  if (!loss) {
    auto missing =
        getOperation()->getAttrOfType<DictionaryAttr>("emo.missing_entries");
    auto reason = missing ? missing.getAs<StringAttr>("loss") : StringAttr();
    return fail("expects the entry point @loss, found none" +
                (reason ? ": " + reason.getValue() : Twine()));
  }
  bool routes = false;
  loss.walk([&](RouteOp) { routes = true; });
  if (!routes)
    return fail("expects a router, found no emo.route");
  auto model = getOperation()->getAttrOfType<DictionaryAttr>("emo.model");
  if (model && model.get("expert_set"))
    return fail("the module is pruned: its experts are not those of the "
                "checkpoint; profile the model it was made from");
  return success();
}

void CollectExpertStatisticsPass::dropResults() {
  profile.front().getTerminator()->setOperands({});
  llvm::BitVector all(profile.getNumResults(), true);
  (void)profile.eraseResults(all);
}

void CollectExpertStatisticsPass::eraseDeadOps() {
  for (Operation &op :
       llvm::make_early_inc_range(llvm::reverse(profile.front())))
    if (isOpTriviallyDead(&op))
      op.erase();
}

void CollectExpertStatisticsPass::addResult(StringRef name, Value value) {
  Builder b(&getContext());
  NamedAttrList attrs;
  attrs.set("emo.name", b.getStringAttr(prefix + name.str()));
  SmallVector<StringRef> dims{name == "output_squares" ? "choices" : "tokens"};
  dims.resize(cast<RankedTensorType>(value.getType()).getRank(), "");
  attrs.set("emo.dims", b.getStrArrayAttr(dims));
  unsigned position = profile.getNumResults();
  (void)profile.insertResult(position, value.getType(),
                             attrs.getDictionary(&getContext()));
  profile.front().getTerminator()->insertOperands(position, value);
}

/// The output `name`: dot products of the rows of x and y, before `op`.
void CollectExpertStatisticsPass::addDot(Operation *op, StringRef name, Value x,
                                         Value y) {
  OpBuilder b(op);
  auto type = RankedTensorType::get(
      {cast<RankedTensorType>(x.getType()).getDimSize(0)}, b.getF32Type());
  addResult(name, RowDotOp::create(b, op->getLoc(), type, x, y));
}

/// Lengths of the outputs of a layer's experts.
void CollectExpertStatisticsPass::collectExperts(RouteOp route) {
  for (Operation *user : llvm::to_vector(route.getIndices().getUsers())) {
    auto group = dyn_cast<GroupByExpertOp>(user);
    if (!group)
      continue;
    for (Operation *reader : llvm::to_vector(group.getInverse().getUsers()))
      if (auto combine = dyn_cast<CombineOp>(reader)) {
        addResult("inverse", group.getInverse());
        addDot(combine, "output_squares", combine.getRows(), combine.getRows());
        collectResidual(combine);
      }
  }
}

/// What the experts add, and what they add it to.
void CollectExpertStatisticsPass::collectResidual(CombineOp combine) {
  Value added = combine.getResult();
  arith::AddFOp sum;
  while (added.hasOneUse() && !sum) {
    Operation *user = *added.user_begin();
    sum = dyn_cast<arith::AddFOp>(user);
    if (!sum && !isa<tensor::ExpandShapeOp>(user))
      return;
    if (!sum)
      added = user->getResult(0);
  }
  if (!sum)
    return;
  Value residual = sum.getLhs() == added ? sum.getRhs() : sum.getLhs();
  OpBuilder b(sum);
  auto type = cast<RankedTensorType>(combine.getResult().getType());
  int64_t rank = cast<RankedTensorType>(residual.getType()).getRank();
  if (rank != type.getRank()) {
    SmallVector<ReassociationIndices> groups(2);
    for (int64_t d = 0; d + 1 < rank; ++d)
      groups[0].push_back(d);
    groups[1].push_back(rank - 1);
    residual =
        tensor::CollapseShapeOp::create(b, sum.getLoc(), residual, groups);
  }
  Value moe = combine.getResult();
  addDot(sum, "residual_squares", residual, residual);
  addDot(sum, "residual_moe", residual, moe);
  addDot(sum, "moe_squares", moe, moe);
}
