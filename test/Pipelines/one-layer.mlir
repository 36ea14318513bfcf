// The phases of one layer, from MODEL to memrefs. Each phase's output parses
// again and is the next one's input.
// RUN: emo-opt %s --emo-specialise-pipeline | emo-opt --emo-kernels-pipeline | FileCheck %s --check-prefix=KERNELS
// RUN: emo-opt %s --emo-specialise-pipeline --emo-kernels-pipeline | emo-opt --emo-bufferize-pipeline | FileCheck %s --check-prefix=MEMREFS

// KERNELS: emo.phase = "kernels"
// MEMREFS: emo.phase = "bufferize"

// KERNELS-LABEL: func.func @forward
// KERNELS: emo.kernel.gather_rows
// KERNELS: emo.kernel.rms_norm
// KERNELS: emo.kernel.matmul
// KERNELS: emo.kernel.attention
// KERNELS: emo.kernel.matmul
// KERNELS: emo.kernel.rms_norm
// KERNELS: emo.kernel.router
// KERNELS: emo.kernel.group_by_expert
// KERNELS: emo.kernel.matmul {{.*}} gather(
// KERNELS: emo.kernel.matmul
// KERNELS: emo.kernel.combine
// KERNELS: emo.kernel.rms_norm
// KERNELS: emo.kernel.matmul
// KERNELS-NOT: linalg
// KERNELS: return
// KERNELS-LABEL: func.func @step
// KERNELS-LABEL: func.func @sample
// KERNELS: emo.kernel.sample
// KERNELS-LABEL: func.func @loss
// KERNELS: emo.kernel.loss

// The fused weights are shared by the entry points, the rest of the weights
// keeps its names.
// KERNELS-NOT: emo.param

// MEMREFS-LABEL: func.func @forward
// MEMREFS-NOT: memref.copy
// MEMREFS-LABEL: func.func @step
// MEMREFS-NOT: memref.copy
// MEMREFS: emo.kernel.attention {{.*}} outs(%{{.*}}, %arg2, %arg3 :
// MEMREFS-NOT: memref.copy
// MEMREFS: return %{{.*}} : memref<?x16xf32>
// MEMREFS-LABEL: func.func @sample
// MEMREFS-NOT: memref.copy
// MEMREFS: emo.kernel.sample
// MEMREFS-LABEL: func.func @loss

