// RUN: emo-opt %s --emo-to-kernels --canonicalize --cse | FileCheck %s

module attributes {emo.model = {max_positions = 64 : i64}} {

// Without a cache the stores are scratch [B, Hkv, S, D].
// CHECK-LABEL: func.func @segments
// CHECK-SAME: %[[Q:.*]]: tensor<?x?x4x8xf32>, %[[K:.*]]: tensor<?x?x2x8xf32>, %[[S:.*]]: tensor<?x?xi32>
func.func @segments(%q: tensor<?x?x4x8xf32>, %k: tensor<?x?x2x8xf32>, %s: tensor<?x?xi32>) -> tensor<?x?x4x8xf32> {
  // CHECK: %[[OUT:.*]] = tensor.empty({{.*}}) : tensor<?x?x4x8xf32>
  // CHECK: %[[STORE:.*]] = tensor.empty({{.*}}) : tensor<?x2x?x8xf32>
  // CHECK: emo.kernel.attention q(%[[Q]] {{.*}} k(%[[K]] {{.*}} v(%[[K]] : tensor<?x?x2x8xf32>) segments(%[[S]] : tensor<?x?xi32>) outs(%[[OUT]], %[[STORE]], %[[STORE]] {{.*}} {causal = true, scale = 5.000000e-01 : f64}
  %a = emo.attention %q, %k, %k segments(%s : tensor<?x?xi32>) {scale = 0.5 : f64} : tensor<?x?x4x8xf32>, tensor<?x?x2x8xf32>, tensor<?x?x2x8xf32> -> tensor<?x?x4x8xf32>
  return %a : tensor<?x?x4x8xf32>
}

// The caches are destinations; rotary with the same start becomes the table.
// CHECK-LABEL: func.func @cache
// CHECK-SAME: %[[Q:.*]]: tensor<?x?x4x8xbf16>, %[[K:.*]]: tensor<?x?x2x8xbf16>, %[[KC:.*]]: tensor<?x2x?x8xbf16>, %[[VC:.*]]: tensor<?x2x?x8xbf16>, %[[N:.*]]: tensor<?xi32>
func.func @cache(%q: tensor<?x?x4x8xbf16>, %k: tensor<?x?x2x8xbf16>, %kc: tensor<?x2x?x8xbf16>, %vc: tensor<?x2x?x8xbf16>, %n: tensor<?xi32>)
    -> (tensor<?x?x4x8xbf16>, tensor<?x2x?x8xbf16>, tensor<?x2x?x8xbf16>) {
  // CHECK: %[[T:.*]] = emo.param.ref @rope_table : tensor<64x8xf32>
  // CHECK: %[[R:.*]]:3 = emo.kernel.attention q(%[[Q]] {{.*}} k(%[[K]] {{.*}} table(%[[T]] {{.*}} start(%[[N]] : tensor<?xi32>) outs(%{{.*}}, %[[KC]], %[[VC]] :
  // CHECK: return %[[R]]#0, %[[R]]#1, %[[R]]#2
  %qr = emo.rotary %q start(%n : tensor<?xi32>) {theta = 1.0e4 : f64} : tensor<?x?x4x8xbf16>
  %kr = emo.rotary %k start(%n : tensor<?xi32>) {theta = 1.0e4 : f64} : tensor<?x?x2x8xbf16>
  %a:3 = emo.attention %qr, %kr, %k cache(%kc, %vc, %n : tensor<?x2x?x8xbf16>, tensor<?x2x?x8xbf16>, tensor<?xi32>) {scale = 0.5 : f64} : tensor<?x?x4x8xbf16>, tensor<?x?x2x8xbf16>, tensor<?x?x2x8xbf16> -> tensor<?x?x4x8xbf16>, tensor<?x2x?x8xbf16>, tensor<?x2x?x8xbf16>
  return %a#0, %a#1, %a#2 : tensor<?x?x4x8xbf16>, tensor<?x2x?x8xbf16>, tensor<?x2x?x8xbf16>
}

// Rotations that differ, or in the interleaved form, stay in front.
// CHECK-LABEL: func.func @interleaved
func.func @interleaved(%q: tensor<?x?x4x8xf32>, %k: tensor<?x?x2x8xf32>) -> tensor<?x?x4x8xf32> {
  // CHECK: %[[Q:.*]] = emo.rotary
  // CHECK: %[[K:.*]] = emo.rotary
  // CHECK: emo.kernel.attention q(%[[Q]] {{.*}} k(%[[K]]
  // CHECK-NOT: table
  %qr = emo.rotary %q {theta = 1.0e4 : f64, interleaved = true} : tensor<?x?x4x8xf32>
  %kr = emo.rotary %k {theta = 1.0e4 : f64, interleaved = true} : tensor<?x?x2x8xf32>
  %a = emo.attention %qr, %kr, %k {scale = 0.5 : f64} : tensor<?x?x4x8xf32>, tensor<?x?x2x8xf32>, tensor<?x?x2x8xf32> -> tensor<?x?x4x8xf32>
  return %a : tensor<?x?x4x8xf32>
}

// The kernel has heads of a multiple of 4 only.
// CHECK-LABEL: func.func @odd_heads
func.func @odd_heads(%q: tensor<?x?x4x6xf32>) -> tensor<?x?x4x6xf32> {
  // CHECK: emo.attention
  %a = emo.attention %q, %q, %q {scale = 0.5 : f64} : tensor<?x?x4x6xf32>, tensor<?x?x4x6xf32>, tensor<?x?x4x6xf32> -> tensor<?x?x4x6xf32>
  return %a : tensor<?x?x4x6xf32>
}
}
