# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What models lose when they keep few experts: `python -m emo.specialise MODEL... --data DIR`.

For every model, domain and number of experts: measure the experts on the domain's calibration text, choose (greedily, layer by layer, as
EMO's released scripts do, and at random for comparison), compile a program of the chosen experts, evaluate it on the domain's validation
text. Everything is done by emo's tools and the programs that they make.
"""

import argparse
import concurrent.futures
import glob
import json
import os
import subprocess
import sys
import tempfile

from .compiler import find_tool
from .errors import Error


def _run(*command):
    result = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if result.returncode:
        raise Error(result.stderr.strip() or "%s ended with status %d" % (command[0], result.returncode))
    return result.stdout


def _domains(folder):
    """Names of the domains with calibration and validation ids in `folder`."""
    names = [os.path.basename(path)[: -len(".calib.npy")] for path in sorted(glob.glob(os.path.join(folder, "*.calib.npy")))]
    names = [name for name in names if os.path.exists(os.path.join(folder, name + ".val.npy"))]
    if not names:
        raise Error("'%s' has no DOMAIN.calib.npy with a DOMAIN.val.npy beside it" % folder)
    return names


class Study:
    """One model. Folders: `data` with DOMAIN.calib.npy and DOMAIN.val.npy, `work` for programs and profiles."""

    def __init__(self, model, data, work, dtype):
        self.model, self.data, self.work, self.dtype = model, data, work, dtype

    def _path(self, *parts):
        return os.path.join(self.work, ".".join(str(part) for part in parts))

    def _compile(self, name, *flags, dtype=None):
        program = self._path(name)
        _run(find_tool("emo-compile"), self.model, "--dtype=" + (dtype or self.dtype), "--cpu=native", "--threads=1", *flags, "-o", program)
        return program

    def _evaluate(self, program, domain, *flags):
        ids = os.path.join(self.data, domain + ".val.npy")
        return json.loads(_run(program, "eval", "--data", ids, "--threads=1", "--json", *flags))

    def measure(self, domain, counts):
        """Profiles the domain; `measurer` was compiled before. Scores are those of f32, whatever the programs' arithmetic."""
        ids = os.path.join(self.data, domain + ".calib.npy")
        greedy = ["--greedy=" + ",".join(map(str, counts))] if counts else []
        _run(self._path("measurer"), "profile", "--data", ids, "--out", self._path(domain, "json"), "--threads=1", *greedy)

    def loss(self, domain, count, seed=None):
        """With `count` experts a layer, chosen from the domain's profile or at random; None: all of them."""
        if count is None:
            return self._evaluate(self._path("whole"), domain)["loss"]
        name = "%s.%s.%s" % (domain, count, seed)
        chosen = ["--keep=%d" % count] + ([] if seed is None else ["--policy=random", "--seed=%d" % seed])
        _run(find_tool("emo-experts"), "select", self._path(domain, "json"), *chosen, "-o", self._path(name, "set"))
        program = self._compile(name, "--experts=" + self._path(name, "set"))
        try:
            return self._evaluate(program, domain)["loss"]
        finally:
            os.remove(program)

    def pool(self, domain, count):
        """Loss of second halves with experts chosen by the first, and MB of experts that a second half reads."""
        result = self._evaluate(self._path("pools"), domain, "--document-pool=%d" % count)
        return result["loss"], result["expert_bytes_used"] / 1e6

    def run(self, domains, counts, seeds, pools, each):
        """{"experts": of a layer, "whole": {domain: loss}, "chosen": {count: {domain: loss}}, "random": {count: {domain: mean loss}},
        "pools": {count: {domain: [loss, MB]}}}."""
        self._compile("whole")
        experts = json.loads(_run(self._path("whole"), "info", "--json"))["experts_per_layer"]
        if max(counts, default=0) >= min(experts):
            raise Error("--keep expects numbers below the %d experts of a layer of '%s', got %d" % (min(experts), self.model, max(counts)))
        self._compile("measurer", "--profile", dtype="f32")
        if pools:
            self._compile("pools", "--document-pools")
        list(each(lambda domain: self.measure(domain, counts), domains))
        jobs = [(domain, None, None) for domain in domains]
        jobs += [(domain, count, seed) for count in counts for seed in [None] + list(range(seeds)) for domain in domains]
        losses = dict(zip(jobs, each(lambda job: self.loss(*job), jobs)))
        result = {"experts": min(experts), "whole": {domain: losses[domain, None, None] for domain in domains}, "chosen": {}, "random": {}}
        for count in counts:
            result["chosen"][count] = {domain: losses[domain, count, None] for domain in domains}
            if seeds:
                result["random"][count] = {
                    domain: sum(losses[domain, count, seed] for seed in range(seeds)) / seeds for domain in domains
                }
        if pools:
            jobs = [(domain, count) for count in [min(experts)] + counts for domain in domains]
            found = dict(zip(jobs, each(lambda job: self.pool(*job), jobs)))
            result["pools"] = {count: {d: found[d, count] for d in domains} for count in [min(experts)] + counts}
        return result


def _mean(values):
    values = list(values)
    return sum(values) / len(values)


def _rows(rows):
    head, *body = [[str(cell) for cell in row] for row in rows]
    line = lambda row: "| " + " | ".join(row) + " |"
    return "\n".join([line(head), "|---" * len(head) + "|"] + [line(row) for row in body])


