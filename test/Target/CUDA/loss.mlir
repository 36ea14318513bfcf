// RUN: emo-opt %s --emo-kernels-to-cuda=archs=sm_80 | FileCheck %s

// Each part of a row leaves its maximum, its sum of exponentials and perhaps the target's logit; a second kernel joins them.
// CHECK-LABEL: func.func @loss.sm_80
// CHECK: %[[PARTS:.*]] = memref.alloc(%{{.*}}) {{.*}} : memref<?x64x2xf32>
// CHECK: %[[TARGETS:.*]] = memref.alloc(%{{.*}}) {{.*}} : memref<?xf32>
// CHECK: emo.device_launch "loss_64x1000_16x64x64_0"(%arg0, %arg1, %arg2, %{{.*}}, %[[PARTS]], %[[TARGETS]])
// CHECK: emo.device_launch "loss_join_0"(%arg2, %[[PARTS]], %[[TARGETS]], %arg3, %{{.*}})
// CHECK: emo.device_launch "loss_64x1000_64x64x32_0"
// CHECK: emo.device_launch "loss_64x1000_128x128x32_0"
// CHECK-LABEL: gpu.func @loss_64x1000_16x64x64_0
// CHECK: nvvm.mma.sync
// CHECK: llvm.nvvm.ex2.approx
// CHECK: nvvm.shfl.sync bfly
// CHECK-LABEL: gpu.func @loss_join_0
// CHECK: nvvm.shfl.sync bfly
func.func @loss(%x: memref<?x64xbf16>, %w: memref<1000x64xbf16>, %targets: memref<?xi64>, %losses: memref<?xf32>) {
  emo.kernel.loss x(%x : memref<?x64xbf16>) weight(%w : memref<1000x64xbf16>) targets(%targets : memref<?xi64>) outs(%losses : memref<?xf32>)
      {vocab_size = 1000 : i64}
  return
}
