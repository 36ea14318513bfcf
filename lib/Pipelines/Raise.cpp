// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The phase "raise".
#include "emo/Conversion/Passes.h"
#include "emo/Pipelines/Pipelines.h"
#include "emo/Transforms/Passes.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

void emo::populateRaisePipeline(OpPassManager &pm,
                                const RaiseOptions &options) {
  pm.addPass(createRaiseOnnx());
  pm.addPass(createOnnxToLinalg());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addPass(createVerifyPhase({"raise", /*record=*/true}));
}
