// RUN: %python %S/Inputs/run-op.py %s
// Row 0: mean square 6.25, with epsilon 0 the root is 2.5.
// PY x = np.array([[[1.0, 2.0, 2.0, 4.0], [0.0, 0.0, 0.0, 0.0]], [[3.0, -3.0, 3.0, -3.0], [0.5, 0.0, 0.0, 0.0]]])
// INPUT x
// EXPECT exact = [[[0.4, 1.6, -0.8, 0.8], [0, 0, 0, 0]], [[1, -2, -1, -0.5], [2, 0, 0, 0]]]
// PY g = np.array([1.0, 2.0, -1.0, 0.5])
// EXPECT safe = x / np.sqrt((x * x).mean(-1, keepdims=True) + 0.75) * g
// PY given = np.array([2.0, 0.0, 1.0, 1.0])
// INPUT given
// EXPECT of_input = x / np.sqrt((x * x).mean(-1, keepdims=True) + 0.75) * given
module attributes {emo.phase = "differentiate"} {
  emo.param @g : tensor<4xf32> from [#emo.literal<dense<[1.0, 2.0, -1.0, 0.5]> : tensor<4xf32>>]
  func.func @forward(%x: tensor<?x?x4xf32> {emo.name = "x"}, %given: tensor<4xf32> {emo.name = "given"})
      -> (tensor<?x?x4xf32> {emo.name = "exact"}, tensor<?x?x4xf32> {emo.name = "safe"}, tensor<?x?x4xf32> {emo.name = "of_input"}) {
    %g = emo.param.ref @g : tensor<4xf32>
    %0 = emo.rms_norm %x, %g {epsilon = 1.0e-30 : f64} : tensor<?x?x4xf32>, tensor<4xf32> -> tensor<?x?x4xf32>
    %1 = emo.rms_norm %x, %g {epsilon = 0.75 : f64} : tensor<?x?x4xf32>, tensor<4xf32> -> tensor<?x?x4xf32>
    %2 = emo.rms_norm %x, %given {epsilon = 0.75 : f64} : tensor<?x?x4xf32>, tensor<4xf32> -> tensor<?x?x4xf32>
    return %0, %1, %2 : tensor<?x?x4xf32>, tensor<?x?x4xf32>, tensor<?x?x4xf32>
  }
}
