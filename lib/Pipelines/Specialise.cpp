// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The phase "specialise".
#include "emo/Pipelines/Pipelines.h"
#include "emo/Transforms/Passes.h"

using namespace mlir;

void emo::populateSpecialisePipeline(OpPassManager &pm,
                                     const SpecialiseOptions &options) {
  if (!options.experts.empty())
    pm.addPass(createPruneExperts({options.experts}));
  if (options.entryPoints)
    pm.addPass(createBuildEntryPoints({options.documentPools}));
  if (options.profile)
    pm.addPass(createCollectExpertStatistics());
  pm.addPass(createVerifyPhase({"specialise", /*record=*/true}));
}
