// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Unfolding of values: the frame, elementwise operators, products and reductions.
#include "ElementExpr.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/StringMap.h"

using namespace mlir;
using namespace emo;
using namespace emo::raise;
using namespace emo::onnxir;

/// A graph that needs more than this is not one that raising understands anyway.
static constexpr size_t kMaxExpressions = 2'000'000;
static constexpr unsigned kMaxDepth = 2'000;

ExprRef ElementEvaluator::fail(const Twine &reason) {
  if (why.empty())
    why = reason.str();
  return nullptr;
}

SmallVector<ExprRef> ElementEvaluator::indexVariables(Value value) {
  return llvm::map_to_vector(shapes.getShape(value), [&](const SymbolicDim &dim) { return factory.variable(dim); });
}

ExprRef ElementEvaluator::boundVariable(Operation *op, unsigned position, Value value, int64_t dim) {
  ExprRef &variable = bound[{op, position}];
  if (!variable)
    variable = factory.variable(shapes.getShape(value)[dim]);
  return variable;
}

ExprRef ElementEvaluator::evaluate(Value value, ArrayRef<ExprRef> indices) {
  if (depth == 0)
    why.clear();
  std::string key(reinterpret_cast<const char *>(&value), sizeof(Value));
  for (ExprRef index : indices)
    key.append(reinterpret_cast<const char *>(&index), sizeof(index));
  if (auto known = memo.find(key); known != memo.end())
    return known->second;
  if (factory.size() > kMaxExpressions || depth > kMaxDepth)
    return fail("the computation is too big to unfold");

  ++depth;
  ExprRef result = nullptr;
  DenseElementsAttr elements;
  if (matchPattern(value, m_Constant(&elements)))
    result = evaluateConstant(elements, value, indices);
  else if (auto node = value.getDefiningOp<NodeOp>())
    result = evaluateNode(node, cast<OpResult>(value).getResultNumber(), indices);
  else if (value.getDefiningOp<tensor::CollapseShapeOp>())
    result = evaluateCollapse(value, indices);
  else if (value.getDefiningOp<tensor::ExpandShapeOp>())
    result = evaluateExpandShape(value, indices);
  else
    result = factory.load(value, indices);
  --depth;
  if (result)
    memo.emplace(std::move(key), result);
  return result;
}

ExprRef ElementEvaluator::evaluateConstant(DenseElementsAttr elements, Value value, Indices indices) {
  bool integral = elements.getElementType().isInteger();
  auto atom = [&](Attribute attr) -> ExprRef {
    if (integral)
      return factory.integer(elements.getElementType().isInteger(1) ? cast<IntegerAttr>(attr).getValue().getZExtValue()
                                                                    : cast<IntegerAttr>(attr).getValue().getSExtValue());
    return factory.number(cast<FloatAttr>(attr).getValueAsDouble());
  };
  if (elements.isSplat())
    return atom(elements.getSplatValue<Attribute>());
  int64_t position = 0;
  for (auto [index, size] : llvm::zip(indices, elements.getType().getShape())) {
    if (index->kind != ExprKind::Integer || index->integer < 0 || index->integer >= size)
      return factory.load(value, indices);
    position = position * size + index->integer;
  }
  return atom(elements.getValues<Attribute>()[position]);
}

/// Reshapes of what nodes compute are seen through, those of other values are the roots that MODEL ops read.
static bool isSeenThrough(Value source) {
  Operation *op = source.getDefiningOp();
  return op && isa<NodeOp, tensor::CollapseShapeOp, tensor::ExpandShapeOp>(op);
}

/// True if only the first dimension of each group has a size that is not static.
static bool hasStaticStrides(RankedTensorType expanded, ArrayRef<ReassociationIndices> groups) {
  return llvm::all_of(groups, [&](const ReassociationIndices &group) {
    return llvm::none_of(ArrayRef(group).drop_front(), [&](int64_t dim) { return expanded.isDynamicDim(dim); });
  });
}

