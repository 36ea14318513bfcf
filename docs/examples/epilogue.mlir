// y = relu(x w^T + bias)^2 * scale. The body of the product is computed on its f32 accumulators, where they are; only y is written to memory.
// x bf16 [M, 256], w bf16 [128, 256], bias f32 [128], scale f32 [M], y f32 [M, 128].
module attributes {emo.phase = "kernels", emo.weights_dir = "."} {
  emo.param @w : tensor<128x256xbf16> from [#emo.source<"w.bin", 0, tensor<128x256xbf16>>]
  func.func @forward(%x: tensor<?x256xbf16> {emo.name = "x"}, %bias: tensor<128xf32> {emo.name = "bias"}, %scale: tensor<?xf32> {emo.name = "scale"})
      -> (tensor<?x128xf32> {emo.name = "y"}) {
    %w = emo.param.ref @w : tensor<128x256xbf16>
    %c0 = arith.constant 0 : index
    %m = tensor.dim %x, %c0 : tensor<?x256xbf16>
    %out = tensor.empty(%m) : tensor<?x128xf32>
    %y = emo.kernel.matmul lhs(%x : tensor<?x256xbf16>) weights(%w : tensor<128x256xbf16>) extras(%bias, %scale : tensor<128xf32>, tensor<?xf32>)
        outs(%out : tensor<?x128xf32>) attributes {accumulators = 1 : i64, kinds = [#emo.kind<column>, #emo.kind<row>]} {
    ^bb0(%accumulator: f32, %b: f32, %s: f32):
      %zero = arith.constant 0.0 : f32
      %biased = arith.addf %accumulator, %b : f32
      %positive = arith.maximumf %biased, %zero : f32
      %squared = arith.mulf %positive, %positive : f32
      %scaled = arith.mulf %squared, %s : f32
      emo.kernel.yield %scaled : f32
    } -> tensor<?x128xf32>
    return %y : tensor<?x128xf32>
  }
}
