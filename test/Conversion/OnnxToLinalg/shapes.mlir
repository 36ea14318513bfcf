// RUN: emo-opt --emo-onnx-to-linalg %s | %run_tensors | FileCheck %s
// Shapes, and elements that move by index arithmetic.

func.func private @shape(%a0: tensor<?x?x?xf32>) -> tensor<?xi64> {
  %r = onnx.node "Shape" version 25 (%a0) : (tensor<?x?x?xf32>) -> tensor<?xi64>
  return %r : tensor<?xi64>
}

func.func private @shape_part(%a0: tensor<?x?x?xf32>) -> tensor<?xi64> {
  %r = onnx.node "Shape" version 25 (%a0) {start = 1 : i64, end = -1 : i64} : (tensor<?x?x?xf32>) -> tensor<?xi64>
  return %r : tensor<?xi64>
}

func.func private @size(%a0: tensor<?x?x?xf32>) -> tensor<i64> {
  %r = onnx.node "Size" version 25 (%a0) : (tensor<?x?x?xf32>) -> tensor<i64>
  return %r : tensor<i64>
}

func.func private @range(%a0: tensor<i64>, %a1: tensor<i64>, %a2: tensor<i64>) -> tensor<?xi64> {
  %r = onnx.node "Range" version 27 (%a0, %a1, %a2) : (tensor<i64>, tensor<i64>, tensor<i64>) -> tensor<?xi64>
  return %r : tensor<?xi64>
}

func.func private @range_down(%a0: tensor<i64>, %a1: tensor<i64>, %a2: tensor<i64>) -> tensor<?xi64> {
  %r = onnx.node "Range" version 27 (%a0, %a1, %a2) : (tensor<i64>, tensor<i64>, tensor<i64>) -> tensor<?xi64>
  return %r : tensor<?xi64>
}

func.func private @constant_of_shape() -> tensor<?x?xf32> {
  %c0 = arith.constant dense<[2, 2]> : tensor<2xi64>
  %r = onnx.node "ConstantOfShape" version 25 (%c0) {value = dense<7.0> : tensor<1xf32>} : (tensor<2xi64>) -> tensor<?x?xf32>
  return %r : tensor<?x?xf32>
}

func.func private @reshape(%a0: tensor<?x?x?xf32>) -> tensor<?x?xf32> {
  %c1 = arith.constant dense<[0, -1]> : tensor<2xi64>
  %r = onnx.node "Reshape" version 25 (%a0, %c1) : (tensor<?x?x?xf32>, tensor<2xi64>) -> tensor<?x?xf32>
  return %r : tensor<?x?xf32>
}

func.func private @flatten(%a0: tensor<?x?x?xf32>) -> tensor<?x?xf32> {
  %r = onnx.node "Flatten" version 25 (%a0) {axis = 2 : i64} : (tensor<?x?x?xf32>) -> tensor<?x?xf32>
  return %r : tensor<?x?xf32>
}

func.func private @squeeze(%a0: tensor<?x?x?xf32>) -> tensor<?x?xf32> {
  %c1 = arith.constant dense<[1]> : tensor<1xi64>
  %r = onnx.node "Squeeze" version 25 (%a0, %c1) : (tensor<?x?x?xf32>, tensor<1xi64>) -> tensor<?x?xf32>
  return %r : tensor<?x?xf32>
}

func.func private @unsqueeze(%a0: tensor<?x?xf32>) -> tensor<?x?x?x?xf32> {
  %c1 = arith.constant dense<[0, -1]> : tensor<2xi64>
  %r = onnx.node "Unsqueeze" version 25 (%a0, %c1) : (tensor<?x?xf32>, tensor<2xi64>) -> tensor<?x?x?x?xf32>
  return %r : tensor<?x?x?x?xf32>
}

func.func private @transpose(%a0: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %r = onnx.node "Transpose" version 25 (%a0) : (tensor<?x?xf32>) -> tensor<?x?xf32>
  return %r : tensor<?x?xf32>
}

