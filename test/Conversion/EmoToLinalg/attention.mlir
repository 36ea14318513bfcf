// RUN: emo-opt --emo-to-linalg %s | %run_tensors | FileCheck %s
// RUN: sed -e 's/f32/f64/g;s/F32/F64/g' %s | emo-opt --emo-to-linalg | %run_tensors | FileCheck %s
// Attention: causal or not, documents, grouped heads, KV caches.

func.func private @causal(%q: tensor<?x?x2x2xf32>, %k: tensor<?x?x1x2xf32>, %v: tensor<?x?x1x2xf32>) -> tensor<?x?x2x2xf32> {
  %r = emo.attention %q, %k, %v {scale = 0.5 : f64} : tensor<?x?x2x2xf32>, tensor<?x?x1x2xf32>, tensor<?x?x1x2xf32> -> tensor<?x?x2x2xf32>
  return %r : tensor<?x?x2x2xf32>
}

func.func private @full(%q: tensor<?x?x2x2xf32>, %k: tensor<?x?x1x2xf32>, %v: tensor<?x?x1x2xf32>) -> tensor<?x?x2x2xf32> {
  %r = emo.attention %q, %k, %v {scale = 0.5 : f64, causal = false} : tensor<?x?x2x2xf32>, tensor<?x?x1x2xf32>, tensor<?x?x1x2xf32> -> tensor<?x?x2x2xf32>
  return %r : tensor<?x?x2x2xf32>
}

func.func private @documents(%q: tensor<?x?x2x2xf32>, %k: tensor<?x?x1x2xf32>, %v: tensor<?x?x1x2xf32>, %s: tensor<?x?xi32>) -> tensor<?x?x2x2xf32> {
  %r = emo.attention %q, %k, %v segments(%s : tensor<?x?xi32>) {scale = 0.5 : f64} : tensor<?x?x2x2xf32>, tensor<?x?x1x2xf32>, tensor<?x?x1x2xf32> -> tensor<?x?x2x2xf32>
  return %r : tensor<?x?x2x2xf32>
}

func.func private @cache(%q: tensor<?x?x2x2xf32>, %k: tensor<?x?x1x2xf32>, %v: tensor<?x?x1x2xf32>, %kc: tensor<?x1x?x2xf32>, %vc: tensor<?x1x?x2xf32>, %n: tensor<?xi32>) -> (tensor<?x?x2x2xf32>, tensor<?x1x?x2xf32>, tensor<?x1x?x2xf32>) {
  %r, %nk, %nv = emo.attention %q, %k, %v cache(%kc, %vc, %n : tensor<?x1x?x2xf32>, tensor<?x1x?x2xf32>, tensor<?xi32>) {scale = 0.5 : f64} : tensor<?x?x2x2xf32>, tensor<?x?x1x2xf32>, tensor<?x?x1x2xf32> -> tensor<?x?x2x2xf32>, tensor<?x1x?x2xf32>, tensor<?x1x?x2xf32>
  return %r, %nk, %nv : tensor<?x?x2x2xf32>, tensor<?x1x?x2xf32>, tensor<?x1x?x2xf32>
}