module attributes {emo.phase = "raise", emo.model = {name = "toy", max_positions = 64 : i64, vocab_size = 16 : i64, eos_token_id = 0 : i64}} {
  emo.param @embed : tensor<16x8xbf16> from [#emo.source<"m.safetensors", 0, tensor<16x8xbf16>>]
  emo.param @n1 : tensor<8xbf16> from [#emo.source<"m.safetensors", 256, tensor<8xbf16>>]
  emo.param @q : tensor<8x8xbf16> from [#emo.source<"m.safetensors", 272, tensor<8x8xbf16>>]
  emo.param @k : tensor<4x8xbf16> from [#emo.source<"m.safetensors", 400, tensor<4x8xbf16>>]
  emo.param @v : tensor<4x8xbf16> from [#emo.source<"m.safetensors", 464, tensor<8x4xbf16>>] program [#emo.transpose<[1, 0]>]
  emo.param @o : tensor<8x8xbf16> from [#emo.source<"m.safetensors", 528, tensor<8x8xbf16>>]
  emo.param @router : tensor<4x8xf32> from [#emo.source<"m.safetensors", 656, tensor<4x8xbf16>>] program [#emo.cast<f32>]
  emo.param @gate : tensor<5x6x8xbf16> from [#emo.source<"m.safetensors", 1000, tensor<5x6x8xbf16>>]
  emo.param @up : tensor<5x6x8xbf16> from [#emo.source<"m.safetensors", 2000, tensor<5x6x8xbf16>>]
  emo.param @down : tensor<5x8x6xbf16> from [#emo.source<"m.safetensors", 3000, tensor<5x8x6xbf16>>]
  emo.param @head : tensor<16x8xbf16> from [#emo.source<"m.safetensors", 4000, tensor<16x8xbf16>>]
  func.func @forward(%ids: tensor<?x?xi64> {emo.name = "input_ids", emo.dims = ["batch", "sequence"], emo.role = "token_ids", emo.range = array<i64: 0, 16>})
      -> (tensor<?x?x16xf32> {emo.name = "logits", emo.dims = ["batch", "sequence", ""]}) {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %b = tensor.dim %ids, %c0 : tensor<?x?xi64>
    %s = tensor.dim %ids, %c1 : tensor<?x?xi64>
    %embed = emo.param.ref @embed : tensor<16x8xbf16>
    %x0 = emo.embedding %ids, %embed : tensor<?x?xi64>, tensor<16x8xbf16> -> tensor<?x?x8xbf16>
    %n1 = emo.param.ref @n1 : tensor<8xbf16>
    %h0 = emo.rms_norm %x0, %n1 {epsilon = 1.0e-6 : f64} : tensor<?x?x8xbf16>, tensor<8xbf16> -> tensor<?x?x8xbf16>
    %wq = emo.param.ref @q : tensor<8x8xbf16>
    %wk = emo.param.ref @k : tensor<4x8xbf16>
    %wv = emo.param.ref @v : tensor<4x8xbf16>
    %q = emo.linear %h0, %wq : tensor<?x?x8xbf16>, tensor<8x8xbf16> -> tensor<?x?x8xbf16>
    %k = emo.linear %h0, %wk : tensor<?x?x8xbf16>, tensor<4x8xbf16> -> tensor<?x?x4xbf16>
    %v = emo.linear %h0, %wv : tensor<?x?x8xbf16>, tensor<4x8xbf16> -> tensor<?x?x4xbf16>
    %q4 = tensor.expand_shape %q [[0], [1], [2, 3]] output_shape [%b, %s, 2, 4] : tensor<?x?x8xbf16> into tensor<?x?x2x4xbf16>
    %k4 = tensor.expand_shape %k [[0], [1], [2, 3]] output_shape [%b, %s, 1, 4] : tensor<?x?x4xbf16> into tensor<?x?x1x4xbf16>
    %v4 = tensor.expand_shape %v [[0], [1], [2, 3]] output_shape [%b, %s, 1, 4] : tensor<?x?x4xbf16> into tensor<?x?x1x4xbf16>
    %qr = emo.rotary %q4 {theta = 1.0e4 : f64} : tensor<?x?x2x4xbf16>
    %kr = emo.rotary %k4 {theta = 1.0e4 : f64} : tensor<?x?x1x4xbf16>
    %a4 = emo.attention %qr, %kr, %v4 {scale = 0.5 : f64} : tensor<?x?x2x4xbf16>, tensor<?x?x1x4xbf16>, tensor<?x?x1x4xbf16> -> tensor<?x?x2x4xbf16>
    %a = tensor.collapse_shape %a4 [[0], [1], [2, 3]] : tensor<?x?x2x4xbf16> into tensor<?x?x8xbf16>
    %wo = emo.param.ref @o : tensor<8x8xbf16>
    %o = emo.linear %a, %wo : tensor<?x?x8xbf16>, tensor<8x8xbf16> -> tensor<?x?x8xbf16>
    %x1 = arith.addf %x0, %o : tensor<?x?x8xbf16>
    %h1 = emo.rms_norm %x1, %n1 {epsilon = 1.0e-6 : f64} : tensor<?x?x8xbf16>, tensor<8xbf16> -> tensor<?x?x8xbf16>
    %rows = tensor.collapse_shape %h1 [[0, 1], [2]] : tensor<?x?x8xbf16> into tensor<?x8xbf16>
    %rows32 = arith.extf %rows : tensor<?x8xbf16> to tensor<?x8xf32>
    %wr = emo.param.ref @router : tensor<4x8xf32>
    %logits = emo.linear %rows32, %wr : tensor<?x8xf32>, tensor<4x8xf32> -> tensor<?x4xf32>
    %w, %i = emo.route %logits {top_k = 2 : i64, num_shared = 1 : i64} : tensor<?x4xf32> -> tensor<?x3xf32>, tensor<?x3xi32>
    %off, %tok, %inv = emo.group_by_expert %i {num_experts = 5 : i64} : tensor<?x3xi32> -> tensor<6xi32>, tensor<?xi32>, tensor<?x3xi32>
    %r = emo.dispatch %rows, %tok : tensor<?x8xbf16>, tensor<?xi32> -> tensor<?x8xbf16>
    %gate = emo.param.ref @gate : tensor<5x6x8xbf16>
    %up = emo.param.ref @up : tensor<5x6x8xbf16>
    %down = emo.param.ref @down : tensor<5x8x6xbf16>
    %y = emo.expert_mlp %r, %off up(%up : tensor<5x6x8xbf16>) down(%down : tensor<5x8x6xbf16>) gate(%gate : tensor<5x6x8xbf16>) : tensor<?x8xbf16>, tensor<6xi32> -> tensor<?x8xbf16>
    %z = emo.combine %y, %w, %inv : tensor<?x8xbf16>, tensor<?x3xf32>, tensor<?x3xi32> -> tensor<?x8xbf16>
    %z3 = tensor.expand_shape %z [[0, 1], [2]] output_shape [%b, %s, 8] : tensor<?x8xbf16> into tensor<?x?x8xbf16>
    %x2 = arith.addf %x1, %z3 : tensor<?x?x8xbf16>
    %h2 = emo.rms_norm %x2, %n1 {epsilon = 1.0e-6 : f64} : tensor<?x?x8xbf16>, tensor<8xbf16> -> tensor<?x?x8xbf16>
    %head = emo.param.ref @head : tensor<16x8xbf16>
    %out = emo.linear %h2, %head : tensor<?x?x8xbf16>, tensor<16x8xbf16> -> tensor<?x?x16xf32>
    return %out : tensor<?x?x16xf32>
  }
}
