# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Weights and inputs of a layer as PyTorch tensors, from the files that the benchmark wrote, and the timing of calls."""

import time

import torch


def weights(path, experts, width, hidden):
    """[experts, 2 hidden, width], gate rows then up rows, and [experts, width, hidden]."""
    part = experts * hidden * width
    data = torch.from_file(path, shared=True, size=3 * part, dtype=torch.bfloat16)
    gate, up = (data[i * part : (i + 1) * part].view(experts, hidden, width) for i in (0, 1))
    return torch.cat([gate, up], 1), data[2 * part :].view(experts, width, hidden).clone()


def inputs(prefix, tokens, width, top_k):
    """x bf16 [tokens, width], ids int32 and weights f32 [tokens, top_k]."""

    def read(suffix, columns, dtype):
        return torch.from_file(prefix + suffix, shared=True, size=tokens * columns, dtype=dtype).view(tokens, columns).clone()

    return read(".x", width, torch.bfloat16), read(".ids", top_k, torch.int32), read(".weights", top_k, torch.float32)


def timed(call, sets):
    """Seconds of a call on each of the sets of inputs."""
    seconds = []
    for arguments in sets:
        begin = time.perf_counter()
        call(*arguments)
        seconds.append(time.perf_counter() - begin)
    return seconds
