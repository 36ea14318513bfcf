# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""emo.kernel.sample on the CPU (ARCH cpu; MODE: a level of --cpu), the emulator (MODE: options of --emulation) or the GPU (`cuda`), in f64:

    check-sample.py ARCH MODE...

Rows of 1 to 50257 logits, flat and peaked ones, with ties, NaN and infinities; greedy, by temperature, by nucleus. A weight of a token A powers of
two below the likeliest one is off by at most (A + 4) 2^-22 of itself, a sum through n additions one behind the other by n 2^-24: of what is drawn from,
the place of a random number may be off by `error`. Nuclei are taken such that this does not change them. Modes of a GPU must choose the same tokens.
"""
import subprocess
import sys
import tempfile

import numpy as np

from programs import dim, Program, run_on_device, tensor, write_arrays

VOCABULARIES = (1, 5, 32, 129, 4096, 50257)
NONE = -np.inf


def additions(vocab, arch):
    """One behind the other, at most: of a lane, and over lanes and warps; on the CPU in a block of 256, over blocks, and over lanes."""
    return 256 + vocab / 256 + 64 if arch == "cpu" else vocab / 1024 + 64


def rows(vocab, random):
    """(logits, temperature, top-p, random number) of the rows of one run."""
    for temperature in (0, 0.01, 0.7, 1, 40):
        for top_p in (1, 0.999, 0.9, 0.5, 0.01):
            logits = 4 * random.standard_normal(vocab)
            kind = random.integers(5)
            if kind == 1:
                logits = np.round(logits)  # ties
            elif kind == 2:
                logits[:] = 1.5
            elif kind == 3:
                logits[random.random(vocab) < 0.3] = np.nan
                logits[random.random(vocab) < 0.3] = NONE
            yield logits, temperature, top_p, random.choice([0, 1 - 2.0**-24, random.random()])
    nothing = np.full(vocab, NONE)
    nothing[::2] = np.nan
    for temperature in (0, 1):
        yield nothing, temperature, 0.9, 0.5
        yield np.where(np.arange(vocab) % 3 == vocab // 2 % 3, np.inf, logits), temperature, 0.9, 0.25
    yield logits, -1, 0.9, 0.5  # greedy, too
    yield logits, np.nan, 0.9, 0.5  # the same
    for top_p in (1, 0.4):
        yield np.where(np.arange(vocab) % 3 == vocab // 2 % 3, logits, (NONE, np.nan)[vocab % 2]), np.inf, top_p, 0.4  # all above -inf alike
    yield logits, 1, 0, 0.9  # the likeliest alone
    yield logits, 1, 2, 0.9


def expect(logits, temperature, top_p, number, arch):
    """Ids that may be chosen, or None where rounding decides about the nucleus."""
    clean = np.where(np.isnan(logits), NONE, logits.astype(np.float64))
    top = clean.max()
    if not temperature > 0 or top == NONE:
        return [int(clean.argmax())]
    with np.errstate(invalid="ignore"):
        powers = np.where(clean == top, 0, (clean - top) / min(temperature, 2.0**126))
    weights = np.exp(powers)
    far = np.where(weights > 0, np.minimum(-powers, 130) * 1.4427, 0)
    error = 2.0**-22 * (4 + (far * weights).sum() / weights.sum()) + additions(len(weights), arch) * 2.0**-24
    if top_p < 1:
        order = np.argsort(-weights, kind="stable")
        before = np.concatenate([[0], np.cumsum(weights[order])[:-1]])
        wanted = top_p * weights.sum()
        if (abs(before[1:] - wanted) < 2 * error * weights.sum()).any():
            return None
        kept = np.zeros_like(weights)
        inside = order[(before < wanted) | (np.arange(len(order)) == 0)]
        kept[inside] = weights[inside]
        weights = kept
    ends = np.cumsum(weights) / weights.sum()
    begins = ends - weights / weights.sum()
    near = (weights > 0) & (begins - 2 * error <= number) & (number <= ends + 2 * error)
    return np.flatnonzero(near).tolist()


def measure(vocab, arch, modes, ids):
    random = np.random.default_rng(vocab)
    cases = [(np.float32(logits), np.float32([t, p, u])) for logits, t, p, u in rows(vocab, random)]
    allowed = [expect(logits, *map(float, sampling), arch) for logits, sampling in cases]
    logits, sampling, out = tensor("f32", "?", vocab), tensor("f32", "?", 3), tensor(ids, "?")
    body = dim("n", "logits", logits) + "    %%e = tensor.empty(%%n) : %s\n" % out
    body += "    %%ids = emo.kernel.sample logits(%%logits : %s) sampling(%%sampling : %s) outs(%%e : %s) -> %s\n" % (logits, sampling, out, out)
    with tempfile.TemporaryDirectory() as folder:
        path = Program({"logits": logits, "sampling": sampling}, {"ids": out}, body).write(folder, "program")
        write_arrays(folder + "/in", {"logits": np.stack([c[0] for c in cases]), "sampling": np.stack([c[1] for c in cases])})
        first = None
        for mode in modes:
            what = "%s, %d logits" % (arch, vocab)
            if arch == "cpu":
                folder_out = folder + "/out"
                subprocess.run(["emo-run", path, "--cpu=" + mode, "--inputs=" + folder + "/in", "--outputs=" + folder_out], check=True)
            else:
                folder_out = run_on_device(path, folder, arch, mode, what)
            found = np.load(folder_out + "/ids.npy")
            for row, (token, right) in enumerate(zip(found, allowed)):
                if right is not None and token not in right:
                    sys.exit("%s, %s: row %d, sampling %s: token %d, expected one of %s" % (what, mode, row, cases[row][1], token, right[:8]))
                if not 0 <= token < vocab:
                    sys.exit("%s, %s: row %d: token %d" % (what, mode, row, token))
            if arch != "cpu" and first is not None and not np.array_equal(found, first):
                sys.exit("%s, %s: other tokens than in the first mode" % (what, mode))
            first = found
        print("%s, %d logits: %d rows ok in %d modes, %d of them with one token that may be chosen" % (
            arch, vocab, sum(right is not None for right in allowed), len(modes), sum(right is not None and len(right) == 1 for right in allowed)))


for vocab in VOCABULARIES:
    measure(vocab, sys.argv[1], sys.argv[2:], "i64" if vocab % 2 else "i32")
