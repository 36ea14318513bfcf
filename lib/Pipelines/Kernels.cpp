// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The phase "kernels": MODEL -> kernel ops on tensors; the rest becomes linalg.
#include "emo/Conversion/Passes.h"
#include "emo/Pipelines/Pipelines.h"
#include "emo/Transforms/Passes.h"
#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

void emo::populateKernelsPipeline(OpPassManager &pm,
                                  const KernelsOptions &options) {
  if (!options.retype.empty())
    pm.addPass(createRetype({options.retype}));
  // Sizes read from one value each: patterns compare them.
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  if (!options.reference)
    pm.addPass(createEmoToKernels());
  // What has no kernel takes the reference lowering.
  pm.addPass(createEmoToLinalg({/*kernels=*/options.reference}));
  // Arith and math on tensors have no bufferization; linalg has.
  pm.addPass(createConvertElementwiseToLinalgPass());
  pm.addPass(memref::createResolveRankedShapeTypeResultDimsPass());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addPass(createVerifyPhase({"kernels", /*record=*/true}));
}
