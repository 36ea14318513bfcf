// RUN: emo-opt %s --emo-kernels-to-cuda=archs=sm_90a | emo-device - --emit=ptx -o %t
// RUN: FileCheck %s --input-file=%t
// RUN: FileCheck %s --input-file=%t --check-prefix=COPY
// Gathered rows come by cp.async, weights by TMA; both arrive at the mbarrier of their stage.

// CHECK: .visible .entry expert_256x128_128x256x64_0(
// CHECK: .param .align 64 .b8 expert_256x128_128x256x64_0_param_{{[0-9]+}}[128]
// CHECK: mbarrier.init.shared
// CHECK: fence.mbarrier_init.release.cluster
// CHECK: setmaxnreg.inc.sync.aligned.u32{{.*}}224
// CHECK: mbarrier.try_wait.parity{{.*}}shared
// CHECK: fence.proxy.async.shared::cta
// CHECK: wgmma.fence.sync.aligned
// CHECK-COUNT-4: wgmma.mma_async.sync.aligned.m64n256k16.f32.bf16.bf16
// CHECK: wgmma.commit_group.sync.aligned
// CHECK: wgmma.wait_group.sync.aligned 1
// CHECK: mbarrier.arrive.{{.*}}shared
// CHECK: wgmma.wait_group.sync.aligned 0

// COPY: .visible .entry expert_256x128_128x256x64_0(
// COPY: setmaxnreg.dec.sync.aligned.u32{{.*}}56
// COPY-DAG: elect.sync
// COPY-DAG: mbarrier.arrive.expect_tx{{.*}}shared
// COPY-DAG: cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::bytes
// COPY-DAG: cp.async.cg.shared.global
// COPY-DAG: cp.async.mbarrier.arrive.noinc.shared
func.func @gated(%x: memref<?x256xbf16>, %v: memref<8x128x256xbf16>, %w: memref<8x128x256xbf16>, %gather: memref<?xi32>, %offsets: memref<9xi32>, %y: memref<?x128xbf16>) {
  emo.kernel.matmul lhs(%x : memref<?x256xbf16>) weights(%v, %w : memref<8x128x256xbf16>, memref<8x128x256xbf16>) gather(%gather : memref<?xi32>)
      offsets(%offsets : memref<9xi32>) outs(%y : memref<?x128xbf16>) attributes {accumulators = 2 : i64, kinds = []} {
  ^bb0(%gate: f32, %up: f32):
    %0 = arith.mulf %gate, %up : f32
    %1 = arith.truncf %0 : f32 to bf16
    emo.kernel.yield %1 : bf16
  }
  return
}
