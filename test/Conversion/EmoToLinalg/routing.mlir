// RUN: emo-opt --emo-to-linalg %s | %run_tensors | FileCheck %s
// RUN: sed -e 's/f32/f64/g;s/F32/F64/g' %s | emo-opt --emo-to-linalg | %run_tensors | FileCheck %s
// Every kind of routing.

func.func private @softmax(%l: tensor<?x?xf32>) -> (tensor<?x3xf32>, tensor<?x3xi32>) {
  %w, %i = emo.route %l {top_k = 2 : i64, num_shared = 1 : i64} : tensor<?x?xf32> -> tensor<?x3xf32>, tensor<?x3xi32>
  return %w, %i : tensor<?x3xf32>, tensor<?x3xi32>
}

func.func private @normalised(%l: tensor<?x4xf32>) -> (tensor<?x2xf32>, tensor<?x2xi32>) {
  %w, %i = emo.route %l {top_k = 2 : i64, normalize = true, epsilon = 0.5 : f64, scale = 2.0 : f64} : tensor<?x4xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
  return %w, %i : tensor<?x2xf32>, tensor<?x2xi32>
}

func.func private @sigmoid_bias(%l: tensor<?x?xf32>, %b: tensor<?xf32>) -> (tensor<?x2xf32>, tensor<?x2xi32>) {
  %w, %i = emo.route %l bias(%b : tensor<?xf32>) {top_k = 2 : i64, scoring = #emo.scoring<sigmoid>} : tensor<?x?xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
  return %w, %i : tensor<?x2xf32>, tensor<?x2xi32>
}

func.func private @late(%l: tensor<?x?xf32>) -> (tensor<?x3xf32>, tensor<?x3xi32>) {
  %w, %i = emo.route %l {top_k = 3 : i64, order = #emo.route_order<top_k_then_score>} : tensor<?x?xf32> -> tensor<?x3xf32>, tensor<?x3xi32>
  return %w, %i : tensor<?x3xf32>, tensor<?x3xi32>
}

func.func private @late_sigmoid(%l: tensor<?x?xf32>) -> (tensor<?x3xf32>, tensor<?x3xi32>) {
  %w, %i = emo.route %l {top_k = 3 : i64, order = #emo.route_order<top_k_then_score>, scoring = #emo.scoring<sigmoid>} : tensor<?x?xf32> -> tensor<?x3xf32>, tensor<?x3xi32>
  return %w, %i : tensor<?x3xf32>, tensor<?x3xi32>
}

func.func private @shared_logits(%l: tensor<?x?xf32>, %s: tensor<?x2xf32>) -> (tensor<?x3xf32>, tensor<?x3xi32>) {
  %w, %i = emo.route %l shared_logits(%s : tensor<?x2xf32>) {top_k = 1 : i64, num_shared = 2 : i64} : tensor<?x?xf32> -> tensor<?x3xf32>, tensor<?x3xi32>
  return %w, %i : tensor<?x3xf32>, tensor<?x3xi32>
}

func.func private @groups(%l: tensor<?x6xf32>) -> (tensor<?x3xf32>, tensor<?x3xi32>) {
  %w, %i = emo.route %l {top_k = 3 : i64, num_groups = 3 : i64, top_groups = 2 : i64} : tensor<?x6xf32> -> tensor<?x3xf32>, tensor<?x3xi32>
  return %w, %i : tensor<?x3xf32>, tensor<?x3xi32>
}

func.func private @sparse_mixer(%l: tensor<?x4xf32>) -> (tensor<?x2xf32>, tensor<?x2xi32>) {
  %w, %i = emo.route %l {top_k = 2 : i64, sparse_mixer = true, jitter = 0.01 : f64} : tensor<?x4xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
  return %w, %i : tensor<?x2xf32>, tensor<?x2xi32>
}

func.func private @scores(%l: tensor<?x?xf32>) -> (tensor<?x?xf32>, tensor<?x?xf32>) {
  %p = emo.router_scores %l : tensor<?x?xf32> -> tensor<?x?xf32>
  %s = emo.router_scores %l {scoring = #emo.scoring<sigmoid>} : tensor<?x?xf32> -> tensor<?x?xf32>
  return %p, %s : tensor<?x?xf32>, tensor<?x?xf32>
}

func.func @main() {
  %c0_0 = arith.constant dense<[[1.0, 2.0, 0.5, 2.0], [0.0, 0.0, 0.0, 0.0], [-1.0, 3.0, 0.25, -2.0]]> : tensor<3x4xf32>
  %a0_0 = tensor.cast %c0_0 : tensor<3x4xf32> to tensor<?x?xf32>
  %r0:2 = func.call @softmax(%a0_0) : (tensor<?x?xf32>) -> (tensor<?x3xf32>, tensor<?x3xi32>)
  %u0_0 = tensor.cast %r0#0 : tensor<?x3xf32> to tensor<*xf32>
  call @printMemrefF32(%u0_0) : (tensor<*xf32>) -> ()
  %u0_1 = tensor.cast %r0#1 : tensor<?x3xi32> to tensor<*xi32>
  call @printMemrefI32(%u0_1) : (tensor<*xi32>) -> ()
  %c1_0 = arith.constant dense<[[1.0, 2.0, 0.5, 2.0], [0.0, 0.0, 0.0, 0.0], [-1.0, 3.0, 0.25, -2.0]]> : tensor<3x4xf32>
  %a1_0 = tensor.cast %c1_0 : tensor<3x4xf32> to tensor<?x4xf32>
  %r1:2 = func.call @normalised(%a1_0) : (tensor<?x4xf32>) -> (tensor<?x2xf32>, tensor<?x2xi32>)
  %u1_0 = tensor.cast %r1#0 : tensor<?x2xf32> to tensor<*xf32>
  call @printMemrefF32(%u1_0) : (tensor<*xf32>) -> ()
  %u1_1 = tensor.cast %r1#1 : tensor<?x2xi32> to tensor<*xi32>
  call @printMemrefI32(%u1_1) : (tensor<*xi32>) -> ()
  %c2_0 = arith.constant dense<[[1.0, 2.0, 0.5, 2.0], [0.0, 0.0, 0.0, 0.0], [-1.0, 3.0, 0.25, -2.0]]> : tensor<3x4xf32>
  %a2_0 = tensor.cast %c2_0 : tensor<3x4xf32> to tensor<?x?xf32>
  %c2_1 = arith.constant dense<[0.5, 0.0, 0.25, -0.5]> : tensor<4xf32>
  %a2_1 = tensor.cast %c2_1 : tensor<4xf32> to tensor<?xf32>
  %r2:2 = func.call @sigmoid_bias(%a2_0, %a2_1) : (tensor<?x?xf32>, tensor<?xf32>) -> (tensor<?x2xf32>, tensor<?x2xi32>)
  %u2_0 = tensor.cast %r2#0 : tensor<?x2xf32> to tensor<*xf32>
  call @printMemrefF32(%u2_0) : (tensor<*xf32>) -> ()
  %u2_1 = tensor.cast %r2#1 : tensor<?x2xi32> to tensor<*xi32>
  call @printMemrefI32(%u2_1) : (tensor<*xi32>) -> ()
  %c3_0 = arith.constant dense<[[1.0, 2.0, 0.5, 2.0], [0.0, 0.0, 0.0, 0.0], [-1.0, 3.0, 0.25, -2.0]]> : tensor<3x4xf32>
  %a3_0 = tensor.cast %c3_0 : tensor<3x4xf32> to tensor<?x?xf32>
  %r3:2 = func.call @late(%a3_0) : (tensor<?x?xf32>) -> (tensor<?x3xf32>, tensor<?x3xi32>)
  %u3_0 = tensor.cast %r3#0 : tensor<?x3xf32> to tensor<*xf32>
  call @printMemrefF32(%u3_0) : (tensor<*xf32>) -> ()
  %u3_1 = tensor.cast %r3#1 : tensor<?x3xi32> to tensor<*xi32>
  call @printMemrefI32(%u3_1) : (tensor<*xi32>) -> ()
  %c4_0 = arith.constant dense<[[1.0, 2.0, 0.5, 2.0], [0.0, 0.0, 0.0, 0.0], [-1.0, 3.0, 0.25, -2.0]]> : tensor<3x4xf32>
  %a4_0 = tensor.cast %c4_0 : tensor<3x4xf32> to tensor<?x?xf32>
  %r4:2 = func.call @late_sigmoid(%a4_0) : (tensor<?x?xf32>) -> (tensor<?x3xf32>, tensor<?x3xi32>)
  %u4_0 = tensor.cast %r4#0 : tensor<?x3xf32> to tensor<*xf32>
  call @printMemrefF32(%u4_0) : (tensor<*xf32>) -> ()
  %u4_1 = tensor.cast %r4#1 : tensor<?x3xi32> to tensor<*xi32>
  call @printMemrefI32(%u4_1) : (tensor<*xi32>) -> ()
  %c5_0 = arith.constant dense<[[1.0, 2.0, 0.5, 2.0], [0.0, 0.0, 0.0, 0.0], [-1.0, 3.0, 0.25, -2.0]]> : tensor<3x4xf32>
  %a5_0 = tensor.cast %c5_0 : tensor<3x4xf32> to tensor<?x?xf32>
  %c5_1 = arith.constant dense<[[1.0, 0.0], [0.0, 0.0], [2.0, -1.0]]> : tensor<3x2xf32>
  %a5_1 = tensor.cast %c5_1 : tensor<3x2xf32> to tensor<?x2xf32>
  %r5:2 = func.call @shared_logits(%a5_0, %a5_1) : (tensor<?x?xf32>, tensor<?x2xf32>) -> (tensor<?x3xf32>, tensor<?x3xi32>)
  %u5_0 = tensor.cast %r5#0 : tensor<?x3xf32> to tensor<*xf32>
  call @printMemrefF32(%u5_0) : (tensor<*xf32>) -> ()
  %u5_1 = tensor.cast %r5#1 : tensor<?x3xi32> to tensor<*xi32>
  call @printMemrefI32(%u5_1) : (tensor<*xi32>) -> ()
  %c6_0 = arith.constant dense<[[0.0, 3.0, 1.0, 1.5, 2.0, 0.25], [5.0, -5.0, 1.0, 1.0, -1.0, 4.0]]> : tensor<2x6xf32>
  %a6_0 = tensor.cast %c6_0 : tensor<2x6xf32> to tensor<?x6xf32>
  %r6:2 = func.call @groups(%a6_0) : (tensor<?x6xf32>) -> (tensor<?x3xf32>, tensor<?x3xi32>)
  %u6_0 = tensor.cast %r6#0 : tensor<?x3xf32> to tensor<*xf32>
  call @printMemrefF32(%u6_0) : (tensor<*xf32>) -> ()
  %u6_1 = tensor.cast %r6#1 : tensor<?x3xi32> to tensor<*xi32>
  call @printMemrefI32(%u6_1) : (tensor<*xi32>) -> ()
  %c7_0 = arith.constant dense<[[3.0, 2.98, 1.0, 2.96], [1.0, 2.0, 4.0, 0.5]]> : tensor<2x4xf32>
  %a7_0 = tensor.cast %c7_0 : tensor<2x4xf32> to tensor<?x4xf32>
  %r7:2 = func.call @sparse_mixer(%a7_0) : (tensor<?x4xf32>) -> (tensor<?x2xf32>, tensor<?x2xi32>)
  %u7_0 = tensor.cast %r7#0 : tensor<?x2xf32> to tensor<*xf32>
  call @printMemrefF32(%u7_0) : (tensor<*xf32>) -> ()
  %u7_1 = tensor.cast %r7#1 : tensor<?x2xi32> to tensor<*xi32>
  call @printMemrefI32(%u7_1) : (tensor<*xi32>) -> ()
  %c8_0 = arith.constant dense<[[1.0, 2.0, 0.5, 2.0], [0.0, 0.0, 0.0, 0.0], [-1.0, 3.0, 0.25, -2.0]]> : tensor<3x4xf32>
  %a8_0 = tensor.cast %c8_0 : tensor<3x4xf32> to tensor<?x?xf32>
  %r8:2 = func.call @scores(%a8_0) : (tensor<?x?xf32>) -> (tensor<?x?xf32>, tensor<?x?xf32>)
  %u8_0 = tensor.cast %r8#0 : tensor<?x?xf32> to tensor<*xf32>
  call @printMemrefF32(%u8_0) : (tensor<*xf32>) -> ()
  %u8_1 = tensor.cast %r8#1 : tensor<?x?xf32> to tensor<*xf32>
  call @printMemrefF32(%u8_1) : (tensor<*xf32>) -> ()
  return
}
func.func private @printMemrefF32(%x: tensor<*xf32>)
func.func private @printMemrefI32(%x: tensor<*xi32>)

// softmax: equal logits go to the lower index; a shared expert weighs 1
// CHECK: shape [3, 3]
// CHECK-NEXT: {{\[\[}}0.38595, 0.38595, 1],
// CHECK-NEXT: [0.25, 0.25, 1],
// CHECK-NEXT: [0.9182{{[0-9]+}}, 0.05870{{[0-9]+}}, 1]]
// CHECK-NEXT: shape [3, 3]
// CHECK-NEXT: {{\[\[}}1, 3, 4],
// CHECK-NEXT: [0, 1, 4],
// CHECK-NEXT: [1, 2, 4]]
// normalised and scaled
// CHECK-NEXT: shape [3, 2]
// CHECK-NEXT: {{\[\[}}0.6068{{[0-9]+}}, 0.6068{{[0-9]+}}],
// CHECK-NEXT: [0.5, 0.5],
// CHECK-NEXT: [1.243{{[0-9]+}}, 0.07949{{[0-9]+}}]]
// CHECK-NEXT: shape [3, 2]
// CHECK-NEXT: {{\[\[}}1, 3],
// CHECK-NEXT: [0, 1],
// CHECK-NEXT: [1, 2]]
// sigmoid with a bias that only chooses
// CHECK-NEXT: shape [3, 2]
// CHECK-NEXT: {{\[\[}}0.7310{{[0-9]+}}, 0.8807{{[0-9]+}}],
// CHECK-NEXT: [0.5, 0.5],
// CHECK-NEXT: [0.9525{{[0-9]+}}, 0.5621{{[0-9]+}}]]
// CHECK-NEXT: shape [3, 2]
// CHECK-NEXT: {{\[\[}}0, 1],
// CHECK-NEXT: [0, 2],
// CHECK-NEXT: [1, 2]]
// softmax over the chosen logits
// CHECK-NEXT: shape [3, 3]
// CHECK-NEXT: {{\[\[}}0.4223{{[0-9]+}}, 0.4223{{[0-9]+}}, 0.1553{{[0-9]+}}],
// CHECK-NEXT: [0.3333{{[0-9]+}}, 0.3333{{[0-9]+}}, 0.3333{{[0-9]+}}],
// CHECK-NEXT: [0.9240{{[0-9]+}}, 0.05906{{[0-9]+}}, 0.01692{{[0-9]+}}]]
// CHECK-NEXT: shape [3, 3]
// CHECK-NEXT: {{\[\[}}1, 3, 0],
// CHECK-NEXT: [0, 1, 2],
// CHECK-NEXT: [1, 2, 0]]
// sigmoid of the chosen logits
// CHECK-NEXT: shape [3, 3]
// CHECK-NEXT: {{\[\[}}0.8807{{[0-9]+}}, 0.8807{{[0-9]+}}, 0.7310{{[0-9]+}}],
// CHECK-NEXT: [0.5, 0.5, 0.5],
// CHECK-NEXT: [0.9525{{[0-9]+}}, 0.5621{{[0-9]+}}, 0.2689{{[0-9]+}}]]
// CHECK-NEXT: shape [3, 3]
// CHECK-NEXT: {{\[\[}}1, 3, 0],
// CHECK-NEXT: [0, 1, 2],
// CHECK-NEXT: [1, 2, 0]]
// two shared experts with weights of their own
// CHECK-NEXT: shape [3, 3]
// CHECK-NEXT: {{\[\[}}0.38595, 0.7310{{[0-9]+}}, 0.2689{{[0-9]+}}],
// CHECK-NEXT: [0.25, 0.5, 0.5],
// CHECK-NEXT: [0.9182{{[0-9]+}}, 0.9525{{[0-9]+}}, 0.04742{{[0-9]+}}]]
// CHECK-NEXT: shape [3, 3]
// CHECK-NEXT: {{\[\[}}1, 4, 5],
// CHECK-NEXT: [0, 4, 5],
// CHECK-NEXT: [1, 4, 5]]
// the two best of three groups of experts
// CHECK-NEXT: shape [2, 3]
// CHECK-NEXT: {{\[\[}}0.5434{{[0-9]+}}, 0.1999{{[0-9]+}}, 0.03474{{[0-9]+}}],
// CHECK-NEXT: [0.7107{{[0-9]+}}, 0.2614{{[0-9]+}}, 0.001761{{[0-9]+}}]]
// CHECK-NEXT: shape [2, 3]
// CHECK-NEXT: {{\[\[}}1, 4, 5],
// CHECK-NEXT: [0, 5, 4]]
// sparse mixer: experts within 2 * jitter share the softmax
// CHECK-NEXT: shape [2, 2]
// CHECK-NEXT: {{\[\[}}0.3400{{[0-9]+}}, 0.505],
// CHECK-NEXT: [1, 1]]
// CHECK-NEXT: shape [2, 2]
// CHECK-NEXT: {{\[\[}}0, 1],
// CHECK-NEXT: [2, 1]]
// scores
// CHECK-NEXT: shape [3, 4]
// CHECK-NEXT: {{\[\[}}0.1419{{[0-9]+}}, 0.38595, 0.08611{{[0-9]+}}, 0.38595],
// CHECK-NEXT: [0.25, 0.25, 0.25, 0.25],
// CHECK-NEXT: [0.01681{{[0-9]+}}, 0.9182{{[0-9]+}}, 0.05870{{[0-9]+}}, 0.006187{{[0-9]+}}]]
// CHECK-NEXT: shape [3, 4]
// CHECK-NEXT: {{\[\[}}0.7310{{[0-9]+}}, 0.8807{{[0-9]+}}, 0.6224{{[0-9]+}}, 0.8807{{[0-9]+}}],
// CHECK-NEXT: [0.5, 0.5, 0.5, 0.5],
// CHECK-NEXT: [0.2689{{[0-9]+}}, 0.9525{{[0-9]+}}, 0.5621{{[0-9]+}}, 0.1192{{[0-9]+}}]]
