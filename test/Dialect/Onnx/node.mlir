// RUN: emo-opt %s | FileCheck %s
// RUN: emo-opt %s | emo-opt | FileCheck %s
// RUN: emo-opt -mlir-print-op-generic %s | emo-opt | FileCheck %s

// CHECK-LABEL: func.func @forms
func.func @forms(%x: tensor<?x7xf32>, %k: tensor<1xi64>, %c: tensor<i1>) -> tensor<?x2xi64> {
  // CHECK: %{{.*}}:2 = onnx.node "TopK" version 24 (%{{.*}}, %{{.*}}) {axis = -1 : i64} : (tensor<?x7xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %values, %indices = onnx.node "TopK" version 24 (%x, %k) {axis = -1 : i64}
    : (tensor<?x7xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  // CHECK: onnx.node "Clip" version 13 (%{{.*}}, %{{.*}}) without_operands [1] attributes {note = "kept"} :
  %0 = onnx.node "Clip" version 13 (%x, %x) without_operands [1] attributes {note = "kept"}
    : (tensor<?x7xf32>, tensor<?x7xf32>) -> tensor<?x7xf32>
  // CHECK: onnx.node "SkipSimplifiedLayerNormalization" domain "com.microsoft" version 1 (%{{.*}}, %{{.*}}) without_results [1, 2] :
  %1:2 = onnx.node "SkipSimplifiedLayerNormalization" domain "com.microsoft" version 1 (%x, %x) without_results [1, 2]
    : (tensor<?x7xf32>, tensor<?x7xf32>) -> (tensor<?x7xf32>, tensor<?x7xf32>)
  // CHECK: onnx.node "If" version 25 (%{{.*}}) subgraph "then_branch" {
  // CHECK-NEXT: onnx.yield %{{.*}} : tensor<?x7xf32>
  // CHECK-NEXT: } subgraph "else_branch" {
  // CHECK-NEXT: onnx.node "Neg"
  // CHECK-NEXT: onnx.yield
  // CHECK-NEXT: } : (tensor<i1>) -> tensor<?x7xf32>
  %2 = onnx.node "If" version 25 (%c) subgraph "then_branch" {
    onnx.yield %x : tensor<?x7xf32>
  } subgraph "else_branch" {
    %n = onnx.node "Neg" version 13 (%x) : (tensor<?x7xf32>) -> tensor<?x7xf32>
    onnx.yield %n : tensor<?x7xf32>
  } : (tensor<i1>) -> tensor<?x7xf32>
  return %indices : tensor<?x2xi64>
}
