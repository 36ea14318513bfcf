// RUN: emo-opt --emo-kernels-to-cuda=archs=sm_80 %s | FileCheck %s

// The norm of what combine leaves is part of its kernel, unless there are few tokens.
// CHECK-LABEL: func.func @normalised.sm_80
// CHECK: %[[FEW:.*]] = arith.cmpi ult, %{{.*}}, %c96
// CHECK: scf.if %[[FEW]] {
// CHECK: emo.device_launch "combine_3x256_norm_few_0"
// CHECK: } else {
// CHECK: emo.device_launch "combine_3x256_norm_0"
// CHECK: }
// CHECK-NOT: emo.device_launch
// CHECK: return
func.func @normalised(%rows: memref<?x256xbf16>, %weights: memref<?x3xf32>, %inverse: memref<?x3xi32>, %out: memref<?x256xbf16>, %w: memref<256xbf16>, %y: memref<?x256xbf16>) {
  emo.kernel.combine rows(%rows : memref<?x256xbf16>) weights(%weights : memref<?x3xf32>) inverse(%inverse : memref<?x3xi32>)
      outs(%out : memref<?x256xbf16>) attributes {kinds = []} {
  ^bb0(%sum: f32):
    %0 = arith.truncf %sum : f32 to bf16
    emo.kernel.yield %0 : bf16
  }
  emo.kernel.rms_norm x(%out : memref<?x256xbf16>) weight(%w : memref<256xbf16>) outs(%y : memref<?x256xbf16>) {epsilon = 1.0e-6}
  return
}
