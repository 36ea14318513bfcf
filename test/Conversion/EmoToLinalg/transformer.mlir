// RUN: emo-opt --emo-to-linalg %s | %run_tensors | FileCheck %s
// RUN: sed -e 's/f32/f64/g;s/F32/F64/g' %s | emo-opt --emo-to-linalg | %run_tensors | FileCheck %s
// Embedding, linear layers, norms, rotary embedding, cross-entropy and the choice of the next token.

func.func private @embedding(%i: tensor<?x?xi64>, %t: tensor<?x2xf32>) -> tensor<?x?x2xf32> {
  %r = emo.embedding %i, %t : tensor<?x?xi64>, tensor<?x2xf32> -> tensor<?x?x2xf32>
  return %r : tensor<?x?x2xf32>
}

func.func private @linear(%x: tensor<?x?x2xf32>, %w: tensor<3x2xf32>, %b: tensor<3xf32>) -> (tensor<?x?x3xf32>, tensor<?x?x3xf32>) {
  %r = emo.linear %x, %w : tensor<?x?x2xf32>, tensor<3x2xf32> -> tensor<?x?x3xf32>
  %s = emo.linear %x, %w bias(%b : tensor<3xf32>) : tensor<?x?x2xf32>, tensor<3x2xf32> -> tensor<?x?x3xf32>
  return %r, %s : tensor<?x?x3xf32>, tensor<?x?x3xf32>
}

func.func private @rms_norm(%x: tensor<?x?x2xf32>, %w: tensor<2xf32>) -> tensor<?x?x2xf32> {
  %r = emo.rms_norm %x, %w {epsilon = 0.25 : f64} : tensor<?x?x2xf32>, tensor<2xf32> -> tensor<?x?x2xf32>
  return %r : tensor<?x?x2xf32>
}

func.func private @rotary(%x: tensor<?x?x?x4xf32>) -> tensor<?x?x?x4xf32> {
  %r = emo.rotary %x {theta = 100.0 : f64} : tensor<?x?x?x4xf32>
  return %r : tensor<?x?x?x4xf32>
}

func.func private @rotary_start(%x: tensor<?x?x?x4xf32>, %n: tensor<?xi32>) -> tensor<?x?x?x4xf32> {
  %r = emo.rotary %x start(%n : tensor<?xi32>) {theta = 100.0 : f64} : tensor<?x?x?x4xf32>
  return %r : tensor<?x?x?x4xf32>
}

func.func private @rotary_interleaved(%x: tensor<?x?x?x4xf32>) -> tensor<?x?x?x4xf32> {
  %r = emo.rotary %x {theta = 100.0 : f64, interleaved = true} : tensor<?x?x?x4xf32>
  return %r : tensor<?x?x?x4xf32>
}

func.func private @rotary_frequencies(%x: tensor<?x?x?x4xf32>) -> tensor<?x?x?x4xf32> {
  %r = emo.rotary %x {theta = 100.0 : f64, frequencies = array<f64: 0.5, 0.125>} : tensor<?x?x?x4xf32>
  return %r : tensor<?x?x?x4xf32>
}

func.func private @cross_entropy(%x: tensor<?x?x3xf32>, %t: tensor<?x?xi64>) -> tensor<?x?xf32> {
  %r = emo.cross_entropy %x, %t : tensor<?x?x3xf32>, tensor<?x?xi64> -> tensor<?x?xf32>
  return %r : tensor<?x?xf32>
}

func.func private @sample(%x: tensor<?x4xf32>, %s: tensor<?x3xf32>) -> tensor<?xi32> {
  %r = emo.sample %x, %s : tensor<?x4xf32>, tensor<?x3xf32> -> tensor<?xi32>
  return %r : tensor<?xi32>
}

