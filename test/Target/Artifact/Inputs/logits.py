# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# logits.py EXECUTABLE FOLDER PROMPT...: prints what docs/examples/logits.c prints, by the executable's command `run`.
import os
import subprocess
import sys

import numpy as np

executable, folder, *prompts = sys.argv[1:]
os.makedirs(folder, exist_ok=True)
for prompt in prompts:
    np.save(os.path.join(folder, "input_ids.npy"), np.array([[int(i) for i in prompt.split(",")]]))
    subprocess.run([executable, "run", "--inputs", folder, "--outputs", folder], check=True)
    print(" ".join("%.9g" % x for x in np.load(os.path.join(folder, "logits.npy"))[0, -1]))
