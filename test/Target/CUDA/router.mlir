// RUN: emo-opt --emo-kernels-to-cuda=archs=sm_80 %s | FileCheck %s

// Of few tokens the logits are spread over more blocks; of many a block has 16, and their logits stay in its shared memory.
// CHECK-LABEL: func.func @router.sm_80
// CHECK: scf.if
// CHECK: %[[LOGITS:.*]] = memref.alloc(%{{.*}}) {{.*}} : memref<?x128xf32>
// CHECK: emo.device_launch "router_logits_256x128_0"(%{{.*}}, %{{.*}}, %[[LOGITS]], %{{.*}}) grid(%{{.*}}, %c32, %{{.*}}) threads(128)
// CHECK: emo.device_launch "router_select_128_0"(%{{.*}}, %[[LOGITS]])
// CHECK: else
// CHECK: emo.device_launch "router_256x128_0"(%{{.*}}) grid(%{{.*}}, %{{.*}}, %{{.*}}) threads(256) shared(%c8192)
func.func @router(%x: memref<?x256xbf16>, %w: memref<128x256xf32>, %weights: memref<?x8xf32>, %indices: memref<?x8xi32>) {
  emo.kernel.router x(%x : memref<?x256xbf16>) weight(%w : memref<128x256xf32>) outs(%weights, %indices : memref<?x8xf32>, memref<?x8xi32>)
      {top_k = 8 : i64, normalize = true}
  return
}

// Everything that a router may have.
// CHECK-LABEL: func.func @all.sm_80
// CHECK: emo.device_launch "router_select_42_0"(%arg5, %arg6, %{{.*}}, %arg2, %arg3, %{{.*}}, %arg4, %arg7, %{{.*}})
func.func @all(%x: memref<?x64xf32>, %w: memref<42x64xbf16>, %bias: memref<40xf32>, %pool: memref<?x40xi1>, %segments: memref<?xi32>,
               %weights: memref<?x6xf32>, %indices: memref<?x6xi32>, %scores: memref<?x40xf32>) {
  emo.kernel.router x(%x : memref<?x64xf32>) weight(%w : memref<42x64xbf16>) bias(%bias : memref<40xf32>) pool(%pool : memref<?x40xi1>)
      segments(%segments : memref<?xi32>) outs(%weights, %indices, %scores : memref<?x6xf32>, memref<?x6xi32>, memref<?x40xf32>)
      {top_k = 4 : i64, num_shared = 2 : i64, shared_scored, scoring = #emo.scoring<sigmoid>}
  return
}

// Eight choices: the largest key and the smallest index that has it, each in one instruction.
// CHECK-LABEL: gpu.func @router_select_128_0
// CHECK: llvm.call_intrinsic "llvm.nvvm.redux.sync.max"
// CHECK-COUNT-4: llvm.call_intrinsic "llvm.nvvm.ex2.approx.ftz.f32"
// CHECK-COUNT-8: llvm.call_intrinsic "llvm.nvvm.redux.sync.min"
// CHECK-NOT: llvm.call_intrinsic "llvm.nvvm.redux.sync.min"
// CHECK: gpu.return
// CHECK-LABEL: gpu.func @router_256x128_0
// CHECK-SAME: emo.shared_bytes = 8192 : i64
// CHECK: scf.for
// CHECK: scf.for
// CHECK-COUNT-256: math.fma
// CHECK: llvm.store %{{.*}} : f32, !llvm.ptr<3>
// CHECK: nvvm.barrier
// CHECK: llvm.load %{{.*}} : !llvm.ptr<3> -> f32
// CHECK: gpu.return