func.func @main() {
  %c0_0 = arith.constant dense<[[3, 0], [1, 1]]> : tensor<2x2xi64>
  %a0_0 = tensor.cast %c0_0 : tensor<2x2xi64> to tensor<?x?xi64>
  %c0_1 = arith.constant dense<[[0.0, 0.5], [1.0, 1.5], [2.0, 2.5], [3.0, 3.5]]> : tensor<4x2xf32>
  %a0_1 = tensor.cast %c0_1 : tensor<4x2xf32> to tensor<?x2xf32>
  %r0 = func.call @embedding(%a0_0, %a0_1) : (tensor<?x?xi64>, tensor<?x2xf32>) -> (tensor<?x?x2xf32>)
  %u0_0 = tensor.cast %r0 : tensor<?x?x2xf32> to tensor<*xf32>
  call @printMemrefF32(%u0_0) : (tensor<*xf32>) -> ()
  %c1_0 = arith.constant dense<[[[1.0, 2.0], [-1.0, 0.5]]]> : tensor<1x2x2xf32>
  %a1_0 = tensor.cast %c1_0 : tensor<1x2x2xf32> to tensor<?x?x2xf32>
  %c1_1 = arith.constant dense<[[1.0, 0.5], [2.0, -1.0], [0.25, 3.0]]> : tensor<3x2xf32>
  %c1_2 = arith.constant dense<[10.0, 20.0, 30.0]> : tensor<3xf32>
  %r1:2 = func.call @linear(%a1_0, %c1_1, %c1_2) : (tensor<?x?x2xf32>, tensor<3x2xf32>, tensor<3xf32>) -> (tensor<?x?x3xf32>, tensor<?x?x3xf32>)
  %u1_0 = tensor.cast %r1#0 : tensor<?x?x3xf32> to tensor<*xf32>
  call @printMemrefF32(%u1_0) : (tensor<*xf32>) -> ()
  %u1_1 = tensor.cast %r1#1 : tensor<?x?x3xf32> to tensor<*xf32>
  call @printMemrefF32(%u1_1) : (tensor<*xf32>) -> ()
  %c2_0 = arith.constant dense<[[[3.0, 4.0], [0.0, 0.0], [1.0, -2.0]]]> : tensor<1x3x2xf32>
  %a2_0 = tensor.cast %c2_0 : tensor<1x3x2xf32> to tensor<?x?x2xf32>
  %c2_1 = arith.constant dense<[2.0, 0.5]> : tensor<2xf32>
  %r2 = func.call @rms_norm(%a2_0, %c2_1) : (tensor<?x?x2xf32>, tensor<2xf32>) -> (tensor<?x?x2xf32>)
  %u2_0 = tensor.cast %r2 : tensor<?x?x2xf32> to tensor<*xf32>
  call @printMemrefF32(%u2_0) : (tensor<*xf32>) -> ()
  %c3_0 = arith.constant dense<[[[[-1.0, -0.75, -0.5, -0.25], [0.0, 0.25, 0.5, 0.75]], [[1.0, 1.25, 1.5, 1.75], [2.0, 2.25, 2.5, 2.75]]]]> : tensor<1x2x2x4xf32>
  %a3_0 = tensor.cast %c3_0 : tensor<1x2x2x4xf32> to tensor<?x?x?x4xf32>
  %r3 = func.call @rotary(%a3_0) : (tensor<?x?x?x4xf32>) -> (tensor<?x?x?x4xf32>)
  %u3_0 = tensor.cast %r3 : tensor<?x?x?x4xf32> to tensor<*xf32>
  call @printMemrefF32(%u3_0) : (tensor<*xf32>) -> ()
  %c4_0 = arith.constant dense<[[[[-1.0, -0.75, -0.5, -0.25], [0.0, 0.25, 0.5, 0.75]], [[1.0, 1.25, 1.5, 1.75], [2.0, 2.25, 2.5, 2.75]]]]> : tensor<1x2x2x4xf32>
  %a4_0 = tensor.cast %c4_0 : tensor<1x2x2x4xf32> to tensor<?x?x?x4xf32>
  %c4_1 = arith.constant dense<[5]> : tensor<1xi32>
  %a4_1 = tensor.cast %c4_1 : tensor<1xi32> to tensor<?xi32>
  %r4 = func.call @rotary_start(%a4_0, %a4_1) : (tensor<?x?x?x4xf32>, tensor<?xi32>) -> (tensor<?x?x?x4xf32>)
  %u4_0 = tensor.cast %r4 : tensor<?x?x?x4xf32> to tensor<*xf32>
  call @printMemrefF32(%u4_0) : (tensor<*xf32>) -> ()
  %c5_0 = arith.constant dense<[[[[-1.0, -0.75, -0.5, -0.25], [0.0, 0.25, 0.5, 0.75]], [[1.0, 1.25, 1.5, 1.75], [2.0, 2.25, 2.5, 2.75]]]]> : tensor<1x2x2x4xf32>
  %a5_0 = tensor.cast %c5_0 : tensor<1x2x2x4xf32> to tensor<?x?x?x4xf32>
  %r5 = func.call @rotary_interleaved(%a5_0) : (tensor<?x?x?x4xf32>) -> (tensor<?x?x?x4xf32>)
  %u5_0 = tensor.cast %r5 : tensor<?x?x?x4xf32> to tensor<*xf32>
  call @printMemrefF32(%u5_0) : (tensor<*xf32>) -> ()
  %c6_0 = arith.constant dense<[[[[-1.0, -0.75, -0.5, -0.25], [0.0, 0.25, 0.5, 0.75]], [[1.0, 1.25, 1.5, 1.75], [2.0, 2.25, 2.5, 2.75]]]]> : tensor<1x2x2x4xf32>
  %a6_0 = tensor.cast %c6_0 : tensor<1x2x2x4xf32> to tensor<?x?x?x4xf32>
  %r6 = func.call @rotary_frequencies(%a6_0) : (tensor<?x?x?x4xf32>) -> (tensor<?x?x?x4xf32>)
  %u6_0 = tensor.cast %r6 : tensor<?x?x?x4xf32> to tensor<*xf32>
  call @printMemrefF32(%u6_0) : (tensor<*xf32>) -> ()
  %c7_0 = arith.constant dense<[[[1.0, 2.0, 3.0], [0.0, 0.0, 0.0], [100.0, 0.0, 200.0]]]> : tensor<1x3x3xf32>
  %a7_0 = tensor.cast %c7_0 : tensor<1x3x3xf32> to tensor<?x?x3xf32>
  %c7_1 = arith.constant dense<[[0, -100, 2]]> : tensor<1x3xi64>
  %a7_1 = tensor.cast %c7_1 : tensor<1x3xi64> to tensor<?x?xi64>
  %r7 = func.call @cross_entropy(%a7_0, %a7_1) : (tensor<?x?x3xf32>, tensor<?x?xi64>) -> (tensor<?x?xf32>)
  %u7_0 = tensor.cast %r7 : tensor<?x?xf32> to tensor<*xf32>
  call @printMemrefF32(%u7_0) : (tensor<*xf32>) -> ()
  %zero = arith.constant 0.0 : f32
  %nan = arith.divf %zero, %zero : f32
  %c8_0 = arith.constant dense<[[1.0, 3.0, 3.0, 2.0], [1.0, 3.0, 3.0, 2.0], [1.0, 3.0, 3.0, 2.0], [1.0, 3.0, 3.0, 2.0], [1.0, 3.0, 3.0, 2.0]]> : tensor<5x4xf32>
  %i3 = arith.constant 3 : index
  %i1 = arith.constant 1 : index
  %d8_0 = tensor.insert %nan into %c8_0[%i3, %i1] : tensor<5x4xf32>
  %a8_0 = tensor.cast %d8_0 : tensor<5x4xf32> to tensor<?x4xf32>
  %c8_1 = arith.constant dense<[[0.0, 1.0, 0.0], [1.0, 1.0, 0.0], [1.0, 0.3, 0.9], [-1.0, 1.0, 0.0], [1.0, 0.5, 0.9]]> : tensor<5x3xf32>
  %a8_1 = tensor.cast %c8_1 : tensor<5x3xf32> to tensor<?x3xf32>
  %r8 = func.call @sample(%a8_0, %a8_1) : (tensor<?x4xf32>, tensor<?x3xf32>) -> tensor<?xi32>
  %u8_0 = tensor.cast %r8 : tensor<?xi32> to tensor<*xi32>
  call @printMemrefI32(%u8_0) : (tensor<*xi32>) -> ()
  return
}
func.func private @printMemrefF32(%x: tensor<*xf32>)
func.func private @printMemrefI32(%x: tensor<*xi32>)

