// RUN: %python %S/Inputs/run-op.py %s
// PY logits = np.array([[0.0, np.log(3), -np.inf], [1000.0, 1000.0, 1000.0], [-5.0, 0.0, 5.0]]).astype(np.float32).astype(float)
// INPUT logits
// PY exp = np.exp(logits - logits.max(-1, keepdims=True))
// PY assert np.allclose((exp / exp.sum(-1, keepdims=True))[:2], [[0.25, 0.75, 0], [1 / 3] * 3])
// EXPECT softmax = exp / exp.sum(-1, keepdims=True)
// EXPECT sigmoid = 1 / (1 + np.exp(-logits))
module attributes {emo.phase = "differentiate"} {
  func.func @forward(%l: tensor<?x3xf32> {emo.name = "logits"}) -> (tensor<?x3xf32> {emo.name = "softmax"}, tensor<?x3xf32> {emo.name = "sigmoid"}) {
    %0 = emo.router_scores %l : tensor<?x3xf32> -> tensor<?x3xf32>
    %1 = emo.router_scores %l {scoring = #emo.scoring<sigmoid>} : tensor<?x3xf32> -> tensor<?x3xf32>
    return %0, %1 : tensor<?x3xf32>, tensor<?x3xf32>
  }
}
