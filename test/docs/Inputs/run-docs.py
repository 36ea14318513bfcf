# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# run-docs.py SOURCE BUILD FOLDER: executes the ```sh blocks of README.md's section "Use it" and of docs/*.md, a block a shell, in a folder per
# page where paths from the top of the repository lead to SOURCE and build/release is BUILD. A block is skipped when the line above it is
# <!-- skip: REASON -->.
import os
import re
import shutil
import subprocess
import sys

source, build, folder = (os.path.abspath(path) for path in sys.argv[1:])


# Pages say cc; any C compiler will do.
if not shutil.which("cc"):
    os.makedirs(os.path.join(folder, "bin"), exist_ok=True)
    if not os.path.lexists(os.path.join(folder, "bin", "cc")):
        os.symlink(shutil.which("clang-22"), os.path.join(folder, "bin", "cc"))
    os.environ["PATH"] += os.pathsep + os.path.join(folder, "bin")


def blocks(path, section=None):
    """Line, reason to skip or None, and text of each block."""
    inside, current, previous, language = [], None, "", None
    with open(path) as file:
        lines = file.read().split("\n")
    for number, line in enumerate(lines, 1):
        if language is not None:
            if line.startswith("```"):
                if language == "sh" and section in (None, current):
                    yield start, reason, "\n".join(inside)
                language = None
            else:
                inside.append(line)
        elif line.startswith("```"):
            language, inside, start = line[3:].strip(), [], number + 1
            skip = re.fullmatch(r"<!-- skip: *(.*?) *-->", previous)
            reason = skip.group(1) if skip else None
            if skip and not reason:
                sys.exit("%s:%d: a skipped block needs a reason" % (path, number))
        elif line.startswith("## "):
            current = line[3:]
        if line.strip():
            previous = line
    if language is not None:
        sys.exit("%s: a block has no end" % path)


def run(path, section=None):
    name = os.path.relpath(path, source)
    place = os.path.join(folder, name.replace("/", "-"))
    shutil.rmtree(place, ignore_errors=True)
    os.makedirs(os.path.join(place, "build"))
    os.symlink(build, os.path.join(place, "build", "release"))
    for item in ("docs", "include", "python", "test"):
        os.symlink(os.path.join(source, item), os.path.join(place, item))
    failed = done = 0
    for line, reason, text in blocks(path, section):
        if reason:
            print("%s:%d: skipped: %s" % (name, line, reason))
            continue
        result = subprocess.run(["bash", "-euo", "pipefail", "-c", text], cwd=place, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        done += 1
        if result.returncode:
            failed += 1
            print("%s:%d: exit status %d of\n%s\n%s" % (name, line, result.returncode, text, result.stdout))
    shutil.rmtree(place)
    print("%s: %d blocks, %d failed" % (name, done, failed), flush=True)
    return failed


failed = run(os.path.join(source, "README.md"), "Use it")
for page in sorted(os.listdir(os.path.join(source, "docs"))):
    if page.endswith(".md"):
        failed += run(os.path.join(source, "docs", page))
sys.exit(failed != 0)
