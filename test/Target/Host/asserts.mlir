// RUN: emo-opt %s --split-input-file --verify-diagnostics --emo-lower-to-runtime | FileCheck %s

// What an entry asserts about its inputs ends the run with the message; two of one text are two messages.
module {
  // CHECK: llvm.mlir.global private constant @[[SECOND:emo_message.*]]("too few\00")
  // CHECK: llvm.mlir.global private constant @[[FIRST:emo_message.*]]("too few\00")
  // CHECK: func.func @emo_entry_forward(%[[CTX:.*]]: !llvm.ptr, %{{.*}}: !llvm.ptr) -> i32
  func.func @forward(%x: memref<?xi32>) -> memref<?xi32> {
    %c0 = arith.constant 0 : index
    %c2 = arith.constant 2 : index
    %n = memref.dim %x, %c0 : memref<?xi32>
    // CHECK: %[[OK:.*]] = arith.cmpi sle
    // CHECK: cf.cond_br %[[OK]], ^[[REST:.*]], ^[[FAILED:.*]]
    // CHECK: ^[[FAILED]]:
    // CHECK: %[[TEXT:.*]] = llvm.mlir.addressof @[[FIRST]]
    // CHECK: llvm.call @emo_rt_fail(%[[CTX]], %[[TEXT]], %{{.*}}, %{{.*}})
    // CHECK: return %c1{{.*}} : i32
    // CHECK: ^[[REST]]:
    %ok = arith.cmpi sle, %c2, %n : index
    cf.assert %ok, "too few"
    // CHECK: arith.cmpi slt
    // CHECK: llvm.mlir.addressof @[[SECOND]]
    %more = arith.cmpi slt, %c2, %n : index
    cf.assert %more, "too few"
    // CHECK: call @emo_rt_output
    return %x : memref<?xi32>
  }
}

// -----

module {
  func.func @forward(%x: memref<?xi32>, %c: memref<i1>) -> memref<?xi32> {
    %ok = memref.load %c[] : memref<i1>
    scf.if %ok {
      // expected-error @+1 {{'cf.assert' op expects to be outside loops and branches of an entry function}}
      cf.assert %ok, "never"
    }
    return %x : memref<?xi32>
  }
}
