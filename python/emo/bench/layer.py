# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""One MoE layer: given expert ids and weights to the layer's output, in bf16. The router is not timed; no peer's op has it."""

import math
import os
import time

import numpy as np

from .. import compiler
from ..model import Model
from . import machine, weights
from .peers import PeerError, take_turns

SHAPES = {
    "a": {"experts": 128, "shared": 1, "top_k": 8, "width": 2048, "hidden": 1024, "name": "EMO, 127+1 experts, top 7+1"},
    "b": {"experts": 16, "shared": 1, "top_k": 8, "width": 2048, "hidden": 1024, "name": "EMO pruned to 15+1 experts, top 7+1"},
}
QUICK = {"tiny": {"experts": 9, "shared": 1, "top_k": 3, "width": 64, "hidden": 32, "name": "8+1 experts, top 2+1"}}
# How much slower than the fastest a variant may be to be called more often than it has to, and to be called with more tokens at all.
SLOW, HOPELESS = 4, 20
TOKENS = (1, 8, 64, 512, 2048)

PROGRAM = """\
module attributes {{emo.model = {{name = "layer"}}}} {{
  emo.param @gate : {up} from [#emo.source<"layer.bin", 0, {up}>]
  emo.param @up : {up} from [#emo.source<"layer.bin", {bytes}, {up}>]
  emo.param @down : {down} from [#emo.source<"layer.bin", {twice}, {down}>]
  func.func @forward(%x: {rows} {{emo.name = "x", emo.dims = ["tokens", ""]}},
                     %ids: {ids} {{emo.name = "ids", emo.dims = ["tokens", ""], emo.range = array<i64: 0, {experts}>}},
                     %weights: {weights} {{emo.name = "weights", emo.dims = ["tokens", ""]}})
      -> ({rows} {{emo.name = "y", emo.dims = ["tokens", ""]}}) {{
    %offsets, %tokens, %inverse = emo.group_by_expert %ids {{num_experts = {experts} : i64}}
      : {ids} -> {offsets}, tensor<?xi32>, {ids}
    %rows = emo.dispatch %x, %tokens : {rows}, tensor<?xi32> -> {rows}
    %gate = emo.param.ref @gate : {up}
    %up = emo.param.ref @up : {up}
    %down = emo.param.ref @down : {down}
    %out = emo.expert_mlp %rows, %offsets up(%up : {up}) down(%down : {down}) gate(%gate : {up}) : {rows}, {offsets} -> {rows}
    %y = emo.combine %out, %weights, %inverse : {rows}, {weights}, {ids} -> {rows}
    return %y : {rows}
  }}
}}
"""


def reference(path, shape, x, ids, chosen):
    """f32 arithmetic on the bf16 weights and inputs."""
    size = (shape["experts"], shape["hidden"], shape["width"])
    gate, up, down = np.memmap(path, np.uint16, "r").reshape(3, -1)
    gate, up, down = gate.reshape(size), up.reshape(size), down.reshape(size[0], size[2], size[1])
    x, y = weights.from_bf16(x), np.zeros(x.shape, np.float32)
    for token, place in np.ndindex(ids.shape):
        expert = ids[token, place]
        g, u = (weights.from_bf16(w[expert]) @ x[token] for w in (gate, up))
        y[token] += chosen[token, place] * (weights.from_bf16(down[expert]) @ (g / (1 + np.exp(-g)) * u))
    return y


class Emo:
    """The compiled layer, with a given kind of weights memory."""

    def __init__(self, program, threads, memory):
        self.model = Model(program, threads=threads, weights_memory=memory)

    def inputs(self, sets):
        self.sets = [dict(zip(("x", "ids", "weights"), arrays)) for arrays in sets]
        self.out = [{"y": np.empty(arrays[0].shape, self.model.outputs[0].numpy_dtype)} for arrays in sets]

    def run(self, sets):
        seconds = []
        for i in sets:
            begin = time.perf_counter()
            self.model.run(self.sets[i], out=self.out[i])
            seconds.append(time.perf_counter() - begin)
        return seconds

    def output(self):
        self.run([0])
        return weights.from_bf16(self.out[0]["y"].view(np.uint16))


def compile_layer(folder, shape):
    """Writes weights and IR of a layer, and compiles them; the path of the program."""
    weights.write_layer(os.path.join(folder, "layer.bin"), shape)
    count = shape["experts"] * shape["hidden"] * shape["width"]
    types = {
        "up": "tensor<{experts}x{hidden}x{width}xbf16>",
        "down": "tensor<{experts}x{width}x{hidden}xbf16>",
        "rows": "tensor<?x{width}xbf16>",
        "ids": "tensor<?x{top_k}xi32>",
        "weights": "tensor<?x{top_k}xf32>",
        "offsets": "tensor<{ends}xi32>",
    }
    values = dict(shape, bytes=2 * count, twice=4 * count)
    values.update({name: text.format(ends=shape["experts"] + 1, **shape) for name, text in types.items()})
    with open(os.path.join(folder, "layer.mlir"), "w") as file:
        file.write(PROGRAM.format(**values))
    program = os.path.join(folder, "layer.so")
    compiler.compile(os.path.join(folder, "layer.mlir"), program, cpu="native", weights_dir=folder).close()
    return program