func.func @main() {
  %c0_0 = arith.constant dense<[[[[1.5, 0.5], [0.0, -1.0]], [[-1.0, -2.0], [-2.0, -2.0]], [[-1.5, 1.5], [0.5, 2.0]]]]> : tensor<1x3x2x2xf32>
  %a0_0 = tensor.cast %c0_0 : tensor<1x3x2x2xf32> to tensor<?x?x2x2xf32>
  %c0_1 = arith.constant dense<[[[[0.0, 0.5]], [[2.0, 1.0]], [[0.5, 0.0]]]]> : tensor<1x3x1x2xf32>
  %a0_1 = tensor.cast %c0_1 : tensor<1x3x1x2xf32> to tensor<?x?x1x2xf32>
  %c0_2 = arith.constant dense<[[[[0.5, 2.0]], [[-1.0, 1.5]], [[1.0, -2.0]]]]> : tensor<1x3x1x2xf32>
  %a0_2 = tensor.cast %c0_2 : tensor<1x3x1x2xf32> to tensor<?x?x1x2xf32>
  %r0 = func.call @causal(%a0_0, %a0_1, %a0_2) : (tensor<?x?x2x2xf32>, tensor<?x?x1x2xf32>, tensor<?x?x1x2xf32>) -> (tensor<?x?x2x2xf32>)
  %u0_0 = tensor.cast %r0 : tensor<?x?x2x2xf32> to tensor<*xf32>
  call @printMemrefF32(%u0_0) : (tensor<*xf32>) -> ()
  %c1_0 = arith.constant dense<[[[[1.5, 0.5], [0.0, -1.0]], [[-1.0, -2.0], [-2.0, -2.0]], [[-1.5, 1.5], [0.5, 2.0]]]]> : tensor<1x3x2x2xf32>
  %a1_0 = tensor.cast %c1_0 : tensor<1x3x2x2xf32> to tensor<?x?x2x2xf32>
  %c1_1 = arith.constant dense<[[[[0.0, 0.5]], [[2.0, 1.0]], [[0.5, 0.0]]]]> : tensor<1x3x1x2xf32>
  %a1_1 = tensor.cast %c1_1 : tensor<1x3x1x2xf32> to tensor<?x?x1x2xf32>
  %c1_2 = arith.constant dense<[[[[0.5, 2.0]], [[-1.0, 1.5]], [[1.0, -2.0]]]]> : tensor<1x3x1x2xf32>
  %a1_2 = tensor.cast %c1_2 : tensor<1x3x1x2xf32> to tensor<?x?x1x2xf32>
  %r1 = func.call @full(%a1_0, %a1_1, %a1_2) : (tensor<?x?x2x2xf32>, tensor<?x?x1x2xf32>, tensor<?x?x1x2xf32>) -> (tensor<?x?x2x2xf32>)
  %u1_0 = tensor.cast %r1 : tensor<?x?x2x2xf32> to tensor<*xf32>
  call @printMemrefF32(%u1_0) : (tensor<*xf32>) -> ()
  %c2_0 = arith.constant dense<[[[[1.5, 0.5], [0.0, -1.0]], [[-1.0, -2.0], [-2.0, -2.0]], [[-1.5, 1.5], [0.5, 2.0]]]]> : tensor<1x3x2x2xf32>
  %a2_0 = tensor.cast %c2_0 : tensor<1x3x2x2xf32> to tensor<?x?x2x2xf32>
  %c2_1 = arith.constant dense<[[[[0.0, 0.5]], [[2.0, 1.0]], [[0.5, 0.0]]]]> : tensor<1x3x1x2xf32>
  %a2_1 = tensor.cast %c2_1 : tensor<1x3x1x2xf32> to tensor<?x?x1x2xf32>
  %c2_2 = arith.constant dense<[[[[0.5, 2.0]], [[-1.0, 1.5]], [[1.0, -2.0]]]]> : tensor<1x3x1x2xf32>
  %a2_2 = tensor.cast %c2_2 : tensor<1x3x1x2xf32> to tensor<?x?x1x2xf32>
  %c2_3 = arith.constant dense<[[0, 1, 0]]> : tensor<1x3xi32>
  %a2_3 = tensor.cast %c2_3 : tensor<1x3xi32> to tensor<?x?xi32>
  %r2 = func.call @documents(%a2_0, %a2_1, %a2_2, %a2_3) : (tensor<?x?x2x2xf32>, tensor<?x?x1x2xf32>, tensor<?x?x1x2xf32>, tensor<?x?xi32>) -> (tensor<?x?x2x2xf32>)
  %u2_0 = tensor.cast %r2 : tensor<?x?x2x2xf32> to tensor<*xf32>
  call @printMemrefF32(%u2_0) : (tensor<*xf32>) -> ()
  %c3_0 = arith.constant dense<[[[[-0.5, 1.5], [0.0, -2.0]]], [[[1.0, 1.0], [1.5, -1.5]]]]> : tensor<2x1x2x2xf32>
  %a3_0 = tensor.cast %c3_0 : tensor<2x1x2x2xf32> to tensor<?x?x2x2xf32>
  %c3_1 = arith.constant dense<[[[[-2.0, 1.5]]], [[[-2.0, 0.0]]]]> : tensor<2x1x1x2xf32>
  %a3_1 = tensor.cast %c3_1 : tensor<2x1x1x2xf32> to tensor<?x?x1x2xf32>
  %c3_2 = arith.constant dense<[[[[-2.0, -1.0]]], [[[0.0, -0.5]]]]> : tensor<2x1x1x2xf32>
  %a3_2 = tensor.cast %c3_2 : tensor<2x1x1x2xf32> to tensor<?x?x1x2xf32>
  %c3_3 = arith.constant dense<[[[[-0.5, -2.0], [-2.0, -1.5], [-2.0, 1.0], [0.0, 0.5]]], [[[-1.0, 0.5], [1.0, -0.5], [0.0, 2.0], [1.5, 2.0]]]]> : tensor<2x1x4x2xf32>
  %a3_3 = tensor.cast %c3_3 : tensor<2x1x4x2xf32> to tensor<?x1x?x2xf32>
  %c3_4 = arith.constant dense<[[[[-0.5, 1.0], [2.0, 0.5], [1.5, 1.0], [1.0, -0.5]]], [[[1.5, -1.5], [0.5, 1.0], [1.5, 0.0], [-0.5, -1.0]]]]> : tensor<2x1x4x2xf32>
  %a3_4 = tensor.cast %c3_4 : tensor<2x1x4x2xf32> to tensor<?x1x?x2xf32>
  %c3_5 = arith.constant dense<[2, 0]> : tensor<2xi32>
  %a3_5 = tensor.cast %c3_5 : tensor<2xi32> to tensor<?xi32>
  %r3:3 = func.call @cache(%a3_0, %a3_1, %a3_2, %a3_3, %a3_4, %a3_5) : (tensor<?x?x2x2xf32>, tensor<?x?x1x2xf32>, tensor<?x?x1x2xf32>, tensor<?x1x?x2xf32>, tensor<?x1x?x2xf32>, tensor<?xi32>) -> (tensor<?x?x2x2xf32>, tensor<?x1x?x2xf32>, tensor<?x1x?x2xf32>)
  %u3_0 = tensor.cast %r3#0 : tensor<?x?x2x2xf32> to tensor<*xf32>
  call @printMemrefF32(%u3_0) : (tensor<*xf32>) -> ()
  %u3_1 = tensor.cast %r3#1 : tensor<?x1x?x2xf32> to tensor<*xf32>
  call @printMemrefF32(%u3_1) : (tensor<*xf32>) -> ()
  %u3_2 = tensor.cast %r3#2 : tensor<?x1x?x2xf32> to tensor<*xf32>
  call @printMemrefF32(%u3_2) : (tensor<*xf32>) -> ()
  return
}
func.func private @printMemrefF32(%x: tensor<*xf32>)

