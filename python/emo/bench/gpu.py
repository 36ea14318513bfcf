# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Whole models on a GPU, batch 1, beside PyTorch on the same GPU."""

import ctypes
import os

from .. import compiler
from . import models, weights
from .peers import PeerError

MAJOR, MINOR = 75, 76  # CUdevice_attribute
OLDEST, OWN_ARCHS = 80, {90: "sm_90a", 100: "sm_100a", 120: "sm_120a"}  # by compute capability; other ones run sm_80
# Two layers with all of EMO's experts.
MODEL = dict(models.TWO_LAYERS, num_experts=128)
NO_ROOFS = {"dram_gb_s": None, "bf16_tflop_s": None}
LENGTHS = ((128, 64), (512, 64), (2048, 64))


def find():
    """(name, architecture that kernels are compiled for) of the first GPU. RuntimeError: why there is none."""
    try:
        cuda = ctypes.CDLL("libcuda.so.1")
    except OSError as error:
        raise RuntimeError("no CUDA driver (%s)" % error)
    device, count = ctypes.c_int(), ctypes.c_int()
    if cuda.cuInit(0) or cuda.cuDeviceGetCount(ctypes.byref(count)) or count.value == 0 or cuda.cuDeviceGet(ctypes.byref(device), 0):
        raise RuntimeError("the CUDA driver finds no GPU")
    name, major, minor = ctypes.create_string_buffer(256), ctypes.c_int(), ctypes.c_int()
    cuda.cuDeviceGetName(name, 256, device)
    cuda.cuDeviceGetAttribute(ctypes.byref(major), MAJOR, device)
    cuda.cuDeviceGetAttribute(ctypes.byref(minor), MINOR, device)
    name, capability = name.value.decode(), major.value * 10 + minor.value
    if capability < OLDEST:
        raise RuntimeError("%s has compute capability %d.%d, expected 8.0 or newer" % (name, major.value, minor.value))
    return name, OWN_ARCHS.get(capability, "sm_80")


def measure(options, small, folder, peers, say):
    try:
        name, arch = find()
    except RuntimeError as error:
        return {"skipped": str(error)}
    peer = peers.get("torch")

    def roofs():
        try:
            return peer.ask("gpu_roofs", quick=options.quick) if peer else NO_ROOFS
        except PeerError as error:
            say("gpu: no roofs: %s" % error)
            return NO_ROOFS

    def with_roofs(run):
        """The better of the roofs right before and right after; None without PyTorch."""
        before, result, after = roofs(), run(), roofs()
        return result, {key: before[key] and after[key] and max(before[key], after[key]) for key in before}

    source = os.path.join(folder, "gpu-layers")
    say("gpu: writing weights")
    weights.write_model(source, models.QUICK if options.quick else MODEL)
    points = []
    for title, model, lengths in (
        ("two layers of EMO's shape, all experts", source, [(8, 4)] if options.quick else LENGTHS),
        ("emo-small", small, [(16, 4)] if options.quick else [(256, 64)]),
    ):
        if not os.path.isdir(model):
            continue
        say("gpu: compiling %s" % title)
        program = os.path.join(folder, "gpu.so")
        compiler.compile(model, program, target="cuda", cuda_arch=arch, device="cuda").close()
        for length in lengths:
            points.append(
                models.compare(
                    options, title, model, length, program, {"emo": {"device": "cuda"}}, folder, peers, say, with_roofs, "cuda"
                )
            )
    return {"gpu": name, "arch": arch, "points": points}
