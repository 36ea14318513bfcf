# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""interrupt.py PROGRAM DATA FOLDER: ends `PROGRAM profile` by signals at many moments; FOLDER has the whole file afterwards, or nothing."""
import glob
import json
import os
import signal
import subprocess
import sys
import time

program, data, folder = sys.argv[1:]
output = os.path.join(folder, "profile.json")
command = [program, "profile", "--data", data, "--out", output, "--documents", "--co-activation", "--threads", "3"]


def takes_signals(task):
    """Whether a thread of a process may be the one that SIGTERM ends."""
    try:
        status = open(task + "/status").read()
    except OSError:
        return False  # it has ended
    return not int(status.split("SigBlk:")[1].split()[0], 16) >> (signal.SIGTERM - 1) & 1


begin = time.monotonic()
subprocess.run(command, check=True)
whole = time.monotonic() - begin
moments, ended, finished, threads = 8, 0, 0, 0
for number in range(moments):
    if os.path.exists(output):
        os.remove(output)
    process = subprocess.Popen(command)
    # Most of them near the end, when the file is written.
    time.sleep(whole * (number / moments) ** 0.25)
    # While the file is written the first thread does not take signals; others would.
    others = [task for task in glob.glob("/proc/%d/task/*" % process.pid) if not task.endswith("/%d" % process.pid)]
    threads = max(threads, len(others))
    if any(map(takes_signals, others)):
        sys.exit("threads of the runtime take signals")
    process.send_signal((signal.SIGINT, signal.SIGTERM, signal.SIGHUP)[number % 3])
    process.wait()
    left = os.listdir(folder)
    if left == ["profile.json"]:
        json.load(open(output))
        finished += 1
    elif not left:
        ended += 1
    else:
        sys.exit("left after a signal: %s" % left)
print("ok: %d times ended, %d times finished, nothing half written; up to %d threads beside the first" % (ended, finished, threads))
