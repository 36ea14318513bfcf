# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""check-device.py MODEL WORK --arch=ARCH [--dtype=f32] [--experts=SET] --prompt=IDS [--logits=NPY [--greedy=IDS]] [--atol=X] [--modes=M;...]

Compiles a model's CUDA kernels and runs them on the emulator: the logits of a prompt and the tokens that follow, in each mode (options of
--emulation, or `cuda`: on the GPU), against an f32 reference: the files given, or else what the CPU's f32 program of the same experts computes.
All modes must give the same bits. Without --atol the measure is the CPU's program of the same arithmetic: logits must be as near to the
reference, by their root mean square, as the CPU's are, up to a tenth. Exits with 1 when something is not.
"""
import argparse
import os
import subprocess
import sys

import numpy as np

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("model")
parser.add_argument("work")
parser.add_argument("--arch", required=True)
parser.add_argument("--dtype", default="keep")
parser.add_argument("--experts")
parser.add_argument("--prompt", required=True, help="ids, or an .npy file of them")
parser.add_argument("--logits")
parser.add_argument("--atol", type=float)
parser.add_argument("--greedy", help="file with ids")
parser.add_argument("--tokens", type=int, default=4, help="greedy tokens to check")
parser.add_argument("--modes", default=";lazy,schedule=random,seed=1;lazy,schedule=reversed;schedule=run-ahead,seed=1")
options = parser.parse_args()
os.makedirs(options.work, exist_ok=True)
program = os.path.join(options.work, "model." + options.arch)


def output(*command):
    run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if run.returncode:
        sys.exit("%s: exit status %d\n%s" % (" ".join(command), run.returncode, run.stderr))
    return run.stdout


experts = ["--experts=" + options.experts] if options.experts else []
output("emo-compile", options.model, "--target=cuda", "--cuda-arch=" + options.arch, "--dtype=" + options.dtype, "-o", program, *experts)
prompt = np.load(options.prompt) if options.prompt.endswith(".npy") else np.array([open(options.prompt).read().split(",")], np.int64)
inputs = os.path.join(options.work, "in")
os.makedirs(inputs, exist_ok=True)
np.save(os.path.join(inputs, "input_ids.npy"), prompt)
outputs = os.path.join(options.work, "out")


def logits(program, *device):
    output(program, "run", *device, "--inputs", inputs, "--outputs", outputs)
    return np.load(os.path.join(outputs, "logits.npy"))


def tokens(program, *device):
    ids = ",".join(str(i) for i in prompt[0])
    return output(program, "generate", *device, "--ids", ids, "--max-new-tokens", str(options.tokens)).strip().split(",")


def compile_for_cpu(name, dtype):
    output("emo-compile", options.model, "--cpu=native", "--dtype=" + dtype, "-o", program + name, *experts)
    return program + name


def rms(found):
    return float(np.sqrt(np.mean((found.astype(np.float64) - expected) ** 2)))


if options.logits:
    expected = np.load(options.logits)
    wanted = open(options.greedy).read().strip().split(",")[: options.tokens] if options.greedy else []
else:
    reference = compile_for_cpu(".reference", "f32")
    expected, wanted = logits(reference), tokens(reference)
expected = expected.reshape(*prompt.shape, -1)
if options.atol is None:
    limit = 1.1 * rms(logits(compile_for_cpu(".cpu", options.dtype)))
ok, first = True, None
for mode in options.modes.split(";"):
    device = ["--device=cuda"] if mode == "cuda" else ["--device=emulate"] + (["--emulation=" + mode] if mode else [])
    found = logits(program, *device)
    first = found if first is None else first
    if options.atol is None:
        fine = rms(found) <= limit
        line = "%s %s: logits differ by %.3g (root mean square), allowed %.3g" % (options.arch, mode or "eager", rms(found), limit)
    else:
        difference = float(np.abs(found - expected).max())
        fine = difference <= options.atol
        line = "%s %s: logits differ by %.2g" % (options.arch, mode or "eager", difference)
    if not np.array_equal(found, first):
        fine = False
        line += ", other bits than in the first mode"
    if wanted:
        generated = tokens(program, *device)
        fine &= generated == wanted
        line += ", %d greedy tokens %s" % (len(wanted), "equal" if generated == wanted else "found " + ",".join(generated))
    print(line + ("" if fine else ": WRONG"))
    ok &= fine
sys.exit(not ok)
