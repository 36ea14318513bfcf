// RUN: emo-opt %s --split-input-file --verify-diagnostics
// Constraints of the transformer's ops, in the order of docs/dialect.md.

// emo.embedding: C1
func.func @f(%i: tensor<?x?xi64>, %t: tensor<8xf32>) {
  // expected-error @+1 {{'emo.embedding' op expects 'table' to be [V, H], got 'tensor<8xf32>'}}
  %r = emo.embedding %i, %t : tensor<?x?xi64>, tensor<8xf32> -> tensor<?x?x8xf32>
  return
}
// -----
func.func @f(%i: tensor<?x?xi64>, %t: tensor<16x8xf32>) {
  // expected-error @+1 {{'emo.embedding' op expects 'result' to be [.., H] with .. = 2 dimensions from 'ids', got 'tensor<?x8xf32>'}}
  %r = emo.embedding %i, %t : tensor<?x?xi64>, tensor<16x8xf32> -> tensor<?x8xf32>
  return
}
// -----
func.func @f(%i: tensor<?x?xi64>, %t: tensor<16x8xf32>) {
  // expected-error @+1 {{'emo.embedding' op expects 'result' to be [.., H], got 'tensor<f32>'}}
  %r = emo.embedding %i, %t : tensor<?x?xi64>, tensor<16x8xf32> -> tensor<f32>
  return
}
// -----
func.func @f(%i: tensor<?x?xi64>, %t: tensor<16x8xf32>) {
  // expected-error @+1 {{'emo.embedding' op expects 'result' to be [.., H] with H = 8 from 'table', got 'tensor<?x?x7xf32>'}}
  %r = emo.embedding %i, %t : tensor<?x?xi64>, tensor<16x8xf32> -> tensor<?x?x7xf32>
  return
}
// -----
func.func @f(%i: tensor<2x3xi64>, %t: tensor<16x8xf32>) {
  // expected-error @+1 {{'emo.embedding' op expects 'result' to be [.., H] with dimension 1 = 3 from 'ids', got 'tensor<2x4x8xf32>'}}
  %r = emo.embedding %i, %t : tensor<2x3xi64>, tensor<16x8xf32> -> tensor<2x4x8xf32>
  return
}
// -----
// emo.linear: C1
func.func @f(%x: tensor<f32>, %w: tensor<16x8xf32>) {
  // expected-error @+1 {{'emo.linear' op expects 'x' to be [.., K], got 'tensor<f32>'}}
  %y = emo.linear %x, %w : tensor<f32>, tensor<16x8xf32> -> tensor<?x?x16xf32>
  return
}
// -----
func.func @f(%x: tensor<?x?x8xf32>, %w: tensor<8xf32>) {
  // expected-error @+1 {{'emo.linear' op expects 'weight' to be [N, K], got 'tensor<8xf32>'}}
  %y = emo.linear %x, %w : tensor<?x?x8xf32>, tensor<8xf32> -> tensor<?x?x16xf32>
  return
}
// -----
func.func @f(%x: tensor<?x?x8xf32>, %w: tensor<16x7xf32>) {
  // expected-error @+1 {{'emo.linear' op expects 'weight' to be [N, K] with K = 8 from 'x', got 'tensor<16x7xf32>'}}
  %y = emo.linear %x, %w : tensor<?x?x8xf32>, tensor<16x7xf32> -> tensor<?x?x16xf32>
  return
}
// -----
func.func @f(%x: tensor<?x?x8xf32>, %w: tensor<16x8xf32>, %b: tensor<1x16xf32>) {
  // expected-error @+1 {{'emo.linear' op expects 'bias' to be [N], got 'tensor<1x16xf32>'}}
  %y = emo.linear %x, %w bias(%b : tensor<1x16xf32>) : tensor<?x?x8xf32>, tensor<16x8xf32> -> tensor<?x?x16xf32>
  return
}
// -----
func.func @f(%x: tensor<?x?x8xf32>, %w: tensor<16x8xf32>, %b: tensor<15xf32>) {
  // expected-error @+1 {{'emo.linear' op expects 'bias' to be [N] with N = 16 from 'weight', got 'tensor<15xf32>'}}
  %y = emo.linear %x, %w bias(%b : tensor<15xf32>) : tensor<?x?x8xf32>, tensor<16x8xf32> -> tensor<?x?x16xf32>
  return
}
// -----
func.func @f(%x: tensor<?x?x8xf32>, %w: tensor<16x8xf32>) {
  // expected-error @+1 {{'emo.linear' op expects 'result' to be [.., N] with .. = 2 dimensions from 'x', got 'tensor<?x16xf32>'}}
  %y = emo.linear %x, %w : tensor<?x?x8xf32>, tensor<16x8xf32> -> tensor<?x16xf32>
  return
}
// -----
func.func @f(%x: tensor<?x?x8xf32>, %w: tensor<16x8xf32>) {
  // expected-error @+1 {{'emo.linear' op expects 'result' to be [.., N] with N = 16 from 'weight', got 'tensor<?x?x15xf32>'}}
  %y = emo.linear %x, %w : tensor<?x?x8xf32>, tensor<16x8xf32> -> tensor<?x?x15xf32>
  return
}
// -----
func.func @f(%x: tensor<2x3x8xf32>, %w: tensor<16x8xf32>) {
  // expected-error @+1 {{'emo.linear' op expects 'result' to be [.., N] with dimension 1 = 3 from 'x', got 'tensor<2x4x16xf32>'}}
  %y = emo.linear %x, %w : tensor<2x3x8xf32>, tensor<16x8xf32> -> tensor<2x4x16xf32>
  return
}
// -----
// emo.rms_norm: C1
func.func @f(%x: tensor<f32>, %w: tensor<8xf32>) {
  // expected-error @+1 {{'emo.rms_norm' op expects 'x' to be [.., H], got 'tensor<f32>'}}
  %y = emo.rms_norm %x, %w {epsilon = 1.0e-6 : f64} : tensor<f32>, tensor<8xf32> -> tensor<?x8xf32>
  return
}
// -----
func.func @f(%x: tensor<?x8xf32>, %w: tensor<1x8xf32>) {
  // expected-error @+1 {{'emo.rms_norm' op expects 'weight' to be [H], got 'tensor<1x8xf32>'}}
  %y = emo.rms_norm %x, %w {epsilon = 1.0e-6 : f64} : tensor<?x8xf32>, tensor<1x8xf32> -> tensor<?x8xf32>
  return
}
// -----
func.func @f(%x: tensor<?x8xf32>, %w: tensor<7xf32>) {
  // expected-error @+1 {{'emo.rms_norm' op expects 'weight' to be [H] with H = 8 from 'x', got 'tensor<7xf32>'}}
  %y = emo.rms_norm %x, %w {epsilon = 1.0e-6 : f64} : tensor<?x8xf32>, tensor<7xf32> -> tensor<?x8xf32>
  return
}
// -----
func.func @f(%x: tensor<?x8xf32>, %w: tensor<8xf32>) {
  // expected-error @+1 {{'emo.rms_norm' op expects 'result' to be [.., H] with .. = 1 dimensions from 'x', got 'tensor<?x?x8xf32>'}}
  %y = emo.rms_norm %x, %w {epsilon = 1.0e-6 : f64} : tensor<?x8xf32>, tensor<8xf32> -> tensor<?x?x8xf32>
  return
}
// -----
func.func @f(%x: tensor<?x8xf32>, %w: tensor<8xf32>) {
  // expected-error @+1 {{'emo.rms_norm' op expects 'result' to be [.., H] with H = 8 from 'x', got 'tensor<?x7xf32>'}}
  %y = emo.rms_norm %x, %w {epsilon = 1.0e-6 : f64} : tensor<?x8xf32>, tensor<8xf32> -> tensor<?x7xf32>
  return
}
// -----
func.func @f(%x: tensor<2x8xf32>, %w: tensor<8xf32>) {
  // expected-error @+1 {{'emo.rms_norm' op expects 'result' to be [.., H] with dimension 0 = 2 from 'x', got 'tensor<3x8xf32>'}}
  %y = emo.rms_norm %x, %w {epsilon = 1.0e-6 : f64} : tensor<2x8xf32>, tensor<8xf32> -> tensor<3x8xf32>
  return
}
// -----
// C2
func.func @f(%x: tensor<?x8xf32>, %w: tensor<8xf32>) {
  // expected-error @+1 {{'emo.rms_norm' op expects 'epsilon' to be finite and at least 0, got -1.000000e-06}}
  %y = emo.rms_norm %x, %w {epsilon = -1.0e-6 : f64} : tensor<?x8xf32>, tensor<8xf32> -> tensor<?x8xf32>
  return
}
// -----
func.func @f(%x: tensor<?x8xf32>, %w: tensor<8xf32>) {
  // expected-error @+1 {{'emo.rms_norm' op expects 'epsilon' to be finite and at least 0, got INF}}
  %y = emo.rms_norm %x, %w {epsilon = 0x7FF0000000000000 : f64} : tensor<?x8xf32>, tensor<8xf32> -> tensor<?x8xf32>
  return
}
// -----
// emo.cross_entropy: C1
func.func @f(%l: tensor<f32>, %t: tensor<?x?xi64>) {
  // expected-error @+1 {{'emo.cross_entropy' op expects 'logits' to be [.., V], got 'tensor<f32>'}}
  %y = emo.cross_entropy %l, %t : tensor<f32>, tensor<?x?xi64> -> tensor<?x?xf32>
  return
}
// -----
func.func @f(%l: tensor<?x?x8xf32>, %t: tensor<?xi64>) {
  // expected-error @+1 {{'emo.cross_entropy' op expects 'targets' to be [..] with .. = 2 dimensions from 'logits', got 'tensor<?xi64>'}}
  %y = emo.cross_entropy %l, %t : tensor<?x?x8xf32>, tensor<?xi64> -> tensor<?x?xf32>
  return
}
// -----
func.func @f(%l: tensor<2x3x8xf32>, %t: tensor<2x4xi64>) {
  // expected-error @+1 {{'emo.cross_entropy' op expects 'targets' to be [..] with dimension 1 = 3 from 'logits', got 'tensor<2x4xi64>'}}
  %y = emo.cross_entropy %l, %t : tensor<2x3x8xf32>, tensor<2x4xi64> -> tensor<?x?xf32>
  return
}
// -----
func.func @f(%l: tensor<?x?x8xf32>, %t: tensor<?x?xi64>) {
  // expected-error @+1 {{'emo.cross_entropy' op expects 'losses' to be [..] with .. = 2 dimensions from 'logits', got 'tensor<?x?x8xf32>'}}
  %y = emo.cross_entropy %l, %t : tensor<?x?x8xf32>, tensor<?x?xi64> -> tensor<?x?x8xf32>
  return
}
// -----
func.func @f(%l: tensor<?x?x8xf32>, %t: tensor<2x3xi64>) {
  // expected-error @+1 {{'emo.cross_entropy' op expects 'losses' to be [..] with dimension 1 = 3 from 'targets', got 'tensor<2x4xf32>'}}
  %y = emo.cross_entropy %l, %t : tensor<?x?x8xf32>, tensor<2x3xi64> -> tensor<2x4xf32>
  return
}
// -----
// emo.rotary: C1
func.func @f(%x: tensor<?x2x8xf32>) {
  // expected-error @+1 {{'emo.rotary' op expects 'x' to be [B, S, heads, D], got 'tensor<?x2x8xf32>'}}
  %y = emo.rotary %x {theta = 1.0e4 : f64} : tensor<?x2x8xf32>
  return
}
// -----
func.func @f(%x: tensor<?x?x2x8xf32>, %s: tensor<?x1xi32>) {
  // expected-error @+1 {{'emo.rotary' op expects 'start' to be [B], got 'tensor<?x1xi32>'}}
  %y = emo.rotary %x start(%s : tensor<?x1xi32>) {theta = 1.0e4 : f64} : tensor<?x?x2x8xf32>
  return
}
// -----
func.func @f(%x: tensor<2x?x2x8xf32>, %s: tensor<3xi32>) {
  // expected-error @+1 {{'emo.rotary' op expects 'start' to be [B] with B = 2 from 'x', got 'tensor<3xi32>'}}
  %y = emo.rotary %x start(%s : tensor<3xi32>) {theta = 1.0e4 : f64} : tensor<2x?x2x8xf32>
  return
}
// -----
func.func @f(%x: tensor<?x?x2x8xf32>) {
  // expected-error @+1 {{'emo.rotary' op failed to verify that all of {x, result} have same type}}
  %y = "emo.rotary"(%x) {theta = 1.0e4 : f64} : (tensor<?x?x2x8xf32>) -> tensor<?x?x2x4xf32>
  return
}
// -----
// C2
func.func @f(%x: tensor<?x?x2x7xf32>) {
  // expected-error @+1 {{'emo.rotary' op expects D to be even, got 7}}
  %y = emo.rotary %x {theta = 1.0e4 : f64} : tensor<?x?x2x7xf32>
  return
}
// -----
// C3
func.func @f(%x: tensor<?x?x2x8xf32>) {
  // expected-error @+1 {{'emo.rotary' op expects 'theta' to be finite and greater than 0, got 0.000000e+00}}
  %y = emo.rotary %x {theta = 0.0 : f64} : tensor<?x?x2x8xf32>
  return
}
// -----
func.func @f(%x: tensor<?x?x2x8xf32>) {
  // expected-error @+1 {{'emo.rotary' op expects 'theta' to be finite and greater than 0, got -1.000000e+00}}
  %y = emo.rotary %x {theta = -1.0 : f64} : tensor<?x?x2x8xf32>
  return
}
// -----
func.func @f(%x: tensor<?x?x2x8xf32>) {
  // expected-error @+1 {{'emo.rotary' op expects 'theta' to be finite and greater than 0, got nan}}
  %y = emo.rotary %x {theta = 0x7FF8000000000000 : f64} : tensor<?x?x2x8xf32>
  return
}
// -----
func.func @f(%x: tensor<?x?x2x8xf32>) {
  // expected-error @+1 {{'emo.rotary' op expects 'frequencies' to be finite, got INF}}
  %y = emo.rotary %x {theta = 1.0 : f64, frequencies = array<f64: 1.0, 1.0, 1.0, 0x7FF0000000000000>} : tensor<?x?x2x8xf32>
  return
}
// -----
// C4
func.func @f(%x: tensor<?x?x2x8xf32>) {
  // expected-error @+1 {{'emo.rotary' op expects D / 2 = 4 'frequencies', got 3}}
  %y = emo.rotary %x {theta = 1.0 : f64, frequencies = array<f64: 1.0, 1.0, 1.0>} : tensor<?x?x2x8xf32>
  return
}
// -----
// emo.attention: C1
func.func @f(%q: tensor<?x?x4x8xf32>, %k: tensor<?x?x2x8xf32>, %v: tensor<?x?x2x8xf32>, %kc: tensor<?x2x?x8xf32>, %vc: tensor<?x2x?x8xf32>, %n: tensor<?xi32>) {
  // expected-error @+1 {{'emo.attention' op expects key_cache, value_cache, lengths, new_key_cache and new_value_cache together, got 3 of the five}}
  %y = emo.attention %q, %k, %v cache(%kc, %vc, %n : tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>, tensor<?xi32>) {scale = 0.5 : f64} : tensor<?x?x4x8xf32>, tensor<?x?x2x8xf32>, tensor<?x?x2x8xf32> -> tensor<?x?x4x8xf32>
  return
}
// -----
func.func @f(%q: tensor<?x?x4x8xf32>, %k: tensor<?x?x2x8xf32>, %v: tensor<?x?x2x8xf32>) {
  // expected-error @+1 {{'emo.attention' op expects key_cache, value_cache, lengths, new_key_cache and new_value_cache together, got 2 of the five}}
  %y, %a, %b = emo.attention %q, %k, %v {scale = 0.5 : f64} : tensor<?x?x4x8xf32>, tensor<?x?x2x8xf32>, tensor<?x?x2x8xf32> -> tensor<?x?x4x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>
  return
}
// -----
func.func @f(%q: tensor<?x?x4x8xf32>, %k: tensor<?x?x2x8xf32>, %c: tensor<?x2x?x8xf32>) {
  // expected-error @+1 {{'emo.attention' op expects key_cache, value_cache, lengths, new_key_cache and new_value_cache together, got 1 of the five}}
  %y = "emo.attention"(%q, %k, %k, %c) {scale = 0.5 : f64, operandSegmentSizes = array<i32: 1, 1, 1, 0, 1, 0, 0>, resultSegmentSizes = array<i32: 1, 0, 0>} : (tensor<?x?x4x8xf32>, tensor<?x?x2x8xf32>, tensor<?x?x2x8xf32>, tensor<?x2x?x8xf32>) -> tensor<?x?x4x8xf32>
  return
}
// -----
// C2
func.func @f(%q: tensor<?x?x4x8xf32>, %k: tensor<?x?x2x8xf32>, %v: tensor<?x?x2x8xf32>, %s: tensor<?x?xi32>, %kc: tensor<?x2x?x8xf32>, %vc: tensor<?x2x?x8xf32>, %n: tensor<?xi32>) {
  // expected-error @+1 {{'emo.attention' op expects 'segments' or a cache, got both}}
  %y, %a, %b = emo.attention %q, %k, %v segments(%s : tensor<?x?xi32>) cache(%kc, %vc, %n : tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>, tensor<?xi32>) {scale = 0.5 : f64} : tensor<?x?x4x8xf32>, tensor<?x?x2x8xf32>, tensor<?x?x2x8xf32> -> tensor<?x?x4x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>
  return
}
// -----
// C3
func.func @f(%q: tensor<?x4x8xf32>, %k: tensor<?x?x2x8xf32>, %v: tensor<?x?x2x8xf32>) {
  // expected-error @+1 {{'emo.attention' op expects 'q' to be [B, S, Hq, D], got 'tensor<?x4x8xf32>'}}
  %y = emo.attention %q, %k, %v {scale = 0.5 : f64} : tensor<?x4x8xf32>, tensor<?x?x2x8xf32>, tensor<?x?x2x8xf32> -> tensor<?x?x4x8xf32>
  return
}
// -----
func.func @f(%q: tensor<?x?x4x8xf32>, %k: tensor<?x2x8xf32>, %v: tensor<?x?x2x8xf32>) {
  // expected-error @+1 {{'emo.attention' op expects 'k' to be [B, S, Hkv, D], got 'tensor<?x2x8xf32>'}}
  %y = emo.attention %q, %k, %v {scale = 0.5 : f64} : tensor<?x?x4x8xf32>, tensor<?x2x8xf32>, tensor<?x?x2x8xf32> -> tensor<?x?x4x8xf32>
  return
}
// -----
func.func @f(%q: tensor<?x?x4x8xf32>, %k: tensor<?x?x2x7xf32>, %v: tensor<?x?x2x8xf32>) {
  // expected-error @+1 {{'emo.attention' op expects 'k' to be [B, S, Hkv, D] with D = 8 from 'q', got 'tensor<?x?x2x7xf32>'}}
  %y = emo.attention %q, %k, %v {scale = 0.5 : f64} : tensor<?x?x4x8xf32>, tensor<?x?x2x7xf32>, tensor<?x?x2x8xf32> -> tensor<?x?x4x8xf32>
  return
}
// -----
func.func @f(%q: tensor<2x3x4x8xf32>, %k: tensor<2x4x2x8xf32>, %v: tensor<?x?x2x8xf32>) {
  // expected-error @+1 {{'emo.attention' op expects 'k' to be [B, S, Hkv, D] with S = 3 from 'q', got 'tensor<2x4x2x8xf32>'}}
  %y = emo.attention %q, %k, %v {scale = 0.5 : f64} : tensor<2x3x4x8xf32>, tensor<2x4x2x8xf32>, tensor<?x?x2x8xf32> -> tensor<?x?x4x8xf32>
  return
}
// -----
func.func @f(%q: tensor<?x?x4x8xf32>, %k: tensor<?x?x2x8xf32>, %v: tensor<?x2x8xf32>) {
  // expected-error @+1 {{'emo.attention' op expects 'v' to be [B, S, Hkv, D], got 'tensor<?x2x8xf32>'}}
  %y = emo.attention %q, %k, %v {scale = 0.5 : f64} : tensor<?x?x4x8xf32>, tensor<?x?x2x8xf32>, tensor<?x2x8xf32> -> tensor<?x?x4x8xf32>
  return
}
// -----
func.func @f(%q: tensor<?x?x4x8xf32>, %k: tensor<?x?x2x8xf32>, %v: tensor<?x?x4x8xf32>) {
  // expected-error @+1 {{'emo.attention' op expects 'v' to be [B, S, Hkv, D] with Hkv = 2 from 'k', got 'tensor<?x?x4x8xf32>'}}
  %y = emo.attention %q, %k, %v {scale = 0.5 : f64} : tensor<?x?x4x8xf32>, tensor<?x?x2x8xf32>, tensor<?x?x4x8xf32> -> tensor<?x?x4x8xf32>
  return
}
// -----
func.func @f(%q: tensor<?x?x4x8xf32>, %k: tensor<?x?x2x8xf32>, %v: tensor<?x?x2x7xf32>) {
  // expected-error @+1 {{'emo.attention' op expects 'v' to be [B, S, Hkv, D] with D = 8 from 'q', got 'tensor<?x?x2x7xf32>'}}
  %y = emo.attention %q, %k, %v {scale = 0.5 : f64} : tensor<?x?x4x8xf32>, tensor<?x?x2x8xf32>, tensor<?x?x2x7xf32> -> tensor<?x?x4x8xf32>
  return
}
// -----
func.func @f(%q: tensor<?x?x4x8xf32>, %k: tensor<?x?x2x8xf32>, %v: tensor<?x?x2x8xf32>, %s: tensor<?xi32>) {
  // expected-error @+1 {{'emo.attention' op expects 'segments' to be [B, S], got 'tensor<?xi32>'}}
  %y = emo.attention %q, %k, %v segments(%s : tensor<?xi32>) {scale = 0.5 : f64} : tensor<?x?x4x8xf32>, tensor<?x?x2x8xf32>, tensor<?x?x2x8xf32> -> tensor<?x?x4x8xf32>
  return
}
// -----
func.func @f(%q: tensor<2x3x4x8xf32>, %k: tensor<?x?x2x8xf32>, %v: tensor<?x?x2x8xf32>, %s: tensor<2x4xi32>) {
  // expected-error @+1 {{'emo.attention' op expects 'segments' to be [B, S] with S = 3 from 'q', got 'tensor<2x4xi32>'}}
  %y = emo.attention %q, %k, %v segments(%s : tensor<2x4xi32>) {scale = 0.5 : f64} : tensor<2x3x4x8xf32>, tensor<?x?x2x8xf32>, tensor<?x?x2x8xf32> -> tensor<?x?x4x8xf32>
  return
}
// -----
func.func @f(%q: tensor<?x?x4x8xf32>, %k: tensor<?x?x2x8xf32>, %v: tensor<?x?x2x8xf32>, %kc: tensor<?x2x8xf32>, %vc: tensor<?x2x?x8xf32>, %n: tensor<?xi32>) {
  // expected-error @+1 {{'emo.attention' op expects 'key_cache' to be [B, Hkv, C, D], got 'tensor<?x2x8xf32>'}}
  %y, %a, %b = emo.attention %q, %k, %v cache(%kc, %vc, %n : tensor<?x2x8xf32>, tensor<?x2x?x8xf32>, tensor<?xi32>) {scale = 0.5 : f64} : tensor<?x?x4x8xf32>, tensor<?x?x2x8xf32>, tensor<?x?x2x8xf32> -> tensor<?x?x4x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>
  return
}
// -----
func.func @f(%q: tensor<?x?x4x8xf32>, %k: tensor<?x?x2x8xf32>, %v: tensor<?x?x2x8xf32>, %kc: tensor<?x4x?x8xf32>, %vc: tensor<?x2x?x8xf32>, %n: tensor<?xi32>) {
  // expected-error @+1 {{'emo.attention' op expects 'key_cache' to be [B, Hkv, C, D] with Hkv = 2 from 'k', got 'tensor<?x4x?x8xf32>'}}
  %y, %a, %b = emo.attention %q, %k, %v cache(%kc, %vc, %n : tensor<?x4x?x8xf32>, tensor<?x2x?x8xf32>, tensor<?xi32>) {scale = 0.5 : f64} : tensor<?x?x4x8xf32>, tensor<?x?x2x8xf32>, tensor<?x?x2x8xf32> -> tensor<?x?x4x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>
  return
}
// -----
func.func @f(%q: tensor<?x?x4x8xf32>, %k: tensor<?x?x2x8xf32>, %v: tensor<?x?x2x8xf32>, %kc: tensor<?x2x?x8xf32>, %vc: tensor<?x2x8xf32>, %n: tensor<?xi32>) {
  // expected-error @+1 {{'emo.attention' op expects 'value_cache' to be [B, Hkv, C, D], got 'tensor<?x2x8xf32>'}}
  %y, %a, %b = emo.attention %q, %k, %v cache(%kc, %vc, %n : tensor<?x2x?x8xf32>, tensor<?x2x8xf32>, tensor<?xi32>) {scale = 0.5 : f64} : tensor<?x?x4x8xf32>, tensor<?x?x2x8xf32>, tensor<?x?x2x8xf32> -> tensor<?x?x4x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>
  return
}
// -----
func.func @f(%q: tensor<?x?x4x8xf32>, %k: tensor<?x?x2x8xf32>, %v: tensor<?x?x2x8xf32>, %kc: tensor<?x2x9x8xf32>, %vc: tensor<?x2x7x8xf32>, %n: tensor<?xi32>) {
  // expected-error @+1 {{'emo.attention' op expects 'value_cache' to be [B, Hkv, C, D] with C = 9 from 'key_cache', got 'tensor<?x2x7x8xf32>'}}
  %y, %a, %b = emo.attention %q, %k, %v cache(%kc, %vc, %n : tensor<?x2x9x8xf32>, tensor<?x2x7x8xf32>, tensor<?xi32>) {scale = 0.5 : f64} : tensor<?x?x4x8xf32>, tensor<?x?x2x8xf32>, tensor<?x?x2x8xf32> -> tensor<?x?x4x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>
  return
}
// -----
func.func @f(%q: tensor<?x?x4x8xf32>, %k: tensor<?x?x2x8xf32>, %v: tensor<?x?x2x8xf32>, %kc: tensor<?x2x?x8xf32>, %vc: tensor<?x2x?x8xf32>, %n: tensor<?x1xi32>) {
  // expected-error @+1 {{'emo.attention' op expects 'lengths' to be [B], got 'tensor<?x1xi32>'}}
  %y, %a, %b = emo.attention %q, %k, %v cache(%kc, %vc, %n : tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>, tensor<?x1xi32>) {scale = 0.5 : f64} : tensor<?x?x4x8xf32>, tensor<?x?x2x8xf32>, tensor<?x?x2x8xf32> -> tensor<?x?x4x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>
  return
}
// -----
func.func @f(%q: tensor<2x?x4x8xf32>, %k: tensor<?x?x2x8xf32>, %v: tensor<?x?x2x8xf32>, %kc: tensor<?x2x?x8xf32>, %vc: tensor<?x2x?x8xf32>, %n: tensor<3xi32>) {
  // expected-error @+1 {{'emo.attention' op expects 'lengths' to be [B] with B = 2 from 'q', got 'tensor<3xi32>'}}
  %y, %a, %b = emo.attention %q, %k, %v cache(%kc, %vc, %n : tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>, tensor<3xi32>) {scale = 0.5 : f64} : tensor<2x?x4x8xf32>, tensor<?x?x2x8xf32>, tensor<?x?x2x8xf32> -> tensor<?x?x4x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>
  return
}
// -----
func.func @f(%q: tensor<?x?x4x8xf32>, %k: tensor<?x?x2x8xf32>, %v: tensor<?x?x2x8xf32>) {
  // expected-error @+1 {{'emo.attention' op expects 'result' to be [B, S, Hq, D], got 'tensor<?x4x8xf32>'}}
  %y = emo.attention %q, %k, %v {scale = 0.5 : f64} : tensor<?x?x4x8xf32>, tensor<?x?x2x8xf32>, tensor<?x?x2x8xf32> -> tensor<?x4x8xf32>
  return
}
// -----
func.func @f(%q: tensor<?x?x4x8xf32>, %k: tensor<?x?x2x8xf32>, %v: tensor<?x?x2x8xf32>) {
  // expected-error @+1 {{'emo.attention' op expects 'result' to be [B, S, Hq, D] with Hq = 4 from 'q', got 'tensor<?x?x2x8xf32>'}}
  %y = emo.attention %q, %k, %v {scale = 0.5 : f64} : tensor<?x?x4x8xf32>, tensor<?x?x2x8xf32>, tensor<?x?x2x8xf32> -> tensor<?x?x2x8xf32>
  return
}
// -----
func.func @f(%q: tensor<?x?x4x8xf32>, %k: tensor<?x?x2x8xf32>, %v: tensor<?x?x2x8xf32>, %kc: tensor<?x2x?x8xf32>, %vc: tensor<?x2x?x8xf32>, %n: tensor<?xi32>) {
  // expected-error @+1 {{'emo.attention' op expects 'new_key_cache' to be [B, Hkv, C, D], got 'tensor<?x2x8xf32>'}}
  %y, %a, %b = emo.attention %q, %k, %v cache(%kc, %vc, %n : tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>, tensor<?xi32>) {scale = 0.5 : f64} : tensor<?x?x4x8xf32>, tensor<?x?x2x8xf32>, tensor<?x?x2x8xf32> -> tensor<?x?x4x8xf32>, tensor<?x2x8xf32>, tensor<?x2x?x8xf32>
  return
}
// -----
func.func @f(%q: tensor<?x?x4x8xf32>, %k: tensor<?x?x2x8xf32>, %v: tensor<?x?x2x8xf32>, %kc: tensor<?x2x?x8xf32>, %vc: tensor<?x2x?x8xf32>, %n: tensor<?xi32>) {
  // expected-error @+1 {{'emo.attention' op expects 'new_value_cache' to be [B, Hkv, C, D], got 'tensor<?x2x8xf32>'}}
  %y, %a, %b = emo.attention %q, %k, %v cache(%kc, %vc, %n : tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>, tensor<?xi32>) {scale = 0.5 : f64} : tensor<?x?x4x8xf32>, tensor<?x?x2x8xf32>, tensor<?x?x2x8xf32> -> tensor<?x?x4x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x8xf32>
  return
}
// -----
// C4
func.func @f(%q: tensor<?x?x4x8xf32>, %k: tensor<?x?x3x8xf32>, %v: tensor<?x?x3x8xf32>) {
  // expected-error @+1 {{'emo.attention' op expects Hq to be a multiple of Hkv, got 4 and 3}}
  %y = emo.attention %q, %k, %v {scale = 0.5 : f64} : tensor<?x?x4x8xf32>, tensor<?x?x3x8xf32>, tensor<?x?x3x8xf32> -> tensor<?x?x4x8xf32>
  return
}
// -----
func.func @f(%q: tensor<?x?x4x8xf32>, %k: tensor<?x?x0x8xf32>, %v: tensor<?x?x0x8xf32>) {
  // expected-error @+1 {{'emo.attention' op expects Hq to be a multiple of Hkv, got 4 and 0}}
  %y = emo.attention %q, %k, %v {scale = 0.5 : f64} : tensor<?x?x4x8xf32>, tensor<?x?x0x8xf32>, tensor<?x?x0x8xf32> -> tensor<?x?x4x8xf32>
  return
}
// -----
// C5
func.func @f(%q: tensor<?x?x4x8xf32>, %k: tensor<?x?x2x8xf32>, %v: tensor<?x?x2x8xf32>, %kc: tensor<?x2x?x8xf32>, %vc: tensor<?x2x?x8xf32>, %n: tensor<?xi32>) {
  // expected-error @+1 {{'emo.attention' op expects 'new_key_cache' of the cache's type 'tensor<?x2x?x8xf32>', got 'tensor<?x2x?x8xf64>'}}
  %y, %a, %b = emo.attention %q, %k, %v cache(%kc, %vc, %n : tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>, tensor<?xi32>) {scale = 0.5 : f64} : tensor<?x?x4x8xf32>, tensor<?x?x2x8xf32>, tensor<?x?x2x8xf32> -> tensor<?x?x4x8xf32>, tensor<?x2x?x8xf64>, tensor<?x2x?x8xf32>
  return
}
// -----
func.func @f(%q: tensor<?x?x4x8xf32>, %k: tensor<?x?x2x8xf32>, %v: tensor<?x?x2x8xf32>, %kc: tensor<?x2x?x8xf32>, %vc: tensor<?x2x?x8xf32>, %n: tensor<?xi32>) {
  // expected-error @+1 {{'emo.attention' op expects 'new_value_cache' of the cache's type 'tensor<?x2x?x8xf32>', got 'tensor<?x2x9x8xf32>'}}
  %y, %a, %b = emo.attention %q, %k, %v cache(%kc, %vc, %n : tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>, tensor<?xi32>) {scale = 0.5 : f64} : tensor<?x?x4x8xf32>, tensor<?x?x2x8xf32>, tensor<?x?x2x8xf32> -> tensor<?x?x4x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x9x8xf32>
  return
}
// -----
// C6
func.func @f(%q: tensor<?x?x4x8xf32>, %k: tensor<?x?x2x8xf32>, %v: tensor<?x?x2x8xf32>) {
  // expected-error @+1 {{'emo.attention' op expects 'scale' to be finite, got INF}}
  %y = emo.attention %q, %k, %v {scale = 0x7FF0000000000000 : f64} : tensor<?x?x4x8xf32>, tensor<?x?x2x8xf32>, tensor<?x?x2x8xf32> -> tensor<?x?x4x8xf32>
  return
}
// -----
// emo.row_dot: C1
func.func @f(%a: tensor<?x4xf32>, %b: tensor<?x5xf32>) {
  // expected-error @+1 {{'emo.row_dot' op expects 'b' to be [T, H] with H = 4 from 'a', got 'tensor<?x5xf32>'}}
  %r = emo.row_dot %a, %b : tensor<?x4xf32>, tensor<?x5xf32> -> tensor<?xf32>
  return
}
// -----
// C2
func.func @f(%a: tensor<?x4xbf16>, %b: tensor<?x4xf64>) {
  // expected-error @+1 {{'emo.row_dot' op expects 'result' of elements 'f64', got 'tensor<?xf32>'}}
  %r = emo.row_dot %a, %b : tensor<?x4xbf16>, tensor<?x4xf64> -> tensor<?xf32>
  return
}
// -----
// emo.sample: C1
func.func @f(%l: tensor<?x8xf32>, %s: tensor<?x2xf32>) {
  // expected-error @+1 {{'emo.sample' op expects 'sampling' to be [B, 3], got 'tensor<?x2xf32>'}}
  %ids = emo.sample %l, %s : tensor<?x8xf32>, tensor<?x2xf32> -> tensor<?xi64>
  return
}
// -----
func.func @f(%l: tensor<4x8xf32>, %s: tensor<5x3xf32>) {
  // expected-error @+1 {{'emo.sample' op expects 'sampling' to be [B, 3] with B = 4 from 'logits', got 'tensor<5x3xf32>'}}
  %ids = emo.sample %l, %s : tensor<4x8xf32>, tensor<5x3xf32> -> tensor<?xi64>
  return
}
// -----
func.func @f(%l: tensor<?x8xf32>, %s: tensor<?x3xf32>) {
  // expected-error @+1 {{'emo.sample' op expects 'ids' to be [B], got 'tensor<?x1xi64>'}}
  %ids = emo.sample %l, %s : tensor<?x8xf32>, tensor<?x3xf32> -> tensor<?x1xi64>
  return
}
// -----
// C2
func.func @f(%l: tensor<?x0xf32>, %s: tensor<?x3xf32>) {
  // expected-error @+1 {{'emo.sample' op expects at least one logit a row, got 'tensor<?x0xf32>'}}
  %ids = emo.sample %l, %s : tensor<?x0xf32>, tensor<?x3xf32> -> tensor<?xi64>
  return
}
