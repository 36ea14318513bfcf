// RUN: emo-opt %s --split-input-file --emo-kernels-to-cuda=archs=sm_80 | FileCheck %s
// RUN: emo-opt %s --split-input-file --emo-kernels-to-cuda=archs=sm_90a | FileCheck %s --check-prefix=HOPPER

// bf16: by the number of rows a warp for each column, or tiles of three sizes.
// CHECK-LABEL: func.func @dense.sm_80
// CHECK: %[[ROWS:.*]] = memref.dim %arg2
// CHECK: scf.if
// CHECK: emo.device_launch "linear_256x192_few1_0"
// CHECK: emo.device_launch "linear_256x192_few4_0"
// CHECK: emo.device_launch "linear_256x192_few8_0"
// CHECK: emo.device_launch "linear_256x192_16x64x64_0"{{.*}} threads(128)
// CHECK: emo.device_launch "linear_256x192_64x64x32_0"{{.*}} threads(128)
// CHECK: emo.device_launch "linear_256x192_128x128x32_0"{{.*}} threads(128)

// The weights' row is summed by a warp, in loads of 16 bytes.
// CHECK-LABEL: gpu.func @linear_256x192_few1_0
// CHECK-NOT: emo_shared
// CHECK: llvm.load {{.*}} : !llvm.ptr<1> -> vector<4xi32>
// CHECK: nvvm.shfl.sync bfly

// A ring of four stages; rows that do not exist are zeros without being read.
// CHECK-LABEL: gpu.func @linear_256x192_64x64x32_0
// CHECK-SAME: llvm.noalias
// CHECK-SAME: emo.shared_bytes = 32768 : i64
// CHECK: nvvm.cp.async.shared.global {{.*}}, 16, cache = cg, %{{.*}} : !llvm.ptr<3>, !llvm.ptr<1>, i32
// CHECK: nvvm.cp.async.commit.group
// CHECK: scf.for
// CHECK: nvvm.cp.async.wait.group 2
// CHECK: nvvm.barrier
// CHECK: scf.if
// CHECK: nvvm.cp.async.shared.global
// CHECK: nvvm.cp.async.commit.group
// CHECK: nvvm.ldmatrix
// CHECK: nvvm.mma.sync
// CHECK: arith.truncf {{.*}} : vector<2xf32> to vector<2xbf16>
// CHECK: llvm.store {{.*}} : vector<2xbf16>, !llvm.ptr<1>

// HOPPER-LABEL: func.func @dense.sm_90a
// HOPPER: emo.device_launch "linear_256x192_64x64x32_0"
// HOPPER: emo.device_launch "linear_256x192_128x256x64_0"{{.*}} maps(%arg1, %arg0 : memref<192x256xbf16>, memref<?x256xbf16>) boxes [256, 64, 128, 64] {{.*}} threads(384)
// HOPPER-LABEL: gpu.func @linear_256x192_128x256x64_0
// HOPPER-SAME: emo.shared_bytes = 196672 : i64
// HOPPER-SAME: emo.tensor_maps = 2 : i64
// HOPPER: nvvm.mbarrier.init
// HOPPER: nvvm.fence.mbarrier.init
// HOPPER: nvvm.barrier
// Two warpgroups multiply.
// HOPPER: nvvm.setmaxregister increase 224
// HOPPER: scf.for
// HOPPER: scf.for
// HOPPER: nvvm.mbarrier.try_wait
// HOPPER-NOT: nvvm.fence.proxy
// HOPPER: nvvm.wgmma.fence.aligned
// HOPPER-COUNT-4: nvvm.wgmma.mma_async
// HOPPER: nvvm.wgmma.commit.group.sync.aligned
// HOPPER: nvvm.wgmma.wait.group.sync.aligned 1
// HOPPER: nvvm.mbarrier.arrive
// HOPPER: nvvm.wgmma.wait.group.sync.aligned 0
// The third copies.
// HOPPER: nvvm.setmaxregister decrease 56
// HOPPER: nvvm.elect.sync
// HOPPER: scf.for
// HOPPER: nvvm.mbarrier.try_wait
// HOPPER: nvvm.mbarrier.arrive.expect_tx
// HOPPER-COUNT-2: nvvm.cp.async.bulk.tensor.shared.cluster.global
func.func @dense(%x: memref<?x256xbf16>, %w: memref<192x256xbf16>, %y: memref<?x192xbf16>) {
  emo.kernel.matmul lhs(%x : memref<?x256xbf16>) weights(%w : memref<192x256xbf16>) outs(%y : memref<?x192xbf16>)
      attributes {accumulators = 1 : i64, kinds = []} {
  ^bb0(%acc: f32):
    %0 = arith.truncf %acc : f32 to bf16
    emo.kernel.yield %0 : bf16
  }
  return
}

