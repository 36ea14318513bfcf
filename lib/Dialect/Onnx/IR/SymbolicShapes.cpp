// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "emo/Dialect/Onnx/IR/SymbolicShapes.h"

#include "emo/Dialect/Emo/IR/Emo.h"
#include "emo/Dialect/Onnx/IR/OnnxViews.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace emo;
using namespace emo::onnxir;

using Shape = SymbolicShapes::Shape;

static SymbolicDim constantDim(int64_t size) { return {size, {}}; }

SymbolicDim SymbolicDim::operator*(const SymbolicDim &other) const {
  SymbolicDim product{factor, symbols};
  if (llvm::MulOverflow(factor, other.factor, product.factor))
    product.factor = 0; // a size that overflows is not one that any program reaches
  product.symbols.append(other.symbols);
  llvm::sort(product.symbols);
  return product;
}

std::optional<SymbolicDim> SymbolicDim::dividedBy(const SymbolicDim &other) const {
  if (other.factor == 0 || factor % other.factor != 0)
    return std::nullopt;
  SymbolicDim quotient{factor / other.factor, symbols};
  for (unsigned symbol : other.symbols) {
    auto *it = llvm::find(quotient.symbols, symbol);
    if (it == quotient.symbols.end())
      return std::nullopt;
    quotient.symbols.erase(it);
  }
  return quotient;
}

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

Shape SymbolicShapes::getShape(Value value) {
  auto known = shapes.find(value);
  if (known != shapes.end())
    return known->second;
  Shape shape = computeShape(value);
  refine(value, shape);
  return shapes[value] = std::move(shape);
}

void SymbolicShapes::computeAll(Operation *root) {
  root->walk<WalkOrder::PreOrder>([&](Operation *op) {
    for (Value result : op->getResults()) {
      getShape(result);
      getContents(result);
    }
  });
}

/// What the type says is a fact; what is unknown gets a symbol of its own.
void SymbolicShapes::refine(Value value, Shape &shape) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (!type) {
    shape.clear();
    return;
  }
  if (int64_t(shape.size()) != type.getRank()) {
    shape.clear();
    for (int64_t size : type.getShape())
      shape.push_back(ShapedType::isDynamic(size) ? fresh() : constantDim(size));
  }
  for (auto [dim, size] : llvm::zip(shape, type.getShape()))
    if (!ShapedType::isDynamic(size))
      dim = constantDim(size);
}

SymbolicDim SymbolicShapes::broadcast(const SymbolicDim &a, const SymbolicDim &b) {
  if (a == b || b.isConstant(1))
    return a;
  if (a.isConstant(1))
    return b;
  // Equal at run time or an error, unless the other one is 1.
  if (a.isConstant())
    return a;
  if (b.isConstant())
    return b;
  return fresh();
}

Shape SymbolicShapes::computeShape(Value value) {
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    auto function = dyn_cast_or_null<func::FuncOp>(argument.getOwner()->getParentOp());
    auto dims = function ? function.getArgAttrOfType<ArrayAttr>(argument.getArgNumber(), "emo.dims") : ArrayAttr();
    Shape shape;
    if (dims)
      for (Attribute attr : dims) {
        auto name = dyn_cast<StringAttr>(attr);
        if (!name || name.getValue().empty()) {
          shape.push_back(fresh());
          continue;
        }
        auto [it, inserted] = named.try_emplace(name.getValue(), numSymbols);
        if (inserted)
          ++numSymbols;
        shape.push_back({1, {it->second}});
      }
    return shape;
  }
  Operation *op = value.getDefiningOp();
  return llvm::TypeSwitch<Operation *, Shape>(op)
      .Case<NodeOp>([&](NodeOp node) { return nodeShape(node, cast<OpResult>(value).getResultNumber()); })
      .Case<EmbeddingOp>([&](EmbeddingOp embedding) {
        Shape shape = getShape(embedding.getIds());
        shape.push_back(getShape(embedding.getTable()).back());
        return shape;
      })
      .Case<LinearOp>([&](LinearOp linear) {
        Shape shape = getShape(linear.getX());
        shape.back() = getShape(linear.getWeight()).front();
        return shape;
      })
      .Case<RmsNormOp, RotaryOp>([&](auto unary) { return getShape(unary.getX()); })
      .Case<AttentionOp>([&](AttentionOp attention) { return getShape(attention.getQ()); })
      .Case<tensor::CollapseShapeOp>([&](tensor::CollapseShapeOp collapse) {
        Shape source = getShape(collapse.getSrc()), shape;
        for (ArrayRef<int64_t> group : collapse.getReassociationIndices()) {
          SymbolicDim product = constantDim(1);
          for (int64_t dim : group)
            product = product * source[dim];
          shape.push_back(product);
        }
        return shape;
      })
      .Default([&](Operation *other) {
        if (OpTrait::hasElementwiseMappableTraits(other))
          for (Value operand : other->getOperands())
            if (isa<RankedTensorType>(operand.getType()))
              return getShape(operand);
        return Shape();
      });
}

