// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "emo/Dialect/Onnx/IR/OnnxViews.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace emo;
using namespace emo::onnxir;

NodeOp onnxir::definingNode(Value value, StringRef type) {
  auto node = value ? value.getDefiningOp<NodeOp>() : NodeOp();
  return node && node.is(type) ? node : NodeOp();
}

int64_t onnxir::intAttr(NodeOp node, StringRef name, int64_t otherwise) {
  auto attr = dyn_cast_or_null<IntegerAttr>(node.getNodeAttr(name));
  return attr ? attr.getInt() : otherwise;
}

double onnxir::floatAttr(NodeOp node, StringRef name, double otherwise) {
  auto attr = dyn_cast_or_null<FloatAttr>(node.getNodeAttr(name));
  return attr ? attr.getValueAsDouble() : otherwise;
}

StringRef onnxir::stringAttr(NodeOp node, StringRef name, StringRef otherwise) {
  auto attr = dyn_cast_or_null<StringAttr>(node.getNodeAttr(name));
  return attr ? attr.getValue() : otherwise;
}

std::optional<SmallVector<int64_t>> onnxir::intsAttr(NodeOp node, StringRef name) {
  auto attr = dyn_cast_or_null<DenseI64ArrayAttr>(node.getNodeAttr(name));
  if (!attr)
    return std::nullopt;
  return SmallVector<int64_t>(attr.asArrayRef());
}

std::optional<SmallVector<int64_t>> onnxir::constantInts(Value value) {
  DenseElementsAttr elements;
  if (!value || !matchPattern(value, m_Constant(&elements)) || !elements.getElementType().isInteger())
    return std::nullopt;
  return SmallVector<int64_t>(
      llvm::map_range(elements.getValues<APInt>(), [](const APInt &number) { return number.getSExtValue(); }));
}

std::optional<SmallVector<double>> onnxir::constantFloats(Attribute value) {
  auto elements = dyn_cast_or_null<DenseElementsAttr>(value);
  if (!elements || !isa<FloatType>(elements.getElementType()))
    return std::nullopt;
  SmallVector<double> numbers;
  for (APFloat number : elements.getValues<APFloat>()) {
    bool lost;
    number.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven, &lost);
    numbers.push_back(number.convertToDouble());
  }
  return numbers;
}

std::optional<double> onnxir::constantSplat(Value value) {
  DenseElementsAttr elements;
  if (!value || !matchPattern(value, m_Constant(&elements)) || !elements.isSplat())
    return std::nullopt;
  if (elements.getElementType().isInteger())
    return elements.getSplatValue<APInt>().getSExtValue();
  if (auto numbers = constantFloats(elements.resizeSplat(
          RankedTensorType::get({1}, elements.getElementType()))))
    return numbers->front();
  return std::nullopt;
}

std::optional<int64_t> onnxir::normalAxis(int64_t axis, int64_t rank) {
  if (axis < -rank || axis >= rank)
    return std::nullopt;
  return axis < 0 ? axis + rank : axis;
}

int64_t onnxir::rankOf(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return type ? type.getRank() : -1;
}

std::optional<SmallVector<int64_t>> onnxir::constantAxes(NodeOp node, unsigned position, int64_t rank) {
  Value operand = node.getNodeInput(position);
  if (!operand) {
    if (rank < 0 || (intAttr(node, "noop_with_empty_axes", 0) != 0))
      return std::nullopt;
    // Squeeze without axes drops the dimensions of size 1; reductions take all.
    auto type = cast<RankedTensorType>(node.getNodeInput(0).getType());
    SmallVector<int64_t> all;
    for (int64_t axis = 0; axis < rank; ++axis)
      if (!node.is("Squeeze") || type.getDimSize(axis) == 1)
        all.push_back(axis);
    return all;
  }
  std::optional<SmallVector<int64_t>> axes = constantInts(operand);
  if (!axes)
    return std::nullopt;
  for (int64_t &axis : *axes) {
    std::optional<int64_t> normal = normalAxis(axis, rank);
    if (!normal)
      return std::nullopt;
    axis = *normal;
  }
  llvm::sort(*axes);
  return axes;
}

SmallVector<int64_t> onnxir::transposePermutation(NodeOp node) {
  if (std::optional<SmallVector<int64_t>> perm = intsAttr(node, "perm"))
    return *perm;
  auto reversed = llvm::to_vector(llvm::seq<int64_t>(0, std::max<int64_t>(rankOf(node.getNodeInput(0)), 0)));
  std::reverse(reversed.begin(), reversed.end());
  return reversed;
}

std::optional<SmallVector<SliceRange>> onnxir::constantSlice(NodeOp node) {
  auto type = dyn_cast<RankedTensorType>(node.getNodeInput(0).getType());
  auto starts = constantInts(node.getNodeInput(1)), ends = constantInts(node.getNodeInput(2));
  if (!type || !starts || !ends || starts->size() != ends->size())
    return std::nullopt;
  SmallVector<int64_t> axes = llvm::to_vector(llvm::seq<int64_t>(0, starts->size())), steps(starts->size(), 1);
  if (Value operand = node.getNodeInput(3)) {
    auto numbers = constantInts(operand);
    if (!numbers || numbers->size() != starts->size())
      return std::nullopt;
    axes = *numbers;
  }
  if (Value operand = node.getNodeInput(4)) {
    auto numbers = constantInts(operand);
    if (!numbers || numbers->size() != starts->size())
      return std::nullopt;
    steps = *numbers;
  }
  SmallVector<SliceRange> ranges;
  for (auto [axis, start, end, step] : llvm::zip(axes, *starts, *ends, steps)) {
    std::optional<int64_t> normal = normalAxis(axis, type.getRank());
    if (!normal || step < 1)
      return std::nullopt;
    int64_t size = type.getDimSize(*normal);
    if (ShapedType::isDynamic(size)) {
      // Only the whole of a dynamic dimension is known without its size.
      if (start != 0 || step != 1 || end < std::numeric_limits<int32_t>::max())
        return std::nullopt;
      continue;
    }
    int64_t from = std::clamp<int64_t>(start < 0 ? start + size : start, 0, size);
    int64_t to = std::clamp<int64_t>(end < 0 ? end + size : end, 0, size);
    ranges.push_back({*normal, from, to > from ? (to - from + step - 1) / step : 0, step});
  }
  return ranges;
}

std::optional<std::pair<int64_t, SmallVector<int64_t>>> onnxir::splitStarts(NodeOp node) {
  int64_t rank = rankOf(node.getNodeInput(0));
  std::optional<int64_t> axis = normalAxis(intAttr(node, "axis", 0), rank);
  if (rank < 0 || !axis || !node.getOmittedResults().empty())
    return std::nullopt;
  SmallVector<int64_t> starts;
  int64_t position = 0;
  for (Value result : node.getOutputs()) {
    auto type = dyn_cast<RankedTensorType>(result.getType());
    if (!type || type.isDynamicDim(*axis))
      return std::nullopt;
    starts.push_back(position);
    position += type.getDimSize(*axis);
  }
  return std::make_pair(*axis, starts);
}
