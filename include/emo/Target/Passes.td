// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef EMO_TARGET_PASSES_TD
#define EMO_TARGET_PASSES_TD

include "mlir/Pass/PassBase.td"

def KernelsToCPU : Pass<"emo-kernels-to-cpu", "mlir::ModuleOp"> {
  let summary = "kernel ops on memrefs to launches of generated kernels";
  let description = [{
    Packs the weights of products (a new step in their weight programs, see `#emo.pack`), writes each distinct kernel once per ISA
    level into a nested module, and replaces the kernel ops by launches.

    ```mlir
    emo.kernel.rms_norm x(%x : memref<?x256xf32>) weight(%w : memref<256xf32>) outs(%y : memref<?x256xf32>) {epsilon = 1.0e-6}
    ```
    becomes
    ```mlir
    emo.launch "rms_norm_256_0"(%x, %w, %y, %rows) tasks(%tasks) scratch(%c0) : ...
    module @kernels_x86_64_v4 attributes {emo.isa = "x86-64-v4"} {
      func.func @rms_norm_256_0(%args: !llvm.ptr, %task: i64, %scratch: !llvm.ptr) { ... }
    }
    ```
    A kernel op that no kernel is written for (types other than f32 and bf16, for CUDA f16, weights that are no parameters, dynamic sizes of rows)
    takes the reference lowering and runs as loops on one thread; a remark says so.
  }];
  let options = [ListOption<"levels", "levels", "std::string", "ISA levels to write kernels for (default: all)">];
  let dependentDialects = ["mlir::LLVM::LLVMDialect", "mlir::arith::ArithDialect", "mlir::func::FuncDialect",
    "mlir::linalg::LinalgDialect", "mlir::math::MathDialect", "mlir::memref::MemRefDialect", "mlir::scf::SCFDialect", "mlir::vector::VectorDialect"];
}

def KernelsToCUDA : Pass<"emo-kernels-to-cuda", "mlir::ModuleOp"> {
  let summary = "kernel ops on memrefs to launches of generated CUDA kernels";
  let description = [{
    For each architecture the public functions are copied (`step` to `step.sm_80`, with the attribute `emo.device`), and the kernel ops in
    the copies become launches of kernels that a `gpu.module` of the architecture holds. With `keep-originals` the functions that another target
    lowers stay.

    ```mlir
    emo.kernel.rms_norm x(%x : memref<?x256xf32>) weight(%w : memref<256xf32>) outs(%y : memref<?x256xf32>) {epsilon = 1.0e-6}
    ```
    becomes
    ```mlir
    emo.device_launch "rms_norm_256_0"(%x, %w, %y, %rows, %stride) grid(%blocks, %c1, %c1) threads(128) shared(%c0) : ...
    gpu.module @kernels_sm_80 attributes {emo.device = "sm_80"} {
      gpu.func @rms_norm_256_0(%x: !llvm.ptr<1>, ...) kernel attributes {known_block_size = array<i32: 128, 1, 1>} { ... }
    }
    ```
    What no kernel is written for takes the reference lowering, and each linalg op becomes a kernel with a thread for every element of its
    result.
  }];
  let options = [ListOption<"archs", "archs", "std::string", "architectures to write kernels for (default: sm_80)">,
    Option<"keepOriginals", "keep-originals", "bool", "false", "keep the functions for another target">];
  let dependentDialects = ["::emo::EmoDialect", "mlir::LLVM::LLVMDialect", "mlir::NVVM::NVVMDialect", "mlir::arith::ArithDialect", "mlir::func::FuncDialect", "mlir::gpu::GPUDialect",
    "mlir::linalg::LinalgDialect", "mlir::math::MathDialect", "mlir::memref::MemRefDialect", "mlir::scf::SCFDialect", "mlir::vector::VectorDialect"];
}

def AttachLoopAnnotations : Pass<"emo-attach-loop-annotations"> {
  let summary = "hints about loops where the translation to LLVM IR looks for them";
  let description = [{
    The conversions from scf through cf carry the attribute `llvm.loop_annotation` of a loop to its branch under that name; LLVM's own is the
    property `loop_annotation`, and only that one reaches LLVM IR.

    ```mlir
    llvm.br ^bb1 {llvm.loop_annotation = #llvm.loop_annotation<unroll = <disable = true>>}
    // becomes
    llvm.br ^bb1 {loop_annotation = #llvm.loop_annotation<unroll = <disable = true>>}
    ```
  }];
  let dependentDialects = ["mlir::LLVM::LLVMDialect"];
}

def PlanArena : Pass<"emo-plan-arena", "mlir::ModuleOp"> {
  let summary = "one block of memory for the temporaries of an entry";
  let description = [{
    Temporaries that are never alive together share a place; the block is as large as all places together, each as large as the largest
    temporary in it. What is alive together is decided by the order of the entry's ops, which is that of launches. Sizes are computed in front of the
    first temporary; those that depend on what comes later keep memory of their own.

    ```mlir
    %0 = memref.alloc(%n) : memref<?x256xf32>
    %1 = memref.alloc(%n) : memref<?x64xf32>
    ```
    becomes, when both are alive at the same time,
    ```mlir
    %arena = memref.alloc(%total) {alignment = 256 : i64} : memref<?xi8>
    %0 = memref.view %arena[%c0][%n] : memref<?xi8> to memref<?x256xf32>
    %1 = memref.view %arena[%behind][%n] : memref<?xi8> to memref<?x64xf32>
    ```
  }];
  let dependentDialects = ["mlir::arith::ArithDialect", "mlir::memref::MemRefDialect"];
}

def LowerToRuntime : Pass<"emo-lower-to-runtime", "mlir::ModuleOp"> {
  let summary = "entry functions, launches, parameters and temporaries to calls of the runtime's services";
  let description = [{
    Public functions become `emo_entry_NAME(ctx: !llvm.ptr, inputs: !llvm.ptr) -> i32` (emo_entry_fn of emo/Runtime/Program.h);
    `memref.alloc`, `emo.param.ref` and `emo.launch` become emo_rt_alloc, emo_rt_param and emo_rt_parallel; the arena of a device becomes
    emo_rt_arena and its views emo_rt_buffer; `cf.assert` becomes
    emo_rt_fail and a return. What the program descriptor needs is kept in the module attributes `emo.entries` and `emo.kernels`. KV caches are updated in place and are no outputs.
  }];
  let dependentDialects = ["mlir::LLVM::LLVMDialect", "mlir::arith::ArithDialect", "mlir::cf::ControlFlowDialect",
    "mlir::func::FuncDialect", "mlir::memref::MemRefDialect", "mlir::linalg::LinalgDialect"];
}

def MathToCalls : Pass<"emo-math-to-calls", "mlir::ModuleOp"> {
  let summary = "acosh, asinh, atanh, cbrt, erf and erfc of the general path to calls of libm";
  let description = [{
    LLVM has no intrinsics for these. Modules of an ISA level (`emo.isa`) stay as they are.

    ```mlir
    %y = math.erf %x : f64
    // becomes
    %y = call @erf(%x) : (f64) -> f64
    ```
  }];
  let dependentDialects = ["mlir::arith::ArithDialect", "mlir::func::FuncDialect"];
}

#endif // EMO_TARGET_PASSES_TD
