// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Unfolding of values: operators that move elements, by index arithmetic or by index tensors.
#include "ElementExpr.h"

using namespace mlir;
using namespace emo;
using namespace emo::raise;
using namespace emo::onnxir;

ExprRef ElementEvaluator::evaluateView(NodeOp node, unsigned result, Indices indices, bool &isView) {
  isView = true;
  Value data = node.getInputs().empty() ? Value() : node.getInputs()[0];
  SmallVector<ExprRef> inner(indices);
  if (node.is("Transpose")) {
    for (auto [i, dim] : llvm::enumerate(transposePermutation(node)))
      inner[dim] = indices[i];
    return evaluate(data, inner);
  }
  if (node.is("Unsqueeze")) {
    if (auto axes = constantAxes(node, 1, indices.size())) {
      for (int64_t axis : llvm::reverse(*axes))
        inner.erase(inner.begin() + axis);
      return evaluate(data, inner);
    }
  }
  if (node.is("Squeeze")) {
    if (auto axes = constantAxes(node, 1, rankOf(data))) {
      for (int64_t axis : *axes)
        inner.insert(inner.begin() + axis, factory.integer(0));
      return evaluate(data, inner);
    }
  }
  if (node.is("Expand"))
    return broadcast(data, node.getResult(0), indices);
  if (node.is("Slice")) {
    if (auto ranges = constantSlice(node)) {
      for (const SliceRange &range : *ranges)
        inner[range.axis] =
            factory.add({factory.mul({factory.integer(range.step), inner[range.axis]}), factory.integer(range.start)});
      return evaluate(data, inner);
    }
  }
  if (node.is("Split")) {
    if (auto split = splitStarts(node)) {
      inner[split->first] = factory.add({inner[split->first], factory.integer(split->second[result])});
      return evaluate(data, inner);
    }
  }
  isView = false;
  return nullptr;
}

ExprRef ElementEvaluator::evaluateConcat(NodeOp node, Indices indices) {
  auto axis = normalAxis(intAttr(node, "axis", 0), indices.size());
  if (!axis)
    return factory.load(node.getResult(0), indices);
  // From the last part to the first: index < end of part i ? part i : the parts behind.
  SmallVector<int64_t> starts;
  int64_t position = 0;
  for (Value part : node.getInputs()) {
    SymbolicDim size = shapes.getShape(part)[*axis];
    if (!size.isConstant())
      return factory.load(node.getResult(0), indices);
    starts.push_back(position);
    position += size.factor;
  }
  ExprRef result = nullptr;
  for (size_t i = node.getInputs().size(); i-- > 0;) {
    SmallVector<ExprRef> inner(indices);
    inner[*axis] = factory.add({indices[*axis], factory.integer(-starts[i])});
    int64_t end = i + 1 < starts.size() ? starts[i + 1] : position;
    ExprRef inPart = factory.apply("lt", {indices[*axis], factory.integer(end)});
    if (result && inPart->isInteger(0))
      continue;
    ExprRef part = evaluate(node.getInputs()[i], inner);
    if (!part)
      return nullptr;
    result = result ? factory.cond(inPart, part, result) : part;
  }
  return result;
}

ExprRef ElementEvaluator::evaluateGather(NodeOp node, Indices indices) {
  Value data = node.getInputs()[0], positions = node.getInputs()[1];
  int64_t rank = rankOf(data), indexRank = rankOf(positions);
  auto axis = normalAxis(intAttr(node, "axis", 0), rank);
  if (!axis)
    return factory.load(node.getResult(0), indices);
  ExprRef index = evaluate(positions, indices.slice(*axis, indexRank));
  if (!index)
    return nullptr;
  if (index->kind == ExprKind::Integer && index->integer < 0) {
    SymbolicDim size = shapes.getShape(data)[*axis];
    if (!size.isConstant())
      return factory.load(node.getResult(0), indices);
    index = factory.integer(index->integer + size.factor);
  }
  SmallVector<ExprRef> inner(indices.take_front(*axis));
  inner.push_back(index);
  inner.append(indices.begin() + *axis + indexRank, indices.end());
  return evaluate(data, inner);
}

ExprRef ElementEvaluator::evaluateGatherND(NodeOp node, Indices indices) {
  Value data = node.getInputs()[0], positions = node.getInputs()[1];
  SymbolicShapes::Shape shape = shapes.getShape(positions);
  if (intAttr(node, "batch_dims", 0) != 0 || shape.empty() || !shape.back().isConstant())
    return factory.load(node.getResult(0), indices);
  SmallVector<ExprRef> outer(indices.take_front(shape.size() - 1)), inner;
  for (int64_t i = 0; i < shape.back().factor; ++i) {
    SmallVector<ExprRef> at(outer);
    at.push_back(factory.integer(i));
    ExprRef index = evaluate(positions, at);
    if (!index)
      return nullptr;
    inner.push_back(index);
  }
  inner.append(indices.begin() + outer.size(), indices.end());
  return evaluate(data, inner);
}

