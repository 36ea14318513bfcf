// RUN: %python %S/Inputs/run-op.py %s
// Expert 1 has no rows. Weights of a parameter and of an input, with and without bias.
// PY rows = np.array([[1.0, 2.0], [3.0, -1.0], [0.5, 4.0]])
// PY offsets = np.array([0, 2, 2, 3])
// PY w = np.array([[[1.0, 0.0], [0.0, 1.0], [2.0, 3.0]], [[9.0, 9.0], [9.0, 9.0], [9.0, 9.0]], [[-1.0, 1.0], [4.0, 0.5], [0.0, 0.0]]])
// PY b = np.array([[10.0, 20.0, 30.0], [7.0, 7.0, 7.0], [-1.0, 0.0, 1.0]])
// INPUT rows
// INPUT offsets
// INPUT w
// INPUT b
// EXPECT plain = [[1, 2, 8], [3, -1, 3], [3.5, 4, 0]]
// EXPECT biased = [[11, 22, 38], [13, 19, 33], [2.5, 4, 1]]
// EXPECT of_input = [[1, 2, 8], [3, -1, 3], [3.5, 4, 0]]
module attributes {emo.phase = "differentiate"} {
  emo.param @w : tensor<3x3x2xf32> from [#emo.literal<dense<[[[1.0, 0.0], [0.0, 1.0], [2.0, 3.0]], [[9.0, 9.0], [9.0, 9.0], [9.0, 9.0]], [[-1.0, 1.0], [4.0, 0.5], [0.0, 0.0]]]> : tensor<3x3x2xf32>>]
  func.func @forward(%rows: tensor<?x2xf32> {emo.name = "rows"}, %o: tensor<4xi32> {emo.name = "offsets"}, %v: tensor<3x3x2xf32> {emo.name = "w"}, %b: tensor<3x3xf32> {emo.name = "b"})
      -> (tensor<?x3xf32> {emo.name = "plain"}, tensor<?x3xf32> {emo.name = "biased"}, tensor<?x3xf32> {emo.name = "of_input"}) {
    %w = emo.param.ref @w : tensor<3x3x2xf32>
    %0 = emo.grouped_matmul %rows, %w, %o : tensor<?x2xf32>, tensor<3x3x2xf32>, tensor<4xi32> -> tensor<?x3xf32>
    %1 = emo.grouped_matmul %rows, %w, %o bias(%b : tensor<3x3xf32>) : tensor<?x2xf32>, tensor<3x3x2xf32>, tensor<4xi32> -> tensor<?x3xf32>
    %2 = emo.grouped_matmul %rows, %v, %o : tensor<?x2xf32>, tensor<3x3x2xf32>, tensor<4xi32> -> tensor<?x3xf32>
    return %0, %1, %2 : tensor<?x3xf32>, tensor<?x3xf32>, tensor<?x3xf32>
  }
}
