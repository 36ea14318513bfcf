// RUN: emo-opt %s --split-input-file --verify-diagnostics
// Constraints of kernel ops, in the order of docs/dialect.md.

// All kernel ops: K1
func.func @f(%x: tensor<?x8xf32>, %w: tensor<8xf32>, %o0: tensor<?x8xf32>, %o1: tensor<?x8xf32>) {
  // expected-error @+1 {{'emo.kernel.rms_norm' op expects 1 out, got 2}}
  %r:2 = emo.kernel.rms_norm x(%x : tensor<?x8xf32>) weight(%w : tensor<8xf32>) outs(%o0, %o1 : tensor<?x8xf32>, tensor<?x8xf32>) {epsilon = 1.0e-6 : f64} -> tensor<?x8xf32>, tensor<?x8xf32>
  return
}
// -----
func.func @f(%x: tensor<?x8xf32>, %w: tensor<8xf32>, %o0: tensor<?x8xf32>, %o1: tensor<?x8xf32>) {
  // expected-error @+1 {{'emo.kernel.rms_norm' op expects 1 out, got 2}}
  emo.kernel.rms_norm x(%x : tensor<?x8xf32>) weight(%w : tensor<8xf32>) outs(%o0, %o1 : tensor<?x8xf32>, tensor<?x8xf32>) {epsilon = 1.0e-6 : f64}
  return
}
// -----
func.func @f(%x: vector<8xf32>, %w: tensor<8xf32>, %o0: tensor<?x8xf32>) {
  // expected-error @+1 {{'emo.kernel.rms_norm' op operand #0 must be ranked tensor or strided memref, but got 'vector<8xf32>'}}
  %r:1 = emo.kernel.rms_norm x(%x : vector<8xf32>) weight(%w : tensor<8xf32>) outs(%o0 : tensor<?x8xf32>) {epsilon = 1.0e-6 : f64} -> tensor<?x8xf32>
  return
}
// -----
func.func @f(%x: memref<?x8xf32, affine_map<(a, b) -> (b, a mod 2)>>, %w: memref<8xf32>, %o0: memref<?x8xf32>) {
  // expected-error @+1 {{'emo.kernel.rms_norm' op operand #0 must be ranked tensor or strided memref, but got 'memref<?x8xf32, affine_map<(d0, d1) -> (d1, d0 mod 2)>>'}}
  emo.kernel.rms_norm x(%x : memref<?x8xf32, affine_map<(a, b) -> (b, a mod 2)>>) weight(%w : memref<8xf32>) outs(%o0 : memref<?x8xf32>) {epsilon = 1.0e-6 : f64}
  return
}
// -----
// K2
func.func @f(%x: tensor<?x8xf32>, %w: memref<8xf32>, %o0: tensor<?x8xf32>) {
  // expected-error @+1 {{'emo.kernel.rms_norm' op expects tensors only or memrefs only, got 'tensor<?x8xf32>' and 'memref<8xf32>'}}
  %r:1 = emo.kernel.rms_norm x(%x : tensor<?x8xf32>) weight(%w : memref<8xf32>) outs(%o0 : tensor<?x8xf32>) {epsilon = 1.0e-6 : f64} -> tensor<?x8xf32>
  return
}
// -----
func.func @f(%x: memref<?x8xf32>, %w: memref<8xf32>, %o0: tensor<?x8xf32>) {
  // expected-error @+1 {{'emo.kernel.rms_norm' op expects tensors only or memrefs only, got 'tensor<?x8xf32>' and 'memref<?x8xf32>'}}
  %r:1 = emo.kernel.rms_norm x(%x : memref<?x8xf32>) weight(%w : memref<8xf32>) outs(%o0 : tensor<?x8xf32>) {epsilon = 1.0e-6 : f64} -> tensor<?x8xf32>
  return
}
// -----
// K3
func.func @f(%x: memref<?x8xf32>, %w: memref<8xf32>, %o0: memref<?x8xf32>) {
  // expected-error @+1 {{'emo.kernel.rms_norm' op expects no results on memrefs, got 1}}
  %r:1 = emo.kernel.rms_norm x(%x : memref<?x8xf32>) weight(%w : memref<8xf32>) outs(%o0 : memref<?x8xf32>) {epsilon = 1.0e-6 : f64} -> tensor<?x8xf32>
  return
}
// -----
func.func @f(%x: tensor<?x8xf32>, %w: tensor<8xf32>, %o0: tensor<?x8xf32>) {
  // expected-error @+1 {{'emo.kernel.rms_norm' op expects one result of each out's type ('tensor<?x8xf32>'), got ()}}
  emo.kernel.rms_norm x(%x : tensor<?x8xf32>) weight(%w : tensor<8xf32>) outs(%o0 : tensor<?x8xf32>) {epsilon = 1.0e-6 : f64}
  return
}
// -----
func.func @f(%x: tensor<?x8xf32>, %w: tensor<8xf32>, %o0: tensor<?x8xf32>) {
  // expected-error @+1 {{'emo.kernel.rms_norm' op expects one result of each out's type ('tensor<?x8xf32>'), got ('tensor<?x8xf64>')}}
  %r:1 = emo.kernel.rms_norm x(%x : tensor<?x8xf32>) weight(%w : tensor<8xf32>) outs(%o0 : tensor<?x8xf32>) {epsilon = 1.0e-6 : f64} -> tensor<?x8xf64>
  return
}
// -----
func.func @f(%x: tensor<?x8xf32>, %w: tensor<8xf32>, %o0: tensor<?x8xf32>) {
  // expected-error @+1 {{'emo.kernel.rms_norm' op expects one result of each out's type ('tensor<?x8xf32>'), got ('tensor<?x8xf32>', 'tensor<?x8xf32>')}}
  %r:2 = emo.kernel.rms_norm x(%x : tensor<?x8xf32>) weight(%w : tensor<8xf32>) outs(%o0 : tensor<?x8xf32>) {epsilon = 1.0e-6 : f64} -> tensor<?x8xf32>, tensor<?x8xf32>
  return
}
// -----
// emo.kernel.rms_norm: C1
func.func @f(%x: tensor<8xf32>, %w: tensor<8xf32>, %o0: tensor<?x8xf32>) {
  // expected-error @+1 {{'emo.kernel.rms_norm' op expects 'x' to be [M, H], got 'tensor<8xf32>'}}
  %r:1 = emo.kernel.rms_norm x(%x : tensor<8xf32>) weight(%w : tensor<8xf32>) outs(%o0 : tensor<?x8xf32>) {epsilon = 1.0e-6 : f64} -> tensor<?x8xf32>
  return
}
// -----
func.func @f(%x: tensor<?x8xf32>, %w: tensor<1x8xf32>, %o0: tensor<?x8xf32>) {
  // expected-error @+1 {{'emo.kernel.rms_norm' op expects 'weight' to be [H], got 'tensor<1x8xf32>'}}
  %r:1 = emo.kernel.rms_norm x(%x : tensor<?x8xf32>) weight(%w : tensor<1x8xf32>) outs(%o0 : tensor<?x8xf32>) {epsilon = 1.0e-6 : f64} -> tensor<?x8xf32>
  return
}
// -----
func.func @f(%x: tensor<?x8xf32>, %w: tensor<7xf32>, %o0: tensor<?x8xf32>) {
  // expected-error @+1 {{'emo.kernel.rms_norm' op expects 'weight' to be [H] with H = 8 from 'x', got 'tensor<7xf32>'}}
  %r:1 = emo.kernel.rms_norm x(%x : tensor<?x8xf32>) weight(%w : tensor<7xf32>) outs(%o0 : tensor<?x8xf32>) {epsilon = 1.0e-6 : f64} -> tensor<?x8xf32>
  return
}
// -----
func.func @f(%x: tensor<?x8xf32>, %w: tensor<8xf32>, %o0: tensor<?xf32>) {
  // expected-error @+1 {{'emo.kernel.rms_norm' op expects 'out' to be [M, H], got 'tensor<?xf32>'}}
  %r:1 = emo.kernel.rms_norm x(%x : tensor<?x8xf32>) weight(%w : tensor<8xf32>) outs(%o0 : tensor<?xf32>) {epsilon = 1.0e-6 : f64} -> tensor<?xf32>
  return
}
// -----
func.func @f(%x: tensor<?x8xf32>, %w: tensor<8xf32>, %o0: tensor<?x7xf32>) {
  // expected-error @+1 {{'emo.kernel.rms_norm' op expects 'out' to be [M, H] with H = 8 from 'x', got 'tensor<?x7xf32>'}}
  %r:1 = emo.kernel.rms_norm x(%x : tensor<?x8xf32>) weight(%w : tensor<8xf32>) outs(%o0 : tensor<?x7xf32>) {epsilon = 1.0e-6 : f64} -> tensor<?x7xf32>
  return
}
// -----
func.func @f(%x: tensor<2x8xf32>, %w: tensor<8xf32>, %o0: tensor<3x8xf32>) {
  // expected-error @+1 {{'emo.kernel.rms_norm' op expects 'out' to be [M, H] with M = 2 from 'x', got 'tensor<3x8xf32>'}}
  %r:1 = emo.kernel.rms_norm x(%x : tensor<2x8xf32>) weight(%w : tensor<8xf32>) outs(%o0 : tensor<3x8xf32>) {epsilon = 1.0e-6 : f64} -> tensor<3x8xf32>
  return
}
// -----
// C2
func.func @f(%x: tensor<?x8xi32>, %w: tensor<8xf32>, %o0: tensor<?x8xf32>) {
  // expected-error @+1 {{'emo.kernel.rms_norm' op expects 'x' of elements f16, bf16, f32 or f64, got 'tensor<?x8xi32>'}}
  %r:1 = emo.kernel.rms_norm x(%x : tensor<?x8xi32>) weight(%w : tensor<8xf32>) outs(%o0 : tensor<?x8xf32>) {epsilon = 1.0e-6 : f64} -> tensor<?x8xf32>
  return
}
// -----
func.func @f(%x: tensor<?x8xf32>, %w: tensor<8xf80>, %o0: tensor<?x8xf32>) {
  // expected-error @+1 {{'emo.kernel.rms_norm' op expects 'weight' of elements f16, bf16, f32 or f64, got 'tensor<8xf80>'}}
  %r:1 = emo.kernel.rms_norm x(%x : tensor<?x8xf32>) weight(%w : tensor<8xf80>) outs(%o0 : tensor<?x8xf32>) {epsilon = 1.0e-6 : f64} -> tensor<?x8xf32>
  return
}
// -----
func.func @f(%x: tensor<?x8xf32>, %w: tensor<8xf32>, %o0: tensor<?x8xi8>) {
  // expected-error @+1 {{'emo.kernel.rms_norm' op expects 'out' of elements f16, bf16, f32 or f64, got 'tensor<?x8xi8>'}}
  %r:1 = emo.kernel.rms_norm x(%x : tensor<?x8xf32>) weight(%w : tensor<8xf32>) outs(%o0 : tensor<?x8xi8>) {epsilon = 1.0e-6 : f64} -> tensor<?x8xi8>
  return
}
// -----
// C3
func.func @f(%x: tensor<?x8xf32>, %w: tensor<8xf32>, %o0: tensor<?x8xf32>) {
  // expected-error @+1 {{'emo.kernel.rms_norm' op expects 'epsilon' to be finite and at least 0, got -1.000000e+00}}
  %r:1 = emo.kernel.rms_norm x(%x : tensor<?x8xf32>) weight(%w : tensor<8xf32>) outs(%o0 : tensor<?x8xf32>) {epsilon = -1.0 : f64} -> tensor<?x8xf32>
  return
}
// -----
func.func @f(%x: tensor<?x8xf32>, %w: tensor<8xf32>, %o0: tensor<?x8xf32>) {
  // expected-error @+1 {{'emo.kernel.rms_norm' op expects 'epsilon' to be finite and at least 0, got nan}}
  %r:1 = emo.kernel.rms_norm x(%x : tensor<?x8xf32>) weight(%w : tensor<8xf32>) outs(%o0 : tensor<?x8xf32>) {epsilon = 0x7FF8000000000000 : f64} -> tensor<?x8xf32>
  return
}
// -----
// emo.kernel.matmul: outs.
func.func @f(%l: tensor<?x8xf32>, %w: tensor<16x8xf32>) {
  // expected-error @+1 {{'emo.kernel.matmul' op expects at least 1 out, got 0}}
  "emo.kernel.matmul"(%l, %w) <{accumulators = 1 : i64, kinds = [], operandSegmentSizes = array<i32: 1, 1, 0, 0, 0, 0>}> ({
  ^bb0(%a: f32):
    emo.kernel.yield %a : f32
  }) : (tensor<?x8xf32>, tensor<16x8xf32>) -> ()
  return
}
// -----
// C1
func.func @f(%l: tensor<?x8xf32>, %w0: tensor<16x8xf32>, %o0: tensor<?x16xf32>) {
  // expected-error @+1 {{'emo.kernel.matmul' op expects 'accumulators' between 1 and 2, got 0}}
  %r:1 = emo.kernel.matmul lhs(%l : tensor<?x8xf32>) weights(%w0 : tensor<16x8xf32>) outs(%o0 : tensor<?x16xf32>) attributes {accumulators = 0 : i64, kinds = []} {
  ^bb0(%a: f32):
    emo.kernel.yield %a : f32
  } -> tensor<?x16xf32>
  return
}
// -----
func.func @f(%l: tensor<?x8xf32>, %w0: tensor<16x8xf32>, %o0: tensor<?x16xf32>) {
  // expected-error @+1 {{'emo.kernel.matmul' op expects 'accumulators' between 1 and 2, got 3}}
  %r:1 = emo.kernel.matmul lhs(%l : tensor<?x8xf32>) weights(%w0 : tensor<16x8xf32>) outs(%o0 : tensor<?x16xf32>) attributes {accumulators = 3 : i64, kinds = []} {
  ^bb0(%a: f32):
    emo.kernel.yield %a : f32
  } -> tensor<?x16xf32>
  return
}
// -----
func.func @f(%l: tensor<?x8xf32>, %w0: tensor<16x8xf32>, %w1: tensor<16x8xf32>, %o0: tensor<?x16xf32>) {
  // expected-error @+1 {{'emo.kernel.matmul' op expects 1 of 'weights', one an accumulator, got 2}}
  %r:1 = emo.kernel.matmul lhs(%l : tensor<?x8xf32>) weights(%w0, %w1 : tensor<16x8xf32>, tensor<16x8xf32>) outs(%o0 : tensor<?x16xf32>) attributes {accumulators = 1 : i64, kinds = []} {
  ^bb0(%a: f32):
    emo.kernel.yield %a : f32
  } -> tensor<?x16xf32>
  return
}
// -----
func.func @f(%l: tensor<?x8xf32>, %w0: tensor<1x1x8x32xf32>, %w1: tensor<1x1x8x32xf32>, %o0: tensor<?x16xf32>) {
  // expected-error @+1 {{'emo.kernel.matmul' op expects 1 of 'weights' when packed, got 2}}
  %r:1 = emo.kernel.matmul lhs(%l : tensor<?x8xf32>) weights(%w0, %w1 : tensor<1x1x8x32xf32>, tensor<1x1x8x32xf32>) outs(%o0 : tensor<?x16xf32>) attributes {accumulators = 2 : i64, kinds = [], packed} {
  ^bb0(%a: f32, %b: f32):
    emo.kernel.yield %a : f32
  } -> tensor<?x16xf32>
  return
}
// -----
func.func @f(%l: tensor<?x8xf32>, %o: tensor<?x16xf32>) {
  // expected-error @+1 {{'emo.kernel.matmul' op expects 1 of 'weights', one an accumulator, got 0}}
  %r = "emo.kernel.matmul"(%l, %o) <{accumulators = 1 : i64, kinds = [], operandSegmentSizes = array<i32: 1, 0, 0, 0, 0, 1>}> ({
  ^bb0(%a: f32):
    emo.kernel.yield %a : f32
  }) : (tensor<?x8xf32>, tensor<?x16xf32>) -> tensor<?x16xf32>
  return
}
// -----
// C2
func.func @f(%l: tensor<?x8xf32>, %w0: tensor<16x8xf32>, %e0: tensor<16xf32>, %o0: tensor<?x16xf32>) {
  // expected-error @+1 {{'emo.kernel.matmul' op expects one of 'kinds' for each of 'extras', got 0 and 1}}
  %r:1 = emo.kernel.matmul lhs(%l : tensor<?x8xf32>) weights(%w0 : tensor<16x8xf32>) extras(%e0 : tensor<16xf32>) outs(%o0 : tensor<?x16xf32>) attributes {accumulators = 1 : i64, kinds = []} {
  ^bb0(%a: f32, %b: f32):
    emo.kernel.yield %a : f32
  } -> tensor<?x16xf32>
  return
}
// -----
func.func @f(%l: tensor<?x8xf32>, %w0: tensor<16x8xf32>, %o0: tensor<?x16xf32>) {
  // expected-error @+1 {{'emo.kernel.matmul' op expects one of 'kinds' for each of 'extras', got 1 and 0}}
  %r:1 = emo.kernel.matmul lhs(%l : tensor<?x8xf32>) weights(%w0 : tensor<16x8xf32>) outs(%o0 : tensor<?x16xf32>) attributes {accumulators = 1 : i64, kinds = [#emo.kind<column>]} {
  ^bb0(%a: f32):
    emo.kernel.yield %a : f32
  } -> tensor<?x16xf32>
  return
}
// -----
func.func @f(%l: tensor<8xf32>, %w0: tensor<16x8xf32>, %o0: tensor<?x16xf32>) {
  // expected-error @+1 {{'emo.kernel.matmul' op expects 'lhs' to be [M, K], got 'tensor<8xf32>'}}
  %r:1 = emo.kernel.matmul lhs(%l : tensor<8xf32>) weights(%w0 : tensor<16x8xf32>) outs(%o0 : tensor<?x16xf32>) attributes {accumulators = 1 : i64, kinds = []} {
  ^bb0(%a: f32):
    emo.kernel.yield %a : f32
  } -> tensor<?x16xf32>
  return
}
// -----
func.func @f(%l: tensor<?x8xf32>, %w0: tensor<16x8xf32>, %g: tensor<?x1xi32>, %o0: tensor<?x16xf32>) {
  // expected-error @+1 {{'emo.kernel.matmul' op expects 'gather' to be [M], got 'tensor<?x1xi32>'}}
  %r:1 = emo.kernel.matmul lhs(%l : tensor<?x8xf32>) weights(%w0 : tensor<16x8xf32>) gather(%g : tensor<?x1xi32>) outs(%o0 : tensor<?x16xf32>) attributes {accumulators = 1 : i64, kinds = []} {
  ^bb0(%a: f32):
    emo.kernel.yield %a : f32
  } -> tensor<?x16xf32>
  return
}
// -----
func.func @f(%l: tensor<?x8xf32>, %w0: tensor<4x16x8xf32>, %off: tensor<?x1xi32>, %o0: tensor<?x16xf32>) {
  // expected-error @+1 {{'emo.kernel.matmul' op expects 'offsets' to be [E + 1], got 'tensor<?x1xi32>'}}
  %r:1 = emo.kernel.matmul lhs(%l : tensor<?x8xf32>) weights(%w0 : tensor<4x16x8xf32>) offsets(%off : tensor<?x1xi32>) outs(%o0 : tensor<?x16xf32>) attributes {accumulators = 1 : i64, kinds = []} {
  ^bb0(%a: f32):
    emo.kernel.yield %a : f32
  } -> tensor<?x16xf32>
  return
}
// -----
func.func @f(%l: tensor<?x8xf32>, %w0: tensor<4x16x8xf32>, %off: tensor<0xi32>, %o0: tensor<?x16xf32>) {
  // expected-error @+1 {{'emo.kernel.matmul' op expects 'offsets' to be [E + 1], got 'tensor<0xi32>'}}
  %r:1 = emo.kernel.matmul lhs(%l : tensor<?x8xf32>) weights(%w0 : tensor<4x16x8xf32>) offsets(%off : tensor<0xi32>) outs(%o0 : tensor<?x16xf32>) attributes {accumulators = 1 : i64, kinds = []} {
  ^bb0(%a: f32):
    emo.kernel.yield %a : f32
  } -> tensor<?x16xf32>
  return
}
// -----
func.func @f(%l: tensor<?x8xf32>, %w0: tensor<8xf32>, %o0: tensor<?x16xf32>) {
  // expected-error @+1 {{'emo.kernel.matmul' op expects 'weights' to be [N, K], got 'tensor<8xf32>'}}
  %r:1 = emo.kernel.matmul lhs(%l : tensor<?x8xf32>) weights(%w0 : tensor<8xf32>) outs(%o0 : tensor<?x16xf32>) attributes {accumulators = 1 : i64, kinds = []} {
  ^bb0(%a: f32):
    emo.kernel.yield %a : f32
  } -> tensor<?x16xf32>
  return
}
// -----
func.func @f(%l: tensor<?x8xf32>, %w0: tensor<16x7xf32>, %o0: tensor<?x16xf32>) {
  // expected-error @+1 {{'emo.kernel.matmul' op expects 'weights' to be [N, K] with K = 8 from 'lhs', got 'tensor<16x7xf32>'}}
  %r:1 = emo.kernel.matmul lhs(%l : tensor<?x8xf32>) weights(%w0 : tensor<16x7xf32>) outs(%o0 : tensor<?x16xf32>) attributes {accumulators = 1 : i64, kinds = []} {
  ^bb0(%a: f32):
    emo.kernel.yield %a : f32
  } -> tensor<?x16xf32>
  return
}
// -----
func.func @f(%l: tensor<?x8xf32>, %w0: tensor<4x16x8xf32>, %o0: tensor<?x16xf32>) {
  // expected-error @+1 {{'emo.kernel.matmul' op expects 'weights' to be [N, K], got 'tensor<4x16x8xf32>'}}
  %r:1 = emo.kernel.matmul lhs(%l : tensor<?x8xf32>) weights(%w0 : tensor<4x16x8xf32>) outs(%o0 : tensor<?x16xf32>) attributes {accumulators = 1 : i64, kinds = []} {
  ^bb0(%a: f32):
    emo.kernel.yield %a : f32
  } -> tensor<?x16xf32>
  return
}
// -----
func.func @f(%l: tensor<?x8xf32>, %w0: tensor<16x8xf32>, %off: tensor<5xi32>, %o0: tensor<?x16xf32>) {
  // expected-error @+1 {{'emo.kernel.matmul' op expects 'weights' to be [E, N, K], got 'tensor<16x8xf32>'}}
  %r:1 = emo.kernel.matmul lhs(%l : tensor<?x8xf32>) weights(%w0 : tensor<16x8xf32>) offsets(%off : tensor<5xi32>) outs(%o0 : tensor<?x16xf32>) attributes {accumulators = 1 : i64, kinds = []} {
  ^bb0(%a: f32):
    emo.kernel.yield %a : f32
  } -> tensor<?x16xf32>
  return
}
// -----
func.func @f(%l: tensor<?x8xf32>, %w0: tensor<3x16x8xf32>, %off: tensor<5xi32>, %o0: tensor<?x16xf32>) {
  // expected-error @+1 {{'emo.kernel.matmul' op expects 'weights' to be [E, N, K] with E = 4 from 'offsets', got 'tensor<3x16x8xf32>'}}
  %r:1 = emo.kernel.matmul lhs(%l : tensor<?x8xf32>) weights(%w0 : tensor<3x16x8xf32>) offsets(%off : tensor<5xi32>) outs(%o0 : tensor<?x16xf32>) attributes {accumulators = 1 : i64, kinds = []} {
  ^bb0(%a: f32):
    emo.kernel.yield %a : f32
  } -> tensor<?x16xf32>
  return
}
// -----
func.func @f(%l: tensor<?x8xf32>, %w0: tensor<16x8xf32>, %w1: tensor<15x8xf32>, %o0: tensor<?x16xf32>) {
  // expected-error @+1 {{'emo.kernel.matmul' op expects 'weights' to be [N, K] with N = 16 from 'weights', got 'tensor<15x8xf32>'}}
  %r:1 = emo.kernel.matmul lhs(%l : tensor<?x8xf32>) weights(%w0, %w1 : tensor<16x8xf32>, tensor<15x8xf32>) outs(%o0 : tensor<?x16xf32>) attributes {accumulators = 2 : i64, kinds = []} {
  ^bb0(%a: f32, %b: f32):
    emo.kernel.yield %a : f32
  } -> tensor<?x16xf32>
  return
}
// -----
func.func @f(%l: tensor<?x8xf32>, %w0: tensor<16x8xf32>, %o0: tensor<16xf32>) {
  // expected-error @+1 {{'emo.kernel.matmul' op expects 'outs' to be [M, N], got 'tensor<16xf32>'}}
  %r:1 = emo.kernel.matmul lhs(%l : tensor<?x8xf32>) weights(%w0 : tensor<16x8xf32>) outs(%o0 : tensor<16xf32>) attributes {accumulators = 1 : i64, kinds = []} {
  ^bb0(%a: f32):
    emo.kernel.yield %a : f32
  } -> tensor<16xf32>
  return
}
// -----
func.func @f(%l: tensor<?x8xf32>, %w0: tensor<16x8xf32>, %o0: tensor<?x15xf32>) {
  // expected-error @+1 {{'emo.kernel.matmul' op expects 'outs' to be [M, N] with N = 16 from 'weights', got 'tensor<?x15xf32>'}}
  %r:1 = emo.kernel.matmul lhs(%l : tensor<?x8xf32>) weights(%w0 : tensor<16x8xf32>) outs(%o0 : tensor<?x15xf32>) attributes {accumulators = 1 : i64, kinds = []} {
  ^bb0(%a: f32):
    emo.kernel.yield %a : f32
  } -> tensor<?x15xf32>
  return
}
// -----
func.func @f(%l: tensor<2x8xf32>, %w0: tensor<16x8xf32>, %o0: tensor<3x16xf32>) {
  // expected-error @+1 {{'emo.kernel.matmul' op expects 'outs' to be [M, N] with M = 2 from 'lhs', got 'tensor<3x16xf32>'}}
  %r:1 = emo.kernel.matmul lhs(%l : tensor<2x8xf32>) weights(%w0 : tensor<16x8xf32>) outs(%o0 : tensor<3x16xf32>) attributes {accumulators = 1 : i64, kinds = []} {
  ^bb0(%a: f32):
    emo.kernel.yield %a : f32
  } -> tensor<3x16xf32>
  return
}
// -----
func.func @f(%l: tensor<?x8xf32>, %w0: tensor<16x8xf32>, %g: tensor<2xi32>, %o0: tensor<3x16xf32>) {
  // expected-error @+1 {{'emo.kernel.matmul' op expects 'outs' to be [M, N] with M = 2 from 'gather', got 'tensor<3x16xf32>'}}
  %r:1 = emo.kernel.matmul lhs(%l : tensor<?x8xf32>) weights(%w0 : tensor<16x8xf32>) gather(%g : tensor<2xi32>) outs(%o0 : tensor<3x16xf32>) attributes {accumulators = 1 : i64, kinds = []} {
  ^bb0(%a: f32):
    emo.kernel.yield %a : f32
  } -> tensor<3x16xf32>
  return
}
// -----
func.func @f(%l: tensor<?x8xf32>, %w0: tensor<16x8xf32>, %o0: tensor<?x16xf32>, %o1: tensor<?x15xf32>) {
  // expected-error @+1 {{'emo.kernel.matmul' op expects 'outs' to be [M, N] with N = 16 from 'weights', got 'tensor<?x15xf32>'}}
  %r:2 = emo.kernel.matmul lhs(%l : tensor<?x8xf32>) weights(%w0 : tensor<16x8xf32>) outs(%o0, %o1 : tensor<?x16xf32>, tensor<?x15xf32>) attributes {accumulators = 1 : i64, kinds = []} {
  ^bb0(%a: f32):
    emo.kernel.yield %a : f32
  } -> tensor<?x16xf32>, tensor<?x15xf32>
  return
}
// -----
func.func @f(%l: tensor<?x8xf32>, %w0: tensor<16x8xf32>, %e0: tensor<1x16xf32>, %o0: tensor<?x16xf32>) {
  // expected-error @+1 {{'emo.kernel.matmul' op expects 'column' to be [N], got 'tensor<1x16xf32>'}}
  %r:1 = emo.kernel.matmul lhs(%l : tensor<?x8xf32>) weights(%w0 : tensor<16x8xf32>) extras(%e0 : tensor<1x16xf32>) outs(%o0 : tensor<?x16xf32>) attributes {accumulators = 1 : i64, kinds = [#emo.kind<column>]} {
  ^bb0(%a: f32, %b: f32):
    emo.kernel.yield %a : f32
  } -> tensor<?x16xf32>
  return
}
// -----
func.func @f(%l: tensor<?x8xf32>, %w0: tensor<16x8xf32>, %e0: tensor<15xf32>, %o0: tensor<?x16xf32>) {
  // expected-error @+1 {{'emo.kernel.matmul' op expects 'column' to be [N] with N = 16 from 'weights', got 'tensor<15xf32>'}}
  %r:1 = emo.kernel.matmul lhs(%l : tensor<?x8xf32>) weights(%w0 : tensor<16x8xf32>) extras(%e0 : tensor<15xf32>) outs(%o0 : tensor<?x16xf32>) attributes {accumulators = 1 : i64, kinds = [#emo.kind<column>]} {
  ^bb0(%a: f32, %b: f32):
    emo.kernel.yield %a : f32
  } -> tensor<?x16xf32>
  return
}
// -----
func.func @f(%l: tensor<?x8xf32>, %w0: tensor<4x16x8xf32>, %off: tensor<5xi32>, %e0: tensor<16xf32>, %o0: tensor<?x16xf32>) {
  // expected-error @+1 {{'emo.kernel.matmul' op expects 'column' to be [E, N], got 'tensor<16xf32>'}}
  %r:1 = emo.kernel.matmul lhs(%l : tensor<?x8xf32>) weights(%w0 : tensor<4x16x8xf32>) offsets(%off : tensor<5xi32>) extras(%e0 : tensor<16xf32>) outs(%o0 : tensor<?x16xf32>) attributes {accumulators = 1 : i64, kinds = [#emo.kind<column>]} {
  ^bb0(%a: f32, %b: f32):
    emo.kernel.yield %a : f32
  } -> tensor<?x16xf32>
  return
}
// -----
func.func @f(%l: tensor<?x8xf32>, %w0: tensor<4x16x8xf32>, %off: tensor<5xi32>, %e0: tensor<3x16xf32>, %o0: tensor<?x16xf32>) {
  // expected-error @+1 {{'emo.kernel.matmul' op expects 'column' to be [E, N] with E = 4 from 'offsets', got 'tensor<3x16xf32>'}}
  %r:1 = emo.kernel.matmul lhs(%l : tensor<?x8xf32>) weights(%w0 : tensor<4x16x8xf32>) offsets(%off : tensor<5xi32>) extras(%e0 : tensor<3x16xf32>) outs(%o0 : tensor<?x16xf32>) attributes {accumulators = 1 : i64, kinds = [#emo.kind<column>]} {
  ^bb0(%a: f32, %b: f32):
    emo.kernel.yield %a : f32
  } -> tensor<?x16xf32>
  return
}
// -----
func.func @f(%l: tensor<?x8xf32>, %w0: tensor<16x8xf32>, %e0: tensor<?x16xf32>, %o0: tensor<?x16xf32>) {
  // expected-error @+1 {{'emo.kernel.matmul' op expects 'row' to be [M], got 'tensor<?x16xf32>'}}
  %r:1 = emo.kernel.matmul lhs(%l : tensor<?x8xf32>) weights(%w0 : tensor<16x8xf32>) extras(%e0 : tensor<?x16xf32>) outs(%o0 : tensor<?x16xf32>) attributes {accumulators = 1 : i64, kinds = [#emo.kind<row>]} {
  ^bb0(%a: f32, %b: f32):
    emo.kernel.yield %a : f32
  } -> tensor<?x16xf32>
  return
}
// -----
func.func @f(%l: tensor<2x8xf32>, %w0: tensor<16x8xf32>, %e0: tensor<3xf32>, %o0: tensor<2x16xf32>) {
  // expected-error @+1 {{'emo.kernel.matmul' op expects 'row' to be [M] with M = 2 from 'lhs', got 'tensor<3xf32>'}}
  %r:1 = emo.kernel.matmul lhs(%l : tensor<2x8xf32>) weights(%w0 : tensor<16x8xf32>) extras(%e0 : tensor<3xf32>) outs(%o0 : tensor<2x16xf32>) attributes {accumulators = 1 : i64, kinds = [#emo.kind<row>]} {
  ^bb0(%a: f32, %b: f32):
    emo.kernel.yield %a : f32
  } -> tensor<2x16xf32>
  return
}
// -----
func.func @f(%l: tensor<?x8xf32>, %w0: tensor<16x8xf32>, %e0: tensor<16xf32>, %o0: tensor<?x16xf32>) {
  // expected-error @+1 {{'emo.kernel.matmul' op expects 'element' to be [M, N], got 'tensor<16xf32>'}}
  %r:1 = emo.kernel.matmul lhs(%l : tensor<?x8xf32>) weights(%w0 : tensor<16x8xf32>) extras(%e0 : tensor<16xf32>) outs(%o0 : tensor<?x16xf32>) attributes {accumulators = 1 : i64, kinds = [#emo.kind<element>]} {
  ^bb0(%a: f32, %b: f32):
    emo.kernel.yield %a : f32
  } -> tensor<?x16xf32>
  return
}
// -----
func.func @f(%l: tensor<?x8xf32>, %w0: tensor<16x8xf32>, %e0: tensor<?x15xf32>, %o0: tensor<?x16xf32>) {
  // expected-error @+1 {{'emo.kernel.matmul' op expects 'element' to be [M, N] with N = 16 from 'weights', got 'tensor<?x15xf32>'}}
  %r:1 = emo.kernel.matmul lhs(%l : tensor<?x8xf32>) weights(%w0 : tensor<16x8xf32>) extras(%e0 : tensor<?x15xf32>) outs(%o0 : tensor<?x16xf32>) attributes {accumulators = 1 : i64, kinds = [#emo.kind<element>]} {
  ^bb0(%a: f32, %b: f32):
    emo.kernel.yield %a : f32
  } -> tensor<?x16xf32>
  return
}
// -----
func.func @f(%l: tensor<?x8xf32>, %w0: tensor<16x8xf32>, %o0: tensor<?x16xf32>) {
  // expected-error @+1 {{custom op 'emo.kernel.matmul' 'emo.kernel.matmul' op attribute 'kinds' failed to satisfy constraint: operand kinds}}
  %r:1 = emo.kernel.matmul lhs(%l : tensor<?x8xf32>) weights(%w0 : tensor<16x8xf32>) outs(%o0 : tensor<?x16xf32>) attributes {accumulators = 1 : i64, kinds = [1 : i64]} {
  ^bb0(%a: f32):
    emo.kernel.yield %a : f32
  } -> tensor<?x16xf32>
  return
}
// -----
// C3
func.func @f(%l: tensor<?x8xi32>, %w0: tensor<16x8xf32>, %o0: tensor<?x16xf32>) {
  // expected-error @+1 {{'emo.kernel.matmul' op expects 'lhs' of elements f16, bf16, f32 or f64, got 'tensor<?x8xi32>'}}
  %r:1 = emo.kernel.matmul lhs(%l : tensor<?x8xi32>) weights(%w0 : tensor<16x8xf32>) outs(%o0 : tensor<?x16xf32>) attributes {accumulators = 1 : i64, kinds = []} {
  ^bb0(%a: f32):
    emo.kernel.yield %a : f32
  } -> tensor<?x16xf32>
  return
}
// -----
func.func @f(%l: tensor<?x8xf32>, %w0: tensor<16x8xf32>, %g: tensor<?xi64>, %o0: tensor<?x16xf32>) {
  // expected-error @+1 {{'emo.kernel.matmul' op expects 'gather' of elements 'i32', got 'tensor<?xi64>'}}
  %r:1 = emo.kernel.matmul lhs(%l : tensor<?x8xf32>) weights(%w0 : tensor<16x8xf32>) gather(%g : tensor<?xi64>) outs(%o0 : tensor<?x16xf32>) attributes {accumulators = 1 : i64, kinds = []} {
  ^bb0(%a: f32):
    emo.kernel.yield %a : f32
  } -> tensor<?x16xf32>
  return
}
// -----
func.func @f(%l: tensor<?x8xf32>, %w0: tensor<4x16x8xf32>, %off: tensor<5xi64>, %o0: tensor<?x16xf32>) {
  // expected-error @+1 {{'emo.kernel.matmul' op expects 'offsets' of elements 'i32', got 'tensor<5xi64>'}}
  %r:1 = emo.kernel.matmul lhs(%l : tensor<?x8xf32>) weights(%w0 : tensor<4x16x8xf32>) offsets(%off : tensor<5xi64>) outs(%o0 : tensor<?x16xf32>) attributes {accumulators = 1 : i64, kinds = []} {
  ^bb0(%a: f32):
    emo.kernel.yield %a : f32
  } -> tensor<?x16xf32>
  return
}
// -----
func.func @f(%l: tensor<?x8xf32>, %w0: tensor<16x8xbf16>, %o0: tensor<?x16xf32>) {
  // expected-error @+1 {{'emo.kernel.matmul' op expects 'weights' of elements 'f32', got 'tensor<16x8xbf16>'}}
  %r:1 = emo.kernel.matmul lhs(%l : tensor<?x8xf32>) weights(%w0 : tensor<16x8xbf16>) outs(%o0 : tensor<?x16xf32>) attributes {accumulators = 1 : i64, kinds = []} {
  ^bb0(%a: f32):
    emo.kernel.yield %a : f32
  } -> tensor<?x16xf32>
  return
}
// -----
// C4
func.func @f(%l: tensor<?x8xf32>, %w0: tensor<16x8xf32>, %o0: tensor<?x16xf32>) {
  // expected-error @+1 {{'emo.kernel.matmul' op expects 'weights' packed as 'tensor<1x1x8x32xf32>', got 'tensor<16x8xf32>'}}
  %r:1 = emo.kernel.matmul lhs(%l : tensor<?x8xf32>) weights(%w0 : tensor<16x8xf32>) outs(%o0 : tensor<?x16xf32>) attributes {accumulators = 1 : i64, kinds = [], packed} {
  ^bb0(%a: f32):
    emo.kernel.yield %a : f32
  } -> tensor<?x16xf32>
  return
}
// -----
func.func @f(%l: tensor<?x8xf32>, %w0: tensor<2x1x8x32xf32>, %o0: tensor<?x16xf32>) {
  // expected-error @+1 {{'emo.kernel.matmul' op expects 'weights' packed as 'tensor<1x1x8x32xf32>', got 'tensor<2x1x8x32xf32>'}}
  %r:1 = emo.kernel.matmul lhs(%l : tensor<?x8xf32>) weights(%w0 : tensor<2x1x8x32xf32>) outs(%o0 : tensor<?x16xf32>) attributes {accumulators = 1 : i64, kinds = [], packed} {
  ^bb0(%a: f32):
    emo.kernel.yield %a : f32
  } -> tensor<?x16xf32>
  return
}
// -----
func.func @f(%l: tensor<?x8xf32>, %w0: tensor<1x2x8x32xf32>, %o0: tensor<?x16xf32>) {
  // expected-error @+1 {{'emo.kernel.matmul' op expects 'weights' packed as 'tensor<1x1x8x32xf32>', got 'tensor<1x2x8x32xf32>'}}
  %r:1 = emo.kernel.matmul lhs(%l : tensor<?x8xf32>) weights(%w0 : tensor<1x2x8x32xf32>) outs(%o0 : tensor<?x16xf32>) attributes {accumulators = 1 : i64, kinds = [], packed} {
  ^bb0(%a: f32):
    emo.kernel.yield %a : f32
  } -> tensor<?x16xf32>
  return
}
// -----
func.func @f(%l: tensor<?x8xf32>, %w0: tensor<1x1x8x16xf32>, %o0: tensor<?x16xf32>) {
  // expected-error @+1 {{'emo.kernel.matmul' op expects 'weights' packed as 'tensor<1x1x8x32xf32>', got 'tensor<1x1x8x16xf32>'}}
  %r:1 = emo.kernel.matmul lhs(%l : tensor<?x8xf32>) weights(%w0 : tensor<1x1x8x16xf32>) outs(%o0 : tensor<?x16xf32>) attributes {accumulators = 1 : i64, kinds = [], packed} {
  ^bb0(%a: f32):
    emo.kernel.yield %a : f32
  } -> tensor<?x16xf32>
  return
}
// -----
func.func @f(%l: tensor<?x8xf64>, %w0: tensor<1x1x8x32xf64>, %o0: tensor<?x16xf32>) {
  // expected-error @+1 {{'emo.kernel.matmul' op expects 'weights' of elements 'f32' or 'bf16', got 'tensor<1x1x8x32xf64>'}}
  %r:1 = emo.kernel.matmul lhs(%l : tensor<?x8xf64>) weights(%w0 : tensor<1x1x8x32xf64>) outs(%o0 : tensor<?x16xf32>) attributes {accumulators = 1 : i64, kinds = [], packed} {
  ^bb0(%a: f64):
    %b = arith.truncf %a : f64 to f32
    emo.kernel.yield %b : f32
  } -> tensor<?x16xf32>
  return
}
// -----
func.func @f(%l: tensor<?x8xbf16>, %w0: tensor<1x1x8x32xbf16>, %o0: tensor<?x16xf32>) {
  // expected-error @+1 {{'emo.kernel.matmul' op expects 'weights' packed as 'tensor<1x1x1x1024xbf16>', got 'tensor<1x1x8x32xbf16>'}}
  %r:1 = emo.kernel.matmul lhs(%l : tensor<?x8xbf16>) weights(%w0 : tensor<1x1x8x32xbf16>) outs(%o0 : tensor<?x16xf32>) attributes {accumulators = 1 : i64, kinds = [], packed} {
  ^bb0(%a: f32):
    emo.kernel.yield %a : f32
  } -> tensor<?x16xf32>
  return
}
// -----
func.func @f(%l: tensor<?x8xf32>, %w0: tensor<1x2x8x32xf32>, %o0: tensor<?x16xf32>) {
  // expected-error @+1 {{'emo.kernel.matmul' op expects 'weights' packed as 'tensor<1x1x8x32xf32>', got 'tensor<1x2x8x32xf32>'}}
  %r:1 = emo.kernel.matmul lhs(%l : tensor<?x8xf32>) weights(%w0 : tensor<1x2x8x32xf32>) outs(%o0 : tensor<?x16xf32>) attributes {accumulators = 2 : i64, kinds = [], packed} {
  ^bb0(%a: f32, %b: f32):
    emo.kernel.yield %a : f32
  } -> tensor<?x16xf32>
  return
}
// -----
func.func @f(%l: tensor<?x8xf32>, %w0: tensor<3x1x8x32xf32>, %off: tensor<5xi32>, %o0: tensor<?x16xf32>) {
  // expected-error @+1 {{'emo.kernel.matmul' op expects 'weights' packed as 'tensor<4x1x8x32xf32>', got 'tensor<3x1x8x32xf32>'}}
  %r:1 = emo.kernel.matmul lhs(%l : tensor<?x8xf32>) weights(%w0 : tensor<3x1x8x32xf32>) offsets(%off : tensor<5xi32>) outs(%o0 : tensor<?x16xf32>) attributes {accumulators = 1 : i64, kinds = [], packed} {
  ^bb0(%a: f32):
    emo.kernel.yield %a : f32
  } -> tensor<?x16xf32>
  return
}
// -----
// Epilogues: E1
func.func @f(%l: tensor<?x8xf32>, %w0: tensor<16x8xf32>, %o0: tensor<?x16xf32>) {
  // expected-error @+1 {{'emo.kernel.matmul' op expects a body with the arguments ('f32'), got ('f32', 'f32')}}
  %r:1 = emo.kernel.matmul lhs(%l : tensor<?x8xf32>) weights(%w0 : tensor<16x8xf32>) outs(%o0 : tensor<?x16xf32>) attributes {accumulators = 1 : i64, kinds = []} {
  ^bb0(%a: f32, %b: f32):
    emo.kernel.yield %a : f32
  } -> tensor<?x16xf32>
  return
}
// -----
func.func @f(%l: tensor<?x8xf32>, %w0: tensor<16x8xf32>, %o0: tensor<?x16xf32>) {
  // expected-error @+1 {{'emo.kernel.matmul' op expects a body with the arguments ('f32'), got ('bf16')}}
  %r:1 = emo.kernel.matmul lhs(%l : tensor<?x8xf32>) weights(%w0 : tensor<16x8xf32>) outs(%o0 : tensor<?x16xf32>) attributes {accumulators = 1 : i64, kinds = []} {
  ^bb0(%a: bf16):
    %b = arith.extf %a : bf16 to f32
    emo.kernel.yield %b : f32
  } -> tensor<?x16xf32>
  return
}
// -----
func.func @f(%l: tensor<?x8xf32>, %w0: tensor<16x8xf32>, %e0: tensor<16xbf16>, %o0: tensor<?x16xf32>) {
  // expected-error @+1 {{'emo.kernel.matmul' op expects a body with the arguments ('f32', 'bf16'), got ('f32', 'f32')}}
  %r:1 = emo.kernel.matmul lhs(%l : tensor<?x8xf32>) weights(%w0 : tensor<16x8xf32>) extras(%e0 : tensor<16xbf16>) outs(%o0 : tensor<?x16xf32>) attributes {accumulators = 1 : i64, kinds = [#emo.kind<column>]} {
  ^bb0(%a: f32, %b: f32):
    emo.kernel.yield %a : f32
  } -> tensor<?x16xf32>
  return
}
// -----
func.func @f(%l: tensor<?x8xf64>, %w0: tensor<16x8xf64>, %o0: tensor<?x16xf32>) {
  // expected-error @+1 {{'emo.kernel.matmul' op expects a body with the arguments ('f64'), got ('f32')}}
  %r:1 = emo.kernel.matmul lhs(%l : tensor<?x8xf64>) weights(%w0 : tensor<16x8xf64>) outs(%o0 : tensor<?x16xf32>) attributes {accumulators = 1 : i64, kinds = []} {
  ^bb0(%a: f32):
    emo.kernel.yield %a : f32
  } -> tensor<?x16xf32>
  return
}
// -----
func.func @f(%l: tensor<?x8xf32>, %w0: tensor<16x8xf32>, %o0: tensor<?x16xf32>) {
  // expected-error @+1 {{'emo.kernel.matmul' op expects a non-empty block}}
  %r:1 = emo.kernel.matmul lhs(%l : tensor<?x8xf32>) weights(%w0 : tensor<16x8xf32>) outs(%o0 : tensor<?x16xf32>) attributes {accumulators = 1 : i64, kinds = []} {
  
  } -> tensor<?x16xf32>
  return
}
// -----
// E2
func.func @f(%l: tensor<?x8xf32>, %w0: tensor<16x8xf32>, %o0: tensor<?x16xf32>) {
  // expected-error @+1 {{'emo.kernel.matmul' op expects a body that ends with emo.kernel.yield, got llvm.unreachable}}
  %r:1 = emo.kernel.matmul lhs(%l : tensor<?x8xf32>) weights(%w0 : tensor<16x8xf32>) outs(%o0 : tensor<?x16xf32>) attributes {accumulators = 1 : i64, kinds = []} {
  ^bb0(%a: f32):
    llvm.unreachable
  } -> tensor<?x16xf32>
  return
}
// -----
// E3
func.func @f(%l: tensor<?x8xf32>, %w0: tensor<16x8xf32>, %o0: tensor<?x16xf32>) {
  // expected-error @+1 {{'emo.kernel.matmul' op expects a body of pure ops on scalars, got memref.alloc}}
  %r:1 = emo.kernel.matmul lhs(%l : tensor<?x8xf32>) weights(%w0 : tensor<16x8xf32>) outs(%o0 : tensor<?x16xf32>) attributes {accumulators = 1 : i64, kinds = []} {
  ^bb0(%a: f32):
    %b = memref.alloc() : memref<f32>
    emo.kernel.yield %a : f32
  } -> tensor<?x16xf32>
  return
}
// -----
func.func @f(%l: tensor<?x8xf32>, %w0: tensor<16x8xf32>, %o0: tensor<?x16xf32>) {
  // expected-error @+1 {{'emo.kernel.matmul' op expects a body of pure ops on scalars, got tensor.empty}}
  %r:1 = emo.kernel.matmul lhs(%l : tensor<?x8xf32>) weights(%w0 : tensor<16x8xf32>) outs(%o0 : tensor<?x16xf32>) attributes {accumulators = 1 : i64, kinds = []} {
  ^bb0(%a: f32):
    %b = tensor.empty() : tensor<f32>
    emo.kernel.yield %a : f32
  } -> tensor<?x16xf32>
  return
}
// -----
func.func @f(%l: tensor<?x8xf32>, %w0: tensor<16x8xf32>, %o0: tensor<?x16xf32>) {
  // expected-error @+1 {{'emo.kernel.matmul' op expects a body of pure ops on scalars, got scf.if}}
  %r:1 = emo.kernel.matmul lhs(%l : tensor<?x8xf32>) weights(%w0 : tensor<16x8xf32>) outs(%o0 : tensor<?x16xf32>) attributes {accumulators = 1 : i64, kinds = []} {
  ^bb0(%a: f32):
    %c = arith.constant true
    %b = scf.if %c -> f32 {
      scf.yield %a : f32
    } else {
      scf.yield %a : f32
    }
    emo.kernel.yield %b : f32
  } -> tensor<?x16xf32>
  return
}
// -----
// E4
func.func @f(%l: tensor<?x8xf32>, %w0: tensor<16x8xf32>, %o0: tensor<?x16xf32>) {
  // expected-error @+1 {{'emo.kernel.matmul' op expects a body that yields ('f32'), got ('f32', 'f32')}}
  %r:1 = emo.kernel.matmul lhs(%l : tensor<?x8xf32>) weights(%w0 : tensor<16x8xf32>) outs(%o0 : tensor<?x16xf32>) attributes {accumulators = 1 : i64, kinds = []} {
  ^bb0(%a: f32):
    emo.kernel.yield %a, %a : f32, f32
  } -> tensor<?x16xf32>
  return
}
// -----
func.func @f(%l: tensor<?x8xf32>, %w0: tensor<16x8xf32>, %o0: tensor<?x16xbf16>) {
  // expected-error @+1 {{'emo.kernel.matmul' op expects a body that yields ('bf16'), got ('f32')}}
  %r:1 = emo.kernel.matmul lhs(%l : tensor<?x8xf32>) weights(%w0 : tensor<16x8xf32>) outs(%o0 : tensor<?x16xbf16>) attributes {accumulators = 1 : i64, kinds = []} {
  ^bb0(%a: f32):
    emo.kernel.yield %a : f32
  } -> tensor<?x16xbf16>
  return
}
// -----
// E5
func.func @f(%l: tensor<?x8xf32>, %w: tensor<16x8xf32>, %o: tensor<?x16xf32>, %s: f32) {
  // expected-error @+4 {{'emo.kernel.yield' op using value defined outside the region}}
  // expected-note @+1 {{required by region isolation constraints}}
  %r = emo.kernel.matmul lhs(%l : tensor<?x8xf32>) weights(%w : tensor<16x8xf32>) outs(%o : tensor<?x16xf32>) attributes {accumulators = 1 : i64, kinds = []} {
  ^bb0(%a: f32):
    emo.kernel.yield %s : f32
  } -> tensor<?x16xf32>
  return
}
// -----
// emo.kernel.yield: its parent.
func.func @f(%a: f32) {
  // expected-error @+1 {{'emo.kernel.yield' op expects parent op to be one of 'emo.kernel.matmul, emo.kernel.combine'}}
  emo.kernel.yield %a : f32
  return
}
// -----
// emo.kernel.combine: outs.
func.func @f(%r: tensor<?x8xf32>, %w: tensor<?x2xf32>, %i: tensor<?x2xi32>) {
  // expected-error @+1 {{'emo.kernel.combine' op expects at least 1 out, got 0}}
  "emo.kernel.combine"(%r, %w, %i) <{kinds = [], operandSegmentSizes = array<i32: 1, 1, 1, 0, 0>}> ({
  ^bb0(%a: f32):
    emo.kernel.yield %a : f32
  }) : (tensor<?x8xf32>, tensor<?x2xf32>, tensor<?x2xi32>) -> ()
  return
}
// -----
// C1
func.func @f(%r: tensor<8xf32>, %w: tensor<?x2xf32>, %i: tensor<?x2xi32>, %o0: tensor<?x8xf32>) {
  // expected-error @+1 {{'emo.kernel.combine' op expects 'rows' to be [N, H], got 'tensor<8xf32>'}}
  %y:1 = emo.kernel.combine rows(%r : tensor<8xf32>) weights(%w : tensor<?x2xf32>) inverse(%i : tensor<?x2xi32>) outs(%o0 : tensor<?x8xf32>) attributes {kinds = []} {
  ^bb0(%a: f32):
    emo.kernel.yield %a : f32
  } -> tensor<?x8xf32>
  return
}
// -----
func.func @f(%r: tensor<?x8xf32>, %w: tensor<?xf32>, %i: tensor<?x2xi32>, %o0: tensor<?x8xf32>) {
  // expected-error @+1 {{'emo.kernel.combine' op expects 'weights' to be [T, k], got 'tensor<?xf32>'}}
  %y:1 = emo.kernel.combine rows(%r : tensor<?x8xf32>) weights(%w : tensor<?xf32>) inverse(%i : tensor<?x2xi32>) outs(%o0 : tensor<?x8xf32>) attributes {kinds = []} {
  ^bb0(%a: f32):
    emo.kernel.yield %a : f32
  } -> tensor<?x8xf32>
  return
}
// -----
func.func @f(%r: tensor<?x8xf32>, %w: tensor<?x2xf32>, %i: tensor<?xi32>, %o0: tensor<?x8xf32>) {
  // expected-error @+1 {{'emo.kernel.combine' op expects 'inverse' to be [T, k], got 'tensor<?xi32>'}}
  %y:1 = emo.kernel.combine rows(%r : tensor<?x8xf32>) weights(%w : tensor<?x2xf32>) inverse(%i : tensor<?xi32>) outs(%o0 : tensor<?x8xf32>) attributes {kinds = []} {
  ^bb0(%a: f32):
    emo.kernel.yield %a : f32
  } -> tensor<?x8xf32>
  return
}
// -----
func.func @f(%r: tensor<?x8xf32>, %w: tensor<?x2xf32>, %i: tensor<?x3xi32>, %o0: tensor<?x8xf32>) {
  // expected-error @+1 {{'emo.kernel.combine' op expects 'inverse' to be [T, k] with k = 2 from 'weights', got 'tensor<?x3xi32>'}}
  %y:1 = emo.kernel.combine rows(%r : tensor<?x8xf32>) weights(%w : tensor<?x2xf32>) inverse(%i : tensor<?x3xi32>) outs(%o0 : tensor<?x8xf32>) attributes {kinds = []} {
  ^bb0(%a: f32):
    emo.kernel.yield %a : f32
  } -> tensor<?x8xf32>
  return
}
// -----
func.func @f(%r: tensor<?x8xf32>, %w: tensor<3x2xf32>, %i: tensor<4x2xi32>, %o0: tensor<?x8xf32>) {
  // expected-error @+1 {{'emo.kernel.combine' op expects 'inverse' to be [T, k] with T = 3 from 'weights', got 'tensor<4x2xi32>'}}
  %y:1 = emo.kernel.combine rows(%r : tensor<?x8xf32>) weights(%w : tensor<3x2xf32>) inverse(%i : tensor<4x2xi32>) outs(%o0 : tensor<?x8xf32>) attributes {kinds = []} {
  ^bb0(%a: f32):
    emo.kernel.yield %a : f32
  } -> tensor<?x8xf32>
  return
}
// -----
func.func @f(%r: tensor<?x8xf32>, %w: tensor<?x2xf32>, %i: tensor<?x2xi32>, %o0: tensor<8xf32>) {
  // expected-error @+1 {{'emo.kernel.combine' op expects 'outs' to be [T, H], got 'tensor<8xf32>'}}
  %y:1 = emo.kernel.combine rows(%r : tensor<?x8xf32>) weights(%w : tensor<?x2xf32>) inverse(%i : tensor<?x2xi32>) outs(%o0 : tensor<8xf32>) attributes {kinds = []} {
  ^bb0(%a: f32):
    emo.kernel.yield %a : f32
  } -> tensor<8xf32>
  return
}
// -----
func.func @f(%r: tensor<?x8xf32>, %w: tensor<?x2xf32>, %i: tensor<?x2xi32>, %o0: tensor<?x7xf32>) {
  // expected-error @+1 {{'emo.kernel.combine' op expects 'outs' to be [T, H] with H = 8 from 'rows', got 'tensor<?x7xf32>'}}
  %y:1 = emo.kernel.combine rows(%r : tensor<?x8xf32>) weights(%w : tensor<?x2xf32>) inverse(%i : tensor<?x2xi32>) outs(%o0 : tensor<?x7xf32>) attributes {kinds = []} {
  ^bb0(%a: f32):
    emo.kernel.yield %a : f32
  } -> tensor<?x7xf32>
  return
}
// -----
func.func @f(%r: tensor<?x8xf32>, %w: tensor<3x2xf32>, %i: tensor<?x2xi32>, %o0: tensor<4x8xf32>) {
  // expected-error @+1 {{'emo.kernel.combine' op expects 'outs' to be [T, H] with T = 3 from 'weights', got 'tensor<4x8xf32>'}}
  %y:1 = emo.kernel.combine rows(%r : tensor<?x8xf32>) weights(%w : tensor<3x2xf32>) inverse(%i : tensor<?x2xi32>) outs(%o0 : tensor<4x8xf32>) attributes {kinds = []} {
  ^bb0(%a: f32):
    emo.kernel.yield %a : f32
  } -> tensor<4x8xf32>
  return
}
// -----
func.func @f(%r: tensor<?x8xf32>, %w: tensor<?x2xf32>, %i: tensor<?x2xi32>, %o0: tensor<?x8xf32>) {
  // expected-error @+1 {{'emo.kernel.combine' op expects one of 'kinds' for each of 'extras', got 1 and 0}}
  %y:1 = emo.kernel.combine rows(%r : tensor<?x8xf32>) weights(%w : tensor<?x2xf32>) inverse(%i : tensor<?x2xi32>) outs(%o0 : tensor<?x8xf32>) attributes {kinds = [#emo.kind<row>]} {
  ^bb0(%a: f32):
    emo.kernel.yield %a : f32
  } -> tensor<?x8xf32>
  return
}
// -----
func.func @f(%r: tensor<?x8xf32>, %w: tensor<?x2xf32>, %i: tensor<?x2xi32>, %e0: tensor<7xf32>, %o0: tensor<?x8xf32>) {
  // expected-error @+1 {{'emo.kernel.combine' op expects 'column' to be [H] with H = 8 from 'rows', got 'tensor<7xf32>'}}
  %y:1 = emo.kernel.combine rows(%r : tensor<?x8xf32>) weights(%w : tensor<?x2xf32>) inverse(%i : tensor<?x2xi32>) extras(%e0 : tensor<7xf32>) outs(%o0 : tensor<?x8xf32>) attributes {kinds = [#emo.kind<column>]} {
  ^bb0(%a: f32, %b: f32):
    emo.kernel.yield %a : f32
  } -> tensor<?x8xf32>
  return
}
// -----
func.func @f(%r: tensor<?x8xf32>, %w: tensor<?x2xf32>, %i: tensor<?x2xi32>, %e0: tensor<?x8xf32>, %o0: tensor<?x8xf32>) {
  // expected-error @+1 {{'emo.kernel.combine' op expects 'column' to be [H], got 'tensor<?x8xf32>'}}
  %y:1 = emo.kernel.combine rows(%r : tensor<?x8xf32>) weights(%w : tensor<?x2xf32>) inverse(%i : tensor<?x2xi32>) extras(%e0 : tensor<?x8xf32>) outs(%o0 : tensor<?x8xf32>) attributes {kinds = [#emo.kind<column>]} {
  ^bb0(%a: f32, %b: f32):
    emo.kernel.yield %a : f32
  } -> tensor<?x8xf32>
  return
}
// -----
func.func @f(%r: tensor<?x8xf32>, %w: tensor<3x2xf32>, %i: tensor<?x2xi32>, %e0: tensor<2xf32>, %o0: tensor<?x8xf32>) {
  // expected-error @+1 {{'emo.kernel.combine' op expects 'row' to be [T] with T = 3 from 'weights', got 'tensor<2xf32>'}}
  %y:1 = emo.kernel.combine rows(%r : tensor<?x8xf32>) weights(%w : tensor<3x2xf32>) inverse(%i : tensor<?x2xi32>) extras(%e0 : tensor<2xf32>) outs(%o0 : tensor<?x8xf32>) attributes {kinds = [#emo.kind<row>]} {
  ^bb0(%a: f32, %b: f32):
    emo.kernel.yield %a : f32
  } -> tensor<?x8xf32>
  return
}
// -----
func.func @f(%r: tensor<?x8xf32>, %w: tensor<?x2xf32>, %i: tensor<?x2xi32>, %e0: tensor<?x7xf32>, %o0: tensor<?x8xf32>) {
  // expected-error @+1 {{'emo.kernel.combine' op expects 'element' to be [T, H] with H = 8 from 'rows', got 'tensor<?x7xf32>'}}
  %y:1 = emo.kernel.combine rows(%r : tensor<?x8xf32>) weights(%w : tensor<?x2xf32>) inverse(%i : tensor<?x2xi32>) extras(%e0 : tensor<?x7xf32>) outs(%o0 : tensor<?x8xf32>) attributes {kinds = [#emo.kind<element>]} {
  ^bb0(%a: f32, %b: f32):
    emo.kernel.yield %a : f32
  } -> tensor<?x8xf32>
  return
}
// -----
// C2
func.func @f(%r: tensor<?x8xi32>, %w: tensor<?x2xf32>, %i: tensor<?x2xi32>, %o0: tensor<?x8xf32>) {
  // expected-error @+1 {{'emo.kernel.combine' op expects 'rows' of elements f16, bf16, f32 or f64, got 'tensor<?x8xi32>'}}
  %y:1 = emo.kernel.combine rows(%r : tensor<?x8xi32>) weights(%w : tensor<?x2xf32>) inverse(%i : tensor<?x2xi32>) outs(%o0 : tensor<?x8xf32>) attributes {kinds = []} {
  ^bb0(%a: f32):
    emo.kernel.yield %a : f32
  } -> tensor<?x8xf32>
  return
}
// -----
func.func @f(%r: tensor<?x8xf32>, %w: tensor<?x2xi32>, %i: tensor<?x2xi32>, %o0: tensor<?x8xf32>) {
  // expected-error @+1 {{'emo.kernel.combine' op expects 'weights' of elements f16, bf16, f32 or f64, got 'tensor<?x2xi32>'}}
  %y:1 = emo.kernel.combine rows(%r : tensor<?x8xf32>) weights(%w : tensor<?x2xi32>) inverse(%i : tensor<?x2xi32>) outs(%o0 : tensor<?x8xf32>) attributes {kinds = []} {
  ^bb0(%a: f32):
    emo.kernel.yield %a : f32
  } -> tensor<?x8xf32>
  return
}
// -----
func.func @f(%r: tensor<?x8xf32>, %w: tensor<?x2xf32>, %i: tensor<?x2xi64>, %o0: tensor<?x8xf32>) {
  // expected-error @+1 {{'emo.kernel.combine' op expects 'inverse' of elements 'i32', got 'tensor<?x2xi64>'}}
  %y:1 = emo.kernel.combine rows(%r : tensor<?x8xf32>) weights(%w : tensor<?x2xf32>) inverse(%i : tensor<?x2xi64>) outs(%o0 : tensor<?x8xf32>) attributes {kinds = []} {
  ^bb0(%a: f32):
    emo.kernel.yield %a : f32
  } -> tensor<?x8xf32>
  return
}
// -----
// Its epilogue.
func.func @f(%r: tensor<?x8xf32>, %w: tensor<?x2xf32>, %i: tensor<?x2xi32>, %o0: tensor<?x8xf32>) {
  // expected-error @+1 {{'emo.kernel.combine' op expects a body with the arguments ('f32'), got ('f32', 'f32')}}
  %y:1 = emo.kernel.combine rows(%r : tensor<?x8xf32>) weights(%w : tensor<?x2xf32>) inverse(%i : tensor<?x2xi32>) outs(%o0 : tensor<?x8xf32>) attributes {kinds = []} {
  ^bb0(%a: f32, %b: f32):
    emo.kernel.yield %a : f32
  } -> tensor<?x8xf32>
  return
}
// -----
func.func @f(%r: tensor<?x8xf64>, %w: tensor<?x2xf32>, %i: tensor<?x2xi32>, %o0: tensor<?x8xf32>) {
  // expected-error @+1 {{'emo.kernel.combine' op expects a body with the arguments ('f64'), got ('f32')}}
  %y:1 = emo.kernel.combine rows(%r : tensor<?x8xf64>) weights(%w : tensor<?x2xf32>) inverse(%i : tensor<?x2xi32>) outs(%o0 : tensor<?x8xf32>) attributes {kinds = []} {
  ^bb0(%a: f32):
    emo.kernel.yield %a : f32
  } -> tensor<?x8xf32>
  return
}
// -----
func.func @f(%r: tensor<?x8xf32>, %w: tensor<?x2xf32>, %i: tensor<?x2xi32>, %o0: tensor<?x8xbf16>) {
  // expected-error @+1 {{'emo.kernel.combine' op expects a body that yields ('bf16'), got ('f32')}}
  %y:1 = emo.kernel.combine rows(%r : tensor<?x8xf32>) weights(%w : tensor<?x2xf32>) inverse(%i : tensor<?x2xi32>) outs(%o0 : tensor<?x8xbf16>) attributes {kinds = []} {
  ^bb0(%a: f32):
    emo.kernel.yield %a : f32
  } -> tensor<?x8xbf16>
  return
}
// -----
// emo.kernel.attention: outs.
func.func @f(%q: tensor<?x?x4x8xf32>, %k: tensor<?x?x2x8xf32>, %v: tensor<?x?x2x8xf32>, %o0: tensor<?x?x4x8xf32>, %o1: tensor<?x2x?x8xf32>) {
  // expected-error @+1 {{'emo.kernel.attention' op expects 3 outs, got 2}}
  %r:2 = emo.kernel.attention q(%q : tensor<?x?x4x8xf32>) k(%k : tensor<?x?x2x8xf32>) v(%v : tensor<?x?x2x8xf32>) outs(%o0, %o1 : tensor<?x?x4x8xf32>, tensor<?x2x?x8xf32>) {scale = 0.5 : f64, causal = true} -> tensor<?x?x4x8xf32>, tensor<?x2x?x8xf32>
  return
}
// -----
// C1
func.func @f(%q: tensor<?x?x4x8xf32>, %k: tensor<?x?x2x8xf32>, %v: tensor<?x?x2x8xf32>, %st: tensor<?xi32>, %sg: tensor<?x?xi32>, %o0: tensor<?x?x4x8xf32>, %o1: tensor<?x2x?x8xf32>, %o2: tensor<?x2x?x8xf32>) {
  // expected-error @+1 {{'emo.kernel.attention' op expects 'start' or 'segments', got both}}
  %r:3 = emo.kernel.attention q(%q : tensor<?x?x4x8xf32>) k(%k : tensor<?x?x2x8xf32>) v(%v : tensor<?x?x2x8xf32>) start(%st : tensor<?xi32>) segments(%sg : tensor<?x?xi32>) outs(%o0, %o1, %o2 : tensor<?x?x4x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>) {scale = 0.5 : f64, causal = true} -> tensor<?x?x4x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>
  return
}
// -----
// C2
func.func @f(%q: tensor<?x4x8xf32>, %k: tensor<?x?x2x8xf32>, %v: tensor<?x?x2x8xf32>, %o0: tensor<?x?x4x8xf32>, %o1: tensor<?x2x?x8xf32>, %o2: tensor<?x2x?x8xf32>) {
  // expected-error @+1 {{'emo.kernel.attention' op expects 'q' to be [B, S, Hq, D], got 'tensor<?x4x8xf32>'}}
  %r:3 = emo.kernel.attention q(%q : tensor<?x4x8xf32>) k(%k : tensor<?x?x2x8xf32>) v(%v : tensor<?x?x2x8xf32>) outs(%o0, %o1, %o2 : tensor<?x?x4x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>) {scale = 0.5 : f64, causal = true} -> tensor<?x?x4x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>
  return
}
// -----
func.func @f(%q: tensor<?x?x4x8xf32>, %k: tensor<?x2x8xf32>, %v: tensor<?x?x2x8xf32>, %o0: tensor<?x?x4x8xf32>, %o1: tensor<?x2x?x8xf32>, %o2: tensor<?x2x?x8xf32>) {
  // expected-error @+1 {{'emo.kernel.attention' op expects 'k' to be [B, S, Hkv, D], got 'tensor<?x2x8xf32>'}}
  %r:3 = emo.kernel.attention q(%q : tensor<?x?x4x8xf32>) k(%k : tensor<?x2x8xf32>) v(%v : tensor<?x?x2x8xf32>) outs(%o0, %o1, %o2 : tensor<?x?x4x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>) {scale = 0.5 : f64, causal = true} -> tensor<?x?x4x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>
  return
}
// -----
func.func @f(%q: tensor<?x?x4x8xf32>, %k: tensor<?x?x2x7xf32>, %v: tensor<?x?x2x8xf32>, %o0: tensor<?x?x4x8xf32>, %o1: tensor<?x2x?x8xf32>, %o2: tensor<?x2x?x8xf32>) {
  // expected-error @+1 {{'emo.kernel.attention' op expects 'k' to be [B, S, Hkv, D] with D = 8 from 'q', got 'tensor<?x?x2x7xf32>'}}
  %r:3 = emo.kernel.attention q(%q : tensor<?x?x4x8xf32>) k(%k : tensor<?x?x2x7xf32>) v(%v : tensor<?x?x2x8xf32>) outs(%o0, %o1, %o2 : tensor<?x?x4x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>) {scale = 0.5 : f64, causal = true} -> tensor<?x?x4x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>
  return
}
// -----
func.func @f(%q: tensor<?x?x4x8xf32>, %k: tensor<?x?x2x8xf32>, %v: tensor<?x2x8xf32>, %o0: tensor<?x?x4x8xf32>, %o1: tensor<?x2x?x8xf32>, %o2: tensor<?x2x?x8xf32>) {
  // expected-error @+1 {{'emo.kernel.attention' op expects 'v' to be [B, S, Hkv, D], got 'tensor<?x2x8xf32>'}}
  %r:3 = emo.kernel.attention q(%q : tensor<?x?x4x8xf32>) k(%k : tensor<?x?x2x8xf32>) v(%v : tensor<?x2x8xf32>) outs(%o0, %o1, %o2 : tensor<?x?x4x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>) {scale = 0.5 : f64, causal = true} -> tensor<?x?x4x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>
  return
}
// -----
func.func @f(%q: tensor<?x?x4x8xf32>, %k: tensor<?x?x2x8xf32>, %v: tensor<?x?x4x8xf32>, %o0: tensor<?x?x4x8xf32>, %o1: tensor<?x2x?x8xf32>, %o2: tensor<?x2x?x8xf32>) {
  // expected-error @+1 {{'emo.kernel.attention' op expects 'v' to be [B, S, Hkv, D] with Hkv = 2 from 'k', got 'tensor<?x?x4x8xf32>'}}
  %r:3 = emo.kernel.attention q(%q : tensor<?x?x4x8xf32>) k(%k : tensor<?x?x2x8xf32>) v(%v : tensor<?x?x4x8xf32>) outs(%o0, %o1, %o2 : tensor<?x?x4x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>) {scale = 0.5 : f64, causal = true} -> tensor<?x?x4x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>
  return
}
// -----
func.func @f(%q: tensor<?x?x4x8xf32>, %k: tensor<?x?x2x8xf32>, %v: tensor<?x?x2x7xf32>, %o0: tensor<?x?x4x8xf32>, %o1: tensor<?x2x?x8xf32>, %o2: tensor<?x2x?x8xf32>) {
  // expected-error @+1 {{'emo.kernel.attention' op expects 'v' to be [B, S, Hkv, D] with D = 8 from 'q', got 'tensor<?x?x2x7xf32>'}}
  %r:3 = emo.kernel.attention q(%q : tensor<?x?x4x8xf32>) k(%k : tensor<?x?x2x8xf32>) v(%v : tensor<?x?x2x7xf32>) outs(%o0, %o1, %o2 : tensor<?x?x4x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>) {scale = 0.5 : f64, causal = true} -> tensor<?x?x4x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>
  return
}
// -----
func.func @f(%q: tensor<?x?x4x8xf32>, %k: tensor<?x?x2x8xf32>, %v: tensor<?x?x2x8xf32>, %t: tensor<8xf32>, %o0: tensor<?x?x4x8xf32>, %o1: tensor<?x2x?x8xf32>, %o2: tensor<?x2x?x8xf32>) {
  // expected-error @+1 {{'emo.kernel.attention' op expects 'table' to be [P, D], got 'tensor<8xf32>'}}
  %r:3 = emo.kernel.attention q(%q : tensor<?x?x4x8xf32>) k(%k : tensor<?x?x2x8xf32>) v(%v : tensor<?x?x2x8xf32>) table(%t : tensor<8xf32>) outs(%o0, %o1, %o2 : tensor<?x?x4x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>) {scale = 0.5 : f64, causal = true} -> tensor<?x?x4x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>
  return
}
// -----
func.func @f(%q: tensor<?x?x4x8xf32>, %k: tensor<?x?x2x8xf32>, %v: tensor<?x?x2x8xf32>, %t: tensor<?x7xf32>, %o0: tensor<?x?x4x8xf32>, %o1: tensor<?x2x?x8xf32>, %o2: tensor<?x2x?x8xf32>) {
  // expected-error @+1 {{'emo.kernel.attention' op expects 'table' to be [P, D] with D = 8 from 'q', got 'tensor<?x7xf32>'}}
  %r:3 = emo.kernel.attention q(%q : tensor<?x?x4x8xf32>) k(%k : tensor<?x?x2x8xf32>) v(%v : tensor<?x?x2x8xf32>) table(%t : tensor<?x7xf32>) outs(%o0, %o1, %o2 : tensor<?x?x4x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>) {scale = 0.5 : f64, causal = true} -> tensor<?x?x4x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>
  return
}
// -----
func.func @f(%q: tensor<?x?x4x8xf32>, %k: tensor<?x?x2x8xf32>, %v: tensor<?x?x2x8xf32>, %st: tensor<?x1xi32>, %o0: tensor<?x?x4x8xf32>, %o1: tensor<?x2x?x8xf32>, %o2: tensor<?x2x?x8xf32>) {
  // expected-error @+1 {{'emo.kernel.attention' op expects 'start' to be [B], got 'tensor<?x1xi32>'}}
  %r:3 = emo.kernel.attention q(%q : tensor<?x?x4x8xf32>) k(%k : tensor<?x?x2x8xf32>) v(%v : tensor<?x?x2x8xf32>) start(%st : tensor<?x1xi32>) outs(%o0, %o1, %o2 : tensor<?x?x4x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>) {scale = 0.5 : f64, causal = true} -> tensor<?x?x4x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>
  return
}
// -----
func.func @f(%q: tensor<2x3x4x8xf32>, %k: tensor<?x?x2x8xf32>, %v: tensor<?x?x2x8xf32>, %st: tensor<3xi32>, %o0: tensor<?x?x4x8xf32>, %o1: tensor<?x2x?x8xf32>, %o2: tensor<?x2x?x8xf32>) {
  // expected-error @+1 {{'emo.kernel.attention' op expects 'start' to be [B] with B = 2 from 'q', got 'tensor<3xi32>'}}
  %r:3 = emo.kernel.attention q(%q : tensor<2x3x4x8xf32>) k(%k : tensor<?x?x2x8xf32>) v(%v : tensor<?x?x2x8xf32>) start(%st : tensor<3xi32>) outs(%o0, %o1, %o2 : tensor<?x?x4x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>) {scale = 0.5 : f64, causal = true} -> tensor<?x?x4x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>
  return
}
// -----
func.func @f(%q: tensor<?x?x4x8xf32>, %k: tensor<?x?x2x8xf32>, %v: tensor<?x?x2x8xf32>, %sg: tensor<?xi32>, %o0: tensor<?x?x4x8xf32>, %o1: tensor<?x2x?x8xf32>, %o2: tensor<?x2x?x8xf32>) {
  // expected-error @+1 {{'emo.kernel.attention' op expects 'segments' to be [B, S], got 'tensor<?xi32>'}}
  %r:3 = emo.kernel.attention q(%q : tensor<?x?x4x8xf32>) k(%k : tensor<?x?x2x8xf32>) v(%v : tensor<?x?x2x8xf32>) segments(%sg : tensor<?xi32>) outs(%o0, %o1, %o2 : tensor<?x?x4x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>) {scale = 0.5 : f64, causal = true} -> tensor<?x?x4x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>
  return
}
// -----
func.func @f(%q: tensor<2x3x4x8xf32>, %k: tensor<?x?x2x8xf32>, %v: tensor<?x?x2x8xf32>, %sg: tensor<2x4xi32>, %o0: tensor<?x?x4x8xf32>, %o1: tensor<?x2x?x8xf32>, %o2: tensor<?x2x?x8xf32>) {
  // expected-error @+1 {{'emo.kernel.attention' op expects 'segments' to be [B, S] with S = 3 from 'q', got 'tensor<2x4xi32>'}}
  %r:3 = emo.kernel.attention q(%q : tensor<2x3x4x8xf32>) k(%k : tensor<?x?x2x8xf32>) v(%v : tensor<?x?x2x8xf32>) segments(%sg : tensor<2x4xi32>) outs(%o0, %o1, %o2 : tensor<?x?x4x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>) {scale = 0.5 : f64, causal = true} -> tensor<?x?x4x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>
  return
}
// -----
func.func @f(%q: tensor<?x?x4x8xf32>, %k: tensor<?x?x2x8xf32>, %v: tensor<?x?x2x8xf32>, %o0: tensor<?x4x8xf32>, %o1: tensor<?x2x?x8xf32>, %o2: tensor<?x2x?x8xf32>) {
  // expected-error @+1 {{'emo.kernel.attention' op expects 'result' to be [B, S, Hq, D], got 'tensor<?x4x8xf32>'}}
  %r:3 = emo.kernel.attention q(%q : tensor<?x?x4x8xf32>) k(%k : tensor<?x?x2x8xf32>) v(%v : tensor<?x?x2x8xf32>) outs(%o0, %o1, %o2 : tensor<?x4x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>) {scale = 0.5 : f64, causal = true} -> tensor<?x4x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>
  return
}
// -----
func.func @f(%q: tensor<?x?x4x8xf32>, %k: tensor<?x?x2x8xf32>, %v: tensor<?x?x2x8xf32>, %o0: tensor<?x?x2x8xf32>, %o1: tensor<?x2x?x8xf32>, %o2: tensor<?x2x?x8xf32>) {
  // expected-error @+1 {{'emo.kernel.attention' op expects 'result' to be [B, S, Hq, D] with Hq = 4 from 'q', got 'tensor<?x?x2x8xf32>'}}
  %r:3 = emo.kernel.attention q(%q : tensor<?x?x4x8xf32>) k(%k : tensor<?x?x2x8xf32>) v(%v : tensor<?x?x2x8xf32>) outs(%o0, %o1, %o2 : tensor<?x?x2x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>) {scale = 0.5 : f64, causal = true} -> tensor<?x?x2x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>
  return
}
// -----
func.func @f(%q: tensor<?x?x4x8xf32>, %k: tensor<?x?x2x8xf32>, %v: tensor<?x?x2x8xf32>, %o0: tensor<?x?x4x8xf32>, %o1: tensor<?x2x8xf32>, %o2: tensor<?x2x?x8xf32>) {
  // expected-error @+1 {{'emo.kernel.attention' op expects 'key store' to be [B, Hkv, C, D], got 'tensor<?x2x8xf32>'}}
  %r:3 = emo.kernel.attention q(%q : tensor<?x?x4x8xf32>) k(%k : tensor<?x?x2x8xf32>) v(%v : tensor<?x?x2x8xf32>) outs(%o0, %o1, %o2 : tensor<?x?x4x8xf32>, tensor<?x2x8xf32>, tensor<?x2x?x8xf32>) {scale = 0.5 : f64, causal = true} -> tensor<?x?x4x8xf32>, tensor<?x2x8xf32>, tensor<?x2x?x8xf32>
  return
}
// -----
func.func @f(%q: tensor<?x?x4x8xf32>, %k: tensor<?x?x2x8xf32>, %v: tensor<?x?x2x8xf32>, %o0: tensor<?x?x4x8xf32>, %o1: tensor<?x4x?x8xf32>, %o2: tensor<?x2x?x8xf32>) {
  // expected-error @+1 {{'emo.kernel.attention' op expects 'key store' to be [B, Hkv, C, D] with Hkv = 2 from 'k', got 'tensor<?x4x?x8xf32>'}}
  %r:3 = emo.kernel.attention q(%q : tensor<?x?x4x8xf32>) k(%k : tensor<?x?x2x8xf32>) v(%v : tensor<?x?x2x8xf32>) outs(%o0, %o1, %o2 : tensor<?x?x4x8xf32>, tensor<?x4x?x8xf32>, tensor<?x2x?x8xf32>) {scale = 0.5 : f64, causal = true} -> tensor<?x?x4x8xf32>, tensor<?x4x?x8xf32>, tensor<?x2x?x8xf32>
  return
}
// -----
func.func @f(%q: tensor<?x?x4x8xf32>, %k: tensor<?x?x2x8xf32>, %v: tensor<?x?x2x8xf32>, %o0: tensor<?x?x4x8xf32>, %o1: tensor<?x2x?x8xf32>, %o2: tensor<?x2x8xf32>) {
  // expected-error @+1 {{'emo.kernel.attention' op expects 'value store' to be [B, Hkv, C, D], got 'tensor<?x2x8xf32>'}}
  %r:3 = emo.kernel.attention q(%q : tensor<?x?x4x8xf32>) k(%k : tensor<?x?x2x8xf32>) v(%v : tensor<?x?x2x8xf32>) outs(%o0, %o1, %o2 : tensor<?x?x4x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x8xf32>) {scale = 0.5 : f64, causal = true} -> tensor<?x?x4x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x8xf32>
  return
}
// -----
func.func @f(%q: tensor<?x?x4x8xf32>, %k: tensor<?x?x2x8xf32>, %v: tensor<?x?x2x8xf32>, %o0: tensor<?x?x4x8xf32>, %o1: tensor<?x2x9x8xf32>, %o2: tensor<?x2x7x8xf32>) {
  // expected-error @+1 {{'emo.kernel.attention' op expects 'value store' to be [B, Hkv, C, D] with C = 9 from 'key store', got 'tensor<?x2x7x8xf32>'}}
  %r:3 = emo.kernel.attention q(%q : tensor<?x?x4x8xf32>) k(%k : tensor<?x?x2x8xf32>) v(%v : tensor<?x?x2x8xf32>) outs(%o0, %o1, %o2 : tensor<?x?x4x8xf32>, tensor<?x2x9x8xf32>, tensor<?x2x7x8xf32>) {scale = 0.5 : f64, causal = true} -> tensor<?x?x4x8xf32>, tensor<?x2x9x8xf32>, tensor<?x2x7x8xf32>
  return
}
// -----
// C3
func.func @f(%q: tensor<?x?x4x8xf32>, %k: tensor<?x?x3x8xf32>, %v: tensor<?x?x3x8xf32>, %o0: tensor<?x?x4x8xf32>, %o1: tensor<?x3x?x8xf32>, %o2: tensor<?x3x?x8xf32>) {
  // expected-error @+1 {{'emo.kernel.attention' op expects Hq to be a multiple of Hkv, got 4 and 3}}
  %r:3 = emo.kernel.attention q(%q : tensor<?x?x4x8xf32>) k(%k : tensor<?x?x3x8xf32>) v(%v : tensor<?x?x3x8xf32>) outs(%o0, %o1, %o2 : tensor<?x?x4x8xf32>, tensor<?x3x?x8xf32>, tensor<?x3x?x8xf32>) {scale = 0.5 : f64, causal = true} -> tensor<?x?x4x8xf32>, tensor<?x3x?x8xf32>, tensor<?x3x?x8xf32>
  return
}
// -----
// C4
func.func @f(%q: tensor<?x?x4x7xf32>, %k: tensor<?x?x2x7xf32>, %v: tensor<?x?x2x7xf32>, %t: tensor<?x7xf32>, %o0: tensor<?x?x4x7xf32>, %o1: tensor<?x2x?x7xf32>, %o2: tensor<?x2x?x7xf32>) {
  // expected-error @+1 {{'emo.kernel.attention' op expects D to be even with a 'table', got 7}}
  %r:3 = emo.kernel.attention q(%q : tensor<?x?x4x7xf32>) k(%k : tensor<?x?x2x7xf32>) v(%v : tensor<?x?x2x7xf32>) table(%t : tensor<?x7xf32>) outs(%o0, %o1, %o2 : tensor<?x?x4x7xf32>, tensor<?x2x?x7xf32>, tensor<?x2x?x7xf32>) {scale = 0.5 : f64, causal = true} -> tensor<?x?x4x7xf32>, tensor<?x2x?x7xf32>, tensor<?x2x?x7xf32>
  return
}
// -----
// C5
func.func @f(%q: tensor<?x5x4x8xf32>, %k: tensor<?x?x2x8xf32>, %v: tensor<?x?x2x8xf32>, %o0: tensor<?x?x4x8xf32>, %o1: tensor<?x2x4x8xf32>, %o2: tensor<?x2x4x8xf32>) {
  // expected-error @+1 {{'emo.kernel.attention' op expects stores of a capacity C of at least S = 5, got 4}}
  %r:3 = emo.kernel.attention q(%q : tensor<?x5x4x8xf32>) k(%k : tensor<?x?x2x8xf32>) v(%v : tensor<?x?x2x8xf32>) outs(%o0, %o1, %o2 : tensor<?x?x4x8xf32>, tensor<?x2x4x8xf32>, tensor<?x2x4x8xf32>) {scale = 0.5 : f64, causal = true} -> tensor<?x?x4x8xf32>, tensor<?x2x4x8xf32>, tensor<?x2x4x8xf32>
  return
}
// -----
// C6
func.func @f(%q: tensor<?x?x4x8xi32>, %k: tensor<?x?x2x8xf32>, %v: tensor<?x?x2x8xf32>, %o0: tensor<?x?x4x8xf32>, %o1: tensor<?x2x?x8xf32>, %o2: tensor<?x2x?x8xf32>) {
  // expected-error @+1 {{'emo.kernel.attention' op expects 'q' of elements f16, bf16, f32 or f64, got 'tensor<?x?x4x8xi32>'}}
  %r:3 = emo.kernel.attention q(%q : tensor<?x?x4x8xi32>) k(%k : tensor<?x?x2x8xf32>) v(%v : tensor<?x?x2x8xf32>) outs(%o0, %o1, %o2 : tensor<?x?x4x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>) {scale = 0.5 : f64, causal = true} -> tensor<?x?x4x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>
  return
}
// -----
func.func @f(%q: tensor<?x?x4x8xf32>, %k: tensor<?x?x2x8xbf16>, %v: tensor<?x?x2x8xf32>, %o0: tensor<?x?x4x8xf32>, %o1: tensor<?x2x?x8xf32>, %o2: tensor<?x2x?x8xf32>) {
  // expected-error @+1 {{'emo.kernel.attention' op expects 'k' of elements 'f32', got 'tensor<?x?x2x8xbf16>'}}
  %r:3 = emo.kernel.attention q(%q : tensor<?x?x4x8xf32>) k(%k : tensor<?x?x2x8xbf16>) v(%v : tensor<?x?x2x8xf32>) outs(%o0, %o1, %o2 : tensor<?x?x4x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>) {scale = 0.5 : f64, causal = true} -> tensor<?x?x4x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>
  return
}
// -----
func.func @f(%q: tensor<?x?x4x8xf32>, %k: tensor<?x?x2x8xf32>, %v: tensor<?x?x2x8xbf16>, %o0: tensor<?x?x4x8xf32>, %o1: tensor<?x2x?x8xf32>, %o2: tensor<?x2x?x8xf32>) {
  // expected-error @+1 {{'emo.kernel.attention' op expects 'v' of elements 'f32', got 'tensor<?x?x2x8xbf16>'}}
  %r:3 = emo.kernel.attention q(%q : tensor<?x?x4x8xf32>) k(%k : tensor<?x?x2x8xf32>) v(%v : tensor<?x?x2x8xbf16>) outs(%o0, %o1, %o2 : tensor<?x?x4x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>) {scale = 0.5 : f64, causal = true} -> tensor<?x?x4x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>
  return
}
// -----
func.func @f(%q: tensor<?x?x4x8xf32>, %k: tensor<?x?x2x8xf32>, %v: tensor<?x?x2x8xf32>, %o0: tensor<?x?x4x8xbf16>, %o1: tensor<?x2x?x8xf32>, %o2: tensor<?x2x?x8xf32>) {
  // expected-error @+1 {{'emo.kernel.attention' op expects 'result' of elements 'f32', got 'tensor<?x?x4x8xbf16>'}}
  %r:3 = emo.kernel.attention q(%q : tensor<?x?x4x8xf32>) k(%k : tensor<?x?x2x8xf32>) v(%v : tensor<?x?x2x8xf32>) outs(%o0, %o1, %o2 : tensor<?x?x4x8xbf16>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>) {scale = 0.5 : f64, causal = true} -> tensor<?x?x4x8xbf16>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>
  return
}
// -----
func.func @f(%q: tensor<?x?x4x8xf32>, %k: tensor<?x?x2x8xf32>, %v: tensor<?x?x2x8xf32>, %o0: tensor<?x?x4x8xf32>, %o1: tensor<?x2x?x8xbf16>, %o2: tensor<?x2x?x8xf32>) {
  // expected-error @+1 {{'emo.kernel.attention' op expects 'key store' of elements 'f32', got 'tensor<?x2x?x8xbf16>'}}
  %r:3 = emo.kernel.attention q(%q : tensor<?x?x4x8xf32>) k(%k : tensor<?x?x2x8xf32>) v(%v : tensor<?x?x2x8xf32>) outs(%o0, %o1, %o2 : tensor<?x?x4x8xf32>, tensor<?x2x?x8xbf16>, tensor<?x2x?x8xf32>) {scale = 0.5 : f64, causal = true} -> tensor<?x?x4x8xf32>, tensor<?x2x?x8xbf16>, tensor<?x2x?x8xf32>
  return
}
// -----
func.func @f(%q: tensor<?x?x4x8xf32>, %k: tensor<?x?x2x8xf32>, %v: tensor<?x?x2x8xf32>, %o0: tensor<?x?x4x8xf32>, %o1: tensor<?x2x?x8xf32>, %o2: tensor<?x2x?x8xbf16>) {
  // expected-error @+1 {{'emo.kernel.attention' op expects 'value store' of elements 'f32', got 'tensor<?x2x?x8xbf16>'}}
  %r:3 = emo.kernel.attention q(%q : tensor<?x?x4x8xf32>) k(%k : tensor<?x?x2x8xf32>) v(%v : tensor<?x?x2x8xf32>) outs(%o0, %o1, %o2 : tensor<?x?x4x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xbf16>) {scale = 0.5 : f64, causal = true} -> tensor<?x?x4x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xbf16>
  return
}
// -----
func.func @f(%q: tensor<?x?x4x8xf32>, %k: tensor<?x?x2x8xf32>, %v: tensor<?x?x2x8xf32>, %t: tensor<?x8xbf16>, %o0: tensor<?x?x4x8xf32>, %o1: tensor<?x2x?x8xf32>, %o2: tensor<?x2x?x8xf32>) {
  // expected-error @+1 {{'emo.kernel.attention' op expects 'table' of elements 'f32', got 'tensor<?x8xbf16>'}}
  %r:3 = emo.kernel.attention q(%q : tensor<?x?x4x8xf32>) k(%k : tensor<?x?x2x8xf32>) v(%v : tensor<?x?x2x8xf32>) table(%t : tensor<?x8xbf16>) outs(%o0, %o1, %o2 : tensor<?x?x4x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>) {scale = 0.5 : f64, causal = true} -> tensor<?x?x4x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>
  return
}
// -----
func.func @f(%q: tensor<?x?x4x8xf32>, %k: tensor<?x?x2x8xf32>, %v: tensor<?x?x2x8xf32>, %st: tensor<?xi64>, %o0: tensor<?x?x4x8xf32>, %o1: tensor<?x2x?x8xf32>, %o2: tensor<?x2x?x8xf32>) {
  // expected-error @+1 {{'emo.kernel.attention' op expects 'start' of elements 'i32', got 'tensor<?xi64>'}}
  %r:3 = emo.kernel.attention q(%q : tensor<?x?x4x8xf32>) k(%k : tensor<?x?x2x8xf32>) v(%v : tensor<?x?x2x8xf32>) start(%st : tensor<?xi64>) outs(%o0, %o1, %o2 : tensor<?x?x4x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>) {scale = 0.5 : f64, causal = true} -> tensor<?x?x4x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>
  return
}
// -----
func.func @f(%q: tensor<?x?x4x8xf32>, %k: tensor<?x?x2x8xf32>, %v: tensor<?x?x2x8xf32>, %sg: tensor<?x?xi64>, %o0: tensor<?x?x4x8xf32>, %o1: tensor<?x2x?x8xf32>, %o2: tensor<?x2x?x8xf32>) {
  // expected-error @+1 {{'emo.kernel.attention' op expects 'segments' of elements 'i32', got 'tensor<?x?xi64>'}}
  %r:3 = emo.kernel.attention q(%q : tensor<?x?x4x8xf32>) k(%k : tensor<?x?x2x8xf32>) v(%v : tensor<?x?x2x8xf32>) segments(%sg : tensor<?x?xi64>) outs(%o0, %o1, %o2 : tensor<?x?x4x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>) {scale = 0.5 : f64, causal = true} -> tensor<?x?x4x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>
  return
}
// -----
// C7
func.func @f(%q: tensor<?x?x4x8xf32>, %k: tensor<?x?x2x8xf32>, %v: tensor<?x?x2x8xf32>, %o0: tensor<?x?x4x8xf32>, %o1: tensor<?x2x?x8xf32>, %o2: tensor<?x2x?x8xf32>) {
  // expected-error @+1 {{'emo.kernel.attention' op expects 'scale' to be finite, got INF}}
  %r:3 = emo.kernel.attention q(%q : tensor<?x?x4x8xf32>) k(%k : tensor<?x?x2x8xf32>) v(%v : tensor<?x?x2x8xf32>) outs(%o0, %o1, %o2 : tensor<?x?x4x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>) {scale = 0x7FF0000000000000 : f64, causal = true} -> tensor<?x?x4x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>
  return
}
// -----
// emo.kernel.router: outs.
func.func @f(%x: tensor<?x8xf32>, %w: tensor<4x8xf32>, %o0: tensor<?x2xf32>) {
  // expected-error @+1 {{'emo.kernel.router' op expects 2 outs, got 1}}
  %r:1 = emo.kernel.router x(%x : tensor<?x8xf32>) weight(%w : tensor<4x8xf32>) outs(%o0 : tensor<?x2xf32>) {top_k = 2 : i64} -> tensor<?x2xf32>
  return
}
// -----
// C1
func.func @f(%x: tensor<?x8xf32>, %w: tensor<4x8xf32>, %o0: tensor<?x2xf32>, %o1: tensor<?x2xi32>) {
  // expected-error @+1 {{'emo.kernel.router' op expects 'top_k' between 1 and 2147483647, got 0}}
  %r:2 = emo.kernel.router x(%x : tensor<?x8xf32>) weight(%w : tensor<4x8xf32>) outs(%o0, %o1 : tensor<?x2xf32>, tensor<?x2xi32>) {top_k = 0 : i64} -> tensor<?x2xf32>, tensor<?x2xi32>
  return
}
// -----
func.func @f(%x: tensor<?x8xf32>, %w: tensor<4x8xf32>, %o0: tensor<?x2xf32>, %o1: tensor<?x2xi32>) {
  // expected-error @+1 {{'emo.kernel.router' op expects 'num_shared' between 0 and 2147483647, got -1}}
  %r:2 = emo.kernel.router x(%x : tensor<?x8xf32>) weight(%w : tensor<4x8xf32>) outs(%o0, %o1 : tensor<?x2xf32>, tensor<?x2xi32>) {top_k = 2 : i64, num_shared = -1 : i64} -> tensor<?x2xf32>, tensor<?x2xi32>
  return
}
// -----
// C2
func.func @f(%x: tensor<?x8xf32>, %w: tensor<4x8xf32>, %o0: tensor<?x2xf32>, %o1: tensor<?x2xi32>) {
  // expected-error @+1 {{'emo.kernel.router' op expects 'num_shared' of at least 1 with 'shared_scored', got 0}}
  %r:2 = emo.kernel.router x(%x : tensor<?x8xf32>) weight(%w : tensor<4x8xf32>) outs(%o0, %o1 : tensor<?x2xf32>, tensor<?x2xi32>) {top_k = 2 : i64, shared_scored} -> tensor<?x2xf32>, tensor<?x2xi32>
  return
}
// -----
// C3
func.func @f(%x: tensor<8xf32>, %w: tensor<4x8xf32>, %o0: tensor<?x2xf32>, %o1: tensor<?x2xi32>) {
  // expected-error @+1 {{'emo.kernel.router' op expects 'x' to be [M, H], got 'tensor<8xf32>'}}
  %r:2 = emo.kernel.router x(%x : tensor<8xf32>) weight(%w : tensor<4x8xf32>) outs(%o0, %o1 : tensor<?x2xf32>, tensor<?x2xi32>) {top_k = 2 : i64} -> tensor<?x2xf32>, tensor<?x2xi32>
  return
}
// -----
func.func @f(%x: tensor<?x8xf32>, %w: tensor<8xf32>, %o0: tensor<?x2xf32>, %o1: tensor<?x2xi32>) {
  // expected-error @+1 {{'emo.kernel.router' op expects 'weight' to be [rows, H], got 'tensor<8xf32>'}}
  %r:2 = emo.kernel.router x(%x : tensor<?x8xf32>) weight(%w : tensor<8xf32>) outs(%o0, %o1 : tensor<?x2xf32>, tensor<?x2xi32>) {top_k = 2 : i64} -> tensor<?x2xf32>, tensor<?x2xi32>
  return
}
// -----
func.func @f(%x: tensor<?x8xf32>, %w: tensor<4x7xf32>, %o0: tensor<?x2xf32>, %o1: tensor<?x2xi32>) {
  // expected-error @+1 {{'emo.kernel.router' op expects 'weight' to be [rows, H] with H = 8 from 'x', got 'tensor<4x7xf32>'}}
  %r:2 = emo.kernel.router x(%x : tensor<?x8xf32>) weight(%w : tensor<4x7xf32>) outs(%o0, %o1 : tensor<?x2xf32>, tensor<?x2xi32>) {top_k = 2 : i64} -> tensor<?x2xf32>, tensor<?x2xi32>
  return
}
// -----
func.func @f(%x: tensor<?x8xf32>, %w: tensor<4x8xf32>, %o0: tensor<?xf32>, %o1: tensor<?x2xi32>) {
  // expected-error @+1 {{'emo.kernel.router' op expects 'weights' to be [M, top_k + S], got 'tensor<?xf32>'}}
  %r:2 = emo.kernel.router x(%x : tensor<?x8xf32>) weight(%w : tensor<4x8xf32>) outs(%o0, %o1 : tensor<?xf32>, tensor<?x2xi32>) {top_k = 2 : i64} -> tensor<?xf32>, tensor<?x2xi32>
  return
}
// -----
func.func @f(%x: tensor<?x8xf32>, %w: tensor<4x8xf32>, %o0: tensor<?x3xf32>, %o1: tensor<?x2xi32>) {
  // expected-error @+1 {{'emo.kernel.router' op expects 'weights' to be [M, top_k + S] with top_k + S = 2 from 'top_k and num_shared', got 'tensor<?x3xf32>'}}
  %r:2 = emo.kernel.router x(%x : tensor<?x8xf32>) weight(%w : tensor<4x8xf32>) outs(%o0, %o1 : tensor<?x3xf32>, tensor<?x2xi32>) {top_k = 2 : i64} -> tensor<?x3xf32>, tensor<?x2xi32>
  return
}
// -----
func.func @f(%x: tensor<?x8xf32>, %w: tensor<4x8xf32>, %o0: tensor<?x2xf32>, %o1: tensor<?xi32>) {
  // expected-error @+1 {{'emo.kernel.router' op expects 'indices' to be [M, top_k + S], got 'tensor<?xi32>'}}
  %r:2 = emo.kernel.router x(%x : tensor<?x8xf32>) weight(%w : tensor<4x8xf32>) outs(%o0, %o1 : tensor<?x2xf32>, tensor<?xi32>) {top_k = 2 : i64} -> tensor<?x2xf32>, tensor<?xi32>
  return
}
// -----
func.func @f(%x: tensor<?x8xf32>, %w: tensor<4x8xf32>, %o0: tensor<?x2xf32>, %o1: tensor<?x3xi32>) {
  // expected-error @+1 {{'emo.kernel.router' op expects 'indices' to be [M, top_k + S] with top_k + S = 2 from 'top_k and num_shared', got 'tensor<?x3xi32>'}}
  %r:2 = emo.kernel.router x(%x : tensor<?x8xf32>) weight(%w : tensor<4x8xf32>) outs(%o0, %o1 : tensor<?x2xf32>, tensor<?x3xi32>) {top_k = 2 : i64} -> tensor<?x2xf32>, tensor<?x3xi32>
  return
}
// -----
func.func @f(%x: tensor<2x8xf32>, %w: tensor<4x8xf32>, %o0: tensor<3x2xf32>, %o1: tensor<?x2xi32>) {
  // expected-error @+1 {{'emo.kernel.router' op expects 'weights' to be [M, top_k + S] with M = 2 from 'x', got 'tensor<3x2xf32>'}}
  %r:2 = emo.kernel.router x(%x : tensor<2x8xf32>) weight(%w : tensor<4x8xf32>) outs(%o0, %o1 : tensor<3x2xf32>, tensor<?x2xi32>) {top_k = 2 : i64} -> tensor<3x2xf32>, tensor<?x2xi32>
  return
}
// -----
// C4
func.func @f(%x: tensor<?x8xf32>, %w: tensor<4x8xf32>, %o0: tensor<?x5xf32>, %o1: tensor<?x5xi32>) {
  // expected-error @+1 {{'emo.kernel.router' op expects 'top_k' between 1 and R = 4, got 5}}
  %r:2 = emo.kernel.router x(%x : tensor<?x8xf32>) weight(%w : tensor<4x8xf32>) outs(%o0, %o1 : tensor<?x5xf32>, tensor<?x5xi32>) {top_k = 5 : i64} -> tensor<?x5xf32>, tensor<?x5xi32>
  return
}
// -----
func.func @f(%x: tensor<?x8xf32>, %w: tensor<4x8xf32>, %o0: tensor<?x5xf32>, %o1: tensor<?x5xi32>) {
  // expected-error @+1 {{'emo.kernel.router' op expects 'top_k' between 1 and R = 3, got 4}}
  %r:2 = emo.kernel.router x(%x : tensor<?x8xf32>) weight(%w : tensor<4x8xf32>) outs(%o0, %o1 : tensor<?x5xf32>, tensor<?x5xi32>) {top_k = 4 : i64, num_shared = 1 : i64, shared_scored} -> tensor<?x5xf32>, tensor<?x5xi32>
  return
}
// -----
func.func @f(%x: tensor<?x8xf32>, %w: tensor<4x8xf32>, %o0: tensor<?x6xf32>, %o1: tensor<?x6xi32>) {
  // expected-error @+1 {{'emo.kernel.router' op expects 'top_k' between 1 and R = 0, got 1}}
  %r:2 = emo.kernel.router x(%x : tensor<?x8xf32>) weight(%w : tensor<4x8xf32>) outs(%o0, %o1 : tensor<?x6xf32>, tensor<?x6xi32>) {top_k = 1 : i64, num_shared = 5 : i64, shared_scored} -> tensor<?x6xf32>, tensor<?x6xi32>
  return
}
// -----
// C5
func.func @f(%x: tensor<?x8xf32>, %w: tensor<4x8xf32>, %b: tensor<1x4xf32>, %o0: tensor<?x2xf32>, %o1: tensor<?x2xi32>) {
  // expected-error @+1 {{'emo.kernel.router' op expects 'bias' to be [R], got 'tensor<1x4xf32>'}}
  %r:2 = emo.kernel.router x(%x : tensor<?x8xf32>) weight(%w : tensor<4x8xf32>) bias(%b : tensor<1x4xf32>) outs(%o0, %o1 : tensor<?x2xf32>, tensor<?x2xi32>) {top_k = 2 : i64} -> tensor<?x2xf32>, tensor<?x2xi32>
  return
}
// -----
func.func @f(%x: tensor<?x8xf32>, %w: tensor<4x8xf32>, %b: tensor<5xf32>, %o0: tensor<?x2xf32>, %o1: tensor<?x2xi32>) {
  // expected-error @+1 {{'emo.kernel.router' op expects 'bias' to be [R] with R = 4 from 'weight', got 'tensor<5xf32>'}}
  %r:2 = emo.kernel.router x(%x : tensor<?x8xf32>) weight(%w : tensor<4x8xf32>) bias(%b : tensor<5xf32>) outs(%o0, %o1 : tensor<?x2xf32>, tensor<?x2xi32>) {top_k = 2 : i64} -> tensor<?x2xf32>, tensor<?x2xi32>
  return
}
// -----
func.func @f(%x: tensor<?x8xf32>, %w: tensor<4x8xf32>, %b: tensor<4xf32>, %o0: tensor<?x3xf32>, %o1: tensor<?x3xi32>) {
  // expected-error @+1 {{'emo.kernel.router' op expects 'bias' to be [R] with R = 3 from 'weight', got 'tensor<4xf32>'}}
  %r:2 = emo.kernel.router x(%x : tensor<?x8xf32>) weight(%w : tensor<4x8xf32>) bias(%b : tensor<4xf32>) outs(%o0, %o1 : tensor<?x3xf32>, tensor<?x3xi32>) {top_k = 2 : i64, num_shared = 1 : i64, shared_scored} -> tensor<?x3xf32>, tensor<?x3xi32>
  return
}
// -----
// C6
func.func @f(%x: tensor<?x8xi32>, %w: tensor<4x8xf32>, %o0: tensor<?x2xf32>, %o1: tensor<?x2xi32>) {
  // expected-error @+1 {{'emo.kernel.router' op expects 'x' of elements f16, bf16, f32 or f64, got 'tensor<?x8xi32>'}}
  %r:2 = emo.kernel.router x(%x : tensor<?x8xi32>) weight(%w : tensor<4x8xf32>) outs(%o0, %o1 : tensor<?x2xf32>, tensor<?x2xi32>) {top_k = 2 : i64} -> tensor<?x2xf32>, tensor<?x2xi32>
  return
}
// -----
func.func @f(%x: tensor<?x8xf32>, %w: tensor<4x8xi32>, %o0: tensor<?x2xf32>, %o1: tensor<?x2xi32>) {
  // expected-error @+1 {{'emo.kernel.router' op expects 'weight' of elements f16, bf16, f32 or f64, got 'tensor<4x8xi32>'}}
  %r:2 = emo.kernel.router x(%x : tensor<?x8xf32>) weight(%w : tensor<4x8xi32>) outs(%o0, %o1 : tensor<?x2xf32>, tensor<?x2xi32>) {top_k = 2 : i64} -> tensor<?x2xf32>, tensor<?x2xi32>
  return
}
// -----
func.func @f(%x: tensor<?x8xf32>, %w: tensor<4x8xf32>, %b: tensor<4xi32>, %o0: tensor<?x2xf32>, %o1: tensor<?x2xi32>) {
  // expected-error @+1 {{'emo.kernel.router' op expects 'bias' of elements f16, bf16, f32 or f64, got 'tensor<4xi32>'}}
  %r:2 = emo.kernel.router x(%x : tensor<?x8xf32>) weight(%w : tensor<4x8xf32>) bias(%b : tensor<4xi32>) outs(%o0, %o1 : tensor<?x2xf32>, tensor<?x2xi32>) {top_k = 2 : i64} -> tensor<?x2xf32>, tensor<?x2xi32>
  return
}
// -----
func.func @f(%x: tensor<?x8xf32>, %w: tensor<4x8xf32>, %o0: tensor<?x2xbf16>, %o1: tensor<?x2xi32>) {
  // expected-error @+1 {{'emo.kernel.router' op expects 'weights' of elements 'f32', got 'tensor<?x2xbf16>'}}
  %r:2 = emo.kernel.router x(%x : tensor<?x8xf32>) weight(%w : tensor<4x8xf32>) outs(%o0, %o1 : tensor<?x2xbf16>, tensor<?x2xi32>) {top_k = 2 : i64} -> tensor<?x2xbf16>, tensor<?x2xi32>
  return
}
// -----
func.func @f(%x: tensor<?x8xf64>, %w: tensor<4x8xf32>, %o0: tensor<?x2xf32>, %o1: tensor<?x2xi32>) {
  // expected-error @+1 {{'emo.kernel.router' op expects 'weights' of elements 'f64', got 'tensor<?x2xf32>'}}
  %r:2 = emo.kernel.router x(%x : tensor<?x8xf64>) weight(%w : tensor<4x8xf32>) outs(%o0, %o1 : tensor<?x2xf32>, tensor<?x2xi32>) {top_k = 2 : i64} -> tensor<?x2xf32>, tensor<?x2xi32>
  return
}
// -----
func.func @f(%x: tensor<?x8xf32>, %w: tensor<4x8xf32>, %o0: tensor<?x2xf32>, %o1: tensor<?x2xi64>) {
  // expected-error @+1 {{'emo.kernel.router' op expects 'indices' of elements 'i32', got 'tensor<?x2xi64>'}}
  %r:2 = emo.kernel.router x(%x : tensor<?x8xf32>) weight(%w : tensor<4x8xf32>) outs(%o0, %o1 : tensor<?x2xf32>, tensor<?x2xi64>) {top_k = 2 : i64} -> tensor<?x2xf32>, tensor<?x2xi64>
  return
}
// -----
// C7
func.func @f(%x: tensor<?x8xf32>, %w: tensor<4x8xf32>, %o0: tensor<?x2xf32>, %o1: tensor<?x2xi32>) {
  // expected-error @+1 {{'emo.kernel.router' op expects 'epsilon' to be finite and at least 0, got -1.000000e+00}}
  %r:2 = emo.kernel.router x(%x : tensor<?x8xf32>) weight(%w : tensor<4x8xf32>) outs(%o0, %o1 : tensor<?x2xf32>, tensor<?x2xi32>) {top_k = 2 : i64, epsilon = -1.0 : f64} -> tensor<?x2xf32>, tensor<?x2xi32>
  return
}
// -----
func.func @f(%x: tensor<?x8xf32>, %w: tensor<4x8xf32>, %o0: tensor<?x2xf32>, %o1: tensor<?x2xi32>) {
  // expected-error @+1 {{'emo.kernel.router' op expects 'scale' to be finite, got nan}}
  %r:2 = emo.kernel.router x(%x : tensor<?x8xf32>) weight(%w : tensor<4x8xf32>) outs(%o0, %o1 : tensor<?x2xf32>, tensor<?x2xi32>) {top_k = 2 : i64, scale = 0x7FF8000000000000 : f64} -> tensor<?x2xf32>, tensor<?x2xi32>
  return
}
// -----
// emo.kernel.group_by_expert: outs.
func.func @f(%i: tensor<?x2xi32>, %o0: tensor<5xi32>, %o1: tensor<?xi32>) {
  // expected-error @+1 {{'emo.kernel.group_by_expert' op expects 3 outs, got 2}}
  %r:2 = emo.kernel.group_by_expert indices(%i : tensor<?x2xi32>) outs(%o0, %o1 : tensor<5xi32>, tensor<?xi32>) -> tensor<5xi32>, tensor<?xi32>
  return
}
// -----
// C1
func.func @f(%i: tensor<?xi32>, %o0: tensor<5xi32>, %o1: tensor<?xi32>, %o2: tensor<?x2xi32>) {
  // expected-error @+1 {{'emo.kernel.group_by_expert' op expects 'indices' to be [T, k], got 'tensor<?xi32>'}}
  %r:3 = emo.kernel.group_by_expert indices(%i : tensor<?xi32>) outs(%o0, %o1, %o2 : tensor<5xi32>, tensor<?xi32>, tensor<?x2xi32>) -> tensor<5xi32>, tensor<?xi32>, tensor<?x2xi32>
  return
}
// -----
func.func @f(%i: tensor<?x2xi32>, %o0: tensor<5x1xi32>, %o1: tensor<?xi32>, %o2: tensor<?x2xi32>) {
  // expected-error @+1 {{'emo.kernel.group_by_expert' op expects 'offsets' to be [E + 1], got 'tensor<5x1xi32>'}}
  %r:3 = emo.kernel.group_by_expert indices(%i : tensor<?x2xi32>) outs(%o0, %o1, %o2 : tensor<5x1xi32>, tensor<?xi32>, tensor<?x2xi32>) -> tensor<5x1xi32>, tensor<?xi32>, tensor<?x2xi32>
  return
}
// -----
func.func @f(%i: tensor<?x2xi32>, %o0: tensor<0xi32>, %o1: tensor<?xi32>, %o2: tensor<?x2xi32>) {
  // expected-error @+1 {{'emo.kernel.group_by_expert' op expects 'offsets' to be [E + 1], got 'tensor<0xi32>'}}
  %r:3 = emo.kernel.group_by_expert indices(%i : tensor<?x2xi32>) outs(%o0, %o1, %o2 : tensor<0xi32>, tensor<?xi32>, tensor<?x2xi32>) -> tensor<0xi32>, tensor<?xi32>, tensor<?x2xi32>
  return
}
// -----
func.func @f(%i: tensor<?x2xi32>, %o0: tensor<5xi32>, %o1: tensor<?x2xi32>, %o2: tensor<?x2xi32>) {
  // expected-error @+1 {{'emo.kernel.group_by_expert' op expects 'tokens' to be [T * k], got 'tensor<?x2xi32>'}}
  %r:3 = emo.kernel.group_by_expert indices(%i : tensor<?x2xi32>) outs(%o0, %o1, %o2 : tensor<5xi32>, tensor<?x2xi32>, tensor<?x2xi32>) -> tensor<5xi32>, tensor<?x2xi32>, tensor<?x2xi32>
  return
}
// -----
func.func @f(%i: tensor<3x2xi32>, %o0: tensor<5xi32>, %o1: tensor<5xi32>, %o2: tensor<?x2xi32>) {
  // expected-error @+1 {{'emo.kernel.group_by_expert' op expects 'tokens' to be [T * k] with T = 3 and k = 2, got 'tensor<5xi32>'}}
  %r:3 = emo.kernel.group_by_expert indices(%i : tensor<3x2xi32>) outs(%o0, %o1, %o2 : tensor<5xi32>, tensor<5xi32>, tensor<?x2xi32>) -> tensor<5xi32>, tensor<5xi32>, tensor<?x2xi32>
  return
}
// -----
func.func @f(%i: tensor<?x2xi32>, %o0: tensor<5xi32>, %o1: tensor<?xi32>, %o2: tensor<?xi32>) {
  // expected-error @+1 {{'emo.kernel.group_by_expert' op expects 'inverse' to be [T, k], got 'tensor<?xi32>'}}
  %r:3 = emo.kernel.group_by_expert indices(%i : tensor<?x2xi32>) outs(%o0, %o1, %o2 : tensor<5xi32>, tensor<?xi32>, tensor<?xi32>) -> tensor<5xi32>, tensor<?xi32>, tensor<?xi32>
  return
}
// -----
func.func @f(%i: tensor<?x2xi32>, %o0: tensor<5xi32>, %o1: tensor<?xi32>, %o2: tensor<?x3xi32>) {
  // expected-error @+1 {{'emo.kernel.group_by_expert' op expects 'inverse' to be [T, k] with k = 2 from 'indices', got 'tensor<?x3xi32>'}}
  %r:3 = emo.kernel.group_by_expert indices(%i : tensor<?x2xi32>) outs(%o0, %o1, %o2 : tensor<5xi32>, tensor<?xi32>, tensor<?x3xi32>) -> tensor<5xi32>, tensor<?xi32>, tensor<?x3xi32>
  return
}
// -----
// C2
func.func @f(%i: tensor<?x2xi32>, %o0: tensor<1xi32>, %o1: tensor<?xi32>, %o2: tensor<?x2xi32>) {
  // expected-error @+1 {{'emo.kernel.group_by_expert' op expects at least 1 expert, got 'offsets' for 0}}
  %r:3 = emo.kernel.group_by_expert indices(%i : tensor<?x2xi32>) outs(%o0, %o1, %o2 : tensor<1xi32>, tensor<?xi32>, tensor<?x2xi32>) -> tensor<1xi32>, tensor<?xi32>, tensor<?x2xi32>
  return
}
// -----
// C3
func.func @f(%i: tensor<?x2xi64>, %o0: tensor<5xi32>, %o1: tensor<?xi32>, %o2: tensor<?x2xi32>) {
  // expected-error @+1 {{'emo.kernel.group_by_expert' op expects 'indices' of elements 'i32', got 'tensor<?x2xi64>'}}
  %r:3 = emo.kernel.group_by_expert indices(%i : tensor<?x2xi64>) outs(%o0, %o1, %o2 : tensor<5xi32>, tensor<?xi32>, tensor<?x2xi32>) -> tensor<5xi32>, tensor<?xi32>, tensor<?x2xi32>
  return
}
// -----
func.func @f(%i: tensor<?x2xi32>, %o0: tensor<5xi64>, %o1: tensor<?xi32>, %o2: tensor<?x2xi32>) {
  // expected-error @+1 {{'emo.kernel.group_by_expert' op expects 'offsets' of elements 'i32', got 'tensor<5xi64>'}}
  %r:3 = emo.kernel.group_by_expert indices(%i : tensor<?x2xi32>) outs(%o0, %o1, %o2 : tensor<5xi64>, tensor<?xi32>, tensor<?x2xi32>) -> tensor<5xi64>, tensor<?xi32>, tensor<?x2xi32>
  return
}
// -----
func.func @f(%i: tensor<?x2xi32>, %o0: tensor<5xi32>, %o1: tensor<?xi64>, %o2: tensor<?x2xi32>) {
  // expected-error @+1 {{'emo.kernel.group_by_expert' op expects 'tokens' of elements 'i32', got 'tensor<?xi64>'}}
  %r:3 = emo.kernel.group_by_expert indices(%i : tensor<?x2xi32>) outs(%o0, %o1, %o2 : tensor<5xi32>, tensor<?xi64>, tensor<?x2xi32>) -> tensor<5xi32>, tensor<?xi64>, tensor<?x2xi32>
  return
}
// -----
func.func @f(%i: tensor<?x2xi32>, %o0: tensor<5xi32>, %o1: tensor<?xi32>, %o2: tensor<?x2xi64>) {
  // expected-error @+1 {{'emo.kernel.group_by_expert' op expects 'inverse' of elements 'i32', got 'tensor<?x2xi64>'}}
  %r:3 = emo.kernel.group_by_expert indices(%i : tensor<?x2xi32>) outs(%o0, %o1, %o2 : tensor<5xi32>, tensor<?xi32>, tensor<?x2xi64>) -> tensor<5xi32>, tensor<?xi32>, tensor<?x2xi64>
  return
}
// -----
// emo.kernel.gather_rows: outs.
func.func @f(%t: tensor<16x8xf32>, %i: tensor<?xi32>, %o0: tensor<?x8xf32>, %o1: tensor<?x8xf32>) {
  // expected-error @+1 {{'emo.kernel.gather_rows' op expects 1 out, got 2}}
  %r:2 = emo.kernel.gather_rows table(%t : tensor<16x8xf32>) ids(%i : tensor<?xi32>) outs(%o0, %o1 : tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>, tensor<?x8xf32>
  return
}
// -----
// C1
func.func @f(%t: tensor<8xf32>, %i: tensor<?xi32>, %o0: tensor<?x8xf32>) {
  // expected-error @+1 {{'emo.kernel.gather_rows' op expects 'table' to be [V, H], got 'tensor<8xf32>'}}
  %r:1 = emo.kernel.gather_rows table(%t : tensor<8xf32>) ids(%i : tensor<?xi32>) outs(%o0 : tensor<?x8xf32>) -> tensor<?x8xf32>
  return
}
// -----
func.func @f(%t: tensor<16x8xf32>, %i: tensor<?x1xi32>, %o0: tensor<?x8xf32>) {
  // expected-error @+1 {{'emo.kernel.gather_rows' op expects 'ids' to be [M], got 'tensor<?x1xi32>'}}
  %r:1 = emo.kernel.gather_rows table(%t : tensor<16x8xf32>) ids(%i : tensor<?x1xi32>) outs(%o0 : tensor<?x8xf32>) -> tensor<?x8xf32>
  return
}
// -----
func.func @f(%t: tensor<16x8xf32>, %i: tensor<?xi32>, %o0: tensor<8xf32>) {
  // expected-error @+1 {{'emo.kernel.gather_rows' op expects 'out' to be [M, H], got 'tensor<8xf32>'}}
  %r:1 = emo.kernel.gather_rows table(%t : tensor<16x8xf32>) ids(%i : tensor<?xi32>) outs(%o0 : tensor<8xf32>) -> tensor<8xf32>
  return
}
// -----
func.func @f(%t: tensor<16x8xf32>, %i: tensor<?xi32>, %o0: tensor<?x7xf32>) {
  // expected-error @+1 {{'emo.kernel.gather_rows' op expects 'out' to be [M, H] with H = 8 from 'table', got 'tensor<?x7xf32>'}}
  %r:1 = emo.kernel.gather_rows table(%t : tensor<16x8xf32>) ids(%i : tensor<?xi32>) outs(%o0 : tensor<?x7xf32>) -> tensor<?x7xf32>
  return
}
// -----
func.func @f(%t: tensor<16x8xf32>, %i: tensor<2xi32>, %o0: tensor<3x8xf32>) {
  // expected-error @+1 {{'emo.kernel.gather_rows' op expects 'out' to be [M, H] with M = 2 from 'ids', got 'tensor<3x8xf32>'}}
  %r:1 = emo.kernel.gather_rows table(%t : tensor<16x8xf32>) ids(%i : tensor<2xi32>) outs(%o0 : tensor<3x8xf32>) -> tensor<3x8xf32>
  return
}
// -----
// C2
func.func @f(%t: tensor<16x8xi32>, %i: tensor<?xi32>, %o0: tensor<?x8xf32>) {
  // expected-error @+1 {{'emo.kernel.gather_rows' op expects 'table' of elements f16, bf16, f32 or f64, got 'tensor<16x8xi32>'}}
  %r:1 = emo.kernel.gather_rows table(%t : tensor<16x8xi32>) ids(%i : tensor<?xi32>) outs(%o0 : tensor<?x8xf32>) -> tensor<?x8xf32>
  return
}
// -----
func.func @f(%t: tensor<16x8xf32>, %i: tensor<?xi16>, %o0: tensor<?x8xf32>) {
  // expected-error @+1 {{'emo.kernel.gather_rows' op expects 'ids' of elements 'i32' or 'i64', got 'tensor<?xi16>'}}
  %r:1 = emo.kernel.gather_rows table(%t : tensor<16x8xf32>) ids(%i : tensor<?xi16>) outs(%o0 : tensor<?x8xf32>) -> tensor<?x8xf32>
  return
}
// -----
func.func @f(%t: tensor<16x8xf32>, %i: tensor<?xi32>, %o0: tensor<?x8xbf16>) {
  // expected-error @+1 {{'emo.kernel.gather_rows' op expects 'out' of elements 'f32', got 'tensor<?x8xbf16>'}}
  %r:1 = emo.kernel.gather_rows table(%t : tensor<16x8xf32>) ids(%i : tensor<?xi32>) outs(%o0 : tensor<?x8xbf16>) -> tensor<?x8xbf16>
  return
}
// -----
// emo.kernel.loss: outs.
func.func @f(%x: tensor<?x8xf32>, %w: tensor<16x8xf32>, %t: tensor<?xi64>, %o0: tensor<?xf32>, %o1: tensor<?xf32>) {
  // expected-error @+1 {{'emo.kernel.loss' op expects 1 out, got 2}}
  %r:2 = emo.kernel.loss x(%x : tensor<?x8xf32>) weight(%w : tensor<16x8xf32>) targets(%t : tensor<?xi64>) outs(%o0, %o1 : tensor<?xf32>, tensor<?xf32>) {vocab_size = 16 : i64} -> tensor<?xf32>, tensor<?xf32>
  return
}
// -----
// C1
func.func @f(%x: tensor<?x8xf32>, %w: tensor<16x8xf32>, %t: tensor<?xi64>, %o0: tensor<?xf32>) {
  // expected-error @+1 {{'emo.kernel.loss' op expects 'vocab_size' between 1 and 2147483647, got 0}}
  %r:1 = emo.kernel.loss x(%x : tensor<?x8xf32>) weight(%w : tensor<16x8xf32>) targets(%t : tensor<?xi64>) outs(%o0 : tensor<?xf32>) {vocab_size = 0 : i64} -> tensor<?xf32>
  return
}
// -----
func.func @f(%x: tensor<?x8xf32>, %w: tensor<16x8xf32>, %t: tensor<?xi64>, %o0: tensor<?xf32>) {
  // expected-error @+1 {{'emo.kernel.loss' op expects 'vocab_size' between 1 and 2147483647, got 2147483648}}
  %r:1 = emo.kernel.loss x(%x : tensor<?x8xf32>) weight(%w : tensor<16x8xf32>) targets(%t : tensor<?xi64>) outs(%o0 : tensor<?xf32>) {vocab_size = 2147483648 : i64} -> tensor<?xf32>
  return
}
// -----
// C2
func.func @f(%x: tensor<8xf32>, %w: tensor<16x8xf32>, %t: tensor<?xi64>, %o0: tensor<?xf32>) {
  // expected-error @+1 {{'emo.kernel.loss' op expects 'x' to be [M, K], got 'tensor<8xf32>'}}
  %r:1 = emo.kernel.loss x(%x : tensor<8xf32>) weight(%w : tensor<16x8xf32>) targets(%t : tensor<?xi64>) outs(%o0 : tensor<?xf32>) {vocab_size = 16 : i64} -> tensor<?xf32>
  return
}
// -----
func.func @f(%x: tensor<?x8xf32>, %w: tensor<8xf32>, %t: tensor<?xi64>, %o0: tensor<?xf32>) {
  // expected-error @+1 {{'emo.kernel.loss' op expects 'weight' to be [N, K], got 'tensor<8xf32>'}}
  %r:1 = emo.kernel.loss x(%x : tensor<?x8xf32>) weight(%w : tensor<8xf32>) targets(%t : tensor<?xi64>) outs(%o0 : tensor<?xf32>) {vocab_size = 16 : i64} -> tensor<?xf32>
  return
}
// -----
func.func @f(%x: tensor<?x8xf32>, %w: tensor<16x7xf32>, %t: tensor<?xi64>, %o0: tensor<?xf32>) {
  // expected-error @+1 {{'emo.kernel.loss' op expects 'weight' to be [N, K] with K = 8 from 'x', got 'tensor<16x7xf32>'}}
  %r:1 = emo.kernel.loss x(%x : tensor<?x8xf32>) weight(%w : tensor<16x7xf32>) targets(%t : tensor<?xi64>) outs(%o0 : tensor<?xf32>) {vocab_size = 16 : i64} -> tensor<?xf32>
  return
}
// -----
func.func @f(%x: tensor<?x8xf32>, %w: tensor<16x8xf32>, %t: tensor<?xi64>, %o0: tensor<?xf32>) {
  // expected-error @+1 {{'emo.kernel.loss' op expects 'weight' to be [N, K] with N = 15 from 'vocab_size', got 'tensor<16x8xf32>'}}
  %r:1 = emo.kernel.loss x(%x : tensor<?x8xf32>) weight(%w : tensor<16x8xf32>) targets(%t : tensor<?xi64>) outs(%o0 : tensor<?xf32>) {vocab_size = 15 : i64} -> tensor<?xf32>
  return
}
// -----
func.func @f(%x: tensor<?x8xf32>, %w: tensor<16x8xf32>, %t: tensor<?x1xi64>, %o0: tensor<?xf32>) {
  // expected-error @+1 {{'emo.kernel.loss' op expects 'targets' to be [M], got 'tensor<?x1xi64>'}}
  %r:1 = emo.kernel.loss x(%x : tensor<?x8xf32>) weight(%w : tensor<16x8xf32>) targets(%t : tensor<?x1xi64>) outs(%o0 : tensor<?xf32>) {vocab_size = 16 : i64} -> tensor<?xf32>
  return
}
// -----
func.func @f(%x: tensor<2x8xf32>, %w: tensor<16x8xf32>, %t: tensor<3xi64>, %o0: tensor<?xf32>) {
  // expected-error @+1 {{'emo.kernel.loss' op expects 'targets' to be [M] with M = 2 from 'x', got 'tensor<3xi64>'}}
  %r:1 = emo.kernel.loss x(%x : tensor<2x8xf32>) weight(%w : tensor<16x8xf32>) targets(%t : tensor<3xi64>) outs(%o0 : tensor<?xf32>) {vocab_size = 16 : i64} -> tensor<?xf32>
  return
}
// -----
func.func @f(%x: tensor<?x8xf32>, %w: tensor<16x8xf32>, %t: tensor<?xi64>, %o0: tensor<?x1xf32>) {
  // expected-error @+1 {{'emo.kernel.loss' op expects 'losses' to be [M], got 'tensor<?x1xf32>'}}
  %r:1 = emo.kernel.loss x(%x : tensor<?x8xf32>) weight(%w : tensor<16x8xf32>) targets(%t : tensor<?xi64>) outs(%o0 : tensor<?x1xf32>) {vocab_size = 16 : i64} -> tensor<?x1xf32>
  return
}
// -----
func.func @f(%x: tensor<2x8xf32>, %w: tensor<16x8xf32>, %t: tensor<?xi64>, %o0: tensor<3xf32>) {
  // expected-error @+1 {{'emo.kernel.loss' op expects 'losses' to be [M] with M = 2 from 'x', got 'tensor<3xf32>'}}
  %r:1 = emo.kernel.loss x(%x : tensor<2x8xf32>) weight(%w : tensor<16x8xf32>) targets(%t : tensor<?xi64>) outs(%o0 : tensor<3xf32>) {vocab_size = 16 : i64} -> tensor<3xf32>
  return
}
// -----
// C3
func.func @f(%x: tensor<?x8xi32>, %w: tensor<16x8xf32>, %t: tensor<?xi64>, %o0: tensor<?xf32>) {
  // expected-error @+1 {{'emo.kernel.loss' op expects 'x' of elements f16, bf16, f32 or f64, got 'tensor<?x8xi32>'}}
  %r:1 = emo.kernel.loss x(%x : tensor<?x8xi32>) weight(%w : tensor<16x8xf32>) targets(%t : tensor<?xi64>) outs(%o0 : tensor<?xf32>) {vocab_size = 16 : i64} -> tensor<?xf32>
  return
}
// -----
func.func @f(%x: tensor<?x8xf32>, %w: tensor<16x8xbf16>, %t: tensor<?xi64>, %o0: tensor<?xf32>) {
  // expected-error @+1 {{'emo.kernel.loss' op expects 'weight' of elements 'f32', got 'tensor<16x8xbf16>'}}
  %r:1 = emo.kernel.loss x(%x : tensor<?x8xf32>) weight(%w : tensor<16x8xbf16>) targets(%t : tensor<?xi64>) outs(%o0 : tensor<?xf32>) {vocab_size = 16 : i64} -> tensor<?xf32>
  return
}
// -----
func.func @f(%x: tensor<?x8xf32>, %w: tensor<16x8xf32>, %t: tensor<?xi8>, %o0: tensor<?xf32>) {
  // expected-error @+1 {{'emo.kernel.loss' op expects 'targets' of elements 'i32' or 'i64', got 'tensor<?xi8>'}}
  %r:1 = emo.kernel.loss x(%x : tensor<?x8xf32>) weight(%w : tensor<16x8xf32>) targets(%t : tensor<?xi8>) outs(%o0 : tensor<?xf32>) {vocab_size = 16 : i64} -> tensor<?xf32>
  return
}
// -----
func.func @f(%x: tensor<?x8xf32>, %w: tensor<16x8xf32>, %t: tensor<?xi64>, %o0: tensor<?xbf16>) {
  // expected-error @+1 {{'emo.kernel.loss' op expects 'losses' of elements 'f32', got 'tensor<?xbf16>'}}
  %r:1 = emo.kernel.loss x(%x : tensor<?x8xf32>) weight(%w : tensor<16x8xf32>) targets(%t : tensor<?xi64>) outs(%o0 : tensor<?xbf16>) {vocab_size = 16 : i64} -> tensor<?xbf16>
  return
}
// -----
// C4
func.func @f(%x: tensor<?x8xf32>, %w: tensor<1x2x8x32xf32>, %t: tensor<?xi64>, %o0: tensor<?xf32>) {
  // expected-error @+1 {{'emo.kernel.loss' op expects 'weight' packed as 'tensor<1x1x8x32xf32>', got 'tensor<1x2x8x32xf32>'}}
  %r:1 = emo.kernel.loss x(%x : tensor<?x8xf32>) weight(%w : tensor<1x2x8x32xf32>) targets(%t : tensor<?xi64>) outs(%o0 : tensor<?xf32>) {vocab_size = 16 : i64, packed} -> tensor<?xf32>
  return
}
// -----
func.func @f(%x: tensor<?x8xf32>, %w: tensor<16x8xf32>, %t: tensor<?xi64>, %o0: tensor<?xf32>) {
  // expected-error @+1 {{'emo.kernel.loss' op expects 'weight' packed as 'tensor<1x1x8x32xf32>', got 'tensor<16x8xf32>'}}
  %r:1 = emo.kernel.loss x(%x : tensor<?x8xf32>) weight(%w : tensor<16x8xf32>) targets(%t : tensor<?xi64>) outs(%o0 : tensor<?xf32>) {vocab_size = 16 : i64, packed} -> tensor<?xf32>
  return
}
// -----
// emo.kernel.router with a pool and scores: C5
func.func @f(%x: memref<?x8xf32>, %w: memref<4x8xf32>, %p: memref<1x5xi1>, %a: memref<?x2xf32>, %b: memref<?x2xi32>) {
  // expected-error @+1 {{'emo.kernel.router' op expects 'pool' to be [D, R] with R = 4 from 'weight', got 'memref<1x5xi1>'}}
  emo.kernel.router x(%x : memref<?x8xf32>) weight(%w : memref<4x8xf32>) pool(%p : memref<1x5xi1>) outs(%a, %b : memref<?x2xf32>, memref<?x2xi32>) {top_k = 2 : i64}
  return
}
// -----
func.func @f(%x: memref<3x8xf32>, %w: memref<4x8xf32>, %p: memref<1x4xi1>, %g: memref<2xi32>, %a: memref<3x2xf32>, %b: memref<3x2xi32>) {
  // expected-error @+1 {{'emo.kernel.router' op expects 'segments' to be [M] with M = 3 from 'x', got 'memref<2xi32>'}}
  emo.kernel.router x(%x : memref<3x8xf32>) weight(%w : memref<4x8xf32>) pool(%p : memref<1x4xi1>) segments(%g : memref<2xi32>) outs(%a, %b : memref<3x2xf32>, memref<3x2xi32>) {top_k = 2 : i64}
  return
}
// -----
func.func @f(%x: memref<?x8xf32>, %w: memref<4x8xf32>, %a: memref<?x2xf32>, %b: memref<?x2xi32>, %s: memref<?x3xf32>) {
  // expected-error @+1 {{'emo.kernel.router' op expects 'scores' to be [M, R] with R = 4 from 'weight', got 'memref<?x3xf32>'}}
  emo.kernel.router x(%x : memref<?x8xf32>) weight(%w : memref<4x8xf32>) outs(%a, %b, %s : memref<?x2xf32>, memref<?x2xi32>, memref<?x3xf32>) {top_k = 2 : i64}
  return
}
// -----
// C6
func.func @f(%x: memref<?x8xf32>, %w: memref<4x8xf32>, %p: memref<1x4xi8>, %a: memref<?x2xf32>, %b: memref<?x2xi32>) {
  // expected-error @+1 {{'emo.kernel.router' op expects 'pool' of elements 'i1', got 'memref<1x4xi8>'}}
  emo.kernel.router x(%x : memref<?x8xf32>) weight(%w : memref<4x8xf32>) pool(%p : memref<1x4xi8>) outs(%a, %b : memref<?x2xf32>, memref<?x2xi32>) {top_k = 2 : i64}
  return
}
// -----
func.func @f(%x: memref<?x8xf32>, %w: memref<4x8xf32>, %p: memref<1x4xi1>, %g: memref<?xi64>, %a: memref<?x2xf32>, %b: memref<?x2xi32>) {
  // expected-error @+1 {{'emo.kernel.router' op expects 'segments' of elements 'i32', got 'memref<?xi64>'}}
  emo.kernel.router x(%x : memref<?x8xf32>) weight(%w : memref<4x8xf32>) pool(%p : memref<1x4xi1>) segments(%g : memref<?xi64>) outs(%a, %b : memref<?x2xf32>, memref<?x2xi32>) {top_k = 2 : i64}
  return
}
// -----
func.func @f(%x: memref<?x8xf32>, %w: memref<4x8xf32>, %a: memref<?x2xf32>, %b: memref<?x2xi32>, %s: memref<?x4xbf16>) {
  // expected-error @+1 {{'emo.kernel.router' op expects 'scores' of elements 'f32', got 'memref<?x4xbf16>'}}
  emo.kernel.router x(%x : memref<?x8xf32>) weight(%w : memref<4x8xf32>) outs(%a, %b, %s : memref<?x2xf32>, memref<?x2xi32>, memref<?x4xbf16>) {top_k = 2 : i64}
  return
}
// -----
// C8
func.func @f(%x: memref<?x8xf32>, %w: memref<4x8xf32>, %g: memref<?xi32>, %a: memref<?x2xf32>, %b: memref<?x2xi32>) {
  // expected-error @+1 {{'emo.kernel.router' op expects a 'pool' with 'segments', got none}}
  emo.kernel.router x(%x : memref<?x8xf32>) weight(%w : memref<4x8xf32>) segments(%g : memref<?xi32>) outs(%a, %b : memref<?x2xf32>, memref<?x2xi32>) {top_k = 2 : i64}
  return
}
// -----
func.func @f(%x: memref<?x8xf32>, %w: memref<4x8xf32>, %p: memref<2x4xi1>, %a: memref<?x2xf32>, %b: memref<?x2xi32>) {
  // expected-error @+1 {{'emo.kernel.router' op expects 'segments' with a pool of other than 1 row, got 'memref<2x4xi1>'}}
  emo.kernel.router x(%x : memref<?x8xf32>) weight(%w : memref<4x8xf32>) pool(%p : memref<2x4xi1>) outs(%a, %b : memref<?x2xf32>, memref<?x2xi32>) {top_k = 2 : i64}
  return
}
// -----
// emo.kernel.weight_gradient: C1
func.func @f(%dy: memref<?x4xf32>, %x: memref<?x8xf32>, %o: memref<4x7xf32>) {
  // expected-error @+1 {{'emo.kernel.weight_gradient' op expects 'out' to be [N, K] with K = 8 from 'x', got 'memref<4x7xf32>'}}
  emo.kernel.weight_gradient dy(%dy : memref<?x4xf32>) x(%x : memref<?x8xf32>) outs(%o : memref<4x7xf32>)
  return
}
// -----
func.func @f(%dy: memref<3x4xf32>, %x: memref<5x8xf32>, %o: memref<4x8xf32>) {
  // expected-error @+1 {{'emo.kernel.weight_gradient' op expects 'x' to be [M, K] with M = 3 from 'dy', got 'memref<5x8xf32>'}}
  emo.kernel.weight_gradient dy(%dy : memref<3x4xf32>) x(%x : memref<5x8xf32>) outs(%o : memref<4x8xf32>)
  return
}
// -----
func.func @f(%dy: memref<3x4xf32>, %x: memref<5x8xf32>, %g: memref<4xi32>, %o: memref<4x8xf32>) {
  // expected-error @+1 {{'emo.kernel.weight_gradient' op expects 'gather' to be [M] with M = 3 from 'dy', got 'memref<4xi32>'}}
  emo.kernel.weight_gradient dy(%dy : memref<3x4xf32>) x(%x : memref<5x8xf32>) gather(%g : memref<4xi32>) outs(%o : memref<4x8xf32>)
  return
}
// -----
func.func @f(%dy: memref<?x4xf32>, %x: memref<?x8xf32>, %s: memref<3xi32>, %o: memref<3x4x8xf32>) {
  // expected-error @+1 {{'emo.kernel.weight_gradient' op expects 'out' to be [E, N, K] with E = 2 from 'offsets', got 'memref<3x4x8xf32>'}}
  emo.kernel.weight_gradient dy(%dy : memref<?x4xf32>) x(%x : memref<?x8xf32>) offsets(%s : memref<3xi32>) outs(%o : memref<3x4x8xf32>)
  return
}
// -----
// C2
func.func @f(%dy: memref<?x4xi32>, %x: memref<?x8xi32>, %o: memref<4x8xf32>) {
  // expected-error @+1 {{'emo.kernel.weight_gradient' op expects 'dy' of elements f16, bf16, f32 or f64, got 'memref<?x4xi32>'}}
  emo.kernel.weight_gradient dy(%dy : memref<?x4xi32>) x(%x : memref<?x8xi32>) outs(%o : memref<4x8xf32>)
  return
}
// -----
func.func @f(%dy: memref<?x4xbf16>, %x: memref<?x8xf32>, %o: memref<4x8xf32>) {
  // expected-error @+1 {{'emo.kernel.weight_gradient' op expects 'x' of elements 'bf16', got 'memref<?x8xf32>'}}
  emo.kernel.weight_gradient dy(%dy : memref<?x4xbf16>) x(%x : memref<?x8xf32>) outs(%o : memref<4x8xf32>)
  return
}
// -----
func.func @f(%dy: memref<?x4xf32>, %x: memref<?x8xf32>, %o: memref<4x8xi32>) {
  // expected-error @+1 {{'emo.kernel.weight_gradient' op expects 'out' of elements f16, bf16, f32 or f64, got 'memref<4x8xi32>'}}
  emo.kernel.weight_gradient dy(%dy : memref<?x4xf32>) x(%x : memref<?x8xf32>) outs(%o : memref<4x8xi32>)
  return
}
// -----
// C3
func.func @f(%dy: memref<?x4xf32>, %x: memref<?x8xf32>, %g: memref<?xi64>, %o: memref<4x8xf32>) {
  // expected-error @+1 {{'emo.kernel.weight_gradient' op expects 'gather' of elements 'i32', got 'memref<?xi64>'}}
  emo.kernel.weight_gradient dy(%dy : memref<?x4xf32>) x(%x : memref<?x8xf32>) gather(%g : memref<?xi64>) outs(%o : memref<4x8xf32>)
  return
}
// -----
func.func @f(%dy: memref<?x4xf32>, %x: memref<?x8xf32>, %s: memref<3xi64>, %o: memref<2x4x8xf32>) {
  // expected-error @+1 {{'emo.kernel.weight_gradient' op expects 'offsets' of elements 'i32', got 'memref<3xi64>'}}
  emo.kernel.weight_gradient dy(%dy : memref<?x4xf32>) x(%x : memref<?x8xf32>) offsets(%s : memref<3xi64>) outs(%o : memref<2x4x8xf32>)
  return
}
// -----
// emo.kernel.row_dot: C1
func.func @f(%a: memref<?x4xf32>, %b: memref<?x5xf32>, %o: memref<?xf32>) {
  // expected-error @+1 {{'emo.kernel.row_dot' op expects 'b' to be [M, H] with H = 4 from 'a', got 'memref<?x5xf32>'}}
  emo.kernel.row_dot a(%a : memref<?x4xf32>) b(%b : memref<?x5xf32>) outs(%o : memref<?xf32>)
  return
}
// -----
// C2
func.func @f(%a: memref<?x4xi32>, %b: memref<?x4xf32>, %o: memref<?xf32>) {
  // expected-error @+1 {{'emo.kernel.row_dot' op expects 'a' of elements f16, bf16, f32 or f64, got 'memref<?x4xi32>'}}
  emo.kernel.row_dot a(%a : memref<?x4xi32>) b(%b : memref<?x4xf32>) outs(%o : memref<?xf32>)
  return
}
// -----
func.func @f(%a: memref<?x4xf32>, %b: memref<?x4xi32>, %o: memref<?xf32>) {
  // expected-error @+1 {{'emo.kernel.row_dot' op expects 'b' of elements f16, bf16, f32 or f64, got 'memref<?x4xi32>'}}
  emo.kernel.row_dot a(%a : memref<?x4xf32>) b(%b : memref<?x4xi32>) outs(%o : memref<?xf32>)
  return
}
// -----
func.func @f(%a: memref<?x4xf32>, %b: memref<?x4xf32>, %o: memref<?xbf16>) {
  // expected-error @+1 {{'emo.kernel.row_dot' op expects 'out' of elements 'f32', got 'memref<?xbf16>'}}
  emo.kernel.row_dot a(%a : memref<?x4xf32>) b(%b : memref<?x4xf32>) outs(%o : memref<?xbf16>)
  return
}
// -----
// emo.kernel.sample: C1
func.func @f(%l: memref<?x8xf32>, %s: memref<?x4xf32>, %o: memref<?xi64>) {
  // expected-error @+1 {{'emo.kernel.sample' op expects 'sampling' to be [B, 3], got 'memref<?x4xf32>'}}
  emo.kernel.sample logits(%l : memref<?x8xf32>) sampling(%s : memref<?x4xf32>) outs(%o : memref<?xi64>)
  return
}
// -----
func.func @f(%l: memref<2x8xf32>, %s: memref<?x3xf32>, %o: memref<3xi64>) {
  // expected-error @+1 {{'emo.kernel.sample' op expects 'ids' to be [B] with B = 2 from 'logits', got 'memref<3xi64>'}}
  emo.kernel.sample logits(%l : memref<2x8xf32>) sampling(%s : memref<?x3xf32>) outs(%o : memref<3xi64>)
  return
}
// -----
// C2
func.func @f(%l: memref<?x0xf32>, %s: memref<?x3xf32>, %o: memref<?xi64>) {
  // expected-error @+1 {{'emo.kernel.sample' op expects at least one logit a row, got 'memref<?x0xf32>'}}
  emo.kernel.sample logits(%l : memref<?x0xf32>) sampling(%s : memref<?x3xf32>) outs(%o : memref<?xi64>)
  return
}
// -----
// C3
func.func @f(%l: memref<?x8xi32>, %s: memref<?x3xf32>, %o: memref<?xi64>) {
  // expected-error @+1 {{'emo.kernel.sample' op expects 'logits' of elements f16, bf16, f32 or f64, got 'memref<?x8xi32>'}}
  emo.kernel.sample logits(%l : memref<?x8xi32>) sampling(%s : memref<?x3xf32>) outs(%o : memref<?xi64>)
  return
}
// -----
func.func @f(%l: memref<?x8xf32>, %s: memref<?x3xi64>, %o: memref<?xi64>) {
  // expected-error @+1 {{'emo.kernel.sample' op expects 'sampling' of elements f16, bf16, f32 or f64, got 'memref<?x3xi64>'}}
  emo.kernel.sample logits(%l : memref<?x8xf32>) sampling(%s : memref<?x3xi64>) outs(%o : memref<?xi64>)
  return
}
// -----
func.func @f(%l: memref<?x8xf32>, %s: memref<?x3xf32>, %o: memref<?xi16>) {
  // expected-error @+1 {{'emo.kernel.sample' op expects 'ids' of elements 'i32' or 'i64', got 'memref<?xi16>'}}
  emo.kernel.sample logits(%l : memref<?x8xf32>) sampling(%s : memref<?x3xf32>) outs(%o : memref<?xi16>)
  return
}
