# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# For edit.py: more experts in layer 1 of emo-tiny than config.json may say.
start, *middle, last = text.split("@layers.1.router")
body, params = middle[0].split("return", 1)
count = 65537
text = body
sub("8x32x64", "%dx32x64" % count)
sub("8x64x32", "%dx64x32" % count)
sub("num_experts = 8", "num_experts = %d" % count)
sub("tensor<9xi32>", "tensor<%dxi32>" % (count + 1))
body, text = text, last
sub("tensor<8x32x64xf32> from", "tensor<%dx32x64xf32> from" % count)
sub("tensor<8x64x32xf32> from", "tensor<%dx64x32xf32> from" % count)
sub("tensor<256x64xf32>", "tensor<%dx64xf32>" % (count * 32))
sub("tensor<512x32xf32>", "tensor<%dx32xf32>" % (count * 64))
sub("#emo.reshape<[8,", "#emo.reshape<[%d," % count)
text = "@layers.1.router".join([start, body + "return" + params, text])
