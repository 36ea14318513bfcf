// RUN: emo-opt %s --split-input-file --verify-diagnostics --emo-retype
// RUN: not emo-opt %s --split-input-file --emo-retype=to=bf16 2>&1 | FileCheck %s
// CHECK: error: emo-retype: expects the option to to be f32 or f64, got 'bf16'

module {
  func.func @forward(%x: tensor<?xf32>) -> tensor<?xi32> {
    // expected-error @+1 {{'arith.bitcast' op reads the bits of a float, which another type does not have}}
    %y = arith.bitcast %x : tensor<?xf32> to tensor<?xi32>
    return %y : tensor<?xi32>
  }
}

// -----

module {
  func.func @forward(%x: tensor<?xf32>) -> tensor<?xf32> {
    // expected-error @+1 {{'onnx.node' op cannot be retyped; expected a module of the phases raise to kernels}}
    %y = onnx.node "Exp" version 13 (%x) : (tensor<?xf32>) -> tensor<?xf32>
    return %y : tensor<?xf32>
  }
}

// -----

module {
  // expected-error @+1 {{'emo.param' op is packed for kernels; retype before phase cpu}}
  emo.param @w : tensor<1x1x8x32xf32> from [#emo.source<"m", 0, tensor<32x8xf32>>] program [#emo.reshape<[1, 32, 8]>, #emo.pack<gated = false>]
}

// -----

module {
  func.func @forward() -> tensor<2xf32> {
    // expected-error @+1 {{'arith.constant' op cannot be retyped; expected a scalar or a dense constant}}
    %c = arith.constant dense_resource<weights> : tensor<2xf32>
    return %c : tensor<2xf32>
  }
}
{-# dialect_resources: {builtin: {weights: "0x040000000000803F00000040"}} #-}
