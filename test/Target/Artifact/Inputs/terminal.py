# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# terminal.py COMMAND...: runs the command with a terminal for its standard error and prints what it wrote there, as Python shows it.
import os
import pty
import subprocess
import sys

ours, theirs = pty.openpty()
process = subprocess.Popen(sys.argv[1:], stderr=theirs)
os.close(theirs)
text = b""
try:
    while piece := os.read(ours, 65536):
        text += piece
except OSError:  # how Linux says that the other side is closed
    pass
print(ascii(text.decode()))
sys.exit(process.wait())
