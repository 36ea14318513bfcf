# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""CUDA kernels without a GPU: what ptxas makes of emo's and of Triton's for the same tiles and shapes, counted.

Both sides are written for rows known at run time and for constant widths and strides, and assembled by the same ptxas with the same
options. Triton's kernels are built in all variants of a case; the one that issues least is compared. Tiles are the same but for
attention, where slots are for as many multiply-adds.
"""

import os
import re
import shutil
import subprocess

from ..compiler import find_tool
from ..errors import Error
from . import cuda_census
from .peers import PeerError

ARCHS = ("sm_80", "sm_90a")
WIDTH, HIDDEN, EXPERTS, TOP_K, VOCABULARY, HEADS = 2048, 1024, 128, 7, 100352, 16  # EMO's
COPY_GROUP = 4  # warps of emo's kernels that only copy
QUICK = ("linear", "gated", "gradient", "attention", "router")

# Kernel ops, by the first word of a case.
_PROGRAMS = {
    "linear": """\
func.func @linear(%x: memref<?x{width}xbf16>, %w: memref<{width}x{width}xbf16>, %y: memref<?x{width}xbf16>) {{
  emo.kernel.matmul lhs(%x : memref<?x{width}xbf16>) weights(%w : memref<{width}x{width}xbf16>) outs(%y : memref<?x{width}xbf16>)
      attributes {{accumulators = 1 : i64, kinds = []}} {{
  ^bb0(%sum: f32):
    %0 = arith.truncf %sum : f32 to bf16
    emo.kernel.yield %0 : bf16
  }}
  return
}}
""",
    "gated": """\
func.func @gated(%x: memref<?x{width}xbf16>, %gate: memref<{experts}x{hidden}x{width}xbf16>, %up: memref<{experts}x{hidden}x{width}xbf16>,
    %rows: memref<?xi32>, %offsets: memref<{offsets}xi32>, %y: memref<?x{hidden}xbf16>) {{
  emo.kernel.matmul lhs(%x : memref<?x{width}xbf16>)
      weights(%gate, %up : memref<{experts}x{hidden}x{width}xbf16>, memref<{experts}x{hidden}x{width}xbf16>)
      gather(%rows : memref<?xi32>) offsets(%offsets : memref<{offsets}xi32>) outs(%y : memref<?x{hidden}xbf16>)
      attributes {{accumulators = 2 : i64, kinds = []}} {{
  ^bb0(%g: f32, %u: f32):
    %one = arith.constant 1.0 : f32
    %negative = arith.negf %g : f32
    %power = math.exp %negative : f32
    %divisor = arith.addf %power, %one : f32
    %silu = arith.divf %g, %divisor : f32
    %0 = arith.mulf %silu, %u : f32
    %1 = arith.truncf %0 : f32 to bf16
    emo.kernel.yield %1 : bf16
  }}
  return
}}
""",
    "loss": """\
func.func @loss(%x: memref<?x{width}xbf16>, %w: memref<{vocabulary}x{width}xbf16>, %targets: memref<?xi64>, %losses: memref<?xf32>) {{
  emo.kernel.loss x(%x : memref<?x{width}xbf16>) weight(%w : memref<{vocabulary}x{width}xbf16>) targets(%targets : memref<?xi64>)
      outs(%losses : memref<?xf32>) {{vocab_size = {vocabulary} : i64}}
  return
}}
""",
    "gradient": """\
func.func @gradient(%dy: memref<?x{hidden}xbf16>, %x: memref<?x{width}xbf16>, %rows: memref<?xi32>, %offsets: memref<{offsets}xi32>,
    %dw: memref<{experts}x{hidden}x{width}xf32>) {{
  emo.kernel.weight_gradient dy(%dy : memref<?x{hidden}xbf16>) x(%x : memref<?x{width}xbf16>) gather(%rows : memref<?xi32>)
      offsets(%offsets : memref<{offsets}xi32>) outs(%dw : memref<{experts}x{hidden}x{width}xf32>)
  return
}}
""",
    "router": """\
func.func @router(%x: memref<?x{width}xbf16>, %w: memref<{experts}x{width}xf32>, %weights: memref<?x{chosen}xf32>,
    %indices: memref<?x{chosen}xi32>) {{
  emo.kernel.router x(%x : memref<?x{width}xbf16>) weight(%w : memref<{experts}x{width}xf32>)
      outs(%weights, %indices : memref<?x{chosen}xf32>, memref<?x{chosen}xi32>) {{top_k = {top_k} : i64, num_shared = 1 : i64}}
  return
}}
""",
    "attention": """\