// -----

// Experts: as many blocks of rows as there can be, and each finds its own in the offsets; rows are gathered.
// CHECK-LABEL: func.func @experts.sm_80
// CHECK: emo.device_launch "expert_64x48_few1_0"
// CHECK: %[[WHOLE:.*]] = arith.divui %[[ROWS:.*]], %{{.*}}
// CHECK: %[[SOME:.*]] = arith.minsi %[[ROWS]], %{{.*}}
// CHECK: arith.addi %[[SOME]], %[[WHOLE]]
// CHECK: emo.device_launch "expert_64x48_16x64x64_0"
// CHECK-LABEL: gpu.func @expert_64x48_16x64x64_0
// CHECK: nvvm.shfl.sync up
// CHECK: nvvm.vote.sync ballot
// CHECK: math.cttz
// CHECK: nvvm.shfl.sync idx
// CHECK: scf.if
func.func @experts(%x: memref<?x64xbf16>, %gate: memref<5x48x64xbf16>, %up: memref<5x48x64xbf16>, %rows: memref<?xi32>, %offsets: memref<6xi32>,
                   %y: memref<?x48xbf16>) {
  emo.kernel.matmul lhs(%x : memref<?x64xbf16>) weights(%gate, %up : memref<5x48x64xbf16>, memref<5x48x64xbf16>) gather(%rows : memref<?xi32>)
      offsets(%offsets : memref<6xi32>) outs(%y : memref<?x48xbf16>) attributes {accumulators = 2 : i64, kinds = []} {
  ^bb0(%g: f32, %u: f32):
    %0 = arith.mulf %g, %u : f32
    %1 = arith.truncf %0 : f32 to bf16
    emo.kernel.yield %1 : bf16
  }
  return
}

// -----

// f32, and bf16 whose rows are no multiple of 16 bytes: tiles in f32.
// CHECK-LABEL: func.func @single.sm_80
// CHECK: emo.device_launch "linear_64x48_simple_0"
// CHECK-LABEL: func.func @odd.sm_80
// CHECK: emo.device_launch "linear_37x48_few1_odd_0"
// CHECK: emo.device_launch "linear_37x48_simple_odd_0"
// CHECK-LABEL: gpu.func @linear_64x48_simple_0
// CHECK: llvm.load {{.*}} : !llvm.ptr<1> -> vector<4xf32>
// CHECK: math.fma
func.func @single(%x: memref<?x64xf32>, %w: memref<48x64xf32>, %y: memref<?x48xf32>) {
  emo.kernel.matmul lhs(%x : memref<?x64xf32>) weights(%w : memref<48x64xf32>) outs(%y : memref<?x48xf32>)
      attributes {accumulators = 1 : i64, kinds = []} {
  ^bb0(%acc: f32):
    emo.kernel.yield %acc : f32
  }
  return
}
func.func @odd(%x: memref<?x37xbf16>, %w: memref<48x37xbf16>, %y: memref<?x48xf32>) {
  emo.kernel.matmul lhs(%x : memref<?x37xbf16>) weights(%w : memref<48x37xbf16>) outs(%y : memref<?x48xf32>)
      attributes {accumulators = 1 : i64, kinds = []} {
  ^bb0(%acc: f32):
    emo.kernel.yield %acc : f32
  }
  return
}

// -----

// A view whose alignment is known at run time only.
// CHECK-LABEL: func.func @view.sm_80
// CHECK: memref.extract_strided_metadata
// CHECK: arith.ori
// CHECK: %[[REST:.*]] = arith.andi
// CHECK: %[[ALIGNED:.*]] = arith.cmpi eq, %[[REST]]
// CHECK: scf.if %[[ALIGNED]]
// CHECK: emo.device_launch "linear_64x64_64x64x32_0"
// CHECK: emo.device_launch "linear_64x64_simple_odd_0"
func.func @view(%x: memref<?x64xbf16, strided<[?, 1], offset: ?>>, %w: memref<64x64xbf16>, %y: memref<?x64xf32>) {
  emo.kernel.matmul lhs(%x : memref<?x64xbf16, strided<[?, 1], offset: ?>>) weights(%w : memref<64x64xbf16>) outs(%y : memref<?x64xf32>)
      attributes {accumulators = 1 : i64, kinds = []} {
  ^bb0(%acc: f32):
    emo.kernel.yield %acc : f32
  }
  return
}
