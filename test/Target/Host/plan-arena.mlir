// RUN: emo-opt %s --emo-plan-arena --cse --canonicalize --split-input-file --allow-unregistered-dialect | FileCheck %s

// %a ends where %c begins, and is as large: they share a place. %b is alive with both.
// CHECK-LABEL: func.func @chain
// CHECK-SAME: (%[[X:[a-z0-9]+]]: memref<?x256xf32>
// CHECK-DAG: %[[N:.*]] = memref.dim %[[X]]
// CHECK-DAG: %[[A:.*]] = arith.muli %[[N]], %c1024
// CHECK-DAG: %[[B:.*]] = arith.muli %[[N]], %c256
// CHECK: %[[ARENA:.*]] = memref.alloc(%{{.*}}) {alignment = 256 : i64} : memref<?xi8>
// CHECK: %[[LARGE:.*]] = memref.view %[[ARENA]][%c0][%[[N]]] : memref<?xi8> to memref<?x256xf32>
// CHECK: %[[SMALL:.*]] = memref.view %[[ARENA]][%[[BEHIND:.*]]][%[[N]]] : memref<?xi8> to memref<?x64xf32>
// CHECK: "test.use"(%[[LARGE]], %[[SMALL]])
// CHECK-NOT: memref.alloc
// CHECK: "test.use"(%[[SMALL]], %[[LARGE]])
func.func @chain(%x: memref<?x256xf32>, %y: memref<?x256xf32>) {
  %c0 = arith.constant 0 : index
  %n = memref.dim %x, %c0 : memref<?x256xf32>
  %a = memref.alloc(%n) {alignment = 64 : i64} : memref<?x256xf32>
  memref.copy %x, %a : memref<?x256xf32> to memref<?x256xf32>
  %b = memref.alloc(%n) {alignment = 64 : i64} : memref<?x64xf32>
  "test.use"(%a, %b) : (memref<?x256xf32>, memref<?x64xf32>) -> ()
  %c = memref.alloc(%n) {alignment = 64 : i64} : memref<?x256xf32>
  "test.use"(%b, %c) : (memref<?x64xf32>, memref<?x256xf32>) -> ()
  memref.copy %c, %y : memref<?x256xf32> to memref<?x256xf32>
  return
}
// -----
// Uses by another name count, in branches too; what is returned lives to the end.
// CHECK-LABEL: func.func @names
// CHECK: memref.alloc() {alignment = 256 : i64} : memref<4096xi8>
// CHECK: memref.view %{{.*}}[%c0][] : memref<{{.*}}xi8{{.*}}> to memref<256xf32>
// CHECK: memref.view %{{.*}}[%c1024][] : memref<{{.*}}xi8{{.*}}> to memref<256xf32>
// CHECK: memref.view %{{.*}}[%c2048][] : memref<{{.*}}xi8{{.*}}> to memref<256xf32>
// CHECK: memref.view %{{.*}}[%c3072][] : memref<{{.*}}xi8{{.*}}> to memref<256xf32>
func.func @names(%condition: i1) -> memref<256xf32> {
  %a = memref.alloc() : memref<256xf32>
  %part = memref.subview %a[0] [16] [1] : memref<256xf32> to memref<16xf32, strided<[1]>>
  %b = memref.alloc() : memref<256xf32>
  "test.use"(%b) : (memref<256xf32>) -> ()
  %c = memref.alloc() : memref<256xf32>
  scf.if %condition {
    %d = memref.alloc() : memref<256xf32>
    "test.use"(%part, %d, %b) : (memref<16xf32, strided<[1]>>, memref<256xf32>, memref<256xf32>) -> ()
  }
  return %c : memref<256xf32>
}
// -----
// A size that is read from memory is known too late for the one block.
// CHECK-LABEL: func.func @late
// CHECK: memref.alloc() {alignment = 256 : i64} : memref<256xi8>
// CHECK: %[[SIZE:.*]] = memref.load
// CHECK: memref.alloc(%{{.*}}) : memref<?xf32>
func.func @late(%sizes: memref<4xindex>) {
  %c0 = arith.constant 0 : index
  %a = memref.alloc() : memref<16xf32>
  "test.use"(%a) : (memref<16xf32>) -> ()
  %n = memref.load %sizes[%c0] : memref<4xindex>
  %b = memref.alloc(%n) : memref<?xf32>
  "test.use"(%b) : (memref<?xf32>) -> ()
  return
}
