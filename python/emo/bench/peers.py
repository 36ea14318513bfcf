# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The peers: processes with an interpreter that has PyTorch, vLLM or Triton, and taking turns with them."""

import ctypes.util
import glob
import json
import os
import subprocess
import sys
import time

WORKER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "workers", "worker.py")


class PeerError(Exception):
    """What a peer could not do."""


def _preloaded(python):
    """Libraries that peers run with where they are installed, as their authors advise: an allocator, Intel's OpenMP for vLLM."""
    prefix = os.path.dirname(os.path.dirname(os.path.abspath(python)))
    found = [path for path in glob.glob("/usr/lib/*/libtcmalloc_minimal.so.4") + glob.glob("/usr/lib*/libtcmalloc_minimal.so.4")][
        :1
    ]
    return found + glob.glob(os.path.join(prefix, "lib", "libiomp5.so"))


class Peer:
    """A worker process. Requests and answers are lines of JSON."""

    def __init__(self, python, threads, log):
        self.python, self.preloaded = python, _preloaded(python)
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        environment.update(OMP_NUM_THREADS=str(threads), LD_PRELOAD=":".join(self.preloaded), PYTHONUNBUFFERED="1")
        self._log = open(log, "ab")
        self._process = subprocess.Popen(
            [python, WORKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, env=environment, text=True
        )
        self.versions = self.ask("versions", threads=threads)

    def ask(self, operation, **arguments):
        """The worker's answer. PeerError: its message, or that it ended."""
        try:
            self._process.stdin.write(json.dumps(dict(arguments, operation=operation)) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise PeerError("%s ended with status %s" % (self.python, self._process.wait()))
        answer = json.loads(line)
        if "error" in answer:
            raise PeerError(answer["error"])
        return answer["result"]

    def close(self):
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
        self._log.close()


def start(pythons, threads, log, engines):
    """Workers by engine: those of `engines`, of "torch", "vllm" and "triton", that were found, each the newest. And what was found:
    versions or "not installed" by engine, "preloaded": names of libraries."""
    candidates = {"torch": [], "vllm": [], "triton": []}
    for python in pythons or [sys.executable]:
        try:
            peer = Peer(python, threads, log)
        except (OSError, PeerError) as error:
            reason = getattr(error, "strerror", None) or error
            raise SystemExit("error: cannot run the interpreter %s of --peers-python: %s" % (python, reason))
        for engine in candidates:
            if peer.versions[engine]:
                candidates[engine].append(peer.versions)
        peer.close()
    workers, found = {}, {engine: "not installed" for engine in candidates}
    preloaded = set()
    for engine, many in candidates.items():
        if many:
            decides = "triton" if engine == "triton" else "torch"
            newest = max(many, key=lambda versions: [int(part) for part in versions[decides].split("+")[0].split(".")[:2]])
            found[engine] = "%s (PyTorch %s)" % (newest["vllm"], newest["torch"]) if engine == "vllm" else newest[engine]
            if engine in engines:
                workers[engine] = Peer(newest["python"], threads, log)
                preloaded.update(os.path.basename(path) for path in workers[engine].preloaded)
    found["preloaded"] = sorted(preloaded)
    return workers, found


def take_turns(contenders, turns, pause):
    """Calls each contender, a name and a function of the turn's number, once a turn; lists of what they returned, by name.

    The pause before each lets the threads of the one before go to sleep: OpenMP's spin for up to 0.2 s."""
    results = {name: [] for name in contenders}
    for turn in range(turns):
        for name, run in contenders.items():
            time.sleep(pause)
            results[name].append(run(turn))
    return results
