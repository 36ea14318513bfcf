// RUN: %python %S/Inputs/run-op.py %s
// Two experts of hidden size 3 on rows of 2: gated and plain, every activation, biases, limits.
// PY rows = np.array([[1.0, 2.0], [-3.0, 1.0], [0.5, 4.0], [0.0, -1.0]])
// PY offsets = np.array([0, 1, 4])
// INPUT rows
// INPUT offsets
// PY up = np.array([[[1.0, 0.5], [0.0, 1.0], [-2.0, 3.0]], [[0.5, -1.0], [2.0, 0.25], [1.0, 1.0]]])
// PY gate = np.array([[[0.5, 0.5], [-1.0, 1.0], [2.0, 0.0]], [[1.0, 0.0], [0.25, -0.5], [-1.0, -1.0]]])
// PY down = np.array([[[1.0, -1.0, 0.5], [0.0, 2.0, 1.0]], [[0.25, 1.0, -1.0], [3.0, 0.5, 0.0]]])
// PY ub = np.array([[0.5, 0.0, -1.0], [1.0, 2.0, 0.0]])
// PY gb = np.array([[-0.5, 1.0, 0.0], [0.0, 0.5, 2.0]])
// PY db = np.array([[10.0, 20.0], [-1.0, -2.0]])
// INPUT ub
// INPUT gb
// INPUT db
// PY from math import erf
// PY e = np.array([0, 1, 1, 1])
// PY silu = lambda x, alpha=1.0: x / (1 + np.exp(-alpha * x))
// PY gelu = lambda x: 0.5 * x * (1 + np.vectorize(erf)(x / np.sqrt(2)))
// PY gelu_tanh = lambda x: 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x ** 3)))
// PY project = lambda x, w: np.einsum("nk,nmk->nm", x, w[e])
// PY u = project(rows, up)
// PY g = project(rows, gate)
// PY assert np.allclose(u[1], [-2.5, -5.75, -2]) and np.allclose(g[3], [0, 0.5, 1])
// EXPECT gated = project(silu(g) * u, down)
// EXPECT gated_gelu = project(gelu(g) * u, down)
// EXPECT plain = project(gelu_tanh(u), down)
// EXPECT plain_relu = project(np.maximum(u, 0), down)
// EXPECT identity = project(u, down)
// EXPECT biased = project(silu(g + gb[e]) * (u + ub[e]), down) + db[e]
// EXPECT limited = project(silu(np.minimum(g, 1.5), 1.702) * (np.clip(u, -1.5, 1.5) + 1), down)
module attributes {emo.phase = "differentiate"} {
  emo.param @up : tensor<2x3x2xf32> from [#emo.literal<dense<[[[1.0, 0.5], [0.0, 1.0], [-2.0, 3.0]], [[0.5, -1.0], [2.0, 0.25], [1.0, 1.0]]]> : tensor<2x3x2xf32>>]
  emo.param @gate : tensor<2x3x2xf32> from [#emo.literal<dense<[[[0.5, 0.5], [-1.0, 1.0], [2.0, 0.0]], [[1.0, 0.0], [0.25, -0.5], [-1.0, -1.0]]]> : tensor<2x3x2xf32>>]
  emo.param @down : tensor<2x2x3xf32> from [#emo.literal<dense<[[[1.0, -1.0, 0.5], [0.0, 2.0, 1.0]], [[0.25, 1.0, -1.0], [3.0, 0.5, 0.0]]]> : tensor<2x2x3xf32>>]
  func.func @forward(%rows: tensor<?x2xf32> {emo.name = "rows"}, %o: tensor<3xi32> {emo.name = "offsets"}, %ub: tensor<2x3xf32> {emo.name = "ub"}, %gb: tensor<2x3xf32> {emo.name = "gb"}, %db: tensor<2x2xf32> {emo.name = "db"})
      -> (tensor<?x2xf32> {emo.name = "gated"}, tensor<?x2xf32> {emo.name = "gated_gelu"}, tensor<?x2xf32> {emo.name = "plain"}, tensor<?x2xf32> {emo.name = "plain_relu"},
          tensor<?x2xf32> {emo.name = "identity"}, tensor<?x2xf32> {emo.name = "biased"}, tensor<?x2xf32> {emo.name = "limited"}) {
    %u = emo.param.ref @up : tensor<2x3x2xf32>
    %g = emo.param.ref @gate : tensor<2x3x2xf32>
    %d = emo.param.ref @down : tensor<2x2x3xf32>
    %0 = emo.expert_mlp %rows, %o up(%u : tensor<2x3x2xf32>) down(%d : tensor<2x2x3xf32>) gate(%g : tensor<2x3x2xf32>) : tensor<?x2xf32>, tensor<3xi32> -> tensor<?x2xf32>
    %1 = emo.expert_mlp %rows, %o up(%u : tensor<2x3x2xf32>) down(%d : tensor<2x2x3xf32>) gate(%g : tensor<2x3x2xf32>) {activation = #emo.activation<gelu>} : tensor<?x2xf32>, tensor<3xi32> -> tensor<?x2xf32>
    %2 = emo.expert_mlp %rows, %o up(%u : tensor<2x3x2xf32>) down(%d : tensor<2x2x3xf32>) {activation = #emo.activation<gelu_tanh>} : tensor<?x2xf32>, tensor<3xi32> -> tensor<?x2xf32>
    %3 = emo.expert_mlp %rows, %o up(%u : tensor<2x3x2xf32>) down(%d : tensor<2x2x3xf32>) {activation = #emo.activation<relu>} : tensor<?x2xf32>, tensor<3xi32> -> tensor<?x2xf32>
    %4 = emo.expert_mlp %rows, %o up(%u : tensor<2x3x2xf32>) down(%d : tensor<2x2x3xf32>) {activation = #emo.activation<identity>} : tensor<?x2xf32>, tensor<3xi32> -> tensor<?x2xf32>
    %5 = emo.expert_mlp %rows, %o up(%u : tensor<2x3x2xf32>) down(%d : tensor<2x2x3xf32>) gate(%g : tensor<2x3x2xf32>) up_bias(%ub : tensor<2x3xf32>) down_bias(%db : tensor<2x2xf32>) gate_bias(%gb : tensor<2x3xf32>)
        : tensor<?x2xf32>, tensor<3xi32> -> tensor<?x2xf32>
    %6 = emo.expert_mlp %rows, %o up(%u : tensor<2x3x2xf32>) down(%d : tensor<2x2x3xf32>) gate(%g : tensor<2x3x2xf32>) {limit = 1.5 : f64, alpha = 1.702 : f64, beta = 1.0 : f64} : tensor<?x2xf32>, tensor<3xi32> -> tensor<?x2xf32>
    return %0, %1, %2, %3, %4, %5, %6 : tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>
  }
}
