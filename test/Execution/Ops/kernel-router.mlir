// RUN: %python %S/Inputs/run-op.py %s kernels v2 sm_80 sm_80-lazy sm_90a sm_90a-lazy f32 f64
// Logits x w^T of four routed experts and two shared ones; choices are further apart than rounding, but for exact ties (token 1).
// PY w = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.5], [0.5, 0.5], [0.25, 0.0], [0.0, 0.25]])
// PY x = np.array([[1.0, 2.0], [1.0, 1.0], [-3.0, 0.5]])
// INPUT x
// PY logits = x @ w[:4].T
// PY assert logits.tolist() == [[1, 2, 0, 1.5], [1, 1, -0.5, 1], [-3, 0.5, 3.25, -1.25]]
// PY exp = lambda x: np.exp(x - x.max(-1, keepdims=True))
// PY softmax = lambda x: exp(x) / exp(x).sum(-1, keepdims=True)
// PY sigmoid = lambda x: 1 / (1 + np.exp(-x))
// PY best = lambda x, k: np.argsort(-x, -1, kind="stable")[:, :k]
// PY take = lambda x, i: np.take_along_axis(x, i, -1)
// EXPECT i0 = [[1, 3, 4], [0, 1, 4], [2, 1, 4]]
// EXPECT w0 = np.hstack([take(softmax(logits), best(logits, 2)), np.ones((3, 1))])
// PY bias = np.array([2.0, 0.0, 0.0, 0.0])
// INPUT bias
// EXPECT i1 = [[0, 1], [0, 1], [0, 2]]
// PY chosen = take(sigmoid(logits), np.array([[0, 1], [0, 1], [0, 2]]))
// EXPECT w1 = 2.5 * chosen / (chosen.sum(-1, keepdims=True) + 0.125)
// EXPECT i2 = [[1, 4, 5], [0, 4, 5], [2, 4, 5]]
// EXPECT w2 = np.hstack([np.ones((3, 1)), softmax(x @ w[4:].T)])
// The same as MODEL ops, which become this kernel.
// EXPECT i3 = [[1, 3, 4], [0, 1, 4], [2, 1, 4]]
// EXPECT w3 = np.hstack([softmax(take(logits, best(logits, 2))), np.ones((3, 1))])
module attributes {emo.phase = "differentiate"} {
  emo.param @w : tensor<4x2xf32> from [#emo.literal<dense<[[1.0, 0.0], [0.0, 1.0], [-1.0, 0.5], [0.5, 0.5]]> : tensor<4x2xf32>>]
  emo.param @all : tensor<6x2xf32> from [#emo.literal<dense<[[1.0, 0.0], [0.0, 1.0], [-1.0, 0.5], [0.5, 0.5], [0.25, 0.0], [0.0, 0.25]]> : tensor<6x2xf32>>]
  func.func @forward(%x: tensor<?x2xf32> {emo.name = "x"}, %b: tensor<4xf32> {emo.name = "bias"})
      -> (tensor<?x3xf32> {emo.name = "w0"}, tensor<?x3xi32> {emo.name = "i0"}, tensor<?x2xf32> {emo.name = "w1"}, tensor<?x2xi32> {emo.name = "i1"},
          tensor<?x3xf32> {emo.name = "w2"}, tensor<?x3xi32> {emo.name = "i2"}, tensor<?x3xf32> {emo.name = "w3"}, tensor<?x3xi32> {emo.name = "i3"}) {
    %w = emo.param.ref @w : tensor<4x2xf32>
    %all = emo.param.ref @all : tensor<6x2xf32>
    %c0 = arith.constant 0 : index
    %m = tensor.dim %x, %c0 : tensor<?x2xf32>
    %f3 = tensor.empty(%m) : tensor<?x3xf32>
    %n3 = tensor.empty(%m) : tensor<?x3xi32>
    %f2 = tensor.empty(%m) : tensor<?x2xf32>
    %n2 = tensor.empty(%m) : tensor<?x2xi32>
    %w0, %i0 = emo.kernel.router x(%x : tensor<?x2xf32>) weight(%w : tensor<4x2xf32>) outs(%f3, %n3 : tensor<?x3xf32>, tensor<?x3xi32>) {top_k = 2 : i64, num_shared = 1 : i64} -> tensor<?x3xf32>, tensor<?x3xi32>
    %w1, %i1 = emo.kernel.router x(%x : tensor<?x2xf32>) weight(%w : tensor<4x2xf32>) bias(%b : tensor<4xf32>) outs(%f2, %n2 : tensor<?x2xf32>, tensor<?x2xi32>)
        {top_k = 2 : i64, scoring = #emo.scoring<sigmoid>, normalize = true, epsilon = 0.125 : f64, scale = 2.5 : f64} -> tensor<?x2xf32>, tensor<?x2xi32>
    %w2, %i2 = emo.kernel.router x(%x : tensor<?x2xf32>) weight(%all : tensor<6x2xf32>) outs(%f3, %n3 : tensor<?x3xf32>, tensor<?x3xi32>)
        {top_k = 1 : i64, num_shared = 2 : i64, shared_scored, normalize = true} -> tensor<?x3xf32>, tensor<?x3xi32>
    %logits = emo.linear %x, %w : tensor<?x2xf32>, tensor<4x2xf32> -> tensor<?x4xf32>
    %w3, %i3 = emo.route %logits {top_k = 2 : i64, num_shared = 1 : i64, order = #emo.route_order<top_k_then_score>} : tensor<?x4xf32> -> tensor<?x3xf32>, tensor<?x3xi32>
    return %w0, %i0, %w1, %i1, %w2, %i2, %w3, %i3 : tensor<?x3xf32>, tensor<?x3xi32>, tensor<?x2xf32>, tensor<?x2xi32>, tensor<?x3xf32>, tensor<?x3xi32>, tensor<?x3xf32>, tensor<?x3xi32>
  }
}
