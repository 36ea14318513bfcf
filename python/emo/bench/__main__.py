# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
import argparse
import json
import os
import sys
import tempfile

from ..errors import Error
from . import cuda, experts, gpu, layer, machine, models, peers, report, start

PARTS = ("layer", "model", "small", "experts", "start", "gpu", "cuda")


def parse(arguments):
    parser = argparse.ArgumentParser(
        prog="python -m emo.bench",
        description="Speed of compiled models beside PyTorch and vLLM, with the machine's roofs; "
        "all in one run, same weights, same number of threads, taking turns. And CUDA kernels beside Triton's, counted without a GPU.",
    )
    parser.add_argument(
        "--only",
        default=",".join(PARTS),
        help="parts, separated by commas: layer (one MoE layer), model (two layers of EMO's shape), "
        "small (a trained model's folder), experts (fewer of them: speed and memory), start (compile time, first token), gpu (whole models on a GPU, if there is one), cuda (machine code of CUDA kernels); default: all",
    )
    parser.add_argument(
        "--peers-python",
        action="append",
        default=[],
        metavar="PATH",
        help="interpreter that has PyTorch, vLLM or Triton, may be given several times; default: this one",
    )
    parser.add_argument(
        "--tokens",
        default=",".join(map(str, layer.TOKENS)),
        metavar="LIST",
        help="numbers of tokens for layer; default: %s" % ",".join(map(str, layer.TOKENS)),
    )
    parser.add_argument(
        "--threads",
        type=int,
        default=len(os.sched_getaffinity(0)),
        help="of every contender; default: the CPUs this process may use",
    )
    parser.add_argument(
        "--small-model", metavar="DIR", help="folder for small and start; default: test/models/emo-small of the source tree"
    )
    parser.add_argument(
        "--work-dir", metavar="DIR", help="where weights and programs are written, up to 5 GB; default: a temporary folder"
    )
    parser.add_argument(
        "--ptxas", metavar="PATH", help="ptxas or a CUDA toolkit, for cuda; default: as emo-device finds it, then Triton's own"
    )
    parser.add_argument(
        "--quick", action="store_true", help="tiny shapes and one repetition: shows that everything runs, measures nothing"
    )
    parser.add_argument(
        "--priority",
        action="store_true",
        help="run everything at the highest priority, where others use the machine too; needs root",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of tables")
    options = parser.parse_args(arguments)
    options.only = options.only.split(",")
    unknown = [part for part in options.only if part not in PARTS]
    if unknown:
        parser.error("--only expects parts of %s, got '%s'" % (",".join(PARTS), unknown[0]))
    try:
        options.tokens = [int(text) for text in options.tokens.split(",")]
    except ValueError:
        parser.error("--tokens expects numbers like 1,8,64, got '%s'" % options.tokens)
    if not all(1 <= tokens <= 65536 for tokens in options.tokens):
        parser.error("--tokens expects numbers from 1 to 65536, got '%s'" % ",".join(map(str, options.tokens)))
    if not 1 <= options.threads <= 1024:
        parser.error("--threads expects a number from 1 to 1024, got %d" % options.threads)
    return options


def raise_priority():
    """Of this process and those it starts, above all others. Linux weighs sessions first where it groups by them."""
    try:
        os.setsid()
        with open("/proc/self/autogroup", "w") as file:
            file.write("-20")
    except (PermissionError, FileNotFoundError):
        pass  # leads a session already, or no grouping
    os.setpriority(os.PRIO_PROCESS, 0, -20)


def lengths_of(options):
    """Tokens of prefill and decoding of the small model."""
    return (16, 4) if options.quick else (256, 64)


def run(options, folder):
    def say(text):
        print(text, file=sys.stderr, flush=True)

    results = {"machine": machine.describe(), "versions": machine.versions(), "threads": options.threads, "quick": options.quick}
    timed = set(options.only) - {"cuda", "gpu"}  # on the CPU
    engines = ["torch"] * bool(timed or "gpu" in options.only) + ["vllm"] * bool(timed) + ["triton"] * ("cuda" in options.only)
    workers, results["peers"] = peers.start(options.peers_python, options.threads, os.path.join(folder, "peers.log"), engines)
    try:
        if "cuda" in options.only:
            results["cuda"] = cuda.measure(options, folder, workers, results["peers"]["triton"], say)
        small = options.small_model or os.path.normpath(
            os.path.join(os.path.dirname(os.path.abspath(__file__)), *[".."] * 3, "test", "models", "emo-small")
        )
        if "gpu" in options.only:
            results["gpu"] = gpu.measure(options, small, folder, workers, say)
        if timed:
            say("roofs")
            results["roofs"] = machine.roofs(options)
        if "layer" in options.only:
            results["layer"] = layer.measure(options, folder, workers, say)
        if "model" in options.only:
            results["model"] = models.measure_two_layers(options, folder, workers, say)
        missing = None if os.path.isdir(small) else {"skipped": "no folder %s; give one with --small-model" % small}
        if "small" in options.only:
            results["small"] = missing or models.measure(
                options, os.path.basename(small), small, lengths_of(options), folder, workers, say
            )
        if "experts" in options.only:
            results["experts"] = [experts.measure_whole_layers(options, folder, say)]
            if not missing:
                results["experts"].append(experts.measure(options, os.path.basename(small), small, lengths_of(options), folder, say))
        if "start" in options.only:
            results["start"] = missing or start.measure(options, small, folder, say)
    finally:
        for worker in workers.values():
            worker.close()
    return results


def main():
    options = parse(sys.argv[1:])
    try:
        if options.priority:
            raise_priority()
        if options.work_dir:
            os.makedirs(options.work_dir, exist_ok=True)
            results = run(options, options.work_dir)
        else:
            with tempfile.TemporaryDirectory(prefix="emo-bench-") as folder:
                results = run(options, folder)
    except (Error, OSError, peers.PeerError) as error:
        sys.exit("error: %s" % error)
    print(json.dumps(results, indent=1) if options.json else report.text(results))


main()
