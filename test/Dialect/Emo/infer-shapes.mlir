// Sizes known to one operand or result are known to all; see NamedShapes.
// RUN: emo-opt %s --canonicalize --split-input-file | FileCheck %s
// RUN: emo-opt %s --emo-to-kernels --emo-to-linalg=kernels --split-input-file -o /dev/null

// From operands to the result.
// CHECK-LABEL: func.func @linear(
// CHECK: %[[Y:.*]] = emo.linear %{{.*}}, %{{.*}} : tensor<4x8xf32>, tensor<16x8xf32> -> tensor<4x16xf32>
// CHECK: tensor.cast %[[Y]] : tensor<4x16xf32> to tensor<?x16xf32>
func.func @linear(%x: tensor<4x8xf32>, %w: tensor<16x8xf32>) -> tensor<?x16xf32> {
  %1 = emo.linear %x, %w : tensor<4x8xf32>, tensor<16x8xf32> -> tensor<?x16xf32>
  return %1 : tensor<?x16xf32>
}

// -----

// From the result to operands.
// CHECK-LABEL: func.func @result(
// CHECK: %[[X:.*]] = tensor.cast %{{.*}} : tensor<?x?x8xf32> to tensor<2x3x8xf32>
// CHECK: emo.linear %[[X]], %{{.*}} : tensor<2x3x8xf32>, tensor<16x8xf32> -> tensor<2x3x16xf32>
func.func @result(%x: tensor<?x?x8xf32>, %w: tensor<16x8xf32>) -> tensor<2x3x16xf32> {
  %0 = emo.linear %x, %w : tensor<?x?x8xf32>, tensor<16x8xf32> -> tensor<2x3x16xf32>
  return %0 : tensor<2x3x16xf32>
}

// -----

// From one operand to another.
// CHECK-LABEL: func.func @operands(
// CHECK: %[[W:.*]] = tensor.cast %{{.*}} : tensor<?x2xf32> to tensor<4x2xf32>
// CHECK: emo.combine %{{.*}}, %[[W]], %{{.*}} : tensor<?x8xf32>, tensor<4x2xf32>, tensor<4x2xi32> -> tensor<4x8xf32>
func.func @operands(%r: tensor<?x8xf32>, %w: tensor<?x2xf32>, %i: tensor<4x2xi32>) -> tensor<?x8xf32> {
  %0 = emo.combine %r, %w, %i : tensor<?x8xf32>, tensor<?x2xf32>, tensor<4x2xi32> -> tensor<?x8xf32>
  return %0 : tensor<?x8xf32>
}

// -----

// Sizes that follow from attributes and from other sizes.
// CHECK-LABEL: func.func @group(
// CHECK: emo.group_by_expert {{.*}} : tensor<4x2xi32> -> tensor<6xi32>, tensor<8xi32>, tensor<4x2xi32>
func.func @group(%i: tensor<4x2xi32>) -> (tensor<?xi32>, tensor<?xi32>, tensor<?x?xi32>) {
  %o, %t, %v = emo.group_by_expert %i {num_experts = 5 : i64} : tensor<4x2xi32> -> tensor<?xi32>, tensor<?xi32>, tensor<?x?xi32>
  return %o, %t, %v : tensor<?xi32>, tensor<?xi32>, tensor<?x?xi32>
}

// -----

// CHECK-LABEL: func.func @route(
// CHECK: emo.route {{.*}} : tensor<4x8xf32> -> tensor<4x3xf32>, tensor<4x3xi32>
func.func @route(%l: tensor<4x8xf32>) -> (tensor<?x?xf32>, tensor<?x?xi32>) {
  %w, %i = emo.route %l {top_k = 2 : i64, num_shared = 1 : i64} : tensor<4x8xf32> -> tensor<?x?xf32>, tensor<?x?xi32>
  return %w, %i : tensor<?x?xf32>, tensor<?x?xi32>
}

// -----

// CHECK-LABEL: func.func @rotary(
// CHECK: %[[X:.*]] = tensor.cast %{{.*}} : tensor<?x?x2x8xf32> to tensor<3x?x2x8xf32>
// CHECK: emo.rotary %[[X]] start({{.*}}) {theta = 1.000000e+04 : f64} : tensor<3x?x2x8xf32>
func.func @rotary(%x: tensor<?x?x2x8xf32>, %s: tensor<3xi32>) -> tensor<?x?x2x8xf32> {
  %0 = emo.rotary %x start(%s : tensor<3xi32>) {theta = 1.0e4 : f64} : tensor<?x?x2x8xf32>
  return %0 : tensor<?x?x2x8xf32>
}

// -----

// CHECK-LABEL: func.func @attention(
// CHECK: emo.attention {{.*}} cache({{.*}} : tensor<2x2x16x8xf32>, tensor<2x2x16x8xf32>, tensor<2xi32>) {{.*}} : tensor<2x3x4x8xf32>, tensor<2x3x2x8xf32>, tensor<2x3x2x8xf32> -> tensor<2x3x4x8xf32>, tensor<2x2x16x8xf32>, tensor<2x2x16x8xf32>
func.func @attention(%q: tensor<2x?x4x8xf32>, %k: tensor<?x3x2x8xf32>, %v: tensor<?x?x?x?xf32>, %c: tensor<?x2x16x8xf32>, %n: tensor<?xi32>)
    -> (tensor<?x?x?x?xf32>, tensor<?x2x16x8xf32>, tensor<?x2x16x8xf32>) {
  %y:3 = emo.attention %q, %k, %v cache(%c, %c, %n : tensor<?x2x16x8xf32>, tensor<?x2x16x8xf32>, tensor<?xi32>) {scale = 0.5 : f64}
      : tensor<2x?x4x8xf32>, tensor<?x3x2x8xf32>, tensor<?x?x?x?xf32> -> tensor<?x?x?x?xf32>, tensor<?x2x16x8xf32>, tensor<?x2x16x8xf32>
  return %y#0, %y#1, %y#2 : tensor<?x?x?x?xf32>, tensor<?x2x16x8xf32>, tensor<?x2x16x8xf32>
}
