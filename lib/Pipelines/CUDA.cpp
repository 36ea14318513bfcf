// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The phase "cuda".
#include "emo/Pipelines/Pipelines.h"
#include "emo/Target/Passes.h"
#include "emo/Transforms/Passes.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

void emo::populateCUDAPipeline(OpPassManager &pm, const CUDAOptions &options) {
  if (!options.archs.empty()) {
    KernelsToCUDAOptions kernels;
    llvm::append_range(kernels.archs, options.archs);
    kernels.keepOriginals = options.keepCPU;
    pm.addPass(createKernelsToCUDA(kernels));
    pm.addPass(createCanonicalizerPass());
    pm.addPass(createCSEPass());
  }
  pm.addPass(createVerifyPhase({"cuda", /*record=*/true}));
}
