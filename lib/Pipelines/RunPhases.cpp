// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Running a range of phases.
#include "emo/Pipelines/Pipelines.h"

using namespace mlir;

void emo::populatePhase(OpPassManager &pm, Phase phase,
                        const PipelineOptions &options) {
  switch (phase) {
  case Phase::Import:
    return;
  case Phase::Raise:
    return populateRaisePipeline(pm, options.raise);
  case Phase::Specialise:
    return populateSpecialisePipeline(pm, options.specialise);
  case Phase::Differentiate:
    return populateDifferentiatePipeline(pm, options.differentiate);
  case Phase::Kernels:
    return populateKernelsPipeline(pm, options.kernels);
  case Phase::Bufferize:
    return populateBufferizePipeline(pm, options.bufferize);
  case Phase::CUDA:
    return populateCUDAPipeline(pm, options.cuda);
  case Phase::CPU:
    return populateCPUPipeline(pm, options.cpu);
  case Phase::LLVM:
    return populateLLVMPipeline(pm, options.llvm);
  }
}

LogicalResult
emo::runPhases(ModuleOp module, Phase first, Phase last,
               const PipelineOptions &options,
               function_ref<LogicalResult(PassManager &)> configure) {
  PassManager pm(module.getContext(), ModuleOp::getOperationName());
  if (configure && failed(configure(pm)))
    return failure();
  for (int phase = static_cast<int>(first); phase <= static_cast<int>(last);
       ++phase)
    populatePhase(pm, static_cast<Phase>(phase), options);
  return pm.run(module);
}

LogicalResult
emo::runPhasesUntil(ModuleOp module, Phase last, const PipelineOptions &options,
                    function_ref<LogicalResult(PassManager &)> configure) {
  std::optional<Phase> done = modulePhase(module);
  if (!done)
    return failure();
  if (*done >= last)
    return success();
  return runPhases(module, static_cast<Phase>(static_cast<int>(*done) + 1),
                   last, options, configure);
}
