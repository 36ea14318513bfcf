// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Embeddings, RMS norms and linear layers: computations of one or few nodes, found from the node that ends them.
#include "RaiseOnnx.h"

#include <cstdio>
#include <cstdlib>

using namespace mlir;
using namespace emo;
using namespace emo::onnxir;
using namespace emo::raise;

//===----------------------------------------------------------------------===//
// Embedding
//===----------------------------------------------------------------------===//

void emo::raise::raiseEmbeddings(RaiseContext &context) {
  for (NodeOp node : context.nodes()) {
    if (!node.is("Gather") || intAttr(node, "axis", 0) != 0)
      continue;
    Value table = node.getInputs()[0], ids = node.getInputs()[1];
    ParamOp param = context.paramOf(table);
    auto type = dyn_cast<RankedTensorType>(table.getType());
    if (!param || type.getRank() != 2 || !isa<FloatType>(type.getElementType()) || !isa<BlockArgument>(ids))
      continue;
    OpBuilder builder(node);
    context.replace(node.getResult(0), EmbeddingOp::create(builder, node.getLoc(), node.getResult(0).getType(), ids, table));
    // The runtime checks ids before compiled code runs.
    unsigned argument = cast<BlockArgument>(ids).getArgNumber();
    context.function.setArgAttr(argument, "emo.role", builder.getStringAttr("token_ids"));
    context.function.setArgAttr(argument, "emo.range", builder.getDenseI64ArrayAttr({0, type.getDimSize(0)}));
  }
  context.eraseDeadNodes();
}

//===----------------------------------------------------------------------===//
// RMS norm
//===----------------------------------------------------------------------===//

/// The other operand of a commutative node when one operand satisfies `accept`.
template <typename Accept>
static Value matchEither(NodeOp node, Accept accept) {
  for (int side : {0, 1})
    if (accept(node.getInputs()[side]))
      return node.getInputs()[1 - side];
  return {};
}

/// Sees through a Cast to a wider or equal float type: RMS norm computes in max(f32, type) anyway.
static Value skipWideningCast(Value value) {
  if (NodeOp cast = definingNode(value, "Cast")) {
    Type from = getElementTypeOrSelf(cast.getInputs()[0].getType()), to = getElementTypeOrSelf(value.getType());
    if (isa<FloatType>(from) && isa<FloatType>(to) && from.getIntOrFloatBitWidth() <= to.getIntOrFloatBitWidth())
      return cast.getInputs()[0];
  }
  return value;
}

/// The number with the fewest digits that rounds to `number` in f32: 1e-6 rather than 9.99999997e-7.
static double shortestDecimal(double number, Type type) {
  if (!type.isF32())
    return number;
  for (int digits = 1; digits < 9; ++digits) {
    char text[32];
    std::snprintf(text, sizeof(text), "%.*e", digits - 1, number);
    double candidate = std::strtod(text, nullptr);
    if (float(candidate) == float(number))
      return candidate;
  }
  return number;
}

/// True if `value` is the mean of x^2 over the last dimension, kept, plus a constant epsilon.
static bool isMeanSquarePlusEpsilon(Value value, Value x, double &epsilon) {
  NodeOp add = definingNode(value, "Add");
  if (!add)
    return false;
  Value mean = matchEither(add, [&](Value operand) {
    std::optional<double> number = constantSplat(operand);
    if (number)
      epsilon = shortestDecimal(*number, getElementTypeOrSelf(operand.getType()));
    return number.has_value();
  });
  NodeOp reduce = definingNode(mean, "ReduceMean");
  if (!reduce || !intAttr(reduce, "keepdims", 1))
    return false;
  auto axes = constantAxes(reduce, 1, rankOf(reduce.getInputs()[0]));
  if (!axes || *axes != SmallVector<int64_t>{rankOf(reduce.getInputs()[0]) - 1})
    return false;
  if (NodeOp power = definingNode(reduce.getInputs()[0], "Pow"))
    return power.getInputs()[0] == x && constantSplat(power.getInputs()[1]) == 2.0;
  NodeOp square = definingNode(reduce.getInputs()[0], "Mul");
  return square && square.getInputs()[0] == x && square.getInputs()[1] == x;
}

