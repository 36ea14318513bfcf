// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "OnnxBuilder.h"

#include "OnnxChecks.h"
#include "OnnxLibrary.h"
#include "emo/Dialect/Emo/IR/Emo.h"
#include "emo/Dialect/Onnx/IR/Onnx.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/StringMap.h"
#include "onnx/onnx_pb.h"

using namespace mlir;
using namespace emo;
using namespace emo::onnximport;

namespace {

class GraphBuilder {
public:
  GraphBuilder(const onnx::ModelProto &model, const Weights &weights, ModuleOp module)
      : model(model), weights(weights), module(module), builder(module.getBodyRegion()), fileLoc(module.getLoc()) {}

  LogicalResult buildForward();

private:
  using Scope = llvm::StringMap<Value>;

  /// The MLIR type of a value; null after an error.
  Type convert(const onnx::TypeProto &type, const Twine &what, Location loc);
  void collectTypes(const onnx::GraphProto &graph, llvm::StringMap<Type> &types);

  Value buildParam(StringRef name, const Weight &weight);
  Value buildConstant(DenseElementsAttr value, StringRef name);
  LogicalResult buildNodes(const onnx::GraphProto &graph, const llvm::StringMap<Type> &types);
  LogicalResult buildNode(const onnx::NodeProto &node, int index, const llvm::StringMap<Type> &types);
  DenseElementsAttr constantOf(const onnx::NodeProto &node);
  FailureOr<Attribute> buildAttribute(const onnx::AttributeProto &attribute, Location loc);
  LogicalResult buildSubgraph(const onnx::GraphProto &graph, Region &region, Location loc);
  DictionaryAttr interfaceAttrs(const onnx::ValueInfoProto &value);

  Location named(StringRef name) { return name.empty() ? fileLoc : NameLoc::get(builder.getStringAttr(name), fileLoc); }
  Value lookup(StringRef name) {
    for (Scope &scope : llvm::reverse(scopes))
      if (Value value = scope.lookup(name))
        return value;
    return {};
  }

  const onnx::ModelProto &model;
  const Weights &weights;
  ModuleOp module;
  OpBuilder builder;
  Location fileLoc;
  SmallVector<Scope> scopes;
};

} // namespace

Type GraphBuilder::convert(const onnx::TypeProto &type, const Twine &what, Location loc) {
  if (!type.has_tensor_type()) {
    emitError(loc) << what << " is not a tensor, expected tensors only";
    return {};
  }
  Type element = elementType(builder.getContext(), type.tensor_type().elem_type());
  if (!element) {
    emitError(loc) << what << " has element type " << elementTypeName(type.tensor_type().elem_type())
                   << ", expected a float of 16 to 64 bits, an integer of 8 to 64 bits or BOOL";
    return {};
  }
  if (!type.tensor_type().has_shape())
    return UnrankedTensorType::get(element);
  SmallVector<int64_t> shape;
  for (const auto &dim : type.tensor_type().shape().dim()) {
    if (dim.has_dim_value() && dim.dim_value() < 0) {
      emitError(loc) << what << " has the negative size " << dim.dim_value();
      return {};
    }
    shape.push_back(dim.has_dim_value() ? dim.dim_value() : ShapedType::kDynamic);
  }
  return RankedTensorType::get(shape, element);
}

void GraphBuilder::collectTypes(const onnx::GraphProto &graph, llvm::StringMap<Type> &types) {
  // What cannot be converted is reported where the value is defined, not here.
  ScopedDiagnosticHandler quiet(builder.getContext(), [](Diagnostic &) { return success(); });
  for (const auto *list : {&graph.value_info(), &graph.output()})
    for (const auto &value : *list)
      if (Type type = convert(value.type(), "", fileLoc))
        types[value.name()] = type;
}

//===----------------------------------------------------------------------===//
// Values without a node
//===----------------------------------------------------------------------===//

Value GraphBuilder::buildParam(StringRef name, const Weight &weight) {
  Location loc = named(name);
  OpBuilder atEnd = OpBuilder::atBlockEnd(module.getBody());
  ParamOp::create(atEnd, loc, name, weight.type, builder.getArrayAttr(weight.source), builder.getArrayAttr({}));
  return ParamRefOp::create(builder, loc, weight.type, FlatSymbolRefAttr::get(builder.getContext(), name));
}

Value GraphBuilder::buildConstant(DenseElementsAttr value, StringRef name) {
  Location loc = named(name);
  Type element = value.getElementType();
  if (!element.isUnsignedInteger())
    return arith::ConstantOp::create(builder, loc, value);
  // arith knows signless integers only.
  return onnxir::NodeOp::create(builder, loc, "Constant", newestOpset(), value.getType(), ValueRange(),
                                builder.getNamedAttr("value", value))
      .getResult(0);
}

DictionaryAttr GraphBuilder::interfaceAttrs(const onnx::ValueInfoProto &value) {
  SmallVector<Attribute> dims;
  for (const auto &dim : value.type().tensor_type().shape().dim())
    dims.push_back(builder.getStringAttr(dim.has_dim_param() ? dim.dim_param() : ""));
  return builder.getDictionaryAttr({builder.getNamedAttr("emo.name", builder.getStringAttr(value.name())),
                                    builder.getNamedAttr("emo.dims", builder.getArrayAttr(dims))});
}

