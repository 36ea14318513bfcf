// RUN: emo-opt --emo-onnx-to-linalg %s | %run_tensors | FileCheck %s
// Reads and writes where index tensors say; sizes that depend on values.

func.func private @gather(%a0: tensor<?x?xf32>, %a1: tensor<?x?xi64>) -> tensor<?x?x?xf32> {
  %r = onnx.node "Gather" version 13 (%a0, %a1) {axis = 0 : i64} : (tensor<?x?xf32>, tensor<?x?xi64>) -> tensor<?x?x?xf32>
  return %r : tensor<?x?x?xf32>
}

func.func private @gather_axis(%a0: tensor<?x?xf32>, %a1: tensor<i64>) -> tensor<?xf32> {
  %r = onnx.node "Gather" version 13 (%a0, %a1) {axis = 1 : i64} : (tensor<?x?xf32>, tensor<i64>) -> tensor<?xf32>
  return %r : tensor<?xf32>
}

func.func private @gather_elements(%a0: tensor<?x?xf32>, %a1: tensor<?x?xi64>) -> tensor<?x?xf32> {
  %r = onnx.node "GatherElements" version 13 (%a0, %a1) {axis = 1 : i64} : (tensor<?x?xf32>, tensor<?x?xi64>) -> tensor<?x?xf32>
  return %r : tensor<?x?xf32>
}

func.func private @gather_nd(%a0: tensor<?x?xf32>) -> tensor<?xf32> {
  %c1 = arith.constant dense<[[1, 0], [0, 2]]> : tensor<2x2xi64>
  %r = onnx.node "GatherND" version 13 (%a0, %c1) : (tensor<?x?xf32>, tensor<2x2xi64>) -> tensor<?xf32>
  return %r : tensor<?xf32>
}

func.func private @gather_nd_rows(%a0: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %c1 = arith.constant dense<[[1]]> : tensor<1x1xi64>
  %r = onnx.node "GatherND" version 13 (%a0, %c1) : (tensor<?x?xf32>, tensor<1x1xi64>) -> tensor<?x?xf32>
  return %r : tensor<?x?xf32>
}

func.func private @one_hot(%a0: tensor<?xi64>) -> tensor<?x?xf32> {
  %c1 = arith.constant dense<3> : tensor<i64>
  %c2 = arith.constant dense<[0.0, 1.0]> : tensor<2xf32>
  %r = onnx.node "OneHot" version 11 (%a0, %c1, %c2) : (tensor<?xi64>, tensor<i64>, tensor<2xf32>) -> tensor<?x?xf32>
  return %r : tensor<?x?xf32>
}

func.func private @top_k_ties(%a0: tensor<?x?xf32>) -> (tensor<?x?xf32>, tensor<?x?xi64>) {
  %c1 = arith.constant dense<[3]> : tensor<1xi64>
  %r:2 = onnx.node "TopK" version 24 (%a0, %c1) : (tensor<?x?xf32>, tensor<1xi64>) -> (tensor<?x?xf32>, tensor<?x?xi64>)
  return %r#0, %r#1 : tensor<?x?xf32>, tensor<?x?xi64>
}

func.func private @top_k_smallest(%a0: tensor<?xf32>) -> (tensor<?xf32>, tensor<?xi64>) {
  %c1 = arith.constant dense<[2]> : tensor<1xi64>
  %r:2 = onnx.node "TopK" version 24 (%a0, %c1) {largest = 0 : i64, axis = 0 : i64} : (tensor<?xf32>, tensor<1xi64>) -> (tensor<?xf32>, tensor<?xi64>)
  return %r#0, %r#1 : tensor<?xf32>, tensor<?xi64>
}

func.func private @non_zero(%a0: tensor<?x?xi1>) -> tensor<?x?xi64> {
  %r = onnx.node "NonZero" version 13 (%a0) : (tensor<?x?xi1>) -> tensor<?x?xi64>
  return %r : tensor<?x?xi64>
}

func.func private @scatter_nd_add(%a0: tensor<?xf32>, %a2: tensor<?xf32>) -> tensor<?xf32> {
  %c1 = arith.constant dense<[[1], [1], [-1]]> : tensor<3x1xi64>
  %r = onnx.node "ScatterND" version 18 (%a0, %c1, %a2) {reduction = "add"} : (tensor<?xf32>, tensor<3x1xi64>, tensor<?xf32>) -> tensor<?xf32>
  return %r : tensor<?xf32>
}

