// RUN: emo-opt %s --canonicalize --split-input-file | FileCheck %s

// All groups stay.
// CHECK-LABEL: func.func @all_groups
// CHECK: emo.route %{{.*}} {top_k = 2 : i64} :
// CHECK: emo.route %{{.*}} {num_groups = 2 : i64, top_k = 2 : i64} :
func.func @all_groups(%l: tensor<?x4xf32>) -> (tensor<?x2xf32>, tensor<?x2xf32>) {
  %w, %i = emo.route %l {top_k = 2 : i64, num_groups = 2 : i64, top_groups = 2 : i64} : tensor<?x4xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
  %v, %j = emo.route %l {top_k = 2 : i64, num_groups = 2 : i64} : tensor<?x4xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
  return %w, %v : tensor<?x2xf32>, tensor<?x2xf32>
}

// -----

// Pools of all experts, as pools=N of emo-scope-experts-to-documents writes them.
// CHECK-LABEL: func.func @whole_pools
// CHECK-SAME: (%[[L:.*]]: tensor<?x4xf32>,
// CHECK: %[[TRUE:.*]] = arith.constant true
// CHECK: %[[POOL:.*]] = tensor.splat %[[TRUE]][%{{.*}}] : tensor<?x4xi1>
// CHECK: return %[[L]], %[[POOL]]
func.func @whole_pools(%l: tensor<?x4xf32>, %s: tensor<?xi32>, %d: index) -> (tensor<?x4xf32>, tensor<?x4xi1>) {
  %c4 = arith.constant 4 : i32
  %sizes = tensor.splat %c4[%d] : tensor<?xi32>
  %pool = emo.document_pool %l, %s, %sizes : tensor<?x4xf32>, tensor<?xi32>, tensor<?xi32> -> tensor<?x4xi1>
  %m = emo.mask_experts %l, %pool, %s : tensor<?x4xf32>, tensor<?x4xi1>, tensor<?xi32>
  return %m, %pool : tensor<?x4xf32>, tensor<?x4xi1>
}

// -----

// CHECK-LABEL: func.func @smaller_pools
// CHECK: emo.document_pool
// CHECK: emo.mask_experts
func.func @smaller_pools(%l: tensor<?x4xf32>, %s: tensor<?xi32>) -> tensor<?x4xf32> {
  %sizes = arith.constant dense<3> : tensor<2xi32>
  %pool = emo.document_pool %l, %s, %sizes : tensor<?x4xf32>, tensor<?xi32>, tensor<2xi32> -> tensor<2x4xi1>
  %m = emo.mask_experts %l, %pool, %s : tensor<?x4xf32>, tensor<2x4xi1>, tensor<?xi32>
  return %m : tensor<?x4xf32>
}

// -----

// CHECK-LABEL: func.func @no_document
// CHECK-SAME: (%[[L:.*]]: tensor<3x4xf32>
// CHECK-NEXT: return %[[L]]
func.func @no_document(%l: tensor<3x4xf32>, %p: tensor<2x4xi1>) -> tensor<3x4xf32> {
  %s = arith.constant dense<-1> : tensor<3xi32>
  %m = emo.mask_experts %l, %p, %s : tensor<3x4xf32>, tensor<2x4xi1>, tensor<3xi32>
  return %m : tensor<3x4xf32>
}

// -----

// One segment is none.
// CHECK-LABEL: func.func @one_segment
// CHECK: emo.attention %{{[^ ]*}}, %{{[^ ]*}}, %{{[^ ]*}} {scale = 5.000000e-01 : f64} :
// CHECK: emo.attention {{.*}} segments(
func.func @one_segment(%q: tensor<1x2x1x4xf32>, %s: tensor<1x2xi32>) -> (tensor<1x2x1x4xf32>, tensor<1x2x1x4xf32>) {
  %zero = arith.constant dense<0> : tensor<1x2xi32>
  %0 = emo.attention %q, %q, %q segments(%zero : tensor<1x2xi32>) {scale = 0.5 : f64} : tensor<1x2x1x4xf32>, tensor<1x2x1x4xf32>, tensor<1x2x1x4xf32> -> tensor<1x2x1x4xf32>
  %1 = emo.attention %q, %q, %q segments(%s : tensor<1x2xi32>) {scale = 0.5 : f64} : tensor<1x2x1x4xf32>, tensor<1x2x1x4xf32>, tensor<1x2x1x4xf32> -> tensor<1x2x1x4xf32>
  return %0, %1 : tensor<1x2x1x4xf32>, tensor<1x2x1x4xf32>
}

