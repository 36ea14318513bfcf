// RUN: emo-opt --emo-onnx-to-linalg %s | %run_tensors | FileCheck %s
// Matrix products, reductions and softmax.

func.func private @matmul(%a0: tensor<?x?xf32>, %a1: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %r = onnx.node "MatMul" version 13 (%a0, %a1) : (tensor<?x?xf32>, tensor<?x?xf32>) -> tensor<?x?xf32>
  return %r : tensor<?x?xf32>
}

func.func private @matmul_batch(%a0: tensor<?x?x?xf32>, %a1: tensor<?x?x?xf32>) -> tensor<?x?x?xf32> {
  %r = onnx.node "MatMul" version 13 (%a0, %a1) : (tensor<?x?x?xf32>, tensor<?x?x?xf32>) -> tensor<?x?x?xf32>
  return %r : tensor<?x?x?xf32>
}

func.func private @matvec(%a0: tensor<?x?xf32>, %a1: tensor<?xf32>) -> tensor<?xf32> {
  %r = onnx.node "MatMul" version 13 (%a0, %a1) : (tensor<?x?xf32>, tensor<?xf32>) -> tensor<?xf32>
  return %r : tensor<?xf32>
}

func.func private @vecmat(%a0: tensor<?xf32>, %a1: tensor<?x?xf32>) -> tensor<?xf32> {
  %r = onnx.node "MatMul" version 13 (%a0, %a1) : (tensor<?xf32>, tensor<?x?xf32>) -> tensor<?xf32>
  return %r : tensor<?xf32>
}

func.func private @gemm(%a0: tensor<?x?xf32>, %a1: tensor<?x?xf32>, %a2: tensor<?xf32>) -> tensor<?x?xf32> {
  %r = onnx.node "Gemm" version 13 (%a0, %a1, %a2) {transB = 1 : i64, alpha = 2.0 : f32, beta = 0.5 : f32} : (tensor<?x?xf32>, tensor<?x?xf32>, tensor<?xf32>) -> tensor<?x?xf32>
  return %r : tensor<?x?xf32>
}

func.func private @reduce_sum(%a0: tensor<?x?xf32>) -> tensor<?xf32> {
  %c1 = arith.constant dense<[0]> : tensor<1xi64>
  %r = onnx.node "ReduceSum" version 13 (%a0, %c1) {keepdims = 0 : i64} : (tensor<?x?xf32>, tensor<1xi64>) -> tensor<?xf32>
  return %r : tensor<?xf32>
}

func.func private @reduce_all(%a0: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %r = onnx.node "ReduceSum" version 13 (%a0) {keepdims = 1 : i64} : (tensor<?x?xf32>) -> tensor<?x?xf32>
  return %r : tensor<?x?xf32>
}

func.func private @reduce_mean(%a0: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %c1 = arith.constant dense<[-1]> : tensor<1xi64>
  %r = onnx.node "ReduceMean" version 18 (%a0, %c1) {keepdims = 1 : i64} : (tensor<?x?xf32>, tensor<1xi64>) -> tensor<?x?xf32>
  return %r : tensor<?x?xf32>
}

func.func private @reduce_max(%a0: tensor<?x?xf32>) -> tensor<?xf32> {
  %c1 = arith.constant dense<[1]> : tensor<1xi64>
  %r = onnx.node "ReduceMax" version 20 (%a0, %c1) {keepdims = 0 : i64} : (tensor<?x?xf32>, tensor<1xi64>) -> tensor<?xf32>
  return %r : tensor<?xf32>
}

func.func private @reduce_prod(%a0: tensor<?xi64>) -> tensor<i64> {
  %r = onnx.node "ReduceProd" version 18 (%a0) {keepdims = 0 : i64} : (tensor<?xi64>) -> tensor<i64>
  return %r : tensor<i64>
}

func.func private @softmax(%a0: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %r = onnx.node "Softmax" version 13 (%a0) {axis = -1 : i64} : (tensor<?x?xf32>) -> tensor<?x?xf32>
  return %r : tensor<?x?xf32>
}

func.func private @cum_sum(%a0: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %c1 = arith.constant dense<1> : tensor<i64>
  %r = onnx.node "CumSum" version 14 (%a0, %c1) : (tensor<?x?xf32>, tensor<i64>) -> tensor<?x?xf32>
  return %r : tensor<?x?xf32>
}

