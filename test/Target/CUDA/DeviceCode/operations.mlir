// Everything that kernels may use has code on every architecture and in the emulator. The back end would end the process where it has none.
// RUN: emo-device %s | FileCheck %s
// RUN: emo-device %s --arch=sm_90a | FileCheck %s
// RUN: emo-device %s --arch=sm_100a | FileCheck %s
// RUN: emo-device %s --arch=sm_120a | FileCheck %s
// RUN: emo-device %s --emit=host-object -o %t.o && llvm-nm --undefined-only %t.o | not grep -v emo_sim
// RUN: %if ptxas %{ emo-device %s --emit=cubin -o %t.80 %}
// RUN: %if ptxas %{ emo-device %s --arch=sm_90a --emit=cubin -o %t.90 %}
// RUN: %if ptxas %{ emo-device %s --arch=sm_100a --emit=cubin -o %t.100 %}
// RUN: %if ptxas %{ emo-device %s --arch=sm_120a --emit=cubin -o %t.120 %}
// CHECK: .visible .entry ops(
// CHECK-NOT: call
// CHECK: fma.rn.f32
// CHECK: sqrt.rn.f32
gpu.module @k attributes {emo.device = "sm_80"} {
  llvm.mlir.global external @emo_shared() {addr_space = 3 : i32, alignment = 1024 : i64} : !llvm.array<0 x i8>
  gpu.func @ops(%in: !llvm.ptr<1>, %out: !llvm.ptr<1>, %n: i32, %w: i64, %s: f32) kernel attributes {known_block_size = array<i32: 128, 1, 1>, emo.shared_bytes = 4096 : i64} {
    %tid = nvvm.read.ptx.sreg.tid.x : i32
    %p = llvm.getelementptr %in[%tid] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, f32
    %q = llvm.getelementptr %out[%tid] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, f32
    %x = llvm.load %p : !llvm.ptr<1> -> f32
    %v4 = llvm.load %p : !llvm.ptr<1> -> vector<4xf32>
    %h8 = llvm.load %p : !llvm.ptr<1> -> vector<8xbf16>
    %f8 = llvm.load %p : !llvm.ptr<1> -> vector<8xf16>
    %hx = arith.extf %h8 : vector<8xbf16> to vector<8xf32>
    %fx = arith.extf %f8 : vector<8xf16> to vector<8xf32>
    %sum = arith.addf %hx, %fx : vector<8xf32>
    %mn = arith.minimumf %sum, %hx : vector<8xf32>
    %mx = arith.maximumf %mn, %fx : vector<8xf32>
    %mm = arith.maxnumf %mx, %sum : vector<8xf32>
    %fm = math.fma %mm, %hx, %fx : vector<8xf32>
    %sq = math.sqrt %fm : vector<8xf32>
    %rs = math.rsqrt %sq : vector<8xf32>
    %ab = math.absf %rs : vector<8xf32>
    %fl = math.floor %ab : vector<8xf32>
    %ce = math.ceil %fl : vector<8xf32>
    %tr = math.trunc %ce : vector<8xf32>
    %re = math.roundeven %tr : vector<8xf32>
    %cs = math.copysign %re, %fx : vector<8xf32>
    %b = arith.truncf %cs : vector<8xf32> to vector<8xbf16>
    %bb = arith.mulf %b, %h8 : vector<8xbf16>
    %bm = arith.maximumf %bb, %h8 : vector<8xbf16>
    %bf = math.fma %bm, %h8, %bb : vector<8xbf16>
    %bn = arith.negf %bf : vector<8xbf16>
    %bd = arith.divf %bn, %h8 : vector<8xbf16>
    llvm.store %bd, %q : vector<8xbf16>, !llvm.ptr<1>
    %h = arith.truncf %cs : vector<8xf32> to vector<8xf16>
    %hh = arith.mulf %h, %f8 : vector<8xf16>
    %hm = arith.maximumf %hh, %f8 : vector<8xf16>
    %hf = math.fma %hm, %f8, %hh : vector<8xf16>
    llvm.store %hf, %q : vector<8xf16>, !llvm.ptr<1>
    %d = arith.extf %x : f32 to f64
    %dd = arith.mulf %d, %d : f64
    %dm = arith.minimumf %dd, %d : f64
    %ds = math.sqrt %dm : f64
    %db = arith.truncf %ds : f64 to bf16
    llvm.store %db, %q : bf16, !llvm.ptr<1>
    %dh = arith.truncf %ds : f64 to f16
    llvm.store %dh, %q : f16, !llvm.ptr<1>
    %ib = arith.sitofp %n : i32 to bf16
    llvm.store %ib, %q : bf16, !llvm.ptr<1>
    %ih = arith.uitofp %n : i32 to f16
    llvm.store %ih, %q : f16, !llvm.ptr<1>
    %fi = arith.fptosi %ib : bf16 to i32
    llvm.store %fi, %q : i32, !llvm.ptr<1>
    %cmp = arith.cmpf olt, %ib, %db : bf16
    %selb = arith.select %cmp, %ib, %db : bf16
    llvm.store %selb, %q : bf16, !llvm.ptr<1>
    %r = vector.reduction <add>, %cs : vector<8xf32> into f32
    %rm = vector.reduction <maximumf>, %cs : vector<8xf32> into f32
    %rr = arith.mulf %r, %s : f32
    %a1 = llvm.atomicrmw fadd %q, %rr monotonic : !llvm.ptr<1>, f32
    %a2 = llvm.atomicrmw add %q, %n monotonic : !llvm.ptr<1>, i32
    %a3 = llvm.atomicrmw umax %q, %n syncscope("block") acq_rel : !llvm.ptr<1>, i32
    %cx = llvm.cmpxchg %q, %n, %a2 acq_rel monotonic : !llvm.ptr<1>, i32
    %e = llvm.call_intrinsic "llvm.nvvm.ex2.approx.f32"(%rm) : (f32) -> f32
    %e2 = nvvm.rcp.approx.ftz.f %e : f32
    llvm.store %e2, %q : f32, !llvm.ptr<1>
    %sh = llvm.mlir.addressof @emo_shared : !llvm.ptr<3>
    %sp = llvm.getelementptr %sh[%tid] : (!llvm.ptr<3>, i32) -> !llvm.ptr<3>, f32
    llvm.store %e2, %sp : f32, !llvm.ptr<3>
    nvvm.barrier0
    %sl = llvm.load %sp : !llvm.ptr<3> -> f32
    %c = math.ctlz %n : i32
    %ct = math.cttz %c : i32
    %pc = math.ctpop %ct : i32
    %ai = math.absi %pc : i32
    %m1 = arith.constant -1 : i32
    %c1f = arith.constant 31 : i32
    %i3 = arith.constant 3 : i32
    %xx = nvvm.shfl.sync bfly %m1, %sl, %i3, %c1f : f32 -> f32
    llvm.store %xx, %q : f32, !llvm.ptr<1>
    %di = arith.divsi %ai, %n : i32
    %ri = arith.remui %di, %n : i32
    %mi = arith.minsi %ri, %n : i32
    %sh1 = arith.shli %mi, %n : i32
    llvm.store %sh1, %q : i32, !llvm.ptr<1>
    %lo, %hi = arith.mulsi_extended %mi, %n : i32
    llvm.store %hi, %q : i32, !llvm.ptr<1>
    gpu.return
  }
}
