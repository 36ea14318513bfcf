// Sizes of results in terms of operands.
// RUN: emo-opt %s --resolve-ranked-shaped-type-result-dims --canonicalize | FileCheck %s

// CHECK-LABEL: func.func @leading(
// CHECK-SAME: %[[X:.*]]: tensor<?x?x8xf32>, %[[W:.*]]: tensor<?x8xf32>
// CHECK-DAG: %[[B:.*]] = tensor.dim %[[X]], %c0
// CHECK-DAG: %[[S:.*]] = tensor.dim %[[X]], %c1
// CHECK-DAG: %[[N:.*]] = tensor.dim %[[W]], %c0
// CHECK: return %[[B]], %[[S]], %[[N]]
func.func @leading(%x: tensor<?x?x8xf32>, %w: tensor<?x8xf32>) -> (index, index, index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %y = emo.linear %x, %w : tensor<?x?x8xf32>, tensor<?x8xf32> -> tensor<?x?x?xf32>
  %0 = tensor.dim %y, %c0 : tensor<?x?x?xf32>
  %1 = tensor.dim %y, %c1 : tensor<?x?x?xf32>
  %2 = tensor.dim %y, %c2 : tensor<?x?x?xf32>
  return %0, %1, %2 : index, index, index
}

// CHECK-LABEL: func.func @group(
// CHECK-SAME: %[[I:.*]]: tensor<?x?xi32>
// CHECK-DAG: %[[T:.*]] = tensor.dim %[[I]], %c0
// CHECK-DAG: %[[K:.*]] = tensor.dim %[[I]], %c1
// CHECK-DAG: %[[ROWS:.*]] = arith.muli %[[T]], %[[K]]
// CHECK: return %c6, %[[ROWS]]
func.func @group(%i: tensor<?x?xi32>) -> (index, index) {
  %c0 = arith.constant 0 : index
  %o, %t, %v = emo.group_by_expert %i {num_experts = 5 : i64} : tensor<?x?xi32> -> tensor<?xi32>, tensor<?xi32>, tensor<?x?xi32>
  %0 = tensor.dim %o, %c0 : tensor<?xi32>
  %1 = tensor.dim %t, %c0 : tensor<?xi32>
  return %0, %1 : index, index
}

// CHECK-LABEL: func.func @route(
// CHECK-SAME: %[[L:.*]]: tensor<?x4xf32>
// CHECK: %[[T:.*]] = tensor.dim %[[L]], %c0
// CHECK: return %[[T]], %c3
func.func @route(%l: tensor<?x4xf32>) -> (index, index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %w, %i = emo.route %l {top_k = 2 : i64, num_shared = 1 : i64} : tensor<?x4xf32> -> tensor<?x?xf32>, tensor<?x?xi32>
  %0 = tensor.dim %w, %c0 : tensor<?x?xf32>
  %1 = tensor.dim %i, %c1 : tensor<?x?xi32>
  return %0, %1 : index, index
}

// The chain of ops between an activation and its experts' sum.
// CHECK-LABEL: func.func @chain(
// CHECK-SAME: %[[X:.*]]: tensor<?x8xf32>, %[[L:.*]]: tensor<?x4xf32>
// CHECK: %[[T:.*]] = tensor.dim %[[L]], %c0
// CHECK: return %[[T]]
func.func @chain(%x: tensor<?x8xf32>, %l: tensor<?x4xf32>, %up: tensor<4x16x8xf32>, %down: tensor<4x8x16xf32>) -> index {
  %c0 = arith.constant 0 : index
  %w, %i = emo.route %l {top_k = 2 : i64} : tensor<?x4xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
  %o, %t, %v = emo.group_by_expert %i {num_experts = 4 : i64} : tensor<?x2xi32> -> tensor<5xi32>, tensor<?xi32>, tensor<?x2xi32>
  %r = emo.dispatch %x, %t : tensor<?x8xf32>, tensor<?xi32> -> tensor<?x8xf32>
  %y = emo.expert_mlp %r, %o up(%up : tensor<4x16x8xf32>) down(%down : tensor<4x8x16xf32>) : tensor<?x8xf32>, tensor<5xi32> -> tensor<?x8xf32>
  %z = emo.combine %y, %w, %v : tensor<?x8xf32>, tensor<?x2xf32>, tensor<?x2xi32> -> tensor<?x8xf32>
  %0 = tensor.dim %z, %c0 : tensor<?x8xf32>
  return %0 : index
}

// CHECK-LABEL: func.func @documents(
// CHECK-SAME: %[[IDS:.*]]: tensor<?x?xi64>, %{{.*}}: tensor<?x4xf32>, %[[SIZES:.*]]: tensor<?xi32>
// CHECK-DAG: %[[B:.*]] = tensor.dim %[[IDS]], %c0
// CHECK-DAG: %[[D:.*]] = tensor.dim %[[SIZES]], %c0
// CHECK: return %[[B]], %[[D]]
func.func @documents(%ids: tensor<?x?xi64>, %scores: tensor<?x4xf32>, %sizes: tensor<?xi32>) -> (index, index) {
  %c0 = arith.constant 0 : index
  %s, %n = emo.document_segments %ids {eos = 1 : i64, boundary = #emo.boundary<after>} : tensor<?x?xi64> -> tensor<?x?xi32>, tensor<i32>
  %flat = tensor.collapse_shape %s [[0, 1]] : tensor<?x?xi32> into tensor<?xi32>
  %pool = emo.document_pool %scores, %flat, %sizes : tensor<?x4xf32>, tensor<?xi32>, tensor<?xi32> -> tensor<?x4xi1>
  %0 = tensor.dim %s, %c0 : tensor<?x?xi32>
  %1 = tensor.dim %pool, %c0 : tensor<?x4xi1>
  return %0, %1 : index, index
}

// CHECK-LABEL: func.func @attention(
// CHECK-SAME: %[[Q:.*]]: tensor<?x?x4x8xf32>, %{{.*}}: tensor<?x?x2x8xf32>, %[[C:.*]]: tensor<?x2x?x8xf32>
// CHECK-DAG: %[[S:.*]] = tensor.dim %[[Q]], %c1
// CHECK-DAG: %[[CAPACITY:.*]] = tensor.dim %[[C]], %c2
// CHECK: return %[[S]], %[[CAPACITY]]
func.func @attention(%q: tensor<?x?x4x8xf32>, %k: tensor<?x?x2x8xf32>, %c: tensor<?x2x?x8xf32>, %n: tensor<?xi32>) -> (index, index) {
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %y:3 = emo.attention %q, %k, %k cache(%c, %c, %n : tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>, tensor<?xi32>) {scale = 0.5 : f64}
      : tensor<?x?x4x8xf32>, tensor<?x?x2x8xf32>, tensor<?x?x2x8xf32> -> tensor<?x?x4x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>
  %0 = tensor.dim %y#0, %c1 : tensor<?x?x4x8xf32>
  %1 = tensor.dim %y#2, %c2 : tensor<?x2x?x8xf32>
  return %0, %1 : index, index
}
