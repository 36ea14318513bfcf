// RUN: emo-opt --emo-kernels-to-cuda=archs=sm_80 %s | FileCheck %s

// bf16 slices of one product with a cache: keys are stored first; few queries take the kernel that divides keys among warps, over several
// blocks when there are few of them, many take matrix instructions.
// CHECK-LABEL: func.func @cached.sm_80
// CHECK: emo.device_launch "attention_store_2x64_0"
// CHECK: scf.if
// CHECK: memref.alloc(%{{.*}}) {{.*}} : memref<?x64xf32>
// CHECK: memref.alloc(%{{.*}}) {{.*}} : memref<?x2xf32>
// CHECK: scf.if
// CHECK: emo.device_launch "attention_split_8x64_0"
// CHECK: emo.device_launch "attention_merge_8x64_0"
// CHECK: else
// CHECK: emo.device_launch "attention_few_8x64_0"
// CHECK: else
// CHECK: emo.device_launch "attention_mma_8x64_0"
func.func @cached(%qkv: memref<?x768xbf16>, %batch: index, %sequence: index, %table: memref<4096x64xf32>, %start: memref<?xi32>,
                  %out: memref<?x?x8x64xbf16>, %keys: memref<?x2x?x64xbf16>, %values: memref<?x2x?x64xbf16>) {
  %rows = arith.muli %batch, %sequence : index
  %q0 = memref.subview %qkv[0, 0] [%rows, 512] [1, 1] : memref<?x768xbf16> to memref<?x512xbf16, strided<[768, 1]>>
  %k0 = memref.subview %qkv[0, 512] [%rows, 128] [1, 1] : memref<?x768xbf16> to memref<?x128xbf16, strided<[768, 1], offset: 512>>
  %v0 = memref.subview %qkv[0, 640] [%rows, 128] [1, 1] : memref<?x768xbf16> to memref<?x128xbf16, strided<[768, 1], offset: 640>>
  %q = memref.expand_shape %q0 [[0, 1], [2, 3]] output_shape [%batch, %sequence, 8, 64]
    : memref<?x512xbf16, strided<[768, 1]>> into memref<?x?x8x64xbf16, strided<[?, 768, 64, 1]>>
  %k = memref.expand_shape %k0 [[0, 1], [2, 3]] output_shape [%batch, %sequence, 2, 64]
    : memref<?x128xbf16, strided<[768, 1], offset: 512>> into memref<?x?x2x64xbf16, strided<[?, 768, 64, 1], offset: 512>>
  %v = memref.expand_shape %v0 [[0, 1], [2, 3]] output_shape [%batch, %sequence, 2, 64]
    : memref<?x128xbf16, strided<[768, 1], offset: 640>> into memref<?x?x2x64xbf16, strided<[?, 768, 64, 1], offset: 640>>
  emo.kernel.attention q(%q : memref<?x?x8x64xbf16, strided<[?, 768, 64, 1]>>) k(%k : memref<?x?x2x64xbf16, strided<[?, 768, 64, 1], offset: 512>>)
      v(%v : memref<?x?x2x64xbf16, strided<[?, 768, 64, 1], offset: 640>>) table(%table : memref<4096x64xf32>) start(%start : memref<?xi32>)
      outs(%out, %keys, %values : memref<?x?x8x64xbf16>, memref<?x2x?x64xbf16>, memref<?x2x?x64xbf16>) {scale = 0.125 : f64, causal = true}
  return
}

// f32: without matrix instructions. Documents bound the loops over keys.
// CHECK-LABEL: func.func @documents.sm_80
// CHECK: emo.device_launch "attention_many_4x32_0"
func.func @documents(%q: memref<?x?x4x32xf32>, %k: memref<?x?x4x32xf32>, %v: memref<?x?x4x32xf32>, %segments: memref<?x?xi32>,
                     %out: memref<?x?x4x32xf32>, %keys: memref<?x4x?x32xf32>, %values: memref<?x4x?x32xf32>) {
  emo.kernel.attention q(%q : memref<?x?x4x32xf32>) k(%k : memref<?x?x4x32xf32>) v(%v : memref<?x?x4x32xf32>) segments(%segments : memref<?x?xi32>)
      outs(%out, %keys, %values : memref<?x?x4x32xf32>, memref<?x4x?x32xf32>, memref<?x4x?x32xf32>) {scale = 0.17 : f64, causal = true}
  return
}

// Alignment of the slices is found through reshapes: 16 bytes at a time.
// CHECK-LABEL: gpu.func @attention_store_2x64_0
// CHECK: llvm.load %{{.*}} {alignment = 16 : i64} : !llvm.ptr<1> -> vector<4xi32>

// Keys and values of the next block are copied while this one is multiplied.
// CHECK-LABEL: gpu.func @attention_mma_8x64_0
// CHECK-SAME: emo.shared_bytes
// CHECK: nvvm.cp.async.shared.global %{{.*}}, %{{.*}}, 16, cache = cg
// CHECK: nvvm.cp.async.commit.group
// CHECK-COUNT-4: nvvm.ldmatrix %{{.*}} {eltType = {{.*}}, layout = #nvvm.mma_layout<row>, num = 4
// CHECK: scf.for
// CHECK: nvvm.cp.async.wait.group 1
// CHECK: nvvm.barrier
// CHECK: nvvm.mma.sync {{.*}}multiplicandAPtxType = #nvvm.mma_type<bf16>
// CHECK: nvvm.ldmatrix %{{.*}} {eltType = {{.*}}, layout = #nvvm.mma_layout<col>, num = 4

// CHECK-LABEL: gpu.func @attention_many_4x32_0
// CHECK: llvm.call_intrinsic "llvm.nvvm.redux.sync.min"
// CHECK-NOT: nvvm.mma.sync
// CHECK: gpu.return
