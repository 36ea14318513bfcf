// RUN: emo-opt %s | emo-opt | FileCheck %s

// CHECK-LABEL: func.func @moe
func.func @moe(%x: tensor<?x8xf32>, %logits: tensor<?x4xf32>, %up: tensor<5x16x8xf32>, %down: tensor<5x8x16xf32>) -> tensor<?x8xf32> {
  // CHECK: emo.route {{.*}} {num_shared = 1 : i64, top_k = 2 : i64}
  %w, %i = emo.route %logits {top_k = 2 : i64, num_shared = 1 : i64} : tensor<?x4xf32> -> tensor<?x3xf32>, tensor<?x3xi32>
  // CHECK: emo.group_by_expert
  %o, %t, %inv = emo.group_by_expert %i {num_experts = 5 : i64} : tensor<?x3xi32> -> tensor<6xi32>, tensor<?xi32>, tensor<?x3xi32>
  // CHECK: emo.dispatch
  %r = emo.dispatch %x, %t : tensor<?x8xf32>, tensor<?xi32> -> tensor<?x8xf32>
  // CHECK: emo.expert_mlp
  %y = emo.expert_mlp %r, %o up(%up : tensor<5x16x8xf32>) down(%down : tensor<5x8x16xf32>) gate(%up : tensor<5x16x8xf32>) {limit = 7.0 : f64} : tensor<?x8xf32>, tensor<6xi32> -> tensor<?x8xf32>
  // CHECK: emo.combine
  %z = emo.combine %y, %w, %inv : tensor<?x8xf32>, tensor<?x3xf32>, tensor<?x3xi32> -> tensor<?x8xf32>
  return %z : tensor<?x8xf32>
}

// CHECK-LABEL: func.func @attention
func.func @attention(%q: tensor<?x?x4x8xf32>, %k: tensor<?x?x2x8xf32>, %s: tensor<?x?xi32>, %kc: tensor<?x2x?x8xf32>, %n: tensor<?xi32>) -> tensor<?x?x4x8xf32> {
  // CHECK: emo.rotary
  %r = emo.rotary %q start(%n : tensor<?xi32>) {theta = 10000.0 : f64} : tensor<?x?x4x8xf32>
  // CHECK: emo.attention
  %a = emo.attention %r, %k, %k segments(%s : tensor<?x?xi32>) {scale = 0.5 : f64} : tensor<?x?x4x8xf32>, tensor<?x?x2x8xf32>, tensor<?x?x2x8xf32> -> tensor<?x?x4x8xf32>
  // CHECK: emo.attention {{.*}} cache(
  %b, %c, %d = emo.attention %a, %k, %k cache(%kc, %kc, %n : tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>, tensor<?xi32>) {scale = 0.5 : f64} : tensor<?x?x4x8xf32>, tensor<?x?x2x8xf32>, tensor<?x?x2x8xf32> -> tensor<?x?x4x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>
  return %b : tensor<?x?x4x8xf32>
}

// CHECK-LABEL: func.func @kernels
func.func @kernels(%x: memref<?x8xf32>, %w: memref<16x8xf32>, %bias: memref<16xf32>, %y: memref<?x16xf32>) {
  // CHECK: emo.kernel.matmul
  emo.kernel.matmul lhs(%x : memref<?x8xf32>) weights(%w, %w : memref<16x8xf32>, memref<16x8xf32>) extras(%bias : memref<16xf32>) outs(%y : memref<?x16xf32>)
    attributes {accumulators = 2 : i64, kinds = [#emo.kind<column>]} {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %0 = arith.mulf %a, %b : f32
    %1 = arith.addf %0, %c : f32
    emo.kernel.yield %1 : f32
  }
  return
}
