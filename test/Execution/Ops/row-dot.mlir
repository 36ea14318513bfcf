// RUN: %python %S/Inputs/run-op.py %s kernels v2 sm_80 sm_80-lazy f32 f64
// Sums in f32 of the products of bf16 values, too, which are exact.
// PY a = np.array([[1.0, 2.0, 3.0, 0.5, -1.0], [0.0, 0.0, 0.0, 0.0, 0.0], [4.0, -2.0, 1.0, 8.0, 0.25]])
// PY b = np.array([[2.0, 0.5, -1.0, 4.0, 1.0], [1.0, 1.0, 1.0, 1.0, 1.0], [4.0, -2.0, 1.0, 8.0, 0.25]])
// INPUT a
// INPUT b
// EXPECT wide = [1.0, 0.0, 85.0625]
// EXPECT mixed = [1.0, 0.0, 85.0625]
// EXPECT square = (b * b).sum(1)
module attributes {emo.phase = "differentiate"} {
  func.func @forward(%a: tensor<?x5xf32> {emo.name = "a"}, %b: tensor<?x5xbf16> {emo.name = "b"})
      -> (tensor<?xf32> {emo.name = "wide"}, tensor<?xf32> {emo.name = "mixed"}, tensor<?xf32> {emo.name = "square"}) {
    %wide = arith.extf %b : tensor<?x5xbf16> to tensor<?x5xf32>
    %0 = emo.row_dot %a, %wide : tensor<?x5xf32>, tensor<?x5xf32> -> tensor<?xf32>
    %1 = emo.row_dot %a, %b : tensor<?x5xf32>, tensor<?x5xbf16> -> tensor<?xf32>
    %2 = emo.row_dot %b, %b : tensor<?x5xbf16>, tensor<?x5xbf16> -> tensor<?xf32>
    return %0, %1, %2 : tensor<?xf32>, tensor<?xf32>, tensor<?xf32>
  }
}
