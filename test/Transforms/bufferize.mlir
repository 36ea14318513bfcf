// RUN: emo-opt %s --emo-bufferize --canonicalize --cse | FileCheck %s

emo.param @w : tensor<16x8xf32> from [#emo.source<"m", 0, tensor<16x8xf32>>]

// Kernel ops lose their results; parameters are references to memrefs.
// CHECK-LABEL: func.func @kernels
// CHECK-SAME: (%[[X:.*]]: memref<?x8xf32>) -> memref<?x16xf32>
func.func @kernels(%x: tensor<?x8xf32>) -> tensor<?x16xf32> {
  %c0 = arith.constant 0 : index
  %m = tensor.dim %x, %c0 : tensor<?x8xf32>
  %e = tensor.empty(%m) : tensor<?x16xf32>
  // CHECK: %[[Y:.*]] = memref.alloc(%{{.*}}) {alignment = 64 : i64} : memref<?x16xf32>
  // CHECK: %[[W:.*]] = emo.param.ref @w : memref<16x8xf32>
  // CHECK: emo.kernel.matmul lhs(%[[X]] : memref<?x8xf32>) weights(%[[W]] : memref<16x8xf32>) outs(%[[Y]] : memref<?x16xf32>)
  // CHECK: emo.kernel.yield
  // CHECK: return %[[Y]]
  %w = emo.param.ref @w : tensor<16x8xf32>
  %y = emo.kernel.matmul lhs(%x : tensor<?x8xf32>) weights(%w : tensor<16x8xf32>) outs(%e : tensor<?x16xf32>)
    attributes {accumulators = 1 : i64, kinds = []} {
  ^bb0(%a: f32):
    emo.kernel.yield %a : f32
  } -> tensor<?x16xf32>
  return %y : tensor<?x16xf32>
}

// Outs that share a tensor.empty get a buffer each, and so does a kernel that
// reads what another one put there.
// CHECK-LABEL: func.func @separate
func.func @separate(%i: tensor<4x2xi32>, %x: tensor<4x2xf32>, %w: tensor<2xf32>) -> (tensor<4x2xi32>, tensor<4x2xf32>) {
  %o = tensor.empty() : tensor<4xi32>
  %s = tensor.empty() : tensor<8xi32>
  %e = tensor.empty() : tensor<4x2xf32>
  %n = tensor.empty() : tensor<4x2xi32>
  // CHECK: %[[A:.*]] = memref.alloc() {{.*}} : memref<4x2xf32>
  // CHECK: emo.kernel.rms_norm {{.*}} outs(%[[A]] : memref<4x2xf32>)
  // CHECK: %[[B:.*]] = memref.alloc() {{.*}} : memref<4x2xf32>
  // CHECK: emo.kernel.rms_norm x(%[[A]] : {{.*}} outs(%[[B]] : memref<4x2xf32>)
  // CHECK: return %{{.*}}, %[[B]]
  %g:3 = emo.kernel.group_by_expert indices(%i : tensor<4x2xi32>) outs(%o, %s, %n : tensor<4xi32>, tensor<8xi32>, tensor<4x2xi32>) -> tensor<4xi32>, tensor<8xi32>, tensor<4x2xi32>
  %a = emo.kernel.rms_norm x(%x : tensor<4x2xf32>) weight(%w : tensor<2xf32>) outs(%e : tensor<4x2xf32>) {epsilon = 1.0e-6 : f64} -> tensor<4x2xf32>
  %b = emo.kernel.rms_norm x(%a : tensor<4x2xf32>) weight(%w : tensor<2xf32>) outs(%e : tensor<4x2xf32>) {epsilon = 1.0e-6 : f64} -> tensor<4x2xf32>
  return %g#2, %b : tensor<4x2xi32>, tensor<4x2xf32>
}

// Slices of a fused product stay views.
// CHECK-LABEL: func.func @views
func.func @views(%qkv: tensor<?x12xf32>, %b: index, %s: index) -> tensor<?x?x2x2xf32> {
  %c0 = arith.constant 0 : index
  %t = tensor.dim %qkv, %c0 : tensor<?x12xf32>
  // CHECK-NOT: memref.copy
  // CHECK: emo.kernel.attention q(%{{.*}} : memref<?x?x2x2xf32, strided<[?, 12, 2, 1]>>) k(%{{.*}} : memref<?x?x2x2xf32, strided<[?, 12, 2, 1], offset: 4>>) v(%{{.*}} : memref<?x?x2x2xf32, strided<[?, 12, 2, 1], offset: 8>>) outs(
  // CHECK-NOT: memref.copy
  // CHECK: return
  %q0 = tensor.extract_slice %qkv[0, 0] [%t, 4] [1, 1] : tensor<?x12xf32> to tensor<?x4xf32>
  %k0 = tensor.extract_slice %qkv[0, 4] [%t, 4] [1, 1] : tensor<?x12xf32> to tensor<?x4xf32>
  %v0 = tensor.extract_slice %qkv[0, 8] [%t, 4] [1, 1] : tensor<?x12xf32> to tensor<?x4xf32>
  %q = tensor.expand_shape %q0 [[0, 1], [2, 3]] output_shape [%b, %s, 2, 2] : tensor<?x4xf32> into tensor<?x?x2x2xf32>
  %k = tensor.expand_shape %k0 [[0, 1], [2, 3]] output_shape [%b, %s, 2, 2] : tensor<?x4xf32> into tensor<?x?x2x2xf32>
  %v = tensor.expand_shape %v0 [[0, 1], [2, 3]] output_shape [%b, %s, 2, 2] : tensor<?x4xf32> into tensor<?x?x2x2xf32>
  %e = tensor.empty(%b, %s) : tensor<?x?x2x2xf32>
  %st = tensor.empty(%b, %s) : tensor<?x2x?x2xf32>
  %a:3 = emo.kernel.attention q(%q : tensor<?x?x2x2xf32>) k(%k : tensor<?x?x2x2xf32>) v(%v : tensor<?x?x2x2xf32>) outs(%e, %st, %st : tensor<?x?x2x2xf32>, tensor<?x2x?x2xf32>, tensor<?x2x?x2xf32>) {causal = true, scale = 0.5 : f64} -> tensor<?x?x2x2xf32>, tensor<?x2x?x2xf32>, tensor<?x2x?x2xf32>
  return %a#0 : tensor<?x?x2x2xf32>
}

// The caches are written in place; tied results go away.
// CHECK-LABEL: func.func @caches
// CHECK-SAME: %[[X:.*]]: memref<?x?x2x2xf32>, %[[N:.*]]: memref<?xi32> {emo.role = "lengths"}, %[[K:.*]]: memref<?x2x?x2xf32> {emo.role = "kv_cache"}, %[[V:.*]]: memref<?x2x?x2xf32> {emo.role = "kv_cache"}) -> memref<?x?x2x2xf32>
func.func @caches(%x: tensor<?x?x2x2xf32>, %n: tensor<?xi32> {emo.role = "lengths"}, %kc: tensor<?x2x?x2xf32> {emo.role = "kv_cache"}, %vc: tensor<?x2x?x2xf32> {emo.role = "kv_cache"})
    -> (tensor<?x2x?x2xf32> {emo.tied = 2 : i64}, tensor<?x?x2x2xf32>, tensor<?x2x?x2xf32> {emo.tied = 3 : i64}) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %b = tensor.dim %x, %c0 : tensor<?x?x2x2xf32>
  %s = tensor.dim %x, %c1 : tensor<?x?x2x2xf32>
  %e = tensor.empty(%b, %s) : tensor<?x?x2x2xf32>
  // CHECK: emo.kernel.attention {{.*}} start(%[[N]] : memref<?xi32>) outs(%[[R:.*]], %[[K]], %[[V]] :
  // CHECK-NOT: memref.copy
  // CHECK: return %[[R]] : memref<?x?x2x2xf32>
  %a:3 = emo.kernel.attention q(%x : tensor<?x?x2x2xf32>) k(%x : tensor<?x?x2x2xf32>) v(%x : tensor<?x?x2x2xf32>) start(%n : tensor<?xi32>) outs(%e, %kc, %vc : tensor<?x?x2x2xf32>, tensor<?x2x?x2xf32>, tensor<?x2x?x2xf32>) {causal = true, scale = 0.5 : f64} -> tensor<?x?x2x2xf32>, tensor<?x2x?x2xf32>, tensor<?x2x?x2xf32>
  return %a#1, %a#0, %a#2 : tensor<?x2x?x2xf32>, tensor<?x?x2x2xf32>, tensor<?x2x?x2xf32>
}

// Inputs belong to the caller: they are not overwritten.
// CHECK-LABEL: func.func @inputs
// CHECK-SAME: (%[[X:.*]]: memref<4x2xf32>, %[[W:.*]]: memref<2xf32>)
func.func @inputs(%x: tensor<4x2xf32>, %w: tensor<2xf32>) -> tensor<4x2xf32> {
  // CHECK: %[[Y:.*]] = memref.alloc
  // CHECK: emo.kernel.rms_norm x(%[[X]] {{.*}} outs(%[[Y]]
  %a = emo.kernel.rms_norm x(%x : tensor<4x2xf32>) weight(%w : tensor<2xf32>) outs(%x : tensor<4x2xf32>) {epsilon = 1.0e-6 : f64} -> tensor<4x2xf32>
  return %a : tensor<4x2xf32>
}
