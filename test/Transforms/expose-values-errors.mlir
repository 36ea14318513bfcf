// RUN: emo-opt %s --split-input-file --verify-diagnostics --emo-expose-values=values=routing,pools
// RUN: not emo-opt %s --split-input-file --emo-expose-values=values=routing,logits 2>&1 | FileCheck %s
// CHECK: error: emo-expose-values: expects the option values to be a list of routing and pools, got 'logits'

module {
  // expected-error @+1 {{'func.func' op expects a router, found no emo.route; dense models have none, and of an ONNX graph experts must have been raised}}
  func.func @forward() { return }
}

// -----

module {
  func.func @forward(%l: tensor<?x7xf32>) -> tensor<?x2xf32> {
    // expected-error @+1 {{'emo.route' op has no document pool to expose; run emo-scope-experts-to-documents before emo-expose-values}}
    %w, %i = emo.route %l {top_k = 2 : i64} : tensor<?x7xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
    return %w : tensor<?x2xf32>
  }
}

// -----

module {
  // expected-error @+1 {{'func.func' op has an output named 'layers.0.indices' already; values are exposed once}}
  func.func @forward(%l: tensor<?x7xf32>) -> (tensor<?x2xi32> {emo.name = "layers.0.indices"}) {
    %w, %i = emo.route %l {top_k = 2 : i64} : tensor<?x7xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
    return %i : tensor<?x2xi32>
  }
}

// -----

module {
  // expected-error @+1 {{'func.func' op expects routers outside loops and branches to expose 'layers.0.router_probabilities'}}
  func.func @forward(%c: i1, %l: tensor<?x7xf32>) {
    scf.if %c {
      %w, %i = emo.route %l {top_k = 2 : i64} : tensor<?x7xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
    }
    return
  }
}
