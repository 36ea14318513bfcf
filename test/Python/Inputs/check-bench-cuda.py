# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""check-bench-cuda.py RESULTS.json SM_80 SM_90A: the part `cuda` of python -m emo.bench --json, beside what emo-device --census said of
the same cubins, and the limits of emo's kernels."""

import json
import re
import sys

# Triton 3.9's figures with ptxas 13.0: of products, instructions of a main loop on sm_80 and 80 % of the slots of a step on sm_90a; of attention,
# slots; for the router, what is required.
LIMITS = {
    ("sm_80", "linear 64x64x32"): ("main_loop", 72),
    ("sm_80", "linear 128x128x32"): ("main_loop", 148),
    ("sm_80", "gated 128x(2x64)x32 of gathered rows"): ("main_loop", 147),
    ("sm_90a", "linear 128x256x64"): ("slots", 0.8 * 760),
    ("sm_90a", "gated 128x(2x128)x64 of gathered rows"): ("slots", 0.8 * 1072),
    ("sm_80", "gradient 128x128x32 of gathered rows"): ("main_loop", 205),
    ("sm_90a", "gradient 128x256x64 of gathered rows"): ("slots", 0.8 * 1576),
    ("sm_80", "attention 64, 64x64 keys"): ("slots", 1312),
    ("sm_80", "attention 128, 64x64 keys"): ("slots", 2612),
    ("sm_90a", "attention 64, 64x64 keys"): ("slots", 1020),
    ("sm_90a", "attention 128, 64x64 keys"): ("slots", 1444),
    ("sm_80", "router of 7 from 127"): ("instructions_per_token", 250),
    ("sm_90a", "router of 7 from 127"): ("instructions_per_token", 250),
}

results = json.load(open(sys.argv[1]))
census = {arch: open(path).read() for arch, path in zip(("sm_80", "sm_90a"), sys.argv[2:])}
assert "roofs" not in results and isinstance(results["peers"]["triton"], str)
cases = {(case["arch"], case["name"]): case["emo"] for case in results["cuda"]["cases"]}
assert set(cases) == set(LIMITS), set(cases) ^ set(LIMITS)
for (arch, name), row in cases.items():
    key, limit = LIMITS[arch, name]
    assert row[key] <= limit, "%s %s: %s is %s, expected at most %s" % (arch, name, key, row[key], limit)
    assert row["spill_bytes"] == row["stack_bytes"] == 0 < row["registers"] <= 255, row
    loop = r"(?:\n +main loop at 0x\w+ to 0x\w+: (\d+) instructions: (.*))?"
    counted = re.search(r"^%s: (\d+) instructions.*%s" % (row["kernel"], loop), census[arch], re.M)
    if key == "instructions_per_token":
        assert row[key] <= int(counted[1]) and not counted[2], (row, counted[0])
        continue
    matrix = re.search(r"(\d+) HG?MMA", counted[3])
    assert (row["main_loop"], row["matrix"]) == (int(counted[2]), int(matrix[1])), (row, counted[0])
    assert row["issued"] <= row["main_loop"] and row["steps"] == 1
    assert row["slots"] == row["multiplying_warps"] * row["issued"] + row.get("copying_warps", 0) * row.get("copy_loop", 0), row
print("both counts agree; all limits hold")