static bool isBroadcasting(NodeOp node) {
  static const llvm::StringSet<> names = {"Add", "Sub", "Mul", "Div", "Pow", "Equal", "Less", "LessOrEqual", "Greater",
                                          "GreaterOrEqual", "And", "Or", "Xor", "Where", "Max", "Min"};
  return node.getDomain().empty() && names.contains(node.getOpType());
}

static bool isUnary(NodeOp node) {
  static const llvm::StringSet<> names = {"Cast", "CastLike", "Neg", "Abs", "Sqrt", "Reciprocal", "Sigmoid", "Softmax",
                                          "Cos", "Sin", "Exp", "Log", "Tanh", "Erf", "Relu", "Not", "Identity", "Floor",
                                          "Ceil", "Clip", "ScatterND", "ScatterElements", "Trilu"};
  return node.getDomain().empty() && names.contains(node.getOpType());
}

Shape SymbolicShapes::nodeShape(NodeOp node, unsigned result) {
  auto rank = rankOf(node.getResult(result));
  if (rank < 0 || node.getInputs().empty() || !llvm::all_of(node.getInputs(), [](Value v) { return rankOf(v) >= 0; }))
    return {};
  if (isUnary(node))
    return getShape(node.getInputs()[0]);
  if (isBroadcasting(node)) {
    Shape shape(rank, constantDim(1));
    for (Value input : node.getInputs()) {
      const Shape from = getShape(input);
      for (size_t i = 0; i < from.size() && i < shape.size(); ++i)
        shape[rank - 1 - i] = broadcast(shape[rank - 1 - i], from[from.size() - 1 - i]);
    }
    return shape;
  }
  Value data = node.getNodeInput(0);
  if (!data)
    return {};
  if (node.is("Reshape"))
    return reshapeShape(node);
  if (node.is("Transpose")) {
    const Shape from = getShape(data);
    Shape shape;
    for (int64_t dim : transposePermutation(node))
      if (dim >= 0 && dim < int64_t(from.size()))
        shape.push_back(from[dim]);
    return shape;
  }
  if (node.is("Unsqueeze") || node.is("Squeeze")) {
    bool insert = node.is("Unsqueeze");
    Shape shape = getShape(data);
    auto axes = constantAxes(node, 1, insert ? rank : int64_t(shape.size()));
    if (!axes)
      return {};
    if (insert)
      for (int64_t axis : *axes)
        shape.insert(shape.begin() + axis, constantDim(1));
    else
      for (int64_t axis : llvm::reverse(*axes))
        shape.erase(shape.begin() + axis);
    return shape;
  }
  if (node.is("Expand")) {
    auto target = getContents(node.getNodeInput(1));
    if (!target || int64_t(target->size()) > rank)
      return {};
    Shape shape(rank, constantDim(1));
    for (const Shape &from : {getShape(data), *target})
      for (size_t i = 0; i < from.size(); ++i)
        shape[rank - 1 - i] = broadcast(shape[rank - 1 - i], from[from.size() - 1 - i]);
    return shape;
  }
  if (node.is("Gather")) {
    const Shape from = getShape(data), indices = getShape(node.getNodeInput(1));
    auto axis = normalAxis(intAttr(node, "axis", 0), from.size());
    if (!axis)
      return {};
    Shape shape(from.begin(), from.begin() + *axis);
    shape.append(indices);
    shape.append(from.begin() + *axis + 1, from.end());
    return shape;
  }
  if (node.is("GatherND") && intAttr(node, "batch_dims", 0) == 0) {
    const Shape from = getShape(data), indices = getShape(node.getNodeInput(1));
    if (indices.empty() || !indices.back().isConstant() || indices.back().factor > int64_t(from.size()))
      return {};
    Shape shape(indices.begin(), indices.end() - 1);
    shape.append(from.begin() + indices.back().factor, from.end());
    return shape;
  }
  if (node.is("MatMul")) {
    Shape a = getShape(data), b = getShape(node.getNodeInput(1));
    if (a.size() < 2 || b.size() < 2)
      return {};
    Shape shape(rank, constantDim(1));
    for (const Shape &from : {a, b})
      for (size_t i = 2; i < from.size(); ++i)
        shape[rank - 1 - i] = broadcast(shape[rank - 1 - i], from[from.size() - 1 - i]);
    shape[rank - 2] = a[a.size() - 2];
    shape[rank - 1] = b.back();
    return shape;
  }
  if (node.is("Gemm")) {
    const Shape a = getShape(data), b = getShape(node.getNodeInput(1));
    return {a[intAttr(node, "transA", 0) ? 1 : 0], b[intAttr(node, "transB", 0) ? 0 : 1]};
  }
  if (node.is("Concat") || node.is("Split") || node.is("Slice") || node.is("TopK")) {
    // Sizes along the axis are static in the type or unknown; the others are those of the input.
    Shape shape = getShape(data);
    auto type = cast<RankedTensorType>(node.getResult(result).getType());
    if (node.is("Slice")) {
      auto ranges = constantSlice(node);
      if (!ranges)
        return {};
      for (const SliceRange &range : *ranges)
        shape[range.axis] = constantDim(range.size);
      return shape;
    }
    auto axis = normalAxis(intAttr(node, "axis", node.is("TopK") ? -1 : 0), rank);
    if (!axis)
      return {};
    shape[*axis] = type.isDynamicDim(*axis) ? fresh() : constantDim(type.getDimSize(*axis));
    return shape;
  }
  if (node.getOpType().starts_with("Reduce")) {
    auto axes = constantAxes(node, 1, rankOf(data));
    if (!axes)
      return {};
    Shape shape = getShape(data);
    for (int64_t axis : llvm::reverse(*axes)) {
      if (intAttr(node, "keepdims", 1))
        shape[axis] = constantDim(1);
      else
        shape.erase(shape.begin() + axis);
    }
    return shape;
  }
  if (node.is("Range")) {
    auto limit = getContents(node.getNodeInput(1));
    if (constantSplat(data) == 0.0 && constantSplat(node.getNodeInput(2)) == 1.0 && limit)
      return *limit;
    return {};
  }
  if (node.is("OneHot")) {
    Shape shape = getShape(data);
    auto depth = constantInts(node.getNodeInput(1));
    auto axis = normalAxis(intAttr(node, "axis", -1), rank);
    if (!axis || !depth || depth->size() != 1)
      return {};
    shape.insert(shape.begin() + *axis, constantDim(depth->front()));
    return shape;
  }
  if (node.is("ConstantOfShape"))
    return getContents(data).value_or(Shape());
  return {};
}

