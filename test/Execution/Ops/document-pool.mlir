// RUN: %python %S/Inputs/run-op.py %s
// Sums over documents: 0: (0.75, 0.75, 0.5), a tie; 1: (0.75, 0.125, 0.125), of which 0 is asked for one; 2: all three; 3 has no token,
// so the lower experts win. A token of no document counts nowhere and is not masked.
// PY p = np.array([[0.5, 0.25, 0.25], [0.25, 0.5, 0.25], [0.75, 0.125, 0.125], [0.0, 1.0, 0.0], [0.25, 0.25, 0.5]])
// PY segments = np.array([0, 0, 1, -1, 2])
// PY sizes = np.array([1, 1, 4, 2])
// INPUT p
// INPUT segments
// INPUT sizes
// EXPECT pool = [[1, 0, 0], [1, 0, 0], [1, 1, 1], [1, 1, 0]]
// PY out = -np.inf
// EXPECT masked = [[0.5, out, out], [0.25, out, out], [0.75, out, out], [0, 1, 0], [0.25, 0.25, 0.5]]
// EXPECT weights = [[1], [1], [1], [np.e / (np.e + 2)], [np.e ** 0.25 / (2 + np.e ** 0.25)]]
// EXPECT indices = [[0], [0], [0], [1], [2]]
module attributes {emo.phase = "differentiate"} {
  func.func @forward(%p: tensor<?x3xf32> {emo.name = "p"}, %s: tensor<?xi32> {emo.name = "segments"}, %n: tensor<?xi32> {emo.name = "sizes"})
      -> (tensor<?x3xi1> {emo.name = "pool"}, tensor<?x3xf32> {emo.name = "masked"}, tensor<?x1xf32> {emo.name = "weights"}, tensor<?x1xi32> {emo.name = "indices"}) {
    %pool = emo.document_pool %p, %s, %n : tensor<?x3xf32>, tensor<?xi32>, tensor<?xi32> -> tensor<?x3xi1>
    %m = emo.mask_experts %p, %pool, %s : tensor<?x3xf32>, tensor<?x3xi1>, tensor<?xi32>
    // Weights are normalised over the pool.
    %w, %i = emo.route %m {top_k = 1 : i64} : tensor<?x3xf32> -> tensor<?x1xf32>, tensor<?x1xi32>
    return %pool, %m, %w, %i : tensor<?x3xi1>, tensor<?x3xf32>, tensor<?x1xf32>, tensor<?x1xi32>
  }
}
