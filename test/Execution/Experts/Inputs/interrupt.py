# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""interrupt.py PROGRAM DATA FOLDER: ends `PROGRAM profile` by signals at many moments; FOLDER has the whole file afterwards, or nothing."""
import json
import os
import signal
import subprocess
import sys
import time

program, data, folder = sys.argv[1:]
output = os.path.join(folder, "profile.json")
command = [program, "profile", "--data", data, "--out", output, "--documents", "--co-activation"]
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
print("%s: %d times ended, %d times finished; nothing half written" % ("ok" if ended + finished == moments else "WRONG", ended, finished))
