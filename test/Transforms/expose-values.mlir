// RUN: emo-opt %s --emo-expose-values | FileCheck %s
// RUN: emo-opt %s --emo-expose-values=values=pools | FileCheck %s --check-prefix=POOLS
// RUN: emo-opt %s --emo-expose-values=values=routing,pools | FileCheck %s --check-prefix=BOTH

func.func @forward(%l: tensor<?x7xf32>, %t: tensor<?xi32>, %n: tensor<?xi32>) -> (tensor<?x3xf32> {emo.name = "out"}) {
  %p = emo.router_scores %l : tensor<?x7xf32> -> tensor<?x7xf32>
  %pool = emo.document_pool %p, %t, %n : tensor<?x7xf32>, tensor<?xi32>, tensor<?xi32> -> tensor<?x7xi1>
  %m = emo.mask_experts %l, %pool, %t : tensor<?x7xf32>, tensor<?x7xi1>, tensor<?xi32>
  %w, %i = emo.route %m {top_k = 2 : i64, num_shared = 1 : i64} : tensor<?x7xf32> -> tensor<?x3xf32>, tensor<?x3xi32>
  return %w : tensor<?x3xf32>
}

// The probabilities that chose the pool are at hand.
// CHECK: -> (tensor<?x3xf32> {emo.name = "out"}, tensor<?x7xf32> {emo.dims = ["tokens", ""], emo.name = "layers.0.router_probabilities"},
// CHECK-SAME: tensor<?x3xi32> {emo.dims = ["tokens", ""], emo.name = "layers.0.indices"}, tensor<?x3xf32> {emo.dims = ["tokens", ""], emo.name = "layers.0.weights"})
// CHECK: %[[P:.*]] = emo.router_scores
// CHECK: %[[W:.*]], %[[I:.*]] = emo.route
// CHECK-NOT: emo.router_scores
// CHECK: return %[[W]], %[[P]], %[[I]], %[[W]]

// POOLS: -> (tensor<?x3xf32> {emo.name = "out"}, tensor<?x7xi1> {emo.dims = ["documents", ""], emo.name = "layers.0.pool"},
// POOLS-SAME: tensor<?x7xf32> {emo.dims = ["tokens", ""], emo.name = "layers.0.pool_probabilities"})
// POOLS: %[[POOL:.*]] = emo.document_pool
// POOLS: %[[M:.*]] = emo.mask_experts
// POOLS: %[[Q:.*]] = emo.router_scores %[[M]]
// POOLS: return %{{.*}}, %[[POOL]], %[[Q]]

// BOTH: "layers.0.router_probabilities"{{.*}}"layers.0.indices"{{.*}}"layers.0.weights"{{.*}}"layers.0.pool"{{.*}}"layers.0.pool_probabilities"
