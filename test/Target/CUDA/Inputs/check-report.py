# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Static gates: what must hold of every kernel in a report of emo-compile --cuda-report=FILE.json."""
import argparse
import json
import sys


def problems_of(kernel):
    for key in ("stack_bytes", "spill_store_bytes", "spill_load_bytes"):
        if kernel[key]:
            yield "%s is %d, expected 0" % (key, kernel[key])
    if not 0 < kernel["registers"] <= 255:
        yield "uses %d registers" % kernel["registers"]
    if not kernel["occupancy"]["blocks"]:
        yield "cannot be launched: no room for its %s" % kernel["occupancy"]["limit"]
    if not kernel["all"]["instructions"]:
        yield "is not in the cubin"
    unknown = [name for name in kernel["all"]["opcodes"] if name.startswith("0x")]
    if unknown:
        yield "has instructions that the census does not know: %s" % ", ".join(unknown)
    for note in kernel["notes"]:
        if note["error"]:
            yield "%s: %s" % (note["code"], note["text"])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("report")
    parser.add_argument("--archs", required=True, type=lambda text: text.split(","))
    options = parser.parse_args()
    with open(options.report) as file:
        report = json.load(file)
    problems, kernels = [], report["kernels"]
    if {kernel["arch"] for kernel in kernels} != set(options.archs) or {call["arch"] for call in report["calls"]} != set(options.archs):
        problems.append("not every architecture has kernels and calls")
    for kernel in kernels:
        problems += ["%s for %s: %s" % (kernel["kernel"], kernel["arch"], problem) for problem in problems_of(kernel)]
    print("%s: %d kernels" % (options.report, len(kernels)), *problems, sep="\n", file=sys.stderr)
    if problems:
        sys.exit(1)
    matrix = any("main_loop" in kernel and kernel["main_loop"]["classes"].get("mma", 0) for kernel in kernels)
    predicted = any("predicted_launch" in kernel for kernel in kernels)
    launches = max(max(call["launches_of_layers"]) for call in report["calls"] if call["tokens"] > 1)
    print(
        "all kernels pass; %s use tensor cores, %s have a predicted launch; at most %d launches a layer in prefill"
        % ("some" if matrix else "none", "some" if predicted else "none", launches)
    )


main()
