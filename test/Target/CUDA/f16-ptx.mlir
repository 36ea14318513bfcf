// RUN: emo-opt %s --emo-kernels-to-cuda=archs=sm_80 | emo-device - --emit=ptx | FileCheck %s --check-prefix=SM80
// RUN: emo-opt %s --emo-kernels-to-cuda=archs=sm_90a | emo-device - --emit=ptx | FileCheck %s --check-prefix=SM90
// f16 takes the kernels of bf16.

// SM80: .visible .entry expert_256x128_{{.*}}_0(
// SM80: mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32
// SM80: .visible .entry attention_mma_8x64_0(
// SM80: mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32

// SM90: .visible .entry expert_256x128_128x256x64_0(
// SM90: wgmma.mma_async.sync.aligned.m64n256k16.f32.f16.f16
// SM90: .visible .entry attention_wgmma_8x64_0(
// SM90: wgmma.mma_async.sync.aligned.m64n64k16.f32.f16.f16
func.func @gated(%x: memref<?x256xf16>, %v: memref<8x128x256xf16>, %w: memref<8x128x256xf16>, %offsets: memref<9xi32>, %y: memref<?x128xf16>) {
  emo.kernel.matmul lhs(%x : memref<?x256xf16>) weights(%v, %w : memref<8x128x256xf16>, memref<8x128x256xf16>)
      offsets(%offsets : memref<9xi32>) outs(%y : memref<?x128xf16>) attributes {accumulators = 2 : i64, kinds = []} {
  ^bb0(%gate: f32, %up: f32):
    %0 = arith.mulf %gate, %up : f32
    %1 = arith.truncf %0 : f32 to f16
    emo.kernel.yield %1 : f16
  }
  return
}
func.func @attention(%q: memref<?x?x8x64xf16>, %k: memref<?x?x2x64xf16>, %y: memref<?x?x8x64xf16>, %store: memref<?x2x?x64xf16>) {
  emo.kernel.attention q(%q : memref<?x?x8x64xf16>) k(%k : memref<?x?x2x64xf16>) v(%k : memref<?x?x2x64xf16>)
      outs(%y, %store, %store : memref<?x?x8x64xf16>, memref<?x2x?x64xf16>, memref<?x2x?x64xf16>) {scale = 0.125 : f64, causal = true}
  return
}
