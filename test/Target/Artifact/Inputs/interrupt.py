# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# interrupt.py FOLDER KINDS COMMAND...: runs the command, which writes into FOLDER, until a file with one of the comma-separated KINDS in its
# name appears there, sends it a signal, and checks that it died of it and left nothing; for each kind and signal.
import os
import signal
import subprocess
import sys
import time

folder, kinds, *command = sys.argv[1:]


def files():
    return os.listdir(folder)


# The test driver ignores interrupts, which would be inherited.
signal.signal(signal.SIGINT, signal.SIG_DFL)
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    for kind in kinds.split(","):
        hits = 0
        # The file may be there too briefly to be seen; what counts is that nothing is left, ever.
        for attempt in range(3):
            process = subprocess.Popen(command)
            while process.poll() is None:
                if any(kind in name for name in files()):
                    process.send_signal(number)
                    hits += 1
                    break
            status = process.wait()
            if status == 0:
                for name in files():
                    os.remove(os.path.join(folder, name))
                continue
            assert status == -number, "status %d after signal %d" % (status, number)
            # The linker ends with the compiler, maybe a moment later.
            for _ in range(100):
                if not files():
                    break
                time.sleep(0.01)
            assert not files(), "left after signal %d at '%s': %s" % (number, kind, files())
            break
        print(signal.Signals(number).name, kind, "interrupted" if hits else "not caught")

# Ignored signals stay ignored, as with nohup, also those that come while the compiler starts.
signal.signal(signal.SIGHUP, signal.SIG_IGN)
process = subprocess.Popen(command)
while process.poll() is None:
    process.send_signal(signal.SIGHUP)
assert process.wait() == 0 and files(), "an ignored SIGHUP had an effect"
print("ignored SIGHUP")
