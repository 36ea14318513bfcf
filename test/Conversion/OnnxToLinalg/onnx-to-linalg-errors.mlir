// RUN: emo-opt %s --emo-onnx-to-linalg -split-input-file -verify-diagnostics

// All operators without a lowering in one error.
// expected-error@+1 {{3 ONNX operators of the model, or the way they are used, cannot be compiled: 'Conv' (2 nodes), 'com.microsoft::Gelu' (1 node), 'Range' (1 node)}}
module {
  func.func @forward(%x: tensor<1x1x8xf32>, %w: tensor<1x1x3xf32>, %f: tensor<f32>) {
    // expected-note@+1 {{the first 'Conv' is here}}
    %0 = onnx.node "Conv" version 22 (%x, %w) : (tensor<1x1x8xf32>, tensor<1x1x3xf32>) -> tensor<1x1x6xf32>
    %1 = onnx.node "Conv" version 22 (%0, %w) : (tensor<1x1x6xf32>, tensor<1x1x3xf32>) -> tensor<1x1x4xf32>
    // expected-note@+1 {{the first 'com.microsoft::Gelu' is here}}
    %2 = onnx.node "Gelu" domain "com.microsoft" version 1 (%1) : (tensor<1x1x4xf32>) -> tensor<1x1x4xf32>
    // expected-note@+1 {{the first 'Range' is here}}
    %3 = onnx.node "Range" version 27 (%f, %f, %f) : (tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<?xf32>
    return
  }
}

// -----

// Unsigned integers and values without a rank have no lowering.
// expected-error@+1 {{2 ONNX operators of the model, or the way they are used, cannot be compiled: 'Add' (1 node), 'Neg' (1 node)}}
module {
  func.func @forward(%x: tensor<2xui8>, %y: tensor<*xf32>) {
    // expected-note@+1 {{the first 'Add' is here}}
    %0 = onnx.node "Add" version 14 (%x, %x) : (tensor<2xui8>, tensor<2xui8>) -> tensor<2xui8>
    // expected-note@+1 {{the first 'Neg' is here}}
    %1 = onnx.node "Neg" version 13 (%y) : (tensor<*xf32>) -> tensor<*xf32>
    return
  }
}
