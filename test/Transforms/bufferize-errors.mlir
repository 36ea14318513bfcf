// RUN: emo-opt %s --split-input-file --verify-diagnostics --emo-bufferize

// Two attentions that write one cache, and both results are wanted.
func.func @copy(%x: tensor<1x1x2x2xf32>, %n: tensor<1xi32>, %kc: tensor<1x2x9x2xf32> {emo.role = "kv_cache"}, %vc: tensor<1x2x9x2xf32> {emo.role = "kv_cache"})
    -> (tensor<1x1x2x2xf32>, tensor<1x2x9x2xf32>, tensor<1x2x9x2xf32>) {
  %e = tensor.empty() : tensor<1x1x2x2xf32>
  // expected-error @+1 {{'memref.copy' op copies a KV cache; expected caches to be updated in place. Use each cache in one attention only and return its last update}}
  %a:3 = emo.kernel.attention q(%x : tensor<1x1x2x2xf32>) k(%x : tensor<1x1x2x2xf32>) v(%x : tensor<1x1x2x2xf32>) start(%n : tensor<1xi32>) outs(%e, %kc, %vc : tensor<1x1x2x2xf32>, tensor<1x2x9x2xf32>, tensor<1x2x9x2xf32>) {causal = true, scale = 0.5 : f64} -> tensor<1x1x2x2xf32>, tensor<1x2x9x2xf32>, tensor<1x2x9x2xf32>
  return %a#0, %kc, %a#1 : tensor<1x1x2x2xf32>, tensor<1x2x9x2xf32>, tensor<1x2x9x2xf32>
}

// -----

func.func @alloc(%kc: tensor<1x2x?x2xf32> {emo.role = "kv_cache"}, %f: f32) -> tensor<?xf32> {
  %c2 = arith.constant 2 : index
  %c = tensor.dim %kc, %c2 : tensor<1x2x?x2xf32>
  %n = arith.addi %c, %c2 : index
  // expected-error @+1 {{'memref.alloc' op allocates a buffer of the size of a KV cache; expected caches to be updated in place}}
  %e = tensor.empty(%n) : tensor<?xf32>
  %r = linalg.fill ins(%f : f32) outs(%e : tensor<?xf32>) -> tensor<?xf32>
  return %r : tensor<?xf32>
}

// -----

func.func @not_tied(%a: tensor<4xf32> {emo.role = "kv_cache"}, %b: tensor<4xf32> {emo.role = "kv_cache"}) -> (tensor<4xf32> {emo.tied = 0 : i64}) {
  // expected-error @+1 {{'func.return' op result 0 is not argument 0 updated in place, as its attribute 'emo.tied' says}}
  return %b : tensor<4xf32>
}

// -----

// expected-error @+1 {{'func.func' op result 0 expects 'emo.tied' to be the number of an argument, got 7}}
func.func @tied_range(%a: tensor<4xf32> {emo.role = "kv_cache"}) -> (tensor<4xf32> {emo.tied = 7 : i64}) {
  return %a : tensor<4xf32>
}
