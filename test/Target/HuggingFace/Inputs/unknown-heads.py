# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# For edit.py: layer 1 of emo-tiny with a number of query heads that is known when it runs.
head, text = text.split("%28 = ")
sub("tensor<64x64xf32> -> tensor<?x?x64xf32>", "tensor<64x64xf32> -> tensor<?x?x?xf32>", 0)
sub("%dim_0, 4, 16] : tensor<?x?x64xf32> into tensor<?x?x4x16xf32>", "%dim_0, %heads, 16] : tensor<?x?x?xf32> into tensor<?x?x?x16xf32>", 0)
sub("{theta = 5.000000e+05 : f64} : tensor<?x?x4x16xf32>", "{theta = 5.000000e+05 : f64} : tensor<?x?x?x16xf32>", 0)
sub("f64} : tensor<?x?x4x16xf32>, tensor<?x?x4x16xf32>, tensor<?x?x4x16xf32> -> tensor<?x?x4x16xf32>",
    "f64} : tensor<?x?x?x16xf32>, tensor<?x?x4x16xf32>, tensor<?x?x4x16xf32> -> tensor<?x?x?x16xf32>")
sub("[2, 3]] : tensor<?x?x4x16xf32> into tensor<?x?x64xf32>", "[2, 3]] : tensor<?x?x?x16xf32> into tensor<?x?x?xf32>")
text = head + "%heads = arith.constant 4 : index\n    %28 = " + text
sub("emo.linear %collapsed_9, %36 : tensor<?x?x64xf32>", "emo.linear %collapsed_9, %36 : tensor<?x?x?xf32>")
