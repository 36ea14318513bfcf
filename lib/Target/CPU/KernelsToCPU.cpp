// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Pass emo-kernels-to-cpu.
#include "Kernels.h"
#include "WeightPacker.h"
#include "emo/Conversion/EmoToLinalg.h"
#include "emo/Target/Passes.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Transforms/WalkPatternRewriteDriver.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace emo;
using namespace emo::cpu;

namespace emo {
#define GEN_PASS_DEF_KERNELSTOCPU
#include "emo/Target/Passes.h.inc"
} // namespace emo

namespace {
struct KernelsToCPUPass : emo::impl::KernelsToCPUBase<KernelsToCPUPass> {
  using KernelsToCPUBase::KernelsToCPUBase;

  void packWeights(ArrayRef<Operation *> kernels);
  LogicalResult lower(Operation *kernel, KernelLibrary &library);
  LogicalResult decompose(ArrayRef<Operation *> kernels);
  void runOnOperation() override;
};
} // namespace

void KernelsToCPUPass::packWeights(ArrayRef<Operation *> kernels) {
  WeightPacker packer(getOperation());
  for (Operation *kernel : kernels) {
    ImplicitLocOpBuilder b(kernel->getLoc(), kernel);
    if (auto matmul = dyn_cast<KernelMatmulOp>(kernel)) {
      if (Value packed = matmul.getPacked() ? Value() : packer.pack(b, matmul.getWeights())) {
        matmul.getWeightsMutable().assign(packed);
        matmul.setPacked(true);
      }
    } else if (auto loss = dyn_cast<KernelLossOp>(kernel)) {
      if (Value packed = loss.getPacked() ? Value() : packer.pack(b, loss.getWeight())) {
        loss.getWeightMutable().assign(packed);
        loss.setPacked(true);
      }
    }
  }
}

LogicalResult KernelsToCPUPass::lower(Operation *kernel, KernelLibrary &library) {
  if (!hasKernelForm(kernel, codegen::KernelFloats::F32AndBF16))
    return failure();
  bool lowered = llvm::TypeSwitch<Operation *, bool>(kernel)
                     .Case([&](KernelMatmulOp op) { return lowerMatmul(op, library); })
                     .Case([&](KernelLossOp op) { return lowerLoss(op, library); })
                     .Case([&](KernelRmsNormOp op) { return lowerRmsNorm(op, library); })
                     .Case([&](KernelRowDotOp op) { return lowerRowDot(op, library); })
                     .Case([&](KernelGatherRowsOp op) { return lowerGatherRows(op, library); })
                     .Case([&](KernelRouterOp op) { return lowerRouter(op, library); })
                     .Case([&](KernelGroupByExpertOp op) { return lowerGroupByExpert(op, library); })
                     .Case([&](KernelCombineOp op) { return lowerCombine(op, library); })
                     .Case([&](KernelAttentionOp op) { return lowerAttention(op, library); })
                     .Case([&](KernelSampleOp op) { return lowerSample(op, library); })
                     .Default([](Operation *) { return false; });
  return success(lowered);
}

/// What has no kernel takes the reference lowering.
LogicalResult KernelsToCPUPass::decompose(ArrayRef<Operation *> kernels) {
  for (Operation *kernel : kernels)
    kernel->emitRemark() << "has no CPU kernel for its types or form; it becomes loops";
  RewritePatternSet patterns(&getContext());
  populateKernelsToLinalg(patterns);
  walkAndApplyPatterns(getOperation(), std::move(patterns));
  for (Operation *left : kernelOps(getOperation()))
    return left->emitOpError() << "has neither a CPU kernel nor a reference lowering";
  return success();
}

void KernelsToCPUPass::runOnOperation() {
  auto chosen = chooseEntries<IsaLevel>(getOperation(), levels, findIsaLevel, isaLevels(), isaLevels(), "has no ISA level");
  if (failed(chosen))
    return signalPassFailure();
  SmallVector<Operation *> kernels = kernelOps(getOperation());
  packWeights(kernels);
  KernelLibrary library(getOperation(), *chosen);
  SmallVector<Operation *> others;
  for (Operation *kernel : kernels)
    if (failed(lower(kernel, library)))
      others.push_back(kernel);
  if (!others.empty() && failed(decompose(others)))
    return signalPassFailure();
  SmallVector<ParamRefOp> unused;
  getOperation().walk([&](ParamRefOp ref) {
    if (ref->use_empty())
      unused.push_back(ref);
  });
  for (ParamRefOp ref : unused)
    ref.erase();
  eraseUnusedParams(getOperation());
}