func.func private @transpose_perm(%a0: tensor<?x?x?xf32>) -> tensor<?x?x?xf32> {
  %r = onnx.node "Transpose" version 25 (%a0) {perm = array<i64: 1, 0, 2>} : (tensor<?x?x?xf32>) -> tensor<?x?x?xf32>
  return %r : tensor<?x?x?xf32>
}

func.func private @expand(%a0: tensor<?x?xf32>) -> tensor<?x?x?xf32> {
  %c1 = arith.constant dense<[2, 1, 3]> : tensor<3xi64>
  %r = onnx.node "Expand" version 13 (%a0, %c1) : (tensor<?x?xf32>, tensor<3xi64>) -> tensor<?x?x?xf32>
  return %r : tensor<?x?x?xf32>
}

func.func private @tile(%a0: tensor<?xf32>) -> tensor<?xf32> {
  %c1 = arith.constant dense<[2]> : tensor<1xi64>
  %r = onnx.node "Tile" version 13 (%a0, %c1) : (tensor<?xf32>, tensor<1xi64>) -> tensor<?xf32>
  return %r : tensor<?xf32>
}

func.func private @concat(%a0: tensor<?x?xf32>, %a1: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %r = onnx.node "Concat" version 13 (%a0, %a1) {axis = 0 : i64} : (tensor<?x?xf32>, tensor<?x?xf32>) -> tensor<?x?xf32>
  return %r : tensor<?x?xf32>
}

func.func private @split(%a0: tensor<?x?xf32>) -> (tensor<?x?xf32>, tensor<?x?xf32>) {
  %r:2 = onnx.node "Split" version 18 (%a0) {axis = 1 : i64, num_outputs = 2 : i64} : (tensor<?x?xf32>) -> (tensor<?x?xf32>, tensor<?x?xf32>)
  return %r#0, %r#1 : tensor<?x?xf32>, tensor<?x?xf32>
}

