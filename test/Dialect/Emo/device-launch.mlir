// RUN: emo-opt %s | emo-opt | FileCheck %s

// CHECK: emo.device_launch "k"(%{{.*}}, %{{.*}}, %{{.*}}) grid(%{{.*}}, %{{.*}}, %{{.*}}) threads(64) shared(%{{.*}}) : memref<?x4xf32>, index, f32
// CHECK: emo.device_launch "empty"() grid(%{{.*}}, %{{.*}}, %{{.*}}) threads(32) shared(%{{.*}})
func.func @f(%x: memref<?x4xf32>, %n: index, %y: f32) attributes {emo.device = "sm_80"} {
  emo.device_launch "k"(%x, %n, %y) grid(%n, %n, %n) threads(64) shared(%n) : memref<?x4xf32>, index, f32
  emo.device_launch "empty"() grid(%n, %n, %n) threads(32) shared(%n)
  return
}
gpu.module @sm_80 attributes {emo.device = "sm_80"} {
  gpu.func @k(%x: !llvm.ptr<1>, %n: i64, %y: f32) kernel attributes {known_block_size = array<i32: 64, 1, 1>} {
    gpu.return
  }
  gpu.func @empty() kernel attributes {known_block_size = array<i32: 32, 1, 1>} {
    gpu.return
  }
}
// CHECK: emo.device_launch "mapped"(%{{.*}}) maps(%{{.*}}, %{{.*}} : memref<?x64xbf16>, memref<8x16x64xbf16>) boxes [128, 64, 16, 64] grid(
func.func @maps(%x: memref<?x64xbf16>, %w: memref<8x16x64xbf16>, %n: index) attributes {emo.device = "sm_90a"} {
  emo.device_launch "mapped"(%n) maps(%x, %w : memref<?x64xbf16>, memref<8x16x64xbf16>) boxes [128, 64, 16, 64] grid(%n, %n, %n) threads(64) shared(%n) : index
  return
}
gpu.module @sm_90a attributes {emo.device = "sm_90a"} {
  gpu.func @mapped(%n: i32, %x: !llvm.ptr, %w: !llvm.ptr) kernel attributes {known_block_size = array<i32: 64, 1, 1>, emo.tensor_maps = 2 : i64} {
    gpu.return
  }
}
