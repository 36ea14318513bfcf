// RUN: %python %S/Inputs/run-op.py %s kernels v2 sm_80 sm_80-lazy sm_90a sm_90a-lazy f32 f64
// Without a cache: plain, rotated by a table, inside segments. The stores get the (rotated) keys and the values.
// PY q = np.sin(np.arange(48.0)).reshape(2, 3, 2, 4).astype(np.float32).astype(float)
// PY k = np.cos(np.arange(24.0)).reshape(2, 3, 1, 4).astype(np.float32).astype(float)
// PY v = np.arange(24.0).reshape(2, 3, 1, 4) / 4
// PY segments = np.array([[0, 0, 1], [2, 3, 3]])
// INPUT q
// INPUT k
// INPUT v
// INPUT segments
// PY softmax = lambda s: np.exp(s - s.max(-1, keepdims=True)) / np.exp(s - s.max(-1, keepdims=True)).sum(-1, keepdims=True)
// PY attend = lambda q, k, v, seen: np.einsum("bhst,btd->bshd", softmax(np.where(seen[:, None], np.einsum("bshd,btd->bhst", q, k[:, :, 0]) * 0.5, -np.inf)), v[:, :, 0])
// PY causal = np.tril(np.ones((3, 3), bool))[None].repeat(2, 0)
// PY same = segments[:, :, None] == segments[:, None, :]
// A table of f32 for positions 0..2, frequencies 1 and 0.25.
// PY a = (np.arange(3.0)[:, None] * np.array([1, 0.25]))[None, :, None, :]
// PY cos = np.cos(a).astype(np.float32).astype(float)
// PY sin = np.sin(a).astype(np.float32).astype(float)
// PY rotate = lambda x: np.concatenate([x[..., :2] * cos - x[..., 2:] * sin, x[..., 2:] * cos + x[..., :2] * sin], -1)
// EXPECT plain = attend(q, k, v, np.ones((2, 3, 3), bool))
// EXPECT rotated = attend(rotate(q), rotate(k), v, causal)
// EXPECT keys = rotate(k).transpose(0, 2, 1, 3)
// EXPECT values = v.transpose(0, 2, 1, 3)
// EXPECT documents = attend(rotate(q), rotate(k), v, causal & same)
module attributes {emo.phase = "kernels"} {
  emo.param @table : tensor<3x4xf32> from [#emo.rope_table<3, 4, 16.0 : f64>]
  func.func @forward(%q: tensor<?x?x2x4xf32> {emo.name = "q"}, %k: tensor<?x?x1x4xf32> {emo.name = "k"}, %v: tensor<?x?x1x4xf32> {emo.name = "v"}, %s: tensor<?x?xi32> {emo.name = "segments"})
      -> (tensor<?x?x2x4xf32> {emo.name = "plain"}, tensor<?x?x2x4xf32> {emo.name = "rotated"}, tensor<?x1x?x4xf32> {emo.name = "keys"}, tensor<?x1x?x4xf32> {emo.name = "values"}, tensor<?x?x2x4xf32> {emo.name = "documents"}) {
    %table = emo.param.ref @table : tensor<3x4xf32>
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %b = tensor.dim %q, %c0 : tensor<?x?x2x4xf32>
    %n = tensor.dim %q, %c1 : tensor<?x?x2x4xf32>
    %out = tensor.empty(%b, %n) : tensor<?x?x2x4xf32>
    %store = tensor.empty(%b, %n) : tensor<?x1x?x4xf32>
    %0:3 = emo.kernel.attention q(%q : tensor<?x?x2x4xf32>) k(%k : tensor<?x?x1x4xf32>) v(%v : tensor<?x?x1x4xf32>)
        outs(%out, %store, %store : tensor<?x?x2x4xf32>, tensor<?x1x?x4xf32>, tensor<?x1x?x4xf32>) {scale = 0.5 : f64, causal = false} -> tensor<?x?x2x4xf32>, tensor<?x1x?x4xf32>, tensor<?x1x?x4xf32>
    %1:3 = emo.kernel.attention q(%q : tensor<?x?x2x4xf32>) k(%k : tensor<?x?x1x4xf32>) v(%v : tensor<?x?x1x4xf32>) table(%table : tensor<3x4xf32>)
        outs(%out, %store, %store : tensor<?x?x2x4xf32>, tensor<?x1x?x4xf32>, tensor<?x1x?x4xf32>) {scale = 0.5 : f64, causal = true} -> tensor<?x?x2x4xf32>, tensor<?x1x?x4xf32>, tensor<?x1x?x4xf32>
    %2:3 = emo.kernel.attention q(%q : tensor<?x?x2x4xf32>) k(%k : tensor<?x?x1x4xf32>) v(%v : tensor<?x?x1x4xf32>) table(%table : tensor<3x4xf32>) segments(%s : tensor<?x?xi32>)
        outs(%out, %store, %store : tensor<?x?x2x4xf32>, tensor<?x1x?x4xf32>, tensor<?x1x?x4xf32>) {scale = 0.5 : f64, causal = true} -> tensor<?x?x2x4xf32>, tensor<?x1x?x4xf32>, tensor<?x1x?x4xf32>
    return %0#0, %1#0, %1#1, %1#2, %2#0 : tensor<?x?x2x4xf32>, tensor<?x?x2x4xf32>, tensor<?x1x?x4xf32>, tensor<?x1x?x4xf32>, tensor<?x?x2x4xf32>
  }
}
