// One kernel through every stage that needs no GPU tools.
// RUN: emo-device %s --emit=mlir | FileCheck %s --check-prefix=MLIR
// RUN: emo-device %s --emit=llvm | FileCheck %s --check-prefix=LLVM
// RUN: emo-device %s | FileCheck %s --check-prefixes=PTX,PTX80
// RUN: emo-device %s --arch=sm_90a | FileCheck %s --check-prefixes=PTX,PTX90
// RUN: emo-device %s --arch=sm_100a | FileCheck %s --check-prefixes=PTX,PTX100
// RUN: emo-device %s --arch=sm_120a | FileCheck %s --check-prefixes=PTX,PTX120
// RUN: emo-device %s --ptx=82 | FileCheck %s --check-prefix=CHOSEN
// RUN: emo-device %s | FileCheck %s --check-prefix=NO-LINES
// RUN: emo-device %s --line-info | FileCheck %s --check-prefix=LINES

// MLIR: gpu.module @kernels attributes {emo.device = "sm_80"}
// MLIR: llvm.mlir.global external @emo_shared() {addr_space = 3 : i32, alignment = 1024 : i64} : !llvm.array<0 x i8>
// MLIR: llvm.func @reverse(%{{.*}}: !llvm.ptr<1>, %{{.*}}: !llvm.ptr<1>, %{{.*}}: i32, %{{.*}}: f32) attributes {
// MLIR-SAME: emo.shared_bytes = 512 : i64
// MLIR-SAME: nvvm.kernel, nvvm.maxntid = array<i32: 128, 1, 1>
// MLIR: llvm.intr.fma
// MLIR: llvm.intr.sqrt

// LLVM: target triple = "nvptx64-nvidia-cuda"
// LLVM: @emo_shared = external {{.*}}addrspace(3) global [0 x i8], align 1024
// LLVM: define ptx_kernel void @reverse(
// LLVM: "nvvm.maxntid"="128,1,1"

// PTX80: .version 8.0
// PTX80-NEXT: .target sm_80
// PTX90: .version 8.0
// PTX90-NEXT: .target sm_90a
// PTX100: .version 8.7
// PTX100-NEXT: .target sm_100a
// PTX120: .version 8.7
// PTX120-NEXT: .target sm_120a
// PTX: .extern .shared .align 1024 .b8 emo_shared[];
// PTX: .visible .entry reverse(
// PTX: .maxntid 128, 1, 1
// PTX-NOT: .local
// PTX: bar.sync 	0;
// PTX: fma.rn.f32
// The product and the sum stay two roundings: kernels say where they fuse.
// PTX: sqrt.rn.f32
// PTX: mul.rn.f32
// PTX: add.rn.f32

// CHOSEN: .version 8.2
// NO-LINES-NOT: .loc
// LINES: .target sm_80{{$}}
// LINES: .loc {{.*}} [[# @LINE + 12]]
gpu.module @kernels attributes {emo.device = "sm_80"} {
  llvm.mlir.global external @emo_shared() {addr_space = 3 : i32, alignment = 1024 : i64} : !llvm.array<0 x i8>
  gpu.func @reverse(%in: !llvm.ptr<1>, %out: !llvm.ptr<1>, %n: i32, %s: f32) kernel
      attributes {known_block_size = array<i32: 128, 1, 1>, emo.shared_bytes = 512 : i64} {
    %tid = nvvm.read.ptx.sreg.tid.x : i32
    %shared = llvm.mlir.addressof @emo_shared : !llvm.ptr<3>
    %c127 = arith.constant 127 : i32
    %inside = arith.cmpi ult, %tid, %n : i32
    %from = llvm.getelementptr %in[%tid] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, f32
    %zero = arith.constant 0.0 : f32
    %x = scf.if %inside -> f32 {
      %loaded = llvm.load %from : !llvm.ptr<1> -> f32
      scf.yield %loaded : f32
    } else {
      scf.yield %zero : f32
    }
    %mine = llvm.getelementptr %shared[%tid] : (!llvm.ptr<3>, i32) -> !llvm.ptr<3>, f32
    llvm.store %x, %mine : f32, !llvm.ptr<3>
    nvvm.barrier0
    %other = arith.subi %c127, %tid : i32
    %theirs = llvm.getelementptr %shared[%other] : (!llvm.ptr<3>, i32) -> !llvm.ptr<3>, f32
    %y = llvm.load %theirs : !llvm.ptr<3> -> f32
    %fused = math.fma %y, %s, %x : f32
    %root = math.sqrt %fused : f32
    %product = arith.mulf %root, %s : f32
    %sum = arith.addf %product, %y : f32
    %to = llvm.getelementptr %out[%tid] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, f32
    llvm.store %sum, %to : f32, !llvm.ptr<1>
    gpu.return
  }
}