// -----

// An unused op is removed.
// CHECK-LABEL: func.func @unused
// CHECK-NEXT: return
func.func @unused(%l: tensor<?x4xf32>) {
  %0 = emo.router_scores %l : tensor<?x4xf32> -> tensor<?x4xf32>
  return
}

// -----

// Selections move towards parameters: the rows of a linear layer's weights; all in order is none; one after another is one.
// CHECK-LABEL: func.func @selected_outputs
// CHECK-SAME: (%[[X:.*]]: tensor<?x8xbf16>, %[[W:.*]]: tensor<4x8xbf16>, %[[B:.*]]: tensor<4xbf16>)
// CHECK-DAG: %[[V:.*]] = emo.select %[[W]] {dim = 0 : i64, indices = array<i64: 3, 1>} : tensor<4x8xbf16> -> tensor<2x8xbf16>
// CHECK-DAG: %[[C:.*]] = emo.select %[[B]] {dim = 0 : i64, indices = array<i64: 3, 1>} : tensor<4xbf16> -> tensor<2xbf16>
// CHECK: %[[L:.*]] = emo.linear %[[X]], %[[V]] bias(%[[C]] : tensor<2xbf16>)
// CHECK: %[[E:.*]] = arith.extf %[[L]] : tensor<?x2xbf16> to tensor<?x2xf32>
// CHECK: return %[[E]], %[[X]]
func.func @selected_outputs(%x: tensor<?x8xbf16>, %w: tensor<4x8xbf16>, %b: tensor<4xbf16>) -> (tensor<?x2xf32>, tensor<?x8xbf16>) {
  %l = emo.linear %x, %w bias(%b : tensor<4xbf16>) : tensor<?x8xbf16>, tensor<4x8xbf16> -> tensor<?x4xbf16>
  %e = arith.extf %l : tensor<?x4xbf16> to tensor<?x4xf32>
  %s = emo.select %e {dim = 1 : i64, indices = array<i64: 0, 1, 3>} : tensor<?x4xf32> -> tensor<?x3xf32>
  %t = emo.select %s {dim = 1 : i64, indices = array<i64: 2, 1>} : tensor<?x3xf32> -> tensor<?x2xf32>
  %all = emo.select %x {dim = 1 : i64, indices = array<i64: 0, 1, 2, 3, 4, 5, 6, 7>} : tensor<?x8xbf16> -> tensor<?x8xbf16>
  return %t, %all : tensor<?x2xf32>, tensor<?x8xbf16>
}

// -----

// Columns of a wider value; what others read too stays where it is.
// CHECK-LABEL: func.func @selected_columns
// CHECK: %[[S:.*]] = emo.select %{{.*}} {dim = 1 : i64, indices = array<i64: 2, 4>} : tensor<?x6xf32> -> tensor<?x2xf32>
// CHECK: %[[L:.*]] = emo.linear
// CHECK: %[[T:.*]] = emo.select %[[L]] {dim = 1 : i64, indices = array<i64: 0>}
// CHECK: return %{{.*}}, %[[T]], %[[L]]
func.func @selected_columns(%x: tensor<?x6xf32>, %n: index, %y: tensor<?x8xf32>, %w: tensor<4x8xf32>) -> (tensor<?x2xf32>, tensor<?x1xf32>, tensor<?x4xf32>) {
  %c = tensor.extract_slice %x[0, 2] [%n, 4] [1, 1] : tensor<?x6xf32> to tensor<?x4xf32>
  %s = emo.select %c {dim = 1 : i64, indices = array<i64: 0, 2>} : tensor<?x4xf32> -> tensor<?x2xf32>
  %l = emo.linear %y, %w : tensor<?x8xf32>, tensor<4x8xf32> -> tensor<?x4xf32>
  %t = emo.select %l {dim = 1 : i64, indices = array<i64: 0>} : tensor<?x4xf32> -> tensor<?x1xf32>
  return %s, %t, %l : tensor<?x2xf32>, tensor<?x1xf32>, tensor<?x4xf32>
}
