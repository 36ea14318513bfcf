// RUN: emo-opt --emo-to-linalg %s | %run_tensors | FileCheck %s
// RUN: sed -e 's/f32/f64/g;s/F32/F64/g' %s | emo-opt --emo-to-linalg | %run_tensors | FileCheck %s
// Grouping, dispatch, experts and combination.

func.func private @group(%i: tensor<?x?xi32>) -> (tensor<6xi32>, tensor<?xi32>, tensor<?x?xi32>) {
  %o, %t, %v = emo.group_by_expert %i {num_experts = 5 : i64} : tensor<?x?xi32> -> tensor<6xi32>, tensor<?xi32>, tensor<?x?xi32>
  return %o, %t, %v : tensor<6xi32>, tensor<?xi32>, tensor<?x?xi32>
}

func.func private @dispatch(%x: tensor<?x2xf32>, %t: tensor<?xi32>) -> tensor<?x2xf32> {
  %r = emo.dispatch %x, %t : tensor<?x2xf32>, tensor<?xi32> -> tensor<?x2xf32>
  return %r : tensor<?x2xf32>
}

func.func private @grouped(%x: tensor<?x2xf32>, %w: tensor<?x3x2xf32>, %o: tensor<?xi32>, %b: tensor<?x3xf32>) -> (tensor<?x3xf32>, tensor<?x3xf32>) {
  %r = emo.grouped_matmul %x, %w, %o : tensor<?x2xf32>, tensor<?x3x2xf32>, tensor<?xi32> -> tensor<?x3xf32>
  %s = emo.grouped_matmul %x, %w, %o bias(%b : tensor<?x3xf32>) : tensor<?x2xf32>, tensor<?x3x2xf32>, tensor<?xi32> -> tensor<?x3xf32>
  return %r, %s : tensor<?x3xf32>, tensor<?x3xf32>
}