def table(results):
    """Mean validation loss over the domains, in nats a token, and its difference from the whole model's."""
    rows = [("model", "experts", "chosen by calibration text", "at random")]
    for name, result in results.items():
        whole = _mean(result["whole"].values())
        cell = lambda losses: "%.3f (%+.3f)" % (_mean(losses.values()), _mean(losses.values()) - whole) if losses else ""
        rows.append((name, "%d, all" % result["experts"], "%.3f" % whole, ""))
        rows += [("", count, cell(result["chosen"][count]), cell(result["random"].get(count))) for count in result["chosen"]]
    return _rows(rows)


def domain_table(results):
    """The same for each domain: the difference of the chosen experts' loss, and in parentheses that of random ones."""
    domains = list(next(iter(results.values()))["whole"])
    rows = [["model", "experts"] + domains]
    for name, result in results.items():
        rows.append([name, "%d, all" % result["experts"]] + ["%.3f" % result["whole"][domain] for domain in domains])
        for count, losses in result["chosen"].items():
            row = ["", str(count)]
            for domain in domains:
                text = "%+.3f" % (losses[domain] - result["whole"][domain])
                if count in result["random"]:
                    text += " (%+.3f)" % (result["random"][count][domain] - result["whole"][domain])
                row.append(text)
            rows.append(row)
    return _rows(rows)


def pool_table(results):
    """Loss of second halves of documents with pools chosen by the first, as a difference from all experts; MB of experts read."""
    domains = list(next(iter(results.values()))["whole"])
    rows = [["model", "pool"] + domains + ["experts read"]]
    for name, result in results.items():
        pools = result["pools"]
        whole = pools[result["experts"]]
        for count, found in pools.items():
            everything = count == result["experts"]
            cells = ["%.3f" % whole[d][0] if everything else "%+.3f" % (found[d][0] - whole[d][0]) for d in domains]
            read = "%.1f MB" % _mean(found[d][1] for d in domains)
            rows.append([name if everything else "", "%d, all" % count if everything else str(count)] + cells + [read])
    return _rows(rows)


def parse(arguments):
    parser = argparse.ArgumentParser(prog="python -m emo.specialise", description="What models lose when they keep few experts.")
    parser.add_argument("models", nargs="+", metavar="MODEL", help="what emo-compile takes; the models have one tokenizer")
    parser.add_argument("--data", required=True, metavar="DIR", help="folder with token ids DOMAIN.calib.npy and DOMAIN.val.npy")
    parser.add_argument("--domains", metavar="LIST", help="separated by commas; default: all in DIR")
    parser.add_argument("--keep", default="16,8,4", metavar="LIST", help="experts a layer, shared ones counted; default: 16,8,4")
    parser.add_argument("--seeds", type=int, default=2, help="random choices to average; default: 2")
    parser.add_argument("--dtype", choices=("keep", "f32", "bf16"), default="keep", help="the programs' arithmetic; default: as stored")
    parser.add_argument("--pools", action="store_true", help="also pools of experts chosen by the first half of each document")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)), help="programs at a time; default: all CPUs")
    parser.add_argument("--curves", metavar="FILE", help="also write the losses for python -m emo.report --loss")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of tables")
    options = parser.parse_args(arguments)
    try:
        options.keep = sorted({int(count) for count in options.keep.split(",")}, reverse=True)
    except ValueError:
        parser.error("--keep expects numbers of experts like 16,8,4, got '%s'" % options.keep)
    if options.keep[-1] < 1:
        parser.error("--keep expects numbers of experts like 16,8,4, got %d" % options.keep[-1])
    if not 0 <= options.seeds <= 100:
        parser.error("--seeds expects a number from 0 to 100, got %d" % options.seeds)
    if not 1 <= options.threads <= 1024:
        parser.error("--threads expects a number from 1 to 1024, got %d" % options.threads)
    return options


def study(options, say):
    """{model's name: Study.run's result}."""
    domains = _domains(options.data)
    if options.domains:
        wanted = options.domains.split(",")
        missing = [domain for domain in wanted if domain not in domains]
        if missing:
            raise Error("'%s' has the domains %s, not '%s'" % (options.data, ", ".join(domains), missing[0]))
        domains = wanted
    results = {}
    for model in options.models:
        name = os.path.basename(os.path.normpath(model))
        say("%s: %d domains" % (name, len(domains)))
        with tempfile.TemporaryDirectory(prefix="emo-specialise-") as work, concurrent.futures.ThreadPoolExecutor(options.threads) as pool:
            runner = Study(model, options.data, work, options.dtype)
            results[model if name in results else name] = runner.run(domains, options.keep, options.seeds, options.pools, pool.map)
    return results


def curves(results):
    """Losses against numbers of experts, as python -m emo.report reads them. Format: docs/experts.md."""
    found = []
    for name, result in results.items():
        for way in ("chosen", "random"):
            points = [[count, _mean(losses.values())] for count, losses in result[way].items()]
            if points:
                points.append([result["experts"], _mean(result["whole"].values())])
                found.append({"name": "%s, %s" % (name, way), "points": sorted(points)})
    return {"curves": found}


def main():
    options = parse(sys.argv[1:])
    try:
        results = study(options, lambda text: print(text, file=sys.stderr, flush=True))
        if options.curves:
            with open(options.curves, "w") as file:
                json.dump(curves(results), file)
    except (Error, OSError) as error:
        sys.exit(str(error) if str(error).startswith("emo-") else "error: %s" % error)
    if options.json:
        print(json.dumps(results, indent=1))
        return
    print(table(results))
    print("\n" + domain_table(results))
    if options.pools:
        print("\n" + pool_table(results))


if __name__ == "__main__":
    main()
