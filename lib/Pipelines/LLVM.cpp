// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The phase "llvm".
#include "emo/Pipelines/Pipelines.h"
#include "emo/Transforms/Passes.h"

using namespace mlir;

void emo::populateLLVMPipeline(OpPassManager &pm, const LLVMOptions &options) {
  pm.addPass(createVerifyPhase({"llvm", /*record=*/true}));
}
