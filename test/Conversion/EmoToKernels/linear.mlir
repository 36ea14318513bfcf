// RUN: emo-opt %s --emo-to-kernels --canonicalize --cse | FileCheck %s

emo.param @w_16x8xbf16 : tensor<16x8xbf16> from [#emo.source<"m", 0, tensor<16x8xbf16>>]
emo.param @w_16x8xf64 : tensor<16x8xf64> from [#emo.source<"m", 0, tensor<16x8xf64>>]

// Leading dimensions become rows; the accumulator is rounded once.
// CHECK-LABEL: func.func @bf16
// CHECK-SAME: (%[[X:.*]]: tensor<?x?x8xbf16>)
func.func @bf16(%x: tensor<?x?x8xbf16>) -> tensor<?x?x16xbf16> {
  %w = emo.param.ref @w_16x8xbf16 : tensor<16x8xbf16>
  // CHECK-DAG: %[[W:.*]] = emo.param.ref
  // CHECK-DAG: %[[B:.*]] = tensor.dim %[[X]], %c0
  // CHECK-DAG: %[[S:.*]] = tensor.dim %[[X]], %c1
  // CHECK-DAG: %[[ROWS:.*]] = tensor.collapse_shape %[[X]] {{\[\[}}0, 1], [2]]
  // CHECK: %[[OUT:.*]] = tensor.empty({{.*}}) : tensor<?x16xbf16>
  // CHECK: %[[Y:.*]] = emo.kernel.matmul lhs(%[[ROWS]] : tensor<?x8xbf16>) weights(%[[W]] : tensor<16x8xbf16>) outs(%[[OUT]] : tensor<?x16xbf16>) attributes {accumulators = 1 : i64, kinds = []} {
  // CHECK: ^bb0(%[[ACC:.*]]: f32):
  // CHECK:   %[[R:.*]] = arith.truncf %[[ACC]] : f32 to bf16
  // CHECK:   emo.kernel.yield %[[R]] : bf16
  // CHECK: tensor.expand_shape %[[Y]] {{\[\[}}0, 1], [2]] output_shape [%[[B]], %[[S]], 16]
  %y = emo.linear %x, %w : tensor<?x?x8xbf16>, tensor<16x8xbf16> -> tensor<?x?x16xbf16>
  return %y : tensor<?x?x16xbf16>
}

// A bias is a column of the epilogue, added before rounding.
// CHECK-LABEL: func.func @bias
func.func @bias(%x: tensor<?x8xbf16>, %b: tensor<16xbf16>) -> tensor<?x16xf32> {
  %w = emo.param.ref @w_16x8xbf16 : tensor<16x8xbf16>
  // CHECK: emo.kernel.matmul {{.*}} extras(%{{.*}} : tensor<16xbf16>) {{.*}} kinds = [#emo.kind<column>]
  // CHECK: ^bb0(%[[ACC:.*]]: f32, %[[B:.*]]: bf16):
  // CHECK:   %[[E:.*]] = arith.extf %[[B]] : bf16 to f32
  // CHECK:   %[[R:.*]] = arith.addf %[[ACC]], %[[E]] : f32
  // CHECK:   emo.kernel.yield %[[R]] : f32
  %y = emo.linear %x, %w bias(%b : tensor<16xbf16>) : tensor<?x8xbf16>, tensor<16x8xbf16> -> tensor<?x16xf32>
  return %y : tensor<?x16xf32>
}

// A weight that is computed cannot be packed when the artifact is made.
// CHECK-LABEL: func.func @computed
func.func @computed(%x: tensor<?x8xf32>, %v: tensor<16x8xf32>) -> tensor<?x16xf32> {
  // CHECK: emo.linear
  %y = emo.linear %x, %v : tensor<?x8xf32>, tensor<16x8xf32> -> tensor<?x16xf32>
  return %y : tensor<?x16xf32>
}

// f64 has no kernels: the reference lowering takes it.
// CHECK-LABEL: func.func @f64
func.func @f64(%x: tensor<?x8xf64>) -> tensor<?x16xf64> {
  %w = emo.param.ref @w_16x8xf64 : tensor<16x8xf64>
  // CHECK: emo.linear
  %y = emo.linear %x, %w : tensor<?x8xf64>, tensor<16x8xf64> -> tensor<?x16xf64>
  return %y : tensor<?x16xf64>
}
