// RUN: emo-opt --emo-kernels-to-cuda=archs=sm_80 %s | FileCheck %s

// A block for each row; a lane takes four logits at once where rows begin at multiples of 16 bytes.
// CHECK-LABEL: func.func @sample.sm_80
// CHECK: %[[ROWS:.*]] = memref.dim %arg0, %c0
// CHECK: emo.device_launch "sample_4096_0"(%arg0, %arg1, %arg2) grid(%[[ROWS]], %c1{{.*}}) threads(1024) shared(%c384{{.*}})
func.func @sample(%logits: memref<?x4096xf32>, %sampling: memref<?x3xf32>, %ids: memref<?xi64>) {
  emo.kernel.sample logits(%logits : memref<?x4096xf32>) sampling(%sampling : memref<?x3xf32>) outs(%ids : memref<?xi64>)
  return
}

// CHECK-LABEL: func.func @odd.sm_80
// CHECK: emo.device_launch "sample_1001_0"
func.func @odd(%logits: memref<?x1001xf32>, %sampling: memref<?x3xf32>, %ids: memref<?xi32>) {
  emo.kernel.sample logits(%logits : memref<?x1001xf32>) sampling(%sampling : memref<?x3xf32>) outs(%ids : memref<?xi32>)
  return
}

// The likeliest token; then, if one is drawn, the nucleus in 15 passes, and the token in the segment of one warp.
// CHECK-LABEL: gpu.func @sample_4096_0
// CHECK: scf.for {{.*}} -> (f32, i32)
// CHECK: llvm.load %{{.*}} {alignment = 16 : i64} : !llvm.ptr<1> -> vector<4xf32>
// CHECK: nvvm.barrier
// CHECK: scf.if
// CHECK: scf.if {{.*}} -> (f32, f32)
// CHECK: scf.for %{{.*}} = %c0{{.*}} to %c15
// CHECK: scf.for {{.*}} -> (f32, f32, f32)
// CHECK: llvm.nvvm.ex2.approx
// CHECK: nvvm.shfl.sync  up
// CHECK: nvvm.redux.sync
// CHECK: llvm.store %{{.*}} : i64, !llvm.ptr<1>
// CHECK-LABEL: gpu.func @sample_1001_0
// CHECK: llvm.load %{{.*}} {alignment = 4 : i64} : !llvm.ptr<1> -> vector<1xf32>
// CHECK: llvm.store %{{.*}} : i32, !llvm.ptr<1>
