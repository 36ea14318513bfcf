// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The phase "cpu".
#include "emo/Pipelines/Pipelines.h"
#include "emo/Target/Passes.h"
#include "emo/Transforms/Passes.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

void emo::populateCPUPipeline(OpPassManager &pm, const CPUOptions &options) {
  KernelsToCPUOptions kernels;
  llvm::append_range(kernels.levels, options.levels);
  pm.addPass(createKernelsToCPU(kernels));
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addPass(createVerifyPhase({"cpu", /*record=*/true}));
}
