// RUN: emo-opt --emo-onnx-to-linalg %s | %run_tensors | FileCheck %s
// Element by element, with broadcasts that are known at run time only.

func.func private @add(%a0: tensor<?x?xf32>, %a1: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %r = onnx.node "Add" version 14 (%a0, %a1) : (tensor<?x?xf32>, tensor<?x?xf32>) -> tensor<?x?xf32>
  return %r : tensor<?x?xf32>
}

func.func private @sub_scalar(%a0: tensor<?x?xf32>, %a1: tensor<f32>) -> tensor<?x?xf32> {
  %r = onnx.node "Sub" version 14 (%a0, %a1) : (tensor<?x?xf32>, tensor<f32>) -> tensor<?x?xf32>
  return %r : tensor<?x?xf32>
}

func.func private @mul_outer(%a0: tensor<?x?xf32>, %a1: tensor<?xf32>) -> tensor<?x?xf32> {
  %r = onnx.node "Mul" version 14 (%a0, %a1) : (tensor<?x?xf32>, tensor<?xf32>) -> tensor<?x?xf32>
  return %r : tensor<?x?xf32>
}

func.func private @div_int(%a0: tensor<?xi64>, %a1: tensor<?xi64>) -> tensor<?xi64> {
  %r = onnx.node "Div" version 14 (%a0, %a1) : (tensor<?xi64>, tensor<?xi64>) -> tensor<?xi64>
  return %r : tensor<?xi64>
}

func.func private @pow(%a0: tensor<?xf32>, %a1: tensor<?xf32>) -> tensor<?xf32> {
  %r = onnx.node "Pow" version 15 (%a0, %a1) : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>
  return %r : tensor<?xf32>
}

func.func private @neg(%a0: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %r = onnx.node "Neg" version 13 (%a0) : (tensor<?x?xf32>) -> tensor<?x?xf32>
  return %r : tensor<?x?xf32>
}

func.func private @sqrt(%a0: tensor<?xf32>) -> tensor<?xf32> {
  %r = onnx.node "Sqrt" version 13 (%a0) : (tensor<?xf32>) -> tensor<?xf32>
  return %r : tensor<?xf32>
}

func.func private @reciprocal(%a0: tensor<?xf32>) -> tensor<?xf32> {
  %r = onnx.node "Reciprocal" version 13 (%a0) : (tensor<?xf32>) -> tensor<?xf32>
  return %r : tensor<?xf32>
}

func.func private @sigmoid(%a0: tensor<?xf32>) -> tensor<?xf32> {
  %r = onnx.node "Sigmoid" version 13 (%a0) : (tensor<?xf32>) -> tensor<?xf32>
  return %r : tensor<?xf32>
}

func.func private @cos(%a0: tensor<?xf32>) -> tensor<?xf32> {
  %r = onnx.node "Cos" version 22 (%a0) : (tensor<?xf32>) -> tensor<?xf32>
  return %r : tensor<?xf32>
}

func.func private @sin(%a0: tensor<?xf32>) -> tensor<?xf32> {
  %r = onnx.node "Sin" version 22 (%a0) : (tensor<?xf32>) -> tensor<?xf32>
  return %r : tensor<?xf32>
}

func.func private @exp(%a0: tensor<?xf32>) -> tensor<?xf32> {
  %r = onnx.node "Exp" version 13 (%a0) : (tensor<?xf32>) -> tensor<?xf32>
  return %r : tensor<?xf32>
}

func.func private @relu(%a0: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %r = onnx.node "Relu" version 14 (%a0) : (tensor<?x?xf32>) -> tensor<?x?xf32>
  return %r : tensor<?x?xf32>
}

func.func private @abs(%a0: tensor<?xi64>) -> tensor<?xi64> {
  %r = onnx.node "Abs" version 13 (%a0) : (tensor<?xi64>) -> tensor<?xi64>
  return %r : tensor<?xi64>
}

func.func private @equal(%a0: tensor<?xi64>, %a1: tensor<i64>) -> tensor<?xi1> {
  %r = onnx.node "Equal" version 19 (%a0, %a1) : (tensor<?xi64>, tensor<i64>) -> tensor<?xi1>
  return %r : tensor<?xi1>
}

