# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# For edit.py: `heads` and `kv` instead of 4 and 2 heads of 8 in layer 1 of random-checkpoint.py's model.
import re

lines = text.split("\n")
at = next(i for i, line in enumerate(lines) if "emo.param.ref @layers.1.q" in line)


def resize(line, count):
    """The projection of `line`, its weight's symbol included, to `count` heads."""
    lines[line - 1] = re.sub("tensor<[0-9]*x", "tensor<%dx" % (8 * count), lines[line - 1])
    lines[line] = re.sub(r"tensor<[0-9]*x32xf32> -> tensor<\?x\?x[0-9]*x", "tensor<%dx32xf32> -> tensor<?x?x%dx" % (8 * count, 8 * count), lines[line])


def split(line, count):
    lines[line] = re.sub("[0-9]+, 8]", "%d, 8]" % count, lines[line])
    lines[line] = re.sub(r"<\?x\?x[0-9]*xf32> into", "<?x?x%dxf32> into" % (8 * count), lines[line])
    lines[line] = re.sub("x[0-9]+x8x", "x%dx8x" % count, lines[line])


for offset, count in ((1, heads), (3, kv), (5, kv)):
    resize(at + offset, count)
for offset, count in ((6, heads), (7, kv), (8, kv)):
    split(at + offset, count)
q, k, result = "?x?x%dx8x" % heads, "?x?x%dx8x" % kv, "?x?x%dx" % (8 * heads)
lines[at + 9] = lines[at + 9].replace("?x?x4x8x", q)
lines[at + 10] = lines[at + 10].replace("?x?x2x8x", k)
lines[at + 11] = lines[at + 11].replace("?x?x4x8x", q).replace("?x?x2x8x", k)
lines[at + 12] = lines[at + 12].replace("?x?x4x8x", q).replace("into tensor<?x?x32x", "into tensor<" + result)
lines[at + 13] = lines[at + 13].replace("32x32", "32x%d" % (8 * heads))
lines[at + 14] = lines[at + 14].replace(": tensor<?x?x32x", ": tensor<" + result).replace("32x32", "32x%d" % (8 * heads))
for name, shape in (("q", (8 * heads, 32)), ("k", (8 * kv, 32)), ("v", (8 * kv, 32)), ("o", (32, 8 * heads))):
    index = next(i for i, line in enumerate(lines) if "emo.param @layers.1.%s " % name in line)
    shape = "%dx%dxf32" % shape
    lines[index] = re.sub("[0-9]+x[0-9]+xf32", shape, lines[index])
text = "\n".join(lines)
