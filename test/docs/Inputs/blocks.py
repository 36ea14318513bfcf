# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# blocks.py PAGE LANGUAGE: the ```LANGUAGE blocks of a page, separated as emo-opt --split-input-file wants them, on the lines that they have in the page.
import sys

page, language = sys.argv[1:]
inside = False
for line in open(page):
    line = line.rstrip("\n")
    if line.startswith("```"):
        opens = not inside and line[3:].strip() == language
        print("// -----" if opens else "")
        inside = opens
    else:
        print(line if inside else "")