func.func private @less_or_equal(%a0: tensor<?x?xf32>, %a1: tensor<?x?xf32>) -> tensor<?x?xi1> {
  %r = onnx.node "LessOrEqual" version 16 (%a0, %a1) : (tensor<?x?xf32>, tensor<?x?xf32>) -> tensor<?x?xi1>
  return %r : tensor<?x?xi1>
}

func.func private @not(%a0: tensor<?xi1>) -> tensor<?xi1> {
  %r = onnx.node "Not" version 1 (%a0) : (tensor<?xi1>) -> tensor<?xi1>
  return %r : tensor<?xi1>
}

func.func private @and(%a0: tensor<?xi1>, %a1: tensor<?xi1>) -> tensor<?xi1> {
  %r = onnx.node "And" version 7 (%a0, %a1) : (tensor<?xi1>, tensor<?xi1>) -> tensor<?xi1>
  return %r : tensor<?xi1>
}

func.func private @where(%a0: tensor<?x?xi1>, %a1: tensor<?x?xf32>, %a2: tensor<f32>) -> tensor<?x?xf32> {
  %r = onnx.node "Where" version 16 (%a0, %a1, %a2) : (tensor<?x?xi1>, tensor<?x?xf32>, tensor<f32>) -> tensor<?x?xf32>
  return %r : tensor<?x?xf32>
}

