// RUN: emo-opt %s --split-input-file --verify-diagnostics --emo-scope-experts-to-documents

// expected-error @+1 {{expects a function @forward with a body, found none}}
module {}

// -----

module {
  // expected-error @+1 {{'func.func' op expects a router, found no emo.route; dense models have none, and of an ONNX graph experts must have been raised}}
  func.func @forward(%ids: tensor<?x?xi64> {emo.role = "token_ids"}) { return }
}

// -----

module {
  // expected-error @+1 {{'func.func' op expects an input with the role token_ids, in which EOS tokens end documents; found none}}
  func.func @forward(%l: tensor<?x7xf32>) -> tensor<?x2xf32> {
    %w, %i = emo.route %l {top_k = 2 : i64} : tensor<?x7xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
    return %w : tensor<?x2xf32>
  }
}

// -----

module {
  // expected-error @+1 {{'func.func' op expects one input with the role token_ids, found several}}
  func.func @forward(%ids: tensor<?x?xi64> {emo.role = "token_ids"}, %more: tensor<?x?xi64> {emo.role = "token_ids"}, %l: tensor<?x7xf32>) -> tensor<?x2xf32> {
    %w, %i = emo.route %l {top_k = 2 : i64} : tensor<?x7xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
    return %w : tensor<?x2xf32>
  }
}

// -----

module {
  // expected-error @+1 {{'func.func' op expects token ids of shape [batch, sequence], got 'tensor<?xi64>'}}
  func.func @forward(%ids: tensor<?xi64> {emo.role = "token_ids"}, %l: tensor<?x7xf32>) -> tensor<?x2xf32> {
    %w, %i = emo.route %l {top_k = 2 : i64} : tensor<?x7xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
    return %w : tensor<?x2xf32>
  }
}

// -----

// expected-error @+1 {{emo-scope-experts-to-documents: the module does not say which token ends documents (eos_token_id of emo.model); pass the option eos=ID}}
module {
  func.func @forward(%ids: tensor<?x?xi64> {emo.role = "token_ids"}, %l: tensor<?x7xf32>) -> tensor<?x2xf32> {
    %w, %i = emo.route %l {top_k = 2 : i64} : tensor<?x7xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
    return %w : tensor<?x2xf32>
  }
}

// -----

module attributes {emo.model = {eos_token_id = 1 : i64}} {
  func.func @forward(%ids: tensor<?x?xi64> {emo.role = "token_ids"}, %l: tensor<?x7xf32>) -> tensor<?x2xf32> {
    %w, %i = emo.route %l {top_k = 2 : i64} : tensor<?x7xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
    return %w : tensor<?x2xf32>
  }
  // expected-error @+1 {{'func.func' op is an entry point derived from @forward already; scope experts before emo-build-entry-points}}
  func.func @loss() { return }
}

// -----

module attributes {emo.model = {eos_token_id = 1 : i64}} {
  func.func @forward(%ids: tensor<?x?xi64> {emo.role = "token_ids"}, %l: tensor<?x7xf32>, %pool: tensor<?x7xi1>, %s: tensor<?xi32>) -> tensor<?x2xf32> {
    %m = emo.mask_experts %l, %pool, %s : tensor<?x7xf32>, tensor<?x7xi1>, tensor<?xi32>
    // expected-error @+1 {{'emo.route' op chooses from document pools already; a model is scoped once}}
    %w, %i = emo.route %m {top_k = 2 : i64} : tensor<?x7xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
    return %w : tensor<?x2xf32>
  }
}

// -----

module attributes {emo.model = {eos_token_id = 1 : i64}} {
  func.func @forward(%ids: tensor<?x?xi64> {emo.role = "token_ids"}, %l: tensor<?x7xf32>, %b: tensor<7xf32>) -> tensor<?x2xf32> {
    // expected-error @+1 {{'emo.route' op has a selection bias, with which experts outside a pool could be chosen; expected a router without one}}
    %w, %i = emo.route %l bias(%b : tensor<7xf32>) {top_k = 2 : i64} : tensor<?x7xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
    return %w : tensor<?x2xf32>
  }
}

// -----

module attributes {emo.model = {eos_token_id = 1 : i64}} {
  func.func @forward(%ids: tensor<?x?xi64> {emo.role = "token_ids"}, %l: tensor<?x7xf32>, %q: tensor<?x?x2x4xf32>, %s: tensor<?x?xi32>) -> (tensor<?x2xf32>, tensor<?x?x2x4xf32>) {
    // expected-error @+1 {{'emo.attention' op stays inside segments already; a model is scoped once (attention=causal leaves attention alone)}}
    %x = emo.attention %q, %q, %q segments(%s : tensor<?x?xi32>) {scale = 0.5 : f64} : tensor<?x?x2x4xf32>, tensor<?x?x2x4xf32>, tensor<?x?x2x4xf32> -> tensor<?x?x2x4xf32>
    %w, %i = emo.route %l {top_k = 2 : i64} : tensor<?x7xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
    return %w, %x : tensor<?x2xf32>, tensor<?x?x2x4xf32>
  }
}

// -----

module attributes {emo.model = {eos_token_id = 1 : i64}} {
  func.func @forward(%ids: tensor<?x?xi64> {emo.role = "token_ids"}, %l: tensor<?x7xf32>, %q: tensor<?x?x2x4xf32>, %c: tensor<?x2x?x4xf32>, %n: tensor<?xi32>) -> (tensor<?x2xf32>, tensor<?x?x2x4xf32>) {
    // expected-error @+1 {{'emo.attention' op has a KV cache, in which documents are unknown; expected attention without one}}
    %x:3 = emo.attention %q, %q, %q cache(%c, %c, %n : tensor<?x2x?x4xf32>, tensor<?x2x?x4xf32>, tensor<?xi32>) {scale = 0.5 : f64} : tensor<?x?x2x4xf32>, tensor<?x?x2x4xf32>, tensor<?x?x2x4xf32> -> tensor<?x?x2x4xf32>, tensor<?x2x?x4xf32>, tensor<?x2x?x4xf32>
    %w, %i = emo.route %l {top_k = 2 : i64} : tensor<?x7xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
    return %w, %x#0 : tensor<?x2xf32>, tensor<?x?x2x4xf32>
  }
}
