// RUN: emo-opt %s --emo-to-kernels --canonicalize --cse | FileCheck %s

module attributes {emo.model = {max_positions = 64 : i64}} {

// The weights of q, k and v become one parameter; programs move into the
// sources.
// CHECK: emo.param @rope_table : tensor<64x4xf32> from [#emo.rope_table<64, 4, 1.000000e+04 : f64>]
// CHECK: emo.param @q.qkv : tensor<16x8xf32> from [#emo.source<"m", 0, tensor<8x8xf32>>, #emo.source<"m", 256, tensor<8x4xf32>, [#emo.transpose<[1, 0]>]>, #emo.source<"m", 384, tensor<4x8xbf16>, [#emo.cast<f32>]>]
emo.param @q : tensor<8x8xf32> from [#emo.source<"m", 0, tensor<8x8xf32>>]
emo.param @k : tensor<4x8xf32> from [#emo.source<"m", 256, tensor<8x4xf32>>] program [#emo.transpose<[1, 0]>]
emo.param @v : tensor<4x8xf32> from [#emo.source<"m", 384, tensor<4x8xbf16>>] program [#emo.cast<f32>]

// CHECK-LABEL: func.func @fused
func.func @fused(%x: tensor<?x?x8xf32>) -> tensor<?x?x2x4xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %b = tensor.dim %x, %c0 : tensor<?x?x8xf32>
  %s = tensor.dim %x, %c1 : tensor<?x?x8xf32>
  // CHECK: %[[W:.*]] = emo.param.ref @q.qkv
  // CHECK: %[[QKV:.*]] = emo.kernel.matmul {{.*}} weights(%[[W]] : tensor<16x8xf32>)
  // CHECK: %[[Q:.*]] = tensor.extract_slice %[[QKV]][0, 0] [%{{.*}}, 8] [1, 1]
  // CHECK: %[[K:.*]] = tensor.extract_slice %[[QKV]][0, 8] [%{{.*}}, 4] [1, 1]
  // CHECK: %[[V:.*]] = tensor.extract_slice %[[QKV]][0, 12] [%{{.*}}, 4] [1, 1]
  // CHECK: %[[Q4:.*]] = tensor.expand_shape %[[Q]] {{\[\[}}0, 1], [2, 3]] output_shape [%{{.*}}, %{{.*}}, 2, 4]
  // CHECK: %[[K4:.*]] = tensor.expand_shape %[[K]]
  // CHECK: %[[V4:.*]] = tensor.expand_shape %[[V]]
  // CHECK: %[[TABLE:.*]] = emo.param.ref @rope_table
  // CHECK: emo.kernel.attention q(%[[Q4]] : tensor<?x?x2x4xf32>) k(%[[K4]] : tensor<?x?x1x4xf32>) v(%[[V4]] : tensor<?x?x1x4xf32>) table(%[[TABLE]] : tensor<64x4xf32>)
  %wq = emo.param.ref @q : tensor<8x8xf32>
  %wk = emo.param.ref @k : tensor<4x8xf32>
  %wv = emo.param.ref @v : tensor<4x8xf32>
  %q = emo.linear %x, %wq : tensor<?x?x8xf32>, tensor<8x8xf32> -> tensor<?x?x8xf32>
  %k = emo.linear %x, %wk : tensor<?x?x8xf32>, tensor<4x8xf32> -> tensor<?x?x4xf32>
  %v = emo.linear %x, %wv : tensor<?x?x8xf32>, tensor<4x8xf32> -> tensor<?x?x4xf32>
  %q4 = tensor.expand_shape %q [[0], [1], [2, 3]] output_shape [%b, %s, 2, 4] : tensor<?x?x8xf32> into tensor<?x?x2x4xf32>
  %k4 = tensor.expand_shape %k [[0], [1], [2, 3]] output_shape [%b, %s, 1, 4] : tensor<?x?x4xf32> into tensor<?x?x1x4xf32>
  %v4 = tensor.expand_shape %v [[0], [1], [2, 3]] output_shape [%b, %s, 1, 4] : tensor<?x?x4xf32> into tensor<?x?x1x4xf32>
  %qr = emo.rotary %q4 {theta = 1.0e4 : f64} : tensor<?x?x2x4xf32>
  %kr = emo.rotary %k4 {theta = 1.0e4 : f64} : tensor<?x?x1x4xf32>
  %a = emo.attention %qr, %kr, %v4 {scale = 0.5 : f64} : tensor<?x?x2x4xf32>, tensor<?x?x1x4xf32>, tensor<?x?x1x4xf32> -> tensor<?x?x2x4xf32>
  return %a : tensor<?x?x2x4xf32>
}

// A norm over each head reads rows that a view of the fused product would not
// have: the projections stay apart.
// CHECK-LABEL: func.func @head_norm
func.func @head_norm(%x: tensor<?x?x8xf32>, %n: tensor<4xf32>) -> tensor<?x?x2x4xf32> {
  // CHECK-COUNT-3: emo.kernel.matmul
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %b = tensor.dim %x, %c0 : tensor<?x?x8xf32>
  %s = tensor.dim %x, %c1 : tensor<?x?x8xf32>
  %wq = emo.param.ref @q : tensor<8x8xf32>
  %wk = emo.param.ref @k : tensor<4x8xf32>
  %wv = emo.param.ref @v : tensor<4x8xf32>
  %q = emo.linear %x, %wq : tensor<?x?x8xf32>, tensor<8x8xf32> -> tensor<?x?x8xf32>
  %k = emo.linear %x, %wk : tensor<?x?x8xf32>, tensor<4x8xf32> -> tensor<?x?x4xf32>
  %v = emo.linear %x, %wv : tensor<?x?x8xf32>, tensor<4x8xf32> -> tensor<?x?x4xf32>
  %q4 = tensor.expand_shape %q [[0], [1], [2, 3]] output_shape [%b, %s, 2, 4] : tensor<?x?x8xf32> into tensor<?x?x2x4xf32>
  %k4 = tensor.expand_shape %k [[0], [1], [2, 3]] output_shape [%b, %s, 1, 4] : tensor<?x?x4xf32> into tensor<?x?x1x4xf32>
  %v4 = tensor.expand_shape %v [[0], [1], [2, 3]] output_shape [%b, %s, 1, 4] : tensor<?x?x4xf32> into tensor<?x?x1x4xf32>
  %qn = emo.rms_norm %q4, %n {epsilon = 1.0e-6 : f64} : tensor<?x?x2x4xf32>, tensor<4xf32> -> tensor<?x?x2x4xf32>
  %a = emo.attention %qn, %k4, %v4 {scale = 0.5 : f64} : tensor<?x?x2x4xf32>, tensor<?x?x1x4xf32>, tensor<?x?x1x4xf32> -> tensor<?x?x2x4xf32>
  return %a : tensor<?x?x2x4xf32>
}

// Programs that are not elementwise over several sources become one program:
// reshapes add up, choices from dimension 0 are shifted.
// CHECK: emo.param @q2.qkv : tensor<16x8xf32> from [#emo.source<"m", 0, tensor<4x8xf32>>, #emo.source<"m", 128, tensor<5x8xf32>>, #emo.source<"m", 256, tensor<2x8xf32>>, #emo.source<"m", 320, tensor<2x8xf32>>, #emo.source<"m", 384, tensor<4x8xf32>>, #emo.source<"m", 512, tensor<4x8xf32>>] program [#emo.select<0, [0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 14, 18, 19, 20]>, #emo.reshape<[16, 8]>]
emo.param @q2 : tensor<8x8xf32> from [#emo.source<"m", 0, tensor<4x8xf32>>, #emo.source<"m", 128, tensor<5x8xf32>>] program [#emo.slice<0, 0, 8>, #emo.reshape<[8, 8]>]
emo.param @k2 : tensor<4x8xf32> from [#emo.source<"m", 256, tensor<2x8xf32>>, #emo.source<"m", 320, tensor<2x8xf32>>] program [#emo.slice<0, 0, 4>, #emo.reshape<[4, 8]>]
emo.param @v2 : tensor<4x8xf32> from [#emo.source<"m", 384, tensor<4x8xf32>>, #emo.source<"m", 512, tensor<4x8xf32>>] program [#emo.select<0, [1, 5, 6, 7]>, #emo.reshape<[4, 8]>]

func.func @several_sources(%x: tensor<?x?x8xf32>, %b: index, %s: index) -> tensor<?x?x2x4xf32> {
  %wq = emo.param.ref @q2 : tensor<8x8xf32>
  %wk = emo.param.ref @k2 : tensor<4x8xf32>
  %wv = emo.param.ref @v2 : tensor<4x8xf32>
  %q = emo.linear %x, %wq : tensor<?x?x8xf32>, tensor<8x8xf32> -> tensor<?x?x8xf32>
  %k = emo.linear %x, %wk : tensor<?x?x8xf32>, tensor<4x8xf32> -> tensor<?x?x4xf32>
  %v = emo.linear %x, %wv : tensor<?x?x8xf32>, tensor<4x8xf32> -> tensor<?x?x4xf32>
  %q4 = tensor.expand_shape %q [[0], [1], [2, 3]] output_shape [%b, %s, 2, 4] : tensor<?x?x8xf32> into tensor<?x?x2x4xf32>
  %k4 = tensor.expand_shape %k [[0], [1], [2, 3]] output_shape [%b, %s, 1, 4] : tensor<?x?x4xf32> into tensor<?x?x1x4xf32>
  %v4 = tensor.expand_shape %v [[0], [1], [2, 3]] output_shape [%b, %s, 1, 4] : tensor<?x?x4xf32> into tensor<?x?x1x4xf32>
  %a = emo.attention %q4, %k4, %v4 {scale = 0.5 : f64} : tensor<?x?x2x4xf32>, tensor<?x?x1x4xf32>, tensor<?x?x1x4xf32> -> tensor<?x?x2x4xf32>
  return %a : tensor<?x?x2x4xf32>
}
}
