// RUN: emo-opt %s --split-input-file --emo-kernels-to-cpu=levels=x86-64-v2 --verify-diagnostics | FileCheck %s
// What has no CPU kernel becomes loops.

// Weights of an input.
// CHECK-LABEL: func.func @input
// CHECK-NOT: emo.kernel
// CHECK-NOT: emo.launch
// CHECK: linalg.generic
func.func @input(%x: memref<?x3xf32>, %w: memref<2x3xf32>, %y: memref<?x2xf32>) {
  // expected-remark @+1 {{has no CPU kernel for its types or form; it becomes loops}}
  emo.kernel.matmul lhs(%x : memref<?x3xf32>) weights(%w : memref<2x3xf32>) outs(%y : memref<?x2xf32>) attributes {accumulators = 1 : i64, kinds = []} {
  ^bb0(%acc: f32):
    emo.kernel.yield %acc : f32
  }
  return
}

// -----

// An epilogue without a vector form: the weights stay packed for others.
// CHECK: emo.param @w.packed
// CHECK-LABEL: func.func @epilogue
// CHECK: %[[P:.*]] = emo.param.ref @w.packed : memref<1x1x3x32xf32>
// CHECK: linalg.generic
// CHECK: memref.load %[[P]][
// CHECK: math.floor
emo.param @w : tensor<2x3xf32> from [#emo.source<"m", 0, tensor<2x3xf32>>]
func.func @epilogue(%x: memref<?x3xf32>, %y: memref<?x2xf32>) {
  %w = emo.param.ref @w : memref<2x3xf32>
  // expected-remark @+1 {{has no CPU kernel for its types or form; it becomes loops}}
  emo.kernel.matmul lhs(%x : memref<?x3xf32>) weights(%w : memref<2x3xf32>) outs(%y : memref<?x2xf32>) attributes {accumulators = 1 : i64, kinds = []} {
  ^bb0(%acc: f32):
    %0 = math.floor %acc : f32
    emo.kernel.yield %0 : f32
  }
  return
}

// -----

// Rows of a wider buffer: rms_norm takes them, the router does not; group_by_expert with a dynamic number of experts.
// CHECK-LABEL: func.func @form
// CHECK: emo.launch "rms_norm_4_0"
// CHECK-NOT: emo.kernel.router
// CHECK-NOT: emo.kernel.group_by_expert
// CHECK-LABEL: module @
func.func @form(%x: memref<?x4xf32, strided<[8, 1]>>, %g: memref<4xf32>, %y: memref<?x4xf32>, %w: memref<3x4xf32>, %f: memref<?x2xf32>, %i: memref<?x2xi32>, %o: memref<?xi32>, %t: memref<?xi32>, %v: memref<?x2xi32>) {
  emo.kernel.rms_norm x(%x : memref<?x4xf32, strided<[8, 1]>>) weight(%g : memref<4xf32>) outs(%y : memref<?x4xf32>) {epsilon = 1.0e-6 : f64}
  // expected-remark @+1 {{has no CPU kernel for its types or form; it becomes loops}}
  emo.kernel.router x(%x : memref<?x4xf32, strided<[8, 1]>>) weight(%w : memref<3x4xf32>) outs(%f, %i : memref<?x2xf32>, memref<?x2xi32>) {top_k = 2 : i64}
  // expected-remark @+1 {{has no CPU kernel for its types or form; it becomes loops}}
  emo.kernel.group_by_expert indices(%i : memref<?x2xi32>) outs(%o, %t, %v : memref<?xi32>, memref<?xi32>, memref<?x2xi32>)
  return
}

// -----

// Logits of which there is no kernel: of another type, or as many as only the run knows.
// CHECK-LABEL: func.func @sample
// CHECK-NOT: emo.kernel.sample
// CHECK-NOT: emo.launch
// CHECK: linalg.generic
// CHECK-LABEL: module @
func.func @sample(%b: memref<?x8xbf16>, %v: memref<?x?xf32>, %s: memref<?x3xf32>, %ids: memref<?xi64>) {
  // expected-remark @+1 {{has no CPU kernel for its types or form; it becomes loops}}
  emo.kernel.sample logits(%b : memref<?x8xbf16>) sampling(%s : memref<?x3xf32>) outs(%ids : memref<?xi64>)
  // expected-remark @+1 {{has no CPU kernel for its types or form; it becomes loops}}
  emo.kernel.sample logits(%v : memref<?x?xf32>) sampling(%s : memref<?x3xf32>) outs(%ids : memref<?xi64>)
  return
}
