// RUN: not emo-compile %s --emit=object -o %t.o 2>&1 | FileCheck %s
// RUN: not ls %t.o
// CHECK: lacking-kernel.mlir:[[#@LINE+6]]:3: error: lacks the kernel 'double', expected it in the level 'avx512bf16' or in a level that emo.base_isa names
module attributes {emo.phase = "llvm", emo.kernels = ["double"], emo.entries = [{name = "forward", inputs = [], outputs = []}]} {
  llvm.func @emo_entry_forward(%context: !llvm.ptr, %inputs: !llvm.ptr) -> i32 {
    %0 = llvm.mlir.constant(0 : i32) : i32
    llvm.return %0 : i32
  }
  module @kernels_avx512bf16 attributes {emo.isa = "avx512bf16", emo.base_isa = "x86-64-v4"} {
  }
  module @kernels_x86_64_v4 attributes {emo.isa = "x86-64-v4"} {
  }
}
