// RUN: emo-opt --emo-kernels-to-cpu=levels=x86-64-v2,x86-64-v3 %s | FileCheck %s
// Levels are in one order, each once.
// RUN: emo-opt --emo-kernels-to-cpu=levels=x86-64-v3,x86-64-v2,x86-64-v3 %s | FileCheck %s
// RUN: not emo-opt --emo-kernels-to-cpu=levels=x86-64-v2,sse %s 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// UNKNOWN: error: has no ISA level 'sse'; known are x86-64-v2 x86-64-v3 x86-64-v4 avx512bf16 amx{{$}}

// A task for each row. Its weights are in scratch memory, in whole blocks of 256.
// CHECK-LABEL: func.func @sample
// CHECK: %[[ROWS:.*]] = memref.dim %arg0, %c0
// CHECK: emo.launch "sample_1001_0"(%arg0, %arg1, %arg2) tasks(%[[ROWS]]) scratch(%c4096)
func.func @sample(%logits: memref<?x1001xf32>, %sampling: memref<?x3xf32>, %ids: memref<?xi64>) {
  emo.kernel.sample logits(%logits : memref<?x1001xf32>) sampling(%sampling : memref<?x3xf32>) outs(%ids : memref<?xi64>)
  return
}

// CHECK-LABEL: func.func @other_ids
// CHECK: emo.launch "sample_1001_0"
// CHECK: emo.launch "sample_1001_1"
func.func @other_ids(%logits: memref<?x1001xf32>, %sampling: memref<?x3xf32>, %ids: memref<?xi64>, %narrow: memref<?xi32>) {
  emo.kernel.sample logits(%logits : memref<?x1001xf32>) sampling(%sampling : memref<?x3xf32>) outs(%ids : memref<?xi64>)
  emo.kernel.sample logits(%logits : memref<?x1001xf32>) sampling(%sampling : memref<?x3xf32>) outs(%narrow : memref<?xi32>)
  return
}

// The largest logit; then, if a token is drawn, weights, the nucleus in 15 passes of three sums, and the token's block before the token.
// CHECK-LABEL: module @kernels_x86_64_v2
// CHECK: func.func @sample_1001_0
// CHECK: scf.for {{.*}} -> (vector<4xf32>)
// CHECK: scf.if {{.*}} -> (i64)
// CHECK: func.call @exp_x4
// CHECK: scf.if {{.*}} -> (f32, i64)
// CHECK: scf.for %{{.*}} = %c0{{.*}} to %c15
// CHECK: scf.for %{{.*}} = %c0{{.*}} to %c1024{{.*}} step %c256{{.*}} -> (f32, f32, f32)
// CHECK: scf.for {{.*}} -> (vector<4xf32>, vector<4xf32>, vector<4xf32>)
// CHECK: scf.for %{{.*}} = %c0{{.*}} to %c1024{{.*}} step %c256{{.*}} -> (i64, f32, i1, i64, i64, f32)
// CHECK: scf.for {{.*}} step %c1{{.*}} -> (f32, i1, i64, i64)
// CHECK: llvm.store %{{.*}} : i64, !llvm.ptr
// CHECK: func.func @sample_1001_1
// CHECK: llvm.store %{{.*}} : i32, !llvm.ptr
// CHECK-LABEL: module @kernels_x86_64_v3
// CHECK: func.func @sample_1001_0
// CHECK: scf.for {{.*}} -> (vector<8xf32>, vector<8xf32>, vector<8xf32>)
