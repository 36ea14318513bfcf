// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The phase "bufferize": tensors -> memrefs, KV caches in place.
#include "emo/Pipelines/Pipelines.h"
#include "emo/Transforms/Passes.h"
#include "mlir/Conversion/AffineToStandard/AffineToStandard.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

void emo::populateBufferizePipeline(OpPassManager &pm,
                                    const BufferizeOptions &options) {
  pm.addPass(createBufferize());
  // Sizes of views in terms of the arguments; identical views once.
  pm.addPass(memref::createResolveRankedShapeTypeResultDimsPass());
  pm.addPass(createLowerAffinePass());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addPass(createVerifyPhase({"bufferize", /*record=*/true}));
}
