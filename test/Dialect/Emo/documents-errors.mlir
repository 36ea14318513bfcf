// RUN: emo-opt %s --split-input-file --verify-diagnostics
// Constraints of the ops of document scope, in the order of docs/dialect.md.

// emo.document_segments: types of operands and results.
func.func @f(%ids: tensor<?x?xi16>) {
  // expected-error @+1 {{'emo.document_segments' op operand #0 must be ranked tensor of 32-bit signless integer or 64-bit signless integer values, but got 'tensor<?x?xi16>'}}
  %s, %n = emo.document_segments %ids {boundary = #emo.boundary<after>, eos = 1 : i64} : tensor<?x?xi16> -> tensor<?x?xi32>, tensor<i32>
  return
}
// -----
func.func @f(%ids: tensor<?x?xi64>) {
  // expected-error @+1 {{'emo.document_segments' op result #0 must be ranked tensor of 32-bit signless integer values, but got 'tensor<?x?xi64>'}}
  %s, %n = emo.document_segments %ids {boundary = #emo.boundary<after>, eos = 1 : i64} : tensor<?x?xi64> -> tensor<?x?xi64>, tensor<i32>
  return
}
// -----
// C1
func.func @f(%ids: tensor<?xi64>) {
  // expected-error @+1 {{'emo.document_segments' op expects 'ids' to be [B, S], got 'tensor<?xi64>'}}
  %s, %n = emo.document_segments %ids {boundary = #emo.boundary<after>, eos = 1 : i64} : tensor<?xi64> -> tensor<?x?xi32>, tensor<i32>
  return
}
// -----
func.func @f(%ids: tensor<?x?xi64>) {
  // expected-error @+1 {{'emo.document_segments' op expects 'segments' to be [B, S], got 'tensor<?xi32>'}}
  %s, %n = emo.document_segments %ids {boundary = #emo.boundary<after>, eos = 1 : i64} : tensor<?x?xi64> -> tensor<?xi32>, tensor<i32>
  return
}
// -----
func.func @f(%ids: tensor<2x3xi64>) {
  // expected-error @+1 {{'emo.document_segments' op expects 'segments' to be [B, S] with S = 3 from 'ids', got 'tensor<2x4xi32>'}}
  %s, %n = emo.document_segments %ids {boundary = #emo.boundary<after>, eos = 1 : i64} : tensor<2x3xi64> -> tensor<2x4xi32>, tensor<i32>
  return
}
// -----
func.func @f(%ids: tensor<2x3xi64>) {
  // expected-error @+1 {{'emo.document_segments' op expects 'segments' to be [B, S] with B = 2 from 'ids', got 'tensor<3x3xi32>'}}
  %s, %n = emo.document_segments %ids {boundary = #emo.boundary<after>, eos = 1 : i64} : tensor<2x3xi64> -> tensor<3x3xi32>, tensor<i32>
  return
}
// -----
func.func @f(%ids: tensor<?x?xi64>) {
  // expected-error @+1 {{'emo.document_segments' op expects 'count' to be [], got 'tensor<1xi32>'}}
  %s, %n = emo.document_segments %ids {boundary = #emo.boundary<after>, eos = 1 : i64} : tensor<?x?xi64> -> tensor<?x?xi32>, tensor<1xi32>
  return
}
// -----
// C2
func.func @f(%ids: tensor<?x?xi32>) {
  // expected-error @+1 {{'emo.document_segments' op expects 'eos' to be a value of the ids' type 'i32', got 2147483648}}
  %s, %n = emo.document_segments %ids {boundary = #emo.boundary<after>, eos = 2147483648 : i64} : tensor<?x?xi32> -> tensor<?x?xi32>, tensor<i32>
  return
}
// -----
func.func @f(%ids: tensor<?x?xi32>) {
  // expected-error @+1 {{'emo.document_segments' op expects 'pad' to be a value of the ids' type 'i32', got -2147483649}}
  %s, %n = emo.document_segments %ids {boundary = #emo.boundary<after>, eos = 1 : i64, pad = -2147483649 : i64} : tensor<?x?xi32> -> tensor<?x?xi32>, tensor<i32>
  return
}
// -----
// C3
func.func @f(%ids: tensor<?x?xi64>) {
  // expected-error @+1 {{'emo.document_segments' op expects 'pad' to differ from 'eos', got 1 for both}}
  %s, %n = emo.document_segments %ids {boundary = #emo.boundary<after>, eos = 1 : i64, pad = 1 : i64} : tensor<?x?xi64> -> tensor<?x?xi32>, tensor<i32>
  return
}
// -----
// emo.document_pool: types of operands and results.
func.func @f(%s: tensor<?x4xf32>, %g: tensor<?xi64>, %z: tensor<?xi32>) {
  // expected-error @+1 {{'emo.document_pool' op operand #1 must be ranked tensor of 32-bit signless integer values, but got 'tensor<?xi64>'}}
  %p = emo.document_pool %s, %g, %z : tensor<?x4xf32>, tensor<?xi64>, tensor<?xi32> -> tensor<?x4xi1>
  return
}
// -----
func.func @f(%s: tensor<?x4xf32>, %g: tensor<?xi32>, %z: tensor<?xi32>) {
  // expected-error @+1 {{'emo.document_pool' op result #0 must be ranked tensor of 1-bit signless integer values, but got 'tensor<?x4xi8>'}}
  %p = emo.document_pool %s, %g, %z : tensor<?x4xf32>, tensor<?xi32>, tensor<?xi32> -> tensor<?x4xi8>
  return
}
// -----
// C1
func.func @f(%s: tensor<?xf32>, %g: tensor<?xi32>, %z: tensor<?xi32>) {
  // expected-error @+1 {{'emo.document_pool' op expects 'scores' to be [T, R], got 'tensor<?xf32>'}}
  %p = emo.document_pool %s, %g, %z : tensor<?xf32>, tensor<?xi32>, tensor<?xi32> -> tensor<?x4xi1>
  return
}
// -----
func.func @f(%s: tensor<?x4xf32>, %g: tensor<?x?xi32>, %z: tensor<?xi32>) {
  // expected-error @+1 {{'emo.document_pool' op expects 'segments' to be [T], got 'tensor<?x?xi32>'}}
  %p = emo.document_pool %s, %g, %z : tensor<?x4xf32>, tensor<?x?xi32>, tensor<?xi32> -> tensor<?x4xi1>
  return
}
// -----
func.func @f(%s: tensor<3x4xf32>, %g: tensor<2xi32>, %z: tensor<?xi32>) {
  // expected-error @+1 {{'emo.document_pool' op expects 'segments' to be [T] with T = 3 from 'scores', got 'tensor<2xi32>'}}
  %p = emo.document_pool %s, %g, %z : tensor<3x4xf32>, tensor<2xi32>, tensor<?xi32> -> tensor<?x4xi1>
  return
}
// -----
func.func @f(%s: tensor<?x4xf32>, %g: tensor<?xi32>, %z: tensor<?x?xi32>) {
  // expected-error @+1 {{'emo.document_pool' op expects 'sizes' to be [D], got 'tensor<?x?xi32>'}}
  %p = emo.document_pool %s, %g, %z : tensor<?x4xf32>, tensor<?xi32>, tensor<?x?xi32> -> tensor<?x4xi1>
  return
}
// -----
func.func @f(%s: tensor<?x4xf32>, %g: tensor<?xi32>, %z: tensor<?xi32>) {
  // expected-error @+1 {{'emo.document_pool' op expects 'pool' to be [D, R], got 'tensor<?xi1>'}}
  %p = emo.document_pool %s, %g, %z : tensor<?x4xf32>, tensor<?xi32>, tensor<?xi32> -> tensor<?xi1>
  return
}
// -----
func.func @f(%s: tensor<?x4xf32>, %g: tensor<?xi32>, %z: tensor<2xi32>) {
  // expected-error @+1 {{'emo.document_pool' op expects 'pool' to be [D, R] with D = 2 from 'sizes', got 'tensor<3x4xi1>'}}
  %p = emo.document_pool %s, %g, %z : tensor<?x4xf32>, tensor<?xi32>, tensor<2xi32> -> tensor<3x4xi1>
  return
}
// -----
func.func @f(%s: tensor<?x4xf32>, %g: tensor<?xi32>, %z: tensor<?xi32>) {
  // expected-error @+1 {{'emo.document_pool' op expects 'pool' to be [D, R] with R = 4 from 'scores', got 'tensor<?x5xi1>'}}
  %p = emo.document_pool %s, %g, %z : tensor<?x4xf32>, tensor<?xi32>, tensor<?xi32> -> tensor<?x5xi1>
  return
}
// -----
// emo.mask_experts: C1
func.func @f(%l: tensor<?xf32>, %p: tensor<?x4xi1>, %g: tensor<?xi32>) {
  // expected-error @+1 {{'emo.mask_experts' op expects 'logits' to be [T, R], got 'tensor<?xf32>'}}
  %r = emo.mask_experts %l, %p, %g : tensor<?xf32>, tensor<?x4xi1>, tensor<?xi32>
  return
}
// -----
func.func @f(%l: tensor<?x4xf32>, %p: tensor<4xi1>, %g: tensor<?xi32>) {
  // expected-error @+1 {{'emo.mask_experts' op expects 'pool' to be [D, R], got 'tensor<4xi1>'}}
  %r = emo.mask_experts %l, %p, %g : tensor<?x4xf32>, tensor<4xi1>, tensor<?xi32>
  return
}
// -----
func.func @f(%l: tensor<?x4xf32>, %p: tensor<?x5xi1>, %g: tensor<?xi32>) {
  // expected-error @+1 {{'emo.mask_experts' op expects 'pool' to be [D, R] with R = 4 from 'logits', got 'tensor<?x5xi1>'}}
  %r = emo.mask_experts %l, %p, %g : tensor<?x4xf32>, tensor<?x5xi1>, tensor<?xi32>
  return
}
// -----
func.func @f(%l: tensor<?x4xf32>, %p: tensor<?x4xi1>, %g: tensor<?x?xi32>) {
  // expected-error @+1 {{'emo.mask_experts' op expects 'segments' to be [T], got 'tensor<?x?xi32>'}}
  %r = emo.mask_experts %l, %p, %g : tensor<?x4xf32>, tensor<?x4xi1>, tensor<?x?xi32>
  return
}
// -----
func.func @f(%l: tensor<3x4xf32>, %p: tensor<?x4xi1>, %g: tensor<2xi32>) {
  // expected-error @+1 {{'emo.mask_experts' op expects 'segments' to be [T] with T = 3 from 'logits', got 'tensor<2xi32>'}}
  %r = emo.mask_experts %l, %p, %g : tensor<3x4xf32>, tensor<?x4xi1>, tensor<2xi32>
  return
}
// -----
// C2
func.func @f(%l: tensor<?x4xf32>, %p: tensor<?x4xi1>, %g: tensor<?xi32>) {
  // expected-error @+1 {{'emo.mask_experts' op failed to verify that all of {logits, result} have same type}}
  %r = "emo.mask_experts"(%l, %p, %g) : (tensor<?x4xf32>, tensor<?x4xi1>, tensor<?xi32>) -> tensor<?x4xf64>
  return
}
// -----
// C3
func.func @f(%l: tensor<?x4xf32>, %p: tensor<2x4xi1>) {
  // expected-error @+1 {{'emo.mask_experts' op expects 'segments' with a pool of other than 1 row, got 'tensor<2x4xi1>'}}
  %r = emo.mask_experts %l, %p : tensor<?x4xf32>, tensor<2x4xi1>
  return
}
