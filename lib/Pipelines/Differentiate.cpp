// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The phase "differentiate".
#include "emo/Pipelines/Pipelines.h"
#include "emo/Transforms/Passes.h"

using namespace mlir;

void emo::populateDifferentiatePipeline(OpPassManager &pm,
                                        const DifferentiateOptions &options) {
  pm.addPass(createVerifyPhase({"differentiate", /*record=*/true}));
}
