// Ops whose operands and results know different things about sizes become kernels as well.
// RUN: emo-opt %s --emo-to-kernels | FileCheck %s

emo.param @w : tensor<16x8xf32> from [#emo.source<"m", 0, tensor<16x8xf32>>]

// CHECK-LABEL: func.func @result(
// CHECK: %[[Y:.*]] = emo.kernel.matmul lhs(%{{.*}} : tensor<4x8xf32>) {{.*}} outs(%{{.*}} : tensor<4x16xf32>)
// CHECK: %[[CAST:.*]] = tensor.cast %[[Y]] : tensor<4x16xf32> to tensor<?x?xf32>
// CHECK: return %[[CAST]]
func.func @result(%x: tensor<4x8xf32>) -> tensor<?x?xf32> {
  %w = emo.param.ref @w : tensor<16x8xf32>
  %0 = emo.linear %x, %w : tensor<4x8xf32>, tensor<16x8xf32> -> tensor<?x?xf32>
  return %0 : tensor<?x?xf32>
}

// CHECK-LABEL: func.func @operand(
// CHECK: tensor.cast %{{.*}} : tensor<?x2xf32> to tensor<4x2xf32>
// CHECK: emo.kernel.combine rows(%{{.*}} : tensor<?x8xf32>) weights(%{{.*}} : tensor<4x2xf32>) inverse(%{{.*}} : tensor<4x2xi32>) outs(%{{.*}} : tensor<4x8xf32>)
func.func @operand(%r: tensor<?x8xf32>, %w: tensor<?x2xf32>, %i: tensor<4x2xi32>) -> tensor<4x8xf32> {
  %0 = emo.combine %r, %w, %i : tensor<?x8xf32>, tensor<?x2xf32>, tensor<4x2xi32> -> tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}

// CHECK-LABEL: func.func @experts(
// CHECK: emo.kernel.group_by_expert {{.*}} -> tensor<5xi32>, tensor<8xi32>, tensor<4x2xi32>
func.func @experts(%i: tensor<4x2xi32>) -> (tensor<?xi32>, tensor<?xi32>, tensor<?x2xi32>) {
  %o, %t, %v = emo.group_by_expert %i {num_experts = 4 : i64} : tensor<4x2xi32> -> tensor<?xi32>, tensor<?xi32>, tensor<?x2xi32>
  return %o, %t, %v : tensor<?xi32>, tensor<?xi32>, tensor<?x2xi32>
}

// CHECK-LABEL: func.func @attention(
// CHECK: emo.kernel.attention {{.*}} -> tensor<2x3x4x8xf32>, tensor<2x4x3x8xf32>, tensor<2x4x3x8xf32>
func.func @attention(%q: tensor<2x?x4x8xf32>, %k: tensor<?x3x4x8xf32>) -> tensor<?x?x4x8xf32> {
  %0 = emo.attention %q, %k, %k {scale = 0.5 : f64} : tensor<2x?x4x8xf32>, tensor<?x3x4x8xf32>, tensor<?x3x4x8xf32> -> tensor<?x?x4x8xf32>
  return %0 : tensor<?x?x4x8xf32>
}

// The number of rows does not say how many tokens there are.
// CHECK-LABEL: func.func @rows(
// CHECK: %[[G:.*]]:3 = emo.kernel.group_by_expert {{.*}} -> tensor<5xi32>, tensor<?xi32>, tensor<?x2xi32>
// CHECK: tensor.cast %[[G]]#1 : tensor<?xi32> to tensor<8xi32>
func.func @rows(%i: tensor<?x2xi32>) -> (tensor<5xi32>, tensor<8xi32>, tensor<?x2xi32>) {
  %o, %t, %v = emo.group_by_expert %i {num_experts = 4 : i64} : tensor<?x2xi32> -> tensor<5xi32>, tensor<8xi32>, tensor<?x2xi32>
  return %o, %t, %v : tensor<5xi32>, tensor<8xi32>, tensor<?x2xi32>
}
