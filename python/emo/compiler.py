# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Finds emo's tools and runs the compiler."""

import os
import shutil
import subprocess
import tempfile

from .errors import Error
from .model import Model


def find_tool(name):
    """Path of one of emo's tools, such as "emo-compile". Looked for in this order:

    1. the folder that the environment variable EMO_TOOLS names; when it is set, nowhere else;
    2. PREFIX/bin, when this package is PREFIX/lib/python/emo of an installed tree;
    3. PATH;
    4. `build/release/bin` of the source tree that this package is in.

    Error: the tool is in none of them.
    """
    here = os.path.dirname(os.path.abspath(__file__))
    folder = os.environ.get("EMO_TOOLS")
    if folder:
        found = shutil.which(name, path=folder)
        if not found:
            raise Error("%s is not in the folder %s that EMO_TOOLS names" % (name, folder))
        return found
    top = os.path.dirname(os.path.dirname(here))
    # PREFIX/lib/emo is what the compiler links programs with.
    installed = os.path.isdir(os.path.join(top, "emo")) and os.path.join(os.path.dirname(top), "bin")
    for path in (installed, os.environ.get("PATH"), os.path.join(top, "build", "release", "bin")):
        found = shutil.which(name, path=path) if path else None
        if found:
            return found
    raise Error("%s was found neither in PATH nor beside this package; set EMO_TOOLS to the folder that holds it" % name)


def compile(
    model,
    output=None,
    *,
    dtype="keep",
    target="cpu",
    cpu=None,
    cuda_arch=None,
    weights="embedded",
    weights_dir=None,
    tokenizer=None,
    eos_id=None,
    max_positions=None,
    threads=None,
    compile_threads=None,
    weights_memory="map",
    device="cpu",
    device_options=None
):
    """Compiles a model to a shared library with emo-compile and opens it.

    model           Hugging Face folder, .onnx file, or .mlir file of any phase
    output          where to write the library. None: nowhere, the program lasts as long as the returned Model
    dtype           arithmetic of a Hugging Face model: "keep" (as stored), "f32", "bf16" or "f16"; sums are f32 always
    target          what to make code for: "cpu", "cuda" or "cpu,cuda"
    cpu             "all" instruction sets in one library, "native" (this machine's), or one level such as "x86-64-v3";
                    default: "all", and "native" without `output`
    cuda_arch       CUDA architectures, separated by commas: "sm_80" (the default), "sm_90a", "sm_100a", "sm_120a"
    weights         "embedded" in the library, or "separate" in `output`.weights beside it
    weights_dir     the model's folder, when it is not where it was at import
    tokenizer       its tokenizer.json, or "none"; default: the one in the model's folder, if any
    eos_id, max_positions   what an ONNX file does not say: the token that ends documents, the longest sequence
    compile_threads threads of the compiler; default: all CPUs
    threads, weights_memory, device, device_options   of the Model, see there

    Error: what emo-compile said; nothing was written then.
    """
    command = [
        find_tool("emo-compile"),
        os.fspath(model),
        "--emit=shared",
        "--dtype=" + dtype,
        "--target=" + target,
        "--weights=" + weights,
    ]
    if cpu or "cpu" in target:
        command.append("--cpu=" + (cpu or ("all" if output else "native")))
    opened = {"threads": threads, "weights_memory": weights_memory, "device": device, "device_options": device_options}
    for flag, value in (
        ("cuda-arch", cuda_arch),
        ("weights-dir", weights_dir),
        ("tokenizer", tokenizer),
        ("eos-id", eos_id),
        ("max-positions", max_positions),
        ("threads", compile_threads),
    ):
        if value is not None:
            command.append("--%s=%s" % (flag, int(value) if flag in ("eos-id", "max-positions", "threads") else os.fspath(value)))
    if output is not None:
        return _run(command, os.fspath(output), opened)
    # The system keeps a file's content for as long as it is mapped.
    with tempfile.TemporaryDirectory(prefix="emo-") as folder:
        return _run(command, os.path.join(folder, "model.so"), opened)


def _run(command, output, opened):
    result = subprocess.run(
        command + ["-o", output], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if result.returncode:
        raise Error(result.stdout.strip() or "%s ended with status %d" % (command[0], result.returncode))
    return Model(output, **opened)