func.func private @scatter_nd(%a0: tensor<?x?xf32>, %a2: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %c1 = arith.constant dense<[[1]]> : tensor<1x1xi64>
  %r = onnx.node "ScatterND" version 18 (%a0, %c1, %a2) : (tensor<?x?xf32>, tensor<1x1xi64>, tensor<?x?xf32>) -> tensor<?x?xf32>
  return %r : tensor<?x?xf32>
}

func.func private @scatter_elements(%a0: tensor<?x?xf32>, %a1: tensor<?x?xi64>, %a2: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %r = onnx.node "ScatterElements" version 18 (%a0, %a1, %a2) {axis = 1 : i64} : (tensor<?x?xf32>, tensor<?x?xi64>, tensor<?x?xf32>) -> tensor<?x?xf32>
  return %r : tensor<?x?xf32>
}

func.func private @scatter_elements_add(%a0: tensor<?x?xf32>, %a1: tensor<?x?xi64>, %a2: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %r = onnx.node "ScatterElements" version 18 (%a0, %a1, %a2) {axis = 1 : i64, reduction = "add"} : (tensor<?x?xf32>, tensor<?x?xi64>, tensor<?x?xf32>) -> tensor<?x?xf32>
  return %r : tensor<?x?xf32>
}

func.func @main() {
  %i0_0 = arith.constant dense<[[1.0, -2.0, 3.0], [4.0, 5.0, -6.0]]> : tensor<2x3xf32>
  %d0_0 = tensor.cast %i0_0 : tensor<2x3xf32> to tensor<?x?xf32>
  %i0_1 = arith.constant dense<[[1, -2]]> : tensor<1x2xi64>
  %d0_1 = tensor.cast %i0_1 : tensor<1x2xi64> to tensor<?x?xi64>
  %o0 = func.call @gather(%d0_0, %d0_1) : (tensor<?x?xf32>, tensor<?x?xi64>) -> tensor<?x?x?xf32>
  %u0_0 = tensor.cast %o0 : tensor<?x?x?xf32> to tensor<*xf32>
  call @printMemrefF32(%u0_0) : (tensor<*xf32>) -> ()
  %i7_0 = arith.constant dense<[[1.0, -2.0, 3.0], [4.0, 5.0, -6.0]]> : tensor<2x3xf32>
  %d7_0 = tensor.cast %i7_0 : tensor<2x3xf32> to tensor<?x?xf32>
  %i7_1 = arith.constant dense<2> : tensor<i64>
  %o7 = func.call @gather_axis(%d7_0, %i7_1) : (tensor<?x?xf32>, tensor<i64>) -> tensor<?xf32>
  %u7_0 = tensor.cast %o7 : tensor<?xf32> to tensor<*xf32>
  call @printMemrefF32(%u7_0) : (tensor<*xf32>) -> ()
  %i13_0 = arith.constant dense<[[1.0, -2.0, 3.0], [4.0, 5.0, -6.0]]> : tensor<2x3xf32>
  %d13_0 = tensor.cast %i13_0 : tensor<2x3xf32> to tensor<?x?xf32>
  %i13_1 = arith.constant dense<[[0, 2], [1, 1]]> : tensor<2x2xi64>
  %d13_1 = tensor.cast %i13_1 : tensor<2x2xi64> to tensor<?x?xi64>
  %o13 = func.call @gather_elements(%d13_0, %d13_1) : (tensor<?x?xf32>, tensor<?x?xi64>) -> tensor<?x?xf32>
  %u13_0 = tensor.cast %o13 : tensor<?x?xf32> to tensor<*xf32>
  call @printMemrefF32(%u13_0) : (tensor<*xf32>) -> ()
  %i20_0 = arith.constant dense<[[1.0, -2.0, 3.0], [4.0, 5.0, -6.0]]> : tensor<2x3xf32>
  %d20_0 = tensor.cast %i20_0 : tensor<2x3xf32> to tensor<?x?xf32>
  %o20 = func.call @gather_nd(%d20_0) : (tensor<?x?xf32>) -> tensor<?xf32>
  %u20_0 = tensor.cast %o20 : tensor<?xf32> to tensor<*xf32>
  call @printMemrefF32(%u20_0) : (tensor<*xf32>) -> ()
  %i25_0 = arith.constant dense<[[1.0, -2.0, 3.0], [4.0, 5.0, -6.0]]> : tensor<2x3xf32>
  %d25_0 = tensor.cast %i25_0 : tensor<2x3xf32> to tensor<?x?xf32>
  %o25 = func.call @gather_nd_rows(%d25_0) : (tensor<?x?xf32>) -> tensor<?x?xf32>
  %u25_0 = tensor.cast %o25 : tensor<?x?xf32> to tensor<*xf32>
  call @printMemrefF32(%u25_0) : (tensor<*xf32>) -> ()
  %i30_0 = arith.constant dense<[0, 2]> : tensor<2xi64>
  %d30_0 = tensor.cast %i30_0 : tensor<2xi64> to tensor<?xi64>
  %o30 = func.call @one_hot(%d30_0) : (tensor<?xi64>) -> tensor<?x?xf32>
  %u30_0 = tensor.cast %o30 : tensor<?x?xf32> to tensor<*xf32>
  call @printMemrefF32(%u30_0) : (tensor<*xf32>) -> ()
  %i35_0 = arith.constant dense<[[1.0, 3.0, 3.0, 2.0], [5.0, 5.0, 5.0, 5.0]]> : tensor<2x4xf32>
  %d35_0 = tensor.cast %i35_0 : tensor<2x4xf32> to tensor<?x?xf32>
  %o35:2 = func.call @top_k_ties(%d35_0) : (tensor<?x?xf32>) -> (tensor<?x?xf32>, tensor<?x?xi64>)
  %u35_0 = tensor.cast %o35#0 : tensor<?x?xf32> to tensor<*xf32>
  call @printMemrefF32(%u35_0) : (tensor<*xf32>) -> ()
  %u35_1 = tensor.cast %o35#1 : tensor<?x?xi64> to tensor<*xi64>
  call @printMemrefI64(%u35_1) : (tensor<*xi64>) -> ()
  %i42_0 = arith.constant dense<[4.0, 1.0, 3.0, 1.0]> : tensor<4xf32>
  %d42_0 = tensor.cast %i42_0 : tensor<4xf32> to tensor<?xf32>
  %o42:2 = func.call @top_k_smallest(%d42_0) : (tensor<?xf32>) -> (tensor<?xf32>, tensor<?xi64>)
  %u42_0 = tensor.cast %o42#0 : tensor<?xf32> to tensor<*xf32>
  call @printMemrefF32(%u42_0) : (tensor<*xf32>) -> ()
  %u42_1 = tensor.cast %o42#1 : tensor<?xi64> to tensor<*xi64>
  call @printMemrefI64(%u42_1) : (tensor<*xi64>) -> ()
  %i49_0 = arith.constant dense<[[true, false, true], [false, false, true]]> : tensor<2x3xi1>
  %d49_0 = tensor.cast %i49_0 : tensor<2x3xi1> to tensor<?x?xi1>
  %o49 = func.call @non_zero(%d49_0) : (tensor<?x?xi1>) -> tensor<?x?xi64>
  %u49_0 = tensor.cast %o49 : tensor<?x?xi64> to tensor<*xi64>
  call @printMemrefI64(%u49_0) : (tensor<*xi64>) -> ()
  %i54_0 = arith.constant dense<[1.0, 2.0, 3.0]> : tensor<3xf32>
  %d54_0 = tensor.cast %i54_0 : tensor<3xf32> to tensor<?xf32>
  %i54_1 = arith.constant dense<[10.0, 20.0, 30.0]> : tensor<3xf32>
  %d54_1 = tensor.cast %i54_1 : tensor<3xf32> to tensor<?xf32>
  %o54 = func.call @scatter_nd_add(%d54_0, %d54_1) : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>
  %u54_0 = tensor.cast %o54 : tensor<?xf32> to tensor<*xf32>
  call @printMemrefF32(%u54_0) : (tensor<*xf32>) -> ()
  %i61_0 = arith.constant dense<[[1.0, -2.0, 3.0], [4.0, 5.0, -6.0]]> : tensor<2x3xf32>
  %d61_0 = tensor.cast %i61_0 : tensor<2x3xf32> to tensor<?x?xf32>
  %i61_1 = arith.constant dense<[[7.0, 8.0, 9.0]]> : tensor<1x3xf32>
  %d61_1 = tensor.cast %i61_1 : tensor<1x3xf32> to tensor<?x?xf32>
  %o61 = func.call @scatter_nd(%d61_0, %d61_1) : (tensor<?x?xf32>, tensor<?x?xf32>) -> tensor<?x?xf32>
  %u61_0 = tensor.cast %o61 : tensor<?x?xf32> to tensor<*xf32>
  call @printMemrefF32(%u61_0) : (tensor<*xf32>) -> ()
  %i68_0 = arith.constant dense<[[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]> : tensor<2x3xf32>
  %d68_0 = tensor.cast %i68_0 : tensor<2x3xf32> to tensor<?x?xf32>
  %i68_1 = arith.constant dense<[[2, 0], [1, 2]]> : tensor<2x2xi64>
  %d68_1 = tensor.cast %i68_1 : tensor<2x2xi64> to tensor<?x?xi64>
  %i68_2 = arith.constant dense<[[5.0, 6.0], [7.0, 8.0]]> : tensor<2x2xf32>
  %d68_2 = tensor.cast %i68_2 : tensor<2x2xf32> to tensor<?x?xf32>
  %o68 = func.call @scatter_elements(%d68_0, %d68_1, %d68_2) : (tensor<?x?xf32>, tensor<?x?xi64>, tensor<?x?xf32>) -> tensor<?x?xf32>
  %u68_0 = tensor.cast %o68 : tensor<?x?xf32> to tensor<*xf32>
  call @printMemrefF32(%u68_0) : (tensor<*xf32>) -> ()
  %i77_0 = arith.constant dense<[[1.0, 1.0]]> : tensor<1x2xf32>
  %d77_0 = tensor.cast %i77_0 : tensor<1x2xf32> to tensor<?x?xf32>
  %i77_1 = arith.constant dense<[[0, 0]]> : tensor<1x2xi64>
  %d77_1 = tensor.cast %i77_1 : tensor<1x2xi64> to tensor<?x?xi64>
  %i77_2 = arith.constant dense<[[5.0, 6.0]]> : tensor<1x2xf32>
  %d77_2 = tensor.cast %i77_2 : tensor<1x2xf32> to tensor<?x?xf32>
  %o77 = func.call @scatter_elements_add(%d77_0, %d77_1, %d77_2) : (tensor<?x?xf32>, tensor<?x?xi64>, tensor<?x?xf32>) -> tensor<?x?xf32>
  %u77_0 = tensor.cast %o77 : tensor<?x?xf32> to tensor<*xf32>
  call @printMemrefF32(%u77_0) : (tensor<*xf32>) -> ()
  return
}
func.func private @printMemrefF32(%x: tensor<*xf32>)
func.func private @printMemrefI64(%x: tensor<*xi64>)

// gather
// CHECK: shape [1, 2, 3]
// CHECK-NEXT: {{\[\[\[}}4, 5, -6],
// CHECK-NEXT: [1, -2, 3]]]
// gather_axis
// CHECK-NEXT: shape [2]
// CHECK-NEXT: [3, -6]
// gather_elements
// CHECK-NEXT: shape [2, 2]
// CHECK-NEXT: {{\[\[}}1, 3],
// CHECK-NEXT: [5, 5]]
// gather_nd
// CHECK-NEXT: shape [2]
// CHECK-NEXT: [4, 3]
// gather_nd_rows
// CHECK-NEXT: shape [1, 3]
// CHECK-NEXT: {{\[\[}}4, 5, -6]]
// one_hot
// CHECK-NEXT: shape [2, 3]
// CHECK-NEXT: {{\[\[}}1, 0, 0],
// CHECK-NEXT: [0, 0, 1]]
// top_k_ties #0
// CHECK-NEXT: shape [2, 3]
// CHECK-NEXT: {{\[\[}}3, 3, 2],
// CHECK-NEXT: [5, 5, 5]]
// top_k_ties #1
// CHECK-NEXT: shape [2, 3]
// CHECK-NEXT: {{\[\[}}1, 2, 3],
// CHECK-NEXT: [0, 1, 2]]
// top_k_smallest #0
// CHECK-NEXT: shape [2]
// CHECK-NEXT: [1, 1]
// top_k_smallest #1
// CHECK-NEXT: shape [2]
// CHECK-NEXT: [1, 3]
// non_zero
// CHECK-NEXT: shape [2, 3]
// CHECK-NEXT: {{\[\[}}0, 0, 1],
// CHECK-NEXT: [0, 2, 2]]
// scatter_nd_add
// CHECK-NEXT: shape [3]
// CHECK-NEXT: [1, 32, 33]
// scatter_nd
// CHECK-NEXT: shape [2, 3]
// CHECK-NEXT: {{\[\[}}1, -2, 3],
// CHECK-NEXT: [7, 8, 9]]
// scatter_elements
// CHECK-NEXT: shape [2, 3]
// CHECK-NEXT: {{\[\[}}6, 0, 5],
// CHECK-NEXT: [0, 7, 8]]
// scatter_elements_add
// CHECK-NEXT: shape [1, 2]
// CHECK-NEXT: {{\[\[}}12, 1]]
