# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""pruned-equals-masked.py FOLDER: one layer of experts for every kind of router, pruned by emo-prune-experts, against the same layer with
-inf for the logits of dropped experts. By kernels in f32, and by the reference lowering in f64.

Both compute the same sums of the same numbers, but softmax sums over fewer terms and, where all experts left are chosen, combine adds
them in another order. Outputs are at most 4 in size and sums of at most 8 choices: 16 * 2^-24 * 4 = 4e-6 in f32, 1e-14 in f64.
"""
import itertools
import json
import os
import subprocess
import sys

import numpy as np

TOKENS, WIDTH, HIDDEN = 13, 8, 6
TOLERANCE = {"kernels": 4e-6, "f64": 1e-14}
rng = np.random.default_rng(7)


def literal(array):
    return "#emo.literal<dense<%s> : tensor<%sxf32>>" % (json.dumps(array.astype(np.float32).astype(float).tolist()), "x".join(map(str, array.shape)))


class Case:
    def __init__(self, name, routed, keep, shared=0, attributes="", bias=False, shared_logits=False, biases=False, split=False):
        self.name, self.routed, self.keep, self.shared, self.attributes = name, routed, keep, shared, attributes
        self.bias, self.shared_logits, self.biases, self.split = bias, shared_logits, biases, split

    def text(self, masked):
        """The module; `masked`: with a constant pool in front of the router."""
        routed, shared = self.routed, self.shared
        all_ = routed + shared
        top_k = int(self.attributes.split("top_k = ")[1].split(" ")[0])
        k = top_k + shared
        rows = routed + (shared if self.shared_logits else 0)
        own = np.random.default_rng(sum(map(ord, self.name)))
        draw = lambda *shape: own.uniform(-1, 1, shape)
        shapes = dict(router=(rows, WIDTH), up=(all_, HIDDEN, WIDTH), gate=(all_, HIDDEN, WIDTH), down=(all_, WIDTH, HIDDEN), up_bias=(all_, HIDDEN),
                      down_bias=(all_, WIDTH), bias=(routed,))
        types = {name: "tensor<%sxf32>" % "x".join(map(str, shape)) for name, shape in shapes.items()}
        params = "".join("  emo.param @%s : %s from [%s]\n" % (name, types[name], literal(draw(*shape))) for name, shape in shapes.items())
        refs = "".join("    %%%s = emo.param.ref @%s : %s\n" % (name, name, types[name]) for name in shapes)
        lines = ["%%scores = emo.linear %%x, %%router : tensor<?x%dxf32>, %s -> tensor<?x%dxf32>" % (WIDTH, types["router"], rows)]
        logits, extra = "%scores", ""
        if self.shared_logits:
            lines += ["%%routed = tensor.extract_slice %%scores[0, 0] [%%n, %d] [1, 1] : tensor<?x%dxf32> to tensor<?x%dxf32>" % (routed, rows, routed),
                      "%%others = tensor.extract_slice %%scores[0, %d] [%%n, %d] [1, 1] : tensor<?x%dxf32> to tensor<?x%dxf32>" % (routed, shared, rows, shared)]
            logits, extra = "%routed", " shared_logits(%%others : tensor<?x%dxf32>)" % shared
        if self.bias:
            extra = " bias(%%bias : tensor<%dxf32>)" % routed + extra
        if masked:
            pool = json.dumps([[e in self.keep for e in range(routed)]])
            lines += ["%%pool = arith.constant dense<%s> : tensor<1x%dxi1>" % (pool, routed),
                      "%%masked = emo.mask_experts %s, %%pool : tensor<?x%dxf32>, tensor<1x%dxi1>" % (logits, routed, routed)]
            logits = "%masked"
        lines += ["%%w, %%i = emo.route %s%s {num_shared = %d : i64, %s} : tensor<?x%dxf32> -> tensor<?x%dxf32>, tensor<?x%dxi32>"
                  % (logits, extra, shared, self.attributes, routed, k, k),
                  "%%o, %%t, %%inv = emo.group_by_expert %%i {num_experts = %d : i64} : tensor<?x%dxi32> -> tensor<%dxi32>, tensor<?xi32>, tensor<?x%dxi32>"
                  % (all_, k, all_ + 1, k),
                  "%%rows = emo.dispatch %%x, %%t : tensor<?x%dxf32>, tensor<?xi32> -> tensor<?x%dxf32>" % (WIDTH, WIDTH)]
        offsets = "tensor<%dxi32>" % (all_ + 1)
        if self.split:
            lines += ["%%h = emo.grouped_matmul %%rows, %%up, %%o bias(%%up_bias : %s) : tensor<?x%dxf32>, %s, %s -> tensor<?x%dxf32>"
                      % (types["up_bias"], WIDTH, types["up"], offsets, HIDDEN),
                      "%%a = math.tanh %%h : tensor<?x%dxf32>" % HIDDEN,
                      "%%y = emo.grouped_matmul %%a, %%down, %%o : tensor<?x%dxf32>, %s, %s -> tensor<?x%dxf32>" % (HIDDEN, types["down"], offsets, WIDTH)]
        else:
            biases = " up_bias(%%up_bias : %s) down_bias(%%down_bias : %s)" % (types["up_bias"], types["down_bias"]) if self.biases else ""
            lines += ["%%y = emo.expert_mlp %%rows, %%o up(%%up : %s) down(%%down : %s) gate(%%gate : %s)%s : tensor<?x%dxf32>, %s -> tensor<?x%dxf32>"
                      % (types["up"], types["down"], types["gate"], biases, WIDTH, offsets, WIDTH)]
        lines += ["%%z = emo.combine %%y, %%w, %%inv : tensor<?x%dxf32>, tensor<?x%dxf32>, tensor<?x%dxi32> -> tensor<?x%dxf32>" % (WIDTH, k, k, WIDTH)]
        body = "".join("    %s\n" % line for line in lines)
        return ('module attributes {emo.phase = "raise"} {\n%s  func.func @forward(%%x: tensor<?x%dxf32> {emo.name = "x"}) -> (tensor<?x%dxf32> {emo.name = "y"}) {\n'
                "    %%c0 = arith.constant 0 : index\n    %%n = tensor.dim %%x, %%c0 : tensor<?x%dxf32>\n%s%s    return %%z : tensor<?x%dxf32>\n  }\n}\n"
                % (params, WIDTH, WIDTH, WIDTH, refs, body, WIDTH))


def cases():
    keeps = {"all": range(8), "five": [0, 2, 3, 5, 7], "top-k": [1, 4, 6], "fewer": [2, 7]}
    for (size, keep), scoring, order, normalize in itertools.product(keeps.items(), ("softmax", "sigmoid"), ("score_then_top_k", "top_k_then_score"), (False, True)):
        attributes = "top_k = 3 : i64, scoring = #emo.scoring<%s>, order = #emo.route_order<%s>, normalize = %s, epsilon = 0.001 : f64, scale = 1.5 : f64" % (
            scoring, order, str(normalize).lower())
        yield Case("%s %s %s %s" % (size, scoring, order, "normalised" if normalize else "plain"), 8, list(keep), shared=int(normalize), attributes=attributes)
    for size, keep in keeps.items():
        yield Case(size + " selection bias", 8, list(keep), attributes="top_k = 3 : i64, scoring = #emo.scoring<sigmoid>, normalize = true", bias=True)
        yield Case(size + " softmax of two shared", 8, list(keep), shared=2, shared_logits=True, attributes="top_k = 3 : i64", biases=True)
        yield Case(size + " grouped products", 8, list(keep), shared=1, attributes="top_k = 3 : i64", split=True)
    for size, keep in {"all": range(8), "two of four in each group": [0, 3, 5, 6], "three and one": [0, 2, 3, 5], "one group": [4, 5, 6, 7],
                       "one in each group": [1, 6]}.items():
        yield Case(size + ", groups", 8, list(keep), shared=1, bias=True, attributes="top_k = 2 : i64, num_groups = 2 : i64, scoring = #emo.scoring<sigmoid>, normalize = true")
    for size, keep in {"all": range(8), "five": keeps["five"], "two": [2, 7]}.items():
        yield Case(size + " sparse mixer", 8, list(keep), attributes="top_k = 2 : i64, sparse_mixer = true, jitter = 0.2 : f64")


def run(path, folder, mode, x):
    inputs, outputs = os.path.join(folder, "in"), os.path.join(folder, "out")
    os.makedirs(inputs, exist_ok=True)
    np.save(os.path.join(inputs, "x.npy"), x)
    flags = {"kernels": [], "f64": ["--reference=f64"]}[mode]
    subprocess.run(["emo-run", path, "--inputs=" + inputs, "--outputs=" + outputs] + flags, check=True)
    return np.load(os.path.join(outputs, "y.npy"))


folder = sys.argv[1]
os.makedirs(folder, exist_ok=True)
x = rng.uniform(-1, 1, (TOKENS, WIDTH)).astype(np.float32)
count = 0
for case in cases():
    paths = {name: os.path.join(folder, name) for name in ("full.mlir", "masked.mlir", "pruned.mlir", "set.json")}
    for name, masked in (("full.mlir", False), ("masked.mlir", True)):
        with open(paths[name], "w") as file:
            file.write(case.text(masked))
    keep = list(case.keep) + list(range(case.routed, case.routed + case.shared))
    with open(paths["set.json"], "w") as file:
        json.dump({"layers": [{"keep": keep}]}, file)
    subprocess.run(["emo-opt", "--pass-pipeline=builtin.module(emo-prune-experts{experts=%s})" % paths["set.json"], paths["full.mlir"], "-o", paths["pruned.mlir"]],
                   check=True, stderr=subprocess.DEVNULL)
    for mode, tolerance in TOLERANCE.items():
        pruned, masked = run(paths["pruned.mlir"], folder, mode, x), run(paths["masked.mlir"], folder, mode, x)
        worst = np.abs(pruned - masked).max()
        if len(case.keep) == case.routed and not np.array_equal(pruned, run(paths["full.mlir"], folder, mode, x)):
            sys.exit("%s, %s: keeping all is not the same to the bit" % (case.name, mode))
        if not worst <= tolerance:
            sys.exit("%s, %s: differs by %.3g at most, allowed %.3g" % (case.name, mode, worst, tolerance))
    count += 1
print("%d routers equal" % count)
