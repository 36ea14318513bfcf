# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""loss.py FILE EXPECTED: the last line of FILE is what `eval --json` printed. f32 sums in another order change a mean over thousands of
targets in the sixth digit."""
import json
import sys

found, expected = json.loads(open(sys.argv[1]).read().splitlines()[-1])["loss"], float(sys.argv[2])
sys.exit("loss %.6f, expected %.6f" % (found, expected) if abs(found - expected) > 2e-5 else 0)