ExprRef ElementEvaluator::evaluateCollapse(Value value, Indices indices) {
  auto collapse = value.getDefiningOp<tensor::CollapseShapeOp>();
  auto type = cast<RankedTensorType>(collapse.getSrc().getType());
  SmallVector<ReassociationIndices> groups = collapse.getReassociationIndices();
  if (!isSeenThrough(collapse.getSrc()) || !hasStaticStrides(type, groups))
    return factory.load(value, indices);
  SmallVector<ExprRef> inner;
  for (auto [index, group] : llvm::zip(indices, groups)) {
    SmallVector<ExprRef> parts;
    int64_t stride = 1;
    for (int64_t dim : llvm::reverse(group)) {
      ExprRef part = factory.apply("floordiv", {index, factory.integer(stride)});
      if (dim != group.front()) {
        part = factory.apply("mod", {part, factory.integer(type.getDimSize(dim))});
        stride *= type.getDimSize(dim);
      }
      parts.push_back(part);
    }
    inner.append(parts.rbegin(), parts.rend());
  }
  return evaluate(collapse.getSrc(), inner);
}

ExprRef ElementEvaluator::evaluateExpandShape(Value value, Indices indices) {
  auto expand = value.getDefiningOp<tensor::ExpandShapeOp>();
  auto type = cast<RankedTensorType>(value.getType());
  SmallVector<ReassociationIndices> groups = expand.getReassociationIndices();
  if (!isSeenThrough(expand.getSrc()) || !hasStaticStrides(type, groups))
    return factory.load(value, indices);
  SmallVector<ExprRef> inner;
  for (const ReassociationIndices &group : groups) {
    SmallVector<ExprRef> terms;
    int64_t stride = 1;
    for (int64_t dim : llvm::reverse(group)) {
      terms.push_back(factory.mul({factory.integer(stride), indices[dim]}));
      if (dim != group.front())
        stride *= type.getDimSize(dim);
    }
    inner.push_back(factory.add(terms));
  }
  return evaluate(expand.getSrc(), inner);
}

ExprRef ElementEvaluator::broadcast(Value value, Value result, Indices indices) {
  SymbolicShapes::Shape from = shapes.getShape(value), to = shapes.getShape(result);
  SmallVector<ExprRef> inner;
  size_t offset = to.size() - from.size();
  for (size_t i = 0; i < from.size(); ++i) {
    if (from[i].isConstant(1))
      inner.push_back(factory.integer(0));
    else if (from[i] == to[i + offset])
      inner.push_back(indices[i + offset]);
    else
      return fail("two dynamic sizes that meet in a broadcast cannot be proved equal");
  }
  return evaluate(value, inner);
}

//===----------------------------------------------------------------------===//
// Operators
//===----------------------------------------------------------------------===//

ExprRef ElementEvaluator::evaluateNode(NodeOp node, unsigned result, Indices indices) {
  using Method = ExprRef (ElementEvaluator::*)(NodeOp, Indices);
  static const llvm::StringMap<Method> methods = {
      {"Cast", &ElementEvaluator::evaluateCast},
      {"MatMul", &ElementEvaluator::evaluateMatMul},
      {"Gemm", &ElementEvaluator::evaluateGemm},
      {"Concat", &ElementEvaluator::evaluateConcat},
      {"Gather", &ElementEvaluator::evaluateGather},
      {"GatherND", &ElementEvaluator::evaluateGatherND},
      {"ReduceSum", &ElementEvaluator::evaluateReduction},
      {"ReduceMean", &ElementEvaluator::evaluateReduction},
      {"ScatterElements", &ElementEvaluator::evaluateScatterElements},
      {"ScatterND", &ElementEvaluator::evaluateScatterND},
  };
  Value value = node.getResult(result);
  bool ranked = rankOf(value) >= 0 && llvm::all_of(node.getInputs(), [](Value v) { return rankOf(v) >= 0; });
  if (!ranked || !node.getDomain().empty())
    return factory.load(value, indices);
  if (auto method = methods.find(node.getOpType()); method != methods.end())
    return (this->*method->second)(node, indices);
  if (node.is("Softmax")) {
    auto axis = normalAxis(intAttr(node, "axis", -1), indices.size());
    if (!axis)
      return factory.load(value, indices);
    ExprRef variable = boundVariable(node, 0, value, *axis);
    SmallVector<ExprRef> inner(indices);
    inner[*axis] = variable;
    ExprRef body = evaluate(node.getInputs()[0], inner);
    return body ? factory.softmax(variable, body, indices[*axis]) : nullptr;
  }
  if (node.is("Range")) {
    ExprRef start = evaluate(node.getInputs()[0], {}), step = evaluate(node.getInputs()[2], {});
    return start && step ? factory.add({start, factory.mul({step, indices[0]})}) : nullptr;
  }
  if (node.is("OneHot"))
    return evaluateOneHot(node, indices);
  if (node.is("ConstantOfShape")) {
    auto fill = dyn_cast_or_null<DenseElementsAttr>(node.getNodeAttr("value"));
    return fill && fill.isSplat() ? evaluateConstant(fill, value, indices) : fill ? factory.load(value, indices) : factory.number(0);
  }
  bool isView = false;
  ExprRef view = evaluateView(node, result, indices, isView);
  if (isView)
    return view;
  return node->getNumResults() == 1 ? evaluateElementwise(node, indices) : factory.load(value, indices);
}

