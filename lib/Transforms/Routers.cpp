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
