// RUN: %python %S/Inputs/run-op.py %s
// Weights of parameters have a kernel, weights of the input do not; results wider than their operands.
// PY w = np.array([[1.0, 2.0, -1.0], [0.5, 0.0, 4.0]])
// PY b = np.array([10.0, -20.0])
// PY x = np.array([[[1.0, 2.0, 3.0], [-1.0, 0.5, 0.25]]])
// INPUT x
// EXPECT plain = [[[2, 12.5], [-0.25, 0.5]]]
// EXPECT biased = [[[12, -7.5], [9.75, -19.5]]]
// PY v = np.array([[2.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 1.0, 1.0], [4.0, 0.0, -4.0]])
// INPUT v
// EXPECT of_input = [[[4, 3, 6, -8], [-1.5, 0.25, -0.25, -5]]]
// PY n = np.array([[1.0, 2.0, 3.0]])
// INPUT n
// EXPECT wide = [[2, 12.5]]
module attributes {emo.phase = "differentiate"} {
  emo.param @w : tensor<2x3xf32> from [#emo.literal<dense<[[1.0, 2.0, -1.0], [0.5, 0.0, 4.0]]> : tensor<2x3xf32>>]
  emo.param @narrow : tensor<2x3xbf16> from [#emo.literal<dense<[[1.0, 2.0, -1.0], [0.5, 0.0, 4.0]]> : tensor<2x3xf32>>] program [#emo.cast<bf16>]
  emo.param @b : tensor<2xf32> from [#emo.literal<dense<[10.0, -20.0]> : tensor<2xf32>>]
  func.func @forward(%x: tensor<?x?x3xf32> {emo.name = "x"}, %v: tensor<?x?xf32> {emo.name = "v"}, %n: tensor<1x3xbf16> {emo.name = "n"})
      -> (tensor<?x?x2xf32> {emo.name = "plain"}, tensor<?x?x2xf32> {emo.name = "biased"}, tensor<?x?x?xf32> {emo.name = "of_input"}, tensor<1x2xf32> {emo.name = "wide"}) {
    %w = emo.param.ref @w : tensor<2x3xf32>
    %b = emo.param.ref @b : tensor<2xf32>
    %narrow = emo.param.ref @narrow : tensor<2x3xbf16>
    %0 = emo.linear %x, %w : tensor<?x?x3xf32>, tensor<2x3xf32> -> tensor<?x?x2xf32>
    %1 = emo.linear %x, %w bias(%b : tensor<2xf32>) : tensor<?x?x3xf32>, tensor<2x3xf32> -> tensor<?x?x2xf32>
    %2 = emo.linear %x, %v : tensor<?x?x3xf32>, tensor<?x?xf32> -> tensor<?x?x?xf32>
    %3 = emo.linear %n, %narrow : tensor<1x3xbf16>, tensor<2x3xbf16> -> tensor<1x2xf32>
    return %0, %1, %2, %3 : tensor<?x?x2xf32>, tensor<?x?x2xf32>, tensor<?x?x?xf32>, tensor<1x2xf32>
  }
}
