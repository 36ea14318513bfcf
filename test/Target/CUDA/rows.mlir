// RUN: emo-opt --emo-kernels-to-cuda=archs=sm_80 %s | FileCheck %s

// A thread has eight columns of a token; rows of all choices are loaded before the first product.
// CHECK-LABEL: func.func @combine.sm_80
// CHECK: %[[TOKENS:.*]] = memref.dim
// CHECK: %[[THREADS:.*]] = arith.muli %[[TOKENS]], %c32
// CHECK: emo.device_launch "combine_3x256_0"(%{{.*}}, %[[TOKENS]]) grid({{.*}}) threads(128)
func.func @combine(%rows: memref<?x256xbf16>, %weights: memref<?x3xf32>, %inverse: memref<?x3xi32>, %residual: memref<?x256xbf16>, %out: memref<?x256xbf16>) {
  emo.kernel.combine rows(%rows : memref<?x256xbf16>) weights(%weights : memref<?x3xf32>) inverse(%inverse : memref<?x3xi32>)
      extras(%residual : memref<?x256xbf16>) outs(%out : memref<?x256xbf16>) attributes {kinds = [#emo.kind<element>]} {
  ^bb0(%sum: f32, %x: bf16):
    %0 = arith.truncf %sum : f32 to bf16
    %1 = arith.addf %x, %0 : bf16
    emo.kernel.yield %1 : bf16
  }
  return
}

// Rows of 40 elements in a buffer of rows of 120: groups of 8, as all of this divides.
// CHECK-LABEL: func.func @row_dot.sm_80
// CHECK: emo.device_launch "row_dot_40_0"
func.func @row_dot(%buffer: memref<?x120xbf16>, %b: memref<?x40xbf16>, %rows: index, %out: memref<?xf32>) {
  %a = memref.subview %buffer[0, 80] [%rows, 40] [1, 1] : memref<?x120xbf16> to memref<?x40xbf16, strided<[120, 1], offset: 80>>
  emo.kernel.row_dot a(%a : memref<?x40xbf16, strided<[120, 1], offset: 80>>) b(%b : memref<?x40xbf16>) outs(%out : memref<?xf32>)
  return
}

// An unknown stride: element by element.
// CHECK-LABEL: func.func @unknown_stride.sm_80
// CHECK: emo.device_launch "row_dot_40_1"
func.func @unknown_stride(%a: memref<?x40xbf16, strided<[?, 1], offset: ?>>, %b: memref<?x40xbf16>, %out: memref<?xf32>) {
  emo.kernel.row_dot a(%a : memref<?x40xbf16, strided<[?, 1], offset: ?>>) b(%b : memref<?x40xbf16>) outs(%out : memref<?xf32>)
  return
}

// CHECK-LABEL: gpu.func @combine_3x256_0
// CHECK-SAME: known_block_size = array<i32: 128, 1, 1>
// CHECK-COUNT-3: llvm.load %{{.*}} {alignment = 16 : i64} : !llvm.ptr<1> -> vector<4xi32>
// CHECK-COUNT-3: math.fma %{{.*}} : vector<8xf32>
// CHECK: llvm.store %{{.*}} {alignment = 16 : i64} : vector<8xbf16>, !llvm.ptr<1>

// CHECK-LABEL: gpu.func @row_dot_40_0
// CHECK: scf.for {{.*}} iter_args({{.*}}) -> (vector<8xf32>)
// CHECK-COUNT-5: nvvm.shfl.sync bfly
// CHECK: llvm.store %{{.*}} : f32, !llvm.ptr<1>

// CHECK-LABEL: gpu.func @row_dot_40_1
// CHECK: scf.for {{.*}} iter_args({{.*}}) -> (vector<1xf32>)
