// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// com.microsoft.MoE: softmax over all experts, top k, optionally normalised; the importer has checked the shapes.
#include "RaiseOnnx.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace emo;
using namespace emo::onnxir;
using namespace emo::raise;

namespace {

/// FC1 holds gate and linear part in one when fused: interleaved rows (1) or one half after the other (2).
class FusedHalves {
public:
  FusedHalves(RaiseContext &context, NodeOp node, int64_t fusion) : context(context), node(node), fusion(fusion) {}

  /// Half 0 (gate) or 1 (linear) of the parameter [experts, 2 * inner, ...]; null after an error.
  Value half(Value value, int64_t which) {
    if (!value)
      return {};
    if (!context.paramOf(value)) {
      node.emitError() << "MoE with fused FC1 expects its weights and biases to be initializers";
      failed = true;
      return {};
    }
    MLIRContext *mlirContext = node.getContext();
    SmallVector<int64_t> shape(cast<RankedTensorType>(value.getType()).getShape()), halved(shape), split(shape);
    halved[1] = shape[1] / 2;
    split[1] = halved[1];
    split.insert(split.begin() + (fusion == 1 ? 2 : 1), 2);
    Location loc = node.getLoc();
    value = context.transformParam(loc, value, ReshapeAttr::get(mlirContext, split));
    value = context.transformParam(loc, value, SliceAttr::get(mlirContext, fusion == 1 ? 2 : 1, which, 1));
    return context.transformParam(loc, value, ReshapeAttr::get(mlirContext, halved));
  }

  bool failed = false;

private:
  RaiseContext &context;
  NodeOp node;
  int64_t fusion;
};

} // namespace

static LogicalResult raiseNode(RaiseContext &context, NodeOp node) {
  OpBuilder builder(node);
  Location loc = node.getLoc();
  Value x = node.getNodeInput(0), logits = node.getNodeInput(1);
  auto type = dyn_cast<RankedTensorType>(x.getType());
  auto logitsType = dyn_cast<RankedTensorType>(logits.getType());
  if (!type || !logitsType || logitsType.isDynamicDim(1) || type.isDynamicDim(type.getRank() - 1))
    return node.emitError() << "MoE expects a static number of experts and a static hidden size";
  Value gate, up = node.getNodeInput(2), down = node.getNodeInput(4), gateBias, upBias = node.getNodeInput(3);
  StringRef name = stringAttr(node, "activation_type", "relu");
  int64_t fusion = intAttr(node, "swiglu_fusion", 0);
  if (name == "swiglu" && fusion > 0) {
    FusedHalves fused(context, node, fusion);
    gate = fused.half(up, 0);
    gateBias = fused.half(upBias, 0);
    up = fused.half(up, 1);
    upBias = fused.half(upBias, 1);
    if (fused.failed)
      return failure();
  } else if (Value fc3 = node.getNodeInput(6)) {
    gate = up;
    gateBias = upBias;
    up = fc3;
    upBias = node.getNodeInput(7);
  } else if (name == "swiglu") {
    return node.emitError() << "MoE with activation swiglu expects swiglu_fusion 1 or 2, or FC3";
  }
  Activation activation = llvm::StringSwitch<Activation>(name)
                              .Cases({"silu", "swiglu"}, Activation::Silu)
                              .Case("gelu", Activation::GeluTanh)
                              .Case("identity", Activation::Identity)
                              .Default(Activation::Relu);

  if (type.getRank() == 3) {
    x = tensor::CollapseShapeOp::create(builder, loc, x, SmallVector<ReassociationIndices>{{0, 1}, {2}});
    type = cast<RankedTensorType>(x.getType());
  }
  auto tensorOf = [](ArrayRef<int64_t> shape, Type element) { return RankedTensorType::get(shape, element); };
  int64_t tokens = type.getDimSize(0), k = intAttr(node, "k", 1), experts = logitsType.getDimSize(1);
  int64_t rows = ShapedType::isDynamic(tokens) ? ShapedType::kDynamic : tokens * k;
  Type i32 = builder.getI32Type();
  auto route = RouteOp::create(builder, loc, tensorOf({tokens, k}, logitsType.getElementType()), tensorOf({tokens, k}, i32),
                               logits, /*bias=*/Value(), /*shared_logits=*/Value(), k, /*num_shared=*/0, Scoring::Softmax,
                               RouteOrder::ScoreThenTopK, intAttr(node, "normalize_routing_weights", 0) != 0,
                               /*epsilon=*/APFloat(0.0), /*scale=*/APFloat(1.0), /*num_groups=*/1, /*top_groups=*/1,
                               intAttr(node, "use_sparse_mixer", 0) != 0, /*jitter=*/APFloat(0.01));
  auto groups = GroupByExpertOp::create(builder, loc, tensorOf({experts + 1}, i32), tensorOf({rows}, i32),
                                        tensorOf({tokens, k}, i32), route.getIndices(), experts);
  auto rowType = tensorOf({rows, type.getDimSize(1)}, type.getElementType());
  Value dispatched = DispatchOp::create(builder, loc, rowType, x, groups.getTokens());
  FloatAttr limit;
  if (node.getNodeAttr("swiglu_limit"))
    limit = builder.getF64FloatAttr(floatAttr(node, "swiglu_limit", 0));
  bool swiglu = name == "swiglu";
  Value mlp = ExpertMlpOp::create(builder, loc, rowType, dispatched, groups.getOffsets(), up, down, gate, upBias,
                                  node.getNodeInput(5), gateBias, activation, swiglu ? limit : FloatAttr(),
                                  APFloat(swiglu ? floatAttr(node, "activation_alpha", 1) : 1.0),
                                  APFloat(swiglu ? floatAttr(node, "activation_beta", 0) : 0.0));
  Value result = CombineOp::create(builder, loc, type, mlp, route.getWeights(), groups.getInverse());
  if (auto full = cast<RankedTensorType>(node.getResult(0).getType()); full.getRank() == 3) {
    SmallVector<OpFoldResult> sizes;
    for (auto [axis, size] : llvm::enumerate(full.getShape()))
      if (ShapedType::isDynamic(size))
        sizes.push_back(tensor::DimOp::create(builder, loc, node.getNodeInput(0), axis).getResult());
      else
        sizes.push_back(builder.getIndexAttr(size));
    result = tensor::ExpandShapeOp::create(builder, loc, full, result, SmallVector<ReassociationIndices>{{0, 1}, {2}}, sizes);
  }
  context.replace(node.getResult(0), result);
  return success();
}

LogicalResult emo::raise::raiseMoeNodes(RaiseContext &context) {
  for (NodeOp node : context.nodes())
    if (node.getDomain() == "com.microsoft" && node.getOpType() == "MoE" && failed(raiseNode(context, node)))
      return failure();
  context.eraseDeadNodes();
  return success();
}
