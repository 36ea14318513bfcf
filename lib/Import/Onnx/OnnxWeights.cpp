// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "OnnxWeights.h"

#include "OnnxWire.h"
#include "emo/Dialect/Emo/IR/Emo.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/StringSet.h"
#include "onnx/onnx_pb.h"

using namespace mlir;
using namespace emo::onnximport;

/// Makes an initializer of every Constant node that holds a tensor of more than one element, so that one rule serves both.
static void hoistConstants(onnx::GraphProto &graph) {
  auto *nodes = graph.mutable_node();
  int kept = 0;
  for (int i = 0; i < nodes->size(); ++i) {
    onnx::NodeProto &node = *nodes->Mutable(i);
    bool hoist = node.domain().empty() && node.op_type() == "Constant" && node.output_size() == 1 &&
                 node.attribute_size() == 1 && node.attribute(0).name() == "value" && node.attribute(0).has_t();
    if (hoist) {
      onnx::TensorProto *tensor = graph.add_initializer();
      *tensor = std::move(*node.mutable_attribute(0)->mutable_t());
      tensor->set_name(node.output(0));
      continue;
    }
    if (kept != i)
      nodes->SwapElements(kept, i);
    ++kept;
  }
  nodes->DeleteSubrange(kept, nodes->size() - kept);
}

/// Replaces the external data of a small constant by its bytes.
static LogicalResult readIn(onnx::TensorProto &tensor, const ByteRange &range, DataFolder &folder, EmitError emitError) {
  FailureOr<std::string> bytes = folder.read(range, emitError);
  if (failed(bytes))
    return failure();
  tensor.clear_external_data();
  tensor.clear_data_location();
  tensor.set_raw_data(*bytes);
  return success();
}

/// The weight that `tensor` is; a null source when it is a constant and stays in the graph.
static FailureOr<Weight> classify(onnx::TensorProto &tensor, DataFolder &folder, MLIRContext *context,
                                  EmitError emitError) {
  RankedTensorType type = tensorType(tensor, context, emitError);
  if (!type)
    return failure();
  uint64_t bytes = storedBytes(type);
  bool constant = bytes <= kMaxInlineBytes && (type.getElementType().isInteger() || type.getNumElements() == 1);
  if (tensor.data_location() != onnx::TensorProto::EXTERNAL) {
    // Typed integers are index tables at most; kept whatever their size.
    if (constant || (type.getElementType().isInteger() && !tensor.has_raw_data()))
      return Weight{type, {}};
    return Weight{type, emo::LiteralAttr::get(context, literal(tensor, context))};
  }
  FailureOr<ByteRange> range = folder.resolve(tensor, type, emitError);
  if (failed(range))
    return failure();
  if (constant) {
    if (failed(readIn(tensor, *range, folder, emitError)))
      return failure();
    return Weight{type, {}};
  }
  return Weight{type, emo::SourceAttr::get(context, range->file, range->offset, type, {})};
}

FailureOr<Weights> emo::onnximport::extractWeights(onnx::ModelProto &model, DataFolder &folder, MLIRContext *context,
                                                   EmitError emitError) {
  onnx::GraphProto &graph = *model.mutable_graph();
  hoistConstants(graph);
  Weights weights;
  google::protobuf::RepeatedPtrField<onnx::TensorProto> constants;
  llvm::StringSet<> initialised;
  for (onnx::TensorProto &tensor : *graph.mutable_initializer()) {
    initialised.insert(tensor.name());
    FailureOr<Weight> weight = classify(tensor, folder, context, emitError);
    if (failed(weight))
      return failure();
    if (weight->source)
      weights.insert({StringAttr::get(context, tensor.name()).getValue(), *weight});
    else
      constants.Add(std::move(tensor));
  }
  graph.mutable_initializer()->Swap(&constants);

  // Before IR version 4 every initializer was listed as an input too. It is a weight, not an input with a default.
  auto *inputs = graph.mutable_input();
  for (int i = inputs->size(); i-- > 0;)
    if (initialised.contains(inputs->Get(i).name()))
      inputs->DeleteSubrange(i, 1);
  for (auto &[name, weight] : weights) {
    onnx::ValueInfoProto *input = graph.add_input();
    input->set_name(name.str());
    auto *tensor = input->mutable_type()->mutable_tensor_type();
    tensor->set_elem_type(onnxElementType(weight.type.getElementType()));
    for (int64_t size : weight.type.getShape())
      tensor->mutable_shape()->add_dim()->set_dim_value(size);
  }
  return weights;
}
