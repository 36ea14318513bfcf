// The whole way with the real ptxas, for every architecture; and what its report says.
// REQUIRES: ptxas
// RUN: emo-device %s --emit=report | FileCheck %s
// RUN: emo-device %s --arch=sm_90a --emit=report | FileCheck %s --check-prefix=ANY
// RUN: emo-device %s --arch=sm_100a --emit=report | FileCheck %s --check-prefix=ANY
// RUN: emo-device %s --arch=sm_120a --emit=report | FileCheck %s --check-prefix=ANY
// RUN: emo-device %s --emit=cubin -o %t.cubin && emo-device --census %t.cubin | FileCheck %s --check-prefix=CENSUS
// RUN: emo-device %s --emit=report-json | %python -c "import json, sys; print(json.load(sys.stdin)['kernels'][0]['main_loop']['opcodes']['HMMA'])" | FileCheck %s --check-prefix=JSON
// CHECK: product for sm_80: 32 threads, {{[0-9]+}} registers, 8192 bytes of shared memory, {{[01]}} barriers
// CHECK-NEXT: occupancy: 18 blocks a multiprocessor, 28 % of its threads, limited by shared memory
// CHECK-NEXT: instructions:
// CHECK-NEXT: main loop: {{.*}} HMMA
// CHECK-NEXT: predicted: bound by {{.*}} of the peak of matrix instructions
// ANY: product for
// ANY: main loop: {{.*}} HMMA
// CENSUS: product:
// CENSUS: main loop
// JSON: {{^[1-9]}}
gpu.module @kernels attributes {emo.device = "sm_80"} {
  llvm.mlir.global external @emo_shared() {addr_space = 3 : i32, alignment = 1024 : i64} : !llvm.array<0 x i8>
  gpu.func @product(%out: !llvm.ptr<1>, %n: i32) kernel attributes {known_block_size = array<i32: 32, 1, 1>, emo.shared_bytes = 8192 : i64} {
    %c0 = arith.constant 0 : i32
    %c1 = arith.constant 1 : i32
    %zero = arith.constant 0.0 : f32
    %tid = nvvm.read.ptx.sreg.tid.x : i32
    %shared = llvm.mlir.addressof @emo_shared : !llvm.ptr<3>
    %at = llvm.getelementptr %shared[%tid] : (!llvm.ptr<3>, i32) -> !llvm.ptr<3>, vector<4xf32>
    %s:4 = scf.for %i = %c0 to %n step %c1 iter_args(%a = %zero, %b = %zero, %c = %zero, %d = %zero) -> (f32, f32, f32, f32) : i32 {
      %next = llvm.getelementptr %at[%i] : (!llvm.ptr<3>, i32) -> !llvm.ptr<3>, vector<4xf32>
      %m = nvvm.ldmatrix %next {eltType = #nvvm.ld_st_matrix_elt_type<b16>, layout = #nvvm.mma_layout<row>, num = 4 : i32,
          shape = #nvvm.ld_st_matrix_shape<m = 8, n = 8>} : (!llvm.ptr<3>) -> !llvm.struct<(i32, i32, i32, i32)>
      %m0 = llvm.extractvalue %m[0] : !llvm.struct<(i32, i32, i32, i32)>
      %m1 = llvm.extractvalue %m[1] : !llvm.struct<(i32, i32, i32, i32)>
      %m2 = llvm.extractvalue %m[2] : !llvm.struct<(i32, i32, i32, i32)>
      %m3 = llvm.extractvalue %m[3] : !llvm.struct<(i32, i32, i32, i32)>
      %p = nvvm.mma.sync A[%m0, %m1, %m2, %m3] B[%m0, %m1] C[%a, %b, %c, %d]
          {layoutA = #nvvm.mma_layout<row>, layoutB = #nvvm.mma_layout<col>, multiplicandAPtxType = #nvvm.mma_type<bf16>,
           multiplicandBPtxType = #nvvm.mma_type<bf16>, shape = #nvvm.shape<m = 16, n = 8, k = 16>}
          : (i32, i32, f32) -> !llvm.struct<(f32, f32, f32, f32)>
      %p0 = llvm.extractvalue %p[0] : !llvm.struct<(f32, f32, f32, f32)>
      %p1 = llvm.extractvalue %p[1] : !llvm.struct<(f32, f32, f32, f32)>
      %p2 = llvm.extractvalue %p[2] : !llvm.struct<(f32, f32, f32, f32)>
      %p3 = llvm.extractvalue %p[3] : !llvm.struct<(f32, f32, f32, f32)>
      scf.yield %p0, %p1, %p2, %p3 : f32, f32, f32, f32
    }
    %v = vector.from_elements %s#0, %s#1, %s#2, %s#3 : vector<4xf32>
    %to = llvm.getelementptr %out[%tid] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, vector<4xf32>
    llvm.store %v, %to : vector<4xf32>, !llvm.ptr<1>
    gpu.return
  }
}
