# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Choices grouped by expert on the emulator (MODE: options of --emulation) or on the GPU (`cuda`), against a stable sort:

    check-group.py ARCH MODE...

Numbers of tokens for one block, for blocks that count all choices each, and for blocks whose counts come from a launch before.
"""
import sys
import tempfile

import numpy as np

from programs import dim, Program, run_on_device, tensor, write_arrays

EXPERTS, TOP_K = 37, 4
TOKENS = (0, 1, 150, 1025, 4096, 8200)

indices, offsets, rows = tensor("i32", "?", TOP_K), tensor("i32", EXPERTS + 1), tensor("i32", "?")
body = dim("m", "indices", indices) + "    %%k = arith.constant %d : index\n    %%n = arith.muli %%m, %%k : index\n" % TOP_K
body += "    %%o = tensor.empty() : %s\n    %%t = tensor.empty(%%n) : %s\n    %%v = tensor.empty(%%m) : %s\n" % (offsets, rows, indices)
body += "    %%g:3 = emo.kernel.group_by_expert indices(%%indices : %s) outs(%%o, %%t, %%v : %s, %s, %s) -> %s, %s, %s\n" % (
    indices, offsets, rows, indices, offsets, rows, indices)
program = Program({"indices": indices}, {"g#0": offsets, "g#1": rows, "g#2": indices}, body)

arch, modes = sys.argv[1], sys.argv[2:]
with tempfile.TemporaryDirectory() as folder:
    path = program.write(folder, "program")
    for tokens in TOKENS:
        chosen = np.random.default_rng(tokens).integers(0, EXPERTS, (tokens, TOP_K)).astype(np.int32)
        chosen[chosen == 5] = 6  # an expert without rows
        order = np.argsort(chosen.reshape(-1), kind="stable")
        inverse = np.empty_like(order)
        inverse[order] = np.arange(order.size)
        expected = [np.searchsorted(chosen.reshape(-1)[order], np.arange(EXPERTS + 1)), order // TOP_K, inverse.reshape(chosen.shape)]
        write_arrays(folder + "/in", {"indices": chosen})
        for mode in modes:
            outputs = run_on_device(path, folder, arch, mode, f"{arch}, {tokens} tokens")
            for i, right in enumerate(expected):
                found = np.load(f"{outputs}/g_{i}.npy")
                if not np.array_equal(found, right):
                    sys.exit(f"{arch}, {tokens} tokens, {mode}: output {i} differs first at {np.flatnonzero(found.reshape(-1) != right.reshape(-1))[:1]}")
        print(f"{arch}: {tokens} tokens: ok in {len(modes)} modes")