func.func @attention{size}(%q: memref<?x?x{heads}x{size}xbf16>, %k: memref<?x?x{heads}x{size}xbf16>, %v: memref<?x?x{heads}x{size}xbf16>,
    %y: memref<?x?x{heads}x{size}xbf16>, %keys: memref<?x{heads}x?x{size}xbf16>, %values: memref<?x{heads}x?x{size}xbf16>) {{
  emo.kernel.attention q(%q : memref<?x?x{heads}x{size}xbf16>) k(%k : memref<?x?x{heads}x{size}xbf16>) v(%v : memref<?x?x{heads}x{size}xbf16>)
      outs(%y, %keys, %values : memref<?x?x{heads}x{size}xbf16>, memref<?x{heads}x?x{size}xbf16>, memref<?x{heads}x?x{size}xbf16>)
      {{scale = {scale} : f64, causal = true}}
  return
}}
""",
}


def _program(names):
    sizes = {"width": WIDTH, "hidden": HIDDEN, "experts": EXPERTS, "offsets": EXPERTS + 1, "vocabulary": VOCABULARY, "heads": HEADS}
    sizes.update(top_k=TOP_K, chosen=TOP_K + 1)
    forms = [{"size": size, "scale": size**-0.5} for size in (64, 128)]
    return "".join(_PROGRAMS[name].format(**sizes, **form) for name in names for form in (forms if name == "attention" else [{}]))


class Case:
    """One kernel of both sides.

    kernel      the beginning of the name of emo's
    tile        of a block: rows, columns, depth of a step; None: without products
    variants    Triton's, by name: kernel, types of arguments, constants, warps, stages
    fma         multiply-adds of a block and step
    sums        those that emo spends on sums besides: products with ones
    boxes, copies, copiers  of emo's kernels whose warps have roles: copies of a step by TMA, else by cp.async, and warps that issue them
    """

    def __init__(self, name, arch, kernel, tile, variants, fma=None, sums=0, boxes=0, copies=0, copiers=0):
        self.name, self.arch, self.kernel, self.tile, self.variants = name, arch, kernel, tile, variants
        self.fma = fma or (tile and tile[0] * tile[1] * tile[2])
        self.sums = sums
        self.boxes, self.copies, self.copiers = boxes, copies, copiers


_BF16, _I32 = "*bf16", "*i32"


def _box(rows, columns):
    return "tensordesc<bf16[%d,%d]>" % (rows, columns)


def _product_case(name, kernel, arch, tile, warps, **emo):
    rows, columns, depth = tile
    arguments = {"x": _BF16, "w": _BF16, "rows": "i32"}
    if name == "linear":
        arguments.update(y=_BF16)
    else:
        arguments.update(targets="*i64", parts="*fp32", target_logits="*fp32")
    constants = {"N": WIDTH if name == "linear" else VOCABULARY, "K": WIDTH, "BM": rows, "BN": columns, "BK": depth}
    variants = {"pointers": (name, arguments, dict(constants, TMA=False), warps, 4)}
    if arch == "sm_90a":
        boxes = dict(arguments, x=_box(rows, depth), w=_box(columns, depth))
        variants["TMA"] = (name, boxes, dict(constants, TMA=True), warps, 4)
    return Case("%s %dx%dx%d" % (name, *tile), arch, kernel, tile, variants, **emo)


def _gated_case(kernel, arch, tile, warps, **emo):
    rows, columns, depth = tile
    arguments = {"x": _BF16, "w": _BF16, "y": _BF16, "sorted_ids": _I32, "expert_ids": _I32, "padded_rows": _I32}
    arguments.update(most_rows="i32", pairs="i32")
    constants = {"N": HIDDEN, "K": WIDTH, "TOP_K": TOP_K + 1, "BM": rows, "BN": columns // 2, "BK": depth, "TMA": False}
    variants = {}
    for mask in (True, False):
        suffix = ", masks" if mask else ""
        variants["pointers" + suffix] = ("gated", arguments, dict(constants, MASK=mask), warps, 4)
        if arch == "sm_90a":
            boxes = dict(arguments, w=_box(columns // 2, depth))
            variants["TMA" + suffix] = ("gated", boxes, dict(constants, TMA=True, MASK=mask), warps, 4)
    return Case("gated %dx(2x%d)x%d of gathered rows" % (rows, columns // 2, depth), arch, kernel, tile, variants, **emo)


def _gradient_case(kernel, arch, tile, warps, stages, **emo):
    rows, columns, depth = tile
    arguments = {"dy": _BF16, "x": _BF16, "gather": _I32, "offsets": _I32, "dw": "*fp32"}
    constants = {"N": HIDDEN, "K": WIDTH, "BM": rows, "BN": columns, "BK": depth}
    variants = {"%d stages" % count: ("gradient", arguments, constants, warps, count) for count in stages}
    return Case("gradient %dx%dx%d of gathered rows" % tile, arch, kernel, tile, variants, **emo)


def _attention_case(arch, size):
    arguments = {"q": _BF16, "k": _BF16, "v": _BF16, "y": _BF16, "length": "i32"}
    constants = {"SCALE": size**-0.5, "HEADS": HEADS, "D": size, "BN": 64, "TMA": False}
    variants = {
        "%dx64, %d warps, %d stages" % shape: ("attention", arguments, dict(constants, BM=shape[0]), shape[1], shape[2])
        for shape in ((64, 4, 2), (64, 4, 3), (128, 4, 2), (128, 8, 2))
    }
    if arch == "sm_90a":
        boxes = dict(arguments, k=_box(64, size), v=_box(64, size))
        for rows, warps in ((64, 4), (128, 8)):
            name = "%dx64, %d warps, TMA" % (rows, warps)
            variants[name] = ("attention", boxes, dict(constants, BM=rows, TMA=True), warps, 2)
    name, kernel = "attention %d, 64x64 keys" % size, "attention_%s_%dx%d_" % ("wgmma" if arch == "sm_90a" else "mma", HEADS, size)
    return Case(name, arch, kernel, (64, 64, size), variants, fma=2 * 64 * 64 * size, sums=64 * 64 * 8)


def _router_case(arch):
    arguments = {"logits": "*fp32", "weights": "*fp32", "indices": _I32, "rows": "i32"}
    constants = {"E": EXPERTS - 1, "TOP_K": TOP_K, "BE": EXPERTS}
    variants = {"%d tokens a block" % tokens: ("router", arguments, dict(constants, BT=tokens), 4, 1) for tokens in (4, 16)}
    return Case("router of %d from %d" % (TOP_K, EXPERTS - 1), arch, "router_select_", None, variants)


CASES = [
    _product_case("linear", "linear_2048x2048_64x64x32_", "sm_80", (64, 64, 32), 4),
    _product_case("linear", "linear_2048x2048_128x128x32_", "sm_80", (128, 128, 32), 4),
    _gated_case("expert_2048x1024_128x128x32_", "sm_80", (128, 128, 32), 4),
    _product_case("loss", "loss_2048x100352_128x128x32_", "sm_80", (128, 128, 32), 8),
    _gradient_case("gradient_1024x2048_128x128x32_", "sm_80", (128, 128, 32), 4, (3, 4)),
    _attention_case("sm_80", 64),
    _attention_case("sm_80", 128),
    _router_case("sm_80"),
    _product_case("linear", "linear_2048x2048_128x256x64_", "sm_90a", (128, 256, 64), 8, boxes=2, copiers=1),
    _gated_case("expert_2048x1024_128x256x64_", "sm_90a", (128, 256, 64), 8, boxes=2, copiers=4),
    _product_case("loss", "loss_2048x100352_128x128x64_", "sm_90a", (128, 128, 64), 8, boxes=2, copiers=1),
    _gradient_case("gradient_1024x2048_128x256x64_", "sm_90a", (128, 256, 64), 8, (3, 4), copies=24, copiers=4),
    _attention_case("sm_90a", 64),
    _attention_case("sm_90a", 128),
    _router_case("sm_90a"),
]


def _run(*command):
    result = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if result.returncode:
        raise PeerError("%s: %s" % (os.path.basename(command[0]), result.stdout.strip() or "status %d" % result.returncode))
    return result.stdout


def find_ptxas(given):
    """As emo-device finds it; None: there is none."""
    if given:
        path = os.path.join(given, "bin", "ptxas") if os.path.isdir(given) else given
        if not os.access(path, os.X_OK):
            raise Error("cannot run '%s' of --ptxas, expected the program ptxas or a folder with bin/ptxas" % given)
        return path
    roots = [os.environ.get(name) for name in ("CUDA_HOME", "CUDA_PATH", "CUDA_ROOT")] + ["/usr/local/cuda"]
    found = [shutil.which("ptxas")] + [shutil.which(os.path.join(root, "bin", "ptxas")) for root in roots if root]
    return next((path for path in found if path), None)


def assemble(ptxas, ptx):
    """What ptxas says of each kernel of a file of PTX, and their code, by name."""
    with open(ptx) as file:
        text = file.read()
    arch, cubin = re.search(r"^\.target (\w+)", text, re.MULTILINE)[1], ptx[:-4] + ".cubin"
    log = _run(ptxas, "-v", "-warn-spills", "-arch=" + arch, ptx, "-o", cubin)
    kernels = cuda_census.read(cubin)
    found = {}
    for name, said in re.findall(r"Compiling entry function '(\w+)'(.*?)(?=Compiling entry|\Z)", log, re.DOTALL):
        threads = re.search(r"\.entry %s\(.*?\.(?:req|max)ntid (\d+)" % name, text, re.DOTALL)
        spills = re.search(r"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads", said)
        found[name] = {
            "registers": int(re.search(r"Used (\d+) registers", said)[1]),
            "stack_bytes": int(spills[1]),
            "spill_bytes": int(spills[2]),
            "warps": int(threads[1]) // 32,
            "code": kernels[name],
        }
    return found


def count(case, kernel, tokens=1, sums=0):
    """The figures of one contender. tokens: of a block, of Triton's router; emo's has one a warp. sums: multiply-adds of a step for sums."""
    row = {key: kernel[key] for key in ("registers", "stack_bytes", "spill_bytes", "warps")}
    code = kernel["code"]
    if not case.tile:
        row["instructions_per_token"] = code.own_instructions * kernel["warps"] / (tokens or kernel["warps"])
        return row
    loop, copies = code.main_loop(), code.copy_loop() if case.copiers else None
    if not loop:
        raise PeerError("has no loop with matrix instructions")
    warps = kernel["warps"] - (COPY_GROUP if copies else 0)
    steps = loop.fma * warps / (case.fma + sums)
    row.update(main_loop=loop.instructions, issued=loop.issued, matrix=loop.matrix, steps=steps, multiplying_warps=warps)
    row["slots"] = loop.issued * warps / steps
    if copies:
        row.update(copy_loop=copies.instructions, copying_warps=case.copiers)
        steps = copies.boxes / case.boxes if case.boxes else copies.copies / case.copies
        row["slots"] += copies.issued * case.copiers / steps
    return row


def _emo(ptxas, folder, arch, names):
    program, kernels, ptx = (os.path.join(folder, "cuda-%s.%s" % (arch, suffix)) for suffix in ("mlir", "kernels.mlir", "ptx"))
    with open(program, "w") as file:
        file.write(_program(names))
    _run(find_tool("emo-opt"), program, "--emo-kernels-to-cuda=archs=" + arch, "-o", kernels)
    _run(find_tool("emo-device"), kernels, "--arch=" + arch, "--emit=ptx", "-o", ptx)
    return assemble(ptxas, ptx)


def _count_emo(case, kernels):
    found = [name for name in kernels if name.startswith(case.kernel)]
    if not found:
        raise PeerError("emo makes no kernel %s* for %s" % (case.kernel, case.arch))
    return dict(count(case, kernels[found[0]], tokens=0, sums=case.sums), kernel=found[0])


def _count_triton(case, variant, worker, ptxas, folder):
    kernel, arguments, constants, warps, stages = case.variants[variant]
    ptx, arch = os.path.join(folder, "triton.ptx"), int(re.search(r"\d+", case.arch)[0])
    build = {"kernel": kernel, "arch": arch, "arguments": arguments, "constants": constants, "warps": warps, "stages": stages}
    worker.ask("triton", path=ptx, ptxas=ptxas, cache=os.path.join(folder, "triton-cache"), **build)
    (found,) = assemble(ptxas, ptx).values()
    return dict(count(case, found, constants.get("BT", 1)), variant=variant)


def _cost(row):
    return row["spill_bytes"] > 0, row.get("slots", row.get("instructions_per_token"))


def measure(options, folder, workers, triton, say):
    """triton: its version. One row for each case, with both contenders' figures."""
    worker = workers.get("triton")
    ptxas = find_ptxas(options.ptxas) or (worker and worker.ask("bundled_ptxas"))
    if not ptxas:
        return {"skipped": "no ptxas in PATH, CUDA_HOME or /usr/local/cuda, and no Triton that brings one; give it with --ptxas"}
    version = re.search(r"V([\d.]+)", _run(ptxas, "--version"))
    result = {"ptxas": ptxas, "ptxas_version": version[1] if version else "unknown", "triton": triton, "cases": [], "failed": {}}
    say("cuda: emo's kernels")
    cases = [case for case in CASES if not options.quick or case.name.split()[0] in QUICK]
    names = [name for name in _PROGRAMS if any(case.name.split()[0] == name for case in cases)]
    kernels = {arch: _emo(ptxas, folder, arch, names) for arch in ARCHS}
    for case in cases:
        name = "%s %s" % (case.arch, case.name)
        row = {"name": case.name, "arch": case.arch, "emo": _count_emo(case, kernels[case.arch])}
        result["cases"].append(row)
        if not worker:
            continue
        say("cuda: Triton's %s" % name)
        tried = []
        for variant in list(case.variants)[: 1 if options.quick else None]:
            try:
                tried.append(_count_triton(case, variant, worker, ptxas, folder))
            except PeerError as error:
                result["failed"]["%s, Triton, %s" % (name, variant)] = str(error)
        if tried:
            row["triton"] = min(tried, key=_cost)
            row["tried"] = {each["variant"]: _cost(each)[1] for each in tried}
    return result
