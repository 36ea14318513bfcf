// RUN: split-file %s %t
// RUN: emo-opt --pass-pipeline='builtin.module(emo-prune-experts{experts=%t/set.json})' %t/model.mlir 2> %t/notes | FileCheck %s
// RUN: FileCheck %s --check-prefix=NOTES < %t/notes
// RUN: emo-opt --pass-pipeline='builtin.module(emo-prune-experts{experts=%t/all.json})' %t/model.mlir 2> /dev/null | FileCheck %s --check-prefix=ALL
// NOTES: remark: {{.*}}shared

// What the module is a subset of, for users.
// CHECK: emo.model = {
// CHECK-SAME: expert_set = {data = [{documents = 3 : i64, hash = "beef"}], experts_per_layer = array<i64: 5, 6>, keep = "3", kept = [array<i64: 0, 2, 3, 4>, array<i64: 2, 4, 5>], policy = "router"}
// CHECK-SAME: experts_per_layer = array<i64: 4, 3>, experts_per_token = array<i64: 3, 3>

// Whole parameters that nothing reads any more are gone.
// CHECK-NOT: emo.param @router0 :
// CHECK: emo.param @router0.kept : tensor<3x8xf32> from [#emo.source<"m", 0, tensor<5x8xf32>>] program [#emo.slice<0, 0, 4>, #emo.select<0, [0, 2, 3]>]
// CHECK: emo.param @experts0.kept : tensor<4x8x8xf32> from [#emo.source<"m", 160, tensor<5x8x8xf32>>] program [#emo.select<0, [0, 2, 3, 4]>]
// CHECK: emo.param @router1.kept : tensor<3x8xf32> {{.*}} program [#emo.select<0, [2, 4, 5]>]
// CHECK: emo.param @experts1.kept : tensor<3x8x8xf32> {{.*}} program [#emo.select<0, [2, 4, 5]>]

// Layer 0: three of four routed experts and the shared one. The router has three rows left, experts are selected in weight programs.
// CHECK-LABEL: func.func @forward
// CHECK: emo.linear %{{.*}}, %{{.*}} : tensor<?x8xf32>, tensor<3x8xf32> -> tensor<?x3xf32>
// CHECK: emo.route %{{.*}} {num_shared = 1 : i64, top_k = 2 : i64} : tensor<?x3xf32> -> tensor<?x3xf32>, tensor<?x3xi32>
// CHECK: emo.group_by_expert %{{.*}} {num_experts = 4 : i64} : tensor<?x3xi32> -> tensor<5xi32>, tensor<?xi32>, tensor<?x3xi32>
// CHECK: emo.grouped_matmul %{{.*}} : tensor<?x8xf32>, tensor<4x8x8xf32>, tensor<5xi32> -> tensor<?x8xf32>

// Layer 1: one routed expert is left, so a token uses one; two shared ones have weights of their own, from rows of the same product.
// CHECK: %[[SCORES:.*]] = emo.linear %{{.*}}, %{{.*}} : tensor<?x8xf32>, tensor<3x8xf32> -> tensor<?x3xf32>
// CHECK: %[[ROUTED:.*]] = tensor.extract_slice %[[SCORES]][0, 0] [%{{.*}}, 1] [1, 1]
// CHECK: %[[SHARED:.*]] = tensor.extract_slice %[[SCORES]][0, 1] [%{{.*}}, 2] [1, 1]
// CHECK: emo.route %[[ROUTED]] shared_logits(%[[SHARED]] : tensor<?x2xf32>) {num_shared = 2 : i64, top_k = 1 : i64} : tensor<?x1xf32> -> tensor<?x3xf32>, tensor<?x3xi32>
// CHECK: emo.group_by_expert %{{.*}} {num_experts = 3 : i64}

// ALL-NOT: emo.select
// ALL-NOT: kept :

