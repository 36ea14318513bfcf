// RUN: %python %S/Inputs/run-op.py %s kernels v2 sm_80 sm_80-lazy sm_90a sm_90a-lazy f32 f64
// Grouped with gathered rows, an expert without rows and one with a single row; dense; in f32.
// PY r = np.random.default_rng(1)
// PY dy = r.integers(-4, 5, (37, 24)) / 4
// PY x = r.integers(-4, 5, (11, 72)) / 4
// PY y = r.integers(-4, 5, (37, 72)) / 4
// PY g = r.integers(0, 11, 37)
// PY o = np.array([0, 1, 1, 20, 37])
// PY parts = [slice(o[e], o[e + 1]) for e in range(4)]
// INPUT dy
// INPUT x
// INPUT y
// PY fdy = dy
// PY fx = x
// INPUT fdy
// INPUT fx
// INPUT g
// INPUT o
// EXPECT grouped = [dy[p].T @ x[g[p]] for p in parts]
// EXPECT neighbours = [dy[p].T @ y[p] for p in parts]
// EXPECT dense = dy.T @ y
// EXPECT wide = dy.T @ x[g]
module attributes {emo.phase = "kernels"} {
  func.func @forward(%dy: tensor<?x24xbf16> {emo.name = "dy"}, %x: tensor<?x72xbf16> {emo.name = "x"}, %y: tensor<?x72xbf16> {emo.name = "y"},
                     %fdy: tensor<?x24xf32> {emo.name = "fdy"}, %fx: tensor<?x72xf32> {emo.name = "fx"},
                     %g: tensor<?xi32> {emo.name = "g"}, %o: tensor<5xi32> {emo.name = "o"})
      -> (tensor<4x24x72xf32> {emo.name = "grouped"}, tensor<4x24x72xf32> {emo.name = "neighbours"}, tensor<24x72xf32> {emo.name = "dense"}, tensor<24x72xf32> {emo.name = "wide"}) {
    %e = tensor.empty() : tensor<4x24x72xf32>
    %d = tensor.empty() : tensor<24x72xf32>
    %0 = emo.kernel.weight_gradient dy(%dy : tensor<?x24xbf16>) x(%x : tensor<?x72xbf16>) gather(%g : tensor<?xi32>) offsets(%o : tensor<5xi32>) outs(%e : tensor<4x24x72xf32>) -> tensor<4x24x72xf32>
    %1 = emo.kernel.weight_gradient dy(%dy : tensor<?x24xbf16>) x(%y : tensor<?x72xbf16>) offsets(%o : tensor<5xi32>) outs(%e : tensor<4x24x72xf32>) -> tensor<4x24x72xf32>
    %2 = emo.kernel.weight_gradient dy(%dy : tensor<?x24xbf16>) x(%y : tensor<?x72xbf16>) outs(%d : tensor<24x72xf32>) -> tensor<24x72xf32>
    %3 = emo.kernel.weight_gradient dy(%fdy : tensor<?x24xf32>) x(%fx : tensor<?x72xf32>) gather(%g : tensor<?xi32>) outs(%d : tensor<24x72xf32>) -> tensor<24x72xf32>
    return %0, %1, %2, %3 : tensor<4x24x72xf32>, tensor<4x24x72xf32>, tensor<24x72xf32>, tensor<24x72xf32>
  }
}
