# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""same-bits.py PROGRAM PROMPT STREAM prompt|loss TOLERANCE WORK: one program at every ISA level that this machine has.

PROMPT holds comma-separated ids, STREAM is an .npy of ids, of which 4 rows of 512 are taken. At one level logits and losses have to be the same to the bit for 1, 2 and 3
threads and from run to run, for the prompt and for a batch of 2 rows of 200 ids; between levels the prompt's logits, or the stream's loss, may differ by TOLERANCE.
"""
import json
import os
import subprocess
import sys

import numpy as np

program, prompt, stream, compared, tolerance, work = sys.argv[1:]
inputs, outputs = os.path.join(work, "in"), os.path.join(work, "out")
os.makedirs(inputs, exist_ok=True)
ids = np.load(stream)[:2048]
stream = os.path.join(work, "stream.npy")
np.save(stream, ids)
batches = {"prompt": np.array([[int(i) for i in open(prompt).read().split(",")]], np.int32),
           "batch": ids[:400].reshape(2, 200).astype(np.int32)}


def run(level, *command):
    return subprocess.run([program, *command], env=dict(os.environ, EMO_CPU=level), capture_output=True, text=True)


def logits(level, batch, threads):
    np.save(os.path.join(inputs, "input_ids.npy"), batch)
    done = run(level, "run", "--inputs", inputs, "--outputs", outputs, "--threads=" + threads)
    if done.returncode:
        sys.exit(done.stderr)
    return np.load(os.path.join(outputs, "logits.npy"))


levels = json.loads(subprocess.run([program, "info", "--json"], check=True, capture_output=True, text=True).stdout)["isa_levels"]
first, failed, tried = {}, False, 0
for level in levels:
    probe = run(level, "generate", "--ids", "1", "--max-new-tokens", "1")
    if probe.returncode:
        assert "needs instructions" in probe.stderr, probe.stderr
        print("%s: not on this machine" % level)
        continue
    tried += 1
    found = {}
    for name, batch in batches.items():
        found[name] = logits(level, batch, "1")
        for threads in "1", "2", "3":
            if logits(level, batch, threads).tobytes() != found[name].tobytes():
                failed = True
                print("%s, %s: other logits with %s threads: WRONG" % (level, name, threads))
    losses = {json.loads(run(level, "eval", "--data", stream, "--json", "--threads=" + threads).stdout)["loss"] for threads in ("1", "2")}
    if len(losses) != 1:
        failed = True
        print("%s: other losses with other threads: WRONG" % level)
    found["loss"] = min(losses)
    first = first or found
    difference = np.abs(found[compared] - first[compared]).max()
    failed |= not difference <= float(tolerance)
    print("%s: %s differs from %s by %.2g at most, allowed %s" % (level, compared, levels[0], difference, tolerance))
if failed or tried == 0:
    sys.exit("levels, threads or runs do not agree")
