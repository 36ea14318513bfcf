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
  let summary = "derive @step, @sample and @loss from @forward";
  let description = [{
    Precondition: the MODEL has a public `@forward` with token ids [batch, sequence] (`emo.role = "token_ids"`), a result named
    `logits` [batch, sequence, vocab] and no entry points yet. The pass proves by dataflow that everything but emo.attention and
    emo.rotary works on each token by itself: it follows which dimensions run over batch, sequence or both. Then it adds
    - `@step(input_ids, lengths, key_cache.0, value_cache.0, ...)`: tokens at positions lengths[b] + s; results: logits f32 [batch, vocab] of
      the last token of each row, and the caches, tied to their arguments (`emo.tied`). Only the last token takes part in what
      follows the last attention;
    - `@sample(logits, sampling)`: the next token of each row of such logits, next_ids i64 [batch], as emo.sample chooses it;
    - with `document-pools`, for models with routers, `@pooled_step`: `@step` with the input `expert_mask`, i1 [layers, routed experts of the layer that has most], and
      results for each layer N: `layers.N.router_probabilities` f32 [tokens, routed experts], inside the mask, and `layers.N.indices`;
    - `@loss(input_ids, segments)`: losses [batch, sequence] of predicting token s + 1 at s with attention inside equal
      segments; 0 at the last position.

    Where the proof fails @forward stays alone, a remark points at the op, and the module attribute
    `emo.missing_entries = {loss = "reason", step = "reason"}` tells the runtime.
  }];
  let options = [Option<"documentPools", "document-pools", "bool", "false", "add @pooled_step">];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect"];
}

