// RUN: emo-opt %s | emo-opt | FileCheck %s

// CHECK: emo.param @up : tensor<2x3x4xf32> from [#emo.source<"m.safetensors", 8, tensor<3x4xbf16>>, #emo.source<"m.safetensors", 32, tensor<4x3xbf16>, [#emo.transpose<[1, 0]>]>] program [#emo.reshape<[2, 3, 4]>, #emo.cast<f32>]
emo.param @up : tensor<2x3x4xf32>
  from [#emo.source<"m.safetensors", 8, tensor<3x4xbf16>>, #emo.source<"m.safetensors", 32, tensor<4x3xbf16>, [#emo.transpose<[1, 0]>]>]
  program [#emo.reshape<[2, 3, 4]>, #emo.cast<f32>]
// CHECK: emo.param @table : tensor<8x4xf32> from [#emo.rope_table<8, 4, 5.000000e+05 : f64>]
emo.param @table : tensor<8x4xf32> from [#emo.rope_table<8, 4, 5.000000e+05 : f64>]
// CHECK: emo.param @packed : tensor<2x1x1x1024xbf16>
emo.param @packed : tensor<2x1x1x1024xbf16>
  from [#emo.source<"m.safetensors", 8, tensor<2x3x4xbf16>>]
  program [#emo.pack<gated = false>]
// Runs print short from three sources on, whether they were written so or not; distances may be negative.
// CHECK: emo.param @run : tensor<18x4xbf16> from [#emo.source<"m.safetensors", 96, tensor<3x4xbf16>> repeat(3 by -24), #emo.source<"m.safetensors", 0, tensor<3x4xbf16>>, #emo.source<"n.safetensors", 24, tensor<3x4xbf16>>, #emo.source<"n.safetensors", 48, tensor<3x4xbf16>>]
emo.param @run : tensor<18x4xbf16>
  from [#emo.source<"m.safetensors", 96, tensor<3x4xbf16>>, #emo.source<"m.safetensors", 72, tensor<3x4xbf16>>,
        #emo.source<"m.safetensors", 48, tensor<3x4xbf16>>, #emo.source<"m.safetensors", 0, tensor<3x4xbf16>>,
        #emo.source<"n.safetensors", 24, tensor<3x4xbf16>> repeat(2 by 24)]

func.func @f() -> tensor<2x3x4xf32> {
  // CHECK: emo.param.ref @up : tensor<2x3x4xf32>
  %0 = emo.param.ref @up : tensor<2x3x4xf32>
  return %0 : tensor<2x3x4xf32>
}
