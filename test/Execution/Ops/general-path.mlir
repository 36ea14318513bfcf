// RUN: %python %S/Inputs/run-op.py %s kernels f64 sm_80 sm_90a-lazy
// Ops that kernels do not cover: math that LLVM has no intrinsic for, integer powers, f16 and f64.
// PY from math import erf, erfc
// PY x = np.array([-2.0, -0.5, 0.0, 0.25, 3.0])
// INPUT x
// EXPECT erf = [erf(v) for v in x]
// EXPECT erfc = [erfc(v) for v in x]
// EXPECT cbrt = np.cbrt(x)
// EXPECT asinh = np.arcsinh(x)
// PY n = np.array([3, -2, 0])
// INPUT n
// EXPECT cubed = [27, -8, 0]
// PY d = np.array([[1.0, 2.0]])
// INPUT d
// EXPECT double = [[5 / 3, -1]]
// PY h = np.array([[1.0, 2.0]])
// INPUT h
// EXPECT half = [[5, -3]]
module attributes {emo.phase = "differentiate"} {
  emo.param @w : tensor<2x2xf64> from [#emo.literal<dense<[[0.33333333333333333, 0.66666666666666667], [1.0, -1.0]]> : tensor<2x2xf64>>]
  emo.param @v : tensor<2x2xf16> from [#emo.literal<dense<[[1.0, 2.0], [1.0, -2.0]]> : tensor<2x2xf16>>]
  func.func @forward(%x: tensor<?xf32> {emo.name = "x"}, %n: tensor<?xi32> {emo.name = "n"}, %d: tensor<?x2xf64> {emo.name = "d"}, %h: tensor<?x2xf16> {emo.name = "h"})
      -> (tensor<?xf32> {emo.name = "erf"}, tensor<?xf32> {emo.name = "erfc"}, tensor<?xf32> {emo.name = "cbrt"}, tensor<?xf32> {emo.name = "asinh"}, tensor<?xi32> {emo.name = "cubed"},
          tensor<?x2xf64> {emo.name = "double"}, tensor<?x2xf16> {emo.name = "half"}) {
    %0 = math.erf %x : tensor<?xf32>
    %1 = math.erfc %x : tensor<?xf32>
    %2 = math.cbrt %x : tensor<?xf32>
    %3 = math.asinh %x : tensor<?xf32>
    %three = arith.constant dense<3> : tensor<3xi32>
    %fixed = tensor.cast %n : tensor<?xi32> to tensor<3xi32>
    %cubed = math.ipowi %fixed, %three : tensor<3xi32>
    %4 = tensor.cast %cubed : tensor<3xi32> to tensor<?xi32>
    %w = emo.param.ref @w : tensor<2x2xf64>
    %5 = emo.linear %d, %w : tensor<?x2xf64>, tensor<2x2xf64> -> tensor<?x2xf64>
    %v = emo.param.ref @v : tensor<2x2xf16>
    %6 = emo.linear %h, %v : tensor<?x2xf16>, tensor<2x2xf16> -> tensor<?x2xf16>
    return %0, %1, %2, %3, %4, %5, %6 : tensor<?xf32>, tensor<?xf32>, tensor<?xf32>, tensor<?xf32>, tensor<?xi32>, tensor<?x2xf64>, tensor<?x2xf16>
  }
}
