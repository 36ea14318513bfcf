# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""same-logits.py PROGRAM PROGRAM LENGTH...: both programs give the same bits for rows of random token ids below 256. Says so and succeeds
where this CPU can run neither."""
import os
import subprocess
import sys
import tempfile

import numpy as np

programs, lengths = sys.argv[1:3], [int(length) for length in sys.argv[3:]]
random = np.random.default_rng(1)
with tempfile.TemporaryDirectory() as folder:
    os.mkdir(f"{folder}/in")
    for length in lengths:
        np.save(f"{folder}/in/input_ids.npy", random.integers(2, 256, (1, length), np.int32))
        results = []
        for number, program in enumerate(programs):
            out = f"{folder}/{number}"
            run = subprocess.run([program, "run", f"--inputs={folder}/in", f"--outputs={out}"], stderr=subprocess.PIPE, text=True)
            if "none of the instruction sets" in run.stderr:
                print(run.stderr)
                sys.exit(0)
            if run.returncode:
                sys.exit(run.stderr)
            results.append(np.load(f"{out}/logits.npy"))
        if not np.isfinite(results[0]).all() or results[0].shape != (1, length, 256):
            sys.exit(f"{length} tokens: shape {results[0].shape}, or not finite")
        if not np.array_equal(*results):
            sys.exit(f"{length} tokens: logits differ by {np.abs(results[0] - results[1]).max()}")
        print(f"{length} tokens: equal")
