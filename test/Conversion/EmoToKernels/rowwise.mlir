// RUN: emo-opt %s --emo-to-kernels --canonicalize --cse | FileCheck %s

// CHECK-LABEL: func.func @embedding
func.func @embedding(%ids: tensor<?x?xi64>, %t: tensor<16x8xf32>) -> tensor<?x?x8xf32> {
  // CHECK: %[[IDS:.*]] = tensor.collapse_shape %{{.*}} {{\[\[}}0, 1]] : tensor<?x?xi64> into tensor<?xi64>
  // CHECK: emo.kernel.gather_rows table(%{{.*}} : tensor<16x8xf32>) ids(%[[IDS]] : tensor<?xi64>)
  %0 = emo.embedding %ids, %t : tensor<?x?xi64>, tensor<16x8xf32> -> tensor<?x?x8xf32>
  return %0 : tensor<?x?x8xf32>
}

// Over heads as well as over rows; the result's type is the out's.
// CHECK-LABEL: func.func @rms_norm
func.func @rms_norm(%x: tensor<?x?x4x8xbf16>, %w: tensor<8xbf16>) -> tensor<?x?x4x8xf32> {
  // CHECK: %[[X:.*]] = tensor.collapse_shape %{{.*}} {{\[\[}}0, 1, 2], [3]]
  // CHECK: emo.kernel.rms_norm x(%[[X]] : tensor<?x8xbf16>) weight(%{{.*}} : tensor<8xbf16>) outs(%{{.*}} : tensor<?x8xf32>) {epsilon = 9.9{{.*}}E-7 : f64}
  %0 = emo.rms_norm %x, %w {epsilon = 1.0e-6 : f64} : tensor<?x?x4x8xbf16>, tensor<8xbf16> -> tensor<?x?x4x8xf32>
  return %0 : tensor<?x?x4x8xf32>
}

// CHECK-LABEL: func.func @dispatch
func.func @dispatch(%x: tensor<?x8xf32>, %t: tensor<?xi32>) -> tensor<?x8xf32> {
  // CHECK: emo.kernel.gather_rows
  %0 = emo.dispatch %x, %t : tensor<?x8xf32>, tensor<?xi32> -> tensor<?x8xf32>
  return %0 : tensor<?x8xf32>
}

// CHECK-LABEL: func.func @sample
func.func @sample(%l: tensor<?x100xf32>, %s: tensor<?x3xf32>) -> tensor<?xi64> {
  // CHECK: %[[ROWS:.*]] = tensor.dim %{{.*}}, %c0 : tensor<?x100xf32>
  // CHECK: %[[OUT:.*]] = tensor.empty(%[[ROWS]]) : tensor<?xi64>
  // CHECK: emo.kernel.sample logits(%{{.*}} : tensor<?x100xf32>) sampling(%{{.*}} : tensor<?x3xf32>) outs(%[[OUT]] : tensor<?xi64>) -> tensor<?xi64>
  %0 = emo.sample %l, %s : tensor<?x100xf32>, tensor<?x3xf32> -> tensor<?xi64>
  return %0 : tensor<?xi64>
}

// Kernels have logits in f32 of a size that is known.
// CHECK-LABEL: func.func @sample_others
func.func @sample_others(%l: tensor<?x100xbf16>, %v: tensor<?x?xf32>, %s: tensor<?x3xf32>) -> (tensor<?xi64>, tensor<?xi64>) {
  // CHECK-COUNT-2: emo.sample
  %0 = emo.sample %l, %s : tensor<?x100xbf16>, tensor<?x3xf32> -> tensor<?xi64>
  %1 = emo.sample %v, %s : tensor<?x?xf32>, tensor<?x3xf32> -> tensor<?xi64>
  return %0, %1 : tensor<?xi64>, tensor<?xi64>
}
