# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiles Triton's kernels to PTX; neither a GPU nor a driver is needed."""

import importlib.util
import os


def bundled_ptxas():
    """The assembler that Triton brings along; None where it has none."""
    spec = importlib.util.find_spec("triton")
    path = spec and os.path.join(spec.submodule_search_locations[0], "backends", "nvidia", "bin", "ptxas")
    return path if path and os.access(path, os.X_OK) else None


def build(kernel, arch, arguments, constants, warps, stages, ptxas, cache):
    """PTX of a kernel of triton_kernels for arch, such as 80. arguments: types of those that are no constants, in Triton's notation;
    widths are constants, all pointers are aligned to 16 bytes."""
    # The PTX is of a version that this assembler knows.
    os.environ.update(TRITON_PTXAS_PATH=ptxas, TRITON_PTXAS_BLACKWELL_PATH=ptxas, TRITON_CACHE_DIR=cache, TRITON_DEFAULT_FP_FUSION="1")
    import triton
    import triton_kernels
    from triton.backends.compiler import GPUTarget
    from triton.compiler import ASTSource

    function = getattr(triton_kernels, kernel)
    names = function.arg_names
    source = ASTSource(
        function,
        {name: arguments.get(name, "constexpr") for name in names},
        constexprs={(names.index(name),): value for name, value in constants.items()},
        attrs={(i,): [["tt.divisibility", 16]] for i, name in enumerate(names) if arguments.get(name, "").startswith("*")},
    )
    compiled = triton.compile(source, target=GPUTarget("cuda", arch, 32), options={"num_warps": warps, "num_stages": stages})
    return compiled.asm["ptx"]
