// RUN: %python %S/Inputs/run-op.py %s kernels f32 f64 sm_80 sm_80-lazy
// Any order, any dimension, twice the same; the selection of a linear layer's outputs moves to its weights.
// PY x = np.arange(24.0).reshape(2, 4, 3)
// INPUT x
// EXPECT middle = x[:, [3, 0, 3]]
// EXPECT last = x[:, :, [2, 1]]
// PY w = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 1.0, 1.0]])
// EXPECT linear = (x @ w.T)[:, :, [3, 1]]
// PY ids = np.array([[3, 1, 2], [6, 5, 4]], np.int32)
// INPUT ids
// EXPECT numbers = ids[:, [1, 2]]
module attributes {emo.phase = "differentiate"} {
  emo.param @w : tensor<4x3xf32> from [#emo.literal<dense<[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 1.0, 1.0]]> : tensor<4x3xf32>>]
  func.func @forward(%x: tensor<?x4x3xf32> {emo.name = "x"}, %ids: tensor<?x3xi32> {emo.name = "ids"})
      -> (tensor<?x3x3xf32> {emo.name = "middle"}, tensor<?x4x2xf32> {emo.name = "last"}, tensor<?x4x2xf32> {emo.name = "linear"}, tensor<?x2xi32> {emo.name = "numbers"}) {
    %0 = emo.select %x {dim = 1 : i64, indices = array<i64: 3, 0, 3>} : tensor<?x4x3xf32> -> tensor<?x3x3xf32>
    %1 = emo.select %x {dim = 2 : i64, indices = array<i64: 2, 1>} : tensor<?x4x3xf32> -> tensor<?x4x2xf32>
    %w = emo.param.ref @w : tensor<4x3xf32>
    %y = emo.linear %x, %w : tensor<?x4x3xf32>, tensor<4x3xf32> -> tensor<?x4x4xf32>
    %2 = emo.select %y {dim = 2 : i64, indices = array<i64: 3, 1>} : tensor<?x4x4xf32> -> tensor<?x4x2xf32>
    %3 = emo.select %ids {dim = 1 : i64, indices = array<i64: 1, 2>} : tensor<?x3xi32> -> tensor<?x2xi32>
    return %0, %1, %2, %3 : tensor<?x3x3xf32>, tensor<?x4x2xf32>, tensor<?x4x2xf32>, tensor<?x2xi32>
  }
}
