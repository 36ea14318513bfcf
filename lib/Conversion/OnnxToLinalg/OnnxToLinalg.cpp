// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Lowering.h"

#include "emo/Conversion/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringMap.h"

namespace emo {
#define GEN_PASS_DEF_ONNXTOLINALG
#include "emo/Conversion/Passes.h.inc"
} // namespace emo

using namespace mlir;
using namespace emo;
using namespace emo::onnxir;
using namespace emo::onnxlower;

static constexpr llvm::StringLiteral elementwiseOps[] = {
    "Abs", "Add",  "And", "Ceil", "Cos", "Div", "Equal",      "Erf",     "Exp",  "Floor", "Greater", "GreaterOrEqual", "Identity", "IsNaN", "Less",
    "LessOrEqual", "Log", "Max",  "Min", "Mod", "Mul", "Neg",        "Not",     "Or",   "Pow",   "Reciprocal", "Relu", "Sigmoid",
    "Sin",         "Sqrt", "Sub", "Sum", "Tanh", "Xor"};

SmallVector<Value> NodeLowering::lower() {
  using Method = Value (NodeLowering::*)();
  static const llvm::StringMap<Method> methods = {
      {"Cast", &NodeLowering::lowerCast},
      {"CastLike", &NodeLowering::lowerCast},
      {"Clip", &NodeLowering::lowerClip},
      {"Concat", &NodeLowering::lowerConcat},
      {"CumSum", &NodeLowering::lowerCumSum},
      {"ConstantOfShape", &NodeLowering::lowerConstantOfShape},
      {"Expand", &NodeLowering::lowerExpand},
      {"Flatten", &NodeLowering::lowerReshape},
      {"Gather", &NodeLowering::lowerGather},
      {"GatherElements", &NodeLowering::lowerGatherElements},
      {"GatherND", &NodeLowering::lowerGatherND},
      {"Gemm", &NodeLowering::lowerGemm},
      {"MatMul", &NodeLowering::lowerMatMul},
      {"NonZero", &NodeLowering::lowerNonZero},
      {"OneHot", &NodeLowering::lowerOneHot},
      {"RMSNormalization", &NodeLowering::lowerRmsNorm},
      {"Range", &NodeLowering::lowerRange},
      {"ReduceMax", &NodeLowering::lowerReduction},
      {"ReduceMean", &NodeLowering::lowerReduction},
      {"ReduceMin", &NodeLowering::lowerReduction},
      {"ReduceProd", &NodeLowering::lowerReduction},
      {"ReduceSum", &NodeLowering::lowerReduction},
      {"Reshape", &NodeLowering::lowerReshape},
      {"ScatterElements", &NodeLowering::lowerScatterElements},
      {"ScatterND", &NodeLowering::lowerScatterND},
      {"Shape", &NodeLowering::lowerShape},
      {"Size", &NodeLowering::lowerSize},
      {"Slice", &NodeLowering::lowerSlice},
      {"Softmax", &NodeLowering::lowerSoftmax},
      {"Squeeze", &NodeLowering::lowerSqueeze},
      {"Tile", &NodeLowering::lowerTile},
      {"Transpose", &NodeLowering::lowerTranspose},
      {"Trilu", &NodeLowering::lowerTrilu},
      {"Unsqueeze", &NodeLowering::lowerSqueeze},
      {"Where", &NodeLowering::lowerWhere},
  };
  // Every value has a rank and an element type that arith knows.
  auto isPlain = [](Value value) {
    auto type = dyn_cast<RankedTensorType>(value.getType());
    return type && (isa<FloatType>(type.getElementType()) || type.getElementType().isSignlessInteger());
  };
  if (!node.getDomain().empty() || !node.getBodies().empty() || !llvm::all_of(node.getInputs(), isPlain) ||
      !llvm::all_of(node.getOutputs(), isPlain))
    return {};
  if (node.is("Split"))
    return lowerSplit();
  if (node.is("TopK"))
    return lowerTopK();
  Value result;
  if (llvm::is_contained(elementwiseOps, node.getOpType()))
    result = lowerElementwise();
  else if (auto method = methods.find(node.getOpType()); method != methods.end())
    result = (this->*method->second)();
  return result ? SmallVector<Value>{result} : SmallVector<Value>{};
}

namespace {

struct OnnxToLinalgPass : public emo::impl::OnnxToLinalgBase<OnnxToLinalgPass> {
  void runOnOperation() override {
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (!function.isExternal())
        lowerFunction(function);
    if (!unsupported.empty())
      report();
  }

  void lowerFunction(func::FuncOp function);
  void report();

  /// Operators without a lowering, with their first node.
  llvm::MapVector<StringRef, std::pair<NodeOp, int>> unsupported;
};

} // namespace

void OnnxToLinalgPass::lowerFunction(func::FuncOp function) {
  SymbolicShapes shapes;
  shapes.computeAll(function);
  SmallVector<NodeOp> nodes;
  function.walk([&](NodeOp node) { nodes.push_back(node); });
  for (NodeOp node : nodes) {
    NodeLowering lowering(node, shapes);
    SmallVector<Value> results = lowering.lower();
    if (results.empty()) {
      StringRef name = StringAttr::get(&getContext(), node.getQualifiedName()).getValue();
      ++unsupported.insert({name, {node, 0}}).first->second.second;
      continue;
    }
    OpBuilder builder(node);
    for (auto [old, result] : llvm::zip(node.getResults(), results)) {
      if (result.getType() != old.getType())
        result = tensor::CastOp::create(builder, node.getLoc(), old.getType(), result);
      shapes.copyShape(old, result);
      old.replaceAllUsesWith(result);
    }
    node.erase();
  }
}

void OnnxToLinalgPass::report() {
  signalPassFailure();
  InFlightDiagnostic diagnostic = getOperation().emitError()
                                  << unsupported.size() << " ONNX operator" << (unsupported.size() == 1 ? "" : "s")
                                  << " of the model, or the way they are used, cannot be compiled: ";
  llvm::interleaveComma(unsupported, diagnostic, [&](auto &entry) {
    diagnostic << "'" << entry.first << "' (" << entry.second.second << " node" << (entry.second.second == 1 ? "" : "s") << ")";
  });
  for (auto &entry : unsupported)
    diagnostic.attachNote(entry.second.first.getLoc()) << "the first '" << entry.first << "' is here: " << *entry.second.first;
}
