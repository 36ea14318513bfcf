// RUN: %python %S/Inputs/run-op.py %s
// Two new tokens behind 1 and 2 cached ones, room for five; the rest of the caches stays.
// PY q = np.sin(np.arange(16.0)).reshape(2, 2, 1, 4).astype(np.float32).astype(float)
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
// PY softmax = lambda s: np.exp(s - s.max()) / np.exp(s - s.max()).sum()
// PY put = lambda cache, new: np.stack([np.concatenate([cache[b, :, :n], new[b].transpose(1, 0, 2), cache[b, :, n + 2:]], 1) for b, n in enumerate(lengths)])
// PY K = put(keys, k)[:, 0]
// PY V = put(old, v)[:, 0]
// EXPECT y = [[[softmax(K[b, :n + s + 1] @ q[b, s, 0] * 0.5) @ V[b, :n + s + 1]] for s in range(2)] for b, n in enumerate(lengths)]
// EXPECT new_keys = put(keys, k)
// EXPECT new_values = put(old, v)
module attributes {emo.phase = "differentiate"} {
  func.func @forward(%q: tensor<?x?x1x4xf32> {emo.name = "q"}, %k: tensor<?x?x1x4xf32> {emo.name = "k"}, %v: tensor<?x?x1x4xf32> {emo.name = "v"},
      %keys: tensor<?x1x?x4xf32> {emo.name = "keys"}, %old: tensor<?x1x?x4xf32> {emo.name = "old"}, %n: tensor<?xi32> {emo.name = "lengths"})
      -> (tensor<?x?x1x4xf32> {emo.name = "y"}, tensor<?x1x?x4xf32> {emo.name = "new_keys"}, tensor<?x1x?x4xf32> {emo.name = "new_values"}) {
    %y:3 = emo.attention %q, %k, %v cache(%keys, %old, %n : tensor<?x1x?x4xf32>, tensor<?x1x?x4xf32>, tensor<?xi32>) {scale = 0.5 : f64}
        : tensor<?x?x1x4xf32>, tensor<?x?x1x4xf32>, tensor<?x?x1x4xf32> -> tensor<?x?x1x4xf32>, tensor<?x1x?x4xf32>, tensor<?x1x?x4xf32>
    return %y#0, %y#1, %y#2 : tensor<?x?x1x4xf32>, tensor<?x1x?x4xf32>, tensor<?x1x?x4xf32>
  }
}
