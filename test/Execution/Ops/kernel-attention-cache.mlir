// RUN: %python %S/Inputs/run-op.py %s kernels v2 sm_80 sm_80-lazy sm_90a sm_90a-lazy f32 f64
// Two new tokens behind 1 and 2 cached ones (rotated before), room for five; the rest of the caches stays.
// PY q = np.sin(np.arange(32.0)).reshape(2, 2, 2, 4).astype(np.float32).astype(float)
// PY k = np.cos(np.arange(16.0)).reshape(2, 2, 1, 4).astype(np.float32).astype(float)
// PY v = np.arange(16.0).reshape(2, 2, 1, 4) / 4
// PY keys = np.sin(np.arange(40.0) + 1).reshape(2, 1, 5, 4).astype(np.float32).astype(float)
// PY old = np.arange(40.0).reshape(2, 1, 5, 4) / 8
// PY lengths = np.array([1, 2])
// INPUT q
// INPUT k
// INPUT v
// INPUT keys
// INPUT old
// INPUT lengths
// PY a = ((lengths[:, None] + np.arange(2.0))[..., None] * np.array([1, 0.25]))[:, :, None, :]
// PY cos = np.cos(a).astype(np.float32).astype(float)
// PY sin = np.sin(a).astype(np.float32).astype(float)
// PY rotate = lambda x: np.concatenate([x[..., :2] * cos - x[..., 2:] * sin, x[..., 2:] * cos + x[..., :2] * sin], -1)
// PY softmax = lambda s: np.exp(s - s.max()) / np.exp(s - s.max()).sum()
// PY put = lambda cache, new: np.stack([np.concatenate([cache[b, :, :n], new[b].transpose(1, 0, 2), cache[b, :, n + 2:]], 1) for b, n in enumerate(lengths)])
// PY K = put(keys, rotate(k))[:, 0]
// PY V = put(old, v)[:, 0]
// PY Q = rotate(q)
// EXPECT y = [[[softmax(K[b, :n + s + 1] @ Q[b, s, h] * 0.5) @ V[b, :n + s + 1] for h in range(2)] for s in range(2)] for b, n in enumerate(lengths)]
// EXPECT new_keys = put(keys, rotate(k))
// EXPECT new_values = put(old, v)
module attributes {emo.phase = "kernels"} {
  emo.param @table : tensor<5x4xf32> from [#emo.rope_table<5, 4, 16.0 : f64>]
  func.func @forward(%q: tensor<?x?x2x4xf32> {emo.name = "q"}, %k: tensor<?x?x1x4xf32> {emo.name = "k"}, %v: tensor<?x?x1x4xf32> {emo.name = "v"},
      %keys: tensor<?x1x?x4xf32> {emo.name = "keys"}, %old: tensor<?x1x?x4xf32> {emo.name = "old"}, %n: tensor<?xi32> {emo.name = "lengths"})
      -> (tensor<?x?x2x4xf32> {emo.name = "y"}, tensor<?x1x?x4xf32> {emo.name = "new_keys"}, tensor<?x1x?x4xf32> {emo.name = "new_values"}) {
    %table = emo.param.ref @table : tensor<5x4xf32>
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %b = tensor.dim %q, %c0 : tensor<?x?x2x4xf32>
    %s = tensor.dim %q, %c1 : tensor<?x?x2x4xf32>
    %out = tensor.empty(%b, %s) : tensor<?x?x2x4xf32>
    %y:3 = emo.kernel.attention q(%q : tensor<?x?x2x4xf32>) k(%k : tensor<?x?x1x4xf32>) v(%v : tensor<?x?x1x4xf32>) table(%table : tensor<5x4xf32>) start(%n : tensor<?xi32>)
        outs(%out, %keys, %old : tensor<?x?x2x4xf32>, tensor<?x1x?x4xf32>, tensor<?x1x?x4xf32>) {scale = 0.5 : f64, causal = true} -> tensor<?x?x2x4xf32>, tensor<?x1x?x4xf32>, tensor<?x1x?x4xf32>
    return %y#0, %y#1, %y#2 : tensor<?x?x2x4xf32>, tensor<?x1x?x4xf32>, tensor<?x1x?x4xf32>
  }
}
