// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// emo.model of a raised module: an ONNX file says little about itself, so the sizes are read off the ops.
#include "RaiseOnnx.h"

#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace emo;
using namespace emo::raise;

static int64_t dimOf(Value value, int64_t dim) { return cast<RankedTensorType>(value.getType()).getDimSize(dim); }

void emo::raise::describeModel(RaiseContext &context) {
  Builder builder(context.module.getContext());
  NamedAttrList attributes(context.module->getAttrOfType<DictionaryAttr>("emo.model"));
  auto integer = [&](StringRef name, int64_t value) {
    if (!attributes.get(name) && !ShapedType::isDynamic(value))
      attributes.set(name, builder.getI64IntegerAttr(value));
  };
  SmallVector<int64_t> experts, shared, topK;
  context.function.walk([&](Operation *op) {
    if (auto embedding = dyn_cast<EmbeddingOp>(op)) {
      integer("vocab_size", dimOf(embedding.getTable(), 0));
      integer("hidden_size", dimOf(embedding.getTable(), 1));
      std::string type;
      llvm::raw_string_ostream(type) << getElementTypeOrSelf(embedding.getResult().getType());
      if (!attributes.get("dtype"))
        attributes.set("dtype", builder.getStringAttr(type));
    } else if (auto attention = dyn_cast<AttentionOp>(op)) {
      integer("heads", dimOf(attention.getQ(), 2));
      integer("kv_heads", dimOf(attention.getK(), 2));
    } else if (auto mlp = dyn_cast<ExpertMlpOp>(op)) {
      integer("expert_size", dimOf(mlp.getUp(), 1));
    } else if (auto route = dyn_cast<RouteOp>(op)) {
      experts.push_back(dimOf(route.getLogits(), 1) + route.getNumShared());
      shared.push_back(route.getNumShared());
      topK.push_back(route.getTopK() + route.getNumShared());
    }
  });
  if (!experts.empty()) {
    integer("layers", experts.size());
    attributes.set("experts_per_layer", builder.getDenseI64ArrayAttr(experts));
    attributes.set("shared_experts_per_layer", builder.getDenseI64ArrayAttr(shared));
    attributes.set("experts_per_token", builder.getDenseI64ArrayAttr(topK));
  }
  context.module->setAttr("emo.model", attributes.getDictionary(builder.getContext()));
}
