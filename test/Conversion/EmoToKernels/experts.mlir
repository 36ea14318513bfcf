// RUN: emo-opt %s --emo-to-kernels --canonicalize --cse | FileCheck %s

emo.param @w_4x6x8xbf16 : tensor<4x6x8xbf16> from [#emo.source<"m", 0, tensor<4x6x8xbf16>>]
emo.param @w_4x8x6xbf16 : tensor<4x8x6xbf16> from [#emo.source<"m", 0, tensor<4x8x6xbf16>>]
emo.param @w_4x6x8xf32 : tensor<4x6x8xf32> from [#emo.source<"m", 0, tensor<4x6x8xf32>>]
emo.param @w_4x8x6xf32 : tensor<4x8x6xf32> from [#emo.source<"m", 0, tensor<4x8x6xf32>>]

// A gated layer: two accumulators, the dispatch is the gather of the first
// product, the hidden activation is rounded once.
// CHECK-LABEL: func.func @gated
// CHECK-SAME: %[[X:.*]]: tensor<?x8xbf16>, %[[O:.*]]: tensor<5xi32>, %[[T:.*]]: tensor<?xi32>
func.func @gated(%x: tensor<?x8xbf16>, %o: tensor<5xi32>, %t: tensor<?xi32>) -> tensor<?x8xbf16> {
  %g = emo.param.ref @w_4x6x8xbf16 : tensor<4x6x8xbf16>
  %u = emo.param.ref @w_4x6x8xbf16 : tensor<4x6x8xbf16>
  %d = emo.param.ref @w_4x8x6xbf16 : tensor<4x8x6xbf16>
  // CHECK-DAG: %[[W:.*]] = emo.param.ref @w_4x6x8xbf16
  // CHECK-DAG: %[[D:.*]] = emo.param.ref @w_4x8x6xbf16
  // CHECK: %[[H:.*]] = emo.kernel.matmul lhs(%[[X]] : tensor<?x8xbf16>) weights(%[[W]], %[[W]] : {{.*}}) gather(%[[T]] : tensor<?xi32>) offsets(%[[O]] : tensor<5xi32>) {{.*}} attributes {accumulators = 2 : i64, kinds = []} {
  // CHECK: ^bb0(%[[A:.*]]: f32, %[[B:.*]]: f32):
  // CHECK:   %[[ONE:.*]] = arith.constant 1.0{{.*}} : f32
  // CHECK:   %[[N:.*]] = arith.negf %[[A]]
  // CHECK:   %[[E:.*]] = math.exp %[[N]]
  // CHECK:   %[[S:.*]] = arith.addf %[[E]], %[[ONE]]
  // CHECK:   %[[Q:.*]] = arith.divf %[[A]], %[[S]]
  // CHECK:   %[[M:.*]] = arith.mulf %[[Q]], %[[B]]
  // CHECK:   arith.truncf %[[M]] : f32 to bf16
  // CHECK: emo.kernel.matmul lhs(%[[H]] : tensor<?x6xbf16>) weights(%[[D]] : {{.*}}) offsets(%[[O]] : tensor<5xi32>)
  // CHECK-NOT: gather_rows
  %r = emo.dispatch %x, %t : tensor<?x8xbf16>, tensor<?xi32> -> tensor<?x8xbf16>
  %y = emo.expert_mlp %r, %o up(%u : tensor<4x6x8xbf16>) down(%d : tensor<4x8x6xbf16>) gate(%g : tensor<4x6x8xbf16>) : tensor<?x8xbf16>, tensor<5xi32> -> tensor<?x8xbf16>
  return %y : tensor<?x8xbf16>
}

// Biases are columns per expert; limit, alpha and beta are in the epilogue.
// CHECK-LABEL: func.func @clamped
func.func @clamped(%r: tensor<?x8xf32>, %o: tensor<5xi32>, %bi: tensor<4x6xf32>, %bo: tensor<4x8xf32>) -> tensor<?x8xf32> {
  %g = emo.param.ref @w_4x6x8xf32 : tensor<4x6x8xf32>
  %d = emo.param.ref @w_4x8x6xf32 : tensor<4x8x6xf32>
  // CHECK: emo.kernel.matmul {{.*}} extras({{.*}} : tensor<4x6xf32>, tensor<4x6xf32>) {{.*}} kinds = [#emo.kind<column>, #emo.kind<column>]
  // CHECK: ^bb0(%[[A:.*]]: f32, %[[B:.*]]: f32, %[[GB:.*]]: f32, %[[UB:.*]]: f32):
  // CHECK-DAG: %[[U0:.*]] = arith.addf %[[B]], %[[UB]]
  // CHECK-DAG: %[[G0:.*]] = arith.addf %[[A]], %[[GB]]
  // CHECK: %[[G1:.*]] = arith.minimumf %[[G0]], %[[LIMIT:.*]] : f32
  // CHECK: %[[U1:.*]] = arith.maximumf %[[U0]]
  // CHECK: %[[U2:.*]] = arith.minimumf %[[U1]], %[[LIMIT]]
  // CHECK: arith.addf %[[U2]]
  // CHECK: arith.mulf %[[G1]]
  // CHECK: emo.kernel.matmul {{.*}} extras({{.*}} : tensor<4x8xf32>) {{.*}} kinds = [#emo.kind<column>]
  %y = emo.expert_mlp %r, %o up(%g : tensor<4x6x8xf32>) down(%d : tensor<4x8x6xf32>) gate(%g : tensor<4x6x8xf32>) up_bias(%bi : tensor<4x6xf32>) down_bias(%bo : tensor<4x8xf32>) gate_bias(%bi : tensor<4x6xf32>) {limit = 7.0 : f64, alpha = 1.702 : f64, beta = 1.0 : f64} : tensor<?x8xf32>, tensor<5xi32> -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// CHECK-LABEL: func.func @plain_gelu
func.func @plain_gelu(%r: tensor<?x8xf32>, %o: tensor<5xi32>) -> tensor<?x8xf32> {
  %u = emo.param.ref @w_4x6x8xf32 : tensor<4x6x8xf32>
  %d = emo.param.ref @w_4x8x6xf32 : tensor<4x8x6xf32>
  // CHECK: accumulators = 1
  // CHECK: math.erf
  %y = emo.expert_mlp %r, %o up(%u : tensor<4x6x8xf32>) down(%d : tensor<4x8x6xf32>) {activation = #emo.activation<gelu>} : tensor<?x8xf32>, tensor<5xi32> -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// CHECK-LABEL: func.func @plain_relu
func.func @plain_relu(%r: tensor<?x8xf32>, %o: tensor<5xi32>) -> tensor<?x8xf32> {
  %u = emo.param.ref @w_4x6x8xf32 : tensor<4x6x8xf32>
  %d = emo.param.ref @w_4x8x6xf32 : tensor<4x8x6xf32>
  // CHECK: arith.maximumf
  %y = emo.expert_mlp %r, %o up(%u : tensor<4x6x8xf32>) down(%d : tensor<4x8x6xf32>) {activation = #emo.activation<relu>} : tensor<?x8xf32>, tensor<5xi32> -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// CHECK-LABEL: func.func @gated_gelu_tanh
func.func @gated_gelu_tanh(%r: tensor<?x8xf32>, %o: tensor<5xi32>) -> tensor<?x8xf32> {
  %u = emo.param.ref @w_4x6x8xf32 : tensor<4x6x8xf32>
  %d = emo.param.ref @w_4x8x6xf32 : tensor<4x8x6xf32>
  // CHECK: math.tanh
  %y = emo.expert_mlp %r, %o up(%u : tensor<4x6x8xf32>) down(%d : tensor<4x8x6xf32>) gate(%u : tensor<4x6x8xf32>) {activation = #emo.activation<gelu_tanh>} : tensor<?x8xf32>, tensor<5xi32> -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// CHECK-LABEL: func.func @grouped_matmul
func.func @grouped_matmul(%x: tensor<?x8xf32>, %o: tensor<5xi32>, %t: tensor<?xi32>, %b: tensor<4x6xf32>) -> tensor<?x6xf32> {
  %w = emo.param.ref @w_4x6x8xf32 : tensor<4x6x8xf32>
  // CHECK: emo.kernel.matmul {{.*}} gather({{.*}}) offsets({{.*}}) extras({{.*}} : tensor<4x6xf32>) {{.*}} kinds = [#emo.kind<column>]
  %r = emo.dispatch %x, %t : tensor<?x8xf32>, tensor<?xi32> -> tensor<?x8xf32>
  %y = emo.grouped_matmul %r, %w, %o bias(%b : tensor<4x6xf32>) : tensor<?x8xf32>, tensor<4x6x8xf32>, tensor<5xi32> -> tensor<?x6xf32>
  return %y : tensor<?x6xf32>
}

// CHECK-LABEL: func.func @combine
func.func @combine(%r: tensor<?x8xbf16>, %w: tensor<?x3xf32>, %n: tensor<?x3xi32>) -> tensor<?x8xbf16> {
  // CHECK: emo.kernel.combine rows({{.*}}) weights({{.*}}) inverse({{.*}}) outs({{.*}}) attributes {kinds = []} {
  // CHECK: ^bb0(%[[ACC:.*]]: f32):
  // CHECK:   arith.truncf %[[ACC]] : f32 to bf16
  %y = emo.combine %r, %w, %n : tensor<?x8xbf16>, tensor<?x3xf32>, tensor<?x3xi32> -> tensor<?x8xbf16>
  return %y : tensor<?x8xbf16>
}
