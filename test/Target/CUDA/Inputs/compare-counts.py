# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""compare-counts.py REPORT BENCH: what emo-compile derived of calls of `step` against what NAME bench --json counted."""
import json
import sys

calls, bench = (json.load(open(path)) for path in sys.argv[1:])
steps = [call for call in calls["calls"] if call["entry"] == "step"]
prefill, decode = (next(call for call in steps if (call["tokens"] > 1) == many) for many in (True, False))
derived = [prefill["launches"], decode["launches"], decode["temporary_bytes"]]
counted = [bench["prefill_launches"], bench["decode_launches"], bench["decode_temporary_bytes"]]
derived.append(next(call["launches"] for call in calls["calls"] if call["entry"] == "sample"))
counted.append(bench["choice_launches"])
waits = [bench[phase + "_host_waits"] for phase in ("prefill", "decode", "choice")]
# Only the chosen token is copied from the device.
if derived != counted or waits != [0, 0, 1]:
    sys.exit("derived %s, counted %s, waits %s" % (derived, counted, waits))
print("the same launches and temporaries")
