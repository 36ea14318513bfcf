// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "RaiseOnnx.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace emo;
using namespace emo::onnxir;
using namespace emo::raise;

/// Groups of source and target dimensions with equal products, as short as possible.
static bool matchGroups(const SymbolicShapes::Shape &from, const SymbolicShapes::Shape &to,
                        SmallVectorImpl<ReassociationIndices> &fromGroups, SmallVectorImpl<ReassociationIndices> &toGroups) {
  size_t i = 0, j = 0;
  while (i < from.size() && j < to.size()) {
    ReassociationIndices fromGroup = {int64_t(i)}, toGroup = {int64_t(j)};
    SymbolicDim left = from[i++], right = to[j++];
    while (!(left == right)) {
      if (i < from.size() && right.dividedBy(left)) {
        fromGroup.push_back(i);
        left = left * from[i++];
      } else if (j < to.size() && left.dividedBy(right)) {
        toGroup.push_back(j);
        right = right * to[j++];
      } else {
        return false;
      }
    }
    // Dimensions of size 1 at the end of a side belong to the group before.
    if (j == to.size())
      while (i < from.size() && from[i].isConstant(1))
        fromGroup.push_back(i++);
    if (i == from.size())
      while (j < to.size() && to[j].isConstant(1))
        toGroup.push_back(j++);
    if (fromGroup.size() > 1 && toGroup.size() > 1)
      return false;
    fromGroups.push_back(fromGroup);
    toGroups.push_back(toGroup);
  }
  return i == from.size() && j == to.size();
}

/// `value` with every size in its type that can be proved constant.
static Value refine(RaiseContext &context, OpBuilder &builder, Value value, const SymbolicShapes::Shape &shape) {
  auto type = cast<RankedTensorType>(value.getType());
  SmallVector<int64_t> sizes(type.getShape());
  for (auto [size, dim] : llvm::zip(sizes, shape))
    if (dim.isConstant())
      size = dim.factor;
  auto refined = RankedTensorType::get(sizes, type.getElementType());
  if (refined == type)
    return value;
  Value result = tensor::CastOp::create(builder, value.getLoc(), refined, value);
  context.shapes.copyShape(value, result);
  return result;
}

/// The expanded value of `node`, null when a size of the result cannot be had at run time.
static Value expand(RaiseContext &context, NodeOp node, Value data, ArrayRef<ReassociationIndices> groups) {
  OpBuilder builder(node);
  SymbolicShapes::Shape shape = context.shapes.getShape(node.getResult(0));
  SmallVector<OpFoldResult> sizes;
  SmallVector<int64_t> staticSizes;
  for (const SymbolicDim &dim : shape) {
    staticSizes.push_back(dim.isConstant() ? dim.factor : ShapedType::kDynamic);
    if (dim.isConstant()) {
      sizes.push_back(builder.getIndexAttr(dim.factor));
      continue;
    }
    Value size = context.materialize(builder, node.getLoc(), dim);
    if (!size)
      return {};
    sizes.push_back(size);
  }
  auto type = RankedTensorType::get(staticSizes, getElementTypeOrSelf(data.getType()));
  return tensor::ExpandShapeOp::create(builder, node.getLoc(), type, data, groups, sizes);
}

void emo::raise::raiseReshapes(RaiseContext &context) {
  for (NodeOp node : context.nodes()) {
    bool reshape = node.is("Reshape") || node.is("Flatten");
    if (!reshape || rankOf(node.getResult(0)) < 1 || rankOf(node.getInputs()[0]) < 1)
      continue;
    Value data = node.getInputs()[0], result = node.getResult(0);
    SmallVector<ReassociationIndices> fromGroups, toGroups;
    SymbolicShapes::Shape from = context.shapes.getShape(data), to = context.shapes.getShape(result);
    if (from == to) {
      context.replace(result, data);
      continue;
    }
    if (!matchGroups(from, to, fromGroups, toGroups))
      continue;
    bool collapses = llvm::all_of(toGroups, [](auto &group) { return group.size() == 1; });
    bool expands = llvm::all_of(fromGroups, [](auto &group) { return group.size() == 1; });
    if (!collapses && !expands)
      continue;
    OpBuilder builder(node);
    data = refine(context, builder, data, from);
    if (collapses)
      context.replace(result, tensor::CollapseShapeOp::create(builder, node.getLoc(), data, fromGroups));
    else if (Value expanded = expand(context, node, data, toGroups))
      context.replace(result, expanded);
  }
  context.eraseDeadNodes();
}
