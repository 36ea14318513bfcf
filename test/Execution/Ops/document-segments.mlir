// RUN: %python %S/Inputs/run-op.py %s
// EOS is 9, padding 8: at the start and the end of a row, twice, and in the middle.
// PY ids = np.array([[9, 1, 2, 9, 3, 9], [1, 9, 9, 8, 8, 2], [8, 9, 1, 1, 1, 8]])
// INPUT ids
// EXPECT after = [[0, 1, 1, 1, 2, 2], [3, 3, 4, 5, 5, 5], [6, 6, 7, 7, 7, 7]]
// EXPECT after_count = 8
// EXPECT before = [[0, 0, 0, 1, 1, 2], [3, 4, 5, 5, 5, 5], [6, 7, 7, 7, 7, 7]]
// EXPECT before_count = 8
// EXPECT after_pad = [[0, 1, 1, 1, 2, 2], [3, 3, 4, -1, -1, 5], [-1, 6, 7, 7, 7, -1]]
// EXPECT after_pad_count = 8
// EXPECT before_pad = [[0, 0, 0, 1, 1, 2], [3, 4, 5, -1, -1, 5], [-1, 6, 6, 6, 6, -1]]
// EXPECT before_pad_count = 7
// PY none = np.zeros((2, 0))
// INPUT none
// EXPECT empty = np.zeros((2, 0))
// EXPECT empty_count = 0
module attributes {emo.phase = "differentiate"} {
  func.func @forward(%ids: tensor<?x?xi64> {emo.name = "ids"}, %none: tensor<?x?xi32> {emo.name = "none"})
      -> (tensor<?x?xi32> {emo.name = "after"}, tensor<i32> {emo.name = "after_count"}, tensor<?x?xi32> {emo.name = "before"}, tensor<i32> {emo.name = "before_count"},
          tensor<?x?xi32> {emo.name = "after_pad"}, tensor<i32> {emo.name = "after_pad_count"}, tensor<?x?xi32> {emo.name = "before_pad"}, tensor<i32> {emo.name = "before_pad_count"},
          tensor<?x?xi32> {emo.name = "empty"}, tensor<i32> {emo.name = "empty_count"}) {
    %a, %an = emo.document_segments %ids {eos = 9 : i64, boundary = #emo.boundary<after>} : tensor<?x?xi64> -> tensor<?x?xi32>, tensor<i32>
    %b, %bn = emo.document_segments %ids {eos = 9 : i64, boundary = #emo.boundary<before>} : tensor<?x?xi64> -> tensor<?x?xi32>, tensor<i32>
    %c, %cn = emo.document_segments %ids {eos = 9 : i64, boundary = #emo.boundary<after>, pad = 8 : i64} : tensor<?x?xi64> -> tensor<?x?xi32>, tensor<i32>
    %d, %dn = emo.document_segments %ids {eos = 9 : i64, boundary = #emo.boundary<before>, pad = 8 : i64} : tensor<?x?xi64> -> tensor<?x?xi32>, tensor<i32>
    %e, %en = emo.document_segments %none {eos = 9 : i64, boundary = #emo.boundary<before>} : tensor<?x?xi32> -> tensor<?x?xi32>, tensor<i32>
    return %a, %an, %b, %bn, %c, %cn, %d, %dn, %e, %en : tensor<?x?xi32>, tensor<i32>, tensor<?x?xi32>, tensor<i32>, tensor<?x?xi32>, tensor<i32>, tensor<?x?xi32>, tensor<i32>, tensor<?x?xi32>, tensor<i32>
  }
}
