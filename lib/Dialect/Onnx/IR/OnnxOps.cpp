// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "emo/Dialect/Onnx/IR/Onnx.h"

#include "mlir/IR/Builders.h"
#include "llvm/ADT/SmallSet.h"

using namespace mlir;
using namespace emo::onnxir;

//===----------------------------------------------------------------------===//
// NodeOp: positions with gaps
//===----------------------------------------------------------------------===//

/// The value at `position` of a list from which the positions in `omitted` were left out.
static Value atPosition(ValueRange values, ArrayRef<int64_t> omitted, unsigned position) {
  const int64_t *gap = llvm::lower_bound(omitted, int64_t(position));
  if (gap != omitted.end() && *gap == int64_t(position))
    return {};
  unsigned index = position - (gap - omitted.begin());
  return index < values.size() ? values[index] : Value();
}

Value NodeOp::getNodeInput(unsigned position) { return atPosition(getInputs(), getOmittedOperands(), position); }

Value NodeOp::getNodeOutput(unsigned position) {
  return atPosition(ValueRange(getOutputs()), getOmittedResults(), position);
}

std::string NodeOp::getQualifiedName() {
  return getDomain().empty() ? getOpType().str() : (getDomain() + "::" + getOpType()).str();
}

void NodeOp::build(OpBuilder &builder, OperationState &state, StringRef opType, int64_t version, TypeRange types,
                   ValueRange inputs, ArrayRef<NamedAttribute> attributes) {
  state.addOperands(inputs);
  state.addTypes(types);
  auto &properties = state.getOrAddProperties<Properties>();
  properties.op_type = builder.getStringAttr(opType);
  properties.domain = builder.getStringAttr("");
  properties.version = builder.getI64IntegerAttr(version);
  properties.node_attributes = builder.getDictionaryAttr(attributes);
  properties.omitted_operands = builder.getDenseI64ArrayAttr({});
  properties.omitted_results = builder.getDenseI64ArrayAttr({});
  properties.subgraphs = builder.getArrayAttr({});
}

//===----------------------------------------------------------------------===//
// NodeOp: verifier
//===----------------------------------------------------------------------===//

static LogicalResult verifyOmitted(NodeOp op, StringRef name, ArrayRef<int64_t> omitted, size_t present) {
  int64_t positions = present + omitted.size();
  for (auto [i, position] : llvm::enumerate(omitted)) {
    if (i > 0 && omitted[i - 1] >= position)
      return op.emitOpError() << "expects " << name << " to be strictly increasing, got " << position << " after "
                              << omitted[i - 1];
    if (position < 0 || position >= positions)
      return op.emitOpError() << "expects each of " << name << " to be below the " << positions
                              << " positions of the node, got " << position;
  }
  return success();
}

LogicalResult NodeOp::verify() {
  if (getOpType().empty())
    return emitOpError("expects an operator name, got an empty string");
  if (int64_t(getVersion()) < 1)
    return emitOpError() << "expects a schema version of 1 or more, got " << int64_t(getVersion());
  if (failed(verifyOmitted(*this, "omitted_operands", getOmittedOperands(), getInputs().size())) ||
      failed(verifyOmitted(*this, "omitted_results", getOmittedResults(), getOutputs().size())))
    return failure();
  if (getSubgraphs().size() != getBodies().size())
    return emitOpError() << "expects a region for each name in subgraphs, got " << getBodies().size()
                         << " regions and " << getSubgraphs().size() << " names";
  llvm::SmallSet<StringRef, 4> names;
  for (auto name : getSubgraphs().getAsRange<StringAttr>())
    if (!names.insert(name.getValue()).second)
      return emitOpError() << "expects the names in subgraphs to differ, got " << name << " twice";
  for (auto [name, body] : llvm::zip(getSubgraphs().getAsRange<StringAttr>(), getBodies())) {
    if (!body.hasOneBlock())
      return emitOpError() << "expects subgraph " << name << " to have one block, got " << body.getBlocks().size();
    if (body.front().empty() || !isa<YieldOp>(body.front().back()))
      return emitOpError() << "expects subgraph " << name << " to end in 'onnx.yield'";
  }
  return success();
}

