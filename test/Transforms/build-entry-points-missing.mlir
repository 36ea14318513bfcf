// RUN: emo-opt %s --split-input-file --verify-diagnostics --emo-build-entry-points
// RUN: emo-opt %s --split-input-file --emo-build-entry-points 2>/dev/null | FileCheck %s

// Each of these keeps @forward alone; the reason is recorded for the runtime.
// CHECK: module attributes {emo.missing_entries = {loss = "'linalg.generic' op reduces over tokens (at mean)", step = "'linalg.generic' op reduces over tokens (at mean)"}}
// CHECK-NOT: func.func @step

// A mean over the sequence.
emo.param @t : tensor<16x8xf32> from [#emo.source<"m", 0, tensor<16x8xf32>>]
func.func @forward(%ids: tensor<?x?xi32> {emo.role = "token_ids"}) -> (tensor<?x8xf32> {emo.name = "logits"}) {
  %c0 = arith.constant 0 : index
  %b = tensor.dim %ids, %c0 : tensor<?x?xi32>
  %t = emo.param.ref @t : tensor<16x8xf32>
  %x = emo.embedding %ids, %t : tensor<?x?xi32>, tensor<16x8xf32> -> tensor<?x?x8xf32>
  %f = arith.constant 0.0 : f32
  %e = tensor.empty(%b) : tensor<?x8xf32>
  %z = linalg.fill ins(%f : f32) outs(%e : tensor<?x8xf32>) -> tensor<?x8xf32>
  // expected-remark @unknown {{no entry point @loss and @step: 'linalg.generic' op reduces over tokens}}
  %y = linalg.generic {indexing_maps = [affine_map<(b, s, h) -> (b, s, h)>, affine_map<(b, s, h) -> (b, h)>], iterator_types = ["parallel", "reduction", "parallel"]}
      ins(%x : tensor<?x?x8xf32>) outs(%z : tensor<?x8xf32>) {
  ^bb0(%v: f32, %a: f32):
    %p = arith.addf %v, %a : f32
    linalg.yield %p : f32
  } -> tensor<?x8xf32> loc("mean")
  return %y : tensor<?x8xf32>
}

// -----

// Pools look at whole documents.
emo.param @t : tensor<16x8xf32> from [#emo.source<"m", 0, tensor<16x8xf32>>]
func.func @forward(%ids: tensor<?x?xi32> {emo.role = "token_ids"}) -> (tensor<?x?x8xf32> {emo.name = "logits"}) {
  // expected-remark @+1 {{no entry point @loss and @step: 'emo.document_segments' op does not work on each token by itself}}
  %s, %n = emo.document_segments %ids {eos = 0 : i64, boundary = #emo.boundary<before>} : tensor<?x?xi32> -> tensor<?x?xi32>, tensor<i32>
  %t = emo.param.ref @t : tensor<16x8xf32>
  %x = emo.embedding %ids, %t : tensor<?x?xi32>, tensor<16x8xf32> -> tensor<?x?x8xf32>
  return %x : tensor<?x?x8xf32>
}

// -----

// Positions.
emo.param @t : tensor<16x8xf32> from [#emo.source<"m", 0, tensor<16x8xf32>>]
func.func @forward(%ids: tensor<?x?xi32> {emo.role = "token_ids"}) -> (tensor<?x?x8xf32> {emo.name = "logits"}) {
  %t = emo.param.ref @t : tensor<16x8xf32>
  %x = emo.embedding %ids, %t : tensor<?x?xi32>, tensor<16x8xf32> -> tensor<?x?x8xf32>
  // expected-remark @+1 {{no entry point @loss and @step: 'linalg.generic' op computes with positions (linalg.index)}}
  %y = linalg.generic {indexing_maps = [affine_map<(b, s, h) -> (b, s, h)>], iterator_types = ["parallel", "parallel", "parallel"]} outs(%x : tensor<?x?x8xf32>) {
  ^bb0(%v: f32):
    %i = linalg.index 1 : index
    %j = arith.index_cast %i : index to i32
    %p = arith.sitofp %j : i32 to f32
    linalg.yield %p : f32
  } -> tensor<?x?x8xf32>
  return %y : tensor<?x?x8xf32>
}

// -----

// A bidirectional model.
emo.param @t : tensor<16x8xf32> from [#emo.source<"m", 0, tensor<16x8xf32>>]
func.func @forward(%ids: tensor<?x?xi32> {emo.role = "token_ids"}) -> (tensor<?x?x8xf32> {emo.name = "logits"}) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %b = tensor.dim %ids, %c0 : tensor<?x?xi32>
  %s = tensor.dim %ids, %c1 : tensor<?x?xi32>
  %t = emo.param.ref @t : tensor<16x8xf32>
  %x = emo.embedding %ids, %t : tensor<?x?xi32>, tensor<16x8xf32> -> tensor<?x?x8xf32>
  %h = tensor.expand_shape %x [[0], [1], [2, 3]] output_shape [%b, %s, 2, 4] : tensor<?x?x8xf32> into tensor<?x?x2x4xf32>
  // expected-remark @+1 {{no entry point @loss and @step: 'emo.attention' op expects causal attention over [batch, sequence, heads, dim] without segments and cache}}
  %a = emo.attention %h, %h, %h {scale = 0.5 : f64, causal = false} : tensor<?x?x2x4xf32>, tensor<?x?x2x4xf32>, tensor<?x?x2x4xf32> -> tensor<?x?x2x4xf32>
  %y = tensor.collapse_shape %a [[0], [1], [2, 3]] : tensor<?x?x2x4xf32> into tensor<?x?x8xf32>
  return %y : tensor<?x?x8xf32>
}

// -----

// Batch and sequence swapped by a reshape.
emo.param @t : tensor<16x8xf32> from [#emo.source<"m", 0, tensor<16x8xf32>>]
func.func @forward(%ids: tensor<?x?xi32> {emo.role = "token_ids"}) -> (tensor<?x?x8xf32> {emo.name = "logits"}) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %b = tensor.dim %ids, %c0 : tensor<?x?xi32>
  %s = tensor.dim %ids, %c1 : tensor<?x?xi32>
  %t = emo.param.ref @t : tensor<16x8xf32>
  %x = emo.embedding %ids, %t : tensor<?x?xi32>, tensor<16x8xf32> -> tensor<?x?x8xf32>
  %r = tensor.collapse_shape %x [[0, 1], [2]] : tensor<?x?x8xf32> into tensor<?x8xf32>
  // expected-remark @+1 {{no entry point @loss and @step: 'tensor.expand_shape' op splits a dimension of tokens}}
  %y = tensor.expand_shape %r [[0, 1], [2]] output_shape [%s, %b, 8] : tensor<?x8xf32> into tensor<?x?x8xf32>
  return %y : tensor<?x?x8xf32>
}

// -----

// Tokens and features merged.
emo.param @t : tensor<16x8xf32> from [#emo.source<"m", 0, tensor<16x8xf32>>]
func.func @forward(%ids: tensor<?x?xi32> {emo.role = "token_ids"}) -> (tensor<?x?xf32> {emo.name = "logits"}) {
  %t = emo.param.ref @t : tensor<16x8xf32>
  %x = emo.embedding %ids, %t : tensor<?x?xi32>, tensor<16x8xf32> -> tensor<?x?x8xf32>
  // expected-remark @+1 {{no entry point @loss and @step: 'tensor.collapse_shape' op merges a dimension of tokens with another one}}
  %y = tensor.collapse_shape %x [[0], [1, 2]] : tensor<?x?x8xf32> into tensor<?x?xf32>
  return %y : tensor<?x?xf32>
}

// -----

// Some of the tokens.
emo.param @t : tensor<16x8xf32> from [#emo.source<"m", 0, tensor<16x8xf32>>]
func.func @forward(%ids: tensor<?x?xi32> {emo.role = "token_ids"}) -> (tensor<?x?x8xf32> {emo.name = "logits"}) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %b = tensor.dim %ids, %c0 : tensor<?x?xi32>
  %s = tensor.dim %ids, %c1 : tensor<?x?xi32>
  %t = emo.param.ref @t : tensor<16x8xf32>
  %x = emo.embedding %ids, %t : tensor<?x?xi32>, tensor<16x8xf32> -> tensor<?x?x8xf32>
  // expected-remark @+1 {{no entry point @loss and @step: 'tensor.extract_slice' op takes some of the tokens}}
  %y = tensor.extract_slice %x[0, 0, 0] [%b, %c1, 8] [1, 1, 1] : tensor<?x?x8xf32> to tensor<?x?x8xf32>
  return %y : tensor<?x?x8xf32>
}

// -----

// Another input is read.
emo.param @t : tensor<16x8xf32> from [#emo.source<"m", 0, tensor<16x8xf32>>]
func.func @forward(%ids: tensor<?x?xi32> {emo.role = "token_ids"}, %o: tensor<?x?x8xf32>) -> (tensor<?x?x8xf32> {emo.name = "logits"}) {
  %t = emo.param.ref @t : tensor<16x8xf32>
  %x = emo.embedding %ids, %t : tensor<?x?xi32>, tensor<16x8xf32> -> tensor<?x?x8xf32>
  // expected-remark @+1 {{no entry point @loss and @step: 'arith.addf' op reads input 1, which is not the token ids}}
  %y = arith.addf %x, %o : tensor<?x?x8xf32>
  return %y : tensor<?x?x8xf32>
}

// -----

// An op that nothing is known about.
emo.param @t : tensor<16x8xf32> from [#emo.source<"m", 0, tensor<16x8xf32>>]
func.func @forward(%ids: tensor<?x?xi32> {emo.role = "token_ids"}) -> (tensor<?x?x8xf32> {emo.name = "logits"}) {
  %t = emo.param.ref @t : tensor<16x8xf32>
  %x = emo.embedding %ids, %t : tensor<?x?xi32>, tensor<16x8xf32> -> tensor<?x?x8xf32>
  %f = arith.constant 0.0 : f32
  // expected-remark @+1 {{no entry point @loss and @step: 'tensor.pad' op is not known to work on each token by itself}}
  %y = tensor.pad %x low[0, 1, 0] high[0, 0, 0] {
  ^bb0(%i: index, %j: index, %k: index):
    tensor.yield %f : f32
  } : tensor<?x?x8xf32> to tensor<?x?x8xf32>
  return %y : tensor<?x?x8xf32>
}

// -----

// Choices of one grouping, rows of another order.
emo.param @t : tensor<16x8xf32> from [#emo.source<"m", 0, tensor<16x8xf32>>]
func.func @forward(%ids: tensor<?x?xi32> {emo.role = "token_ids"}) -> (tensor<?x8xf32> {emo.name = "logits"}) {
  %t = emo.param.ref @t : tensor<16x8xf32>
  %x = emo.embedding %ids, %t : tensor<?x?xi32>, tensor<16x8xf32> -> tensor<?x?x8xf32>
  %r = tensor.collapse_shape %x [[0, 1], [2]] : tensor<?x?x8xf32> into tensor<?x8xf32>
  %w, %i = emo.route %r {top_k = 2 : i64} : tensor<?x8xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
  %of, %to, %in = emo.group_by_expert %i {num_experts = 8 : i64} : tensor<?x2xi32> -> tensor<9xi32>, tensor<?xi32>, tensor<?x2xi32>
  // expected-remark @+1 {{no entry point @loss and @step: 'emo.combine' op expects rows, weights and inverse of one grouping}}
  %y = emo.combine %r, %w, %in : tensor<?x8xf32>, tensor<?x2xf32>, tensor<?x2xi32> -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// -----

// The interface.
emo.param @t : tensor<16x8xf32> from [#emo.source<"m", 0, tensor<16x8xf32>>]
// expected-remark @+1 {{no entry point @loss and @step: @forward has no input with the role token_ids}}
func.func @forward(%ids: tensor<?x?xi32>) -> (tensor<16x8xf32> {emo.name = "logits"}) {
  %t = emo.param.ref @t : tensor<16x8xf32>
  return %t : tensor<16x8xf32>
}

// -----

// No logits.
emo.param @t : tensor<16x8xf32> from [#emo.source<"m", 0, tensor<16x8xf32>>]
// expected-remark @+1 {{no entry point @loss and @step: @forward has no result named logits}}
func.func @forward(%ids: tensor<?x?xi32> {emo.role = "token_ids"}) -> (tensor<?x?x8xf32> {emo.name = "hidden"}) {
  %t = emo.param.ref @t : tensor<16x8xf32>
  %x = emo.embedding %ids, %t : tensor<?x?xi32>, tensor<16x8xf32> -> tensor<?x?x8xf32>
  return %x : tensor<?x?x8xf32>
}

// -----

// Logits of another shape.
emo.param @t : tensor<16x8xf32> from [#emo.source<"m", 0, tensor<16x8xf32>>]
// expected-remark @+1 {{no entry point @loss and @step: the logits are not [batch, sequence, vocab]}}
func.func @forward(%ids: tensor<?x?xi32> {emo.role = "token_ids"}) -> (tensor<?x8xf32> {emo.name = "logits"}) {
  %t = emo.param.ref @t : tensor<16x8xf32>
  %x = emo.embedding %ids, %t : tensor<?x?xi32>, tensor<16x8xf32> -> tensor<?x?x8xf32>
  %r = tensor.collapse_shape %x [[0, 1], [2]] : tensor<?x?x8xf32> into tensor<?x8xf32>
  return %r : tensor<?x8xf32>
}

// -----

// A static sequence.
emo.param @t : tensor<16x8xf32> from [#emo.source<"m", 0, tensor<16x8xf32>>]
// expected-remark @+1 {{no entry point @loss and @step: 'func.func' op has a fixed sequence length}}
func.func @forward(%ids: tensor<1x4xi32> {emo.role = "token_ids"}) -> (tensor<1x4x8xf32> {emo.name = "logits"}) {
  %t = emo.param.ref @t : tensor<16x8xf32>
  %x = emo.embedding %ids, %t : tensor<1x4xi32>, tensor<16x8xf32> -> tensor<1x4x8xf32>
  return %x : tensor<1x4x8xf32>
}