ExprRef ElementEvaluator::evaluateElementwise(NodeOp node, Indices indices) {
  static const llvm::StringMap<StringRef> functions = {
      {"Add", "add"},       {"Mul", "mul"},         {"Sub", "sub"},     {"Div", "div"},   {"Pow", "pow"},
      {"Neg", "neg"},       {"Sqrt", "sqrt"},       {"Cos", "cos"},     {"Sin", "sin"},   {"Exp", "exp"},
      {"Tanh", "tanh"},     {"Erf", "erf"},         {"Relu", "relu"},   {"Abs", "abs"},   {"Log", "log"},
      {"Sigmoid", "sigmoid"}, {"Reciprocal", "recip"}, {"Equal", "eq"}, {"Less", "lt"},   {"LessOrEqual", "le"},
      {"Greater", "gt"},    {"GreaterOrEqual", "ge"}, {"Not", "not"},   {"And", "and"},   {"Or", "or"},
      {"Where", "where"},   {"Identity", "identity"}};
  auto function = functions.find(node.getOpType());
  if (function == functions.end())
    return factory.load(node.getResult(0), indices);
  SmallVector<ExprRef> operands;
  for (Value input : node.getInputs()) {
    ExprRef operand = broadcast(input, node.getResult(0), indices);
    if (!operand)
      return nullptr;
    operands.push_back(operand);
  }
  StringRef name = function->second;
  bool integral = getElementTypeOrSelf(node.getResult(0).getType()).isInteger();
  if (name == "identity")
    return operands[0];
  if (name == "sub")
    return factory.add({operands[0], factory.mul({factory.integer(-1), operands[1]})});
  if (name == "neg")
    return factory.mul({integral ? factory.integer(-1) : factory.number(-1), operands[0]});
  if (name == "div" && !integral)
    return factory.mul({operands[0], factory.apply("recip", operands[1])});
  if (name == "pow" && operands[1]->isNumber(2))
    return factory.mul({operands[0], operands[0]});
  if (name == "gt")
    return factory.apply("lt", {operands[1], operands[0]});
  if (name == "ge")
    return factory.apply("le", {operands[1], operands[0]});
  if (name == "where")
    return factory.cond(operands[0], operands[1], operands[2]);
  return factory.apply(name, operands);
}

ExprRef ElementEvaluator::evaluateCast(NodeOp node, Indices indices) {
  ExprRef operand = evaluate(node.getInputs()[0], indices);
  if (!operand)
    return nullptr;
  Type from = getElementTypeOrSelf(node.getInputs()[0].getType()), to = getElementTypeOrSelf(node.getResult(0).getType());
  if (from == to || (from.isInteger() && to.isInteger() && !from.isInteger(1) && !to.isInteger(1)))
    return operand;
  if (from.isInteger(1) && !to.isInteger(1))
    return to.isInteger() ? factory.cond(operand, factory.integer(1), factory.integer(0))
                          : factory.cond(operand, factory.number(1), factory.number(0));
  if (from.isInteger() && isa<FloatType>(to))
    return factory.apply("itof", operand);
  std::string name;
  llvm::raw_string_ostream(name) << "cast." << to;
  return factory.apply(name, operand);
}

ExprRef ElementEvaluator::evaluateOneHot(NodeOp node, Indices indices) {
  auto axis = normalAxis(intAttr(node, "axis", -1), indices.size());
  DenseElementsAttr values;
  auto depth = constantInts(node.getInputs()[1]);
  if (!axis || !depth || depth->size() != 1 || !matchPattern(node.getInputs()[2], m_Constant(&values)) ||
      values.getNumElements() != 2)
    return factory.load(node.getResult(0), indices);
  SmallVector<ExprRef> outer(indices);
  outer.erase(outer.begin() + *axis);
  ExprRef index = evaluate(node.getInputs()[0], outer);
  if (!index)
    return nullptr;
  ExprRef off = evaluate(node.getInputs()[2], factory.integer(0)), on = evaluate(node.getInputs()[2], factory.integer(1));
  // Negative indices count from the end; TopK gives none.
  NodeOp topK = definingNode(node.getInputs()[0], "TopK");
  if (!topK)
    return fail("OneHot reads indices that do not come from TopK");
  return factory.cond(factory.apply("eq", {index, indices[*axis]}), on, off);
}

