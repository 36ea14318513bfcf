# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What the figures were measured on, and what it can do at best."""

import json
import os
import platform
import subprocess

import numpy as np

from ..compiler import find_tool


def describe():
    with open("/proc/cpuinfo") as file:
        fields = [line.split(":", 1) for line in file if ":" in line]
    text = {key.strip(): value.strip() for key, value in fields}
    with open("/proc/meminfo") as file:
        memory = int(file.readline().split()[1])
    wanted = ("avx2", "avx512f", "avx512_bf16", "amx_bf16")
    return {
        "cpu": text.get("model name", "unknown"),
        "cpus": len(os.sched_getaffinity(0)),
        "memory_gib": round(memory / 2**20, 1),
        "features": [flag for flag in wanted if flag in text.get("flags", "").split()],
        "kernel": platform.release(),
        "load_average": os.getloadavg()[0],
    }


def versions():
    compiler = subprocess.run([find_tool("emo-compile"), "--version"], stdout=subprocess.PIPE, text=True).stdout.split("\n")
    return {
        "emo": next((line.strip() for line in compiler if "version" in line), "unknown"),
        "python": platform.python_version(),
        "numpy": np.__version__,
    }


def roofs(options):
    """Rates that all threads reach now, and emo-roofs' whole answer."""
    size = ("1", "64") if options.quick else ("5", "1024")
    command = [find_tool("emo-roofs"), str(options.threads), *size]
    measured = json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)
    suffix = "_all" if options.threads > 1 else "_1"
    peaks = [name for name in measured if name.endswith(suffix) and measured[name]["unit"] == "TFLOP/s"]
    peak = max(peaks, key=lambda name: measured[name]["best"], default=None)
    return {
        "dram_gb_s": measured["dram_read" + suffix]["best"],
        "bf16_tflop_s": measured[peak]["best"] if peak else None,
        "instruction": peak,
        "measured": measured,
    }


def with_roofs(options, run):
    """What run() returns, and the better of the roofs right before and right after it: what else the machine, or its host, does
    changes them within minutes."""
    before, result, after = roofs(options), run(), roofs(options)
    return result, {key: before[key] and max(before[key], after[key]) for key in ("dram_gb_s", "bf16_tflop_s")}
