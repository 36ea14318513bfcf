// RUN: %python %S/Inputs/run-op.py %s
// PY table = np.array([[0.5, -1.0, 2.0], [0.25, 3.0, -4.0], [1.0, 1.5, 0.125], [7.0, 0.0, -0.5]])
// PY ids = np.array([[3, 0, 1], [2, 2, 3]])
// INPUT ids
// EXPECT rows = [[[7, 0, -0.5], [0.5, -1, 2], [0.25, 3, -4]], [[1, 1.5, 0.125], [1, 1.5, 0.125], [7, 0, -0.5]]]
// PY flat = np.array([1, 3])
// INPUT flat
// EXPECT short = [[0.25, 3, -4], [7, 0, -0.5]]
// PY given = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]])
// INPUT given
// EXPECT of_input = [[3, 4], [7, 8]]
module attributes {emo.phase = "differentiate"} {
  emo.param @table : tensor<4x3xf32> from [#emo.literal<dense<[[0.5, -1.0, 2.0], [0.25, 3.0, -4.0], [1.0, 1.5, 0.125], [7.0, 0.0, -0.5]]> : tensor<4x3xf32>>]
  func.func @forward(%ids: tensor<?x?xi64> {emo.name = "ids"}, %flat: tensor<?xi32> {emo.name = "flat"}, %given: tensor<?x?xf32> {emo.name = "given"})
      -> (tensor<?x?x3xf32> {emo.name = "rows"}, tensor<?x3xf32> {emo.name = "short"}, tensor<?x?xf32> {emo.name = "of_input"}) {
    %table = emo.param.ref @table : tensor<4x3xf32>
    %0 = emo.embedding %ids, %table : tensor<?x?xi64>, tensor<4x3xf32> -> tensor<?x?x3xf32>
    %1 = emo.embedding %flat, %table : tensor<?xi32>, tensor<4x3xf32> -> tensor<?x3xf32>
    %2 = emo.embedding %flat, %given : tensor<?xi32>, tensor<?x?xf32> -> tensor<?x?xf32>
    return %0, %1, %2 : tensor<?x?x3xf32>, tensor<?x3xf32>, tensor<?x?xf32>
  }
}
