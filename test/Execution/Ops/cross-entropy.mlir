// RUN: %python %S/Inputs/run-op.py %s
// Logits log(1, 2, 5) have probabilities 1/8, 2/8, 5/8 however they are shifted; a negative target costs nothing.
// PY logits = np.log(np.array([[[1.0, 2.0, 5.0], [1.0, 2.0, 5.0]], [[1.0, 2.0, 5.0], [1.0, 1.0, 1.0]]])) + np.array([[[0.0], [500.0]], [[-500.0], [3.0]]])
// PY logits = logits.astype(np.float32).astype(float)
// PY targets = np.array([[2, 0], [-1, 1]])
// INPUT logits
// INPUT targets
// PY exact = -np.log([[5 / 8, 1 / 8], [1, 1 / 3]])
// PY shifted = logits - logits.max(-1, keepdims=True)
// PY losses = np.log(np.exp(shifted).sum(-1)) - np.take_along_axis(shifted, np.maximum(targets, 0)[..., None], -1)[..., 0]
// PY assert np.abs(losses - exact)[targets >= 0].max() < 1e-4
// EXPECT losses = np.where(targets < 0, 0, losses)
module attributes {emo.phase = "differentiate"} {
  func.func @forward(%l: tensor<?x?x3xf32> {emo.name = "logits"}, %t: tensor<?x?xi64> {emo.name = "targets"}) -> (tensor<?x?xf32> {emo.name = "losses"}) {
    %0 = emo.cross_entropy %l, %t : tensor<?x?x3xf32>, tensor<?x?xi64> -> tensor<?x?xf32>
    return %0 : tensor<?x?xf32>
  }
}