ExprRef ElementEvaluator::evaluateMatMul(NodeOp node, Indices indices) {
  Value a = node.getInputs()[0], b = node.getInputs()[1], result = node.getResult(0);
  SymbolicShapes::Shape shapeA = shapes.getShape(a), shapeB = shapes.getShape(b), to = shapes.getShape(result);
  if (shapeA.size() < 2 || shapeB.size() < 2)
    return factory.load(result, indices);
  if (!(shapeA.back() == shapeB[shapeB.size() - 2]))
    return fail("the inner sizes of a MatMul cannot be proved equal");
  ExprRef k = boundVariable(node, 0, a, shapeA.size() - 1);
  auto batch = [&](const SymbolicShapes::Shape &shape) -> std::optional<SmallVector<ExprRef>> {
    SmallVector<ExprRef> inner;
    size_t offset = to.size() - shape.size();
    for (size_t i = 0; i + 2 < shape.size(); ++i) {
      if (!shape[i].isConstant(1) && !(shape[i] == to[i + offset]))
        return std::nullopt;
      inner.push_back(shape[i].isConstant(1) ? factory.integer(0) : indices[i + offset]);
    }
    return inner;
  };
  auto innerA = batch(shapeA), innerB = batch(shapeB);
  if (!innerA || !innerB)
    return fail("the batch sizes of a MatMul cannot be proved equal");
  innerA->append({indices[to.size() - 2], k});
  innerB->append({k, indices.back()});
  ExprRef left = evaluate(a, *innerA), right = left ? evaluate(b, *innerB) : nullptr;
  return right ? factory.sum(k, factory.mul({left, right})) : nullptr;
}

ExprRef ElementEvaluator::evaluateGemm(NodeOp node, Indices indices) {
  Value a = node.getInputs()[0], b = node.getInputs()[1];
  bool transA = intAttr(node, "transA", 0), transB = intAttr(node, "transB", 0);
  ExprRef k = boundVariable(node, 0, a, transA ? 0 : 1);
  SmallVector<ExprRef> innerA = {indices[0], k}, innerB = {k, indices[1]};
  if (transA)
    std::swap(innerA[0], innerA[1]);
  if (transB)
    std::swap(innerB[0], innerB[1]);
  ExprRef left = evaluate(a, innerA), right = left ? evaluate(b, innerB) : nullptr;
  if (!right)
    return nullptr;
  ExprRef product = factory.mul({factory.number(floatAttr(node, "alpha", 1)), factory.sum(k, factory.mul({left, right}))});
  Value c = node.getNodeInput(2);
  if (!c)
    return product;
  ExprRef bias = broadcast(c, node.getResult(0), indices);
  return bias ? factory.add({product, factory.mul({factory.number(floatAttr(node, "beta", 1)), bias})}) : nullptr;
}

ExprRef ElementEvaluator::evaluateReduction(NodeOp node, Indices indices) {
  Value data = node.getInputs()[0];
  SymbolicShapes::Shape shape = shapes.getShape(data);
  auto axes = constantAxes(node, 1, shape.size());
  if (!axes)
    return factory.load(node.getResult(0), indices);
  bool keep = intAttr(node, "keepdims", 1);
  SmallVector<ExprRef> inner, variables;
  double scale = 1;
  size_t next = 0;
  for (size_t dim = 0; dim < shape.size(); ++dim) {
    if (!llvm::is_contained(*axes, int64_t(dim))) {
      inner.push_back(indices[next++]);
      continue;
    }
    next += keep;
    variables.push_back(boundVariable(node, dim, data, dim));
    inner.push_back(variables.back());
    if (node.is("ReduceMean")) {
      if (!shape[dim].isConstant())
        return factory.load(node.getResult(0), indices);
      scale /= double(shape[dim].factor);
    }
  }
  ExprRef body = evaluate(data, inner);
  if (!body)
    return nullptr;
  for (ExprRef variable : llvm::reverse(variables))
    body = factory.sum(variable, body);
  return scale == 1 ? body : factory.mul({factory.number(scale), body});
}
