// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Routers.h"

using namespace mlir;
using namespace emo;

FailureOr<Routers> emo::findRouters(ModuleOp module) {
  Routers routers;
  routers.forward = module.lookupSymbol<func::FuncOp>("forward");
  if (!routers.forward || routers.forward.isExternal())
    return module.emitError()
           << "expects a function @forward with a body, found none";
  routers.forward.walk([&](RouteOp op) { routers.routes.push_back(op); });
  if (routers.routes.empty())
    return routers.forward.emitOpError()
           << "expects a router, found no emo.route; dense models have none, "
              "and of an ONNX graph experts must have been raised";
  return routers;
}

RouterLogits emo::findLogits(RouteOp route) {
  if (auto mask = route.getLogits().getDefiningOp<MaskExpertsOp>())
    return {mask.getLogits(), mask};
  return {route.getLogits(), {}};
}

int64_t emo::expertBytes(RouteOp route) {
  int64_t bytes = 0;
  for (Operation *user : route.getIndices().getUsers()) {
    auto group = dyn_cast<GroupByExpertOp>(user);
    if (!group)
      continue;
    for (Operation *product : group.getOffsets().getUsers())
      for (Value operand : product->getOperands().drop_front())
        if (auto ref = operand.getDefiningOp<ParamRefOp>()) {
          auto type = cast<RankedTensorType>(ref.getType());
          bytes += type.getNumElements() / type.getDimSize(0) *
                   type.getElementTypeBitWidth() / 8;
        }
  }
  return bytes;
}
