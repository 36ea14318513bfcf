// RUN: %python %S/Inputs/run-op.py %s kernels v2 sm_80 sm_80-lazy sm_90a sm_90a-lazy f32 f64
// group_by_expert (experts 0 and 3 are empty) and combine with an epilogue.
// PY indices = np.array([[2, 1], [1, 4], [2, 2], [4, 1]])
// INPUT indices
// EXPECT offsets = [0, 0, 3, 6, 6, 8]
// EXPECT tokens = [0, 1, 3, 0, 2, 2, 1, 3]
// EXPECT inverse = [[3, 0], [1, 6], [4, 5], [7, 2]]
// PY rows = np.arange(24.0).reshape(8, 3)
// INPUT rows
// PY weights = np.array([[0.5, 2.0], [1.0, 0.25], [1.0, -1.0], [0.0, 4.0]])
// INPUT weights
// PY c = np.array([1.0, -2.0, 0.5])
// PY r = np.array([1.0, 0.0, 2.0, -1.0])
// PY e = np.arange(12.0).reshape(4, 3) * 100
// INPUT c
// INPUT r
// INPUT e
// PY sums = np.array([0.5 * rows[3] + 2 * rows[0], rows[1] + 0.25 * rows[6], rows[4] - rows[5], 4 * rows[2]])
// PY assert sums[0].tolist() == [4.5, 7, 9.5]
// EXPECT sums = sums
// EXPECT residual = sums * c + r[:, None] + e
module attributes {emo.phase = "kernels"} {
  func.func @forward(%i: tensor<?x2xi32> {emo.name = "indices"}, %rows: tensor<?x3xf32> {emo.name = "rows"}, %w: tensor<?x2xf32> {emo.name = "weights"},
      %c: tensor<3xf32> {emo.name = "c"}, %r: tensor<?xf32> {emo.name = "r"}, %e: tensor<?x3xf32> {emo.name = "e"})
      -> (tensor<6xi32> {emo.name = "offsets"}, tensor<?xi32> {emo.name = "tokens"}, tensor<?x2xi32> {emo.name = "inverse"}, tensor<?x3xf32> {emo.name = "sums"}, tensor<?x3xf32> {emo.name = "residual"}) {
    %c0 = arith.constant 0 : index
    %m = tensor.dim %i, %c0 : tensor<?x2xi32>
    %n = tensor.dim %rows, %c0 : tensor<?x3xf32>
    %o0 = tensor.empty() : tensor<6xi32>
    %t0 = tensor.empty(%n) : tensor<?xi32>
    %i0 = tensor.empty(%m) : tensor<?x2xi32>
    %out = tensor.empty(%m) : tensor<?x3xf32>
    %g:3 = emo.kernel.group_by_expert indices(%i : tensor<?x2xi32>) outs(%o0, %t0, %i0 : tensor<6xi32>, tensor<?xi32>, tensor<?x2xi32>) -> tensor<6xi32>, tensor<?xi32>, tensor<?x2xi32>
    %y:2 = emo.kernel.combine rows(%rows : tensor<?x3xf32>) weights(%w : tensor<?x2xf32>) inverse(%g#2 : tensor<?x2xi32>) extras(%c, %r, %e : tensor<3xf32>, tensor<?xf32>, tensor<?x3xf32>)
        outs(%out, %out : tensor<?x3xf32>, tensor<?x3xf32>) attributes {kinds = [#emo.kind<column>, #emo.kind<row>, #emo.kind<element>]} {
    ^bb0(%acc: f32, %column: f32, %row: f32, %element: f32):
      %a = arith.mulf %acc, %column : f32
      %b = arith.addf %a, %row : f32
      %d = arith.addf %b, %element : f32
      emo.kernel.yield %acc, %d : f32, f32
    } -> tensor<?x3xf32>, tensor<?x3xf32>
    return %g#0, %g#1, %g#2, %y#0, %y#1 : tensor<6xi32>, tensor<?xi32>, tensor<?x2xi32>, tensor<?x3xf32>, tensor<?x3xf32>
  }
}
