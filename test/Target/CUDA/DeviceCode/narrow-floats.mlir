// Conversions and arithmetic of bf16 and f16 in emulated kernels, run on the CPU: round to nearest even, denormals kept, NaNs quiet.
// RUN: emo-device %s --emit=host-object -o %t.o
// RUN: llvm-nm --undefined-only %t.o | not grep -v emo_sim
// RUN: %cc -O1 %S/Inputs/narrow-floats.c %t.o -lm -o %t
// RUN: %t | FileCheck %s
// CHECK: ok: bf16, 524288 conversions
// CHECK: ok: f16
// CHECK: ok: arithmetic
gpu.module @kernels attributes {emo.device = "sm_80"} {
  // Rows of 8: f32 -> bf16, and back.
  gpu.func @bf16(%in: !llvm.ptr<1>, %out: !llvm.ptr<1>, %back: !llvm.ptr<1>) kernel attributes {known_block_size = array<i32: 1, 1, 1>} {
    %x = llvm.load %in : !llvm.ptr<1> -> vector<8xf32>
    %narrow = arith.truncf %x : vector<8xf32> to vector<8xbf16>
    llvm.store %narrow, %out : vector<8xbf16>, !llvm.ptr<1>
    %y = arith.extf %narrow : vector<8xbf16> to vector<8xf32>
    llvm.store %y, %back : vector<8xf32>, !llvm.ptr<1>
    gpu.return
  }

  gpu.func @f16(%in: !llvm.ptr<1>, %out: !llvm.ptr<1>, %back: !llvm.ptr<1>) kernel attributes {known_block_size = array<i32: 1, 1, 1>} {
    %x = llvm.load %in : !llvm.ptr<1> -> vector<8xf32>
    %narrow = arith.truncf %x : vector<8xf32> to vector<8xf16>
    llvm.store %narrow, %out : vector<8xf16>, !llvm.ptr<1>
    %y = arith.extf %narrow : vector<8xf16> to vector<8xf32>
    llvm.store %y, %back : vector<8xf32>, !llvm.ptr<1>
    gpu.return
  }

  // Two numbers, then a row of results each.
  gpu.func @arithmetic(%in: !llvm.ptr<1>, %out: !llvm.ptr<1>, %n: i32, %big: i64) kernel attributes {known_block_size = array<i32: 1, 1, 1>} {
    %p1 = llvm.getelementptr %in[1] : (!llvm.ptr<1>) -> !llvm.ptr<1>, bf16
    %a = llvm.load %in : !llvm.ptr<1> -> bf16
    %b = llvm.load %p1 : !llvm.ptr<1> -> bf16
    %add = arith.addf %a, %b : bf16
    %sub = arith.subf %a, %b : bf16
    %mul = arith.mulf %a, %b : bf16
    %div = arith.divf %a, %b : bf16
    %fma = math.fma %a, %b, %a : bf16
    %neg = arith.negf %a : bf16
    %max = arith.maximumf %a, %b : bf16
    %less = arith.cmpf olt, %a, %b : bf16
    %choice = arith.select %less, %a, %b : bf16
    %int = arith.sitofp %n : i32 to bf16
    %long = arith.uitofp %big : i64 to bf16
    %wide = arith.extf %a : bf16 to f64
    %tiny = arith.constant 0x3FB0000000000001 : f64
    %just = arith.mulf %wide, %tiny : f64
    %fromDouble = arith.truncf %just : f64 to bf16
    %q0 = llvm.getelementptr %out[0] : (!llvm.ptr<1>) -> !llvm.ptr<1>, bf16
    %v = vector.from_elements %add, %sub, %mul, %div, %fma, %neg, %max, %choice : vector<8xbf16>
    llvm.store %v, %out : vector<8xbf16>, !llvm.ptr<1>
    %q8 = llvm.getelementptr %out[8] : (!llvm.ptr<1>) -> !llvm.ptr<1>, bf16
    %w = vector.from_elements %int, %long, %fromDouble, %a : vector<4xbf16>
    llvm.store %w, %q8 : vector<4xbf16>, !llvm.ptr<1>
    %half = arith.truncf %just : f64 to f16
    %q12 = llvm.getelementptr %out[12] : (!llvm.ptr<1>) -> !llvm.ptr<1>, bf16
    llvm.store %half, %q12 : f16, !llvm.ptr<1>
    %h = arith.extf %half : f16 to f32
    %hf = math.fma %half, %half, %half : f16
    %q13 = llvm.getelementptr %out[13] : (!llvm.ptr<1>) -> !llvm.ptr<1>, bf16
    llvm.store %hf, %q13 : f16, !llvm.ptr<1>
    %trunc = arith.fptosi %a : bf16 to i32
    %q14 = llvm.getelementptr %out[14] : (!llvm.ptr<1>) -> !llvm.ptr<1>, bf16
    llvm.store %trunc, %q14 : i32, !llvm.ptr<1>
    gpu.return
  }
}
