# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# For edit.py: experts of half the size in layer 1 of emo-tiny.
start, *middle, last = text.split("@layers.1.router")
body, params = middle[0].split("return", 1)
text = body
sub("8x32x64", "8x16x64")
sub("8x64x32", "8x64x16")
body, text = text, last
sub("tensor<8x32x64xf32> from", "tensor<8x16x64xf32> from")
sub("tensor<8x64x32xf32> from", "tensor<8x64x16xf32> from")
sub("#emo.reshape<[8, 32, 64]>", "#emo.reshape<[8, 32, 64]>, #emo.slice<1, 0, 16>")
sub("#emo.reshape<[8, 64, 32]>", "#emo.reshape<[8, 64, 32]>, #emo.slice<2, 0, 16>")
text = "@layers.1.router".join([start, body + "return" + params, text])
