// What becomes of the operations of a GPU in the emulated kernels.
// RUN: emo-device %s --emit=host-llvm | FileCheck %s
// RUN: emo-device %s --emit=host-llvm | FileCheck %s --check-prefix=GONE
// RUN: emo-device %s --emit=host-object -o %t.o
// RUN: llvm-nm %t.o | FileCheck %s --check-prefix=SYMBOLS
// RUN: llvm-readelf -s %t.o | FileCheck %s --check-prefix=HIDDEN

// The emulator's functions, each once.
// CHECK: ; calls emo_sim_access
// CHECK-NEXT: ; calls emo_sim_barrier_cta_sync_aligned_all
// CHECK-NEXT: ; calls emo_sim_elect_sync
// CHECK-NEXT: ; calls emo_sim_ex2_approx_f32
// CHECK-NEXT: ; calls emo_sim_ldmatrix_sync_aligned_m8n8_x4_b16_p3
// CHECK-NEXT: ; calls emo_sim_mma_m16n8k16_row_col_bf16
// CHECK-NEXT: ; calls emo_sim_ptx_createpolicy_fractional_L2_evict_first_b64
// CHECK-NEXT: ; calls emo_sim_ptx_mbarrier_try_wait_parity_shared_b64
// CHECK-NEXT: ; calls emo_sim_ptx_wgmma_mma_async_sync_aligned_m64n8k16_f32_bf16_bf16
// CHECK-NEXT: ; calls emo_sim_ptx_wgmma_mma_async_sync_aligned_m64n8k16_f32_bf16_bf16_rs
// CHECK-NEXT: ; calls emo_sim_read_ptx_sreg_tid_x
// CHECK-NEXT: ; calls emo_sim_shared
// CHECK-NEXT: ; calls emo_sim_trap
// CHECK-NEXT: ; ModuleID
// CHECK: target triple = "x86_64-unknown-linux-gnu"

// GONE-NOT: llvm.nvvm
// GONE-NOT: asm
// GONE-NOT: ptx_kernel
// GONE-NOT: emo_shared

