// RUN: emo-opt %s --emo-build-entry-points --cse | FileCheck %s

emo.param @table : tensor<16x8xf32> from [#emo.source<"m", 0, tensor<16x8xf32>>]
emo.param @square : tensor<8x8xf32> from [#emo.source<"m", 512, tensor<8x8xf32>>]
emo.param @router : tensor<4x8xf32> from [#emo.source<"m", 768, tensor<4x8xf32>>]
emo.param @experts : tensor<4x8x8xf32> from [#emo.source<"m", 896, tensor<4x8x8xf32>>]

// CHECK: func.func @forward
func.func @forward(%ids: tensor<?x?xi32> {emo.name = "input_ids", emo.dims = ["batch", "sequence"], emo.role = "token_ids", emo.range = array<i64: 0, 16>})
    -> (tensor<?x?x16xf32> {emo.name = "logits", emo.dims = ["batch", "sequence", ""]}) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %b = tensor.dim %ids, %c0 : tensor<?x?xi32>
  %s = tensor.dim %ids, %c1 : tensor<?x?xi32>
  %table = emo.param.ref @table : tensor<16x8xf32>
  %square = emo.param.ref @square : tensor<8x8xf32>
  %x = emo.embedding %ids, %table : tensor<?x?xi32>, tensor<16x8xf32> -> tensor<?x?x8xf32>
  %l = emo.linear %x, %square : tensor<?x?x8xf32>, tensor<8x8xf32> -> tensor<?x?x8xf32>
  %h = tensor.expand_shape %l [[0], [1], [2, 3]] output_shape [%b, %s, 2, 4] : tensor<?x?x8xf32> into tensor<?x?x2x4xf32>
  %r = emo.rotary %h {theta = 1.0e4 : f64} : tensor<?x?x2x4xf32>
  %a = emo.attention %r, %r, %h {scale = 0.5 : f64} : tensor<?x?x2x4xf32>, tensor<?x?x2x4xf32>, tensor<?x?x2x4xf32> -> tensor<?x?x2x4xf32>
  %ac = tensor.collapse_shape %a [[0], [1], [2, 3]] : tensor<?x?x2x4xf32> into tensor<?x?x8xf32>
  %y = arith.addf %x, %ac : tensor<?x?x8xf32>
  %rows = tensor.collapse_shape %y [[0, 1], [2]] : tensor<?x?x8xf32> into tensor<?x8xf32>
  %router = emo.param.ref @router : tensor<4x8xf32>
  %rl = emo.linear %rows, %router : tensor<?x8xf32>, tensor<4x8xf32> -> tensor<?x4xf32>
  %w, %i = emo.route %rl {top_k = 2 : i64} : tensor<?x4xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
  %o, %t, %n = emo.group_by_expert %i {num_experts = 4 : i64} : tensor<?x2xi32> -> tensor<5xi32>, tensor<?xi32>, tensor<?x2xi32>
  %d = emo.dispatch %rows, %t : tensor<?x8xf32>, tensor<?xi32> -> tensor<?x8xf32>
  %experts = emo.param.ref @experts : tensor<4x8x8xf32>
  %m = emo.grouped_matmul %d, %experts, %o : tensor<?x8xf32>, tensor<4x8x8xf32>, tensor<5xi32> -> tensor<?x8xf32>
  %z = emo.combine %m, %w, %n : tensor<?x8xf32>, tensor<?x2xf32>, tensor<?x2xi32> -> tensor<?x8xf32>
  %bs = arith.muli %b, %s : index
  %e = tensor.empty(%bs) : tensor<?x8xf32>
  %half = arith.constant 5.0e-01 : f32
  %scaled = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
      ins(%z : tensor<?x8xf32>) outs(%e : tensor<?x8xf32>) {
  ^bb0(%v: f32, %u: f32):
    %p = arith.mulf %v, %half : f32
    linalg.yield %p : f32
  } -> tensor<?x8xf32>
  %z3 = tensor.expand_shape %scaled [[0, 1], [2]] output_shape [%b, %s, 8] : tensor<?x8xf32> into tensor<?x?x8xf32>
  %logits = emo.linear %z3, %table : tensor<?x?x8xf32>, tensor<16x8xf32> -> tensor<?x?x16xf32>
  return %logits : tensor<?x?x16xf32>
}

// CHECK-LABEL: func.func @step
// CHECK-SAME: %[[IDS:[a-z0-9]+]]: tensor<?x?xi32> {emo.dims = ["batch", "sequence"], emo.name = "input_ids", emo.range = array<i64: 0, 16>, emo.role = "token_ids"}
// CHECK-SAME: %[[N:[a-z0-9]+]]: tensor<?xi32> {emo.dims = ["batch"], emo.name = "lengths", emo.role = "lengths"}
// CHECK-SAME: %[[K:[a-z0-9]+]]: tensor<?x2x?x4xf32> {emo.dims = ["batch", "", "capacity", ""], emo.name = "key_cache.0", emo.role = "kv_cache"}
// CHECK-SAME: %[[V:[a-z0-9]+]]: tensor<?x2x?x4xf32> {emo.dims = ["batch", "", "capacity", ""], emo.name = "value_cache.0", emo.role = "kv_cache"}
// CHECK-SAME: -> (tensor<?x16xf32> {emo.dims = ["batch", ""], emo.name = "logits", emo.role = "logits"}
// CHECK-SAME: tensor<?x2x?x4xf32> {emo.dims = ["batch", "", "capacity", ""], emo.name = "key_cache.0", emo.role = "kv_cache", emo.tied = 2 : i64}
// CHECK-SAME: tensor<?x2x?x4xf32> {emo.dims = ["batch", "", "capacity", ""], emo.name = "value_cache.0", emo.role = "kv_cache", emo.tied = 3 : i64})
// CHECK-DAG: %[[B:.*]] = tensor.dim %[[IDS]], %c0
// CHECK-DAG: %[[S:.*]] = tensor.dim %[[IDS]], %c1
// CHECK: %[[X:.*]] = emo.embedding
// CHECK: %[[R:.*]] = emo.rotary %{{.*}} start(%[[N]] : tensor<?xi32>)
// CHECK: %[[A:.*]], %[[NK:.*]], %[[NV:.*]] = emo.attention %[[R]], %[[R]], %{{.*}} cache(%[[K]], %[[V]], %[[N]] :
// Only the last token goes on, and so does its residual.
// CHECK: %[[LAST:.*]] = arith.subi %[[S]], %c1
// CHECK: tensor.extract_slice %[[A]][0, %[[LAST]], 0, 0] [%[[B]], 1, 2, 4] [1, 1, 1, 1] : tensor<?x?x2x4xf32> to tensor<?x2x4xf32>
// CHECK: tensor.extract_slice %[[X]][0, %[[LAST]], 0] [%[[B]], 1, 8] [1, 1, 1] : tensor<?x?x8xf32> to tensor<?x8xf32>
// CHECK: emo.group_by_expert
// CHECK: tensor.empty(%[[B]]) : tensor<?x8xf32>
// CHECK: linalg.generic
// CHECK: tensor.expand_shape {{.*}} output_shape [%[[B]], %c1, 8]
// CHECK: %[[L:.*]] = tensor.collapse_shape {{.*}} into tensor<?x16xf32>
// CHECK: return %[[L]], %[[NK]], %[[NV]]

// CHECK-LABEL: func.func @sample
// CHECK-SAME: %[[LOGITS:[a-z0-9]+]]: tensor<?x16xf32> {emo.dims = ["batch", ""], emo.name = "logits", emo.role = "logits"}
// CHECK-SAME: %[[SAMPLING:[a-z0-9]+]]: tensor<?x3xf32> {emo.dims = ["batch", ""], emo.name = "sampling", emo.role = "sampling"}
// CHECK-SAME: -> (tensor<?xi64> {emo.dims = ["batch"], emo.name = "next_ids", emo.role = "next_ids"})
// CHECK: %[[CHOSEN:.*]] = emo.sample %[[LOGITS]], %[[SAMPLING]] : tensor<?x16xf32>, tensor<?x3xf32> -> tensor<?xi64>
// CHECK: return %[[CHOSEN]]

// CHECK-LABEL: func.func @loss
// CHECK-SAME: %[[IDS:[a-z0-9]+]]: tensor<?x?xi32>
// CHECK-SAME: %[[SEG:[a-z0-9]+]]: tensor<?x?xi32> {emo.dims = ["batch", "sequence"], emo.name = "segments", emo.role = "segments"}
// CHECK-SAME: -> (tensor<?x?xf32> {emo.dims = ["batch", "sequence"], emo.name = "losses", emo.role = "losses"})
// CHECK: emo.attention {{.*}} segments(%[[SEG]] : tensor<?x?xi32>)
// CHECK: %[[LOGITS:.*]] = emo.linear {{.*}} -> tensor<?x?x16xf32>
// CHECK: %[[NEXT:.*]] = tensor.extract_slice %[[IDS]][0, 1]
// CHECK: %[[NONE:.*]] = linalg.fill ins(%c-1_i32
// CHECK: %[[T:.*]] = tensor.insert_slice %[[NEXT]] into %[[NONE]][0, 0]
// CHECK: %[[E:.*]] = emo.cross_entropy %[[LOGITS]], %[[T]]
// CHECK: return %[[E]]
