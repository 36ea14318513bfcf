# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# sizes.py MODEL FOLDER PHASE...: the size of the IR at each phase and the memory of its compilation, then those of object code.
import os
import subprocess
import sys

model, folder, *phases = sys.argv[1:]
os.makedirs(folder, exist_ok=True)
IR_BYTES, PEAK_KIB = 2_000_000, 700_000_000 // 1024


def limited(value, limit, unit):
    return "small" if value < limit else "%d %s, more than %d" % (value, unit, limit)


def compile(name, options):
    output = os.path.join(folder, name)
    process = subprocess.Popen(["emo-compile", model, *options, "-o", output])
    _, status, usage = os.wait4(process.pid, 0)
    return output, "status %d" % status if status else limited(usage.ru_maxrss, PEAK_KIB, "KiB")


for phase in phases:
    output, memory = compile(phase + ".mlir", ["--until-after=" + phase])
    print("%s: text %s, memory %s" % (phase, limited(os.path.getsize(output), IR_BYTES, "bytes"), memory))
# Every instruction set. The checkpoint has no weights to package.
output, memory = compile("object.o", ["--emit=object", "--weights=none"])
print("object: %s, memory %s" % ("written" if os.path.getsize(output) else "empty", memory))
