// RUN: %python %S/Inputs/run-op.py %s kernels v2 sm_80 sm_80-lazy sm_90a sm_90a-lazy f32 f64
// gather_rows, and the loss of a linear layer over five classes; a negative target costs nothing.
// PY table = np.array([[0.5, -1.0, 2.0], [0.25, 3.0, -4.0], [1.0, 1.5, 0.125], [7.0, 0.0, -0.5], [0.0, 0.0, 0.0]])
// PY ids = np.array([3, 0, 4, 3])
// INPUT ids
// EXPECT rows = table[ids]
// PY targets = np.array([3, 1, 4, -1])
// INPUT targets
// PY logits = table[ids] @ table.T
// EXPECT losses = np.where(targets < 0, 0, np.log(np.exp(logits).sum(-1)) - logits[np.arange(4), targets])
module attributes {emo.phase = "kernels"} {
  emo.param @table : tensor<5x3xf32> from [#emo.literal<dense<[[0.5, -1.0, 2.0], [0.25, 3.0, -4.0], [1.0, 1.5, 0.125], [7.0, 0.0, -0.5], [0.0, 0.0, 0.0]]> : tensor<5x3xf32>>]
  func.func @forward(%ids: tensor<?xi32> {emo.name = "ids"}, %targets: tensor<?xi64> {emo.name = "targets"}) -> (tensor<?x3xf32> {emo.name = "rows"}, tensor<?xf32> {emo.name = "losses"}) {
    %table = emo.param.ref @table : tensor<5x3xf32>
    %c0 = arith.constant 0 : index
    %m = tensor.dim %ids, %c0 : tensor<?xi32>
    %a = tensor.empty(%m) : tensor<?x3xf32>
    %b = tensor.empty(%m) : tensor<?xf32>
    %rows = emo.kernel.gather_rows table(%table : tensor<5x3xf32>) ids(%ids : tensor<?xi32>) outs(%a : tensor<?x3xf32>) -> tensor<?x3xf32>
    %losses = emo.kernel.loss x(%rows : tensor<?x3xf32>) weight(%table : tensor<5x3xf32>) targets(%targets : tensor<?xi64>) outs(%b : tensor<?xf32>) {vocab_size = 5 : i64} -> tensor<?xf32>
    return %rows, %losses : tensor<?x3xf32>, tensor<?xf32>
  }
}