// embedding
// CHECK: shape [2, 2, 2]
// CHECK-NEXT: {{\[\[\[}}3, 3.5],
// CHECK-NEXT: [0, 0.5]],
// CHECK-NEXT: {{\[\[}}1, 1.5],
// CHECK-NEXT: [1, 1.5]]]
// linear
// CHECK-NEXT: shape [1, 2, 3]
// CHECK-NEXT: {{\[\[\[}}2, 0, 6.25],
// CHECK-NEXT: [-0.75, -2.5, 1.25]]]
// CHECK-NEXT: shape [1, 2, 3]
// CHECK-NEXT: {{\[\[\[}}12, 20, 36.25],
// CHECK-NEXT: [9.25, 17.5, 31.25]]]
// rms_norm
// CHECK-NEXT: shape [1, 3, 2]
// CHECK-NEXT: {{\[\[\[}}1.680{{[0-9]+}}, 0.5601{{[0-9]+}}],
// CHECK-NEXT: [0, 0],
// CHECK-NEXT: [1.206{{[0-9]+}}, -0.6030{{[0-9]+}}]]]
// rotary
// CHECK-NEXT: shape [1, 2, 2, 4]
// CHECK-NEXT: {{\[\[\[\[}}-1, -0.75, -0.5, -0.25],
// CHECK-NEXT: [0, 0.25, 0.5, 0.75]],
// CHECK-NEXT: {{\[\[}}-0.7219{{[0-9]+}}, 1.069{{[0-9]+}}, 1.651{{[0-9]+}}, 1.866{{[0-9]+}}],
// CHECK-NEXT: [-1.023{{[0-9]+}}, 1.964{{[0-9]+}}, 3.0337, 2.960{{[0-9]+}}]]]]
// rotary_start
// CHECK-NEXT: shape [1, 2, 2, 4]
// CHECK-NEXT: {{\[\[\[\[}}-0.7631{{[0-9]+}}, -0.5383{{[0-9]+}}, 0.8170{{[0-9]+}}, -0.5789{{[0-9]+}}],
// CHECK-NEXT: [0.4794{{[0-9]+}}, -0.1401{{[0-9]+}}, 0.1418{{[0-9]+}}, 0.7780{{[0-9]+}}]],
// CHECK-NEXT: {{\[\[}}1.379{{[0-9]+}}, 0.04354{{[0-9]+}}, 1.160{{[0-9]+}}, 2.150{{[0-9]+}}],
// CHECK-NEXT: [2.618{{[0-9]+}}, 0.3042{{[0-9]+}}, 1.841{{[0-9]+}}, 3.540{{[0-9]+}}]]]]
// rotary_interleaved
// CHECK-NEXT: shape [1, 2, 2, 4]
// CHECK-NEXT: {{\[\[\[\[}}-1, -0.75, -0.5, -0.25],
// CHECK-NEXT: [0, 0.25, 0.5, 0.75]],
// CHECK-NEXT: {{\[\[}}-0.5115{{[0-9]+}}, 1.516{{[0-9]+}}, 1.3178, 1.891{{[0-9]+}}],
// CHECK-NEXT: [-0.8127{{[0-9]+}}, 2.898{{[0-9]+}}, 2.212{{[0-9]+}}, 2.985{{[0-9]+}}]]]]
// rotary_frequencies
// CHECK-NEXT: shape [1, 2, 2, 4]
// CHECK-NEXT: {{\[\[\[\[}}-1, -0.75, -0.5, -0.25],
// CHECK-NEXT: [0, 0.25, 0.5, 0.75]],
// CHECK-NEXT: {{\[\[}}0.1584{{[0-9]+}}, 1.022{{[0-9]+}}, 1.7958, 1.892{{[0-9]+}}],
// CHECK-NEXT: [0.5566{{[0-9]+}}, 1.889{{[0-9]+}}, 3.152{{[0-9]+}}, 3.009{{[0-9]+}}]]]]
// a negative target costs nothing
// CHECK-NEXT: shape [1, 3]
// CHECK-NEXT: {{\[\[}}2.407{{[0-9]+}}, 0, 0]]
// the likeliest; one at the random number 0; of one token, and of two, in the nucleus; the likeliest beside NaN
// CHECK-NEXT: shape [5]
// CHECK-NEXT: [1, 0, 1, 2, 2]
