# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""routing.py FOLDER: properties of routing and of the maps from tiles to experts, on the emulator, for both architectures.

One program routes, groups, multiplies by experts, combines, and attends inside documents, for numbers of tokens around the sizes of tiles. Logits
are inputs in effect (the router's weight is the identity) and products are of small integers, so that choices, groups and products are exact.
"""
import os
import shutil
import sys

import numpy as np

from programs import Program, bf16, dim, matmul, output, tensor, wide, write_arrays

rng = np.random.default_rng(1)
EXPERTS, TOP_K, DEPTH, COLUMNS = 8, 2, 64, 48
CHOICES = TOP_K + 1  # and a shared expert


def program():
    logits, choice, weight = tensor("f32", "?", EXPERTS), tensor("i32", "?", CHOICES), tensor("f32", "?", CHOICES)
    pool, segments, x, rows, y = tensor("i1", "?", EXPERTS), tensor("i32", "?"), tensor("bf16", "?", DEPTH), tensor("i32", "?"), tensor("f32", "?", COLUMNS)
    offsets, weights, heads, store = tensor("i32", EXPERTS + 2), tensor("bf16", EXPERTS + 1, COLUMNS, DEPTH), tensor("bf16", 1, "?", 2, 16), tensor("bf16", 1, 2, "?", 16)
    documents = tensor("i32", 1, "?")
    body = dim("m", "logits", logits) + "    %choices = arith.constant {0} : index\n    %n = arith.muli %m, %choices : index\n".format(CHOICES)
    for name, kind in (("w0", weight), ("i0", choice), ("v0", choice)):
        body += "    %{0} = tensor.empty(%m) : {1}\n".format(name, kind)
    body += "    %o0 = tensor.empty() : {0}\n    %t0 = tensor.empty(%n) : {1}\n    %y0 = tensor.empty(%m) : {2}\n".format(offsets, rows, y)
    body += "    %at = tensor.empty(%m) : {0}\n    %s0 = tensor.empty(%m) : {1}\n".format(heads, store)
    body += ("    %w, %indices = emo.kernel.router x(%logits : {0}) weight(%identity : {1}) pool(%pool : {2}) segments(%segments : {3}) outs(%w0, %i0 : {4}, {5}) "
             "{{top_k = {6} : i64, num_shared = 1 : i64}} -> {4}, {5}\n".format(logits, tensor("f32", EXPERTS, EXPERTS), pool, segments, weight, choice, TOP_K))
    body += ("    %offsets, %tokens, %inverse = emo.kernel.group_by_expert indices(%indices : {0}) outs(%o0, %t0, %v0 : {1}, {2}, {0}) -> {1}, {2}, {0}\n"
             .format(choice, offsets, rows))
    body += matmul("products", ("x", x), [("experts", weights)], y, "n", "tokens", ("offsets", offsets))
    body += ("    %sums = emo.kernel.combine rows(%products : {0}) weights(%w : {1}) inverse(%inverse : {2}) outs(%y0 : {0}) attributes {{kinds = []}} {{\n"
             "    ^bb0(%a: f32):\n      emo.kernel.yield %a : f32\n    }} -> {0}\n".format(y, weight, choice))
    body += ("    %attended, %keys, %values = emo.kernel.attention q(%q : {0}) k(%q : {0}) v(%v : {0}) segments(%documents : {1}) outs(%at, %s0, %s0 : {0}, {2}, {2}) "
             "{{scale = 0.25 : f64, causal = true}} -> {0}, {2}, {2}\n".format(heads, documents, store))
    params = {"identity": np.eye(EXPERTS, dtype=np.float32), "experts": bf16(rng.integers(-3, 4, (EXPERTS + 1, COLUMNS, DEPTH)))}
    return Program({"logits": logits, "pool": pool, "segments": segments, "x": x, "q": heads, "v": heads, "documents": documents},
                   {"w": weight, "indices": choice, "offsets": offsets, "tokens": rows, "inverse": choice, "products": y, "sums": y, "attended": heads}, body, params)


def case(routing, tokens):
    """Inputs: `logits` are distinct in a row, so that there is one right choice."""
    logits = np.argsort(rng.random((tokens, EXPERTS)), -1).astype(np.float32) / 4
    pool, segments = np.ones((1, EXPERTS), bool), np.zeros(tokens, np.int32)
    if routing == "one expert takes all":
        logits[:, 3] += 8
    if routing == "empty experts":
        logits[:, ::2] -= 8
    if routing == "pools of top-k, documents of one token":
        pool = np.argsort(rng.random((max(tokens, 1), EXPERTS)), -1) < TOP_K
        segments = np.arange(tokens, dtype=np.int32)
    heads = lambda: bf16(rng.integers(-8, 9, (1, tokens, 2, 16)))
    return {"logits": logits, "pool": pool, "segments": segments, "x": bf16(rng.integers(-4, 5, (tokens, DEPTH))), "q": heads(), "v": heads(),
            "documents": np.arange(tokens, dtype=np.int32)[None]}


def expected(inputs, experts):
    masked = np.where(inputs["pool"][inputs["segments"]], inputs["logits"], -np.inf).astype(np.float64)
    tokens = len(masked)
    indices = np.hstack([np.argsort(-masked, -1, kind="stable")[:, :TOP_K], np.full((tokens, 1), EXPERTS)])
    scores = np.exp(masked - masked.max(-1, keepdims=True, initial=-1e30))
    scores /= scores.sum(-1, keepdims=True)
    w = np.hstack([np.take_along_axis(scores, indices[:, :TOP_K], -1), np.ones((tokens, 1))])
    order = np.argsort(indices.reshape(-1), kind="stable")
    inverse = np.argsort(order).reshape(indices.shape)
    rows = order // CHOICES
    products = np.einsum("rk,rnk->rn", wide(inputs["x"])[rows], experts[indices.reshape(-1)[order]])
    return {"indices": indices, "offsets": np.searchsorted(indices.reshape(-1)[order], np.arange(EXPERTS + 2)), "tokens": rows, "inverse": inverse,
            "products": products, "w": w, "sums": (w[:, :, None] * products[inverse]).sum(1), "attended": wide(inputs["v"])}


def check(found, right, where):
    # Weights: an exponential and a quotient of a few ulps each, a sum of eight. Sums: as many roundings as choices, and the weights' errors.
    weight = 16 * 2.0**-24
    size = (np.abs(right["w"])[:, :, None] * np.abs(right["products"])[right["inverse"]]).sum(1)
    tolerance = {"w": weight * right["w"], "sums": (weight + CHOICES * 2.0**-24) * size}
    for name, values in right.items():
        if found[name].shape != values.shape or not (np.abs(wide(found[name]) - values) <= tolerance.get(name, 0)).all():
            sys.exit("%s: %s is wrong: found\n%s\nexpected\n%s" % (where, name, wide(found[name]), values))


def main():
    folder, given, results = sys.argv[1], os.path.join(sys.argv[1], "in"), os.path.join(sys.argv[1], "out")
    made = program()
    path, experts = made.write(folder, "routing"), wide(made.params["experts"])
    artifact = os.path.join(folder, "routing")
    output("emo-compile", path, "--target=cuda", "--cuda-arch=sm_80,sm_90a", "-o", artifact)
    runs = 0
    for routing in ("any", "one expert takes all", "empty experts", "pools of top-k, documents of one token"):
        for tokens in (0, 1, 15, 16, 17, 4096):
            inputs = case(routing, tokens)
            right = expected(inputs, experts)
            write_arrays(given, inputs)
            # Loads of large cases are not looked at one by one.
            modes = ["lazy,schedule=reversed", "schedule=random,seed=2"] if tokens < 100 else ["no-checks,lazy,schedule=reversed"]
            for arch in ("sm_80", "sm_90a"):
                for mode in modes:
                    shutil.rmtree(results, ignore_errors=True)
                    output(artifact, "run", "--device=emulate", "--emulation=arch=%s,%s" % (arch, mode), "--inputs", given, "--outputs", results)
                    found = {name: np.load(os.path.join(results, name + ".npy")) for name in right}
                    check(found, right, "%s, %d tokens, %s, %s" % (routing, tokens, arch, mode))
                    runs += 1
    print("%d runs as expected" % runs)


main()
