# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""check-losses.py PROGRAM LOSSES.json DATA TOLERANCE: `eval` on each domain's validation ids against the reference's losses."""
import json
import subprocess
import sys

program, losses, data, tolerance = sys.argv[1:]
failed = False
for domain, expected in json.load(open(losses))["full_K32"].items():
    out = subprocess.run([program, "eval", "--data", f"{data}/{domain}.val.npy", "--json"], capture_output=True, text=True, check=True)
    found = json.loads(out.stdout)["loss"]
    print(f"{domain}: {found:.6f}, reference {expected:.6f}, difference {found - expected:+.1e}")
    failed |= not abs(found - expected) <= float(tolerance)
sys.exit(failed)
