// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// emo-expose-values: what routers compute as named outputs of @forward.
#include "Routers.h"
#include "emo/Transforms/Passes.h"
#include "llvm/ADT/StringSet.h"

namespace emo {
#define GEN_PASS_DEF_EXPOSEVALUES
#include "emo/Transforms/Passes.h.inc"
} // namespace emo

using namespace mlir;
using namespace emo;

namespace {

struct ExposeValuesPass : emo::impl::ExposeValuesBase<ExposeValuesPass> {
  using ExposeValuesBase::ExposeValuesBase;

  void runOnOperation() override {
    FailureOr<Routers> found = findRouters(getOperation());
    if (failed(found))
      return signalPassFailure();
    forward = found->forward;
    bool routing = values.empty(), pools = false;
    for (const std::string &name : values) {
      if (name != "routing" && name != "pools") {
        getOperation().emitError()
            << "emo-expose-values: expects the option values to be a list of "
               "routing and pools, got '"
            << name << "'";
        return signalPassFailure();
      }
      (name == "routing" ? routing : pools) = true;
    }
    for (auto [layer, route] : llvm::enumerate(found->routes)) {
      prefix = "layers." + std::to_string(layer) + ".";
      if ((routing && failed(exposeRouting(route))) ||
          (pools && failed(exposePool(route))))
        return signalPassFailure();
    }
  }

private:
  LogicalResult exposeRouting(RouteOp route) {
    OpBuilder b(route);
    return failure(
        failed(expose("router_probabilities", "tokens",
                      probabilities(b, route, findLogits(route).logits))) ||
        failed(expose("indices", "tokens", route.getIndices())) ||
        failed(expose("weights", "tokens", route.getWeights())));
  }

  LogicalResult exposePool(RouteOp route) {
    MaskExpertsOp mask = findLogits(route).mask;
    if (!mask)
      return route.emitOpError()
             << "has no document pool to expose; run "
                "emo-scope-experts-to-documents before emo-expose-values";
    OpBuilder b(route);
    return failure(failed(expose("pool", "documents", mask.getPool())) ||
                   failed(expose("pool_probabilities", "tokens",
                                 probabilities(b, route, mask.getResult()))));
  }

  /// Scores of all routed experts; those that chose the pool are at hand.
  static Value probabilities(OpBuilder &b, RouteOp route, Value logits) {
    for (Operation *user : logits.getUsers())
      if (auto scores = dyn_cast<RouterScoresOp>(user);
          scores && scores.getScoring() == route.getScoring() &&
          scores->getBlock() == route->getBlock() &&
          scores->isBeforeInBlock(route))
        return scores.getScores();
    return RouterScoresOp::create(b, route.getLoc(), logits.getType(), logits,
                                  route.getScoringAttr());
  }

  LogicalResult expose(StringRef name, StringRef rows, Value value) {
    std::string full = prefix + name.str();
    Builder b(&getContext());
    unsigned position = forward.getNumResults();
    for (unsigned i = 0; i < position; ++i)
      if (auto other = forward.getResultAttrOfType<StringAttr>(i, "emo.name");
          other && other.getValue() == full)
        return forward.emitOpError() << "has an output named '" << full
                                     << "' already; values are exposed once";
    if (value.getParentBlock() != &forward.front())
      return forward.emitOpError()
             << "expects routers outside loops and branches to expose '" << full
             << "'";
    NamedAttrList attrs;
    attrs.set("emo.name", b.getStringAttr(full));
    attrs.set("emo.dims", b.getStrArrayAttr({rows, ""}));
    (void)forward.insertResult(position, value.getType(),
                               attrs.getDictionary(&getContext()));
    Operation *terminator = forward.front().getTerminator();
    terminator->insertOperands(position, value);
    return success();
  }

  func::FuncOp forward;
  std::string prefix;
};

} // namespace
