// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The phase "llvm".
#include "emo/Pipelines/Pipelines.h"
#include "emo/Target/DeviceCode.h"
#include "emo/Target/Passes.h"
#include "emo/Transforms/Passes.h"
#include "mlir/Conversion/AffineToStandard/AffineToStandard.h"
#include "mlir/Conversion/ConvertToLLVM/ToLLVMPass.h"
#include "mlir/Conversion/MathToFuncs/MathToFuncs.h"
#include "mlir/Conversion/ReconcileUnrealizedCasts/ReconcileUnrealizedCasts.h"
#include "mlir/Conversion/SCFToControlFlow/SCFToControlFlow.h"
#include "mlir/Conversion/VectorToLLVM/ConvertVectorToLLVMPass.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

void emo::populateLLVMPipeline(OpPassManager &pm, const LLVMOptions &options) {
  // Kernels of devices first: what follows is for the host.
  populateDeviceToLLVMPipeline(pm);
  pm.addPass(createPlanArena());
  pm.addPass(createLowerToRuntime());
  // The general path: what has no kernel runs as loops on the calling thread.
  pm.addPass(createConvertLinalgToLoopsPass());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addPass(createConvertMathToFuncs());
  pm.addPass(createMathToCalls());
  pm.addPass(createSCFToControlFlowPass());
  pm.addPass(memref::createExpandStridedMetadataPass());
  pm.addPass(createLowerAffinePass());
  pm.addPass(arith::createArithExpandOpsPass());
  pm.addPass(createConvertVectorToLLVMPass());
  // Types that branches carry are converted together with them, in host code and in the nested modules of kernels alike.
  pm.addPass(createConvertToLLVMPass());
  pm.nest<ModuleOp>().addPass(createConvertToLLVMPass());
  pm.addPass(createReconcileUnrealizedCastsPass());
  pm.addPass(createAttachLoopAnnotations());
  // Structs that were made to be taken apart again.
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addPass(createVerifyPhase({"llvm", /*record=*/true}));
}
