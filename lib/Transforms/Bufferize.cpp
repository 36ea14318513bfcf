// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// emo-bufferize: one-shot bufferization, then the proof that KV caches are
// updated in place.
#include "emo/Dialect/Emo/IR/Emo.h"
#include "emo/Transforms/Passes.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Bufferization/Transforms/OneShotAnalysis.h"
#include "mlir/Dialect/Bufferization/Transforms/OneShotModuleBufferize.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/ViewLikeInterface.h"

namespace emo {
#define GEN_PASS_DEF_BUFFERIZE
#include "emo/Transforms/Passes.h.inc"
} // namespace emo

using namespace mlir;
using namespace emo;

static constexpr StringLiteral tiedAttr = "emo.tied";
static constexpr StringLiteral roleAttr = "emo.role";
static constexpr StringLiteral writableAttr =
    bufferization::BufferizationDialect::kWritableAttrName;

static bool isCache(func::FuncOp func, unsigned argument) {
  auto role = func.getArgAttrOfType<StringAttr>(argument, roleAttr);
  return role && role.getValue() == "kv_cache";
}

/// The buffer that `value` is a view of.
static Value rootBuffer(Value value) {
  while (auto view = value.getDefiningOp<ViewLikeOpInterface>())
    value = view.getViewSource();
  return value;
}

/// Whether `value` is computed from the size of the capacity dimension (2 of
/// [batch, heads, capacity, dim]) of a cache.
static bool dependsOnCapacity(Value value, func::FuncOp func) {
  Operation *op = value.getDefiningOp();
  if (!op)
    return false;
  if (auto dim = dyn_cast<memref::DimOp>(op)) {
    auto argument = dyn_cast<BlockArgument>(rootBuffer(dim.getSource()));
    std::optional<int64_t> index = dim.getConstantIndex();
    return argument && argument.getOwner() == &func.front() &&
           isCache(func, argument.getArgNumber()) && (!index || *index == 2);
  }
  return isMemoryEffectFree(op) &&
         llvm::any_of(op->getOperands(), [&](Value operand) {
           return dependsOnCapacity(operand, func);
         });
}

static LogicalResult checkCaches(func::FuncOp func) {
  auto isCacheBuffer = [&](Value value) {
    auto argument = dyn_cast<BlockArgument>(rootBuffer(value));
    return argument && argument.getOwner() == &func.front() &&
           isCache(func, argument.getArgNumber());
  };
  WalkResult result = func.walk([&](Operation *op) -> WalkResult {
    if (auto copy = dyn_cast<memref::CopyOp>(op);
        copy &&
        (isCacheBuffer(copy.getSource()) || isCacheBuffer(copy.getTarget())))
      return op->emitOpError()
             << "copies a KV cache; expected caches to be updated in place. "
                "Use each cache in one attention only and "
                "return its last update";
    if (auto alloc = dyn_cast<memref::AllocOp>(op);
        alloc && llvm::any_of(alloc.getDynamicSizes(), [&](Value size) {
          return dependsOnCapacity(size, func);
        }))
      return op->emitOpError()
             << "allocates a buffer of the size of a KV cache; expected caches "
                "to be updated in place";
    return WalkResult::advance();
  });
  return failure(result.wasInterrupted());
}

/// Checks that tied results are the arguments that they are tied to and drops
/// them.
static LogicalResult dropTiedResults(func::FuncOp func) {
  BitVector dropped(func.getNumResults());
  for (unsigned i = 0, e = func.getNumResults(); i < e; ++i) {
    auto tied = func.getResultAttrOfType<IntegerAttr>(i, tiedAttr);
    if (!tied)
      continue;
    if (tied.getInt() < 0 || tied.getInt() >= func.getNumArguments())
      return func.emitOpError()
             << "result " << i << " expects '" << tiedAttr
             << "' to be the number of an argument, got " << tied.getInt();
    WalkResult result = func.walk([&](func::ReturnOp op) -> WalkResult {
      if (rootBuffer(op.getOperand(i)) != func.getArgument(tied.getInt()))
        return op.emitOpError()
               << "result " << i << " is not argument " << tied.getInt()
               << " updated in place, as its attribute '" << tiedAttr
               << "' says";
      return WalkResult::advance();
    });
    if (result.wasInterrupted())
      return failure();
    dropped.set(i);
  }
  if (dropped.none())
    return success();
  func.walk([&](func::ReturnOp op) { op->eraseOperands(dropped); });
  return func.eraseResults(dropped);
}

namespace {

struct BufferizePass : emo::impl::BufferizeBase<BufferizePass> {
  using BufferizeBase::BufferizeBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    markArguments(module);
    separateEmpties(module);

    bufferization::OneShotBufferizationOptions options;
    options.bufferizeFunctionBoundaries = true;
    options.setFunctionBoundaryTypeConversion(
        bufferization::LayoutMapOption::IdentityLayoutMap);
    bufferization::BufferizationState state;
    if (failed(
            bufferization::runOneShotModuleBufferize(module, options, state)))
      return signalPassFailure();

    for (auto func : module.getOps<func::FuncOp>()) {
      if (func.isExternal())
        continue;
      for (unsigned i = 0, e = func.getNumArguments(); i < e; ++i)
        func.removeArgAttr(i, writableAttr);
      if (failed(dropTiedResults(func)) || failed(checkCaches(func)))
        return signalPassFailure();
    }
  }

  /// Gives each use of a tensor.empty its own: two outs of one kernel must not
  /// share a buffer, and short lives are easy to plan.
  static void separateEmpties(ModuleOp module) {
    SmallVector<tensor::EmptyOp> empties;
    module.walk([&](tensor::EmptyOp op) { empties.push_back(op); });
    for (tensor::EmptyOp op : empties) {
      for (OpOperand &use : llvm::make_early_inc_range(op->getUses())) {
        if (op->hasOneUse())
          break;
        OpBuilder builder(use.getOwner());
        use.set(builder.clone(*op)->getResult(0));
      }
    }
  }

  /// Only caches may be written; everything else belongs to the caller.
  void markArguments(ModuleOp module) {
    for (auto func : module.getOps<func::FuncOp>())
      for (unsigned i = 0, e = func.getNumArguments(); i < e; ++i)
        if (isa<TensorType>(func.getArgumentTypes()[i]) && !func.isExternal())
          func.setArgAttr(i, writableAttr,
                          BoolAttr::get(&getContext(), isCache(func, i)));
  }
};

} // namespace
