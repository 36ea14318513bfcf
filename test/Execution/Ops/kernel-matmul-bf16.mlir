// RUN: %python %S/Inputs/run-op.py %s kernels v2 sm_80 sm_80-lazy sm_90a sm_90a-lazy types f32 f64
// bf16 operands, f32 sums, an f32 and a bf16 result; 35 columns are more than one K step, 3 of them in a second one.
// PY w = np.array([[(i * 5 + j) % 9 - 4.0 for j in range(35)] for i in range(2)])
// PY x = np.array([[(i * 3 + j) % 7 - 3.0 for j in range(35)] for i in range(3)]) / 4
// INPUT x
// EXPECT wide = x @ w.T
// EXPECT narrow = x @ w.T / 2
module attributes {emo.phase = "kernels"} {
  emo.param @w : tensor<2x35xbf16> from [#emo.literal<dense<[
    [-4.0, -3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0, 4.0, -4.0, -3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0, 4.0, -4.0, -3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0, 4.0, -4.0, -3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0],
    [1.0, 2.0, 3.0, 4.0, -4.0, -3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0, 4.0, -4.0, -3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0, 4.0, -4.0, -3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0, 4.0, -4.0, -3.0, -2.0, -1.0]]> : tensor<2x35xbf16>>]
  func.func @forward(%x: tensor<?x35xbf16> {emo.name = "x"}) -> (tensor<?x2xf32> {emo.name = "wide"}, tensor<?x2xbf16> {emo.name = "narrow"}) {
    %w = emo.param.ref @w : tensor<2x35xbf16>
    %c0 = arith.constant 0 : index
    %m = tensor.dim %x, %c0 : tensor<?x35xbf16>
    %a = tensor.empty(%m) : tensor<?x2xf32>
    %b = tensor.empty(%m) : tensor<?x2xbf16>
    %0:2 = emo.kernel.matmul lhs(%x : tensor<?x35xbf16>) weights(%w : tensor<2x35xbf16>) outs(%a, %b : tensor<?x2xf32>, tensor<?x2xbf16>) attributes {accumulators = 1 : i64, kinds = []} {
    ^bb0(%acc: f32):
      %half = arith.constant 0.5 : bf16
      %short = arith.truncf %acc : f32 to bf16
      %y = arith.mulf %short, %half : bf16
      emo.kernel.yield %acc, %y : f32, bf16
    } -> tensor<?x2xf32>, tensor<?x2xbf16>
    return %0#0, %0#1 : tensor<?x2xf32>, tensor<?x2xbf16>
  }
}