def PruneExperts : Pass<"emo-prune-experts", "::mlir::ModuleOp"> {
  let summary = "keep the experts of an expert set";
  let description = [{
    `experts` names an expert set (docs/experts.md): for each layer the ids of the experts to keep. The router's logits and bias, and the
    experts' weights and biases, are selected; what is selected from a parameter becomes a step of its weight program, so that packaging
    reads the kept bytes alone. Shared experts always stay. A layer that keeps fewer routed experts than top_k uses all of them; one that
    keeps exactly top_k chooses nothing any more.

    The result computes what the whole model does with -inf for the logits of dropped experts. Where experts are chosen in groups and these
    keep different numbers, that is what the router goes on doing, on all logits; everywhere else it has the kept rows only.

    Precondition: `@forward` with at least one emo.route, not scoped to documents, and no entry points derived from it yet. Fails when the
    set is of another model (hash, layers, experts), when a layer would keep no routed expert (with the sparse mixer: fewer than two), and
    when experts are read by something else than emo.group_by_expert, emo.expert_mlp and emo.grouped_matmul. `emo.model` tells what the
    module is a subset of.

    ```mlir
    %logits = emo.linear %x, %router : tensor<?x8xf32>, tensor<4x8xf32> -> tensor<?x4xf32>
    %w, %i = emo.route %logits {top_k = 2 : i64} : tensor<?x4xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
    // becomes, keeping 0, 2 and 3 (`@router.kept` ends with #emo.select<0, [0, 2, 3]>),
    %logits = emo.linear %x, %router.kept : tensor<?x8xf32>, tensor<3x8xf32> -> tensor<?x3xf32>
    %w, %i = emo.route %logits {top_k = 2 : i64} : tensor<?x3xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
    ```
  }];
  let options = [Option<"experts", "experts", "std::string", "", "file of the expert set">];
  let dependentDialects = ["::emo::EmoDialect", "::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
}

def ScopeExpertsToDocuments : Pass<"emo-scope-experts-to-documents", "::mlir::ModuleOp"> {
  let summary = "give every document its own pool of experts, and attention inside documents";
  let description = [{
    Documents are found in the token ids: `eos` ends them, as row ends do. In front of the router of each layer a pool is chosen for
    each document: the experts with the largest sum of router probabilities over the document's tokens. The logits of all others become
    -inf, so tokens choose inside their document's pool and weights are normalised over it. This is what an EMO model is trained with,
    and makes an EMO training graph of any Mixture-of-Experts model. See docs/document-scope.md.

    `pools`: `input` adds the input `pool_sizes`, i32 [layers, documents], the number of routed experts in the pool of each document in
    each layer (documents numbered row by row, a size of all experts and more means no pool, columns behind the last document are
    not used); a number is one size for all; `none` adds no pools. `boundary` says on which side of an EOS pools change,
    `attention-boundary` the same for attention, `attention=causal` leaves attention as it is. Tokens equal to `pad` belong to no
    document.

    Precondition: `@forward` with token ids [batch, sequence] (`emo.role = "token_ids"`) and at least one emo.route, and no entry
    points derived from it yet. Fails when a router chooses from pools already or has a selection bias, attention has segments
    already, or no EOS is known.

    ```mlir
    %w, %i = emo.route %logits {top_k = 2 : i64} : tensor<?x7xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
    // becomes
    %segments, %count = emo.document_segments %ids {boundary = #emo.boundary<before>, eos = 1 : i64} : tensor<?x?xi64> -> tensor<?x?xi32>, tensor<i32>
    %tokens = tensor.collapse_shape %segments [[0, 1]] : tensor<?x?xi32> into tensor<?xi32>
    %scores = emo.router_scores %logits : tensor<?x7xf32> -> tensor<?x7xf32>
    %sizes = tensor.extract_slice %pool_sizes[0, 0] [1, %d] [1, 1] : tensor<2x?xi32> to tensor<?xi32>
    %pool = emo.document_pool %scores, %tokens, %sizes : tensor<?x7xf32>, tensor<?xi32>, tensor<?xi32> -> tensor<?x7xi1>
    %masked = emo.mask_experts %logits, %pool, %tokens : tensor<?x7xf32>, tensor<?x7xi1>, tensor<?xi32>
    %w, %i = emo.route %masked {top_k = 2 : i64} : tensor<?x7xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
    ```
  }];
  let options = [
    Option<"eos", "eos", "int64_t", "-1", "token that ends documents (default: eos_token_id of emo.model)">,
    Option<"boundary", "boundary", "std::string", "\"before\"", "pools: an EOS is the first token of the next document (before) or the last of its own (after)">,
    Option<"pools", "pools", "std::string", "\"input\"", "sizes of pools: input, none or a number of experts">,
    Option<"attention", "attention", "std::string", "\"documents\"", "documents or causal">,
    Option<"attentionBoundary", "attention-boundary", "std::string", "\"after\"", "attention: after or before, as boundary">,
    Option<"pad", "pad", "int64_t", "-1", "token that belongs to no document (default: none)">
  ];
  let dependentDialects = ["::emo::EmoDialect", "::mlir::arith::ArithDialect", "::mlir::cf::ControlFlowDialect",
                           "::mlir::tensor::TensorDialect"];
}

def CollectExpertStatistics : Pass<"emo-collect-expert-statistics", "::mlir::ModuleOp"> {
  let summary = "add the entry point @profile, whose results expert statistics are made of";
  let description = [{
    `@profile(input_ids, segments, expert_mask)` is `@loss` without its loss. `expert_mask`, i1 [layers, routed experts of the layer that has
    most], says which experts tokens may choose. Results for each layer N, with T tokens, R routed experts and k choices:
    - `layers.N.router_probabilities` f32 [T, R], inside the mask; `.indices` and `.weights` [T, k] as emo.route gives them;
    - `layers.N.inverse` i32 [T, k] and `layers.N.output_squares` f32 [T * k]: the squared length of choice j's expert output for token t
      is output_squares[inverse[t, j]];
    - `layers.N.residual_squares`, `.residual_moe` and `.moe_squares` f32 [T]: dot products of the residual stream h before the layer's
      experts, and of what they add to it, m: h.h, h.m and m.m. Only where m is added to something.

    The program's `profile` command makes the statistics: mean router probability, top-k frequency, mean gate weight, REAP, EASY-EP.

    Precondition: `@loss`, as emo-build-entry-points derives it, with at least one emo.route. Fails without, and on a module that is pruned
    already: its experts are not those of the checkpoint.
  }];
  let dependentDialects = ["::emo::EmoDialect", "::mlir::tensor::TensorDialect"];
}

def ExposeValues : Pass<"emo-expose-values", "::mlir::ModuleOp"> {
  let summary = "add what routers compute to the outputs of @forward";
  let description = [{
    `values` is a list of
    - `routing`: for layer N the outputs `layers.N.router_probabilities` [tokens, routed experts], before any pool, and
      `layers.N.indices` and `layers.N.weights` [tokens, choices] as emo.route gives them (shared experts last);
    - `pools`: `layers.N.pool`, i1 [documents, routed experts], and `layers.N.pool_probabilities` [tokens, routed experts], the
      router's probabilities inside the pool.

    Layers are counted by their routers. Fails without a router, without pools where they are asked for, when an output of that
    name exists, and on other names.

    ```mlir
    func.func @forward(%ids: tensor<?x?xi64>) -> (tensor<?x?x128xf32> {emo.name = "logits"})
    // becomes
    func.func @forward(%ids: tensor<?x?xi64>) -> (tensor<?x?x128xf32> {emo.name = "logits"},
        tensor<?x7xf32> {emo.dims = ["tokens", ""], emo.name = "layers.0.router_probabilities"}, ...)
    ```
  }];
  let options = [ListOption<"values", "values", "std::string", "routing, pools (default: routing)">];
  let dependentDialects = ["::emo::EmoDialect"];
}

def Retype : Pass<"emo-retype", "::mlir::ModuleOp"> {
  let summary = "compute a whole module in f32 or f64";
  let description = [{
    Every floating-point type becomes `to`: of values, constants, parameters (whose weight programs end with a cast: rounding steps before
    it stay, so the weights are the same numbers) and KV caches. Casts between float types disappear. Public functions keep the types of
    their other inputs and convert them first, so they take the same files; their results are of the new type. Used by
    `emo-run --reference=f64`, with the reference lowering, as an oracle for the arithmetic of kernels.

    ```mlir
    emo.param @w : tensor<4x8xbf16> from [#emo.source<"m", 0, tensor<4x8xbf16>>]
    func.func @forward(%x: tensor<?x8xf32>) -> tensor<?x4xbf16>
    // becomes, with to=f64
    emo.param @w : tensor<4x8xf64> from [#emo.source<"m", 0, tensor<4x8xbf16>>] program [#emo.cast<f64>]
    func.func @forward(%x: tensor<?x8xf32>) -> tensor<?x4xf64>
      %0 = arith.extf %x : tensor<?x8xf32> to tensor<?x8xf64>
    ```

    Precondition: a module of the phases raise to kernels. Fails on casts between bits and floats.
  }];
  let options = [Option<"to", "to", "std::string", "\"f64\"", "f32 or f64">];
  let dependentDialects = ["::emo::EmoDialect", "::mlir::arith::ArithDialect"];
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
