# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# references.py ops|passes|pipelines PAGE DEFINITIONS..: fails with a list of what PAGE does not name: the ops that TableGen files define, or the passes or
# pipelines of emo that emo-opt has.
import re
import subprocess
import sys

kind, page, *definitions = sys.argv[1:]
if kind == "ops":
    names = set()
    for path in definitions:
        for dialect, group, name in re.findall(r'^def \w+ : (\w+?)_(\w*)Op<"([\w.]+)"', open(path).read(), re.M):
            names.add(dialect.lower() + "." + ("kernel." if group == "Kernel" and not name.startswith("kernel.") else "") + name)
else:
    listed = re.findall(r"^ +--(emo-[\w-]+)", subprocess.run(["emo-opt", "--help"], stdout=subprocess.PIPE, text=True, check=True).stdout, re.M)
    names = {name for name in listed if name.endswith("-pipeline") == (kind == "pipelines")}
text = open(page).read()
missing = sorted(name for name in names if not re.search(r"(?<![\w.])" + re.escape(name) + r"(?![\w-]|\.\w)", text))
print("%s: %d %s, missing: %s" % (page, len(names), kind, ", ".join(missing) or "none"))
sys.exit(bool(missing) or len(names) < 2)
