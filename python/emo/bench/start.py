# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""How long compiling takes, and how long it takes from exec to the first token."""

import os
import subprocess
import time

from ..compiler import find_tool


def measure(options, source, folder, say):
    say("start: compiling %s" % source)
    compiles, program = {}, os.path.join(folder, "program")
    for cpu in ("native",) if options.quick else ("all", "native"):
        begin = time.perf_counter()
        subprocess.run([find_tool("emo-compile"), source, "--cpu=" + cpu, "-o", program], check=True, stderr=subprocess.DEVNULL)
        compiles[cpu] = time.perf_counter() - begin
    say("start: first token")
    times = []
    for _ in range(2 if options.quick else 21):
        begin = time.perf_counter()
        subprocess.run(
            [program, "generate", "--ids", "2,3,4,5,6,7,8,9", "--max-new-tokens", "1", "--threads=%d" % options.threads],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        times.append(1e3 * (time.perf_counter() - begin))
    times.sort()
    return {
        "compile_s": compiles,
        "first_token_ms": {"median": times[len(times) // 2], "min": times[0], "max": times[-1], "runs": len(times)},
    }
