// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "RaiseOnnx.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace emo;
using namespace emo::onnxir;
using namespace emo::raise;

/// A Transpose of a Transpose is one, or nothing.
static void mergeTransposes(RaiseContext &context) {
  for (NodeOp node : context.nodes()) {
    NodeOp inner = node.is("Transpose") ? definingNode(node.getInputs()[0], "Transpose") : NodeOp();
    if (!inner)
      continue;
    SmallVector<int64_t> outer = transposePermutation(node), first = transposePermutation(inner);
    for (int64_t &dim : outer)
      dim = first[dim];
    Value result = inner.getInputs()[0];
    if (!llvm::equal(outer, llvm::seq<int64_t>(0, outer.size()))) {
      OpBuilder builder(node);
      result = NodeOp::create(builder, node.getLoc(), "Transpose", node.getVersion(), node.getResult(0).getType(), result,
                              builder.getNamedAttr("perm", builder.getDenseI64ArrayAttr(outer)))
                   .getResult(0);
    }
    context.replace(node.getResult(0), result);
  }
}

static Value buildArith(OpBuilder &builder, NodeOp node) {
  Location loc = node.getLoc();
  Value a = node.getInputs()[0], b = node.getInputs()[1];
  if (node.is("Add"))
    return arith::AddFOp::create(builder, loc, a, b);
  if (node.is("Sub"))
    return arith::SubFOp::create(builder, loc, a, b);
  if (node.is("Mul"))
    return arith::MulFOp::create(builder, loc, a, b);
  return arith::DivFOp::create(builder, loc, a, b);
}

void emo::raise::raiseElementwise(RaiseContext &context) {
  mergeTransposes(context);
  for (NodeOp node : context.nodes()) {
    if (!node.is("Add") && !node.is("Sub") && !node.is("Mul") && !node.is("Div"))
      continue;
    Type type = node.getResult(0).getType();
    bool plain = isa<FloatType>(getElementTypeOrSelf(type)) && llvm::all_of(node.getInputs(), [&](Value input) {
                   return input.getType() == type && context.shapes.haveSameShape(input, node.getResult(0));
                 });
    if (!plain)
      continue;
    OpBuilder builder(node);
    context.replace(node.getResult(0), buildArith(builder, node));
  }
  context.eraseDeadNodes();
}