func.func private @slice(%a0: tensor<?x?x?xf32>) -> tensor<?x?x?xf32> {
  %c1 = arith.constant dense<[1]> : tensor<1xi64>
  %c2 = arith.constant dense<[100]> : tensor<1xi64>
  %c3 = arith.constant dense<[-1]> : tensor<1xi64>
  %c4 = arith.constant dense<[2]> : tensor<1xi64>
  %r = onnx.node "Slice" version 13 (%a0, %c1, %c2, %c3, %c4) : (tensor<?x?x?xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?x?x?xf32>
  return %r : tensor<?x?x?xf32>
}

func.func private @slice_back(%a0: tensor<?xf32>) -> tensor<?xf32> {
  %c1 = arith.constant dense<[-1]> : tensor<1xi64>
  %c2 = arith.constant dense<[-100]> : tensor<1xi64>
  %c3 = arith.constant dense<[0]> : tensor<1xi64>
  %c4 = arith.constant dense<[-2]> : tensor<1xi64>
  %r = onnx.node "Slice" version 13 (%a0, %c1, %c2, %c3, %c4) : (tensor<?xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?xf32>
  return %r : tensor<?xf32>
}

func.func private @trilu(%a0: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %r = onnx.node "Trilu" version 14 (%a0) {upper = 0 : i64} : (tensor<?x?xf32>) -> tensor<?x?xf32>
  return %r : tensor<?x?xf32>
}

func.func @main() {
  %i0_0 = arith.constant dense<[[[0.0, 1.0, 2.0, 3.0], [4.0, 5.0, 6.0, 7.0], [8.0, 9.0, 10.0, 11.0]], [[12.0, 13.0, 14.0, 15.0], [16.0, 17.0, 18.0, 19.0], [20.0, 21.0, 22.0, 23.0]]]> : tensor<2x3x4xf32>
  %d0_0 = tensor.cast %i0_0 : tensor<2x3x4xf32> to tensor<?x?x?xf32>
  %o0 = func.call @shape(%d0_0) : (tensor<?x?x?xf32>) -> tensor<?xi64>
  %u0_0 = tensor.cast %o0 : tensor<?xi64> to tensor<*xi64>
  call @printMemrefI64(%u0_0) : (tensor<*xi64>) -> ()
  %i5_0 = arith.constant dense<[[[0.0, 1.0, 2.0, 3.0], [4.0, 5.0, 6.0, 7.0], [8.0, 9.0, 10.0, 11.0]], [[12.0, 13.0, 14.0, 15.0], [16.0, 17.0, 18.0, 19.0], [20.0, 21.0, 22.0, 23.0]]]> : tensor<2x3x4xf32>
  %d5_0 = tensor.cast %i5_0 : tensor<2x3x4xf32> to tensor<?x?x?xf32>
  %o5 = func.call @shape_part(%d5_0) : (tensor<?x?x?xf32>) -> tensor<?xi64>
  %u5_0 = tensor.cast %o5 : tensor<?xi64> to tensor<*xi64>
  call @printMemrefI64(%u5_0) : (tensor<*xi64>) -> ()
  %i10_0 = arith.constant dense<[[[0.0, 1.0, 2.0, 3.0], [4.0, 5.0, 6.0, 7.0], [8.0, 9.0, 10.0, 11.0]], [[12.0, 13.0, 14.0, 15.0], [16.0, 17.0, 18.0, 19.0], [20.0, 21.0, 22.0, 23.0]]]> : tensor<2x3x4xf32>
  %d10_0 = tensor.cast %i10_0 : tensor<2x3x4xf32> to tensor<?x?x?xf32>
  %o10 = func.call @size(%d10_0) : (tensor<?x?x?xf32>) -> tensor<i64>
  %u10_0 = tensor.cast %o10 : tensor<i64> to tensor<*xi64>
  call @printMemrefI64(%u10_0) : (tensor<*xi64>) -> ()
  %i15_0 = arith.constant dense<1> : tensor<i64>
  %i15_1 = arith.constant dense<8> : tensor<i64>
  %i15_2 = arith.constant dense<3> : tensor<i64>
  %o15 = func.call @range(%i15_0, %i15_1, %i15_2) : (tensor<i64>, tensor<i64>, tensor<i64>) -> tensor<?xi64>
  %u15_0 = tensor.cast %o15 : tensor<?xi64> to tensor<*xi64>
  call @printMemrefI64(%u15_0) : (tensor<*xi64>) -> ()
  %i21_0 = arith.constant dense<3> : tensor<i64>
  %i21_1 = arith.constant dense<0> : tensor<i64>
  %i21_2 = arith.constant dense<-2> : tensor<i64>
  %o21 = func.call @range_down(%i21_0, %i21_1, %i21_2) : (tensor<i64>, tensor<i64>, tensor<i64>) -> tensor<?xi64>
  %u21_0 = tensor.cast %o21 : tensor<?xi64> to tensor<*xi64>
  call @printMemrefI64(%u21_0) : (tensor<*xi64>) -> ()
  %o27 = func.call @constant_of_shape() : () -> tensor<?x?xf32>
  %u27_0 = tensor.cast %o27 : tensor<?x?xf32> to tensor<*xf32>
  call @printMemrefF32(%u27_0) : (tensor<*xf32>) -> ()
  %i30_0 = arith.constant dense<[[[0.0, 1.0, 2.0, 3.0], [4.0, 5.0, 6.0, 7.0], [8.0, 9.0, 10.0, 11.0]], [[12.0, 13.0, 14.0, 15.0], [16.0, 17.0, 18.0, 19.0], [20.0, 21.0, 22.0, 23.0]]]> : tensor<2x3x4xf32>
  %d30_0 = tensor.cast %i30_0 : tensor<2x3x4xf32> to tensor<?x?x?xf32>
  %o30 = func.call @reshape(%d30_0) : (tensor<?x?x?xf32>) -> tensor<?x?xf32>
  %u30_0 = tensor.cast %o30 : tensor<?x?xf32> to tensor<*xf32>
  call @printMemrefF32(%u30_0) : (tensor<*xf32>) -> ()
  %i35_0 = arith.constant dense<[[[0.0, 1.0, 2.0, 3.0], [4.0, 5.0, 6.0, 7.0], [8.0, 9.0, 10.0, 11.0]], [[12.0, 13.0, 14.0, 15.0], [16.0, 17.0, 18.0, 19.0], [20.0, 21.0, 22.0, 23.0]]]> : tensor<2x3x4xf32>
  %d35_0 = tensor.cast %i35_0 : tensor<2x3x4xf32> to tensor<?x?x?xf32>
  %o35 = func.call @flatten(%d35_0) : (tensor<?x?x?xf32>) -> tensor<?x?xf32>
  %u35_0 = tensor.cast %o35 : tensor<?x?xf32> to tensor<*xf32>
  call @printMemrefF32(%u35_0) : (tensor<*xf32>) -> ()
  %i40_0 = arith.constant dense<[[[1.0, -2.0, 3.0]], [[4.0, 5.0, -6.0]]]> : tensor<2x1x3xf32>
  %d40_0 = tensor.cast %i40_0 : tensor<2x1x3xf32> to tensor<?x?x?xf32>
  %o40 = func.call @squeeze(%d40_0) : (tensor<?x?x?xf32>) -> tensor<?x?xf32>
  %u40_0 = tensor.cast %o40 : tensor<?x?xf32> to tensor<*xf32>
  call @printMemrefF32(%u40_0) : (tensor<*xf32>) -> ()
  %i45_0 = arith.constant dense<[[1.0, -2.0, 3.0], [4.0, 5.0, -6.0]]> : tensor<2x3xf32>
  %d45_0 = tensor.cast %i45_0 : tensor<2x3xf32> to tensor<?x?xf32>
  %o45 = func.call @unsqueeze(%d45_0) : (tensor<?x?xf32>) -> tensor<?x?x?x?xf32>
  %u45_0 = tensor.cast %o45 : tensor<?x?x?x?xf32> to tensor<*xf32>
  call @printMemrefF32(%u45_0) : (tensor<*xf32>) -> ()
  %i50_0 = arith.constant dense<[[1.0, -2.0, 3.0], [4.0, 5.0, -6.0]]> : tensor<2x3xf32>
  %d50_0 = tensor.cast %i50_0 : tensor<2x3xf32> to tensor<?x?xf32>
  %o50 = func.call @transpose(%d50_0) : (tensor<?x?xf32>) -> tensor<?x?xf32>
  %u50_0 = tensor.cast %o50 : tensor<?x?xf32> to tensor<*xf32>
  call @printMemrefF32(%u50_0) : (tensor<*xf32>) -> ()
  %i55_0 = arith.constant dense<[[[0.0, 1.0, 2.0, 3.0], [4.0, 5.0, 6.0, 7.0], [8.0, 9.0, 10.0, 11.0]], [[12.0, 13.0, 14.0, 15.0], [16.0, 17.0, 18.0, 19.0], [20.0, 21.0, 22.0, 23.0]]]> : tensor<2x3x4xf32>
  %d55_0 = tensor.cast %i55_0 : tensor<2x3x4xf32> to tensor<?x?x?xf32>
  %o55 = func.call @transpose_perm(%d55_0) : (tensor<?x?x?xf32>) -> tensor<?x?x?xf32>
  %u55_0 = tensor.cast %o55 : tensor<?x?x?xf32> to tensor<*xf32>
  call @printMemrefF32(%u55_0) : (tensor<*xf32>) -> ()
  %i60_0 = arith.constant dense<[[1.0], [2.0]]> : tensor<2x1xf32>
  %d60_0 = tensor.cast %i60_0 : tensor<2x1xf32> to tensor<?x?xf32>
  %o60 = func.call @expand(%d60_0) : (tensor<?x?xf32>) -> tensor<?x?x?xf32>
  %u60_0 = tensor.cast %o60 : tensor<?x?x?xf32> to tensor<*xf32>
  call @printMemrefF32(%u60_0) : (tensor<*xf32>) -> ()
  %i65_0 = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %d65_0 = tensor.cast %i65_0 : tensor<2xf32> to tensor<?xf32>
  %o65 = func.call @tile(%d65_0) : (tensor<?xf32>) -> tensor<?xf32>
  %u65_0 = tensor.cast %o65 : tensor<?xf32> to tensor<*xf32>
  call @printMemrefF32(%u65_0) : (tensor<*xf32>) -> ()
  %i70_0 = arith.constant dense<[[1.0, -2.0, 3.0], [4.0, 5.0, -6.0]]> : tensor<2x3xf32>
  %d70_0 = tensor.cast %i70_0 : tensor<2x3xf32> to tensor<?x?xf32>
  %i70_1 = arith.constant dense<[[1.0, -2.0, 3.0]]> : tensor<1x3xf32>
  %d70_1 = tensor.cast %i70_1 : tensor<1x3xf32> to tensor<?x?xf32>
  %o70 = func.call @concat(%d70_0, %d70_1) : (tensor<?x?xf32>, tensor<?x?xf32>) -> tensor<?x?xf32>
  %u70_0 = tensor.cast %o70 : tensor<?x?xf32> to tensor<*xf32>
  call @printMemrefF32(%u70_0) : (tensor<*xf32>) -> ()
  %i77_0 = arith.constant dense<[[1.0, -2.0, 3.0], [4.0, 5.0, -6.0]]> : tensor<2x3xf32>
  %d77_0 = tensor.cast %i77_0 : tensor<2x3xf32> to tensor<?x?xf32>
  %o77:2 = func.call @split(%d77_0) : (tensor<?x?xf32>) -> (tensor<?x?xf32>, tensor<?x?xf32>)
  %u77_0 = tensor.cast %o77#0 : tensor<?x?xf32> to tensor<*xf32>
  call @printMemrefF32(%u77_0) : (tensor<*xf32>) -> ()
  %u77_1 = tensor.cast %o77#1 : tensor<?x?xf32> to tensor<*xf32>
  call @printMemrefF32(%u77_1) : (tensor<*xf32>) -> ()
  %i84_0 = arith.constant dense<[[[0.0, 1.0, 2.0, 3.0], [4.0, 5.0, 6.0, 7.0], [8.0, 9.0, 10.0, 11.0]], [[12.0, 13.0, 14.0, 15.0], [16.0, 17.0, 18.0, 19.0], [20.0, 21.0, 22.0, 23.0]]]> : tensor<2x3x4xf32>
  %d84_0 = tensor.cast %i84_0 : tensor<2x3x4xf32> to tensor<?x?x?xf32>
  %o84 = func.call @slice(%d84_0) : (tensor<?x?x?xf32>) -> tensor<?x?x?xf32>
  %u84_0 = tensor.cast %o84 : tensor<?x?x?xf32> to tensor<*xf32>
  call @printMemrefF32(%u84_0) : (tensor<*xf32>) -> ()
  %i89_0 = arith.constant dense<[0.0, 1.0, 2.0, 3.0]> : tensor<4xf32>
  %d89_0 = tensor.cast %i89_0 : tensor<4xf32> to tensor<?xf32>
  %o89 = func.call @slice_back(%d89_0) : (tensor<?xf32>) -> tensor<?xf32>
  %u89_0 = tensor.cast %o89 : tensor<?xf32> to tensor<*xf32>
  call @printMemrefF32(%u89_0) : (tensor<*xf32>) -> ()
  %i94_0 = arith.constant dense<[[1.0, 1.0, 1.0], [1.0, 1.0, 1.0], [1.0, 1.0, 1.0]]> : tensor<3x3xf32>
  %d94_0 = tensor.cast %i94_0 : tensor<3x3xf32> to tensor<?x?xf32>
  %o94 = func.call @trilu(%d94_0) : (tensor<?x?xf32>) -> tensor<?x?xf32>
  %u94_0 = tensor.cast %o94 : tensor<?x?xf32> to tensor<*xf32>
  call @printMemrefF32(%u94_0) : (tensor<*xf32>) -> ()
  return
}
func.func private @printMemrefF32(%x: tensor<*xf32>)
func.func private @printMemrefI64(%x: tensor<*xi64>)

// shape
// CHECK: shape [3]
// CHECK-NEXT: [2, 3, 4]
// shape_part
// CHECK-NEXT: shape [1]
// CHECK-NEXT: [3]
// size
// CHECK-NEXT: shape []
// CHECK-NEXT: [24]
// range
// CHECK-NEXT: shape [3]
// CHECK-NEXT: [1, 4, 7]
// range_down
// CHECK-NEXT: shape [2]
// CHECK-NEXT: [3, 1]
// constant_of_shape
// CHECK-NEXT: shape [2, 2]
// CHECK-NEXT: {{\[\[}}7, 7],
// CHECK-NEXT: [7, 7]]
// reshape
// CHECK-NEXT: shape [2, 12]
// CHECK-NEXT: {{\[\[}}0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
// CHECK-NEXT: [12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23]]
// flatten
// CHECK-NEXT: shape [6, 4]
// CHECK-NEXT: {{\[\[}}0, 1, 2, 3],
// CHECK-NEXT: [4, 5, 6, 7],
// CHECK-NEXT: [8, 9, 10, 11],
// CHECK-NEXT: [12, 13, 14, 15],
// CHECK-NEXT: [16, 17, 18, 19],
// CHECK-NEXT: [20, 21, 22, 23]]
// squeeze
// CHECK-NEXT: shape [2, 3]
// CHECK-NEXT: {{\[\[}}1, -2, 3],
// CHECK-NEXT: [4, 5, -6]]
// unsqueeze
// CHECK-NEXT: shape [1, 2, 3, 1]
// CHECK-NEXT: {{\[\[\[}}[1],
// CHECK-NEXT: [-2],
// CHECK-NEXT: [3]],
// CHECK-NEXT: {{\[\[}}4],
// CHECK-NEXT: [5],
// CHECK-NEXT: [-6]]]]
// transpose
// CHECK-NEXT: shape [3, 2]
// CHECK-NEXT: {{\[\[}}1, 4],
// CHECK-NEXT: [-2, 5],
// CHECK-NEXT: [3, -6]]
// transpose_perm
// CHECK-NEXT: shape [3, 2, 4]
// CHECK-NEXT: {{\[\[\[}}0, 1, 2, 3],
// CHECK-NEXT: [12, 13, 14, 15]],
// CHECK-NEXT: {{\[\[}}4, 5, 6, 7],
// CHECK-NEXT: [16, 17, 18, 19]],
// CHECK-NEXT: {{\[\[}}8, 9, 10, 11],
// CHECK-NEXT: [20, 21, 22, 23]]]
// expand
// CHECK-NEXT: shape [2, 2, 3]
// CHECK-NEXT: {{\[\[\[}}1, 1, 1],
// CHECK-NEXT: [2, 2, 2]],
// CHECK-NEXT: {{\[\[}}1, 1, 1],
// CHECK-NEXT: [2, 2, 2]]]
// tile
// CHECK-NEXT: shape [4]
// CHECK-NEXT: [1, 2, 1, 2]
// concat
// CHECK-NEXT: shape [3, 3]
// CHECK-NEXT: {{\[\[}}1, -2, 3],
// CHECK-NEXT: [4, 5, -6],
// CHECK-NEXT: [1, -2, 3]]
// split #0
// CHECK-NEXT: shape [2, 2]
// CHECK-NEXT: {{\[\[}}1, -2],
// CHECK-NEXT: [4, 5]]
// split #1
// CHECK-NEXT: shape [2, 1]
// CHECK-NEXT: {{\[\[}}3],
// CHECK-NEXT: [-6]]
// slice
// CHECK-NEXT: shape [2, 3, 2]
// CHECK-NEXT: {{\[\[\[}}1, 3],
// CHECK-NEXT: [5, 7],
// CHECK-NEXT: [9, 11]],
// CHECK-NEXT: {{\[\[}}13, 15],
// CHECK-NEXT: [17, 19],
// CHECK-NEXT: [21, 23]]]
// slice_back
// CHECK-NEXT: shape [2]
// CHECK-NEXT: [3, 1]
// trilu
// CHECK-NEXT: shape [3, 3]
// CHECK-NEXT: {{\[\[}}1, 0, 0],
// CHECK-NEXT: [1, 1, 0],
// CHECK-NEXT: [1, 1, 1]]
