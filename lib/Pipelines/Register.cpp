// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Registration of everything emo has.
#include "emo/Pipelines/Register.h"
#include "emo/Conversion/Passes.h"
#include "emo/Dialect/Emo/IR/Emo.h"
#include "emo/Dialect/Onnx/IR/Onnx.h"
#include "emo/Pipelines/Pipelines.h"
#include "emo/Target/Passes.h"
#include "emo/Transforms/BufferizableOpInterfaceImpl.h"
#include "emo/Transforms/Passes.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/Target/LLVMIR/Dialect/All.h"

using namespace mlir;

void emo::registerEmoDialects(DialectRegistry &registry) {
  registry.insert<EmoDialect, onnxir::OnnxDialect>();
  registerBufferizableOpInterfaceExternalModels(registry);
}

void emo::registerAllDialects(DialectRegistry &registry) {
  mlir::registerAllDialects(registry);
  mlir::registerAllExtensions(registry);
  mlir::registerAllToLLVMIRTranslations(registry);
  registerEmoDialects(registry);
}

void emo::registerEmoPasses() {
  registerEmoTransformsPasses();
  registerEmoConversionPasses();
  registerEmoTargetPasses();
  PassPipelineRegistration<RaiseOptions>("emo-raise-pipeline",
                                         "phase raise: onnx ops to MODEL",
                                         populateRaisePipeline);
  PassPipelineRegistration<SpecialiseOptions>(
      "emo-specialise-pipeline", "phase specialise: experts and entry points",
      populateSpecialisePipeline);
  PassPipelineRegistration<DifferentiateOptions>(
      "emo-differentiate-pipeline", "phase differentiate: gradients",
      populateDifferentiatePipeline);
  PassPipelineRegistration<KernelsOptions>(
      "emo-kernels-pipeline", "phase kernels: MODEL to kernel ops on tensors",
      populateKernelsPipeline);
  PassPipelineRegistration<BufferizeOptions>(
      "emo-bufferize-pipeline", "phase bufferize: tensors to memrefs",
      populateBufferizePipeline);
  PassPipelineRegistration<CUDAOptions>(
      "emo-cuda-pipeline",
      "phase cuda: kernel ops to code for each CUDA architecture",
      populateCUDAPipeline);
  PassPipelineRegistration<CPUOptions>(
      "emo-cpu-pipeline", "phase cpu: kernel ops to code for each ISA level",
      populateCPUPipeline);
  PassPipelineRegistration<LLVMOptions>(
      "emo-llvm-pipeline", "phase llvm: everything to the LLVM dialect",
      populateLLVMPipeline);
}
