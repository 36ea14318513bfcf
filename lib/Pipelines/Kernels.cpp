// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The phase "kernels".
#include "emo/Pipelines/Pipelines.h"
#include "emo/Transforms/Passes.h"

using namespace mlir;

void emo::populateKernelsPipeline(OpPassManager &pm, const KernelsOptions &options) {
  pm.addPass(createVerifyPhase({"kernels", /*record=*/true}));
}