// SYMBOLS: T emo_emulated_sm_90a_memory
// SYMBOLS: U emo_sim_checks
// HIDDEN: GLOBAL HIDDEN {{.*}} emo_emulated_sm_90a_memory
gpu.module @kernels attributes {emo.device = "sm_90a"} {
  llvm.mlir.global external @emo_shared() {addr_space = 3 : i32, alignment = 1024 : i64} : !llvm.array<0 x i8>

  // Accesses are announced: bytes; 1 write, 2 atomic, address space times 16; where.
  // CHECK-DAG: @[[STORE:emo_site.*]] = private constant { ptr, ptr, i32 } { ptr @{{.*}}, ptr @{{.*}}, i32 [[# @LINE + 22]] }
  // CHECK: define internal void @memory(
  // CHECK: %[[WINDOW:.*]] = call ptr @emo_sim_shared()
  // CHECK: addrspacecast ptr %[[WINDOW]] to ptr addrspace(3)
  // CHECK: load i32, ptr @emo_sim_checks
  // CHECK: br i1
  // CHECK: call void @emo_sim_access(ptr %{{.*}}, i32 16, i32 16, ptr @emo_site
  // CHECK: load <4 x float>, ptr addrspace(1) %{{[0-9]+}}, align 16{{$}}
  // CHECK: call void @emo_sim_access(ptr %{{.*}}, i32 16, i32 49, ptr @[[STORE]])
  // CHECK: store <4 x float>
  // CHECK: call void @emo_sim_access(ptr %{{.*}}, i32 4, i32 19, ptr @emo_site
  // CHECK: atomicrmw add
  // CHECK: call void @emo_sim_access(ptr %{{.*}}, i32 64, i32 16, ptr @emo_site
  // CHECK: call void @emo_sim_access(ptr %{{.*}}, i32 64, i32 49, ptr @emo_site
  // CHECK: llvm.memcpy
  gpu.func @memory(%in: !llvm.ptr<1>, %out: !llvm.ptr<1>, %n: i32, %offset: i64) kernel
      attributes {known_block_size = array<i32: 128, 1, 1>, emo.shared_bytes = 4096 : i64} {
    %tid = nvvm.read.ptx.sreg.tid.x : i32
    %shared = llvm.mlir.addressof @emo_shared : !llvm.ptr<3>
    %from = llvm.getelementptr %in[%offset] : (!llvm.ptr<1>, i64) -> !llvm.ptr<1>, f32
    %x = llvm.load %from {alignment = 16 : i64} : !llvm.ptr<1> -> vector<4xf32>
    %to = llvm.getelementptr %shared[%tid] : (!llvm.ptr<3>, i32) -> !llvm.ptr<3>, vector<4xf32>
    llvm.store %x, %to {alignment = 16 : i64} : vector<4xf32>, !llvm.ptr<3>
    %old = llvm.atomicrmw add %out, %n monotonic : !llvm.ptr<1>, i32
    "llvm.intr.memcpy.inline"(%shared, %in) <{isVolatile = false, len = 64 : i64}> : (!llvm.ptr<3>, !llvm.ptr<1>) -> ()
    gpu.return
  }

  // Arguments and results go through slots of 8 bytes; registers and approximations have C types.
  // CHECK: define internal void @calls(
  // CHECK: %args = alloca [10 x i64]
  // CHECK: %results = alloca [4 x i64]
  // CHECK: call i32 @emo_sim_read_ptx_sreg_tid_x()
  // CHECK: call void @emo_sim_barrier_cta_sync_aligned_all(ptr null, ptr %args, ptr @emo_site{{.*}})
  // CHECK: %[[ADDRESS:.*]] = ptrtoint ptr addrspace(3) %{{.*}} to i64
  // CHECK: store i64 %[[ADDRESS]], ptr
  // CHECK: call void @emo_sim_ldmatrix_sync_aligned_m8n8_x4_b16_p3(ptr %results, ptr %args, ptr @emo_site{{.*}})
  // CHECK: load i64, ptr
  // CHECK: trunc i64 %{{.*}} to i32
  // CHECK: call void @emo_sim_mma_m16n8k16_row_col_bf16(ptr %results, ptr %args, ptr
  // CHECK: call float @emo_sim_ex2_approx_f32(float
  // CHECK: call void @emo_sim_elect_sync(ptr %results
  // CHECK: trunc i64 %{{.*}} to i1
  gpu.func @calls(%out: !llvm.ptr<1>) kernel attributes {known_block_size = array<i32: 32, 1, 1>} {
    %tid = nvvm.read.ptx.sreg.tid.x : i32
    %shared = llvm.mlir.addressof @emo_shared : !llvm.ptr<3>
    %at = llvm.getelementptr %shared[%tid] : (!llvm.ptr<3>, i32) -> !llvm.ptr<3>, i64
    nvvm.barrier0
    %m = nvvm.ldmatrix %at {eltType = #nvvm.ld_st_matrix_elt_type<b16>, layout = #nvvm.mma_layout<row>, num = 4 : i32,
        shape = #nvvm.ld_st_matrix_shape<m = 8, n = 8>} : (!llvm.ptr<3>) -> !llvm.struct<(i32, i32, i32, i32)>
    %a0 = llvm.extractvalue %m[0] : !llvm.struct<(i32, i32, i32, i32)>
    %a1 = llvm.extractvalue %m[1] : !llvm.struct<(i32, i32, i32, i32)>
    %a2 = llvm.extractvalue %m[2] : !llvm.struct<(i32, i32, i32, i32)>
    %a3 = llvm.extractvalue %m[3] : !llvm.struct<(i32, i32, i32, i32)>
    %c = arith.constant 0.0 : f32
    %d = nvvm.mma.sync A[%a0, %a1, %a2, %a3] B[%a0, %a1] C[%c, %c, %c, %c]
        {layoutA = #nvvm.mma_layout<row>, layoutB = #nvvm.mma_layout<col>, multiplicandAPtxType = #nvvm.mma_type<bf16>,
         multiplicandBPtxType = #nvvm.mma_type<bf16>, shape = #nvvm.shape<m = 16, n = 8, k = 16>}
        : (i32, i32, f32) -> !llvm.struct<(f32, f32, f32, f32)>
    %d0 = llvm.extractvalue %d[0] : !llvm.struct<(f32, f32, f32, f32)>
    %e = llvm.call_intrinsic "llvm.nvvm.ex2.approx.f32"(%d0) : (f32) -> f32
    llvm.store %e, %out : f32, !llvm.ptr<1>
    %elected = nvvm.elect.sync -> i1
    scf.if %elected {
      "llvm.intr.trap"() : () -> ()
    }
    gpu.return
  }

  // Inline PTX is known by its instruction, not by the predicates and labels around it. A of wgmma may be in registers.
  // CHECK: define internal void @inline(
  // CHECK: store i64 %{{.*}}, ptr
  // CHECK: call void @emo_sim_ptx_mbarrier_try_wait_parity_shared_b64(ptr null, ptr %args
  // CHECK: call void @emo_sim_ptx_createpolicy_fractional_L2_evict_first_b64(ptr %results, ptr null, ptr
  // CHECK: call void @emo_sim_ptx_wgmma_mma_async_sync_aligned_m64n8k16_f32_bf16_bf16(ptr %results, ptr %args
  // CHECK: call void @emo_sim_ptx_wgmma_mma_async_sync_aligned_m64n8k16_f32_bf16_bf16_rs(ptr %results, ptr %args
  gpu.func @inline(%out: !llvm.ptr<1>, %r: i32, %c: f32) kernel attributes {known_block_size = array<i32: 128, 1, 1>} {
    %shared = llvm.mlir.addressof @emo_shared : !llvm.ptr<3>
    %ticks = arith.constant 1000 : i32
    nvvm.mbarrier.try_wait.parity %shared, %r, %ticks : !llvm.ptr<3>, i32, i32
    %policy = llvm.inline_asm has_side_effects asm_dialect = att "createpolicy.fractional.L2::evict_first.b64 $0;", "=l" : () -> i64
    %s = llvm.inline_asm has_side_effects asm_dialect = att "{\0A.reg .pred p;\0Asetp.ne.b32 p, $10, 0;\0Awgmma.mma_async.sync.aligned.m64n8k16.f32.bf16.bf16 {$0, $1, $2, $3}, $8, $9, p, 1, 1, 0, 0;\0A}\0A", "=f,=f,=f,=f,0,1,2,3,l,l,n" %c, %c, %c, %c, %policy, %policy, %ticks : (f32, f32, f32, f32, i64, i64, i32) -> !llvm.struct<(f32, f32, f32, f32)>
    %s0 = llvm.extractvalue %s[0] : !llvm.struct<(f32, f32, f32, f32)>
    %t = llvm.inline_asm has_side_effects asm_dialect = att "wgmma.mma_async.sync.aligned.m64n8k16.f32.bf16.bf16 {$0, $1, $2, $3}, {$8, $9, $10, $11}, $12, 1, 1, 1, 0;", "=f,=f,=f,=f,0,1,2,3,r,r,r,r,l" %s0, %c, %c, %c, %r, %r, %r, %r, %policy : (f32, f32, f32, f32, i32, i32, i32, i32, i64) -> !llvm.struct<(f32, f32, f32, f32)>
    %t0 = llvm.extractvalue %t[0] : !llvm.struct<(f32, f32, f32, f32)>
    llvm.store %t0, %out : f32, !llvm.ptr<1>
    gpu.return
  }

  // A launch passes slots of 8 bytes.
  // CHECK: define hidden void @emo_emulated_sm_90a_memory(
  // CHECK: load i64, ptr
  // CHECK: inttoptr i64 %{{.*}} to ptr addrspace(1)
  // CHECK: trunc i64 %{{.*}} to i32
  // CHECK: call void @memory(
  // CHECK: define hidden void @emo_emulated_sm_90a_calls(
  // CHECK: define hidden void @emo_emulated_sm_90a_inline(
  // CHECK: bitcast i32 %{{.*}} to float
}