Shape SymbolicShapes::reshapeShape(NodeOp node) {
  auto target = getContents(node.getNodeInput(1));
  if (!target)
    return {};
  const Shape from = getShape(node.getNodeInput(0));
  SymbolicDim total = constantDim(1), rest = constantDim(1);
  for (const SymbolicDim &dim : from)
    total = total * dim;
  std::optional<size_t> inferred;
  for (auto [i, dim] : llvm::enumerate(*target)) {
    if (dim.isConstant(0) && intAttr(node, "allowzero", 0) == 0 && i < from.size())
      dim = from[i];
    if (dim.isConstant(-1))
      inferred = i;
    else
      rest = rest * dim;
  }
  if (inferred)
    (*target)[*inferred] = total.dividedBy(rest).value_or(fresh());
  return *target;
}

//===----------------------------------------------------------------------===//
// Contents of shape tensors
//===----------------------------------------------------------------------===//

std::optional<Shape> SymbolicShapes::getContents(Value value) {
  auto known = contents.find(value);
  if (known != contents.end())
    return known->second;
  std::optional<Shape> result = computeContents(value);
  return contents[value] = std::move(result);
}

std::optional<Shape> SymbolicShapes::computeContents(Value value) {
  auto type = value ? dyn_cast<RankedTensorType>(value.getType()) : RankedTensorType();
  if (!type || type.getRank() > 1 || !type.hasStaticShape() || !type.getElementType().isInteger())
    return std::nullopt;
  if (auto numbers = constantInts(value))
    return llvm::map_to_vector(*numbers, constantDim);
  auto node = value.getDefiningOp<NodeOp>();
  if (!node || node.getInputs().empty())
    return std::nullopt;
  Value data = node.getInputs()[0];
  if (node.is("Shape")) {
    const Shape shape = getShape(data);
    int64_t rank = shape.size(), start = intAttr(node, "start", 0), end = intAttr(node, "end", rank);
    start = std::clamp<int64_t>(start < 0 ? start + rank : start, 0, rank);
    end = std::clamp<int64_t>(end < 0 ? end + rank : end, 0, rank);
    return start < end ? Shape(shape.begin() + start, shape.begin() + end) : Shape();
  }
  if (node.is("Squeeze") || node.is("Unsqueeze") || node.is("Identity") || node.is("Cast") || node.is("Reshape"))
    return getContents(data);
  if (node.is("Concat")) {
    Shape all;
    for (Value input : node.getInputs()) {
      auto part = getContents(input);
      if (!part)
        return std::nullopt;
      all.append(*part);
    }
    return all;
  }
  auto from = getContents(data);
  if (!from)
    return std::nullopt;
  if (node.is("Gather")) {
    auto indices = constantInts(node.getNodeInput(1));
    Shape picked;
    for (int64_t index : indices.value_or(SmallVector<int64_t>())) {
      auto position = normalAxis(index, from->size());
      if (!position)
        return std::nullopt;
      picked.push_back((*from)[*position]);
    }
    return indices ? std::optional<Shape>(picked) : std::nullopt;
  }
  if (node.is("Slice")) {
    auto ranges = constantSlice(node);
    if (!ranges || ranges->size() > 1)
      return std::nullopt;
    if (ranges->empty())
      return from;
    Shape picked;
    for (int64_t i = 0; i < ranges->front().size; ++i)
      picked.push_back((*from)[ranges->front().start + i * ranges->front().step]);
    return picked;
  }
  if (node.is("ReduceProd")) {
    SymbolicDim product = constantDim(1);
    for (const SymbolicDim &dim : *from)
      product = product * dim;
    return Shape{product};
  }
  if (node.is("Mul")) {
    auto other = getContents(node.getNodeInput(1));
    if (!other || (from->size() != other->size() && from->size() != 1 && other->size() != 1))
      return std::nullopt;
    Shape products;
    for (size_t i = 0; i < std::max(from->size(), other->size()); ++i)
      products.push_back((*from)[from->size() == 1 ? 0 : i] * (*other)[other->size() == 1 ? 0 : i]);
    return products;
  }
  return std::nullopt;
}