//===----------------------------------------------------------------------===//
// Nodes
//===----------------------------------------------------------------------===//

FailureOr<Attribute> GraphBuilder::buildAttribute(const onnx::AttributeProto &attribute, Location loc) {
  switch (attribute.type()) {
  case onnx::AttributeProto::FLOAT:
    return Attribute(builder.getF32FloatAttr(attribute.f()));
  case onnx::AttributeProto::INT:
    return Attribute(builder.getI64IntegerAttr(attribute.i()));
  case onnx::AttributeProto::STRING:
    return Attribute(builder.getStringAttr(attribute.s()));
  case onnx::AttributeProto::FLOATS:
    return Attribute(builder.getDenseF32ArrayAttr(SmallVector<float>(attribute.floats().begin(), attribute.floats().end())));
  case onnx::AttributeProto::INTS:
    return Attribute(builder.getDenseI64ArrayAttr(SmallVector<int64_t>(attribute.ints().begin(), attribute.ints().end())));
  case onnx::AttributeProto::STRINGS: {
    SmallVector<StringRef> strings(attribute.strings().begin(), attribute.strings().end());
    return Attribute(builder.getStrArrayAttr(strings));
  }
  case onnx::AttributeProto::TENSOR:
    if (attribute.t().data_location() == onnx::TensorProto::EXTERNAL)
      return emitError(loc) << "attribute '" << attribute.name() << "' holds a tensor of more than 1 KiB or external data";
    if (failed(checkTensor(attribute.t(), builder.getContext(), [&] { return emitError(loc); })))
      return failure();
    return Attribute(literal(attribute.t(), builder.getContext()));
  default:
    return emitError(loc) << "attribute '" << attribute.name() << "' has kind "
                          << onnx::AttributeProto::AttributeType_Name(attribute.type())
                          << ", expected a number, string, tensor, graph or list of numbers or strings";
  }
}

LogicalResult GraphBuilder::buildSubgraph(const onnx::GraphProto &graph, Region &region, Location loc) {
  OpBuilder::InsertionGuard guard(builder);
  Block *block = builder.createBlock(&region);
  scopes.emplace_back();
  for (const auto &input : graph.input()) {
    Type type = convert(input.type(), "subgraph input '" + Twine(input.name()) + "'", loc);
    if (!type)
      return failure();
    scopes.back()[input.name()] = block->addArgument(type, named(input.name()));
  }
  llvm::StringMap<Type> types;
  collectTypes(graph, types);
  if (failed(buildNodes(graph, types)))
    return failure();
  SmallVector<Value> results;
  for (const auto &output : graph.output())
    results.push_back(lookup(output.name()));
  onnxir::YieldOp::create(builder, loc, results);
  scopes.pop_back();
  return success();
}

/// The value of a Constant node in any of the forms that hold numbers; null for others.
DenseElementsAttr GraphBuilder::constantOf(const onnx::NodeProto &node) {
  if (!node.domain().empty() || node.op_type() != "Constant" || node.attribute_size() != 1 || node.output_size() != 1)
    return {};
  const onnx::AttributeProto &value = node.attribute(0);
  auto listOf = [&](int64_t size, Type type) { return RankedTensorType::get({size}, type); };
  if (value.name() == "value" && value.t().data_location() != onnx::TensorProto::EXTERNAL)
    return literal(value.t(), builder.getContext());
  if (value.name() == "value_int")
    return DenseElementsAttr::get(RankedTensorType::get({}, builder.getI64Type()), int64_t(value.i()));
  if (value.name() == "value_float")
    return DenseElementsAttr::get(RankedTensorType::get({}, builder.getF32Type()), value.f());
  if (value.name() == "value_ints")
    return DenseElementsAttr::get(listOf(value.ints_size(), builder.getI64Type()),
                                  ArrayRef<int64_t>(value.ints().data(), value.ints_size()));
  if (value.name() == "value_floats")
    return DenseElementsAttr::get(listOf(value.floats_size(), builder.getF32Type()),
                                  ArrayRef<float>(value.floats().data(), value.floats_size()));
  return {};
}