/// data[.., i, ..] plus (or, over zeros and distinct indices, replaced by) the updates whose index is i.
ExprRef ElementEvaluator::evaluateScatterElements(NodeOp node, Indices indices) {
  Value data = node.getInputs()[0], positions = node.getInputs()[1], updates = node.getInputs()[2];
  auto axis = normalAxis(intAttr(node, "axis", 0), indices.size());
  StringRef reduction = stringAttr(node, "reduction", "none");
  if (!axis || (reduction != "none" && reduction != "add"))
    return factory.load(node.getResult(0), indices);
  SymbolicShapes::Shape from = shapes.getShape(positions), to = shapes.getShape(data);
  for (size_t dim = 0; dim < to.size(); ++dim)
    if (int64_t(dim) != *axis && !(from[dim] == to[dim]))
      return fail("ScatterElements writes only some of the rows, or it cannot be proved that it writes all");
  ExprRef base = evaluate(data, indices);
  if (!base)
    return nullptr;
  if (reduction == "none") {
    // The indices of one TopK row differ, so that at most one update meets an element.
    auto topK = definingNode(positions, "TopK");
    auto topKAxis = topK ? normalAxis(intAttr(topK, "axis", -1), indices.size()) : std::nullopt;
    if (!topK || positions != topK.getNodeOutput(1) || topKAxis != axis)
      return fail("ScatterElements overwrites, and its indices cannot be proved distinct");
    if (!base->isZero())
      return fail("ScatterElements overwrites a tensor that is not all zeros");
  }
  ExprRef j = boundVariable(node, 0, positions, *axis);
  SmallVector<ExprRef> inner(indices);
  inner[*axis] = j;
  ExprRef index = evaluate(positions, inner), update = index ? evaluate(updates, inner) : nullptr;
  if (!update)
    return nullptr;
  ExprRef matches = factory.apply("eq", {index, indices[*axis]});
  return factory.add({base, factory.sum(j, factory.cond(matches, update, factory.number(0)))});
}

/// A ScatterND(add) whose rows come from a NonZero is a sum over all positions of NonZero's operand where it holds.
ExprRef ElementEvaluator::evaluateScatterND(NodeOp node, Indices indices) {
  Value data = node.getInputs()[0], positions = node.getInputs()[1], updates = node.getInputs()[2];
  SymbolicShapes::Shape shape = shapes.getShape(positions);
  if (stringAttr(node, "reduction", "none") != "add")
    return fail("ScatterND overwrites, expected reduction \"add\"");
  if (shape.size() != 2 || !shape[1].isConstant(1) || rankOf(updates) != int64_t(indices.size()))
    return factory.load(node.getResult(0), indices);
  ExprRef base = evaluate(data, indices);
  ExprRef n = boundVariable(node, 0, positions, 0);
  ExprRef row = base ? evaluate(positions, {n, factory.integer(0)}) : nullptr;
  if (!row)
    return nullptr;
  NodeOp nonZero = row->kind == ExprKind::Load ? definingNode(row->root, "NonZero") : NodeOp();
  if (!nonZero || row->operands[1] != n)
    return fail("ScatterND adds to rows that do not come from a NonZero");
  SmallVector<ExprRef> updateIndices = {n};
  updateIndices.append(indices.begin() + 1, indices.end());
  ExprRef update = evaluate(updates, updateIndices);
  if (!update)
    return nullptr;

  // Coordinates of the n-th position become variables over NonZero's operand.
  Value mask = nonZero.getInputs()[0];
  SmallVector<ExprRef> coordinates;
  ExprRef body = update, target = row;
  for (int64_t dim = 0; dim < rankOf(mask); ++dim) {
    coordinates.push_back(boundVariable(node, 1 + dim, mask, dim));
    ExprRef coordinate = factory.load(nonZero.getResult(0), {factory.integer(dim), n});
    body = factory.substitute(body, coordinate, coordinates.back());
    target = factory.substitute(target, coordinate, coordinates.back());
  }
  if (factory.dependsOn(body, n))
    return fail("the rows that ScatterND adds depend on more than NonZero's coordinates");
  ExprRef holds = evaluate(mask, coordinates);
  if (!holds)
    return nullptr;
  // A mask of numbers holds where it is not zero.
  if (holds->kind == ExprKind::Cond && holds->operands[2]->isZero() &&
      (holds->operands[1]->isInteger(1) || holds->operands[1]->isNumber(1)))
    holds = holds->operands[0];
  // The coordinate that is the row is the row that we look at; the others are summed over.
  for (ExprRef coordinate : coordinates)
    if (target == coordinate) {
      if (!(factory.extentOf(coordinate) == shapes.getShape(data)[0]))
        return fail("ScatterND and NonZero count different rows");
      body = factory.substitute(body, coordinate, indices[0]);
      holds = factory.substitute(holds, coordinate, indices[0]);
    }
  ExprRef sum = factory.cond(holds, body, factory.number(0));
  for (ExprRef coordinate : llvm::reverse(coordinates))
    if (coordinate != target)
      sum = factory.sum(coordinate, sum);
  return factory.add({base, sum});
}
