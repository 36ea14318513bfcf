# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""stream.py COMMAND...: passes its output on, which must be whole characters of UTF-8 whenever some of it arrives, and arrive in parts."""

import os
import subprocess
import sys

parts = 0
with subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE) as process:
    while True:
        part = os.read(process.stdout.fileno(), 65536)
        if not part:
            break
        part.decode()
        parts += 1
        sys.stdout.buffer.write(part)
if process.returncode or parts < 2:
    sys.exit("status %d, %d parts" % (process.returncode, parts))
