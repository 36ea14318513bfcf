# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# For edit.py: layer 1 of emo-tiny with the routed experts 1, 2 and 6 of its 7.
head, tail = text.split("emo.param.ref @layers.1.router")
body, params = tail.split("return", 1)
text = "emo.param.ref @layers.1.router" + body
sub("tensor<7x", "tensor<3x")
sub("x7xf32", "x3xf32")
sub("num_experts = 8", "num_experts = 4")
sub("tensor<9xi32>", "tensor<5xi32>")
sub("tensor<8x", "tensor<4x")
body, text = text, params
sub("@layers.1.router : tensor<7x64xf32>", "@layers.1.router : tensor<3x64xf32>")
first, second = text.split("@layers.1.router")
text = second
sub("#emo.slice<0, 0, 7>", "#emo.select<0, [1, 2, 6]>")
for shape in ("32, 64", "64, 32"):
    sub("#emo.reshape<[8, %s]>" % shape, "#emo.reshape<[8, %s]>, #emo.select<0, [1, 2, 6, 7]>" % shape)
sub(": tensor<8x32x64xf32>", ": tensor<4x32x64xf32>")
sub(": tensor<8x64x32xf32>", ": tensor<4x64x32xf32>")
text = head + body + "return" + first + "@layers.1.router" + text
