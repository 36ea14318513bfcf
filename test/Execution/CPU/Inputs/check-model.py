# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""check-model.py MODEL EXPECTED DATA WORK [--dtype=f32] [--cpu=LEVEL]: a compiled model against a reference's results.

MODEL is a Hugging Face folder or an .onnx file. EXPECTED holds, for every prompt CASE,

  CASE.prompt, CASE.greedy, CASE.logits.npy    ids, the ids that follow greedily, f32 [tokens, vocabulary]
  losses.json                                  {"full_K32": {DOMAIN: nats a token of DATA/DOMAIN.val.npy}}

or the same in generations.json, logits/NAME.CASE.npy and pruning.json, NAME being the name of the model's folder. Logits must be within
2e-4 and tokens equal in f32; in the model's own arithmetic (without --dtype) losses must be within 6e-4. Exits with 1 when something is not.
"""
import argparse
import glob
import json
import os
import subprocess
import sys

import numpy as np

LOGITS, LOSS = 2e-4, 6e-4


def cases(expected, name):
    """Name, prompt, greedy ids and logits of each prompt."""
    path = os.path.join(expected, "generations.json")
    if os.path.exists(path):
        with open(path) as file:
            for case, found in json.load(file)["generations"][name].items():
                yield case, found["prompt"], found["new_tokens"], np.load(os.path.join(expected, "logits", name + "." + case + ".npy"))
        return
    for path in sorted(glob.glob(os.path.join(expected, "*.prompt"))):
        ids = [[int(i) for i in open(path[:-len("prompt")] + kind).read().split(",")] for kind in ("prompt", "greedy")]
        yield os.path.basename(path)[:-len(".prompt")], *ids, np.load(path[:-len("prompt")] + "logits.npy")


def losses(expected, name):
    path = os.path.join(expected, "losses.json")
    if os.path.exists(path):
        return json.load(open(path))["full_K32"]
    return json.load(open(os.path.join(expected, "pruning.json")))["models"][name]["full_K32"]


def output(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def check(ok, text):
    print(text if ok else text + ": WRONG")
    return ok


def check_case(program, work, case, prompt, greedy, logits):
    inputs, outputs = os.path.join(work, "in"), os.path.join(work, "out")
    os.makedirs(inputs, exist_ok=True)
    np.save(os.path.join(inputs, "input_ids.npy"), np.array([prompt], np.int32))
    output(program, "run", "--inputs", inputs, "--outputs", outputs)
    difference = np.abs(np.load(os.path.join(outputs, "logits.npy"))[0] - logits).max()
    ok = check(difference <= LOGITS, "%s: logits differ by %.2g at most" % (case, difference))
    found = output(program, "generate", "--ids", ",".join(map(str, prompt)), "--max-new-tokens", str(len(greedy)))
    same = [int(i) for i in found.split(",")] == greedy
    return check(same, "%s: %d greedy tokens %s" % (case, len(greedy), "equal" if same else "found " + found.strip())) and ok


def check_loss(program, domain, data, expected):
    found = json.loads(output(program, "eval", "--data", os.path.join(data, domain + ".val.npy"), "--json"))["loss"]
    return check(abs(found - expected) <= LOSS, "%s: loss %.6f, reference %.6f, difference %+.1e" % (domain, found, expected, found - expected))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("model", "expected", "data", "work"):
        parser.add_argument(name)
    parser.add_argument("--dtype", choices=["f32"])
    parser.add_argument("--cpu", default="native")
    options = parser.parse_args()
    os.makedirs(options.work, exist_ok=True)
    program = os.path.join(options.work, "model")
    is_onnx = options.model.endswith(".onnx")
    name = os.path.basename(os.path.normpath(os.path.dirname(options.model) if is_onnx else options.model))
    output("emo-compile", options.model, "--cpu=" + options.cpu, "-o", program, *(["--dtype=f32"] if options.dtype else []))
    ok = True
    if options.dtype or is_onnx:
        for case in cases(options.expected, name):
            ok &= check_case(program, options.work, *case)
    for domain, expected in losses(options.expected, name).items():
        ok &= check_loss(program, domain, options.data, expected)
    sys.exit(not ok)


main()
