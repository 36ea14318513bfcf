// RUN: emo-opt %s | emo-opt | FileCheck %s

// A level has a kernel itself or from the level that it builds on.
// CHECK: emo.launch "k"(%{{.*}}, %{{.*}}) tasks(%{{.*}}) scratch(%{{.*}}) : memref<?x4xf32>, f32
func.func @f(%x: memref<?x4xf32>, %y: f32, %n: index) {
  emo.launch "k"(%x, %y) tasks(%n) scratch(%n) : memref<?x4xf32>, f32
  return
}
module @v3 attributes {emo.isa = "x86-64-v3"} {
  func.func @k(%args: !llvm.ptr, %task: i64, %scratch: !llvm.ptr) {
    return
  }
}
module @v4 attributes {emo.isa = "x86-64-v4", emo.base_isa = "x86-64-v3"} {
}
