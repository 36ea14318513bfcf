// RUN: emo-opt %s --split-input-file --verify-diagnostics
// Constraints of routing ops, in the order of docs/dialect.md.

// emo.route: types of operands and results.
func.func @f(%l: tensor<?x4xi32>) {
  // expected-error @+1 {{'emo.route' op operand #0 must be ranked tensor of 16-bit float or bfloat16 type or 32-bit float or 64-bit float values, but got 'tensor<?x4xi32>'}}
  %w, %i = emo.route %l {top_k = 2 : i64} : tensor<?x4xi32> -> tensor<?x2xf32>, tensor<?x2xi32>
  return
}
// -----
func.func @f(%l: tensor<*xf32>) {
  // expected-error @+1 {{custom op 'emo.route' invalid kind of type specified: expected builtin.tensor, but found 'tensor<*xf32>'}}
  %w, %i = emo.route %l {top_k = 2 : i64} : tensor<*xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
  return
}
// -----
func.func @f(%l: tensor<?x4xf8E5M2>) {
  // expected-error @+1 {{'emo.route' op operand #0 must be ranked tensor of 16-bit float or bfloat16 type or 32-bit float or 64-bit float values, but got 'tensor<?x4xf8E5M2>'}}
  %w, %i = emo.route %l {top_k = 2 : i64} : tensor<?x4xf8E5M2> -> tensor<?x2xf32>, tensor<?x2xi32>
  return
}
// -----
func.func @f(%l: tensor<?x4xf32>) {
  // expected-error @+1 {{'emo.route' op result #1 must be ranked tensor of 32-bit signless integer values, but got 'tensor<?x2xi64>'}}
  %w, %i = emo.route %l {top_k = 2 : i64} : tensor<?x4xf32> -> tensor<?x2xf32>, tensor<?x2xi64>
  return
}
// -----
// Missing attribute.
func.func @f(%l: tensor<?x4xf32>) {
  // expected-error @+1 {{'emo.route' op requires attribute 'top_k'}}
  %w, %i = emo.route %l {num_shared = 1 : i64} : tensor<?x4xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
  return
}
// -----
// C1
func.func @f(%l: tensor<?x4xf32>) {
  // expected-error @+1 {{'emo.route' op expects 'top_k' between 1 and 2147483647, got 0}}
  %w, %i = emo.route %l {top_k = 0 : i64} : tensor<?x4xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
  return
}
// -----
func.func @f(%l: tensor<?x?xf32>) {
  // expected-error @+1 {{'emo.route' op expects 'top_k' between 1 and 2147483647, got 2147483648}}
  %w, %i = emo.route %l {top_k = 2147483648 : i64} : tensor<?x?xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
  return
}
// -----
func.func @f(%l: tensor<?x4xf32>) {
  // expected-error @+1 {{'emo.route' op expects 'num_shared' between 0 and 2147483647, got -1}}
  %w, %i = emo.route %l {top_k = 2 : i64, num_shared = -1 : i64} : tensor<?x4xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
  return
}
// -----
func.func @f(%l: tensor<?x4xf32>) {
  // expected-error @+1 {{'emo.route' op expects 'num_shared' between 0 and 2147483647, got 2147483648}}
  %w, %i = emo.route %l {top_k = 2 : i64, num_shared = 2147483648 : i64} : tensor<?x4xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
  return
}
// -----
// C2
func.func @f(%l: tensor<?x4xf32>, %s: tensor<?x1xf32>) {
  // expected-error @+1 {{'emo.route' op expects 'num_shared' of at least 1 with 'shared_logits', got 0}}
  %w, %i = emo.route %l shared_logits(%s : tensor<?x1xf32>) {top_k = 2 : i64} : tensor<?x4xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
  return
}
// -----
// C3
func.func @f(%l: tensor<4xf32>) {
  // expected-error @+1 {{'emo.route' op expects 'logits' to be [T, R], got 'tensor<4xf32>'}}
  %w, %i = emo.route %l {top_k = 2 : i64} : tensor<4xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
  return
}
// -----
func.func @f(%l: tensor<?x4xf32>, %b: tensor<?x4xf32>) {
  // expected-error @+1 {{'emo.route' op expects 'bias' to be [R], got 'tensor<?x4xf32>'}}
  %w, %i = emo.route %l bias(%b : tensor<?x4xf32>) {top_k = 2 : i64} : tensor<?x4xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
  return
}
// -----
func.func @f(%l: tensor<?x4xf32>, %b: tensor<5xf32>) {
  // expected-error @+1 {{'emo.route' op expects 'bias' to be [R] with R = 4 from 'logits', got 'tensor<5xf32>'}}
  %w, %i = emo.route %l bias(%b : tensor<5xf32>) {top_k = 2 : i64} : tensor<?x4xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
  return
}
// -----
func.func @f(%l: tensor<?x4xf32>, %s: tensor<2xf32>) {
  // expected-error @+1 {{'emo.route' op expects 'shared_logits' to be [T, S], got 'tensor<2xf32>'}}
  %w, %i = emo.route %l shared_logits(%s : tensor<2xf32>) {top_k = 2 : i64, num_shared = 2 : i64} : tensor<?x4xf32> -> tensor<?x4xf32>, tensor<?x4xi32>
  return
}
// -----
func.func @f(%l: tensor<?x4xf32>, %s: tensor<?x3xf32>) {
  // expected-error @+1 {{'emo.route' op expects 'shared_logits' to be [T, S] with S = 2 from 'num_shared', got 'tensor<?x3xf32>'}}
  %w, %i = emo.route %l shared_logits(%s : tensor<?x3xf32>) {top_k = 2 : i64, num_shared = 2 : i64} : tensor<?x4xf32> -> tensor<?x4xf32>, tensor<?x4xi32>
  return
}
// -----
func.func @f(%l: tensor<3x4xf32>, %s: tensor<5x2xf32>) {
  // expected-error @+1 {{'emo.route' op expects 'shared_logits' to be [T, S] with T = 3 from 'logits', got 'tensor<5x2xf32>'}}
  %w, %i = emo.route %l shared_logits(%s : tensor<5x2xf32>) {top_k = 2 : i64, num_shared = 2 : i64} : tensor<3x4xf32> -> tensor<?x4xf32>, tensor<?x4xi32>
  return
}
// -----
func.func @f(%l: tensor<?x4xf32>) {
  // expected-error @+1 {{'emo.route' op expects 'weights' to be [T, top_k + S], got 'tensor<2xf32>'}}
  %w, %i = emo.route %l {top_k = 2 : i64} : tensor<?x4xf32> -> tensor<2xf32>, tensor<?x2xi32>
  return
}
// -----
func.func @f(%l: tensor<?x4xf32>) {
  // expected-error @+1 {{'emo.route' op expects 'weights' to be [T, top_k + S] with top_k + S = 2 from 'top_k and num_shared', got 'tensor<?x3xf32>'}}
  %w, %i = emo.route %l {top_k = 2 : i64} : tensor<?x4xf32> -> tensor<?x3xf32>, tensor<?x2xi32>
  return
}
// -----
func.func @f(%l: tensor<3x4xf32>) {
  // expected-error @+1 {{'emo.route' op expects 'weights' to be [T, top_k + S] with T = 3 from 'logits', got 'tensor<4x2xf32>'}}
  %w, %i = emo.route %l {top_k = 2 : i64} : tensor<3x4xf32> -> tensor<4x2xf32>, tensor<?x2xi32>
  return
}
// -----
func.func @f(%l: tensor<?x4xf32>) {
  // expected-error @+1 {{'emo.route' op expects 'indices' to be [T, top_k + S] with top_k + S = 3 from 'top_k and num_shared', got 'tensor<?x2xi32>'}}
  %w, %i = emo.route %l {top_k = 2 : i64, num_shared = 1 : i64} : tensor<?x4xf32> -> tensor<?x3xf32>, tensor<?x2xi32>
  return
}
// -----
// C4
func.func @f(%l: tensor<?x4xf32>) {
  // expected-error @+1 {{'emo.route' op expects 'top_k' between 1 and R = 4, got 5}}
  %w, %i = emo.route %l {top_k = 5 : i64} : tensor<?x4xf32> -> tensor<?x5xf32>, tensor<?x5xi32>
  return
}
// -----
func.func @f(%l: tensor<?x0xf32>) {
  // expected-error @+1 {{'emo.route' op expects 'top_k' between 1 and R = 0, got 1}}
  %w, %i = emo.route %l {top_k = 1 : i64} : tensor<?x0xf32> -> tensor<?x?xf32>, tensor<?x?xi32>
  return
}
// -----
func.func @f(%l: tensor<?x4xf32>) {
  // expected-error @+1 {{'emo.route' op expects 'num_shared' between 0 and 2^31 - 1 - R = 2147483643, got 2147483645}}
  %w, %i = emo.route %l {top_k = 2 : i64, num_shared = 2147483645 : i64} : tensor<?x4xf32> -> tensor<?x?xf32>, tensor<?x?xi32>
  return
}
// -----
// C5
func.func @f(%l: tensor<?x4xf32>) {
  // expected-error @+1 {{'emo.route' op expects 'num_groups' between 1 and R = 4, got 0}}
  %w, %i = emo.route %l {top_k = 2 : i64, num_groups = 0 : i64} : tensor<?x4xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
  return
}
// -----
func.func @f(%l: tensor<?x4xf32>) {
  // expected-error @+1 {{'emo.route' op expects 'num_groups' between 1 and R = 4, got 5}}
  %w, %i = emo.route %l {top_k = 2 : i64, num_groups = 5 : i64} : tensor<?x4xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
  return
}
// -----
func.func @f(%l: tensor<?x?xf32>) {
  // expected-error @+1 {{'emo.route' op expects 'num_groups' between 1 and 2147483647, got 2147483648}}
  %w, %i = emo.route %l {top_k = 2 : i64, num_groups = 2147483648 : i64} : tensor<?x?xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
  return
}
// -----
func.func @f(%l: tensor<?x4xf32>) {
  // expected-error @+1 {{'emo.route' op expects 'top_groups' between 1 and num_groups = 2, got 0}}
  %w, %i = emo.route %l {top_k = 2 : i64, num_groups = 2 : i64, top_groups = 0 : i64} : tensor<?x4xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
  return
}
// -----
func.func @f(%l: tensor<?x4xf32>) {
  // expected-error @+1 {{'emo.route' op expects 'top_groups' between 1 and num_groups = 2, got 3}}
  %w, %i = emo.route %l {top_k = 2 : i64, num_groups = 2 : i64, top_groups = 3 : i64} : tensor<?x4xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
  return
}
// -----
func.func @f(%l: tensor<?x4xf32>) {
  // expected-error @+1 {{'emo.route' op expects 'num_groups' to divide R = 4, got 3}}
  %w, %i = emo.route %l {top_k = 2 : i64, num_groups = 3 : i64} : tensor<?x4xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
  return
}
// -----
func.func @f(%l: tensor<?x4xf32>) {
  // expected-error @+1 {{'emo.route' op expects 'top_k' to be at most the experts of 'top_groups' groups, 1, got 2}}
  %w, %i = emo.route %l {top_k = 2 : i64, num_groups = 4 : i64, top_groups = 1 : i64} : tensor<?x4xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
  return
}
// -----
// C6
func.func @f(%l: tensor<?x4xf32>) {
  // expected-error @+1 {{'emo.route' op expects 'top_k' = 2 and 'num_groups' = 1 with 'sparse_mixer', got 1 and 1}}
  %w, %i = emo.route %l {top_k = 1 : i64, sparse_mixer = true} : tensor<?x4xf32> -> tensor<?x1xf32>, tensor<?x1xi32>
  return
}
// -----
func.func @f(%l: tensor<?x4xf32>) {
  // expected-error @+1 {{'emo.route' op expects 'top_k' = 2 and 'num_groups' = 1 with 'sparse_mixer', got 2 and 2}}
  %w, %i = emo.route %l {top_k = 2 : i64, sparse_mixer = true, num_groups = 2 : i64, top_groups = 2 : i64} : tensor<?x4xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
  return
}
// -----
// C7
func.func @f(%l: tensor<?x4xf32>) {
  // expected-error @+1 {{'emo.route' op expects 'epsilon' to be finite and at least 0, got -1.000000e+00}}
  %w, %i = emo.route %l {top_k = 2 : i64, epsilon = -1.0 : f64} : tensor<?x4xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
  return
}
// -----
func.func @f(%l: tensor<?x4xf32>) {
  // expected-error @+1 {{'emo.route' op expects 'epsilon' to be finite and at least 0, got nan}}
  %w, %i = emo.route %l {top_k = 2 : i64, epsilon = 0x7FF8000000000000 : f64} : tensor<?x4xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
  return
}
// -----
func.func @f(%l: tensor<?x4xf32>) {
  // expected-error @+1 {{'emo.route' op expects 'scale' to be finite, got INF}}
  %w, %i = emo.route %l {top_k = 2 : i64, scale = 0x7FF0000000000000 : f64} : tensor<?x4xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
  return
}
// -----
func.func @f(%l: tensor<?x4xf32>) {
  // expected-error @+1 {{'emo.route' op expects 'jitter' to be finite and at least 0, got -5.000000e-01}}
  %w, %i = emo.route %l {top_k = 2 : i64, jitter = -0.5 : f64} : tensor<?x4xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
  return
}
// -----
func.func @f(%l: tensor<?x4xf32>) {
  // expected-error @+1 {{'emo.route' op expects 'jitter' to be finite and at least 0, got INF}}
  %w, %i = emo.route %l {top_k = 2 : i64, jitter = 0x7FF0000000000000 : f64} : tensor<?x4xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
  return
}
// -----
// emo.router_scores: C1
func.func @f(%l: tensor<?xf32>) {
  // expected-error @+1 {{'emo.router_scores' op expects 'logits' to be [T, R], got 'tensor<?xf32>'}}
  %0 = emo.router_scores %l : tensor<?xf32> -> tensor<?xf32>
  return
}
// -----
func.func @f(%l: tensor<?x4xf32>) {
  // expected-error @+1 {{'emo.router_scores' op expects 'scores' to be [T, R], got 'tensor<4xf32>'}}
  %0 = emo.router_scores %l : tensor<?x4xf32> -> tensor<4xf32>
  return
}
// -----
func.func @f(%l: tensor<?x4xf32>) {
  // expected-error @+1 {{'emo.router_scores' op expects 'scores' to be [T, R] with R = 4 from 'logits', got 'tensor<?x5xf32>'}}
  %0 = emo.router_scores %l : tensor<?x4xf32> -> tensor<?x5xf32>
  return
}
// -----
func.func @f(%l: tensor<3x4xf32>) {
  // expected-error @+1 {{'emo.router_scores' op expects 'scores' to be [T, R] with T = 3 from 'logits', got 'tensor<2x4xf32>'}}
  %0 = emo.router_scores %l : tensor<3x4xf32> -> tensor<2x4xf32>
  return
}