/// x such that `value` is x / sqrt(mean(x^2) + epsilon) over the last dimension; null when it is something else.
static Value matchNormalised(Value value, double &epsilon) {
  auto isRoot = [&](Value root, Value x) {
    NodeOp sqrt = definingNode(root, "Sqrt");
    return sqrt && isMeanSquarePlusEpsilon(sqrt.getInputs()[0], x, epsilon);
  };
  if (NodeOp div = definingNode(value, "Div"))
    return isRoot(div.getInputs()[1], div.getInputs()[0]) ? div.getInputs()[0] : Value();
  NodeOp mul = definingNode(value, "Mul");
  if (!mul)
    return {};
  for (int side : {0, 1}) {
    Value x = mul.getInputs()[side], factor = mul.getInputs()[1 - side];
    if (NodeOp reciprocal = definingNode(factor, "Reciprocal"))
      if (isRoot(reciprocal.getInputs()[0], x))
        return x;
    if (NodeOp div = definingNode(factor, "Div"))
      if (constantSplat(div.getInputs()[0]) == 1.0 && isRoot(div.getInputs()[1], x))
        return x;
  }
  return {};
}

/// The standard op in the form that emo.rms_norm has: over the last dimension, with a scale of that size.
static bool isLastAxisNorm(NodeOp node) {
  int64_t rank = rankOf(node.getInputs()[0]);
  return rank >= 1 && normalAxis(intAttr(node, "axis", -1), rank) == rank - 1 && rankOf(node.getInputs()[1]) == 1;
}

void emo::raise::raiseNorms(RaiseContext &context) {
  for (NodeOp node : context.nodes()) {
    if (node.is("RMSNormalization") && isLastAxisNorm(node)) {
      OpBuilder builder(node);
      double epsilon = shortestDecimal(floatAttr(node, "epsilon", 1e-5f), builder.getF32Type());
      context.replace(node.getResult(0), RmsNormOp::create(builder, node.getLoc(), node.getResult(0).getType(), node.getInputs()[0],
                                                           node.getInputs()[1], builder.getF64FloatAttr(epsilon)));
      continue;
    }
    if (!node.is("Mul"))
      continue;
    for (int side : {0, 1}) {
      Value weight = node.getInputs()[side], normalised = node.getInputs()[1 - side];
      double epsilon = 0;
      // The cast back to the narrow type may come before the weight or behind it.
      if (NodeOp cast = definingNode(normalised, "Cast"))
        normalised = isa<FloatType>(getElementTypeOrSelf(normalised.getType())) ? cast.getInputs()[0] : normalised;
      if (!context.paramOf(weight) || rankOf(weight) != 1)
        continue;
      Value x = matchNormalised(normalised, epsilon);
      if (!x || !(context.shapes.getShape(x).back() == context.shapes.getShape(weight).back()))
        continue;
      OpBuilder builder(node);
      auto norm = RmsNormOp::create(builder, node.getLoc(), node.getResult(0).getType(), skipWideningCast(x), weight,
                                    builder.getF64FloatAttr(epsilon));
      context.replace(node.getResult(0), norm);
      break;
    }
  }
  context.eraseDeadNodes();
}

//===----------------------------------------------------------------------===//
// Linear
//===----------------------------------------------------------------------===//

/// The weight [N, K] of a product by the parameter [K, N] (or [N, K] when already `transposed`).
static Value linearWeight(RaiseContext &context, NodeOp node, Value matrix, bool transposed) {
  if (!context.paramOf(matrix) || rankOf(matrix) != 2)
    return {};
  if (transposed)
    return matrix;
  return context.transformParam(node.getLoc(), matrix, TransposeAttr::get(node.getContext(), {1, 0}));
}

void emo::raise::raiseLinears(RaiseContext &context) {
  for (NodeOp node : context.nodes()) {
    bool gemm = node.is("Gemm");
    if (!gemm && !node.is("MatMul"))
      continue;
    Value x = node.getInputs()[0], bias = node.getNodeInput(2);
    if (rankOf(x) < 1 || (gemm && (intAttr(node, "transA", 0) || floatAttr(node, "alpha", 1) != 1)))
      continue;
    if (bias && (!context.paramOf(bias) || rankOf(bias) != 1 || floatAttr(node, "beta", 1) != 1))
      continue;
    Value weight = linearWeight(context, node, node.getInputs()[1], gemm && intAttr(node, "transB", 0));
    if (!weight)
      continue;
    // MatMul + Add of a vector: the Add ends the layer.
    NodeOp last = node;
    if (!bias && node.getResult(0).hasOneUse())
      if (auto add = dyn_cast<NodeOp>(*node.getResult(0).user_begin()); add && add.is("Add")) {
        Value other = add.getInputs()[add.getInputs()[0] == node.getResult(0) ? 1 : 0];
        if (context.paramOf(other) && rankOf(other) == 1 &&
            context.shapes.getShape(other).back() == context.shapes.getShape(node.getResult(0)).back()) {
          bias = other;
          last = add;
        }
      }
    OpBuilder builder(last);
    context.replace(last.getResult(0),
                    LinearOp::create(builder, last.getLoc(), last.getResult(0).getType(), x, weight, bias));
  }
  context.eraseDeadNodes();
}
