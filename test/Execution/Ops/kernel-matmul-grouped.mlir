// RUN: %python %S/Inputs/run-op.py %s kernels v2 sm_80 sm_80-lazy sm_90a sm_90a-lazy f32 f64
// Rows of three experts, the second without any, gathered; a bias for each expert; gated.
// PY x = np.array([[1.0, 2.0], [3.0, -1.0], [0.5, 4.0]])
// PY pick = np.array([2, 0, 1, 1])
// PY offsets = np.array([0, 1, 1, 4])
// PY b = np.array([[10.0, 20.0, 30.0], [7.0, 7.0, 7.0], [-1.0, 0.0, 1.0]])
// INPUT x
// INPUT pick
// INPUT offsets
// INPUT b
// EXPECT biased = [[10.5, 24, 43], [0, 5, 1], [-5, 11.5, 1], [-5, 11.5, 1]]
// EXPECT gated = [[0.5 * 4, 4 * 0.5, 13 * 4.5], [1 * 1, 5 * 2, 0], [-4 * 3, 11.5 * -1, 0], [-4 * 3, 11.5 * -1, 0]]
module attributes {emo.phase = "kernels"} {
  emo.param @w : tensor<3x3x2xf32> from [#emo.literal<dense<[[[1.0, 0.0], [0.0, 1.0], [2.0, 3.0]], [[9.0, 9.0], [9.0, 9.0], [9.0, 9.0]], [[-1.0, 1.0], [4.0, 0.5], [0.0, 0.0]]]> : tensor<3x3x2xf32>>]
  emo.param @v : tensor<3x3x2xf32> from [#emo.literal<dense<[[[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [[9.0, 9.0], [9.0, 9.0], [9.0, 9.0]], [[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]]> : tensor<3x3x2xf32>>]
  func.func @forward(%x: tensor<?x2xf32> {emo.name = "x"}, %pick: tensor<?xi32> {emo.name = "pick"}, %o: tensor<4xi32> {emo.name = "offsets"}, %b: tensor<3x3xf32> {emo.name = "b"})
      -> (tensor<?x3xf32> {emo.name = "biased"}, tensor<?x3xf32> {emo.name = "gated"}) {
    %w = emo.param.ref @w : tensor<3x3x2xf32>
    %v = emo.param.ref @v : tensor<3x3x2xf32>
    %c0 = arith.constant 0 : index
    %n = tensor.dim %pick, %c0 : tensor<?xi32>
    %out = tensor.empty(%n) : tensor<?x3xf32>
    %0 = emo.kernel.matmul lhs(%x : tensor<?x2xf32>) weights(%w : tensor<3x3x2xf32>) gather(%pick : tensor<?xi32>) offsets(%o : tensor<4xi32>) extras(%b : tensor<3x3xf32>) outs(%out : tensor<?x3xf32>)
        attributes {accumulators = 1 : i64, kinds = [#emo.kind<column>]} {
    ^bb0(%acc: f32, %column: f32):
      %y = arith.addf %acc, %column : f32
      emo.kernel.yield %y : f32
    } -> tensor<?x3xf32>
    %1 = emo.kernel.matmul lhs(%x : tensor<?x2xf32>) weights(%w, %v : tensor<3x3x2xf32>, tensor<3x3x2xf32>) gather(%pick : tensor<?xi32>) offsets(%o : tensor<4xi32>) outs(%out : tensor<?x3xf32>)
        attributes {accumulators = 2 : i64, kinds = []} {
    ^bb0(%gate: f32, %up: f32):
      %y = arith.mulf %gate, %up : f32
      emo.kernel.yield %y : f32
    } -> tensor<?x3xf32>
    return %0, %1 : tensor<?x3xf32>, tensor<?x3xf32>
  }
}
