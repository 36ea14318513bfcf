// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef EMO_TRANSFORMS_PASSES_TD
#define EMO_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

def VerifyPhase : Pass<"emo-verify-phase", "::mlir::ModuleOp"> {
  let summary = "check the invariant of a phase";
  let description = [{
    Fails on every op whose dialect, or whose values' types, the invariant of `phase` (docs/phases.md) excludes. Each phase's
    pipeline ends with this pass and `record`, which sets the module attribute `emo.phase`.
  }];
  let options = [
    Option<"phaseOption", "phase", "std::string", "", "import, raise, specialise, differentiate, kernels, bufferize, cpu or llvm">,
    Option<"record", "record", "bool", "false", "set emo.phase when the check succeeds">
  ];
}

def Bufferize : Pass<"emo-bufferize", "::mlir::ModuleOp"> {
  let summary = "tensors to memrefs, KV caches in place";
  let description = [{
    One-shot bufferization across function boundaries with identity layouts; buffers are allocated with memref.alloc and never
    freed (the runtime's arena ends with the entry). Arguments with `emo.role = "kv_cache"` may be written, all others are only
    read. A result with `emo.tied = N` is the updated argument N: it must end up in that argument's own buffer, is then dropped from the
    function, and no copy to or from a cache, nor an allocation with its capacity, may exist. Fails with the op in the way otherwise.

    ```mlir
    func.func public @step(%x: tensor<?x8xf32>, %k: tensor<?x2x?x8xf32> {emo.role = "kv_cache"})
        -> (tensor<?x8xf32>, tensor<?x2x?x8xf32> {emo.tied = 1 : i64})
    // becomes
    func.func public @step(%x: memref<?x8xf32>, %k: memref<?x2x?x8xf32> {emo.role = "kv_cache"}) -> memref<?x8xf32>
    ```
  }];
  let dependentDialects = ["::mlir::bufferization::BufferizationDialect", "::mlir::memref::MemRefDialect"];
}

def BuildEntryPoints : Pass<"emo-build-entry-points", "::mlir::ModuleOp"> {
  let summary = "derive @step and @loss from @forward";
  let description = [{
    Precondition: the MODEL has a public `@forward` with token ids [batch, sequence] (`emo.role = "token_ids"`), a result named
    `logits` [batch, sequence, vocab] and no entry points yet. The pass proves by dataflow that everything but emo.attention and
    emo.rotary works on each token by itself: it follows which dimensions run over batch, sequence or both. Then it adds
    - `@step(input_ids, lengths, key_cache.0, value_cache.0, ...)`: tokens at positions lengths[b] + s; results: logits [batch, vocab] of
      the last token of each row, and the caches, tied to their arguments (`emo.tied`). Only the last token takes part in what
      follows the last attention;
    - `@loss(input_ids, segments)`: losses [batch, sequence] of predicting token s + 1 at s with attention inside equal
      segments; 0 at the last position.

    Where the proof fails @forward stays alone, a remark points at the op, and the module attribute
    `emo.missing_entries = {loss = "reason", step = "reason"}` tells the runtime.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect"];
}

def RaiseOnnx : Pass<"emo-raise-onnx", "::mlir::ModuleOp"> {
  let summary = "raise onnx nodes to emo ops by dataflow proof";
  let description = [{
    Finds embeddings, RMS norms, linear layers, rotary embeddings, attention and expert layers in the nodes of an imported ONNX graph
    and replaces them by emo ops. What a value computes is unfolded into a scalar expression over elements of other values; views and
    the way a formulation is spelled disappear there, and the proof looks at what is left (docs/raise.md). Where a proof fails the nodes
    stay, for `emo-onnx-to-linalg`, and a remark names the missing fact. Casts, transpositions, slices and stacking of parameters
    become steps of their weight programs.

    ```mlir
    %0 = onnx.node "Cast" version 28 (%w) {to = 1 : i64} : (tensor<64x32xbf16>) -> tensor<64x32xf32>
    %1 = onnx.node "Gemm" version 13 (%x, %0) {transB = 1 : i64} : (tensor<?x32xf32>, tensor<64x32xf32>) -> tensor<?x64xf32>
    // becomes, with #emo.cast<f32> added to the parameter's program,
    %1 = emo.linear %x, %0 : tensor<?x32xf32>, tensor<64x32xf32> -> tensor<?x64xf32>
    ```
    Fails only on a `com.microsoft.MoE` whose weights cannot be taken apart.
  }];
  let dependentDialects = ["::emo::EmoDialect", "::mlir::arith::ArithDialect", "::mlir::tensor::TensorDialect"];
}

#endif // EMO_TRANSFORMS_PASSES_TD
