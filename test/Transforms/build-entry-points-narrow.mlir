// RUN: emo-opt %s --split-input-file --emo-build-entry-points --cse | FileCheck %s
// The logits of @step are of f32 whatever those of @forward are: @sample takes them.

emo.param @table : tensor<16x8xbf16> from [#emo.source<"m", 0, tensor<16x8xbf16>>]

// CHECK: func.func @forward
// CHECK-LABEL: func.func @step
// CHECK-SAME: -> (tensor<?x16xf32> {emo.dims = ["batch", ""], emo.name = "logits", emo.role = "logits"})
// CHECK: %[[LOGITS:.*]] = emo.linear {{.*}} -> tensor<?x?x16xbf16>
// CHECK: %[[ROWS:.*]] = tensor.collapse_shape {{.*}} into tensor<?x16xbf16>
// CHECK: %[[WIDE:.*]] = arith.extf %[[ROWS]] : tensor<?x16xbf16> to tensor<?x16xf32>
// CHECK: return %[[WIDE]]
// CHECK-LABEL: func.func @sample
// CHECK-SAME: tensor<?x16xf32>
func.func @forward(%ids: tensor<?x?xi64> {emo.name = "input_ids", emo.dims = ["batch", "sequence"], emo.role = "token_ids", emo.range = array<i64: 0, 16>})
    -> (tensor<?x?x16xbf16> {emo.name = "logits", emo.dims = ["batch", "sequence", ""]}) {
  %table = emo.param.ref @table : tensor<16x8xbf16>
  %x = emo.embedding %ids, %table : tensor<?x?xi64>, tensor<16x8xbf16> -> tensor<?x?x8xbf16>
  %logits = emo.linear %x, %table : tensor<?x?x8xbf16>, tensor<16x8xbf16> -> tensor<?x?x16xbf16>
  return %logits : tensor<?x?x16xbf16>
}

// -----

emo.param @table : tensor<16x8xf64> from [#emo.source<"m", 0, tensor<16x8xf64>>]

// CHECK: func.func @forward
// CHECK-LABEL: func.func @step
// CHECK: arith.truncf {{.*}} : tensor<?x16xf64> to tensor<?x16xf32>
func.func @forward(%ids: tensor<?x?xi64> {emo.name = "input_ids", emo.dims = ["batch", "sequence"], emo.role = "token_ids", emo.range = array<i64: 0, 16>})
    -> (tensor<?x?x16xf64> {emo.name = "logits", emo.dims = ["batch", "sequence", ""]}) {
  %table = emo.param.ref @table : tensor<16x8xf64>
  %x = emo.embedding %ids, %table : tensor<?x?xi64>, tensor<16x8xf64> -> tensor<?x?x8xf64>
  %logits = emo.linear %x, %table : tensor<?x?x8xf64>, tensor<16x8xf64> -> tensor<?x?x16xf64>
  return %logits : tensor<?x?x16xf64>
}
