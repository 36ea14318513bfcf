# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# mixed.py PROGRAM FOLDER: runs the program compiled from mixed.mlir on good and bad inputs; prints its outputs or its message.
import os
import subprocess
import sys

import numpy as np

program, root = sys.argv[1:]
x = np.arange(4, dtype=np.float32).reshape(2, 2)
mask = np.array([True, False])
y = np.array([0x3F80, 0x4040], np.uint16)  # 1, 3


def run(name, **inputs):
    folder = os.path.join(root, name)
    os.makedirs(folder, exist_ok=True)
    for key, array in inputs.items():
        np.save(os.path.join(folder, key + ".npy"), array)
    result = subprocess.run([program, "run", "--inputs", folder, "--outputs", folder + "/out"], stderr=subprocess.PIPE, text=True)
    if result.returncode:
        print(name + ":", result.stderr.strip())
        return
    total, z = (np.load(os.path.join(folder, "out", file)) for file in ("sum.npy", "z__out.npy"))
    print("%s: sum %s, z/out %s" % (name, " ".join(map(str, total.ravel())), " ".join("%#06x" % bits for bits in z)))


run("good", x=x, mask=mask, y__in=y)
run("symbols", x=x, mask=np.ones(3, bool), y__in=y)
run("boolean", x=x, mask=np.array([1, 2], np.uint8).view(bool), y__in=y)
run("static", x=np.zeros((2, 3), np.float32), mask=mask, y__in=y)
run("bf16", x=x, mask=mask, y__in=y.astype(np.float32))
