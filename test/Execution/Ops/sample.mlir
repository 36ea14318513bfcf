// RUN: %python %S/Inputs/run-op.py %s kernels v2 sm_80 sm_80-lazy sm_90a f32 f64
// Weights are powers of two: 8, 4, 2, 1, 1 of 16 in the first rows. NaN is no token, a row without any gives 0.
// PY n = np.nan; i = np.inf; l = np.log(2.0)
// PY logits = np.array([[2*l, 3*l, 0, l, 0]] * 9 + [[n, 1, 7, 7, -i], [n, -i, n, -i, -i], [i, 5, i, n, 0], [0, 0, 0, 0, 0]])
// PY drawn = [[0, 1, 0.5], [1, 1, 0.2], [1, 1, 0.3], [1, 1, 0.999], [1, 0.45, 0.99], [1, 0.7, 0.1], [1, 0.9, 0.9], [1, 0.9, 0.81], [0.5, 1, 0.99]]
// PY sampling = np.array(drawn + [[0, 1, 0], [1, 0.9, 0.5], [1, 0.9, 0.6], [3, 0.5, 0.9]])
// INPUT logits
// INPUT sampling
// EXPECT ids = [1, 0, 1, 4, 1, 0, 3, 2, 4, 2, 0, 2, 2]
// EXPECT narrow = [1, 0, 1, 4, 1, 0, 3, 2, 4, 2, 0, 2, 2]
module attributes {emo.phase = "differentiate"} {
  func.func @forward(%logits: tensor<?x5xf32> {emo.name = "logits"}, %sampling: tensor<?x3xf32> {emo.name = "sampling"})
      -> (tensor<?xi64> {emo.name = "ids"}, tensor<?xi32> {emo.name = "narrow"}) {
    %0 = emo.sample %logits, %sampling : tensor<?x5xf32>, tensor<?x3xf32> -> tensor<?xi64>
    %1 = emo.sample %logits, %sampling : tensor<?x5xf32>, tensor<?x3xf32> -> tensor<?xi32>
    return %0, %1 : tensor<?xi64>, tensor<?xi32>
  }
}
