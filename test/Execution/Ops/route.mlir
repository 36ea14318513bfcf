// RUN: %python %S/Inputs/run-op.py %s
// Softmax of log(1, 2, 4, 1) is (1, 2, 4, 1) / 8; the other tokens have ties, equal logits, and one expert out of reach.
// PY logits = np.array([[0.0, np.log(2), np.log(4), 0.0], [1.0, 3.0, 1.0, 3.0], [2.0, 2.0, 2.0, 2.0], [-np.inf, 0.0, -1.0, 1.0]]).astype(np.float32).astype(float)
// INPUT logits
// PY exp = lambda x: np.exp(x - x.max(-1, keepdims=True))
// PY softmax = lambda x: exp(x) / exp(x).sum(-1, keepdims=True)
// PY sigmoid = lambda x: 1 / (1 + np.exp(-x))
// PY best = lambda x, k: np.argsort(-x, -1, kind="stable")[:, :k]
// PY take = lambda x, i: np.take_along_axis(x, i, -1)
// PY assert np.allclose(take(softmax(logits), best(logits, 2))[:3], [[0.5, 0.25], [0.4403985, 0.4403985], [0.25, 0.25]])
// EXPECT i0 = [[2, 1, 4], [1, 3, 4], [0, 1, 4], [3, 1, 4]]
// EXPECT w0 = np.hstack([take(softmax(logits), best(logits, 2)), np.ones((4, 1))])

// A bias chooses, and does not weigh; normalised over the choice, then scaled. What is out of reach stays so.
// PY bias = np.array([0.5, 0.0, 0.0, -0.25])
// INPUT bias
// PY biased = best(np.where(np.isinf(logits), -np.inf, sigmoid(logits) + bias), 2)
// EXPECT i1 = biased
// EXPECT w1 = 2.5 * take(sigmoid(logits), biased) / (take(sigmoid(logits), biased).sum(-1, keepdims=True) + 0.125)

// Top-k first: scores of the chosen logits.
// EXPECT i2 = best(logits, 2)
// EXPECT w2 = softmax(take(logits, best(logits, 2)))
// EXPECT i3 = best(logits, 3)
// EXPECT w3 = sigmoid(take(logits, best(logits, 3)))

// Shared experts with logits of their own.
// PY shared = np.array([[0.0, 0.0], [0.0, np.log(3)], [1.0, 2.0], [-1.0, 4.0]]).astype(np.float32).astype(float)
// INPUT shared
// EXPECT i4 = [[2, 4, 5], [1, 4, 5], [0, 4, 5], [3, 4, 5]]
// EXPECT w4 = np.hstack([take(softmax(logits), best(logits, 1)), softmax(shared)])

// All experts, in the order of their indices; one expert.
// EXPECT i5 = [[0, 1, 2, 3]] * 4
// EXPECT w5 = softmax(logits)
// EXPECT i6 = [[2], [1], [0], [3]]
// EXPECT w6 = np.ones((4, 1))
module attributes {emo.phase = "differentiate"} {
  func.func @forward(%l: tensor<?x4xf32> {emo.name = "logits"}, %b: tensor<4xf32> {emo.name = "bias"}, %s: tensor<?x2xf32> {emo.name = "shared"})
      -> (tensor<?x3xf32> {emo.name = "w0"}, tensor<?x3xi32> {emo.name = "i0"}, tensor<?x2xf32> {emo.name = "w1"}, tensor<?x2xi32> {emo.name = "i1"},
          tensor<?x2xf32> {emo.name = "w2"}, tensor<?x2xi32> {emo.name = "i2"}, tensor<?x3xf32> {emo.name = "w3"}, tensor<?x3xi32> {emo.name = "i3"},
          tensor<?x3xf32> {emo.name = "w4"}, tensor<?x3xi32> {emo.name = "i4"}, tensor<?x4xf32> {emo.name = "w5"}, tensor<?x4xi32> {emo.name = "i5"},
          tensor<?x1xf32> {emo.name = "w6"}, tensor<?x1xi32> {emo.name = "i6"}) {
    %w0, %i0 = emo.route %l {top_k = 2 : i64, num_shared = 1 : i64} : tensor<?x4xf32> -> tensor<?x3xf32>, tensor<?x3xi32>
    %w1, %i1 = emo.route %l bias(%b : tensor<4xf32>) {top_k = 2 : i64, scoring = #emo.scoring<sigmoid>, normalize = true, epsilon = 0.125 : f64, scale = 2.5 : f64}
        : tensor<?x4xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
    %w2, %i2 = emo.route %l {top_k = 2 : i64, order = #emo.route_order<top_k_then_score>} : tensor<?x4xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
    %w3, %i3 = emo.route %l {top_k = 3 : i64, order = #emo.route_order<top_k_then_score>, scoring = #emo.scoring<sigmoid>} : tensor<?x4xf32> -> tensor<?x3xf32>, tensor<?x3xi32>
    %w4, %i4 = emo.route %l shared_logits(%s : tensor<?x2xf32>) {top_k = 1 : i64, num_shared = 2 : i64} : tensor<?x4xf32> -> tensor<?x3xf32>, tensor<?x3xi32>
    %w5, %i5 = emo.route %l {top_k = 4 : i64} : tensor<?x4xf32> -> tensor<?x4xf32>, tensor<?x4xi32>
    %w6, %i6 = emo.route %l {top_k = 1 : i64, normalize = true} : tensor<?x4xf32> -> tensor<?x1xf32>, tensor<?x1xi32>
    return %w0, %i0, %w1, %i1, %w2, %i2, %w3, %i3, %w4, %i4, %w5, %i5, %w6, %i6 : tensor<?x3xf32>, tensor<?x3xi32>, tensor<?x2xf32>, tensor<?x2xi32>, tensor<?x2xf32>, tensor<?x2xi32>,
        tensor<?x3xf32>, tensor<?x3xi32>, tensor<?x3xf32>, tensor<?x3xi32>, tensor<?x4xf32>, tensor<?x4xi32>, tensor<?x1xf32>, tensor<?x1xi32>
  }
}
