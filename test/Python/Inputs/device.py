# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""device.py TINY: a program on the emulator gives what it gives on the CPU; all arrays are the CPU's."""

import sys

import numpy as np

import emo

cpu = emo.compile(sys.argv[1], target="cpu")
device = emo.compile(sys.argv[1], target="cpu,cuda", cuda_arch="sm_80", device="emulate", device_options="schedule=reversed")
ids = np.array([[7, 3, 1, 9, 4]])


def same(a, b):
    # Sums of at most 64 products in two layers, in another order.
    assert a.shape == b.shape and a.dtype == b.dtype and np.abs(a - b).max() < 1e-5, np.abs(a - b).max()


same(device.run({"input_ids": ids})["logits"], cpu.run({"input_ids": ids})["logits"])
print("run: the logits of the CPU")


def step(model):
    caches = {
        value.name: np.zeros([1 if size == "batch" else 8 if size == "capacity" else size for size in value.shape], value.numpy_dtype)
        for value in model.entries["step"].inputs
        if value.role == "kv_cache"
    }
    model.run(dict(caches, input_ids=ids[:, :3], lengths=np.zeros(1, np.int32)), entry="step")
    logits = model.run(dict(caches, input_ids=ids[:, 3:], lengths=np.array([3], np.int32)), entry="step")["logits"]
    return logits, caches


logits, caches = step(device)
expected, others = step(cpu)
same(logits, expected)
for name, cache in caches.items():
    same(cache, others[name])
    assert cache[:, :, :5].any(3).all() and not cache[:, :, 5:].any()
print("step: KV caches in the CPU's memory, updated in place")

sampling = np.array([[0, 1, 0], [1, 1, 0.5], [1, 0.5, 0.99]], np.float32)
for model in (cpu, device):
    chosen = model.run({"logits": np.log([[1, 4, 2, 1] + [1e-9] * 124] * 3).astype(np.float32), "sampling": sampling}, entry="sample")
    assert chosen["next_ids"].tolist() == [1, 1, 1], chosen
print("sample: greedy, by temperature, by nucleus")

session = device.session(8)
session.feed(ids[0])
same(session.logits(), cpu.run({"input_ids": ids})["logits"][0, -1])
assert session.choose() == session.logits().argmax()
for model in (cpu, device):
    assert model.generate(ids[0], 6) == cpu.generate(ids[0], 6)
assert device.generate(ids[0], 6, temperature=0.9, top_p=0.8, seed=3) == cpu.generate(ids[0], 6, temperature=0.9, top_p=0.8, seed=3)
print("session: logits and tokens of the CPU")


def hottest(model):
    """Tokens at a temperature that f32 has not: all are as likely."""
    session = model.session(8)
    session.feed(ids[0])
    session.seed(5)
    return [session.choose(1e300, top_p) for top_p in (1, 0.9, 0.5, 0.01)]


assert hottest(device) == hottest(cpu), (hottest(device), hottest(cpu))
print("hot: tokens of the CPU")