func.func private @cum_sum_reverse(%a0: tensor<?xf32>) -> tensor<?xf32> {
  %c1 = arith.constant dense<0> : tensor<i64>
  %r = onnx.node "CumSum" version 14 (%a0, %c1) {exclusive = 1 : i64, reverse = 1 : i64} : (tensor<?xf32>, tensor<i64>) -> tensor<?xf32>
  return %r : tensor<?xf32>
}

func.func private @rms_norm(%a0: tensor<?x?xf32>, %a1: tensor<?xf32>) -> tensor<?x?xf32> {
  %r = onnx.node "RMSNormalization" version 23 (%a0, %a1) {epsilon = 0.0 : f32} : (tensor<?x?xf32>, tensor<?xf32>) -> tensor<?x?xf32>
  return %r : tensor<?x?xf32>
}

func.func private @softmax_first(%a0: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %r = onnx.node "Softmax" version 13 (%a0) {axis = 0 : i64} : (tensor<?x?xf32>) -> tensor<?x?xf32>
  return %r : tensor<?x?xf32>
}

func.func @main() {
  %i0_0 = arith.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf32>
  %d0_0 = tensor.cast %i0_0 : tensor<2x3xf32> to tensor<?x?xf32>
  %i0_1 = arith.constant dense<[[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]> : tensor<3x2xf32>
  %d0_1 = tensor.cast %i0_1 : tensor<3x2xf32> to tensor<?x?xf32>
  %o0 = func.call @matmul(%d0_0, %d0_1) : (tensor<?x?xf32>, tensor<?x?xf32>) -> tensor<?x?xf32>
  %u0_0 = tensor.cast %o0 : tensor<?x?xf32> to tensor<*xf32>
  call @printMemrefF32(%u0_0) : (tensor<*xf32>) -> ()
  %i7_0 = arith.constant dense<[[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], [[2.0, 4.0, 6.0], [8.0, 10.0, 12.0]]]> : tensor<2x2x3xf32>
  %d7_0 = tensor.cast %i7_0 : tensor<2x2x3xf32> to tensor<?x?x?xf32>
  %i7_1 = arith.constant dense<[[[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]]> : tensor<1x3x2xf32>
  %d7_1 = tensor.cast %i7_1 : tensor<1x3x2xf32> to tensor<?x?x?xf32>
  %o7 = func.call @matmul_batch(%d7_0, %d7_1) : (tensor<?x?x?xf32>, tensor<?x?x?xf32>) -> tensor<?x?x?xf32>
  %u7_0 = tensor.cast %o7 : tensor<?x?x?xf32> to tensor<*xf32>
  call @printMemrefF32(%u7_0) : (tensor<*xf32>) -> ()
  %i14_0 = arith.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf32>
  %d14_0 = tensor.cast %i14_0 : tensor<2x3xf32> to tensor<?x?xf32>
  %i14_1 = arith.constant dense<[1.0, 1.0, 1.0]> : tensor<3xf32>
  %d14_1 = tensor.cast %i14_1 : tensor<3xf32> to tensor<?xf32>
  %o14 = func.call @matvec(%d14_0, %d14_1) : (tensor<?x?xf32>, tensor<?xf32>) -> tensor<?xf32>
  %u14_0 = tensor.cast %o14 : tensor<?xf32> to tensor<*xf32>
  call @printMemrefF32(%u14_0) : (tensor<*xf32>) -> ()
  %i21_0 = arith.constant dense<[1.0, 1.0]> : tensor<2xf32>
  %d21_0 = tensor.cast %i21_0 : tensor<2xf32> to tensor<?xf32>
  %i21_1 = arith.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf32>
  %d21_1 = tensor.cast %i21_1 : tensor<2x3xf32> to tensor<?x?xf32>
  %o21 = func.call @vecmat(%d21_0, %d21_1) : (tensor<?xf32>, tensor<?x?xf32>) -> tensor<?xf32>
  %u21_0 = tensor.cast %o21 : tensor<?xf32> to tensor<*xf32>
  call @printMemrefF32(%u21_0) : (tensor<*xf32>) -> ()
  %i28_0 = arith.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf32>
  %d28_0 = tensor.cast %i28_0 : tensor<2x3xf32> to tensor<?x?xf32>
  %i28_1 = arith.constant dense<[[1.0, 0.0, 1.0], [0.0, 1.0, 1.0]]> : tensor<2x3xf32>
  %d28_1 = tensor.cast %i28_1 : tensor<2x3xf32> to tensor<?x?xf32>
  %i28_2 = arith.constant dense<[100.0, 200.0]> : tensor<2xf32>
  %d28_2 = tensor.cast %i28_2 : tensor<2xf32> to tensor<?xf32>
  %o28 = func.call @gemm(%d28_0, %d28_1, %d28_2) : (tensor<?x?xf32>, tensor<?x?xf32>, tensor<?xf32>) -> tensor<?x?xf32>
  %u28_0 = tensor.cast %o28 : tensor<?x?xf32> to tensor<*xf32>
  call @printMemrefF32(%u28_0) : (tensor<*xf32>) -> ()
  %i37_0 = arith.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf32>
  %d37_0 = tensor.cast %i37_0 : tensor<2x3xf32> to tensor<?x?xf32>
  %o37 = func.call @reduce_sum(%d37_0) : (tensor<?x?xf32>) -> tensor<?xf32>
  %u37_0 = tensor.cast %o37 : tensor<?xf32> to tensor<*xf32>
  call @printMemrefF32(%u37_0) : (tensor<*xf32>) -> ()
  %i42_0 = arith.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf32>
  %d42_0 = tensor.cast %i42_0 : tensor<2x3xf32> to tensor<?x?xf32>
  %o42 = func.call @reduce_all(%d42_0) : (tensor<?x?xf32>) -> tensor<?x?xf32>
  %u42_0 = tensor.cast %o42 : tensor<?x?xf32> to tensor<*xf32>
  call @printMemrefF32(%u42_0) : (tensor<*xf32>) -> ()
  %i47_0 = arith.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf32>
  %d47_0 = tensor.cast %i47_0 : tensor<2x3xf32> to tensor<?x?xf32>
  %o47 = func.call @reduce_mean(%d47_0) : (tensor<?x?xf32>) -> tensor<?x?xf32>
  %u47_0 = tensor.cast %o47 : tensor<?x?xf32> to tensor<*xf32>
  call @printMemrefF32(%u47_0) : (tensor<*xf32>) -> ()
  %i52_0 = arith.constant dense<[[1.0, -2.0, 3.0], [4.0, 5.0, -6.0]]> : tensor<2x3xf32>
  %d52_0 = tensor.cast %i52_0 : tensor<2x3xf32> to tensor<?x?xf32>
  %o52 = func.call @reduce_max(%d52_0) : (tensor<?x?xf32>) -> tensor<?xf32>
  %u52_0 = tensor.cast %o52 : tensor<?xf32> to tensor<*xf32>
  call @printMemrefF32(%u52_0) : (tensor<*xf32>) -> ()
  %i57_0 = arith.constant dense<[2, 3, 4]> : tensor<3xi64>
  %d57_0 = tensor.cast %i57_0 : tensor<3xi64> to tensor<?xi64>
  %o57 = func.call @reduce_prod(%d57_0) : (tensor<?xi64>) -> tensor<i64>
  %u57_0 = tensor.cast %o57 : tensor<i64> to tensor<*xi64>
  call @printMemrefI64(%u57_0) : (tensor<*xi64>) -> ()
  %i62_0 = arith.constant dense<[[3.0, 3.0], [-1000.0, 1000.0]]> : tensor<2x2xf32>
  %d62_0 = tensor.cast %i62_0 : tensor<2x2xf32> to tensor<?x?xf32>
  %o62 = func.call @softmax(%d62_0) : (tensor<?x?xf32>) -> tensor<?x?xf32>
  %u62_0 = tensor.cast %o62 : tensor<?x?xf32> to tensor<*xf32>
  call @printMemrefF32(%u62_0) : (tensor<*xf32>) -> ()
  %i67_0 = arith.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf32>
  %d67_0 = tensor.cast %i67_0 : tensor<2x3xf32> to tensor<?x?xf32>
  %o67 = func.call @cum_sum(%d67_0) : (tensor<?x?xf32>) -> tensor<?x?xf32>
  %u67_0 = tensor.cast %o67 : tensor<?x?xf32> to tensor<*xf32>
  call @printMemrefF32(%u67_0) : (tensor<*xf32>) -> ()
  %i72_0 = arith.constant dense<[1.0, 2.0, 3.0]> : tensor<3xf32>
  %d72_0 = tensor.cast %i72_0 : tensor<3xf32> to tensor<?xf32>
  %o72 = func.call @cum_sum_reverse(%d72_0) : (tensor<?xf32>) -> tensor<?xf32>
  %u72_0 = tensor.cast %o72 : tensor<?xf32> to tensor<*xf32>
  call @printMemrefF32(%u72_0) : (tensor<*xf32>) -> ()
  %i77_0 = arith.constant dense<[[3.0, 4.0], [0.0, 2.0]]> : tensor<2x2xf32>
  %d77_0 = tensor.cast %i77_0 : tensor<2x2xf32> to tensor<?x?xf32>
  %i77_1 = arith.constant dense<[2.0, 1.0]> : tensor<2xf32>
  %d77_1 = tensor.cast %i77_1 : tensor<2xf32> to tensor<?xf32>
  %o77 = func.call @rms_norm(%d77_0, %d77_1) : (tensor<?x?xf32>, tensor<?xf32>) -> tensor<?x?xf32>
  %u77_0 = tensor.cast %o77 : tensor<?x?xf32> to tensor<*xf32>
  call @printMemrefF32(%u77_0) : (tensor<*xf32>) -> ()
  %i84_0 = arith.constant dense<[[3.0, -1000.0], [3.0, 1000.0]]> : tensor<2x2xf32>
  %d84_0 = tensor.cast %i84_0 : tensor<2x2xf32> to tensor<?x?xf32>
  %o84 = func.call @softmax_first(%d84_0) : (tensor<?x?xf32>) -> tensor<?x?xf32>
  %u84_0 = tensor.cast %o84 : tensor<?x?xf32> to tensor<*xf32>
  call @printMemrefF32(%u84_0) : (tensor<*xf32>) -> ()
  return
}
func.func private @printMemrefF32(%x: tensor<*xf32>)
func.func private @printMemrefI64(%x: tensor<*xi64>)

// matmul
// CHECK: shape [2, 2]
// CHECK-NEXT: {{\[\[}}4, 5],
// CHECK-NEXT: [10, 11]]
// matmul_batch
// CHECK-NEXT: shape [2, 2, 2]
// CHECK-NEXT: {{\[\[\[}}4, 5],
// CHECK-NEXT: [10, 11]],
// CHECK-NEXT: {{\[\[}}8, 10],
// CHECK-NEXT: [20, 22]]]
// matvec
// CHECK-NEXT: shape [2]
// CHECK-NEXT: [6, 15]
// vecmat
// CHECK-NEXT: shape [3]
// CHECK-NEXT: [5, 7, 9]
// gemm
// CHECK-NEXT: shape [2, 2]
// CHECK-NEXT: {{\[\[}}58, 110],
// CHECK-NEXT: [70, 122]]
// reduce_sum
// CHECK-NEXT: shape [3]
// CHECK-NEXT: [5, 7, 9]
// reduce_all
// CHECK-NEXT: shape [1, 1]
// CHECK-NEXT: {{\[\[}}21]]
// reduce_mean
// CHECK-NEXT: shape [2, 1]
// CHECK-NEXT: {{\[\[}}2],
// CHECK-NEXT: [5]]
// reduce_max
// CHECK-NEXT: shape [2]
// CHECK-NEXT: [3, 5]
// reduce_prod
// CHECK-NEXT: shape []
// CHECK-NEXT: [24]
// softmax
// CHECK-NEXT: shape [2, 2]
// CHECK-NEXT: {{\[\[}}0.5, 0.5],
// CHECK-NEXT: [0, 1]]
// cum_sum
// CHECK-NEXT: shape [2, 3]
// CHECK-NEXT: {{\[\[}}1, 3, 6],
// CHECK-NEXT: [4, 9, 15]]
// cum_sum_reverse
// CHECK-NEXT: shape [3]
// CHECK-NEXT: [5, 3, 0]
// rms_norm
// CHECK-NEXT: shape [2, 2]
// CHECK-NEXT: {{\[\[}}1.69706, 1.13137],
// CHECK-NEXT: [0, 1.41421]]
// softmax_first
// CHECK-NEXT: shape [2, 2]
// CHECK-NEXT: {{\[\[}}0.5, 0],
// CHECK-NEXT: [0.5, 1]]
