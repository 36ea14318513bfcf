// RUN: emo-opt --emo-kernels-to-cuda=archs=sm_80 %s | FileCheck %s

// One launch for few choices; otherwise blocks are counted first.
// CHECK-LABEL: func.func @group.sm_80
// CHECK: %[[COUNTS:.*]] = memref.alloc() {{.*}} : memref<128x64xi32>
// CHECK: scf.if
// CHECK-NEXT: arith.constant
// CHECK: emo.device_launch "group_counts_64_0"(%arg0, %[[COUNTS]], {{.*}}) grid(%[[BLOCKS:.*]], %{{.*}}, %{{.*}}) threads(512)
// CHECK: emo.device_launch "group_by_expert_64_0"(%arg0, %[[COUNTS]], %arg1, %arg2, %arg3, {{.*}}) grid(%[[BLOCKS]],
func.func @group(%indices: memref<?x4xi32>, %offsets: memref<65xi32>, %tokens: memref<?xi32>, %inverse: memref<?x4xi32>) {
  emo.kernel.group_by_expert indices(%indices : memref<?x4xi32>) outs(%offsets, %tokens, %inverse : memref<65xi32>, memref<?xi32>, memref<?x4xi32>)
  return
}

// Ranks are counts of lanes in front that have the same expert: no atomics, and stable.
// CHECK-LABEL: gpu.func @group_by_expert_64_0
// CHECK-SAME: emo.shared_bytes = 4352
// CHECK: llvm.call_intrinsic "llvm.nvvm.match.any.sync.i32"
// CHECK: math.ctpop
// CHECK: nvvm.barrier
// CHECK: nvvm.shfl.sync up
// CHECK: llvm.call_intrinsic "llvm.nvvm.match.any.sync.i32"
// CHECK-NOT: atomic
