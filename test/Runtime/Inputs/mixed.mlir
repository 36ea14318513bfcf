// Several inputs; names with a slash; a mask; bf16.
func.func @forward(%x: tensor<?x2xf32> {emo.name = "x", emo.dims = ["n", ""]},
                   %mask: tensor<?xi1> {emo.name = "mask", emo.dims = ["n"]},
                   %y: tensor<?xbf16> {emo.name = "y/in", emo.dims = ["n"]})
    -> (tensor<?x2xf32> {emo.name = "sum", emo.dims = ["n", ""]}, tensor<?xbf16> {emo.name = "z/out", emo.dims = ["n"]}) {
  %sum = arith.addf %x, %x : tensor<?x2xf32>
  %twice = arith.addf %y, %y : tensor<?xbf16>
  %z = arith.select %mask, %twice, %y : tensor<?xi1>, tensor<?xbf16>
  return %sum, %z : tensor<?x2xf32>, tensor<?xbf16>
}
