// RUN: emo-opt %s --emo-to-kernels --canonicalize --cse | FileCheck %s

emo.param @w_16x8xbf16 : tensor<16x8xbf16> from [#emo.source<"m", 0, tensor<16x8xbf16>>]
emo.param @w_16x8xf32 : tensor<16x8xf32> from [#emo.source<"m", 0, tensor<16x8xf32>>]

// CHECK-LABEL: func.func @loss
func.func @loss(%x: tensor<?x?x8xbf16>, %t: tensor<?x?xi64>) -> tensor<?x?xf32> {
  %w = emo.param.ref @w_16x8xbf16 : tensor<16x8xbf16>
  // CHECK-DAG: %[[X:.*]] = tensor.collapse_shape %{{.*}} : tensor<?x?x8xbf16> into tensor<?x8xbf16>
  // CHECK-DAG: %[[T:.*]] = tensor.collapse_shape %{{.*}} : tensor<?x?xi64> into tensor<?xi64>
  // CHECK: emo.kernel.loss x(%[[X]] : tensor<?x8xbf16>) weight(%{{.*}} : tensor<16x8xbf16>) targets(%[[T]] : tensor<?xi64>) outs(%{{.*}} : tensor<?xf32>) {vocab_size = 16 : i64}
  // CHECK-NOT: matmul
  %l = emo.linear %x, %w : tensor<?x?x8xbf16>, tensor<16x8xbf16> -> tensor<?x?x16xf32>
  %e = emo.cross_entropy %l, %t : tensor<?x?x16xf32>, tensor<?x?xi64> -> tensor<?x?xf32>
  return %e : tensor<?x?xf32>
}

// Logits that are returned too are stored anyway.
// CHECK-LABEL: func.func @logits_too
func.func @logits_too(%x: tensor<?x8xf32>, %t: tensor<?xi32>) -> (tensor<?xf32>, tensor<?x16xf32>) {
  %w = emo.param.ref @w_16x8xf32 : tensor<16x8xf32>
  // CHECK: emo.kernel.matmul
  // CHECK: emo.cross_entropy
  %l = emo.linear %x, %w : tensor<?x8xf32>, tensor<16x8xf32> -> tensor<?x16xf32>
  %e = emo.cross_entropy %l, %t : tensor<?x16xf32>, tensor<?xi32> -> tensor<?xf32>
  return %e, %l : tensor<?xf32>, tensor<?x16xf32>
}