func.func private @plain_silu(%x: tensor<?x2xf32>, %o: tensor<?xi32>, %u: tensor<2x3x2xf32>, %d: tensor<2x2x3xf32>) -> tensor<?x2xf32> {
  %r = emo.expert_mlp %x, %o up(%u : tensor<2x3x2xf32>) down(%d : tensor<2x2x3xf32>) {activation = #emo.activation<silu>} : tensor<?x2xf32>, tensor<?xi32> -> tensor<?x2xf32>
  return %r : tensor<?x2xf32>
}

func.func private @plain_gelu(%x: tensor<?x2xf32>, %o: tensor<?xi32>, %u: tensor<2x3x2xf32>, %d: tensor<2x2x3xf32>) -> tensor<?x2xf32> {
  %r = emo.expert_mlp %x, %o up(%u : tensor<2x3x2xf32>) down(%d : tensor<2x2x3xf32>) {activation = #emo.activation<gelu>} : tensor<?x2xf32>, tensor<?xi32> -> tensor<?x2xf32>
  return %r : tensor<?x2xf32>
}

func.func private @plain_gelu_tanh(%x: tensor<?x2xf32>, %o: tensor<?xi32>, %u: tensor<2x3x2xf32>, %d: tensor<2x2x3xf32>) -> tensor<?x2xf32> {
  %r = emo.expert_mlp %x, %o up(%u : tensor<2x3x2xf32>) down(%d : tensor<2x2x3xf32>) {activation = #emo.activation<gelu_tanh>} : tensor<?x2xf32>, tensor<?xi32> -> tensor<?x2xf32>
  return %r : tensor<?x2xf32>
}

func.func private @plain_relu(%x: tensor<?x2xf32>, %o: tensor<?xi32>, %u: tensor<2x3x2xf32>, %d: tensor<2x2x3xf32>) -> tensor<?x2xf32> {
  %r = emo.expert_mlp %x, %o up(%u : tensor<2x3x2xf32>) down(%d : tensor<2x2x3xf32>) {activation = #emo.activation<relu>} : tensor<?x2xf32>, tensor<?xi32> -> tensor<?x2xf32>
  return %r : tensor<?x2xf32>
}

func.func private @plain_identity(%x: tensor<?x2xf32>, %o: tensor<?xi32>, %u: tensor<2x3x2xf32>, %d: tensor<2x2x3xf32>) -> tensor<?x2xf32> {
  %r = emo.expert_mlp %x, %o up(%u : tensor<2x3x2xf32>) down(%d : tensor<2x2x3xf32>) {activation = #emo.activation<identity>} : tensor<?x2xf32>, tensor<?xi32> -> tensor<?x2xf32>
  return %r : tensor<?x2xf32>
}

func.func private @gated(%x: tensor<?x2xf32>, %o: tensor<?xi32>, %u: tensor<2x3x2xf32>, %d: tensor<2x2x3xf32>, %g: tensor<2x3x2xf32>) -> tensor<?x2xf32> {
  %r = emo.expert_mlp %x, %o up(%u : tensor<2x3x2xf32>) down(%d : tensor<2x2x3xf32>) gate(%g : tensor<2x3x2xf32>) : tensor<?x2xf32>, tensor<?xi32> -> tensor<?x2xf32>
  return %r : tensor<?x2xf32>
}

func.func private @clamped(%x: tensor<?x2xf32>, %o: tensor<?xi32>, %u: tensor<2x3x2xf32>, %d: tensor<2x2x3xf32>, %g: tensor<2x3x2xf32>, %ub: tensor<2x3xf32>, %db: tensor<2x2xf32>, %gb: tensor<2x3xf32>) -> tensor<?x2xf32> {
  %r = emo.expert_mlp %x, %o up(%u : tensor<2x3x2xf32>) down(%d : tensor<2x2x3xf32>) gate(%g : tensor<2x3x2xf32>) up_bias(%ub : tensor<2x3xf32>) down_bias(%db : tensor<2x2xf32>) gate_bias(%gb : tensor<2x3xf32>) {limit = 1.5 : f64, alpha = 1.702 : f64, beta = 1.0 : f64} : tensor<?x2xf32>, tensor<?xi32> -> tensor<?x2xf32>
  return %r : tensor<?x2xf32>
}

func.func private @combine(%x: tensor<?x2xf32>, %w: tensor<?x?xf32>, %v: tensor<?x?xi32>) -> tensor<?x2xf32> {
  %r = emo.combine %x, %w, %v : tensor<?x2xf32>, tensor<?x?xf32>, tensor<?x?xi32> -> tensor<?x2xf32>
  return %r : tensor<?x2xf32>
}

func.func @main() {
  %c0_0 = arith.constant dense<[[2, 0], [0, 3], [2, 3], [0, 2]]> : tensor<4x2xi32>
  %a0_0 = tensor.cast %c0_0 : tensor<4x2xi32> to tensor<?x?xi32>
  %r0:3 = func.call @group(%a0_0) : (tensor<?x?xi32>) -> (tensor<6xi32>, tensor<?xi32>, tensor<?x?xi32>)
  %u0_0 = tensor.cast %r0#0 : tensor<6xi32> to tensor<*xi32>
  call @printMemrefI32(%u0_0) : (tensor<*xi32>) -> ()
  %u0_1 = tensor.cast %r0#1 : tensor<?xi32> to tensor<*xi32>
  call @printMemrefI32(%u0_1) : (tensor<*xi32>) -> ()
  %u0_2 = tensor.cast %r0#2 : tensor<?x?xi32> to tensor<*xi32>
  call @printMemrefI32(%u0_2) : (tensor<*xi32>) -> ()
  %c1_0 = arith.constant dense<[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]> : tensor<3x2xf32>
  %a1_0 = tensor.cast %c1_0 : tensor<3x2xf32> to tensor<?x2xf32>
  %c1_1 = arith.constant dense<[2, 0, 0, 1]> : tensor<4xi32>
  %a1_1 = tensor.cast %c1_1 : tensor<4xi32> to tensor<?xi32>
  %r1 = func.call @dispatch(%a1_0, %a1_1) : (tensor<?x2xf32>, tensor<?xi32>) -> (tensor<?x2xf32>)
  %u1_0 = tensor.cast %r1 : tensor<?x2xf32> to tensor<*xf32>
  call @printMemrefF32(%u1_0) : (tensor<*xf32>) -> ()
  %c2_0 = arith.constant dense<[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [-1.0, 0.5]]> : tensor<4x2xf32>
  %a2_0 = tensor.cast %c2_0 : tensor<4x2xf32> to tensor<?x2xf32>
  %c2_1 = arith.constant dense<[[[-2.0, -1.75], [-1.5, -1.25], [-1.0, -0.75]], [[-0.5, -0.25], [0.0, 0.25], [0.5, 0.75]], [[1.0, 1.25], [1.5, 1.75], [2.0, 2.25]], [[2.5, 2.75], [3.0, 3.25], [3.5, 3.75]]]> : tensor<4x3x2xf32>
  %a2_1 = tensor.cast %c2_1 : tensor<4x3x2xf32> to tensor<?x3x2xf32>
  %c2_2 = arith.constant dense<[0, 1, 1, 3, 4]> : tensor<5xi32>
  %a2_2 = tensor.cast %c2_2 : tensor<5xi32> to tensor<?xi32>
  %c2_3 = arith.constant dense<[[0.0, 0.5, 1.0], [1.5, 2.0, 2.5], [3.0, 3.5, 4.0], [4.5, 5.0, 5.5]]> : tensor<4x3xf32>
  %a2_3 = tensor.cast %c2_3 : tensor<4x3xf32> to tensor<?x3xf32>
  %r2:2 = func.call @grouped(%a2_0, %a2_1, %a2_2, %a2_3) : (tensor<?x2xf32>, tensor<?x3x2xf32>, tensor<?xi32>, tensor<?x3xf32>) -> (tensor<?x3xf32>, tensor<?x3xf32>)
  %u2_0 = tensor.cast %r2#0 : tensor<?x3xf32> to tensor<*xf32>
  call @printMemrefF32(%u2_0) : (tensor<*xf32>) -> ()
  %u2_1 = tensor.cast %r2#1 : tensor<?x3xf32> to tensor<*xf32>
  call @printMemrefF32(%u2_1) : (tensor<*xf32>) -> ()
  %c3_0 = arith.constant dense<[[0.5, 1.0], [1.5, 2.0], [2.5, 3.0]]> : tensor<3x2xf32>
  %a3_0 = tensor.cast %c3_0 : tensor<3x2xf32> to tensor<?x2xf32>
  %c3_1 = arith.constant dense<[0, 1, 3]> : tensor<3xi32>
  %a3_1 = tensor.cast %c3_1 : tensor<3xi32> to tensor<?xi32>
  %c3_2 = arith.constant dense<[[[1.0, 0.5], [-0.5, 2.0], [0.25, -1.0]], [[0.5, 0.5], [1.0, -1.0], [2.0, 0.25]]]> : tensor<2x3x2xf32>
  %c3_3 = arith.constant dense<[[[1.0, 0.5, -1.0], [0.5, 2.0, 0.25]], [[-1.0, 1.0, 0.5], [0.25, 0.5, 1.0]]]> : tensor<2x2x3xf32>
  %r3 = func.call @plain_silu(%a3_0, %a3_1, %c3_2, %c3_3) : (tensor<?x2xf32>, tensor<?xi32>, tensor<2x3x2xf32>, tensor<2x2x3xf32>) -> (tensor<?x2xf32>)
  %u3_0 = tensor.cast %r3 : tensor<?x2xf32> to tensor<*xf32>
  call @printMemrefF32(%u3_0) : (tensor<*xf32>) -> ()
  %c4_0 = arith.constant dense<[[0.5, 1.0], [1.5, 2.0], [2.5, 3.0]]> : tensor<3x2xf32>
  %a4_0 = tensor.cast %c4_0 : tensor<3x2xf32> to tensor<?x2xf32>
  %c4_1 = arith.constant dense<[0, 1, 3]> : tensor<3xi32>
  %a4_1 = tensor.cast %c4_1 : tensor<3xi32> to tensor<?xi32>
  %c4_2 = arith.constant dense<[[[1.0, 0.5], [-0.5, 2.0], [0.25, -1.0]], [[0.5, 0.5], [1.0, -1.0], [2.0, 0.25]]]> : tensor<2x3x2xf32>
  %c4_3 = arith.constant dense<[[[1.0, 0.5, -1.0], [0.5, 2.0, 0.25]], [[-1.0, 1.0, 0.5], [0.25, 0.5, 1.0]]]> : tensor<2x2x3xf32>
  %r4 = func.call @plain_gelu(%a4_0, %a4_1, %c4_2, %c4_3) : (tensor<?x2xf32>, tensor<?xi32>, tensor<2x3x2xf32>, tensor<2x2x3xf32>) -> (tensor<?x2xf32>)
  %u4_0 = tensor.cast %r4 : tensor<?x2xf32> to tensor<*xf32>
  call @printMemrefF32(%u4_0) : (tensor<*xf32>) -> ()
  %c5_0 = arith.constant dense<[[0.5, 1.0], [1.5, 2.0], [2.5, 3.0]]> : tensor<3x2xf32>
  %a5_0 = tensor.cast %c5_0 : tensor<3x2xf32> to tensor<?x2xf32>
  %c5_1 = arith.constant dense<[0, 1, 3]> : tensor<3xi32>
  %a5_1 = tensor.cast %c5_1 : tensor<3xi32> to tensor<?xi32>
  %c5_2 = arith.constant dense<[[[1.0, 0.5], [-0.5, 2.0], [0.25, -1.0]], [[0.5, 0.5], [1.0, -1.0], [2.0, 0.25]]]> : tensor<2x3x2xf32>
  %c5_3 = arith.constant dense<[[[1.0, 0.5, -1.0], [0.5, 2.0, 0.25]], [[-1.0, 1.0, 0.5], [0.25, 0.5, 1.0]]]> : tensor<2x2x3xf32>
  %r5 = func.call @plain_gelu_tanh(%a5_0, %a5_1, %c5_2, %c5_3) : (tensor<?x2xf32>, tensor<?xi32>, tensor<2x3x2xf32>, tensor<2x2x3xf32>) -> (tensor<?x2xf32>)
  %u5_0 = tensor.cast %r5 : tensor<?x2xf32> to tensor<*xf32>
  call @printMemrefF32(%u5_0) : (tensor<*xf32>) -> ()
  %c6_0 = arith.constant dense<[[0.5, 1.0], [1.5, 2.0], [2.5, 3.0]]> : tensor<3x2xf32>
  %a6_0 = tensor.cast %c6_0 : tensor<3x2xf32> to tensor<?x2xf32>
  %c6_1 = arith.constant dense<[0, 1, 3]> : tensor<3xi32>
  %a6_1 = tensor.cast %c6_1 : tensor<3xi32> to tensor<?xi32>
  %c6_2 = arith.constant dense<[[[1.0, 0.5], [-0.5, 2.0], [0.25, -1.0]], [[0.5, 0.5], [1.0, -1.0], [2.0, 0.25]]]> : tensor<2x3x2xf32>
  %c6_3 = arith.constant dense<[[[1.0, 0.5, -1.0], [0.5, 2.0, 0.25]], [[-1.0, 1.0, 0.5], [0.25, 0.5, 1.0]]]> : tensor<2x2x3xf32>
  %r6 = func.call @plain_relu(%a6_0, %a6_1, %c6_2, %c6_3) : (tensor<?x2xf32>, tensor<?xi32>, tensor<2x3x2xf32>, tensor<2x2x3xf32>) -> (tensor<?x2xf32>)
  %u6_0 = tensor.cast %r6 : tensor<?x2xf32> to tensor<*xf32>
  call @printMemrefF32(%u6_0) : (tensor<*xf32>) -> ()
  %c7_0 = arith.constant dense<[[0.5, 1.0], [1.5, 2.0], [2.5, 3.0]]> : tensor<3x2xf32>
  %a7_0 = tensor.cast %c7_0 : tensor<3x2xf32> to tensor<?x2xf32>
  %c7_1 = arith.constant dense<[0, 1, 3]> : tensor<3xi32>
  %a7_1 = tensor.cast %c7_1 : tensor<3xi32> to tensor<?xi32>
  %c7_2 = arith.constant dense<[[[1.0, 0.5], [-0.5, 2.0], [0.25, -1.0]], [[0.5, 0.5], [1.0, -1.0], [2.0, 0.25]]]> : tensor<2x3x2xf32>
  %c7_3 = arith.constant dense<[[[1.0, 0.5, -1.0], [0.5, 2.0, 0.25]], [[-1.0, 1.0, 0.5], [0.25, 0.5, 1.0]]]> : tensor<2x2x3xf32>
  %r7 = func.call @plain_identity(%a7_0, %a7_1, %c7_2, %c7_3) : (tensor<?x2xf32>, tensor<?xi32>, tensor<2x3x2xf32>, tensor<2x2x3xf32>) -> (tensor<?x2xf32>)
  %u7_0 = tensor.cast %r7 : tensor<?x2xf32> to tensor<*xf32>
  call @printMemrefF32(%u7_0) : (tensor<*xf32>) -> ()
  %c8_0 = arith.constant dense<[[0.5, 1.0], [1.5, 2.0], [2.5, 3.0]]> : tensor<3x2xf32>
  %a8_0 = tensor.cast %c8_0 : tensor<3x2xf32> to tensor<?x2xf32>
  %c8_1 = arith.constant dense<[0, 1, 3]> : tensor<3xi32>
  %a8_1 = tensor.cast %c8_1 : tensor<3xi32> to tensor<?xi32>
  %c8_2 = arith.constant dense<[[[1.0, 0.5], [-0.5, 2.0], [0.25, -1.0]], [[0.5, 0.5], [1.0, -1.0], [2.0, 0.25]]]> : tensor<2x3x2xf32>
  %c8_3 = arith.constant dense<[[[1.0, 0.5, -1.0], [0.5, 2.0, 0.25]], [[-1.0, 1.0, 0.5], [0.25, 0.5, 1.0]]]> : tensor<2x2x3xf32>
  %c8_4 = arith.constant dense<[[[0.75, 0.0], [1.25, 0.75], [2.25, 0.125]], [[1.25, 0.0], [-0.25, -0.75], [0.5, 0.75]]]> : tensor<2x3x2xf32>
  %r8 = func.call @gated(%a8_0, %a8_1, %c8_2, %c8_3, %c8_4) : (tensor<?x2xf32>, tensor<?xi32>, tensor<2x3x2xf32>, tensor<2x2x3xf32>, tensor<2x3x2xf32>) -> (tensor<?x2xf32>)
  %u8_0 = tensor.cast %r8 : tensor<?x2xf32> to tensor<*xf32>
  call @printMemrefF32(%u8_0) : (tensor<*xf32>) -> ()
  %c9_0 = arith.constant dense<[[0.5, 1.0], [1.5, 2.0], [2.5, 3.0]]> : tensor<3x2xf32>
  %a9_0 = tensor.cast %c9_0 : tensor<3x2xf32> to tensor<?x2xf32>
  %c9_1 = arith.constant dense<[0, 1, 3]> : tensor<3xi32>
  %a9_1 = tensor.cast %c9_1 : tensor<3xi32> to tensor<?xi32>
  %c9_2 = arith.constant dense<[[[1.0, 0.5], [-0.5, 2.0], [0.25, -1.0]], [[0.5, 0.5], [1.0, -1.0], [2.0, 0.25]]]> : tensor<2x3x2xf32>
  %c9_3 = arith.constant dense<[[[1.0, 0.5, -1.0], [0.5, 2.0, 0.25]], [[-1.0, 1.0, 0.5], [0.25, 0.5, 1.0]]]> : tensor<2x2x3xf32>
  %c9_4 = arith.constant dense<[[[0.75, 0.0], [1.25, 0.75], [2.25, 0.125]], [[1.25, 0.0], [-0.25, -0.75], [0.5, 0.75]]]> : tensor<2x3x2xf32>
  %c9_5 = arith.constant dense<[[0.5, 0.0, -0.5], [0.25, 0.5, 0.75]]> : tensor<2x3xf32>
  %c9_6 = arith.constant dense<[[1.0, -1.0], [0.5, 0.25]]> : tensor<2x2xf32>
  %c9_7 = arith.constant dense<[[0.5, 1.0, 1.5], [1.0, 0.0, -1.0]]> : tensor<2x3xf32>
  %r9 = func.call @clamped(%a9_0, %a9_1, %c9_2, %c9_3, %c9_4, %c9_5, %c9_6, %c9_7) : (tensor<?x2xf32>, tensor<?xi32>, tensor<2x3x2xf32>, tensor<2x2x3xf32>, tensor<2x3x2xf32>, tensor<2x3xf32>, tensor<2x2xf32>, tensor<2x3xf32>) -> (tensor<?x2xf32>)
  %u9_0 = tensor.cast %r9 : tensor<?x2xf32> to tensor<*xf32>
  call @printMemrefF32(%u9_0) : (tensor<*xf32>) -> ()
  %c10_0 = arith.constant dense<[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [-1.0, 0.5]]> : tensor<4x2xf32>
  %a10_0 = tensor.cast %c10_0 : tensor<4x2xf32> to tensor<?x2xf32>
  %c10_1 = arith.constant dense<[[0.5, 0.25], [1.0, 2.0]]> : tensor<2x2xf32>
  %a10_1 = tensor.cast %c10_1 : tensor<2x2xf32> to tensor<?x?xf32>
  %c10_2 = arith.constant dense<[[3, 0], [1, 2]]> : tensor<2x2xi32>
  %a10_2 = tensor.cast %c10_2 : tensor<2x2xi32> to tensor<?x?xi32>
  %r10 = func.call @combine(%a10_0, %a10_1, %a10_2) : (tensor<?x2xf32>, tensor<?x?xf32>, tensor<?x?xi32>) -> (tensor<?x2xf32>)
  %u10_0 = tensor.cast %r10 : tensor<?x2xf32> to tensor<*xf32>
  call @printMemrefF32(%u10_0) : (tensor<*xf32>) -> ()
  return
}
func.func private @printMemrefF32(%x: tensor<*xf32>)
func.func private @printMemrefI32(%x: tensor<*xi32>)

// stable; experts 1 and 4 are empty
// CHECK: shape [6]
// CHECK-NEXT: [0, 3, 3, 6, 8, 8]
// CHECK-NEXT: shape [8]
// CHECK-NEXT: [0, 1, 3, 0, 2, 3, 1, 2]
// CHECK-NEXT: shape [4, 2]
// CHECK-NEXT: {{\[\[}}3, 0],
// CHECK-NEXT: [1, 6],
// CHECK-NEXT: [4, 7],
// CHECK-NEXT: [2, 5]]
// dispatch
// CHECK-NEXT: shape [4, 2]
// CHECK-NEXT: {{\[\[}}5, 6],
// CHECK-NEXT: [1, 2],
// CHECK-NEXT: [1, 2],
// CHECK-NEXT: [3, 4]]
// expert 1 has no rows
// CHECK-NEXT: shape [4, 3]
// CHECK-NEXT: {{\[\[}}-5.5, -4, -2.5],
// CHECK-NEXT: [8, 11.5, 15],
// CHECK-NEXT: [12.5, 18, 23.5],
// CHECK-NEXT: [-1.125, -1.375, -1.625]]
// CHECK-NEXT: shape [4, 3]
// CHECK-NEXT: {{\[\[}}-5.5, -3.5, -1.5],
// CHECK-NEXT: [11, 15, 19],
// CHECK-NEXT: [15.5, 21.5, 27.5],
// CHECK-NEXT: [3.375, 3.625, 3.875]]
// plain_silu
// CHECK-NEXT: shape [3, 2]
// CHECK-NEXT: {{\[\[}}1.733{{[0-9]+}}, 3.283],
// CHECK-NEXT: [0.01901{{[0-9]+}}, 3.675{{[0-9]+}}],
// CHECK-NEXT: [0.09234{{[0-9]+}}, 6.283{{[0-9]+}}]]
// plain_gelu
// CHECK-NEXT: shape [3, 2]
// CHECK-NEXT: {{\[\[}}1.848{{[0-9]+}}, 3.738{{[0-9]+}}],
// CHECK-NEXT: [-0.08457{{[0-9]+}}, 3.842{{[0-9]+}}],
// CHECK-NEXT: [-0.02107{{[0-9]+}}, 6.358{{[0-9]+}}]]
// plain_gelu_tanh
// CHECK-NEXT: shape [3, 2]
// CHECK-NEXT: {{\[\[}}1.848{{[0-9]+}}, 3.738{{[0-9]+}}],
// CHECK-NEXT: [-0.08438{{[0-9]+}}, 3.842{{[0-9]+}}],
// CHECK-NEXT: [-0.02156{{[0-9]+}}, 6.358{{[0-9]+}}]]
// plain_relu
// CHECK-NEXT: shape [3, 2]
// CHECK-NEXT: {{\[\[}}1.875, 4],
// CHECK-NEXT: [0, 3.9375],
// CHECK-NEXT: [0.125, 6.4375]]
// plain_identity
// CHECK-NEXT: shape [3, 2]
// CHECK-NEXT: {{\[\[}}2.75, 3.781{{[0-9]+}}],
// CHECK-NEXT: [-0.5, 3.6875],
// CHECK-NEXT: [-0.375, 6.1875]]
// the network of EMO
// CHECK-NEXT: shape [3, 2]
// CHECK-NEXT: {{\[\[}}2.032{{[0-9]+}}, 3.739{{[0-9]+}}],
// CHECK-NEXT: [0.8417{{[0-9]+}}, 7.897{{[0-9]+}}],
// CHECK-NEXT: [1.612{{[0-9]+}}, 21.63{{[0-9]+}}]]
// biases, limit, alpha and beta
// CHECK-NEXT: shape [3, 2]
// CHECK-NEXT: {{\[\[}}5.046{{[0-9]+}}, 6.720{{[0-9]+}}],
// CHECK-NEXT: [-1.657{{[0-9]+}}, 3.8751],
// CHECK-NEXT: [-1.260{{[0-9]+}}, 4.588{{[0-9]+}}]]
// combine
// CHECK-NEXT: shape [2, 2]
// CHECK-NEXT: {{\[\[}}-0.25, 0.75],
// CHECK-NEXT: [13, 16]]
