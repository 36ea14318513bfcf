// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file One options struct and one populate function per phase, used alike by
/// emo-compile, emo-run, emo-opt and the plugin. IR before and after each
/// phase: docs/phases.md.
#ifndef EMO_PIPELINES_PIPELINES_H
#define EMO_PIPELINES_PIPELINES_H

#include "emo/Transforms/Phases.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassOptions.h"

namespace emo {

/// raise: onnx ops -> MODEL (emo, linalg, tensor, arith, math, scf on tensors).
struct RaiseOptions : mlir::PassPipelineOptions<RaiseOptions> {};

/// specialise: MODEL -> MODEL; keeps the experts of a set and derives the entry
/// points @step and @loss from @forward.
struct SpecialiseOptions : mlir::PassPipelineOptions<SpecialiseOptions> {
  Option<bool> entryPoints{
      *this, "entry-points",
      llvm::cl::desc("derive @step and @loss from @forward"),
      llvm::cl::init(true)};
  Option<std::string> experts{
      *this, "experts",
      llvm::cl::desc("keep the experts of this expert set only")};
  Option<bool> documentPools{
      *this, "document-pools",
      llvm::cl::desc("add @pooled_step, which chooses among experts at run "
                     "time"),
      llvm::cl::init(false)};
  Option<bool> profile{
      *this, "profile",
      llvm::cl::desc("add @profile, which measures experts"),
      llvm::cl::init(false)};
};

/// differentiate: MODEL -> MODEL with gradients. Nothing happens for inference.
struct DifferentiateOptions : mlir::PassPipelineOptions<DifferentiateOptions> {
};

/// kernels: MODEL -> kernel ops on tensors; what has no kernel becomes linalg.
struct KernelsOptions : mlir::PassPipelineOptions<KernelsOptions> {
  Option<bool> reference{
      *this, "reference",
      llvm::cl::desc("use no kernels: decompose every op by the reference "
                     "lowering (slow, the oracle)"),
      llvm::cl::init(false)};
  Option<std::string> retype{
      *this, "retype",
      llvm::cl::desc("compute everything in f32 or f64 (default: the model's "
                     "own types)")};
};

/// bufferize: tensors -> memrefs, KV caches in place.
struct BufferizeOptions : mlir::PassPipelineOptions<BufferizeOptions> {};

/// cuda: kernel ops -> emo.device_launch of kernels, one gpu.module per
/// architecture. Nothing happens without architectures.
struct CUDAOptions : mlir::PassPipelineOptions<CUDAOptions> {
  ListOption<std::string> archs{
      *this, "archs",
      llvm::cl::desc("architectures to generate code for (default: none)")};
  Option<bool> keepCPU{
      *this, "keep-cpu",
      llvm::cl::desc("leave the functions for the phase cpu, too"),
      llvm::cl::init(false)};
};

/// cpu: kernel ops -> emo.launch of kernels, one nested module per ISA level.
struct CPUOptions : mlir::PassPipelineOptions<CPUOptions> {
  ListOption<std::string> levels{
      *this, "levels",
      llvm::cl::desc("ISA levels to generate code for (default: all)")};
};

/// llvm: everything -> LLVM dialect and the emo_program descriptor.
struct LLVMOptions : mlir::PassPipelineOptions<LLVMOptions> {};

struct PipelineOptions {
  RaiseOptions raise;
  SpecialiseOptions specialise;
  DifferentiateOptions differentiate;
  KernelsOptions kernels;
  BufferizeOptions bufferize;
  CUDAOptions cuda;
  CPUOptions cpu;
  LLVMOptions llvm;
};

void populateRaisePipeline(mlir::OpPassManager &pm,
                           const RaiseOptions &options);
void populateSpecialisePipeline(mlir::OpPassManager &pm,
                                const SpecialiseOptions &options);
void populateDifferentiatePipeline(mlir::OpPassManager &pm,
                                   const DifferentiateOptions &options);
void populateKernelsPipeline(mlir::OpPassManager &pm,
                             const KernelsOptions &options);
void populateBufferizePipeline(mlir::OpPassManager &pm,
                               const BufferizeOptions &options);
void populateCUDAPipeline(mlir::OpPassManager &pm, const CUDAOptions &options);
void populateCPUPipeline(mlir::OpPassManager &pm, const CPUOptions &options);
void populateLLVMPipeline(mlir::OpPassManager &pm, const LLVMOptions &options);

/// Appends the passes of one phase (none for import), ending with the check of
/// its invariant, which records it in emo.phase.
void populatePhase(mlir::OpPassManager &pm, Phase phase,
                   const PipelineOptions &options);

/// Runs the phases first..last (both included) on `module`. `configure` may set
/// up the pass manager (timing, IR printing).
mlir::LogicalResult runPhases(
    mlir::ModuleOp module, Phase first, Phase last,
    const PipelineOptions &options,
    llvm::function_ref<mlir::LogicalResult(mlir::PassManager &)> configure =
        nullptr);

/// Runs the phases that `module` still lacks (by its emo.phase) up to `last`. A
/// module that is past `last` is left alone.
mlir::LogicalResult runPhasesUntil(
    mlir::ModuleOp module, Phase last, const PipelineOptions &options,
    llvm::function_ref<mlir::LogicalResult(mlir::PassManager &)> configure =
        nullptr);

} // namespace emo

#endif // EMO_PIPELINES_PIPELINES_H
