// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The phase "bufferize".
#include "emo/Pipelines/Pipelines.h"
#include "emo/Transforms/Passes.h"

using namespace mlir;

void emo::populateBufferizePipeline(OpPassManager &pm, const BufferizeOptions &options) {
  pm.addPass(createVerifyPhase({"bufferize", /*record=*/true}));
}