func.func private @max3(%a0: tensor<?xf32>, %a1: tensor<?xf32>, %a2: tensor<?xf32>) -> tensor<?xf32> {
  %r = onnx.node "Max" version 13 (%a0, %a1, %a2) : (tensor<?xf32>, tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>
  return %r : tensor<?xf32>
}

func.func private @clip(%a0: tensor<?x?xf32>, %a1: tensor<f32>, %a2: tensor<f32>) -> tensor<?x?xf32> {
  %r = onnx.node "Clip" version 13 (%a0, %a1, %a2) : (tensor<?x?xf32>, tensor<f32>, tensor<f32>) -> tensor<?x?xf32>
  return %r : tensor<?x?xf32>
}

func.func private @cast_to_int(%a0: tensor<?xf32>) -> tensor<?xi64> {
  %r = onnx.node "Cast" version 28 (%a0) {to = 7 : i64} : (tensor<?xf32>) -> tensor<?xi64>
  return %r : tensor<?xi64>
}

func.func private @cast_to_bool(%a0: tensor<?xf32>) -> tensor<?xi1> {
  %r = onnx.node "Cast" version 28 (%a0) {to = 9 : i64} : (tensor<?xf32>) -> tensor<?xi1>
  return %r : tensor<?xi1>
}

func.func private @cast_to_float(%a0: tensor<?xi64>) -> tensor<?xf32> {
  %r = onnx.node "Cast" version 28 (%a0) {to = 1 : i64} : (tensor<?xi64>) -> tensor<?xf32>
  return %r : tensor<?xf32>
}

func.func @main() {
  %i0_0 = arith.constant dense<[[1.0, -2.0, 3.0], [4.0, 5.0, -6.0]]> : tensor<2x3xf32>
  %d0_0 = tensor.cast %i0_0 : tensor<2x3xf32> to tensor<?x?xf32>
  %i0_1 = arith.constant dense<[[10.0], [20.0]]> : tensor<2x1xf32>
  %d0_1 = tensor.cast %i0_1 : tensor<2x1xf32> to tensor<?x?xf32>
  %o0 = func.call @add(%d0_0, %d0_1) : (tensor<?x?xf32>, tensor<?x?xf32>) -> tensor<?x?xf32>
  %u0_0 = tensor.cast %o0 : tensor<?x?xf32> to tensor<*xf32>
  call @printMemrefF32(%u0_0) : (tensor<*xf32>) -> ()
  %i7_0 = arith.constant dense<[[1.0, -2.0, 3.0], [4.0, 5.0, -6.0]]> : tensor<2x3xf32>
  %d7_0 = tensor.cast %i7_0 : tensor<2x3xf32> to tensor<?x?xf32>
  %i7_1 = arith.constant dense<1.0> : tensor<f32>
  %o7 = func.call @sub_scalar(%d7_0, %i7_1) : (tensor<?x?xf32>, tensor<f32>) -> tensor<?x?xf32>
  %u7_0 = tensor.cast %o7 : tensor<?x?xf32> to tensor<*xf32>
  call @printMemrefF32(%u7_0) : (tensor<*xf32>) -> ()
  %i13_0 = arith.constant dense<[[1.0], [2.0]]> : tensor<2x1xf32>
  %d13_0 = tensor.cast %i13_0 : tensor<2x1xf32> to tensor<?x?xf32>
  %i13_1 = arith.constant dense<[3.0, 4.0, 5.0]> : tensor<3xf32>
  %d13_1 = tensor.cast %i13_1 : tensor<3xf32> to tensor<?xf32>
  %o13 = func.call @mul_outer(%d13_0, %d13_1) : (tensor<?x?xf32>, tensor<?xf32>) -> tensor<?x?xf32>
  %u13_0 = tensor.cast %o13 : tensor<?x?xf32> to tensor<*xf32>
  call @printMemrefF32(%u13_0) : (tensor<*xf32>) -> ()
  %i20_0 = arith.constant dense<[7, -7]> : tensor<2xi64>
  %d20_0 = tensor.cast %i20_0 : tensor<2xi64> to tensor<?xi64>
  %i20_1 = arith.constant dense<[2]> : tensor<1xi64>
  %d20_1 = tensor.cast %i20_1 : tensor<1xi64> to tensor<?xi64>
  %o20 = func.call @div_int(%d20_0, %d20_1) : (tensor<?xi64>, tensor<?xi64>) -> tensor<?xi64>
  %u20_0 = tensor.cast %o20 : tensor<?xi64> to tensor<*xi64>
  call @printMemrefI64(%u20_0) : (tensor<*xi64>) -> ()
  %i27_0 = arith.constant dense<[2.0, 3.0]> : tensor<2xf32>
  %d27_0 = tensor.cast %i27_0 : tensor<2xf32> to tensor<?xf32>
  %i27_1 = arith.constant dense<[2.0]> : tensor<1xf32>
  %d27_1 = tensor.cast %i27_1 : tensor<1xf32> to tensor<?xf32>
  %o27 = func.call @pow(%d27_0, %d27_1) : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>
  %u27_0 = tensor.cast %o27 : tensor<?xf32> to tensor<*xf32>
  call @printMemrefF32(%u27_0) : (tensor<*xf32>) -> ()
  %i34_0 = arith.constant dense<[[1.0, -2.0, 3.0], [4.0, 5.0, -6.0]]> : tensor<2x3xf32>
  %d34_0 = tensor.cast %i34_0 : tensor<2x3xf32> to tensor<?x?xf32>
  %o34 = func.call @neg(%d34_0) : (tensor<?x?xf32>) -> tensor<?x?xf32>
  %u34_0 = tensor.cast %o34 : tensor<?x?xf32> to tensor<*xf32>
  call @printMemrefF32(%u34_0) : (tensor<*xf32>) -> ()
  %i39_0 = arith.constant dense<[4.0, 9.0]> : tensor<2xf32>
  %d39_0 = tensor.cast %i39_0 : tensor<2xf32> to tensor<?xf32>
  %o39 = func.call @sqrt(%d39_0) : (tensor<?xf32>) -> tensor<?xf32>
  %u39_0 = tensor.cast %o39 : tensor<?xf32> to tensor<*xf32>
  call @printMemrefF32(%u39_0) : (tensor<*xf32>) -> ()
  %i44_0 = arith.constant dense<[4.0, -2.0]> : tensor<2xf32>
  %d44_0 = tensor.cast %i44_0 : tensor<2xf32> to tensor<?xf32>
  %o44 = func.call @reciprocal(%d44_0) : (tensor<?xf32>) -> tensor<?xf32>
  %u44_0 = tensor.cast %o44 : tensor<?xf32> to tensor<*xf32>
  call @printMemrefF32(%u44_0) : (tensor<*xf32>) -> ()
  %i49_0 = arith.constant dense<[0.0, 100.0, -100.0]> : tensor<3xf32>
  %d49_0 = tensor.cast %i49_0 : tensor<3xf32> to tensor<?xf32>
  %o49 = func.call @sigmoid(%d49_0) : (tensor<?xf32>) -> tensor<?xf32>
  %u49_0 = tensor.cast %o49 : tensor<?xf32> to tensor<*xf32>
  call @printMemrefF32(%u49_0) : (tensor<*xf32>) -> ()
  %i54_0 = arith.constant dense<[0.0]> : tensor<1xf32>
  %d54_0 = tensor.cast %i54_0 : tensor<1xf32> to tensor<?xf32>
  %o54 = func.call @cos(%d54_0) : (tensor<?xf32>) -> tensor<?xf32>
  %u54_0 = tensor.cast %o54 : tensor<?xf32> to tensor<*xf32>
  call @printMemrefF32(%u54_0) : (tensor<*xf32>) -> ()
  %i59_0 = arith.constant dense<[0.0]> : tensor<1xf32>
  %d59_0 = tensor.cast %i59_0 : tensor<1xf32> to tensor<?xf32>
  %o59 = func.call @sin(%d59_0) : (tensor<?xf32>) -> tensor<?xf32>
  %u59_0 = tensor.cast %o59 : tensor<?xf32> to tensor<*xf32>
  call @printMemrefF32(%u59_0) : (tensor<*xf32>) -> ()
  %i64_0 = arith.constant dense<[0.0]> : tensor<1xf32>
  %d64_0 = tensor.cast %i64_0 : tensor<1xf32> to tensor<?xf32>
  %o64 = func.call @exp(%d64_0) : (tensor<?xf32>) -> tensor<?xf32>
  %u64_0 = tensor.cast %o64 : tensor<?xf32> to tensor<*xf32>
  call @printMemrefF32(%u64_0) : (tensor<*xf32>) -> ()
  %i69_0 = arith.constant dense<[[1.0, -2.0, 3.0], [4.0, 5.0, -6.0]]> : tensor<2x3xf32>
  %d69_0 = tensor.cast %i69_0 : tensor<2x3xf32> to tensor<?x?xf32>
  %o69 = func.call @relu(%d69_0) : (tensor<?x?xf32>) -> tensor<?x?xf32>
  %u69_0 = tensor.cast %o69 : tensor<?x?xf32> to tensor<*xf32>
  call @printMemrefF32(%u69_0) : (tensor<*xf32>) -> ()
  %i74_0 = arith.constant dense<[-3, 2]> : tensor<2xi64>
  %d74_0 = tensor.cast %i74_0 : tensor<2xi64> to tensor<?xi64>
  %o74 = func.call @abs(%d74_0) : (tensor<?xi64>) -> tensor<?xi64>
  %u74_0 = tensor.cast %o74 : tensor<?xi64> to tensor<*xi64>
  call @printMemrefI64(%u74_0) : (tensor<*xi64>) -> ()
  %i79_0 = arith.constant dense<[1, 2]> : tensor<2xi64>
  %d79_0 = tensor.cast %i79_0 : tensor<2xi64> to tensor<?xi64>
  %i79_1 = arith.constant dense<2> : tensor<i64>
  %o79 = func.call @equal(%d79_0, %i79_1) : (tensor<?xi64>, tensor<i64>) -> tensor<?xi1>
  %b79_0 = onnx.node "Cast" version 28 (%o79) {to = 7 : i64} : (tensor<?xi1>) -> tensor<?xi64>
  %u79_0 = tensor.cast %b79_0 : tensor<?xi64> to tensor<*xi64>
  call @printMemrefI64(%u79_0) : (tensor<*xi64>) -> ()
  %i86_0 = arith.constant dense<[[1.0], [2.0]]> : tensor<2x1xf32>
  %d86_0 = tensor.cast %i86_0 : tensor<2x1xf32> to tensor<?x?xf32>
  %i86_1 = arith.constant dense<[[1.0, 2.0]]> : tensor<1x2xf32>
  %d86_1 = tensor.cast %i86_1 : tensor<1x2xf32> to tensor<?x?xf32>
  %o86 = func.call @less_or_equal(%d86_0, %d86_1) : (tensor<?x?xf32>, tensor<?x?xf32>) -> tensor<?x?xi1>
  %b86_0 = onnx.node "Cast" version 28 (%o86) {to = 7 : i64} : (tensor<?x?xi1>) -> tensor<?x?xi64>
  %u86_0 = tensor.cast %b86_0 : tensor<?x?xi64> to tensor<*xi64>
  call @printMemrefI64(%u86_0) : (tensor<*xi64>) -> ()
  %i94_0 = arith.constant dense<[true, false]> : tensor<2xi1>
  %d94_0 = tensor.cast %i94_0 : tensor<2xi1> to tensor<?xi1>
  %o94 = func.call @not(%d94_0) : (tensor<?xi1>) -> tensor<?xi1>
  %b94_0 = onnx.node "Cast" version 28 (%o94) {to = 7 : i64} : (tensor<?xi1>) -> tensor<?xi64>
  %u94_0 = tensor.cast %b94_0 : tensor<?xi64> to tensor<*xi64>
  call @printMemrefI64(%u94_0) : (tensor<*xi64>) -> ()
  %i100_0 = arith.constant dense<[true, true]> : tensor<2xi1>
  %d100_0 = tensor.cast %i100_0 : tensor<2xi1> to tensor<?xi1>
  %i100_1 = arith.constant dense<[true, false]> : tensor<2xi1>
  %d100_1 = tensor.cast %i100_1 : tensor<2xi1> to tensor<?xi1>
  %o100 = func.call @and(%d100_0, %d100_1) : (tensor<?xi1>, tensor<?xi1>) -> tensor<?xi1>
  %b100_0 = onnx.node "Cast" version 28 (%o100) {to = 7 : i64} : (tensor<?xi1>) -> tensor<?xi64>
  %u100_0 = tensor.cast %b100_0 : tensor<?xi64> to tensor<*xi64>
  call @printMemrefI64(%u100_0) : (tensor<*xi64>) -> ()
  %i108_0 = arith.constant dense<[[true, false, true]]> : tensor<1x3xi1>
  %d108_0 = tensor.cast %i108_0 : tensor<1x3xi1> to tensor<?x?xi1>
  %i108_1 = arith.constant dense<[[1.0, -2.0, 3.0], [4.0, 5.0, -6.0]]> : tensor<2x3xf32>
  %d108_1 = tensor.cast %i108_1 : tensor<2x3xf32> to tensor<?x?xf32>
  %i108_2 = arith.constant dense<0.0> : tensor<f32>
  %o108 = func.call @where(%d108_0, %d108_1, %i108_2) : (tensor<?x?xi1>, tensor<?x?xf32>, tensor<f32>) -> tensor<?x?xf32>
  %u108_0 = tensor.cast %o108 : tensor<?x?xf32> to tensor<*xf32>
  call @printMemrefF32(%u108_0) : (tensor<*xf32>) -> ()
  %i116_0 = arith.constant dense<[1.0, 5.0]> : tensor<2xf32>
  %d116_0 = tensor.cast %i116_0 : tensor<2xf32> to tensor<?xf32>
  %i116_1 = arith.constant dense<[3.0]> : tensor<1xf32>
  %d116_1 = tensor.cast %i116_1 : tensor<1xf32> to tensor<?xf32>
  %i116_2 = arith.constant dense<[2.0, 2.0]> : tensor<2xf32>
  %d116_2 = tensor.cast %i116_2 : tensor<2xf32> to tensor<?xf32>
  %o116 = func.call @max3(%d116_0, %d116_1, %d116_2) : (tensor<?xf32>, tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>
  %u116_0 = tensor.cast %o116 : tensor<?xf32> to tensor<*xf32>
  call @printMemrefF32(%u116_0) : (tensor<*xf32>) -> ()
  %i125_0 = arith.constant dense<[[1.0, -2.0, 3.0], [4.0, 5.0, -6.0]]> : tensor<2x3xf32>
  %d125_0 = tensor.cast %i125_0 : tensor<2x3xf32> to tensor<?x?xf32>
  %i125_1 = arith.constant dense<-1.0> : tensor<f32>
  %i125_2 = arith.constant dense<3.0> : tensor<f32>
  %o125 = func.call @clip(%d125_0, %i125_1, %i125_2) : (tensor<?x?xf32>, tensor<f32>, tensor<f32>) -> tensor<?x?xf32>
  %u125_0 = tensor.cast %o125 : tensor<?x?xf32> to tensor<*xf32>
  call @printMemrefF32(%u125_0) : (tensor<*xf32>) -> ()
  %i132_0 = arith.constant dense<[1.7000000476837158, -1.7000000476837158]> : tensor<2xf32>
  %d132_0 = tensor.cast %i132_0 : tensor<2xf32> to tensor<?xf32>
  %o132 = func.call @cast_to_int(%d132_0) : (tensor<?xf32>) -> tensor<?xi64>
  %u132_0 = tensor.cast %o132 : tensor<?xi64> to tensor<*xi64>
  call @printMemrefI64(%u132_0) : (tensor<*xi64>) -> ()
  %i137_0 = arith.constant dense<[0.0, 0.5]> : tensor<2xf32>
  %d137_0 = tensor.cast %i137_0 : tensor<2xf32> to tensor<?xf32>
  %o137 = func.call @cast_to_bool(%d137_0) : (tensor<?xf32>) -> tensor<?xi1>
  %b137_0 = onnx.node "Cast" version 28 (%o137) {to = 7 : i64} : (tensor<?xi1>) -> tensor<?xi64>
  %u137_0 = tensor.cast %b137_0 : tensor<?xi64> to tensor<*xi64>
  call @printMemrefI64(%u137_0) : (tensor<*xi64>) -> ()
  %i143_0 = arith.constant dense<[3]> : tensor<1xi64>
  %d143_0 = tensor.cast %i143_0 : tensor<1xi64> to tensor<?xi64>
  %o143 = func.call @cast_to_float(%d143_0) : (tensor<?xi64>) -> tensor<?xf32>
  %u143_0 = tensor.cast %o143 : tensor<?xf32> to tensor<*xf32>
  call @printMemrefF32(%u143_0) : (tensor<*xf32>) -> ()
  return
}
func.func private @printMemrefF32(%x: tensor<*xf32>)
func.func private @printMemrefI64(%x: tensor<*xi64>)

// add
// CHECK: shape [2, 3]
// CHECK-NEXT: {{\[\[}}11, 8, 13],
// CHECK-NEXT: [24, 25, 14]]
// sub_scalar
// CHECK-NEXT: shape [2, 3]
// CHECK-NEXT: {{\[\[}}0, -3, 2],
// CHECK-NEXT: [3, 4, -7]]
// mul_outer
// CHECK-NEXT: shape [2, 3]
// CHECK-NEXT: {{\[\[}}3, 4, 5],
// CHECK-NEXT: [6, 8, 10]]
// div_int
// CHECK-NEXT: shape [2]
// CHECK-NEXT: [3, -3]
// pow
// CHECK-NEXT: shape [2]
// CHECK-NEXT: [4, 9]
// neg
// CHECK-NEXT: shape [2, 3]
// CHECK-NEXT: {{\[\[}}-1, 2, -3],
// CHECK-NEXT: [-4, -5, 6]]
// sqrt
// CHECK-NEXT: shape [2]
// CHECK-NEXT: [2, 3]
// reciprocal
// CHECK-NEXT: shape [2]
// CHECK-NEXT: [0.25, -0.5]
// sigmoid
// CHECK-NEXT: shape [3]
// CHECK-NEXT: [0.5, 1, 0]
// cos
// CHECK-NEXT: shape [1]
// CHECK-NEXT: [1]
// sin
// CHECK-NEXT: shape [1]
// CHECK-NEXT: [0]
// exp
// CHECK-NEXT: shape [1]
// CHECK-NEXT: [1]
// relu
// CHECK-NEXT: shape [2, 3]
// CHECK-NEXT: {{\[\[}}1, 0, 3],
// CHECK-NEXT: [4, 5, 0]]
// abs
// CHECK-NEXT: shape [2]
// CHECK-NEXT: [3, 2]
// equal
// CHECK-NEXT: shape [2]
// CHECK-NEXT: [0, 1]
// less_or_equal
// CHECK-NEXT: shape [2, 2]
// CHECK-NEXT: {{\[\[}}1, 1],
// CHECK-NEXT: [0, 1]]
// not
// CHECK-NEXT: shape [2]
// CHECK-NEXT: [0, 1]
// and
// CHECK-NEXT: shape [2]
// CHECK-NEXT: [1, 0]
// where
// CHECK-NEXT: shape [2, 3]
// CHECK-NEXT: {{\[\[}}1, 0, 3],
// CHECK-NEXT: [4, 0, -6]]
// max3
// CHECK-NEXT: shape [2]
// CHECK-NEXT: [3, 5]
// clip
// CHECK-NEXT: shape [2, 3]
// CHECK-NEXT: {{\[\[}}1, -1, 3],
// CHECK-NEXT: [3, 3, -1]]
// cast_to_int
// CHECK-NEXT: shape [2]
// CHECK-NEXT: [1, -1]
// cast_to_bool
// CHECK-NEXT: shape [2]
// CHECK-NEXT: [0, 1]
// cast_to_float
// CHECK-NEXT: shape [1]
// CHECK-NEXT: [3]
