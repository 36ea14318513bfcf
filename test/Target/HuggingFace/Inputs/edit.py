# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# edit.py IN OUT CODE: a text file after CODE has changed it with sub(old, new): every occurrence, or the one numbered by a third argument.
import sys

source, target, code = sys.argv[1:]
with open(source) as file:
    text = file.read()


def sub(old, new, number=None):
    global text
    if old not in text:
        sys.exit("edit.py: %s has no '%s'" % (source, old))
    parts = text.split(old)
    if number is None:
        text = new.join(parts)
    else:
        text = old.join(parts[:number + 1]) + new + old.join(parts[number + 1:])


exec(code)
with open(target, "w") as file:
    file.write(text)
