# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# memory.py FOLDER: weight programs over a sparse file of 1 GiB; prints how many bytes came out and whether the tool stayed small.
import os
import resource
import subprocess
import sys

folder = sys.argv[1]
os.makedirs(folder, exist_ok=True)
size, rows, columns = 1 << 30, 1 << 14, 1 << 14  # bf16 [rows, columns], twice
with open(os.path.join(folder, "data.bin"), "wb") as file:
    file.truncate(size)


def run(name, params):
    path = os.path.join(folder, name + ".mlir")
    with open(path, "w") as file:
        file.write('module attributes {emo.weights_dir = "%s"} {\n%s\n}\n' % (folder, "\n".join(params)))
    pipe = subprocess.Popen(["emo-translate", "--dump-weights", path], stdout=subprocess.PIPE)
    count = 0
    while data := pipe.stdout.read(1 << 20):
        count += len(data)
    _, status, usage = os.wait4(pipe.pid, 0)
    small = usage.ru_maxrss < 256 << 10
    print("%s: %d bytes, %s" % (name, count, "small" if status == 0 and small else "status %d, %d KiB" % (status, usage.ru_maxrss)))


def param(name, shape, program, at=0):
    return ('emo.param @%s : tensor<%sx%s> from [#emo.source<"data.bin", %d, tensor<%dx%dxbf16>>] program [%s]'
            % (name, "x".join(map(str, shape)), "f32" if "f32" in program else "bf16", at, rows, columns, program))


run("transposed", [param("a", (columns, rows), "#emo.transpose<[1, 0]>"), param("b", (columns, rows), "#emo.transpose<[1, 0]>", size // 2)])
run("packed", [param("a", (1, columns // 32, rows // 32, 1024), "#emo.transpose<[1, 0]>, #emo.reshape<[1, %d, %d]>, #emo.pack<gated = false>" % (columns, rows))])
run("cast", [param("a", (rows // 2, columns), "#emo.slice<0, 5, %d>, #emo.cast<f32>" % (rows // 2))])
os.remove(os.path.join(folder, "data.bin"))
