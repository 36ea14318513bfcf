// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The phase "cpu".
#include "emo/Pipelines/Pipelines.h"
#include "emo/Transforms/Passes.h"

using namespace mlir;

void emo::populateCPUPipeline(OpPassManager &pm, const CPUOptions &options) {
  pm.addPass(createVerifyPhase({"cpu", /*record=*/true}));
}
