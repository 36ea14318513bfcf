// RUN: %python %S/Inputs/run-op.py %s kernels v2 sm_80 sm_80-lazy sm_90a sm_90a-lazy f32 f64
// Mean square 6.25: the root is 2.5. The result may be of another type than x.
// PY x = np.array([[1.0, 2.0, 2.0, 4.0], [0.0, 0.0, 0.0, 0.0], [3.0, -3.0, 3.0, -3.0]])
// INPUT x
// EXPECT wide = [[0.4, 1.6, -0.8, 0.8], [0, 0, 0, 0], [1, -2, -1, -0.5]]
// EXPECT narrow = [[0.4, 1.6, -0.8, 0.8], [0, 0, 0, 0], [1, -2, -1, -0.5]]
module attributes {emo.phase = "kernels"} {
  emo.param @g : tensor<4xf32> from [#emo.literal<dense<[1.0, 2.0, -1.0, 0.5]> : tensor<4xf32>>]
  func.func @forward(%x: tensor<?x4xf32> {emo.name = "x"}) -> (tensor<?x4xf32> {emo.name = "wide"}, tensor<?x4xbf16> {emo.name = "narrow"}) {
    %g = emo.param.ref @g : tensor<4xf32>
    %c0 = arith.constant 0 : index
    %m = tensor.dim %x, %c0 : tensor<?x4xf32>
    %a = tensor.empty(%m) : tensor<?x4xf32>
    %b = tensor.empty(%m) : tensor<?x4xbf16>
    %0 = emo.kernel.rms_norm x(%x : tensor<?x4xf32>) weight(%g : tensor<4xf32>) outs(%a : tensor<?x4xf32>) {epsilon = 1.0e-30 : f64} -> tensor<?x4xf32>
    %1 = emo.kernel.rms_norm x(%x : tensor<?x4xf32>) weight(%g : tensor<4xf32>) outs(%b : tensor<?x4xbf16>) {epsilon = 1.0e-30 : f64} -> tensor<?x4xbf16>
    return %0, %1 : tensor<?x4xf32>, tensor<?x4xbf16>
  }
}