// causal
// CHECK: shape [1, 3, 2, 2]
// CHECK-NEXT: {{\[\[\[\[}}0.5, 2],
// CHECK-NEXT: [0.5, 2]],
// CHECK-NEXT: {{\[\[}}0.2263{{[0-9]+}}, 1.908{{[0-9]+}}],
// CHECK-NEXT: [0.3862{{[0-9]+}}, 1.962{{[0-9]+}}]],
// CHECK-NEXT: {{\[\[}}0.3604{{[0-9]+}}, 0.8582{{[0-9]+}}],
// CHECK-NEXT: [-0.3475{{[0-9]+}}, 1.067{{[0-9]+}}]]]]
// full
// CHECK-NEXT: shape [1, 3, 2, 2]
// CHECK-NEXT: {{\[\[\[\[}}-0.4474{{[0-9]+}}, 0.9575{{[0-9]+}}],
// CHECK-NEXT: [0.3282{{[0-9]+}}, 0.1959{{[0-9]+}}]],
// CHECK-NEXT: {{\[\[}}0.6225{{[0-9]+}}, -0.09307{{[0-9]+}}],
// CHECK-NEXT: [0.6810{{[0-9]+}}, 0.05913{{[0-9]+}}]],
// CHECK-NEXT: {{\[\[}}0.3604{{[0-9]+}}, 0.8582{{[0-9]+}}],
// CHECK-NEXT: [-0.3475{{[0-9]+}}, 1.067{{[0-9]+}}]]]]
// only keys of an equal segment
// CHECK-NEXT: shape [1, 3, 2, 2]
// CHECK-NEXT: {{\[\[\[\[}}0.5, 2],
// CHECK-NEXT: [0.5, 2]],
// CHECK-NEXT: {{\[\[}}-1, 1.5],
// CHECK-NEXT: [-1, 1.5]],
// CHECK-NEXT: {{\[\[}}0.6604{{[0-9]+}}, 0.7167{{[0-9]+}}],
// CHECK-NEXT: [0.7036{{[0-9]+}}, 0.3706{{[0-9]+}}]]]]
// each row has its own length; what is not written stays
// CHECK-NEXT: shape [2, 1, 2, 2]
// CHECK-NEXT: {{\[\[\[\[}}-1.570{{[0-9]+}}, -0.7769{{[0-9]+}}],
// CHECK-NEXT: [0.3987{{[0-9]+}}, 0.7778{{[0-9]+}}]]],
// CHECK-NEXT: {{\[\[\[}}0, -0.5],
// CHECK-NEXT: [0, -0.5]]]]
// CHECK-NEXT: shape [2, 1, 4, 2]
// CHECK-NEXT: {{\[\[\[\[}}-0.5, -2],
// CHECK-NEXT: [-2, -1.5],
// CHECK-NEXT: [-2, 1.5],
// CHECK-NEXT: [0, 0.5]]],
// CHECK-NEXT: {{\[\[\[}}-2, 0],
// CHECK-NEXT: [1, -0.5],
// CHECK-NEXT: [0, 2],
// CHECK-NEXT: [1.5, 2]]]]
// CHECK-NEXT: shape [2, 1, 4, 2]
// CHECK-NEXT: {{\[\[\[\[}}-0.5, 1],
// CHECK-NEXT: [2, 0.5],
// CHECK-NEXT: [-2, -1],
// CHECK-NEXT: [1, -0.5]]],
// CHECK-NEXT: {{\[\[\[}}0, -0.5],
// CHECK-NEXT: [0.5, 1],
// CHECK-NEXT: [1.5, 0],
// CHECK-NEXT: [-0.5, -1]]]]
