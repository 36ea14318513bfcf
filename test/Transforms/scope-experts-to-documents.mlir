// RUN: emo-opt %s --emo-scope-experts-to-documents | FileCheck %s
// RUN: emo-opt %s --emo-scope-experts-to-documents="boundary=after pools=3 eos=5 pad=6" | FileCheck %s --check-prefix=FIXED
// RUN: emo-opt %s --emo-scope-experts-to-documents=attention=causal | FileCheck %s --check-prefix=CAUSAL
// RUN: emo-opt %s --emo-scope-experts-to-documents=pools=none | FileCheck %s --check-prefix=NONE
// RUN: emo-opt %s --emo-scope-experts-to-documents="pools=none attention-boundary=before" | FileCheck %s --check-prefix=BEFORE

// Two layers, the second with another number of experts and choices.
module attributes {emo.model = {eos_token_id = 1 : i64}} {
  func.func @forward(%ids: tensor<?x?xi64> {emo.role = "token_ids"}, %q: tensor<?x?x2x4xf32>, %a: tensor<?x7xf32>, %b: tensor<?x5xf32>)
      -> (tensor<?x?x2x4xf32>, tensor<?x3xf32>, tensor<?x3xf32>) {
    %x = emo.attention %q, %q, %q {scale = 0.5 : f64} : tensor<?x?x2x4xf32>, tensor<?x?x2x4xf32>, tensor<?x?x2x4xf32> -> tensor<?x?x2x4xf32>
    %w0, %i0 = emo.route %a {top_k = 2 : i64, num_shared = 1 : i64} : tensor<?x7xf32> -> tensor<?x3xf32>, tensor<?x3xi32>
    %w1, %i1 = emo.route %b {top_k = 3 : i64, scoring = #emo.scoring<sigmoid>} : tensor<?x5xf32> -> tensor<?x3xf32>, tensor<?x3xi32>
    return %x, %w0, %w1 : tensor<?x?x2x4xf32>, tensor<?x3xf32>, tensor<?x3xf32>
  }
}

// CHECK: func.func @forward(%[[IDS:.*]]: tensor<?x?xi64> {emo.role = "token_ids"}, %[[Q:.*]]: tensor<?x?x2x4xf32>, %[[A:.*]]: tensor<?x7xf32>, %[[B:.*]]: tensor<?x5xf32>,
// CHECK-SAME: %[[SIZES:.*]]: tensor<2x?xi32> {emo.dims = ["", "documents"], emo.name = "pool_sizes", emo.range = array<i64: 3, 2147483647>})
// CHECK: %[[S:.*]], %[[N:.*]] = emo.document_segments %[[IDS]] {boundary = #emo.boundary<before>, eos = 1 : i64}
// CHECK: %[[COUNT:.*]] = tensor.extract %[[N]][]
// CHECK: %[[COUNTI:.*]] = arith.index_cast %[[COUNT]] : i32 to index
// CHECK: %[[GIVEN:.*]] = tensor.dim %[[SIZES]], %c1
// CHECK: %[[ENOUGH:.*]] = arith.cmpi sle, %[[COUNTI]], %[[GIVEN]] : index
// CHECK: cf.assert %[[ENOUGH]], "input 'pool_sizes' has fewer documents (columns) than the token ids"
// CHECK: %[[D:.*]] = tensor.dim %[[SIZES]]
// CHECK: %[[T:.*]] = tensor.collapse_shape %[[S]] {{\[\[}}0, 1]] : tensor<?x?xi32> into tensor<?xi32>
// CHECK: %[[AS:.*]], %{{.*}} = emo.document_segments %[[IDS]] {boundary = #emo.boundary<after>, eos = 1 : i64}
// CHECK: emo.attention %[[Q]], %[[Q]], %[[Q]] segments(%[[AS]] : tensor<?x?xi32>)
// CHECK: %[[P0:.*]] = emo.router_scores %[[A]] : tensor<?x7xf32>
// CHECK: %[[Z0:.*]] = tensor.extract_slice %[[SIZES]][0, 0] [1, %[[D]]] [1, 1] : tensor<2x?xi32> to tensor<?xi32>
// CHECK: %[[K0:.*]] = emo.document_pool %[[P0]], %[[T]], %[[Z0]] : {{.*}} -> tensor<?x7xi1>
// CHECK: %[[M0:.*]] = emo.mask_experts %[[A]], %[[K0]], %[[T]]
// CHECK: emo.route %[[M0]] {num_shared = 1 : i64, top_k = 2 : i64}
// CHECK: %[[P1:.*]] = emo.router_scores %[[B]] {scoring = #emo.scoring<sigmoid>} : tensor<?x5xf32>
// CHECK: %[[Z1:.*]] = tensor.extract_slice %[[SIZES]][1, 0] [1, %[[D]]] [1, 1] : tensor<2x?xi32> to tensor<?xi32>
// CHECK: %[[K1:.*]] = emo.document_pool %[[P1]], %[[T]], %[[Z1]] : {{.*}} -> tensor<?x5xi1>
// CHECK: %[[M1:.*]] = emo.mask_experts %[[B]], %[[K1]], %[[T]]
// CHECK: emo.route %[[M1]] {scoring = #emo.scoring<sigmoid>, top_k = 3 : i64}

// One boundary for both: documents are found once.
// FIXED: func.func @forward({{.*}}, %{{.*}}: tensor<?x5xf32>) ->
// FIXED: %[[S:.*]], %[[N:.*]] = emo.document_segments %{{.*}} {boundary = #emo.boundary<after>, eos = 5 : i64, pad = 6 : i64}
// FIXED-NOT: emo.document_segments
// FIXED-NOT: cf.assert
// FIXED: emo.attention {{.*}} segments(%[[S]] :
// FIXED: %[[THREE:.*]] = arith.constant 3 : i32
// FIXED: %[[Z:.*]] = tensor.splat %[[THREE]][%{{.*}}] : tensor<?xi32>
// FIXED: emo.document_pool %{{.*}}, %{{.*}}, %[[Z]]

// CAUSAL: emo.document_segments {{.*}}boundary<before>
// CAUSAL-NOT: segments(
// CAUSAL: emo.mask_experts

// NONE: func.func @forward({{.*}}, %{{.*}}: tensor<?x5xf32>) ->
// NONE: emo.document_segments {{.*}}boundary<after>
// NONE: emo.attention {{.*}} segments(
// NONE-NOT: emo.document_pool

// BEFORE: emo.document_segments {{.*}}boundary<before>
// BEFORE: emo.attention {{.*}} segments(
