// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ExpertMask.h"

using namespace mlir;
using namespace emo;

static int64_t routedExperts(RouteOp route) {
  return cast<RankedTensorType>(route.getLogits().getType()).getDimSize(1);
}

ExpertMask::ExpertMask(OpBuilder &builder, ArrayRef<RouteOp> routes,
                       AddArgument addArgument) {
  int64_t most = 0;
  for (RouteOp route : routes)
    most = std::max(most, routedExperts(route));
  NamedAttrList attrs;
  attrs.set("emo.name", builder.getStringAttr("expert_mask"));
  attrs.set("emo.role", builder.getStringAttr("expert_mask"));
  argument = addArgument(
      RankedTensorType::get({static_cast<int64_t>(routes.size()), most},
                            builder.getI1Type()),
      attrs.getDictionary(builder.getContext()));
}

Value ExpertMask::apply(RouteOp route) {
  OpBuilder b(route);
  Location loc = route.getLoc();
  Value logits = route.getLogits();
  int64_t experts = routedExperts(route);
  Attribute zero = b.getIndexAttr(0), one = b.getIndexAttr(1);
  SmallVector<OpFoldResult> offsets{b.getIndexAttr(layer++), zero},
      sizes{one, b.getIndexAttr(experts)}, strides{one, one};
  Value row = tensor::ExtractSliceOp::create(
      b, loc, RankedTensorType::get({1, experts}, b.getI1Type()), argument,
      offsets, sizes, strides);
  Value masked = MaskExpertsOp::create(b, loc, logits.getType(), logits, row,
                                       /*segments=*/Value());
  route.getLogitsMutable().assign(masked);
  b.setInsertionPointAfter(route);
  auto type = cast<RankedTensorType>(logits.getType());
  return RouterScoresOp::create(b, loc, type.clone(b.getF32Type()), masked,
                                route.getScoringAttr());
}
