// RUN: %python %S/Inputs/run-op.py %s kernels v2 sm_80 sm_80-lazy sm_90a sm_90a-lazy f32 f64
// The router inside pools, with the scores of all experts; when all are chosen, in the order of their indices.
// PY w = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.5], [0.5, 0.5]])
// PY x = np.array([[1.0, 2.0], [1.0, 1.0], [-3.0, 0.5], [2.0, 1.0]])
// INPUT x
// PY logits = x @ w.T
// PY assert logits.tolist() == [[1, 2, 0, 1.5], [1, 1, -0.5, 1], [-3, 0.5, 3.25, -1.25], [2, 1, -1.5, 1.5]]
// PY pool = np.array([[True, False, True, True], [False, True, True, False]])
// INPUT pool
// PY segments = np.array([0, 1, -1, 1], np.int32)
// INPUT segments
// PY def exp(x): return np.exp(x - x.max(-1, keepdims=True))
// PY def softmax(x): return exp(x) / exp(x).sum(-1, keepdims=True)
// PY def sigmoid(x): return 1 / (1 + np.exp(-x))
// PY take = lambda x, i: np.take_along_axis(x, np.array(i), -1)
// PY masked = np.where((segments[:, None] < 0) | pool[np.maximum(segments, 0)], logits, -np.inf)
// Token 1 and 3: experts 1 and 2.
// EXPECT i0 = [[3, 0, 4], [1, 2, 4], [2, 1, 4], [1, 2, 4]]
// EXPECT s0 = softmax(masked)
// EXPECT w0 = np.hstack([take(softmax(masked), [[3, 0], [1, 2], [2, 1], [1, 2]]), np.ones((4, 1))])
// One pool for all tokens, of three experts: the second choice of two is not in it when the bias says so. Masked ones come last, the lower first.
// PY row = np.array([[False, True, True, False]])
// INPUT row
// PY bias = np.array([8.0, 0.0, 0.0, 9.0])
// INPUT bias
// PY one = np.where(row, logits, -np.inf)
// EXPECT i1 = [[1, 2, 0], [1, 2, 0], [2, 1, 0], [1, 2, 0]]
// EXPECT s1 = np.where(row, sigmoid(logits), 0)
// EXPECT w1 = take(np.where(row, sigmoid(logits), 0), [[1, 2, 0], [1, 2, 0], [2, 1, 0], [1, 2, 0]])
// All of four are chosen, in their order; as MODEL ops, which become this kernel, the same.
// EXPECT i2 = [[0, 1, 2, 3]] * 4
// EXPECT w2 = softmax(logits)
// EXPECT i3 = [[3, 0], [1, 2], [2, 1], [1, 2]]
// EXPECT w3 = softmax(take(masked, [[3, 0], [1, 2], [2, 1], [1, 2]]))
// EXPECT s3 = softmax(masked)
// EXPECT i4 = [[0, 1, 2, 3]] * 4
// EXPECT w4 = softmax(logits)
module attributes {emo.phase = "differentiate"} {
  emo.param @w : tensor<4x2xf32> from [#emo.literal<dense<[[1.0, 0.0], [0.0, 1.0], [-1.0, 0.5], [0.5, 0.5]]> : tensor<4x2xf32>>]
  func.func @forward(%x: tensor<?x2xf32> {emo.name = "x"}, %pool: tensor<?x4xi1> {emo.name = "pool"}, %g: tensor<?xi32> {emo.name = "segments"},
                     %row: tensor<1x4xi1> {emo.name = "row"}, %b: tensor<4xf32> {emo.name = "bias"})
      -> (tensor<?x3xf32> {emo.name = "w0"}, tensor<?x3xi32> {emo.name = "i0"}, tensor<?x4xf32> {emo.name = "s0"},
          tensor<?x3xf32> {emo.name = "w1"}, tensor<?x3xi32> {emo.name = "i1"}, tensor<?x4xf32> {emo.name = "s1"},
          tensor<?x4xf32> {emo.name = "w2"}, tensor<?x4xi32> {emo.name = "i2"},
          tensor<?x2xf32> {emo.name = "w3"}, tensor<?x2xi32> {emo.name = "i3"}, tensor<?x4xf32> {emo.name = "s3"},
          tensor<?x4xf32> {emo.name = "w4"}, tensor<?x4xi32> {emo.name = "i4"}) {
    %w = emo.param.ref @w : tensor<4x2xf32>
    %c0 = arith.constant 0 : index
    %m = tensor.dim %x, %c0 : tensor<?x2xf32>
    %f4 = tensor.empty(%m) : tensor<?x4xf32>
    %n4 = tensor.empty(%m) : tensor<?x4xi32>
    %f3 = tensor.empty(%m) : tensor<?x3xf32>
    %n3 = tensor.empty(%m) : tensor<?x3xi32>
    %w0, %i0, %s0 = emo.kernel.router x(%x : tensor<?x2xf32>) weight(%w : tensor<4x2xf32>) pool(%pool : tensor<?x4xi1>) segments(%g : tensor<?xi32>)
        outs(%f3, %n3, %f4 : tensor<?x3xf32>, tensor<?x3xi32>, tensor<?x4xf32>) {top_k = 2 : i64, num_shared = 1 : i64} -> tensor<?x3xf32>, tensor<?x3xi32>, tensor<?x4xf32>
    %w1, %i1, %s1 = emo.kernel.router x(%x : tensor<?x2xf32>) weight(%w : tensor<4x2xf32>) bias(%b : tensor<4xf32>) pool(%row : tensor<1x4xi1>)
        outs(%f3, %n3, %f4 : tensor<?x3xf32>, tensor<?x3xi32>, tensor<?x4xf32>) {top_k = 3 : i64, scoring = #emo.scoring<sigmoid>} -> tensor<?x3xf32>, tensor<?x3xi32>, tensor<?x4xf32>
    %w2, %i2 = emo.kernel.router x(%x : tensor<?x2xf32>) weight(%w : tensor<4x2xf32>) outs(%f4, %n4 : tensor<?x4xf32>, tensor<?x4xi32>) {top_k = 4 : i64} -> tensor<?x4xf32>, tensor<?x4xi32>
    %logits = emo.linear %x, %w : tensor<?x2xf32>, tensor<4x2xf32> -> tensor<?x4xf32>
    %masked = emo.mask_experts %logits, %pool, %g : tensor<?x4xf32>, tensor<?x4xi1>, tensor<?xi32>
    %w3, %i3 = emo.route %masked {top_k = 2 : i64, order = #emo.route_order<top_k_then_score>} : tensor<?x4xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
    %s3 = emo.router_scores %masked : tensor<?x4xf32> -> tensor<?x4xf32>
    %more = emo.linear %x, %w : tensor<?x2xf32>, tensor<4x2xf32> -> tensor<?x4xf32>
    %w4, %i4 = emo.route %more {top_k = 4 : i64} : tensor<?x4xf32> -> tensor<?x4xf32>, tensor<?x4xi32>
    return %w0, %i0, %s0, %w1, %i1, %s1, %w2, %i2, %w3, %i3, %s3, %w4, %i4 : tensor<?x3xf32>, tensor<?x3xi32>, tensor<?x4xf32>, tensor<?x3xf32>, tensor<?x3xi32>,
        tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xi32>, tensor<?x2xf32>, tensor<?x2xi32>, tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xi32>
  }
}
