// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The phase "specialise".
#include "emo/Pipelines/Pipelines.h"
#include "emo/Transforms/Passes.h"

using namespace mlir;

void emo::populateSpecialisePipeline(OpPassManager &pm,
                                     const SpecialiseOptions &options) {
  if (options.entryPoints)
    pm.addPass(createBuildEntryPoints());
  pm.addPass(createVerifyPhase({"specialise", /*record=*/true}));
}
