// RUN: %python %S/Inputs/run-op.py %s
// Two rows of three tokens, two heads of size 4: angles position * theta^(-2i/4).
// PY x = np.arange(48.0).reshape(2, 3, 2, 4) / 8 - 3
// INPUT x
// PY start = np.array([5, 1])
// INPUT start
// PY rotate = lambda x, a: np.concatenate([x[..., :2] * np.cos(a) - x[..., 2:] * np.sin(a), x[..., 2:] * np.cos(a) + x[..., :2] * np.sin(a)], -1)
// PY angles = lambda positions, frequencies: (positions[..., None] * np.array(frequencies))[:, :, None, :]
// PY first = np.arange(3.0)[None, :]
// EXPECT zero = rotate(x, angles(first, [1, 0.01]))
// EXPECT started = rotate(x, angles(first + start[:, None], [1, 0.01]))
// EXPECT given = rotate(x, angles(first, [0.5, 0.25]))
// PY pairs = x[..., [0, 2, 1, 3]]
// EXPECT interleaved = rotate(pairs, angles(first, [1, 0.01]))[..., [0, 2, 1, 3]]
// A quarter turn, by hand: (1, 2, 3, 4) -> (-3, -4, 1, 2).
// PY one = np.array([[[[1.0, 2.0, 3.0, 4.0]]]])
// INPUT one
// PY turn = np.array([1])
// INPUT turn
// EXPECT quarter = [[[[-3, -4, 1, 2]]]]
module attributes {emo.phase = "differentiate"} {
  func.func @forward(%x: tensor<?x?x2x4xf32> {emo.name = "x"}, %start: tensor<?xi32> {emo.name = "start"}, %one: tensor<1x1x1x4xf32> {emo.name = "one"}, %turn: tensor<1xi32> {emo.name = "turn"})
      -> (tensor<?x?x2x4xf32> {emo.name = "zero"}, tensor<?x?x2x4xf32> {emo.name = "started"}, tensor<?x?x2x4xf32> {emo.name = "given"},
          tensor<?x?x2x4xf32> {emo.name = "interleaved"}, tensor<1x1x1x4xf32> {emo.name = "quarter"}) {
    %0 = emo.rotary %x {theta = 10000.0 : f64} : tensor<?x?x2x4xf32>
    %1 = emo.rotary %x start(%start : tensor<?xi32>) {theta = 10000.0 : f64} : tensor<?x?x2x4xf32>
    %2 = emo.rotary %x {theta = 10000.0 : f64, frequencies = array<f64: 0.5, 0.25>} : tensor<?x?x2x4xf32>
    %3 = emo.rotary %x {theta = 10000.0 : f64, interleaved = true} : tensor<?x?x2x4xf32>
    %4 = emo.rotary %one start(%turn : tensor<1xi32>) {theta = 1.0 : f64, frequencies = array<f64: 1.5707963267948966, 1.5707963267948966>} : tensor<1x1x1x4xf32>
    return %0, %1, %2, %3, %4 : tensor<?x?x2x4xf32>, tensor<?x?x2x4xf32>, tensor<?x?x2x4xf32>, tensor<?x?x2x4xf32>, tensor<1x1x1x4xf32>
  }
}