def measure(options, folder, peers, say):
    """A list of results, one for each shape and number of tokens."""
    results = []
    for key, shape in (QUICK if options.quick else SHAPES).items():
        say("layer %s: compiling" % key)
        program = compile_layer(folder, shape)
        ours = {"emo huge": Emo(program, options.threads, "huge"), "emo mapped": Emo(program, options.threads, "map")}
        theirs, failed = {}, {}
        for engine, peer in peers.items():
            sizes = {name: shape[name] for name in ("experts", "width", "hidden", "top_k")}
            try:
                peer.ask("layer", engine=engine, path=os.path.join(folder, "layer.bin"), **sizes)
                theirs[engine] = peer
            except PeerError as error:
                failed[engine] = str(error)
        hopeless = {}
        for tokens in (1, 8) if options.quick else options.tokens:
            say("layer %s: %d tokens" % (key, tokens))
            results.append(_point(options, folder, key, shape, tokens, ours, theirs, dict(failed), hopeless))
        for emo in ours.values():
            emo.model.close()
        for peer in theirs.values():
            peer.ask("free")
    return results


def _point(options, folder, key, shape, tokens, ours, theirs, failed, hopeless):
    """`hopeless`: why variants are no longer called, by name; from points with fewer tokens, and added to."""
    calls, turns, count = (1, 1, 2) if options.quick else (10, 5, 12) if tokens <= 8 else (5, 5, 12) if tokens <= 64 else (3, 5, 6)
    sets = [weights.layer_input(shape, tokens, number) for number in range(count)]
    prefixes = [os.path.join(folder, "inputs-%d" % number) for number in range(count)]
    for prefix, arrays in zip(prefixes, sets):
        for array, suffix in zip(arrays, (".x", ".ids", ".weights")):
            array.tofile(prefix + suffix)

    contenders, errors, trials = {}, {}, {}
    expected = reference(os.path.join(folder, "layer.bin"), shape, *sets[0]) if tokens <= 8 else None

    def error_of(output):
        return None if expected is None else float(np.linalg.norm(output - expected) / np.linalg.norm(expected))

    fastest = math.inf  # of single calls, ours and theirs
    for name, emo in ours.items():
        emo.inputs(sets)
        contenders[name], errors[name] = emo.run, error_of(emo.output())
        fastest = min(fastest, *emo.run([1]))
    for engine, peer in theirs.items():
        peer.ask("call", method="inputs", prefixes=prefixes, tokens=tokens)
        tried = {}
        for variant in peer.ask("call", method="variants", quick=options.quick, tokens=tokens):
            name = "%s %s" % (engine, variant)
            path = os.path.join(folder, "output")
            if name in hopeless:
                failed[name] = hopeless[name]
                continue
            try:
                peer.ask("call", method="output", variant=variant, path=path)
                seconds = peer.ask("call", method="run", variant=variant, sets=[1])
                # Not again what is far behind: without bf16 instructions some variants take tens of seconds a call.
                if seconds[0] < SLOW * fastest:
                    seconds += peer.ask("call", method="run", variant=variant, sets=list(range(2, count)))
                tried[name] = min(seconds)
                fastest = min(fastest, tried[name])
            except PeerError as error:
                failed[name] = str(error)
                continue
            trials[name] = 1e3 * tried[name]
            errors[name] = error_of(np.fromfile(path, np.float32).reshape(tokens, -1))
            if tried[name] > HOPELESS * fastest and not options.quick:
                hopeless[name] = "%.0f times as slow as the fastest at %d tokens" % (tried[name] / fastest, tokens)
        # The fastest variants stay in the race.
        for name in sorted(tried, key=tried.get)[:2]:
            contenders[name] = lambda sets, peer=peer, variant=name.split(" ", 1)[1]: peer.ask(
                "call", method="run", variant=variant, sets=sets
            )

    def turn(name, run):
        if trials.get(name, 0) > 1e3 * SLOW * fastest:
            return lambda number: run([number % count])
        # A turn begins with a tenth of a second of calls that are not counted: they find caches full of the others' data, threads asleep
        # and, after an idle moment, slower memory.
        warm = 1 if options.quick else max(1, math.ceil(0.1 / min(run(list(range(count))))))
        return lambda number: run([(number * calls + i) % count for i in range(-warm, calls)])[warm:]

    runs = {name: turn(name, run) for name, run in contenders.items()}
    taken, roofs = machine.with_roofs(options, lambda: take_turns(runs, turns, 0 if options.quick else 0.3))
    experts = float(np.mean([len(np.unique(ids)) for _, ids, _ in sets]))
    flops = 6.0 * shape["width"] * shape["hidden"] * tokens * shape["top_k"]
    read = 6.0 * shape["width"] * shape["hidden"] * experts
    bounds = [1e3 * read / (1e9 * roofs["dram_gb_s"])] + (
        [1e3 * flops / (1e12 * roofs["bf16_tflop_s"])] if roofs["bf16_tflop_s"] else []
    )
    rows = {}
    for name, lists in taken.items():
        times = sorted(1e3 * second for seconds in lists for second in seconds)
        rows[name] = {
            "median_ms": times[len(times) // 2],
            "min_ms": times[0],
            "calls": len(times),
            "error": errors[name],
            "roofline": max(bounds) / times[len(times) // 2],
        }
    return {
        "shape": key,
        "name": shape["name"],
        "tokens": tokens,
        "experts_read": experts,
        "flops": flops,
        "weight_bytes": read,
        "roofs": roofs,
        "bound_ms": max(bounds),
        "contenders": rows,
        "trials_ms": trials,
        "failed": failed,
    }
