// RUN: emo-opt %s --emo-attach-loop-annotations | mlir-translate --mlir-to-llvmir | FileCheck %s
// Hints about loops reach LLVM IR.

// CHECK-LABEL: define void @unconditional
// CHECK: br label %{{.*}}, !llvm.loop
// CHECK-LABEL: define void @conditional
// CHECK: br i1 %{{.*}}, label %{{.*}}, label %{{.*}}, !llvm.loop
// CHECK: !"llvm.loop.unroll.disable"
llvm.func @unconditional() {
  llvm.br ^bb1
^bb1:
  llvm.call @g() : () -> ()
  llvm.br ^bb1 {llvm.loop_annotation = #llvm.loop_annotation<unroll = <disable = true>>}
}
llvm.func @conditional(%x: i1) {
  llvm.br ^bb1
^bb1:
  llvm.call @g() : () -> ()
  llvm.cond_br %x, ^bb1, ^bb2 {llvm.loop_annotation = #llvm.loop_annotation<unroll = <disable = true>>}
^bb2:
  llvm.return
}
llvm.func @g()
