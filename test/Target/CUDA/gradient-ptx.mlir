// RUN: emo-opt %s --emo-kernels-to-cuda=archs=sm_80 | emo-device - --emit=ptx | FileCheck %s --check-prefix=SM80
// RUN: emo-opt %s --emo-kernels-to-cuda=archs=sm_90a | emo-device - --emit=ptx -o %t
// RUN: FileCheck %s --input-file=%t --check-prefix=SM90
// RUN: FileCheck %s --input-file=%t --check-prefix=COPY
// Rows of both operands lie in shared memory as they come: ldmatrix transposes them, wgmma reads them transposed.

// SM80: .visible .entry gradient_128x256_128x128x32_0(
// SM80-DAG: cp.async.cg.shared.global
// SM80-DAG: cp.async.wait_group 2
// SM80-DAG: ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16
// SM80-DAG: mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32
// SM80-NOT: ldmatrix.sync.aligned.m8n8.x4.shared.b16

// SM90: .visible .entry gradient_128x256_128x256x64_0(
// SM90: setmaxnreg.inc.sync.aligned.u32{{.*}}224
// SM90: mbarrier.try_wait.parity{{.*}}shared
// SM90: fence.proxy.async.shared::cta
// SM90: wgmma.fence.sync.aligned
// SM90-COUNT-4: wgmma.mma_async.sync.aligned.m64n256k16.f32.bf16.bf16 {{.*}}, p, 1, 1, 1, 1;
// SM90: wgmma.commit_group.sync.aligned
// SM90: wgmma.wait_group.sync.aligned 1

// COPY: .visible .entry gradient_128x256_128x256x64_0(
// COPY: setmaxnreg.dec.sync.aligned.u32{{.*}}56
// COPY-DAG: cp.async.cg.shared.global
// COPY-DAG: cp.async.mbarrier.arrive.noinc.shared
func.func @gradient(%dy: memref<?x128xbf16>, %x: memref<?x256xbf16>, %gather: memref<?xi32>, %offsets: memref<9xi32>, %dw: memref<8x128x256xf32>) {
  emo.kernel.weight_gradient dy(%dy : memref<?x128xbf16>) x(%x : memref<?x256xbf16>) gather(%gather : memref<?xi32>) offsets(%offsets : memref<9xi32>)
      outs(%dw : memref<8x128x256xf32>)
  return
}