LogicalResult GraphBuilder::buildNode(const onnx::NodeProto &node, int index, const llvm::StringMap<Type> &types) {
  if (DenseElementsAttr constant = constantOf(node)) {
    scopes.back()[node.output(0)] = buildConstant(constant, node.output(0));
    return success();
  }
  Location loc = named(!node.name().empty() ? node.name() : node.output_size() ? node.output(0) : "");
  OperationState state(loc, onnxir::NodeOp::getOperationName());
  SmallVector<int64_t> omittedOperands, omittedResults;
  SmallVector<NamedAttribute> attributes;
  SmallVector<StringRef> subgraphs;

  // Trailing empty names mean the same as no name.
  int inputs = node.input_size(), outputs = node.output_size();
  while (inputs > 0 && node.input(inputs - 1).empty())
    --inputs;
  while (outputs > 0 && node.output(outputs - 1).empty())
    --outputs;
  for (int i = 0; i < inputs; ++i) {
    if (node.input(i).empty())
      omittedOperands.push_back(i);
    else if (Value value = lookup(node.input(i)))
      state.addOperands(value);
    else
      return emitError(loc) << describe(node, index) << " reads '" << node.input(i) << "', which is not defined";
  }
  for (int i = 0; i < outputs; ++i) {
    if (node.output(i).empty()) {
      omittedResults.push_back(i);
      continue;
    }
    Type type = types.lookup(node.output(i));
    if (!type)
      return emitError(loc) << "the type of output '" << node.output(i) << "' of " << describe(node, index)
                            << " cannot be inferred, or is not a tensor of floats, integers or BOOL";
    state.addTypes(type);
  }
  for (const auto &attribute : node.attribute()) {
    if (attribute.type() == onnx::AttributeProto::GRAPH) {
      subgraphs.push_back(attribute.name());
      if (failed(buildSubgraph(attribute.g(), *state.addRegion(), loc)))
        return failure();
      continue;
    }
    FailureOr<Attribute> value = buildAttribute(attribute, loc);
    if (failed(value))
      return failure();
    attributes.push_back(builder.getNamedAttr(attribute.name(), *value));
  }
  auto &properties = state.getOrAddProperties<onnxir::NodeOp::Properties>();
  properties.op_type = builder.getStringAttr(node.op_type());
  properties.domain = builder.getStringAttr(node.domain() == "ai.onnx" ? "" : node.domain());
  properties.version = builder.getI64IntegerAttr(sinceVersion(model, node));
  properties.node_attributes = builder.getDictionaryAttr(attributes);
  properties.omitted_operands = builder.getDenseI64ArrayAttr(omittedOperands);
  properties.omitted_results = builder.getDenseI64ArrayAttr(omittedResults);
  properties.subgraphs = builder.getStrArrayAttr(subgraphs);
  Operation *op = builder.create(state);
  unsigned result = 0;
  for (int i = 0; i < outputs; ++i)
    if (!node.output(i).empty())
      scopes.back()[node.output(i)] = op->getResult(result++);
  return success();
}

LogicalResult GraphBuilder::buildNodes(const onnx::GraphProto &graph, const llvm::StringMap<Type> &types) {
  for (const auto &tensor : graph.initializer()) {
    if (tensor.data_location() == onnx::TensorProto::EXTERNAL)
      return emitError(named(tensor.name())) << "initializer '" << tensor.name()
                                             << "' of a subgraph has external data, expected its data in the file";
    scopes.back()[tensor.name()] = buildConstant(literal(tensor, builder.getContext()), tensor.name());
  }
  for (auto [index, node] : llvm::enumerate(graph.node()))
    if (failed(buildNode(node, index, types)))
      return failure();
  return success();
}

LogicalResult GraphBuilder::buildForward() {
  const onnx::GraphProto &graph = model.graph();
  SmallVector<const onnx::ValueInfoProto *> inputs;
  SmallVector<Type> inputTypes, outputTypes;
  SmallVector<DictionaryAttr> inputAttrs, outputAttrs;
  for (const auto &input : graph.input()) {
    if (weights.contains(input.name()))
      continue;
    Type type = convert(input.type(), "graph input '" + Twine(input.name()) + "'", named(input.name()));
    if (!type)
      return failure();
    inputs.push_back(&input);
    inputTypes.push_back(type);
    inputAttrs.push_back(interfaceAttrs(input));
  }
  auto function = func::FuncOp::create(builder, fileLoc, "forward", builder.getFunctionType(inputTypes, {}));
  function.setVisibility(SymbolTable::Visibility::Public);
  builder.setInsertionPointToEnd(function.addEntryBlock());
  scopes.emplace_back();
  for (auto [input, argument] : llvm::zip(inputs, function.getArguments())) {
    argument.setLoc(named(input->name()));
    scopes.back()[input->name()] = argument;
  }
  for (const auto &[name, weight] : weights)
    scopes.back()[name] = buildParam(name, weight);

  llvm::StringMap<Type> types;
  collectTypes(graph, types);
  if (failed(buildNodes(graph, types)))
    return failure();
  SmallVector<Value> results;
  for (const auto &output : graph.output()) {
    Value value = lookup(output.name());
    if (!value)
      return emitError(fileLoc) << "graph output '" << output.name() << "' is not defined by any node";
    results.push_back(value);
    outputTypes.push_back(value.getType());
    outputAttrs.push_back(interfaceAttrs(output));
  }
  func::ReturnOp::create(builder, fileLoc, results);
  function.setFunctionType(builder.getFunctionType(inputTypes, outputTypes));
  function.setAllArgAttrs(inputAttrs);
  function.setAllResultAttrs(outputAttrs);
  return success();
}

LogicalResult emo::onnximport::buildModule(const onnx::ModelProto &model, const Weights &weights, ModuleOp module) {
  return GraphBuilder(model, weights, module).buildForward();
}
