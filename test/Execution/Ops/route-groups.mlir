// RUN: %python %S/Inputs/run-op.py %s
// Three groups of two experts, the best two groups by the sum of their two best: experts 2 and 3 of token 0 are out (0.9 + 0.0 is the
// smallest sum) although 2 is the best of all; ties of token 1 go to the lower group.
// PY p = np.array([[0.3, 0.7, 0.9, 0.0, 0.6, 0.4], [0.5, 0.5, 0.5, 0.5, 0.5, 0.5], [0.1, 0.2, 0.8, 0.3, 0.35, 0.85]])
// PY p = np.clip(p, 1e-3, None)
// PY logits = np.log(p / (1 - p)).astype(np.float32).astype(float)
// INPUT logits
// PY p = 1 / (1 + np.exp(-logits))
// EXPECT i = [[1, 4, 5], [0, 1, 2], [5, 2, 4]]
// EXPECT w = np.take_along_axis(p, np.array([[1, 4, 5], [0, 1, 2], [5, 2, 4]]), -1)
// One group of three and one chosen; groups of one expert are scored by it alone.
// EXPECT alone = [[2, 1], [0, 1], [5, 2]]
// EXPECT alone_w = np.take_along_axis(p, np.array([[2, 1], [0, 1], [5, 2]]), -1)
module attributes {emo.phase = "differentiate"} {
  func.func @forward(%l: tensor<?x6xf32> {emo.name = "logits"}) -> (tensor<?x3xf32> {emo.name = "w"}, tensor<?x3xi32> {emo.name = "i"}, tensor<?x2xf32> {emo.name = "alone_w"}, tensor<?x2xi32> {emo.name = "alone"}) {
    %w, %i = emo.route %l {top_k = 3 : i64, scoring = #emo.scoring<sigmoid>, num_groups = 3 : i64, top_groups = 2 : i64} : tensor<?x6xf32> -> tensor<?x3xf32>, tensor<?x3xi32>
    %v, %j = emo.route %l {top_k = 2 : i64, scoring = #emo.scoring<sigmoid>, num_groups = 6 : i64, top_groups = 4 : i64} : tensor<?x6xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
    return %w, %i, %v, %j : tensor<?x3xf32>, tensor<?x3xi32>, tensor<?x2xf32>, tensor<?x2xi32>
  }
}
