// RUN: emo-opt %s --emo-to-kernels --canonicalize --cse | FileCheck %s

emo.param @w_8x8xbf16 : tensor<8x8xbf16> from [#emo.source<"m", 0, tensor<8x8xbf16>>]
emo.param @w_8x8xf32 : tensor<8x8xf32> from [#emo.source<"m", 0, tensor<8x8xf32>>]

// The residual add moves into the product, in the type it was written in.
// CHECK-LABEL: func.func @residual
// CHECK-SAME: (%[[X:.*]]: tensor<?x?x8xbf16>)
func.func @residual(%x: tensor<?x?x8xbf16>) -> tensor<?x?x8xbf16> {
  %w = emo.param.ref @w_8x8xbf16 : tensor<8x8xbf16>
  // CHECK-DAG: %[[W:.*]] = emo.param.ref
  // CHECK-DAG: %[[ROWS:.*]] = tensor.collapse_shape %[[X]]
  // CHECK: %[[Y:.*]] = emo.kernel.matmul lhs(%[[ROWS]] : {{.*}}) weights(%[[W]] : {{.*}}) extras(%[[ROWS]] : tensor<?x8xbf16>) {{.*}} kinds = [#emo.kind<element>]
  // CHECK: ^bb0(%[[ACC:.*]]: f32, %[[R:.*]]: bf16):
  // CHECK:   %[[T:.*]] = arith.truncf %[[ACC]] : f32 to bf16
  // CHECK:   %[[S:.*]] = arith.addf %[[R]], %[[T]] : bf16
  // CHECK:   emo.kernel.yield %[[S]] : bf16
  // CHECK: tensor.expand_shape %[[Y]]
  %y = emo.linear %x, %w : tensor<?x?x8xbf16>, tensor<8x8xbf16> -> tensor<?x?x8xbf16>
  %z = arith.addf %x, %y : tensor<?x?x8xbf16>
  return %z : tensor<?x?x8xbf16>
}

// Casts change the out's type; a combine takes its residual.
// CHECK-LABEL: func.func @combine
func.func @combine(%r: tensor<?x8xbf16>, %w: tensor<?x3xf32>, %n: tensor<?x3xi32>, %x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  // CHECK: emo.kernel.combine {{.*}} extras(%{{.*}} : tensor<?x8xf32>) outs(%{{.*}} : tensor<?x8xf32>) attributes {kinds = [#emo.kind<element>]} {
  // CHECK: ^bb0(%[[ACC:.*]]: f32, %[[X:.*]]: f32):
  // CHECK:   %[[T:.*]] = arith.truncf %[[ACC]] : f32 to bf16
  // CHECK:   %[[E:.*]] = arith.extf %[[T]] : bf16 to f32
  // CHECK:   %[[S:.*]] = arith.addf %[[E]], %[[X]] : f32
  %y = emo.combine %r, %w, %n : tensor<?x8xbf16>, tensor<?x3xf32>, tensor<?x3xi32> -> tensor<?x8xbf16>
  %e = arith.extf %y : tensor<?x8xbf16> to tensor<?x8xf32>
  %z = arith.addf %e, %x : tensor<?x8xf32>
  return %z : tensor<?x8xf32>
}

// A splat is a constant of the body.
// CHECK-LABEL: func.func @scaled
func.func @scaled(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %w = emo.param.ref @w_8x8xf32 : tensor<8x8xf32>
  // CHECK: emo.kernel.matmul
  // CHECK-NOT: extras
  // CHECK: ^bb0(%[[ACC:.*]]: f32):
  // CHECK:   %[[TWO:.*]] = arith.constant 2.0
  // CHECK:   arith.mulf %[[ACC]], %[[TWO]]
  %two = arith.constant dense<2.0> : tensor<4x8xf32>
  %y = emo.linear %x, %w : tensor<4x8xf32>, tensor<8x8xf32> -> tensor<4x8xf32>
  %z = arith.mulf %y, %two : tensor<4x8xf32>
  return %z : tensor<4x8xf32>
}

// What targets do not have on vectors stays outside.
// CHECK-LABEL: func.func @no_vector_form
func.func @no_vector_form(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %w = emo.param.ref @w_8x8xf32 : tensor<8x8xf32>
  // CHECK: emo.kernel.matmul
  // CHECK: math.sin {{.*}} : tensor<?x8xf32>
  %y = emo.linear %x, %w : tensor<?x8xf32>, tensor<8x8xf32> -> tensor<?x8xf32>
  %z = math.sin %y : tensor<?x8xf32>
  return %z : tensor<?x8xf32>
}

// A product with another user is stored: the op stays outside.
// CHECK-LABEL: func.func @two_users
func.func @two_users(%x: tensor<?x8xf32>) -> (tensor<?x8xf32>, tensor<?x8xf32>) {
  %w = emo.param.ref @w_8x8xf32 : tensor<8x8xf32>
  // CHECK: emo.kernel.matmul
  // CHECK: arith.addf {{.*}} : tensor<?x8xf32>
  %y = emo.linear %x, %w : tensor<?x8xf32>, tensor<8x8xf32> -> tensor<?x8xf32>
  %z = arith.addf %x, %y : tensor<?x8xf32>
  return %y, %z : tensor<?x8xf32>, tensor<?x8xf32>
}
