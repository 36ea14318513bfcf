// RUN: %python %S/Inputs/run-op.py %s
// PhiMoE: each choice weighs by a softmax over the experts left that are not further below it than twice the jitter, relatively.
// PY logits = np.array([[4.0, 3.5, 1.0, 3.75], [1.0, 1.0, 0.875, -2.0], [-1.0, -2.0, -1.25, -8.0]])
// INPUT logits
// PY near = lambda x, best: (best - x) / np.maximum(np.abs(x), best) <= 0.25
// PY weight = lambda x, left, best: 1 / sum(np.exp(v - best) for v, l in zip(x, left) if l and near(v, best))
// EXPECT i = [[0, 3], [0, 1], [0, 2]]
// EXPECT w = [[weight(x, [True] * 4, x[a]), weight(x, [e != a for e in range(4)], x[b])] for x, (a, b) in zip(logits, [[0, 3], [0, 1], [0, 2]])]
module attributes {emo.phase = "differentiate"} {
  func.func @forward(%l: tensor<?x4xf32> {emo.name = "logits"}) -> (tensor<?x2xf32> {emo.name = "w"}, tensor<?x2xi32> {emo.name = "i"}) {
    %w, %i = emo.route %l {top_k = 2 : i64, sparse_mixer = true, jitter = 0.125 : f64} : tensor<?x4xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
    return %w, %i : tensor<?x2xf32>, tensor<?x2xi32>
  }
}
