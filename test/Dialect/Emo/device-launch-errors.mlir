// RUN: emo-opt %s --split-input-file --verify-diagnostics
// Constraints of emo.device_launch, in the order of docs/dialect.md.

// C1
func.func @f(%x: memref<?x4xf32>, %n: index, %y: f32) {
  // expected-error @+1 {{'emo.device_launch' op expects to be in a function with the attribute 'emo.device'}}
  emo.device_launch "k"(%x, %n) grid(%n, %n, %n) threads(64) shared(%n) : memref<?x4xf32>, index
  return
}
gpu.module @sm_80 attributes {emo.device = "sm_80"} {
  gpu.func @k(%x: !llvm.ptr<1>, %n: i32) kernel attributes {known_block_size = array<i32: 64, 1, 1>} {
    gpu.return
  }
}
// -----
// C2
func.func @f(%x: memref<?x4xf32>, %n: index, %y: f32) attributes {emo.device = "sm_80"} {
  // expected-error @+1 {{'emo.device_launch' op expects the kernel 'other' in a gpu.module with emo.device = "sm_80", found none}}
  emo.device_launch "other"(%x, %n) grid(%n, %n, %n) threads(64) shared(%n) : memref<?x4xf32>, index
  return
}
gpu.module @sm_80 attributes {emo.device = "sm_80"} {
  gpu.func @k(%x: !llvm.ptr<1>, %n: i32) kernel attributes {known_block_size = array<i32: 64, 1, 1>} {
    gpu.return
  }
}
// -----
func.func @f(%x: memref<?x4xf32>, %n: index, %y: f32) attributes {emo.device = "sm_90a"} {
  // expected-error @+1 {{'emo.device_launch' op expects the kernel 'k' in a gpu.module with emo.device = "sm_90a", found none}}
  emo.device_launch "k"(%x, %n) grid(%n, %n, %n) threads(64) shared(%n) : memref<?x4xf32>, index
  return
}
gpu.module @sm_80 attributes {emo.device = "sm_80"} {
  gpu.func @k(%x: !llvm.ptr<1>, %n: i32) kernel attributes {known_block_size = array<i32: 64, 1, 1>} {
    gpu.return
  }
}
// -----
// C3
func.func @f(%x: memref<?x4xf32>, %n: index, %y: f32) attributes {emo.device = "sm_80"} {
  // expected-error @+1 {{'emo.device_launch' op gives 1 arguments, its kernel 'k' takes 2}}
  emo.device_launch "k"(%x) grid(%n, %n, %n) threads(64) shared(%n) : memref<?x4xf32>
  return
}
gpu.module @sm_80 attributes {emo.device = "sm_80"} {
  gpu.func @k(%x: !llvm.ptr<1>, %n: i32) kernel attributes {known_block_size = array<i32: 64, 1, 1>} {
    gpu.return
  }
}
// -----
func.func @f(%x: memref<?x4xf32>, %n: index, %y: f32) attributes {emo.device = "sm_80"} {
  // expected-error @+1 {{'emo.device_launch' op gives 'index' as argument 0, its kernel 'k' takes '!llvm.ptr<1>'}}
  emo.device_launch "k"(%n, %n) grid(%n, %n, %n) threads(64) shared(%n) : index, index
  return
}
gpu.module @sm_80 attributes {emo.device = "sm_80"} {
  gpu.func @k(%x: !llvm.ptr<1>, %n: i32) kernel attributes {known_block_size = array<i32: 64, 1, 1>} {
    gpu.return
  }
}
// -----
func.func @f(%x: memref<?x4xf32>, %n: index, %y: f32) attributes {emo.device = "sm_80"} {
  // expected-error @+1 {{'emo.device_launch' op gives 'memref<?x4xf32>' as argument 1, its kernel 'k' takes 'i32'}}
  emo.device_launch "k"(%x, %x) grid(%n, %n, %n) threads(64) shared(%n) : memref<?x4xf32>, memref<?x4xf32>
  return
}
gpu.module @sm_80 attributes {emo.device = "sm_80"} {
  gpu.func @k(%x: !llvm.ptr<1>, %n: i32) kernel attributes {known_block_size = array<i32: 64, 1, 1>} {
    gpu.return
  }
}
// -----
func.func @f(%x: memref<?x4xf32>, %n: index, %y: f32) attributes {emo.device = "sm_80"} {
  // expected-error @+1 {{'emo.device_launch' op gives 'f32' as argument 1, its kernel 'k' takes 'i32'}}
  emo.device_launch "k"(%x, %y) grid(%n, %n, %n) threads(64) shared(%n) : memref<?x4xf32>, f32
  return
}
gpu.module @sm_80 attributes {emo.device = "sm_80"} {
  gpu.func @k(%x: !llvm.ptr<1>, %n: i32) kernel attributes {known_block_size = array<i32: 64, 1, 1>} {
    gpu.return
  }
}
// -----
// C4
func.func @f(%x: memref<?x4xf32>, %n: index, %y: f32) attributes {emo.device = "sm_80"} {
  // expected-error @+1 {{'emo.device_launch' op starts blocks of 32 threads, its kernel 'k' is written for 64}}
  emo.device_launch "k"(%x, %n) grid(%n, %n, %n) threads(32) shared(%n) : memref<?x4xf32>, index
  return
}
gpu.module @sm_80 attributes {emo.device = "sm_80"} {
  gpu.func @k(%x: !llvm.ptr<1>, %n: i32) kernel attributes {known_block_size = array<i32: 64, 1, 1>} {
    gpu.return
  }
}
// -----
func.func @f(%x: memref<?x4xf32>, %n: index, %y: f32) attributes {emo.device = "sm_80"} {
  // expected-error @+1 {{'emo.device_launch' op attribute 'threads' failed to satisfy constraint: 64-bit signless integer attribute whose value is positive}}
  emo.device_launch "k"(%x, %n) grid(%n, %n, %n) threads(0) shared(%n) : memref<?x4xf32>, index
  return
}
gpu.module @sm_80 attributes {emo.device = "sm_80"} {
  gpu.func @k(%x: !llvm.ptr<1>, %n: i32) kernel attributes {known_block_size = array<i32: 64, 1, 1>} {
    gpu.return
  }
}
// -----
// C5
func.func @f(%x: memref<?x64xbf16>, %s: memref<?x4x64xbf16, strided<[512, 64, 1]>>, %n: index) attributes {emo.device = "sm_90a"} {
  // expected-error @+1 {{'emo.device_launch' op gives 1 tensor maps, its kernel 'k' takes 0}}
  emo.device_launch "k"(%n) maps(%x : memref<?x64xbf16>) boxes [16, 64] grid(%n, %n, %n) threads(64) shared(%n) : index
  return
}
gpu.module @sm_90a attributes {emo.device = "sm_90a"} {
  gpu.func @k(%n: i32, %map: !llvm.ptr) kernel attributes {known_block_size = array<i32: 64, 1, 1>} {
    gpu.return
  }
}
// -----
// C6
func.func @f(%x: memref<?x64xbf16>, %s: memref<?x4x64xbf16, strided<[512, 64, 1]>>, %n: index) attributes {emo.device = "sm_90a"} {
  // expected-error @+1 {{'emo.device_launch' op has 1 sizes of boxes for 1 maps, expected two each}}
  emo.device_launch "k"(%n) maps(%x : memref<?x64xbf16>) boxes [16] grid(%n, %n, %n) threads(64) shared(%n) : index
  return
}
gpu.module @sm_90a attributes {emo.device = "sm_90a"} {
  gpu.func @k(%n: i32, %map: !llvm.ptr) kernel attributes {known_block_size = array<i32: 64, 1, 1>, emo.tensor_maps = 1 : i64} {
    gpu.return
  }
}
// -----
// C7
func.func @f(%x: memref<?x64xbf16>, %s: memref<?x4x64xbf16, strided<[512, 64, 1]>>, %n: index) attributes {emo.device = "sm_90a"} {
  // expected-error @+1 {{'emo.device_launch' op makes a map of 'memref<?x4x64xbf16, strided<[512, 64, 1]>>', expected rows of a static number of neighbouring bf16, f16 or f32 at one distance}}
  emo.device_launch "k"(%n) maps(%s : memref<?x4x64xbf16, strided<[512, 64, 1]>>) boxes [16, 64] grid(%n, %n, %n) threads(64) shared(%n) : index
  return
}
gpu.module @sm_90a attributes {emo.device = "sm_90a"} {
  gpu.func @k(%n: i32, %map: !llvm.ptr) kernel attributes {known_block_size = array<i32: 64, 1, 1>, emo.tensor_maps = 1 : i64} {
    gpu.return
  }
}
// -----
// C8
func.func @f(%x: memref<?x64xbf16>, %s: memref<?x4x64xbf16, strided<[512, 64, 1]>>, %n: index) attributes {emo.device = "sm_90a"} {
  // expected-error @+1 {{'emo.device_launch' op has a box of 257 rows of 128 bytes, expected 1 to 256 rows of 128 bytes}}
  emo.device_launch "k"(%n) maps(%x : memref<?x64xbf16>) boxes [257, 64] grid(%n, %n, %n) threads(64) shared(%n) : index
  return
}
gpu.module @sm_90a attributes {emo.device = "sm_90a"} {
  gpu.func @k(%n: i32, %map: !llvm.ptr) kernel attributes {known_block_size = array<i32: 64, 1, 1>, emo.tensor_maps = 1 : i64} {
    gpu.return
  }
}
// -----
// C8
func.func @f(%x: memref<?x64xbf16>, %s: memref<?x4x64xbf16, strided<[512, 64, 1]>>, %n: index) attributes {emo.device = "sm_90a"} {
  // expected-error @+1 {{'emo.device_launch' op has a box of 16 rows of 64 bytes, expected 1 to 256 rows of 128 bytes}}
  emo.device_launch "k"(%n) maps(%x : memref<?x64xbf16>) boxes [16, 32] grid(%n, %n, %n) threads(64) shared(%n) : index
  return
}
gpu.module @sm_90a attributes {emo.device = "sm_90a"} {
  gpu.func @k(%n: i32, %map: !llvm.ptr) kernel attributes {known_block_size = array<i32: 64, 1, 1>, emo.tensor_maps = 1 : i64} {
    gpu.return
  }
}
