// RUN: %python %S/Inputs/run-op.py %s
// Two rows of three tokens, two query heads on one key head of size 4.
// PY q = np.sin(np.arange(48.0)).reshape(2, 3, 2, 4).astype(np.float32).astype(float)
// PY k = np.cos(np.arange(24.0)).reshape(2, 3, 1, 4).astype(np.float32).astype(float)
// PY v = np.arange(24.0).reshape(2, 3, 1, 4) / 4
// PY segments = np.array([[0, 0, 1], [2, 3, 2]])
// INPUT q
// INPUT k
// INPUT v
// INPUT segments
// PY softmax = lambda s: np.exp(s - s.max(-1, keepdims=True)) / np.exp(s - s.max(-1, keepdims=True)).sum(-1, keepdims=True)
// PY attend = lambda q, k, v, seen: np.einsum("bhst,btd->bshd", softmax(np.where(seen[:, None], np.einsum("bshd,btd->bhst", q, k[:, :, 0]) * 0.5, -np.inf)), v[:, :, 0])
// PY causal = np.tril(np.ones((3, 3), bool))[None].repeat(2, 0)
// PY same = segments[:, :, None] == segments[:, None, :]
// EXPECT causal = attend(q, k, v, causal)
// EXPECT all = attend(q, k, v, np.ones((2, 3, 3), bool))
// EXPECT documents = attend(q, k, v, causal & same)
// EXPECT both_ways = attend(q, k, v, same)
// By hand: equal scores average what is seen. Query 0 sees v0, query 1 (v0 + v1) / 2; heads 0 and 1 read key head 0, 2 and 3 key head 1.
// PY zeros = np.zeros((1, 2, 4, 4))
// INPUT zeros
// PY means = np.arange(16.0).reshape(1, 2, 2, 4)
// INPUT means
// EXPECT averages = [[[[0, 1, 2, 3]] * 2 + [[4, 5, 6, 7]] * 2, [[4, 5, 6, 7]] * 2 + [[8, 9, 10, 11]] * 2]]
module attributes {emo.phase = "differentiate"} {
  func.func @forward(%q: tensor<?x?x2x4xf32> {emo.name = "q"}, %k: tensor<?x?x1x4xf32> {emo.name = "k"}, %v: tensor<?x?x1x4xf32> {emo.name = "v"}, %s: tensor<?x?xi32> {emo.name = "segments"},
      %zeros: tensor<1x2x4x4xf32> {emo.name = "zeros"}, %means: tensor<1x2x2x4xf32> {emo.name = "means"})
      -> (tensor<?x?x2x4xf32> {emo.name = "causal"}, tensor<?x?x2x4xf32> {emo.name = "all"}, tensor<?x?x2x4xf32> {emo.name = "documents"}, tensor<?x?x2x4xf32> {emo.name = "both_ways"}, tensor<1x2x4x4xf32> {emo.name = "averages"}) {
    %0 = emo.attention %q, %k, %v {scale = 0.5 : f64} : tensor<?x?x2x4xf32>, tensor<?x?x1x4xf32>, tensor<?x?x1x4xf32> -> tensor<?x?x2x4xf32>
    %1 = emo.attention %q, %k, %v {scale = 0.5 : f64, causal = false} : tensor<?x?x2x4xf32>, tensor<?x?x1x4xf32>, tensor<?x?x1x4xf32> -> tensor<?x?x2x4xf32>
    %2 = emo.attention %q, %k, %v segments(%s : tensor<?x?xi32>) {scale = 0.5 : f64} : tensor<?x?x2x4xf32>, tensor<?x?x1x4xf32>, tensor<?x?x1x4xf32> -> tensor<?x?x2x4xf32>
    %3 = emo.attention %q, %k, %v segments(%s : tensor<?x?xi32>) {scale = 0.5 : f64, causal = false} : tensor<?x?x2x4xf32>, tensor<?x?x1x4xf32>, tensor<?x?x1x4xf32> -> tensor<?x?x2x4xf32>
    %4 = emo.attention %zeros, %means, %means {scale = 1.0 : f64} : tensor<1x2x4x4xf32>, tensor<1x2x2x4xf32>, tensor<1x2x2x4xf32> -> tensor<1x2x4x4xf32>
    return %0, %1, %2, %3, %4 : tensor<?x?x2x4xf32>, tensor<?x?x2x4xf32>, tensor<?x?x2x4xf32>, tensor<?x?x2x4xf32>, tensor<1x2x4x4xf32>
  }
}