//===----------------------------------------------------------------------===//
// NodeOp: assembly
//===----------------------------------------------------------------------===//

static void printPositions(OpAsmPrinter &printer, StringRef keyword, ArrayRef<int64_t> positions) {
  if (positions.empty())
    return;
  printer << ' ' << keyword << " [";
  llvm::interleaveComma(positions, printer);
  printer << ']';
}

void NodeOp::print(OpAsmPrinter &printer) {
  printer << ' ';
  printer.printString(getOpType());
  if (!getDomain().empty()) {
    printer << " domain ";
    printer.printString(getDomain());
  }
  printer << " version " << getVersion() << " (" << getInputs() << ')';
  printPositions(printer, "without_operands", getOmittedOperands());
  printPositions(printer, "without_results", getOmittedResults());
  if (!getNodeAttributes().empty())
    printer << ' ' << getNodeAttributes();
  for (auto [name, body] : llvm::zip(getSubgraphs().getAsRange<StringAttr>(), getBodies())) {
    printer << " subgraph " << name << ' ';
    printer.printRegion(body);
  }
  printer.printOptionalAttrDictWithKeyword(llvm::to_vector((*this)->getDiscardableAttrs()));
  printer << " : ";
  printer.printFunctionalType(getInputs().getTypes(), getOutputs().getTypes());
}

static ParseResult parsePositions(OpAsmParser &parser, StringRef keyword, SmallVectorImpl<int64_t> &positions) {
  if (failed(parser.parseOptionalKeyword(keyword)))
    return success();
  return parser.parseCommaSeparatedList(AsmParser::Delimiter::Square,
                                        [&] { return parser.parseInteger(positions.emplace_back()); });
}

ParseResult NodeOp::parse(OpAsmParser &parser, OperationState &result) {
  Builder &builder = parser.getBuilder();
  std::string opType, domain;
  int64_t version;
  SmallVector<OpAsmParser::UnresolvedOperand> inputs;
  SmallVector<int64_t> omittedOperands, omittedResults;
  if (parser.parseString(&opType))
    return failure();
  if (succeeded(parser.parseOptionalKeyword("domain")) && parser.parseString(&domain))
    return failure();
  if (parser.parseKeyword("version") || parser.parseInteger(version) ||
      parser.parseOperandList(inputs, AsmParser::Delimiter::Paren) ||
      parsePositions(parser, "without_operands", omittedOperands) ||
      parsePositions(parser, "without_results", omittedResults))
    return failure();
  NamedAttrList attributes;
  if (parser.parseOptionalAttrDict(attributes))
    return failure();
  SmallVector<Attribute> subgraphs;
  while (succeeded(parser.parseOptionalKeyword("subgraph"))) {
    std::string name;
    if (parser.parseString(&name) || parser.parseRegion(*result.addRegion()))
      return failure();
    subgraphs.push_back(builder.getStringAttr(name));
  }
  FunctionType type;
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseOptionalAttrDictWithKeyword(result.attributes) || parser.parseColonType(type) ||
      parser.resolveOperands(inputs, type.getInputs(), loc, result.operands))
    return failure();
  result.addTypes(type.getResults());
  auto &properties = result.getOrAddProperties<Properties>();
  properties.op_type = builder.getStringAttr(opType);
  properties.domain = builder.getStringAttr(domain);
  properties.version = builder.getI64IntegerAttr(version);
  properties.node_attributes = attributes.getDictionary(builder.getContext());
  properties.omitted_operands = builder.getDenseI64ArrayAttr(omittedOperands);
  properties.omitted_results = builder.getDenseI64ArrayAttr(omittedResults);
  properties.subgraphs = builder.getArrayAttr(subgraphs);
  return success();
}

#define GET_OP_CLASSES
#include "emo/Dialect/Onnx/IR/OnnxOps.cpp.inc"
