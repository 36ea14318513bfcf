# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""compare-counts.py REPORT BENCH: what emo-compile derived of calls of `step` against what NAME bench --json counted."""
import json
import sys

calls, bench = (json.load(open(path)) for path in sys.argv[1:])
steps = [call for call in calls["calls"] if call["entry"] == "step"]
prefill, decode = (next(call for call in steps if (call["tokens"] > 1) == many) for many in (True, False))
derived = [prefill["launches"], decode["launches"], decode["temporary_bytes"]]
counted = [bench["prefill_launches"], bench["decode_launches"], bench["decode_temporary_bytes"]]
# Of each the logits are copied.
if derived != counted or [bench["prefill_host_waits"], bench["decode_host_waits"]] != [1, 1]:
    sys.exit("derived %s, counted %s, waits %s" % (derived, counted, bench["decode_host_waits"]))
print("the same launches and temporaries")
