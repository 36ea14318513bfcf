// RUN: emo-opt %s --emo-to-kernels --canonicalize --cse | FileCheck %s

emo.param @w_4x8xf32 : tensor<4x8xf32> from [#emo.source<"m", 0, tensor<4x8xf32>>]
emo.param @w_6x8xf32 : tensor<6x8xf32> from [#emo.source<"m", 0, tensor<6x8xf32>>]

// The router reads the activations in their own type: widening is exact.
// CHECK-LABEL: func.func @router
// CHECK-SAME: (%[[X:.*]]: tensor<?x8xbf16>)
func.func @router(%x: tensor<?x8xbf16>) -> (tensor<?x3xf32>, tensor<?x3xi32>) {
  %w = emo.param.ref @w_4x8xf32 : tensor<4x8xf32>
  // CHECK: %[[W:.*]] = emo.param.ref
  // CHECK: emo.kernel.router x(%[[X]] : tensor<?x8xbf16>) weight(%[[W]] : tensor<4x8xf32>) outs({{.*}} : tensor<?x3xf32>, tensor<?x3xi32>) {num_shared = 1 : i64, top_k = 2 : i64}
  // CHECK-NOT: matmul
  %e = arith.extf %x : tensor<?x8xbf16> to tensor<?x8xf32>
  %l = emo.linear %e, %w : tensor<?x8xf32>, tensor<4x8xf32> -> tensor<?x4xf32>
  %p, %i = emo.route %l {top_k = 2 : i64, num_shared = 1 : i64} : tensor<?x4xf32> -> tensor<?x3xf32>, tensor<?x3xi32>
  return %p, %i : tensor<?x3xf32>, tensor<?x3xi32>
}

// CHECK-LABEL: func.func @sequence
func.func @sequence(%x: tensor<?x?x8xf32>, %b: tensor<4xf32>) -> (tensor<?x2xf32>, tensor<?x2xi32>) {
  %w = emo.param.ref @w_4x8xf32 : tensor<4x8xf32>
  // CHECK: %[[ROWS:.*]] = tensor.collapse_shape
  // CHECK: emo.kernel.router x(%[[ROWS]] : tensor<?x8xf32>) weight({{.*}}) bias({{.*}}) {{.*}} {normalize = true, scoring = #emo.scoring<sigmoid>, top_k = 2 : i64}
  %l = emo.linear %x, %w : tensor<?x?x8xf32>, tensor<4x8xf32> -> tensor<?x?x4xf32>
  %r = tensor.collapse_shape %l [[0, 1], [2]] : tensor<?x?x4xf32> into tensor<?x4xf32>
  %p, %i = emo.route %r bias(%b : tensor<4xf32>) {top_k = 2 : i64, scoring = #emo.scoring<sigmoid>, normalize = true} : tensor<?x4xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
  return %p, %i : tensor<?x2xf32>, tensor<?x2xi32>
}

// Scored shared experts are the last rows of the router's weight.
// CHECK-LABEL: func.func @shared_scored
func.func @shared_scored(%x: tensor<?x8xf32>) -> (tensor<?x4xf32>, tensor<?x4xi32>) {
  %w = emo.param.ref @w_6x8xf32 : tensor<6x8xf32>
  %c0 = arith.constant 0 : index
  %t = tensor.dim %x, %c0 : tensor<?x8xf32>
  // CHECK: emo.kernel.router {{.*}} weight({{.*}} : tensor<6x8xf32>) {{.*}} {num_shared = 2 : i64, shared_scored, top_k = 2 : i64}
  // CHECK-NOT: matmul
  %l = emo.linear %x, %w : tensor<?x8xf32>, tensor<6x8xf32> -> tensor<?x6xf32>
  %d = tensor.dim %l, %c0 : tensor<?x6xf32>
  %r = tensor.extract_slice %l[0, 0] [%d, 4] [1, 1] : tensor<?x6xf32> to tensor<?x4xf32>
  %s = tensor.extract_slice %l[0, 4] [%d, 2] [1, 1] : tensor<?x6xf32> to tensor<?x2xf32>
  %p, %i = emo.route %r shared_logits(%s : tensor<?x2xf32>) {top_k = 2 : i64, num_shared = 2 : i64} : tensor<?x4xf32> -> tensor<?x4xf32>, tensor<?x4xi32>
  return %p, %i : tensor<?x4xf32>, tensor<?x4xi32>
}

// Scores of all experts, and pools.
// CHECK-LABEL: func.func @scores_in_pools
// CHECK-SAME: (%[[X:.*]]: tensor<?x8xf32>, %[[POOL:.*]]: tensor<?x4xi1>, %[[G:.*]]: tensor<?xi32>)
func.func @scores_in_pools(%x: tensor<?x8xf32>, %pool: tensor<?x4xi1>, %g: tensor<?xi32>) -> (tensor<?x2xf32>, tensor<?x2xi32>, tensor<?x4xf32>) {
  %w = emo.param.ref @w_4x8xf32 : tensor<4x8xf32>
  // CHECK: %[[R:.*]]:3 = emo.kernel.router x(%[[X]] : tensor<?x8xf32>) weight({{.*}}) pool(%[[POOL]] : tensor<?x4xi1>) segments(%[[G]] : tensor<?xi32>)
  // CHECK: return %[[R]]#0, %[[R]]#1, %[[R]]#2
  %l = emo.linear %x, %w : tensor<?x8xf32>, tensor<4x8xf32> -> tensor<?x4xf32>
  %m = emo.mask_experts %l, %pool, %g : tensor<?x4xf32>, tensor<?x4xi1>, tensor<?xi32>
  %p, %i = emo.route %m {top_k = 2 : i64} : tensor<?x4xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
  %s = emo.router_scores %m : tensor<?x4xf32> -> tensor<?x4xf32>
  return %p, %i, %s : tensor<?x2xf32>, tensor<?x2xi32>, tensor<?x4xf32>
}

// Other readers of the logits, other scores, expert groups: no router kernel.
// CHECK-LABEL: func.func @other_users
func.func @other_users(%x: tensor<?x8xf32>) -> (tensor<?x2xf32>, tensor<?x2xi32>, tensor<?x4xf32>) {
  %w = emo.param.ref @w_4x8xf32 : tensor<4x8xf32>
  // CHECK: %[[L:.*]] = emo.kernel.matmul
  // CHECK-DAG: emo.route %[[L]]
  // CHECK-DAG: emo.router_scores %[[L]]
  %l = emo.linear %x, %w : tensor<?x8xf32>, tensor<4x8xf32> -> tensor<?x4xf32>
  %p, %i = emo.route %l {top_k = 2 : i64} : tensor<?x4xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
  %s = emo.router_scores %l {scoring = #emo.scoring<sigmoid>} : tensor<?x4xf32> -> tensor<?x4xf32>
  return %p, %i, %s : tensor<?x2xf32>, tensor<?x2xi32>, tensor<?x4xf32>
}

// CHECK-LABEL: func.func @groups
func.func @groups(%x: tensor<?x8xf32>) -> (tensor<?x2xf32>, tensor<?x2xi32>) {
  %w = emo.param.ref @w_4x8xf32 : tensor<4x8xf32>
  // CHECK: emo.route
  %l = emo.linear %x, %w : tensor<?x8xf32>, tensor<4x8xf32> -> tensor<?x4xf32>
  %p, %i = emo.route %l {top_k = 2 : i64, num_groups = 2 : i64} : tensor<?x4xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
  return %p, %i : tensor<?x2xf32>, tensor<?x2xi32>
}

// CHECK-LABEL: func.func @group_by_expert
// CHECK-SAME: (%[[I:.*]]: tensor<?x3xi32>)
func.func @group_by_expert(%i: tensor<?x3xi32>) -> (tensor<6xi32>, tensor<?xi32>, tensor<?x3xi32>) {
  // CHECK: %[[T:.*]] = tensor.dim %[[I]]
  // CHECK: %[[N:.*]] = arith.muli %[[T]], %c3
  // CHECK: tensor.empty() : tensor<6xi32>
  // CHECK: tensor.empty(%[[N]]) : tensor<?xi32>
  // CHECK: emo.kernel.group_by_expert indices(%[[I]] : tensor<?x3xi32>)
  %o, %t, %n = emo.group_by_expert %i {num_experts = 5 : i64} : tensor<?x3xi32> -> tensor<6xi32>, tensor<?xi32>, tensor<?x3xi32>
  return %o, %t, %n : tensor<6xi32>, tensor<?xi32>, tensor<?x3xi32>
}
