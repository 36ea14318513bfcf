// RUN: emo-opt --emo-kernels-to-cuda=archs=sm_80 --split-input-file %s | FileCheck %s

// Dense and in the order of memory: a thread for each element, without a division. Narrow floats are computed in f32.
// CHECK-LABEL: func.func @flat.sm_80
// CHECK: emo.device_launch "linalg_generic_0"({{.*}}) grid({{.*}}) threads(256)
// CHECK-LABEL: gpu.func @linalg_generic_0
// CHECK: scf.for
// CHECK-NOT: arith.remui
// CHECK: arith.extf %{{.*}} : bf16 to f32
// CHECK-NOT: math.tanh
// CHECK: arith.truncf %{{.*}} : f32 to bf16
func.func @flat(%x: memref<?x?xbf16>, %y: memref<?x?xbf16>) {
  linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
      ins(%x : memref<?x?xbf16>) outs(%y : memref<?x?xbf16>) {
  ^bb0(%in: bf16, %old: bf16):
    %0 = math.tanh %in : bf16
    linalg.yield %0 : bf16
  }
  return
}

// -----

// Strides of a transposed view, the loop's index and a scalar as arguments.
// CHECK-LABEL: func.func @strided.sm_80
// CHECK: emo.device_launch "linalg_generic_0"(%arg0, {{.*}}) grid
// CHECK-LABEL: gpu.func @linalg_generic_0(
// CHECK-SAME: !llvm.ptr<1>, %{{.*}}: i64, %{{.*}}: i64, %{{.*}}: f32,
// CHECK: arith.remui %{{.*}} : i64
// CHECK: llvm.load
// CHECK: arith.sitofp %{{.*}} : i64 to f32
func.func @strided(%x: memref<?x?xf32, strided<[?, ?], offset: ?>>, %scale: f32, %y: memref<?x?xf32>) {
  linalg.generic {indexing_maps = [affine_map<(i, j) -> (j, i)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
      ins(%x : memref<?x?xf32, strided<[?, ?], offset: ?>>) outs(%y : memref<?x?xf32>) {
  ^bb0(%in: f32, %old: f32):
    %i = linalg.index 0 : index
    %0 = arith.index_cast %i : index to i64
    %1 = arith.sitofp %0 : i64 to f32
    %2 = arith.mulf %in, %scale : f32
    %3 = arith.addf %1, %2 : f32
    linalg.yield %3 : f32
  }
  return
}

// -----

// Reductions are loops of a thread; a body may load from memory.
// CHECK-LABEL: func.func @reduction.sm_80
// CHECK: emo.device_launch "linalg_fill_0"
// CHECK: emo.device_launch "linalg_generic_0"
// CHECK-LABEL: gpu.func @linalg_fill_0
// CHECK-LABEL: gpu.func @linalg_generic_0
// CHECK: scf.for
// CHECK: scf.for {{.*}} iter_args
// CHECK: llvm.load %{{.*}} : !llvm.ptr<1> -> i32
func.func @reduction(%x: memref<?x?xf32>, %rows: memref<?xi32>, %y: memref<?xf32>) {
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%y : memref<?xf32>)
  linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>], iterator_types = ["parallel", "reduction"]}
      ins(%x : memref<?x?xf32>) outs(%y : memref<?xf32>) {
  ^bb0(%in: f32, %sum: f32):
    %i = linalg.index 0 : index
    %row = memref.load %rows[%i] : memref<?xi32>
    %0 = arith.sitofp %row : i32 to f32
    %1 = arith.mulf %in, %0 : f32
    %2 = arith.addf %sum, %1 : f32
    linalg.yield %2 : f32
  }
  return
}

// -----

// CHECK-LABEL: func.func @copy.sm_80
// CHECK-NOT: memref.copy
// CHECK: emo.device_launch "linalg_copy_0"
func.func @copy(%x: memref<?x8xi64, strided<[32, 1], offset: 16>>, %y: memref<?x8xi64>) {
  memref.copy %x, %y : memref<?x8xi64, strided<[32, 1], offset: 16>> to memref<?x8xi64>
  return
}

// -----

// Loops of the reference lowering become kernels of one thread.
// CHECK-LABEL: func.func @serial.sm_80
// CHECK-NOT: memref.load
// CHECK: emo.device_launch "serial_0"({{.*}}) grid(%c1
// CHECK: gpu.func @serial_0
// CHECK: %[[FIRST:.*]] = arith.cmpi eq
// CHECK: scf.if %[[FIRST]]
// CHECK: scf.for
func.func @serial(%indices: memref<?x?xi32>, %offsets: memref<9xi32>, %tokens: memref<?xi32>, %inverse: memref<?x?xi32>) {
  emo.kernel.group_by_expert indices(%indices : memref<?x?xi32>) outs(%offsets, %tokens, %inverse : memref<9xi32>, memref<?xi32>, memref<?x?xi32>)
  return
}

// -----

// What uses a loop's results goes with it, behind what makes room between them.
// CHECK-LABEL: func.func @serial_results.sm_80
// CHECK-NOT: scf.for
// CHECK: memref.alloc
// CHECK: emo.device_launch "serial_0"(
// CHECK-NOT: memref.store
// CHECK-LABEL: gpu.func @serial_0
// CHECK: %[[SUM:.*]] = scf.for {{.*}} iter_args
// CHECK: llvm.store %[[SUM]]
func.func @serial_results(%x: memref<?xi32>) -> memref<i32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0 : i32
  %n = memref.dim %x, %c0 : memref<?xi32>
  %sum = scf.for %i = %c0 to %n step %c1 iter_args(%before = %zero) -> (i32) {
    %value = memref.load %x[%i] : memref<?xi32>
    %after = arith.addi %before, %value : i32
    scf.yield %after : i32
  }
  %y = memref.alloc() : memref<i32>
  memref.store %sum, %y[] : memref<i32>
  return %y : memref<i32>
}

// -----

// Functions that a GPU has no instruction for are written out, in f64 unless models use them.
// CHECK-LABEL: gpu.func @linalg_generic_0
// CHECK: arith.extf %{{.*}} : f32 to f64
// CHECK: scf.if
// CHECK: arith.truncf %{{.*}} : f64 to f32
// CHECK-NOT: math.sin
func.func @sine(%x: memref<?xf32>, %y: memref<?xf32>) {
  linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%x : memref<?xf32>) outs(%y : memref<?xf32>) {
  ^bb0(%in: f32, %old: f32):
    %0 = math.sin %in : f32
    linalg.yield %0 : f32
  }
  return
}
