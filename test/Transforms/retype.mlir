// RUN: emo-opt %s --emo-retype | FileCheck %s
// RUN: emo-opt %s --emo-retype=to=f32 | FileCheck %s --check-prefix=F32

// CHECK: module attributes {emo.model = {dtype = "f64"}}
// F32: module attributes {emo.model = {dtype = "f32"}}
module attributes {emo.model = {dtype = "bf16"}} {
  // The steps of a program stay: they say which numbers the weights are.
  // CHECK: emo.param @w : tensor<4x8xf64> from {{.*}} program [#emo.cast<bf16>, #emo.cast<f64>]
  // F32: emo.param @w : tensor<4x8xf32> from {{.*}} program [#emo.cast<bf16>, #emo.cast<f32>]
  emo.param @w : tensor<4x8xbf16> from [#emo.source<"m", 0, tensor<4x8xf32>>] program [#emo.cast<bf16>]
  // CHECK: emo.param @n : tensor<4xi32> from [#emo.literal<dense<1> : tensor<4xi32>>]{{$}}
  emo.param @n : tensor<4xi32> from [#emo.literal<dense<1> : tensor<4xi32>>]

  // Inputs keep their types, but for KV caches; casts disappear.
  // CHECK: func.func @forward(%[[X:.*]]: tensor<?x8xf32>, %[[I:.*]]: tensor<?xi32>, %[[C:.*]]: tensor<?x1x?x8xf64> {emo.role = "kv_cache"}) -> (tensor<?x4xf64>, tensor<f64>, tensor<?x1x?x8xf64>)
  // CHECK: %[[WIDE:.*]] = arith.extf %[[X]] : tensor<?x8xf32> to tensor<?x8xf64>
  // CHECK: %[[W:.*]] = emo.param.ref @w : tensor<4x8xf64>
  // CHECK: %[[Y:.*]] = emo.linear %[[WIDE]], %[[W]] : tensor<?x8xf64>, tensor<4x8xf64> -> tensor<?x4xf64>
  // CHECK: emo.kernel.matmul lhs(%[[WIDE]] : tensor<?x8xf64>)
  // CHECK: ^bb0(%[[ACC:.*]]: f64):
  // CHECK-NEXT: %[[HALF:.*]] = arith.constant 5.000000e-01 : f64
  // CHECK-NEXT: %[[P:.*]] = arith.mulf %[[ACC]], %[[HALF]] : f64
  // CHECK-NEXT: emo.kernel.yield %[[P]] : f64
  // CHECK: arith.constant dense<[1.500000e+00, 0.10009765625]> : tensor<2xf64>
  // CHECK: emo.rms_norm {{.*}} {epsilon = 1.000000e-05 : f64} : tensor<2xf64>, tensor<2xf64> -> tensor<2xf64>
  // CHECK: scf.for {{.*}} iter_args(%{{.*}} = %{{.*}}) -> (f64)
  // CHECK-NOT: truncf

  // F32: func.func @forward(%[[X:.*]]: tensor<?x8xf32>, %{{.*}}: tensor<?xi32>, %{{.*}}: tensor<?x1x?x8xf32> {emo.role = "kv_cache"}) -> (tensor<?x4xf32>, tensor<f32>, tensor<?x1x?x8xf32>)
  // F32-NOT: extf
  // F32: emo.linear %[[X]], %{{.*}} : tensor<?x8xf32>, tensor<4x8xf32> -> tensor<?x4xf32>
  func.func @forward(%x: tensor<?x8xf32>, %i: tensor<?xi32>, %cache: tensor<?x1x?x8xbf16> {emo.role = "kv_cache"}) -> (tensor<?x4xf32>, tensor<f16>, tensor<?x1x?x8xbf16>) {
    %narrow = arith.truncf %x : tensor<?x8xf32> to tensor<?x8xbf16>
    %w = emo.param.ref @w : tensor<4x8xbf16>
    %y = emo.linear %narrow, %w : tensor<?x8xbf16>, tensor<4x8xbf16> -> tensor<?x4xf32>
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %c9 = arith.constant 9 : index
    %rows = tensor.dim %x, %c0 : tensor<?x8xf32>
    %e = tensor.empty(%rows) : tensor<?x4xbf16>
    %m = emo.kernel.matmul lhs(%narrow : tensor<?x8xbf16>) weights(%w : tensor<4x8xbf16>) outs(%e : tensor<?x4xbf16>) attributes {accumulators = 1 : i64, kinds = []} {
    ^bb0(%acc: f32):
      %half = arith.constant 0.5 : f32
      %p = arith.mulf %acc, %half : f32
      %r = arith.truncf %p : f32 to bf16
      emo.kernel.yield %r : bf16
    } -> tensor<?x4xbf16>
    %v = arith.constant dense<[1.5, 0.1]> : tensor<2xbf16>
    %norm = emo.rms_norm %v, %v {epsilon = 1.0e-5 : f64} : tensor<2xbf16>, tensor<2xbf16> -> tensor<2xbf16>
    %first = tensor.extract %norm[%c0] : tensor<2xbf16>
    %sum = scf.for %j = %c0 to %c9 step %c1 iter_args(%s = %first) -> (bf16) {
      %t = arith.addf %s, %first : bf16
      scf.yield %t : bf16
    }
    %wide = arith.extf %sum : bf16 to f32
    %half = arith.truncf %wide : f32 to f16
    %scalar = tensor.from_elements %half : tensor<f16>
    return %y, %scalar, %cache : tensor<?x4xf32>, tensor<f16>, tensor<?x1x?x8xbf16>
  }
  // CHECK: func.func private @inner(%{{.*}}: f64) -> f64
  func.func private @inner(%x: f32) -> f32 { return %x : f32 }
}
