# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""specialise.py MODEL FOLDER K: packages K experts a layer, different ones in each; checks what the packager read, and its memory."""
import json
import os
import re
import subprocess
import sys

model, folder, keep = sys.argv[1], sys.argv[2], int(sys.argv[3])
os.makedirs(folder, exist_ok=True)
config = json.load(open(os.path.join(model, "config.json")))
layers, experts, width, hidden = (config[key] for key in ("num_hidden_layers", "num_experts", "hidden_size", "intermediate_size"))
with open(os.path.join(folder, "set.json"), "w") as file:
    kept = [sorted((7 * layer + 9 * i) % (experts - 1) for i in range(keep - 1)) + [experts - 1] for layer in range(layers)]
    json.dump({"version": 1, "layers": [{"keep": ids} for ids in kept]}, file)
program = os.path.join(folder, "program")
command = ["emo-compile", model, "--cpu=native", "--verbose", "--experts=" + os.path.join(folder, "set.json"), "-o", program]
process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
text = process.stderr.read()
_, status, usage = os.wait4(process.pid, 0)
sys.stderr.write(text)
if status:
    sys.exit("emo-compile: status %d" % status)
read, length = (float(number) for number in re.search(r"read ([0-9.]+) of ([0-9.]+) MB", text).groups())
# bf16: router rows, experts, attention, norms; embedding, head, the last norm.
layer = keep * width + keep * 3 * width * hidden + 4 * width * width + 2 * width
expected = 2 * (layers * layer + 2 * config["vocab_size"] * width + width) / 1e6
parts = "the kept experts and what all share, nothing else" if abs(read - expected) < 0.1 else "WRONG: expected %.1f MB" % expected
print("read %.2f of %.2f GB, %.1f %%: %s" % (read / 1e3, length / 1e3, 100 * read / length, parts))
print("memory below 1 GB" if usage.ru_maxrss * 1024 < 1e9 else "memory of %.0f MB: WRONG" % (usage.ru_maxrss * 1024 / 1e6))
print("program of %.1f GB" % (os.path.getsize(program) / 1e9))
os.remove(program)
