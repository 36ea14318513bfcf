# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""run.py MODEL FOLDER: uses the package as its users do; run.test has the lines that it must print."""

import os
import subprocess
import sys
import threading
import tracemalloc

import numpy as np

import emo

source, folder = sys.argv[1:]
expected = source + "/expected/python24."
prompt = [int(i) for i in open(expected + "prompt").read().split(",")]
greedy = [int(i) for i in open(expected + "greedy").read().split(",")]
reference = np.load(expected + "logits.npy")

path = os.path.join(folder, "small.so")
model = emo.compile(source, path, dtype="f32", cpu="native")
print("inputs:", *model.inputs)
print("outputs:", *model.outputs)

ids = np.array([prompt])
logits = model.run({"input_ids": ids})["logits"]
# Sums over at most 256 products in four layers differ by a few 1e-5 between orders of summation.
assert logits.shape == (1, 24, 4096) and logits.dtype == np.float32 and np.abs(logits[0] - reference).max() < 2e-4
print("logits: within 2e-4 of the reference")
for other in (ids.astype(np.int32), np.repeat(ids, 2, 1)[:, ::2], [prompt]):
    assert np.array_equal(model.run({"input_ids": other})["logits"], logits)
print("int32, strided, list: the same")
assert model.generate(prompt, len(greedy)) == greedy and model.generate(np.array(prompt, np.int32), 3) == greedy[:3]
print("generate: the reference's tokens")

program = os.path.join(folder, "small")
subprocess.run(["emo-compile", source, "--dtype=f32", "--cpu=native", "-o", program], check=True)
command = [
    program,
    "generate",
    "--ids",
    ",".join(map(str, prompt)),
    "--max-new-tokens=20",
    "--temperature=0.9",
    "--top-p=0.8",
    "--seed=5",
]
sampled = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
assert ",".join(map(str, model.generate(prompt, 20, temperature=0.9, top_p=0.8, seed=5))) == sampled.strip()
print("samples: those of the command line")
assert (
    str(model.info)
    == subprocess.run(
        [sys.executable, "-c", "import json, sys; print(json.load(sys.stdin))"],
        text=True,
        check=True,
        stdout=subprocess.PIPE,
        input=subprocess.run([program, "info", "--json"], stdout=subprocess.PIPE, text=True).stdout,
    ).stdout.strip()
)
print("info: that of the command line")

caches = {
    value.name: np.zeros(
        [1 if size == "batch" else 30 if isinstance(size, str) else size for size in value.shape], value.numpy_dtype
    )
    for value in model.entries["step"].inputs
    if value.role == "kv_cache"
}
step = model.run(dict(caches, input_ids=ids, lengths=np.zeros(1, np.int32)), entry="step")
assert np.abs(step["logits"] - logits[:, -1]).max() < 1e-4
assert all(cache[:, :, :24].any(3).all() and not cache[:, :, 24:].any() for cache in caches.values())
print("step: KV caches written in place, the logits of forward")

wrong = []


def work(length):
    own = model.run({"input_ids": ids[:, :length]})["logits"]
    for _ in range(10):
        if (
            not np.array_equal(model.run({"input_ids": ids[:, :length]})["logits"], own)
            or model.generate(prompt, 8) != greedy[:8]
        ):
            wrong.append(length)


threads = [threading.Thread(target=work, args=(length,)) for length in (24, 17)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert not wrong
print("threads: the same logits and tokens")

buffer = np.full_like(logits, np.nan)
assert model.run({"input_ids": ids}, out={"logits": buffer})["logits"] is buffer and np.array_equal(buffer, logits)
print("out: written where it was asked to")

# NumPy reports the memory of its arrays to tracemalloc; the logits here have 4 MB, the ids 2 KB.
long = np.resize(ids, (1, 256))
model.run({"input_ids": long})
tracemalloc.start()
big = model.run({"input_ids": long})["logits"]
assert big.nbytes == 4 << 20 and tracemalloc.get_traced_memory()[1] < 100000, tracemalloc.get_traced_memory()
tracemalloc.stop()
print("copies: none")


def resident():
    return int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


before = resident()
for _ in range(100):
    big = model.run({"input_ids": long})["logits"]
assert resident() - before < 100 << 20, "400 MB of outputs were made, memory grew by %d bytes" % (resident() - before)
print("outputs are freed")

text = model.detokenize(prompt)
assert model.tokenize(text) == prompt and model.generate(prompt=text, max_new_tokens=len(greedy)) == model.detokenize(greedy)
assert model.tokenize("<|endoftext|>") == [0] != model.tokenize("<|endoftext|>", special_tokens=False)
assert model.detokenize(model.tokenize(b"a\0\xff\xe2\x82")) == "a\0\ufffd\ufffd" and model.detokenize([-1, 4096]) == ""
assert model.tokenize("\ud800", surround=False) == model.tokenize("\ufffd" * 3) and model.tokenize("") == []
print("text: the reference's tokens, both ways")

session = model.session(24)
session.feed(prompt[:10])
session.feed(prompt[10:])
once = session.logits()
session.clear()
session.feed(prompt)
assert (
    np.abs(once - reference[-1]).max() < 2e-4 and np.abs(session.logits() - once).max() < 1e-4 and session.choose() == greedy[0]
)
print("session: fed in pieces, cleared and fed again, the same logits")

session = model.session(25)
session.feed(prompt)
with model:
    kept = model.run({"input_ids": ids})["logits"]
session.feed([session.choose()])
assert np.array_equal(kept, logits) and session.choose() == greedy[1]
print("closed: outputs stay, a session goes on")

first = emo.Model(path)
second = emo.compile(os.path.join(source, "..", "emo-tiny"), path, cpu="native")
assert first.generate(prompt, 4) == greedy[:4] and second.generate([73, 14, 81, 5, 64, 108], 4) == [13, 106, 113, 113]
assert emo.Model(path).info == second.info != first.info
print("compiled anew to the same path: each model is its own")
