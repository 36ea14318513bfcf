// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Expert layers spelled out in standard operators: find candidates, prove, build.
#include "ExpertProof.h"

#include "mlir/IR/Builders.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace emo;
using namespace emo::onnxir;
using namespace emo::raise;

/// Values [tokens, columns] that the choice of `topK` reaches through nodes, latest first: the layer's output is among them.
static SmallVector<Value> candidates(RaiseContext &context, NodeOp topK) {
  llvm::SetVector<Operation *> reached;
  reached.insert(topK);
  SymbolicDim tokens = context.shapes.getShape(topK.getResult(0))[0];
  SmallVector<Value> found;
  for (size_t i = 0; i < reached.size(); ++i)
    for (Operation *user : reached[i]->getUsers())
      if (auto node = dyn_cast<NodeOp>(user); node && node->getNumResults() == 1 && reached.insert(node)) {
        Value result = node.getResult(0);
        SymbolicShapes::Shape shape = context.shapes.getShape(result);
        if (shape.size() == 2 && shape[0] == tokens && shape[1].isConstant() &&
            isa<FloatType>(getElementTypeOrSelf(result.getType())))
          found.push_back(result);
      }
  llvm::sort(found, [](Value a, Value b) { return b.getDefiningOp()->isBeforeInBlock(a.getDefiningOp()); });
  return found;
}

/// The name of a node's or tensor's location, for parameters made of it.
static std::string baseName(Value param) {
  auto ref = param.getDefiningOp<ParamRefOp>();
  return ref ? ref.getParam().str() : "experts";
}

/// Builds the ops of a proved layer before `value`'s definition; null with a reason when the weights do not stack.
static Value build(RaiseContext &context, Value value, const MoeLayer &layer, std::string &reason) {
  Location loc = value.getLoc();
  auto stack = [&](ArrayRef<ExpertWeight> weights) {
    return weights.empty() ? Value() : stackExperts(context, loc, baseName(weights.front().param) + ".experts", weights, reason);
  };
  Value up = stack(layer.up), down = up ? stack(layer.down) : Value(), gate = down ? stack(layer.gate) : Value();
  if (!down || (!layer.gate.empty() && !gate))
    return {};
  const Router &router = layer.router;
  Value routerWeight = router.weight;
  if (router.transposed)
    routerWeight = context.transformParam(loc, routerWeight, TransposeAttr::get(value.getContext(), {1, 0}));
  auto weightType = cast<RankedTensorType>(routerWeight.getType());
  if (router.firstRow != 0 || weightType.getDimSize(0) != router.experts)
    routerWeight = context.transformParam(
        loc, routerWeight, SliceAttr::get(value.getContext(), 0, router.firstRow, router.experts));

  OpBuilder builder(value.getDefiningOp());
  auto type = cast<RankedTensorType>(value.getType());
  auto scores = cast<RankedTensorType>(router.topK->getResult(0).getType());
  int64_t tokens = type.getDimSize(0), choices = router.choices + layer.numShared, hidden = type.getDimSize(1);
  int64_t numExperts = router.experts + layer.numShared;
  int64_t rows = ShapedType::isDynamic(tokens) ? ShapedType::kDynamic : tokens * choices;
  Type i32 = builder.getI32Type();
  auto tensorOf = [](ArrayRef<int64_t> shape, Type element) { return RankedTensorType::get(shape, element); };

  Value logits = LinearOp::create(builder, loc, tensorOf({tokens, router.experts}, scores.getElementType()), router.x,
                                  routerWeight, Value());
  auto route = RouteOp::create(builder, loc, tensorOf({tokens, choices}, scores.getElementType()),
                               tensorOf({tokens, choices}, i32), logits, /*bias=*/Value(), /*shared_logits=*/Value(),
                               router.choices, layer.numShared, router.scoring, router.order, layer.normalize,
                               APFloat(layer.epsilon), APFloat(layer.scale), /*num_groups=*/1, /*top_groups=*/1,
                               /*sparse_mixer=*/false, /*jitter=*/APFloat(0.01));
  auto groups = GroupByExpertOp::create(builder, loc, tensorOf({numExperts + 1}, i32), tensorOf({rows}, i32),
                                        tensorOf({tokens, choices}, i32), route.getIndices(), numExperts);
  auto rowType = tensorOf({rows, hidden}, type.getElementType());
  Value dispatched = DispatchOp::create(
      builder, loc, tensorOf({rows, cast<RankedTensorType>(layer.x.getType()).getDimSize(1)}, type.getElementType()), layer.x,
      groups.getTokens());
  auto experts = ExpertMlpOp::create(builder, loc, rowType, dispatched, groups.getOffsets(), up, down, gate,
                                     /*up_bias=*/Value(), /*down_bias=*/Value(), /*gate_bias=*/Value(),
                                     layer.activation, /*limit=*/FloatAttr(), /*alpha=*/APFloat(1.0), /*beta=*/APFloat(0.0));
  return CombineOp::create(builder, loc, type, experts, route.getWeights(), groups.getInverse());
}

void emo::raise::raiseMoe(RaiseContext &context) {
  for (NodeOp topK : context.nodes()) {
    if (!topK.is("TopK") || topK->getNumResults() != 2 || rankOf(topK.getResult(0)) < 1)
      continue;
    std::string reason = "nothing of the shape [tokens, columns] follows from it";
    int progress = -1;
    bool raised = false;
    for (Value value : candidates(context, topK)) {
      // Constants fold into expressions for this proof only; the next one starts afresh.
      ExprFactory factory;
      ElementEvaluator evaluator(factory, context.shapes);
      ExpertProof proof(context, evaluator, topK);
      MoeLayer layer;
      std::string why;
      if (proof.prove(value, layer)) {
        if (Value combined = build(context, value, layer, why)) {
          context.replace(value, combined);
          raised = true;
          break;
        }
      } else {
        why = proof.reason();
      }
      if (proof.progress() > progress) {
        progress = proof.progress();
        reason = why;
      }
    }
    if (!raised)
      topK.emitRemark() << "expert selection is not raised: " << reason;
  }
  context.eraseDeadNodes();
}
