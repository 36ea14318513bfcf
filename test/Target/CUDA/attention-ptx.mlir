// RUN: emo-opt %s --emo-kernels-to-cuda=archs=sm_80 | emo-device - --emit=ptx | FileCheck %s --check-prefix=SM80
// RUN: emo-opt %s --emo-kernels-to-cuda=archs=sm_90a | emo-device - --emit=ptx -o %t.ptx
// RUN: FileCheck %s --input-file=%t.ptx --check-prefix=SCORES
// RUN: FileCheck %s --input-file=%t.ptx --check-prefix=VALUES

// SM80: .visible .entry attention_mma_8x64_0(
// SM80-DAG: ldmatrix.sync.aligned.m8n8.x4.shared.b16
// SM80-DAG: cp.async.wait_group 1
// SM80-DAG: mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32
// SM80-DAG: ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16

// Queries and powers come from registers; values, and ones for the sums of powers, from shared memory. Values are transposed.
// SCORES: .visible .entry attention_wgmma_8x64_0(
// SCORES: cp.async.wait_group 1
// SCORES: fence.proxy.async.shared::cta
// SCORES: wgmma.fence.sync.aligned
// SCORES-COUNT-4: wgmma.mma_async.sync.aligned.m64n64k16.f32.bf16.bf16 {{.*}}, {%r{{[0-9]+}}, %r{{[0-9]+}}, %r{{[0-9]+}}, %r{{[0-9]+}}}, %rd{{[0-9]+}}, p, 1, 1, 0;
// SCORES: wgmma.commit_group.sync.aligned
// SCORES: wgmma.wait_group.sync.aligned 0

// VALUES: .visible .entry attention_wgmma_8x64_0(
// VALUES: wgmma.fence.sync.aligned
// VALUES: wgmma.mma_async.sync.aligned.m64n64k16.f32.bf16.bf16 {{.*}}, p, 1, 1, 1;
// VALUES: wgmma.mma_async.sync.aligned.m64n8k16.f32.bf16.bf16 {{.*}}, p, 1, 1, 0;
// VALUES: wgmma.commit_group.sync.aligned
// VALUES: wgmma.wait_group.sync.aligned 0
func.func @attention(%q: memref<?x?x8x64xbf16>, %k: memref<?x?x2x64xbf16>, %y: memref<?x?x8x64xbf16>, %store: memref<?x2x?x64xbf16>) {
  emo.kernel.attention q(%q : memref<?x?x8x64xbf16>) k(%k : memref<?x?x2x64xbf16>) v(%k : memref<?x?x2x64xbf16>)
      outs(%y, %store, %store : memref<?x?x8x64xbf16>, memref<?x2x?x64xbf16>, memref<?x2x?x64xbf16>) {scale = 0.125 : f64, causal = true}
  return
}
