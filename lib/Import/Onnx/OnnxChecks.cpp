// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "OnnxChecks.h"

#include "OnnxLibrary.h"
#include "llvm/ADT/StringSet.h"
#include "onnx/onnx_pb.h"

using namespace mlir;
using namespace emo::onnximport;

/// Subgraphs nest a few levels in real models; the limit keeps recursion off the end of the stack.
static constexpr int kMaxDepth = 16;

std::string emo::onnximport::describe(const onnx::NodeProto &node, int index) {
  std::string name = node.name().empty() ? "#" + std::to_string(index) : "'" + node.name() + "'";
  return "node " + name + " (" + node.op_type() + ")";
}

namespace {

/// One walk over a graph or function and what is nested in it.
class StructureCheck {
public:
  StructureCheck(MLIRContext *context, EmitError emitError) : context(context), emitError(emitError) {}

  LogicalResult checkModel(const onnx::ModelProto &model);

private:
  using Names = llvm::StringSet<>;

  LogicalResult checkOpsets(const onnx::ModelProto &model);
  LogicalResult checkGraph(const onnx::GraphProto &graph, int depth);
  template <typename Nodes>
  LogicalResult checkNodes(const Nodes &nodes, int depth);
  LogicalResult checkAttributes(const onnx::NodeProto &node, int index, int depth);
  /// Names of node outputs differ from all names around them; inputs of a subgraph may hide outer ones.
  LogicalResult define(StringRef name, const Twine &what, bool mayHideOuter);
  bool isDefined(StringRef name) const {
    return llvm::any_of(scopes, [&](const Names &scope) { return scope.contains(name); });
  }

  MLIRContext *context;
  EmitError emitError;
  SmallVector<Names> scopes;
};

} // namespace

LogicalResult StructureCheck::checkOpsets(const onnx::ModelProto &model) {
  Names domains;
  for (const auto &import : model.opset_import()) {
    StringRef domain = import.domain().empty() ? StringRef("ai.onnx") : StringRef(import.domain());
    if (!domains.insert(domain).second)
      return emitError() << "the model imports domain '" << domain << "' twice";
    if (import.version() < 1)
      return emitError() << "the model imports opset " << import.version() << " of domain '" << domain
                         << "', expected 1 or more";
    if (domain == "ai.onnx" && import.version() > newestOpset())
      return emitError() << "the model imports opset version " << import.version() << " of domain 'ai.onnx', expected at most "
                         << newestOpset() << "; export it for an older opset";
  }
  if (!domains.contains("ai.onnx"))
    return emitError() << "the model imports no opset of the default domain 'ai.onnx'";
  return success();
}

LogicalResult StructureCheck::define(StringRef name, const Twine &what, bool mayHideOuter) {
  if (mayHideOuter ? scopes.back().contains(name) : isDefined(name))
    return emitError() << what << " defines '" << name << "', which is defined already";
  scopes.back().insert(name);
  return success();
}

LogicalResult StructureCheck::checkAttributes(const onnx::NodeProto &node, int index, int depth) {
  for (const auto &attribute : node.attribute()) {
    if (attribute.has_t() && failed(checkTensor(attribute.t(), context, emitError)))
      return failure();
    if (attribute.has_sparse_tensor() || attribute.sparse_tensors_size() > 0)
      return emitError() << describe(node, index) << " has the sparse tensor '" << attribute.name()
                         << "', expected dense tensors only";
    for (const auto &tensor : attribute.tensors())
      if (failed(checkTensor(tensor, context, emitError)))
        return failure();
    if (attribute.has_g() && failed(checkGraph(attribute.g(), depth + 1)))
      return failure();
    for (const auto &graph : attribute.graphs())
      if (failed(checkGraph(graph, depth + 1)))
        return failure();
  }
  return success();
}

template <typename Nodes>
LogicalResult StructureCheck::checkNodes(const Nodes &nodes, int depth) {
  llvm::StringMap<int> producers;
  for (auto [index, node] : llvm::enumerate(nodes))
    for (const auto &output : node.output())
      producers.try_emplace(output, index);
  for (auto [index, node] : llvm::enumerate(nodes)) {
    if (node.op_type().empty())
      return emitError() << describe(node, index) << " names no operator";
    for (const auto &input : node.input()) {
      if (input.empty() || isDefined(input))
        continue;
      auto producer = producers.find(input);
      if (producer != producers.end())
        return emitError() << describe(node, index) << " reads '" << input << "' before "
                           << describe(nodes[producer->second], producer->second)
                           << " defines it, expected nodes in topological order";
      return emitError() << describe(node, index) << " reads '" << input
                         << "', which is not defined by an input, an initializer or an earlier node";
    }
    if (failed(checkAttributes(node, index, depth)))
      return failure();
    for (const auto &output : node.output())
      if (!output.empty() && failed(define(output, describe(node, index), /*mayHideOuter=*/false)))
        return failure();
  }
  return success();
}

LogicalResult StructureCheck::checkGraph(const onnx::GraphProto &graph, int depth) {
  if (depth > kMaxDepth)
    return emitError() << "graphs nest more than " << kMaxDepth << " levels deep";
  if (graph.sparse_initializer_size() > 0)
    return emitError() << "the graph has sparse initializers, expected dense ones only";
  scopes.emplace_back();
  Names initializers;
  for (const auto &tensor : graph.initializer()) {
    if (!initializers.insert(tensor.name()).second)
      return emitError() << "initializer '" << tensor.name() << "' is defined twice";
    if (failed(checkTensor(tensor, context, emitError)) || failed(define(tensor.name(), "an initializer", /*mayHideOuter=*/true)))
      return failure();
  }
  for (const auto &input : graph.input())
    if (!initializers.contains(input.name()) && failed(define(input.name(), "a graph input", /*mayHideOuter=*/true)))
      return failure();
  if (failed(checkNodes(graph.node(), depth)))
    return failure();
  for (const auto &output : graph.output())
    if (!isDefined(output.name()))
      return emitError() << "graph output '" << output.name() << "' is not defined by any node";
  scopes.pop_back();
  return success();
}

LogicalResult StructureCheck::checkModel(const onnx::ModelProto &model) {
  if (!model.has_graph())
    return emitError() << "the file holds no graph, expected an ONNX model";
  if (failed(checkOpsets(model)) || failed(checkGraph(model.graph(), 0)))
    return failure();
  for (const auto &function : model.functions()) {
    scopes.clear();
    scopes.emplace_back();
    for (const auto &input : function.input())
      if (failed(define(input, "an input of function '" + Twine(function.name()) + "'", /*mayHideOuter=*/true)))
        return failure();
    if (failed(checkNodes(function.node(), 0)))
      return failure();
  }
  return success();
}

LogicalResult emo::onnximport::checkStructure(const onnx::ModelProto &model, MLIRContext *context, EmitError emitError) {
  return StructureCheck(context, emitError).checkModel(model);
}