//--- model.mlir
module attributes {emo.model = {eos_token_id = 1 : i64, hash = "abcd"}} {
  emo.param @router0 : tensor<4x8xf32> from [#emo.source<"m", 0, tensor<5x8xf32>>] program [#emo.slice<0, 0, 4>]
  emo.param @experts0 : tensor<5x8x8xf32> from [#emo.source<"m", 160, tensor<5x8x8xf32>>]
  emo.param @router1 : tensor<6x8xf32> from [#emo.source<"m", 1440, tensor<6x8xf32>>]
  emo.param @experts1 : tensor<6x8x8xf32> from [#emo.source<"m", 1632, tensor<6x8x8xf32>>]
  func.func @forward(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
    %c0 = arith.constant 0 : index
    %n = tensor.dim %x, %c0 : tensor<?x8xf32>
    %router0 = emo.param.ref @router0 : tensor<4x8xf32>
    %l0 = emo.linear %x, %router0 : tensor<?x8xf32>, tensor<4x8xf32> -> tensor<?x4xf32>
    %w0, %i0 = emo.route %l0 {top_k = 2 : i64, num_shared = 1 : i64} : tensor<?x4xf32> -> tensor<?x3xf32>, tensor<?x3xi32>
    %o0, %t0, %v0 = emo.group_by_expert %i0 {num_experts = 5 : i64} : tensor<?x3xi32> -> tensor<6xi32>, tensor<?xi32>, tensor<?x3xi32>
    %d0 = emo.dispatch %x, %t0 : tensor<?x8xf32>, tensor<?xi32> -> tensor<?x8xf32>
    %experts0 = emo.param.ref @experts0 : tensor<5x8x8xf32>
    %m0 = emo.grouped_matmul %d0, %experts0, %o0 : tensor<?x8xf32>, tensor<5x8x8xf32>, tensor<6xi32> -> tensor<?x8xf32>
    %z0 = emo.combine %m0, %w0, %v0 : tensor<?x8xf32>, tensor<?x3xf32>, tensor<?x3xi32> -> tensor<?x8xf32>
    %router1 = emo.param.ref @router1 : tensor<6x8xf32>
    %l1 = emo.linear %z0, %router1 : tensor<?x8xf32>, tensor<6x8xf32> -> tensor<?x6xf32>
    %r1 = tensor.extract_slice %l1[0, 0] [%n, 4] [1, 1] : tensor<?x6xf32> to tensor<?x4xf32>
    %s1 = tensor.extract_slice %l1[0, 4] [%n, 2] [1, 1] : tensor<?x6xf32> to tensor<?x2xf32>
    %w1, %i1 = emo.route %r1 shared_logits(%s1 : tensor<?x2xf32>) {top_k = 2 : i64, num_shared = 2 : i64} : tensor<?x4xf32> -> tensor<?x4xf32>, tensor<?x4xi32>
    %o1, %t1, %v1 = emo.group_by_expert %i1 {num_experts = 6 : i64} : tensor<?x4xi32> -> tensor<7xi32>, tensor<?xi32>, tensor<?x4xi32>
    %d1 = emo.dispatch %z0, %t1 : tensor<?x8xf32>, tensor<?xi32> -> tensor<?x8xf32>
    %experts1 = emo.param.ref @experts1 : tensor<6x8x8xf32>
    %m1 = emo.grouped_matmul %d1, %experts1, %o1 : tensor<?x8xf32>, tensor<6x8x8xf32>, tensor<7xi32> -> tensor<?x8xf32>
    %z1 = emo.combine %m1, %w1, %v1 : tensor<?x8xf32>, tensor<?x4xf32>, tensor<?x4xi32> -> tensor<?x8xf32>
    return %z1 : tensor<?x8xf32>
  }
}

//--- set.json
{"version": 1, "model": {"hash": "abcd"}, "data": [{"hash": "beef", "documents": 3}], "policy": "router", "keep": "3", "unknown": 7,
 "layers": [{"keep": [0, 2, 3]}, {"keep": [2, 4, 5]}]}

//--- all.json
{"layers": [{"keep": [0, 1, 2, 3, 4]}, {"keep": [0, 1, 2, 3, 4, 5]}]}
