// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One linear layer instead of three for the q, k and v of an attention: the
// weights become one parameter.
#include "Utils.h"
#include "emo/Transforms/Params.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

using namespace mlir;
using namespace emo;

/// The linear layer behind an operand of attention, seen through rotation,
/// changes of shape and a norm over its whole width (which reads rows of a
/// view; a norm over each head would need a copy).
static LinearOp findProjection(Value value) {
  int64_t normWidth = 0;
  while (Operation *op = value.getDefiningOp()) {
    if (auto linear = dyn_cast<LinearOp>(op)) {
      int64_t width = cast<RankedTensorType>(linear.getResult().getType())
                          .getShape()
                          .back();
      return normWidth == 0 || normWidth == width ? linear : LinearOp();
    }
    if (auto norm = dyn_cast<RmsNormOp>(op)) {
      normWidth =
          cast<RankedTensorType>(norm.getX().getType()).getShape().back();
      value = norm.getX();
    } else if (auto rotary = dyn_cast<RotaryOp>(op)) {
      value = rotary.getX();
    } else if (isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp>(op)) {
      value = op->getOperand(0);
    } else {
      break;
    }
  }
  return {};
}

/// A reference to the concatenation of what `pick` selects of each layer; null
/// when that is not possible.
static Value concatParams(OpBuilder &builder, ArrayRef<LinearOp> layers,
                          ParamFactory &params,
                          function_ref<Value(LinearOp)> pick) {
  SmallVector<ParamOp> parts;
  for (LinearOp layer : layers) {
    ParamOp param = params.lookup(pick(layer));
    if (!param)
      return {};
    parts.push_back(param);
  }
  ParamOp fused = params.concat(parts, "qkv");
  if (!fused)
    return {};
  LinearOp first = layers.front();
  return ParamRefOp::create(builder, first.getLoc(), fused.getType(),
                            FlatSymbolRefAttr::get(fused.getSymNameAttr()));
}

static void fuse(AttentionOp op, ParamFactory &params) {
  SmallVector<LinearOp> layers{findProjection(op.getQ()),
                               findProjection(op.getK()),
                               findProjection(op.getV())};
  if (!layers[0] || !layers[1] || !layers[2] || layers[0] == layers[1] ||
      layers[1] == layers[2] || layers[0] == layers[2])
    return;
  LinearOp first = layers[0];
  for (LinearOp layer : layers) {
    if (layer.getX() != first.getX() ||
        getElementTypeOrSelf(layer.getResult()) !=
            getElementTypeOrSelf(first.getResult()) ||
        static_cast<bool>(layer.getBias()) !=
            static_cast<bool>(first.getBias()) ||
        layer->getBlock() != first->getBlock() ||
        !haveKernelTypes(layer->getOperands()))
      return;
    if (layer->isBeforeInBlock(first))
      first = layer;
  }

  OpBuilder builder(first);
  Location loc = first.getLoc();
  Value weight = concatParams(builder, layers, params,
                              [](LinearOp layer) { return layer.getWeight(); });
  if (!weight)
    return;
  Value bias;
  if (first.getBias()) {
    bias = concatParams(builder, layers, params,
                        [](LinearOp layer) { return layer.getBias(); });
    if (!bias) {
      weight.getDefiningOp()->erase();
      return;
    }
  }
  Value rows = toRows(builder, loc, first.getX());
  OpFoldResult count = tensor::getMixedSize(builder, loc, rows, 0);
  auto rowsType = cast<RankedTensorType>(rows.getType());
  auto type = RankedTensorType::get(
      {rowsType.getDimSize(0),
       cast<RankedTensorType>(weight.getType()).getDimSize(0)},
      getElementTypeOrSelf(first.getResult()));
  Value fused = LinearOp::create(
      builder,
      builder.getFusedLoc(
          {layers[0].getLoc(), layers[1].getLoc(), layers[2].getLoc()}),
      type, rows, weight, bias);
  int64_t offset = 0;
  for (LinearOp layer : layers) {
    auto layerType = cast<RankedTensorType>(layer.getResult().getType());
    int64_t width = layerType.getShape().back();
    Attribute zero = builder.getIndexAttr(0), one = builder.getIndexAttr(1);
    Value slice = tensor::ExtractSliceOp::create(
        builder, layer.getLoc(), fused,
        ArrayRef<OpFoldResult>{zero, builder.getIndexAttr(offset)},
        ArrayRef<OpFoldResult>{count, builder.getIndexAttr(width)},
        ArrayRef<OpFoldResult>{one, one});
    layer.getResult().replaceAllUsesWith(
        fromRows(builder, layer.getLoc(), slice, layer.getX(), 1, layerType));
    offset += width;
  }
  for (LinearOp layer : layers)
    layer.erase();
}

void emo::fuseProjections(FunctionOpInterface func, ParamFactory &params) {
  SmallVector<AttentionOp> attentions;
  func.walk([&](AttentionOp op) { attentions.push_back(op); });
  for (AttentionOp op : attentions)
    fuse(op, params);
}
