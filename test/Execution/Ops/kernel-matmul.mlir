// RUN: %python %S/Inputs/run-op.py %s kernels v2 sm_80 sm_80-lazy sm_90a sm_90a-lazy f32 f64
// Dense products with epilogues: rows, columns, elements, two outputs; sizes that fill neither vectors nor panels.
// PY w = np.array([[(i * 7 + j * 3) % 11 - 5.0 for j in range(5)] for i in range(3)]) / 4
// PY assert (w * 4).tolist() == [[-5, -2, 1, 4, -4], [2, 5, -3, 0, 3], [-2, 1, 4, -4, -1]]
// PY x = np.array([[1.0, 2.0, 3.0, 4.0, 5.0], [0.5, -1.0, 0.0, 2.0, -2.0], [0.0, 0.0, 0.0, 0.0, 8.0], [1.0, 1.0, 1.0, 1.0, 1.0]])
// INPUT x
// EXPECT plain = [[-2.5, 4.5, -2.25], [3.875, -2.5, -2], [-8, 6, -2], [-1.5, 1.75, -0.5]]
// PY c = np.array([1.0, 0.5, -2.0])
// PY r = np.array([2.0, 1.0, 0.0, -1.0])
// PY e = np.arange(12.0).reshape(4, 3)
// INPUT c
// INPUT r
// INPUT e
// EXPECT relu = np.maximum((x @ w.T + c) * r[:, None] - e, 0)
// EXPECT chosen = np.where(x @ w.T < 1, np.exp(x @ w.T / 8), -np.sqrt(np.abs(x @ w.T)))
// The same rows twice, and in another order.
// PY pick = np.array([3, 0, 0, 2, 1])
// INPUT pick
// EXPECT gathered = (x @ w.T)[pick]
// Two weights, one gate.
// PY v = np.array([[1.0, 0.0, 0.0, 0.0, 0.5], [0.0, 1.0, 0.0, 0.0, 0.5], [0.0, 0.0, 1.0, 0.0, 0.5]])
// PY g = x @ w.T
// EXPECT gated = g / (1 + np.exp(-g)) * (x @ v.T)
module attributes {emo.phase = "kernels"} {
  emo.param @w : tensor<3x5xf32> from [#emo.literal<dense<[[-1.25, -0.5, 0.25, 1.0, -1.0], [0.5, 1.25, -0.75, 0.0, 0.75], [-0.5, 0.25, 1.0, -1.0, -0.25]]> : tensor<3x5xf32>>]
  emo.param @v : tensor<3x5xf32> from [#emo.literal<dense<[[1.0, 0.0, 0.0, 0.0, 0.5], [0.0, 1.0, 0.0, 0.0, 0.5], [0.0, 0.0, 1.0, 0.0, 0.5]]> : tensor<3x5xf32>>]
  func.func @forward(%x: tensor<?x5xf32> {emo.name = "x"}, %c: tensor<3xf32> {emo.name = "c"}, %r: tensor<?xf32> {emo.name = "r"}, %e: tensor<?x3xf32> {emo.name = "e"}, %pick: tensor<?xi32> {emo.name = "pick"})
      -> (tensor<?x3xf32> {emo.name = "plain"}, tensor<?x3xf32> {emo.name = "relu"}, tensor<?x3xf32> {emo.name = "chosen"}, tensor<?x3xf32> {emo.name = "gathered"}, tensor<?x3xf32> {emo.name = "gated"}) {
    %w = emo.param.ref @w : tensor<3x5xf32>
    %v = emo.param.ref @v : tensor<3x5xf32>
    %c0 = arith.constant 0 : index
    %m = tensor.dim %x, %c0 : tensor<?x5xf32>
    %n = tensor.dim %pick, %c0 : tensor<?xi32>
    %out = tensor.empty(%m) : tensor<?x3xf32>
    %picked = tensor.empty(%n) : tensor<?x3xf32>
    %0:3 = emo.kernel.matmul lhs(%x : tensor<?x5xf32>) weights(%w : tensor<3x5xf32>) extras(%c, %r, %e : tensor<3xf32>, tensor<?xf32>, tensor<?x3xf32>)
        outs(%out, %out, %out : tensor<?x3xf32>, tensor<?x3xf32>, tensor<?x3xf32>) attributes {accumulators = 1 : i64, kinds = [#emo.kind<column>, #emo.kind<row>, #emo.kind<element>]} {
    ^bb0(%acc: f32, %column: f32, %row: f32, %element: f32):
      %zero = arith.constant 0.0 : f32
      %one = arith.constant 1.0 : f32
      %eighth = arith.constant 0.125 : f32
      %a = arith.addf %acc, %column : f32
      %b = arith.mulf %a, %row : f32
      %d = arith.subf %b, %element : f32
      %relu = arith.maximumf %d, %zero : f32
      %small = arith.cmpf olt, %acc, %one : f32
      %scaled = arith.mulf %acc, %eighth : f32
      %power = math.exp %scaled : f32
      %absolute = math.absf %acc : f32
      %root = math.sqrt %absolute : f32
      %negative = arith.negf %root : f32
      %chosen = arith.select %small, %power, %negative : f32
      emo.kernel.yield %acc, %relu, %chosen : f32, f32, f32
    } -> tensor<?x3xf32>, tensor<?x3xf32>, tensor<?x3xf32>
    %1 = emo.kernel.matmul lhs(%x : tensor<?x5xf32>) weights(%w : tensor<3x5xf32>) gather(%pick : tensor<?xi32>) outs(%picked : tensor<?x3xf32>) attributes {accumulators = 1 : i64, kinds = []} {
    ^bb0(%acc: f32):
      emo.kernel.yield %acc : f32
    } -> tensor<?x3xf32>
    %2 = emo.kernel.matmul lhs(%x : tensor<?x5xf32>) weights(%w, %v : tensor<3x5xf32>, tensor<3x5xf32>) outs(%out : tensor<?x3xf32>) attributes {accumulators = 2 : i64, kinds = []} {
    ^bb0(%gate: f32, %up: f32):
      %one = arith.constant 1.0 : f32
      %negative = arith.negf %gate : f32
      %power = math.exp %negative : f32
      %sum = arith.addf %power, %one : f32
      %silu = arith.divf %gate, %sum : f32
      %y = arith.mulf %silu, %up : f32
      emo.kernel.yield %y : f32
    } -> tensor<?x3xf32>
    return %0#0, %0#1, %0#2, %1, %2 : tensor<?x3xf32>, tensor<?x3xf32>, tensor<?x3xf32>, tensor<?x3xf32>, tensor<?x3xf32>
  }
}
