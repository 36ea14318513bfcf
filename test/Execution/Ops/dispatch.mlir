// RUN: %python %S/Inputs/run-op.py %s
// Four tokens, two choices each, five experts, of which 0 and 3 are empty. Rows of an expert keep the order of (token, choice).
// PY indices = np.array([[2, 1], [1, 4], [2, 2], [4, 1]])
// INPUT indices
// EXPECT offsets = [0, 0, 3, 6, 6, 8]
// EXPECT tokens = [0, 1, 3, 0, 2, 2, 1, 3]
// EXPECT inverse = [[3, 0], [1, 6], [4, 5], [7, 2]]
// PY x = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]])
// INPUT x
// EXPECT rows = x[[0, 1, 3, 0, 2, 2, 1, 3]]
// Row r is x + r times (10, 100): combine picks the rows of each choice in its order.
// PY add = np.arange(8.0)[:, None] * np.array([[10.0, 100.0]])
// INPUT add
// PY weights = np.array([[0.5, 2.0], [1.0, 0.25], [1.0, -1.0], [0.0, 4.0]])
// INPUT weights
// EXPECT combined = [[[0.5 * 31 + 2 * 1, 0.5 * 302 + 2 * 2], [13 + 0.25 * 63, 104 + 0.25 * 604], [-10, -100], [4 * 27, 4 * 208]][t] for t in range(4)]
module attributes {emo.phase = "differentiate"} {
  func.func @forward(%i: tensor<?x2xi32> {emo.name = "indices"}, %x: tensor<?x2xf32> {emo.name = "x"}, %add: tensor<?x2xf32> {emo.name = "add"}, %w: tensor<?x2xf32> {emo.name = "weights"})
      -> (tensor<6xi32> {emo.name = "offsets"}, tensor<?xi32> {emo.name = "tokens"}, tensor<?x2xi32> {emo.name = "inverse"}, tensor<?x2xf32> {emo.name = "rows"}, tensor<?x2xf32> {emo.name = "combined"}) {
    %o, %t, %inv = emo.group_by_expert %i {num_experts = 5 : i64} : tensor<?x2xi32> -> tensor<6xi32>, tensor<?xi32>, tensor<?x2xi32>
    %rows = emo.dispatch %x, %t : tensor<?x2xf32>, tensor<?xi32> -> tensor<?x2xf32>
    %y = arith.addf %rows, %add : tensor<?x2xf32>
    %c = emo.combine %y, %w, %inv : tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xi32> -> tensor<?x2xf32>
    return %o, %t, %inv, %rows, %c : tensor<6xi32>, tensor<?xi32>, tensor<?x2xi32>, tensor<?x2xf32>, tensor<?x2xf32>
  }
}
