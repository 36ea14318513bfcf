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
    """Whether a thread may be the one that SIGTERM ends the process through."""
    blocked = open(task + "/status").read().split("SigBlk:")[1].split()[0]
    return not int(blocked, 16) >> (signal.SIGTERM - 1) & 1


# While the file is written the first thread does not take signals; the others never do.
process = subprocess.Popen(command)
tasks = []
while len(tasks) < 3 and process.poll() is None:
    tasks = glob.glob("/proc/%d/task/*" % process.pid)
others = [task for task in tasks if not task.endswith("/%d" % process.pid)]
taking = sum(map(takes_signals, others))
process.terminate()
process.wait()
if len(others) != 2 or taking:
    sys.exit("%d of %d threads beside the first take signals, expected 0 of 2" % (taking, len(others)))

begin = time.monotonic()
subprocess.run(command, check=True)
whole = time.monotonic() - begin
moments, ended, finished = 8, 0, 0
for number in range(moments):
    if os.path.exists(output):
        os.remove(output)
    process = subprocess.Popen(command)
    # Most of them near the end, when the file is written.
    time.sleep(whole * (number / moments) ** 0.25)
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
print("ok: %d times ended, %d times finished; nothing half written" % (ended, finished))
