// RUN: emo-opt --emo-kernels-to-cuda=archs=sm_80 %s | FileCheck %s

// One launch, but for so many choices that counting all of them in each block takes longer than a launch.
// CHECK-LABEL: func.func @group.sm_80
// CHECK: %[[MANY:.*]] = arith.cmpi ugt, %{{.*}}, %c32768
// CHECK: scf.if %[[MANY]] {
// CHECK: %[[COUNTS:.*]] = memref.alloc() {{.*}} : memref<128x64xi32>
// CHECK: emo.device_launch "group_counts_64_0"(%arg0, %[[COUNTS]], {{.*}}) grid(%[[BLOCKS:.*]], %{{.*}}, %{{.*}}) threads(512)
// CHECK: emo.device_launch "group_by_counts_64_0"(%arg0, %[[COUNTS]], %arg1, %arg2, %arg3, {{.*}}) grid(%[[BLOCKS]],
// CHECK: } else {
// CHECK: emo.device_launch "group_by_expert_64_0"(%arg0, %arg1, %arg2, %arg3, {{.*}}) grid(%[[BLOCKS]],
func.func @group(%indices: memref<?x4xi32>, %offsets: memref<65xi32>, %tokens: memref<?xi32>, %inverse: memref<?x4xi32>) {
  emo.kernel.group_by_expert indices(%indices : memref<?x4xi32>) outs(%offsets, %tokens, %inverse : memref<65xi32>, memref<?xi32>, memref<?x4xi32>)
  return
}

// Of few tokens the block that selects also groups.
// CHECK-LABEL: func.func @routed.sm_80
// CHECK: arith.cmpi ult, %{{.*}}, %c96
// CHECK: emo.device_launch "router_logits_256x64_0"
// CHECK: emo.device_launch "router_select_group_64_0"(%arg2, %arg3, %{{.*}}, %arg4, %arg5, %arg6) grid({{.*}}) threads(512) shared(%c4352)
// CHECK: } else {
// CHECK: emo.device_launch "router_256x64_0"
// CHECK: emo.device_launch "group_by_expert_64_0"
func.func @routed(%x: memref<?x256xbf16>, %w: memref<64x256xf32>, %weights: memref<?x4xf32>, %indices: memref<?x4xi32>, %offsets: memref<65xi32>,
                  %tokens: memref<?xi32>, %inverse: memref<?x4xi32>) {
  emo.kernel.router x(%x : memref<?x256xbf16>) weight(%w : memref<64x256xf32>) outs(%weights, %indices : memref<?x4xf32>, memref<?x4xi32>)
      {top_k = 4 : i64}
  emo.kernel.group_by_expert indices(%indices : memref<?x4xi32>) outs(%offsets, %tokens, %inverse : memref<65xi32>, memref<?xi32>, memref<?x4xi32>)
  return
}

// Ranks are counts of lanes in front that have the same expert: no atomics, and stable.
// CHECK-LABEL: gpu.func @group_by_expert_64_0
// CHECK-SAME: emo.shared_bytes = 12544
// CHECK: llvm.call_intrinsic "llvm.nvvm.match.any.sync.i32"
// CHECK: math.ctpop
// CHECK: nvvm.barrier
// CHECK: nvvm.shfl.sync up
// CHECK: llvm.call_intrinsic "llvm.nvvm.match.any.sync.i32"
// CHECK-NOT: atomic
