# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""mutations.py FOLDER ARCH [PROGRAM...]

Small programs that launch every kind of kernel, with sizes that need what is in it: several turns of each ring, tails of all dimensions, experts
without rows, keys behind the end that are NaN. emo-mutate seeds bugs into the kernels; all must be caught but those that EQUIVALENT explains.
Prints a table and what it cannot explain; the results of each mutation are left in FOLDER/PROGRAM.ARCH.txt.
"""
import os
import re
import sys
from collections import Counter, defaultdict

import numpy as np

from programs import Program, bf16, dim, matmul, output, tensor, write_arrays

rng = np.random.default_rng(0)


def normal(*shape):
    return rng.standard_normal(shape).astype(np.float32)


def product(k, n, rows):
    """Without experts. Weights are an input: a read behind them is one behind an allocation."""
    x, w, y = tensor("bf16", "?", k), tensor("bf16", n, k), tensor("bf16", "?", n)
    body = dim("m", "x", x) + matmul("y", ("x", x), [("w", w)], y, "m")
    weights = bf16(normal(n, k))
    return Program({"x": x, "w": w}, {"y": y}, body), [{"x": bf16(normal(m, k)), "w": weights} for m in rows]


def dense():
    return product(360, 74, (1, 3, 6, 13, 70))


def large():
    # Blocks with the first tile, and with the last rows and columns, of both architectures; those of sm_90a have two tiles each.
    return *product(584, 3850, (1100,)), "--blocks=0,11,278"


def grouped(k, n, sizes, tokens, both=True):
    """Gated products of gathered rows with a bias for each expert, and plain ones of neighbouring rows."""
    experts, make = len(sizes[0]), lambda *shape: bf16(normal(*shape))
    x, y, weights, bias = tensor("bf16", "?", k), tensor("bf16", "?", n), tensor("bf16", experts, n, k), tensor("f32", experts, n)
    offsets, rows = tensor("i32", experts + 1), tensor("i32", "?")
    body = dim("m", "rows", rows)
    body += matmul("h", ("x", x), [("gate", weights), ("up", weights)], y, "m", "rows", ("offsets", offsets), [("bias", bias, "column")])
    inputs = {"x": x, "rows": rows, "offsets": offsets, "bias": bias, "gate": weights, "up": weights}
    given = {"gate": make(experts, n, k), "up": make(experts, n, k), "bias": normal(experts, n)}
    cases = [dict(given, x=make(tokens, k), rows=rng.integers(0, tokens, sum(s)).astype(np.int32), offsets=np.cumsum([0] + s).astype(np.int32))
             for s in sizes]
    if not both:
        return Program(inputs, {"h": y}, body), cases
    body += matmul("y", ("z", x), [("down", weights)], y, "m", None, ("offsets", offsets), [("residual", y, "element")])
    down = make(experts, n, k)
    return (Program(dict(inputs, z=x, down=weights, residual=y), {"h": y, "y": y}, body),
            [dict(case, z=make(sum(s), k), down=down, residual=make(sum(s), n)) for case, s in zip(cases, sizes)])


def experts():
    return grouped(328, 42, [[2, 0, 1, 0, 3], [7, 0, 20, 17, 5], [70, 0, 65, 9, 5]], 30)


def large_experts():
    return *grouped(584, 906, [[257, 0, 1025, 514]], 300, False), "--blocks=0,10,268"


def gradient_of(n, k, sizes, tokens):
    dy, x, rows, offsets = tensor("bf16", "?", n), tensor("bf16", "?", k), tensor("i32", "?"), tensor("i32", len(sizes[0]) + 1)
    dw = tensor("f32", len(sizes[0]), n, k)
    body = "    %%e = tensor.empty() : %s\n" % dw
    body += "    %%dw = emo.kernel.weight_gradient dy(%%dy : %s) x(%%x : %s) gather(%%rows : %s) offsets(%%offsets : %s) outs(%%e : %s) -> %s\n" % (dy, x, rows, offsets, dw, dw)
    cases = [{"dy": bf16(normal(sum(s), n)), "x": bf16(normal(tokens, k)), "rows": rng.integers(0, tokens, sum(s)).astype(np.int32),
              "offsets": np.cumsum([0] + s).astype(np.int32)} for s in sizes]
    return Program({"dy": dy, "x": x, "rows": rows, "offsets": offsets}, {"dw": dw}, body), cases


def gradient_small():
    return gradient_of(72, 56, [[150, 0, 201, 5], [3, 0, 0, 37], [0, 1, 0, 69], [1, 0, 0, 101]], 40)


def gradient():
    return gradient_of(136, 264, [[1560, 0, 33], [3, 0, 5], [3, 0, 69], [0, 1, 101]], 40)


def simple():
    x, o, y = tensor("f32", "?", 42), tensor("bf16", "?", 21), tensor("f32", "?", 66)
    w, v = tensor("f32", 66, 42), tensor("bf16", 66, 21)
    body = dim("m", "x", x) + matmul("y", ("x", x), [("w", w)], y, "m") + matmul("z", ("o", o), [("v", v)], y, "m")
    given = {"w": normal(66, 42), "v": bf16(normal(66, 21))}
    return Program({"x": x, "o": o, "w": w, "v": v}, {"y": y, "z": y}, body), [dict(given, x=normal(m, 42), o=bf16(normal(m, 21))) for m in (1, 3, 6, 70)]


def attention(kind, size, cases, cached, *flags):
    heads = 2
    q, k, store = (tensor(kind, "?", "?", h, size) for h in (heads, 1, 0))
    store = tensor(kind, "?", 1, "?", size)
    make = bf16 if kind == "bf16" else np.float32
    inputs = {"q": q, "k": k, "v": k, "keys": store, "values": store}
    inputs["lengths" if cached else "segments"] = tensor("i32", "?") if cached else tensor("i32", "?", "?")
    body = dim("b", "q", q) + dim("s", "q", q, 1) + "    %%o = tensor.empty(%%b, %%s) : %s\n" % q
    body += ("    %%y:3 = emo.kernel.attention q(%%q : %s) k(%%k : %s) v(%%v : %s) table(%%table : %s) %s outs(%%o, %%keys, %%values : %s, %s, %s) "
             "{scale = 0.4 : f64, causal = true} -> %s, %s, %s\n" % (q, k, k, tensor("f32", 1024, size),
             "start(%lengths : tensor<?xi32>)" if cached else "segments(%segments : tensor<?x?xi32>)", q, store, store, q, store, store))
    program = Program(inputs, {"y#0": q, "y#1": store, "y#2": store}, body, {"table": normal(1024, size)})
    folders = []
    for sequence, capacity, lengths in cases:
        batch = len(lengths)
        case = {"q": make(normal(batch, sequence, heads, size)), "k": make(normal(batch, sequence, 1, size)), "v": make(normal(batch, sequence, 1, size)),
                "keys": make(normal(batch, 1, capacity, size)), "values": make(normal(batch, 1, capacity, size))}
        if cached:
            case["lengths"] = np.array(lengths, np.int32)
            for b, length in enumerate(lengths): # behind the last key there may be anything
                for store in (case["keys"], case["values"]):
                    store[b, :, length + sequence:] = 0x7FC0 if kind == "bf16" else np.nan
        else:
            case["segments"] = np.array([np.searchsorted(l, np.arange(sequence), "right") for l in lengths], np.int32)
        folders.append(case)
    return program, folders, *flags


def attention_f32():
    return attention("f32", 12, [(1, 20, [7, 0]), (3, 600, [300, 31]), (11, 60, [30, 3]), (66, 70, [0])], True)


def attention_f32_documents():
    return attention("f32", 12, [(3, 20, [[1], [3]]), (300, 300, [[10, 40, 41, 290]])], False, "--blocks=0,3")


def attention_bf16():
    return attention("bf16", 64, [(1, 20, [7, 0]), (3, 600, [300, 31]), (66, 200, [101])], True)


def attention_bf16_documents():
    return attention("bf16", 64, [(3, 20, [[1], [3]]), (300, 300, [[10, 64, 65, 290]])], False, "--blocks=0,3")


def router():
    x = tensor("f32", "?", 24)
    weights, indices = tensor("f32", "?", 5), tensor("i32", "?", 5)
    pair, numbers, scores = tensor("f32", "?", 4), tensor("i32", "?", 4), tensor("f32", "?", 41)
    body = dim("m", "x", x)
    for name, kind in (("f5", weights), ("i5", indices), ("f4", pair), ("i4", numbers), ("fs", scores)):
        body += "    %%%s = tensor.empty(%%m) : %s\n" % (name, kind)
    body += ("    %%w0, %%i0 = emo.kernel.router x(%%x : %s) weight(%%w : tensor<41x24xf32>) outs(%%f5, %%i5 : %s, %s) {top_k = 3 : i64, num_shared = 2 : i64} -> %s, %s\n"
             % (x, weights, indices, weights, indices))
    body += ("    %%w1, %%i1, %%s1 = emo.kernel.router x(%%x : %s) weight(%%w : tensor<41x24xf32>) bias(%%bias : tensor<41xf32>) pool(%%pool : tensor<?x41xi1>) "
             "segments(%%segments : tensor<?xi32>) outs(%%f4, %%i4, %%fs : %s, %s, %s) {top_k = 4 : i64, scoring = #emo.scoring<sigmoid>, normalize = true, scale = 2.5 : f64} -> %s, %s, %s\n"
             % (x, pair, numbers, scores, pair, numbers, scores))
    body += ("    %%w2, %%i2 = emo.kernel.router x(%%x : %s) weight(%%all : tensor<43x24xf32>) outs(%%f5, %%i5 : %s, %s) "
             "{top_k = 3 : i64, num_shared = 2 : i64, shared_scored, order = #emo.route_order<top_k_then_score>} -> %s, %s\n" % (x, weights, indices, weights, indices))
    program = Program({"x": x, "bias": "tensor<41xf32>", "pool": "tensor<?x41xi1>", "segments": "tensor<?xi32>", "w": tensor("f32", 41, 24), "all": tensor("f32", 43, 24)},
                      {"w0": weights, "i0": indices, "w1": pair, "i1": numbers, "s1": scores, "w2": weights, "i2": indices}, body)
    return program, [{"x": normal(m, 24), "bias": normal(41), "w": normal(41, 24), "all": normal(43, 24), "pool": rng.random((2, 41)) < 0.5, "segments": rng.integers(-1, 2, m).astype(np.int32)} for m in (5, 131)], "--blocks=0,1,4,8,32"


def router_grouped():
    """Few tokens, whose choices the selecting block groups."""
    x, weights, indices, offsets, rows = tensor("f32", "?", 24), tensor("f32", "?", 5), tensor("i32", "?", 5), tensor("i32", 44), tensor("i32", "?")
    body = dim("m", "x", x) + "    %c5 = arith.constant 5 : index\n    %n = arith.muli %m, %c5 : index\n"
    for name, kind, size in (("f", weights, "%m"), ("i", indices, "%m"), ("v", indices, "%m"), ("o", offsets, ""), ("t", rows, "%n")):
        body += "    %%%s = tensor.empty(%s) : %s\n" % (name, size, kind)
    body += ("    %%w0, %%i0 = emo.kernel.router x(%%x : %s) weight(%%w : tensor<41x24xf32>) outs(%%f, %%i : %s, %s) {top_k = 3 : i64, num_shared = 2 : i64} -> %s, %s\n"
             % (x, weights, indices, weights, indices))
    body += "    %%g:3 = emo.kernel.group_by_expert indices(%%i0 : %s) outs(%%o, %%t, %%v : %s, %s, %s) -> %s, %s, %s\n" % (indices, offsets, rows, indices, offsets, rows, indices)
    program = Program({"x": x, "w": tensor("f32", 41, 24)}, {"w0": weights, "i0": indices, "g#0": offsets, "g#1": rows, "g#2": indices}, body)
    return program, [{"x": normal(m, 24), "w": normal(41, 24)} for m in (5, 95)]


def group():
    i = tensor("i32", "?", 4)
    body = dim("m", "indices", i) + "    %c4 = arith.constant 4 : index\n    %n = arith.muli %m, %c4 : index\n"
    body += "    %o = tensor.empty() : tensor<38xi32>\n    %t = tensor.empty(%n) : tensor<?xi32>\n    %v = tensor.empty(%m) : tensor<?x4xi32>\n"
    body += "    %g:3 = emo.kernel.group_by_expert indices(%indices : tensor<?x4xi32>) outs(%o, %t, %v : tensor<38xi32>, tensor<?xi32>, tensor<?x4xi32>) -> tensor<38xi32>, tensor<?xi32>, tensor<?x4xi32>\n"
    program = Program({"indices": i}, {"g#0": "tensor<38xi32>", "g#1": "tensor<?xi32>", "g#2": i}, body)
    return program, [{"indices": rng.integers(0, 37, (m, 4)).astype(np.int32)} for m in (3, 150, 1100, 8203)]


def rows():
    x, y = tensor("bf16", "?", 40), tensor("f32", "?", 40)
    body = dim("m", "x", x) + "    %e = tensor.empty(%%m) : %s\n    %%d = tensor.empty(%%m) : tensor<?xf32>\n".replace("%e", "%%e", 1) % y
    body += "    %%norm = emo.kernel.rms_norm x(%%x : %s) weight(%%scale : tensor<40xf32>) outs(%%e : %s) {epsilon = 1.0e-5 : f64} -> %s\n" % (x, y, y)
    body += "    %%dot = emo.kernel.row_dot a(%%x : %s) b(%%x : %s) outs(%%d : tensor<?xf32>) -> tensor<?xf32>\n" % (x, x)
    body += "    %%rows = emo.kernel.gather_rows table(%%table : tensor<9x40xf32>) ids(%%ids : tensor<?xi32>) outs(%%e : %s) -> %s\n" % (y, y)
    body += ("    %%sum = emo.kernel.combine rows(%%x : %s) weights(%%weights : tensor<?x3xf32>) inverse(%%inverse : tensor<?x3xi32>) extras(%%norm, %%dot : %s, tensor<?xf32>) outs(%%e : %s) "
             "attributes {kinds = [#emo.kind<element>, #emo.kind<row>]} {\n    ^bb0(%%a: f32, %%n: f32, %%r: f32):\n      %%0 = arith.addf %%a, %%n : f32\n      %%1 = arith.mulf %%0, %%r : f32\n"
             "      emo.kernel.yield %%1 : f32\n    } -> %s\n" % (x, y, y, y))
    body += "    %%last = emo.kernel.rms_norm x(%%sum : %s) weight(%%scale : tensor<40xf32>) outs(%%e : %s) {epsilon = 1.0e-5 : f64} -> %s\n" % (y, y, y)
    program = Program({"x": x, "ids": "tensor<?xi32>", "weights": "tensor<?x3xf32>", "inverse": "tensor<?x3xi32>"},
                      {"norm": y, "dot": "tensor<?xf32>", "rows": y, "sum": y, "last": y}, body, {"table": normal(9, 40), "scale": normal(40)})
    return program, [{"x": bf16(normal(m, 40)), "ids": rng.integers(0, 9, m).astype(np.int32), "weights": normal(m, 3),
                      "inverse": rng.integers(0, m, (m, 3)).astype(np.int32)} for m in (3, 29, 99)]


def loss():
    x, f, w, v, out = tensor("bf16", "?", 328), tensor("f32", "?", 20), tensor("bf16", 102, 328), tensor("f32", 102, 20), "tensor<?xf32>"
    body = dim("m", "x", x) + "    %%e = tensor.empty(%%m) : %s\n" % out
    for name, source, kind, weight, shape in (("y", "x", x, "w", w), ("z", "f", f, "v", v)):
        body += ("    %%%s = emo.kernel.loss x(%%%s : %s) weight(%%%s : %s) targets(%%targets : tensor<?xi64>) outs(%%e : %s) {vocab_size = 102 : i64} -> %s\n"
                 % (name, source, kind, weight, shape, out, out))
    given = {"w": bf16(normal(102, 328) * 0.05), "v": normal(102, 20) * 0.05}
    return Program({"x": x, "f": f, "targets": "tensor<?xi64>", "w": w, "v": v}, {"y": out, "z": out}, body), [
        dict(given, x=bf16(normal(m, 328)), f=normal(m, 20), targets=np.where(np.arange(m) % 6 == 1, -1, rng.integers(0, 102, m))) for m in (13, 66)]


def rows_held():
    """Rows that lanes, or the threads of a block, keep in registers."""
    x, table, weights, inverse = tensor("bf16", "?", 512), tensor("f32", 9, 512), "tensor<?x3xf32>", "tensor<?x3xi32>"
    body = dim("m", "x", x) + "    %%e = tensor.empty(%%m) : %s\n    %%f = tensor.empty(%%m) : %s\n" % (x, tensor("f32", "?", 512))
    body += "    %%norm = emo.kernel.rms_norm x(%%x : %s) weight(%%scale : tensor<512xf32>) outs(%%e : %s) {epsilon = 1.0e-5 : f64} -> %s\n" % (x, x, x)
    body += "    %%rows = emo.kernel.gather_rows table(%%table : %s) ids(%%ids : tensor<?xi32>) outs(%%f : %s) -> %s\n" % ((table,) + (tensor("f32", "?", 512),) * 2)
    body += ("    %%sum = emo.kernel.combine rows(%%x : %s) weights(%%weights : %s) inverse(%%inverse : %s) extras(%%norm : %s) outs(%%e : %s) "
             "attributes {kinds = [#emo.kind<element>]} {\n    ^bb0(%%a: f32, %%n: bf16):\n      %%0 = arith.truncf %%a : f32 to bf16\n      %%1 = arith.addf %%0, %%n : bf16\n"
             "      emo.kernel.yield %%1 : bf16\n    } -> %s\n" % (x, weights, inverse, x, x, x))
    body += "    %%last = emo.kernel.rms_norm x(%%sum : %s) weight(%%scale : tensor<512xf32>) outs(%%e : %s) {epsilon = 1.0e-5 : f64} -> %s\n" % (x, x, x)
    program = Program({"x": x, "ids": "tensor<?xi32>", "weights": weights, "inverse": inverse},
                      {"norm": x, "rows": tensor("f32", "?", 512), "sum": x, "last": x}, body, {"table": normal(9, 512), "scale": normal(512)})
    return program, [{"x": bf16(normal(m, 512)), "ids": rng.integers(0, 9, m).astype(np.int32), "weights": normal(m, 3),
                      "inverse": rng.integers(0, m, (m, 3)).astype(np.int32)} for m in (3, 97)]


def sample():
    # Segments of two steps, of which the last warp's is short; ties at the edge of the nucleus in several warps' segments.
    vocab, logits, out = 1043, tensor("f32", "?", 1043), "tensor<?xi64>"
    body = dim("m", "logits", logits) + "    %%e = tensor.empty(%%m) : %s\n" % out
    body += "    %%ids = emo.kernel.sample logits(%%logits : %s) sampling(%%sampling : tensor<?x3xf32>) outs(%%e : %s) -> %s\n" % (logits, out, out)
    cases = [(np.round(normal(vocab) * 2) if ties else normal(vocab) * 3, t, p, u)
             for ties in (0, 1) for t in (0, 0.6, 2) for p in (1, 0.8, 0.3) for u in (0.02, 0.3, 0.6, 0.97)]
    cases += [(np.full(vocab, 2.5), 1, p, u) for p in (0.9, 0.04) for u in (0.1, 0.99)]
    cases += [(np.where(np.arange(vocab) % 7 < 3, np.nan, normal(vocab)), t, 0.9, 0.4) for t in (0, 1)] + [(np.full(vocab, -np.inf), 1, 0.9, 0.4)]
    given = {"logits": np.stack([c[0] for c in cases]).astype(np.float32), "sampling": np.array([c[1:] for c in cases], np.float32)}
    return Program({"logits": logits, "sampling": "tensor<?x3xf32>"}, {"ids": out}, body), [given]


# What may survive: kernels, kind of mutation, how many of them in one kernel at most, why they change nothing.
EQUIVALENT = [
    ("(matmul|gradient) 128x256x64", "registers", 1, "with fewer registers than it could have a thread computes the same"),
    # Rows and columns that do not exist are computed from something and not stored: one mask, at the store, is needed.
    ("(matmul|loss) .*x.*", "copy", 8, "rows behind the last repeat it; columns behind the last one are rows of weights that exist, or none in this product"),
    ("(matmul|loss) .*", "guard", 3, "blocks without rows store nothing; copies behind the last step are of 0 bytes; the first rows or columns always exist"),
    ("matmul .*|loss 16x64x64", "clamp", 33, "addresses of rows and columns that are stored, or added to, behind the same condition"),
    ("matmul .*x.*", "select", 5, "what a lane without an expert holds is not taken, or its block has no rows; gates of the first columns"),
    ("matmul simple_odd", "select", 6, "behind the last k one factor of two that are zero is enough"),
    ("loss .*", "select", 8, "a target below 0 is no column, whatever it is below 0"),
    ("gradient .*", "guard", 3, "copies behind the last row, and all those for an expert without rows, are of 0 bytes"),
    ("gradient 128x256x64", "fence", 1, "of barriers that no bulk copy arrives at: behind the block's barrier threads know them"),
    ("gradient 128x256x64", "mbarrier", 1, "the release of a block's last stage, which is not filled again: it has one tile"),
    # There is a key always; what lies outside of the range of keys is masked by its position and its document.
    ("attention_.*", "guard", 6, "there is a key in every range; a block behind the last key repeats it, and nobody reads it; masking where nothing is masked"),
    ("attention_few", "select", 8, "documents of few queries: no key is a lane's second"),
    ("attention_(many|mma|wgmma)", "select", 44, "a wider range of keys; keys behind the last one are later than all queries; queries behind the last one are not stored"),
    ("attention_.*", "clamp", 16, "the same, and minima of warps that do not have the smallest key"),
    # Registers of a product that has not been waited for: ptxas waits by itself, and notes it, which the gates refuse; results are the same.
    ("attention_wgmma", "(commit|wait)", 2, "the wait for scores, or the end of their group, when nothing is copied over the keys before the next wait"),
    ("attention_wgmma", "barrier", 1, "a warp that has waited for a product knows that the warpgroup has read its operands; the barrier says it once more"),
    ("group_(by_expert|by_counts|counts)", "guard", 4, "a range without choices: the loop's lanes have none; there are more than 8 blocks"),
    ("group_by_(expert|counts)", "select", 8, "counts of blocks behind this one, of which there are no more than one here"),
    ("router_select_group", "barrier", 2, "a warp has no more than 32 choices here: what comes before the next 32 of them is not needed"),
    ("router(_logits|_select|_select_group)?", "guard", 1, "a tile over the edge is moved inwards: its tokens exist"),
    ("router(_logits|_select|_select_group)?", "select", 4, "lanes behind the last choice are not stored"),
    ("router(_logits|_select|_select_group)?", "clamp", 3, "keys of chosen experts are not negative without a pool; addresses that are not read"),
    ("sample", "select", 1, "the last step of the segment that has the token has it, but for rounding that leaves none"),
    ("sample", "clamp", 1, "in a segment's first step there is no token before"),
]

PROGRAMS = [dense, large, experts, large_experts, gradient_small, gradient, simple, attention_f32, attention_f32_documents, attention_bf16, attention_bf16_documents, router, router_grouped, group, rows, rows_held, loss, sample]
# Other kernels are the same code as those of sm_80.
DIFFERENT = {"sm_90a": {"large", "large_experts", "gradient", "attention_bf16", "attention_bf16_documents", "group"}}


def kind_of(kernel):
    """expert_328x42_16x64x64_1 -> matmul 16x64x64"""
    name = re.sub(r"_\d+$", "", kernel)
    for prefix, kind in (("linear_", "matmul"), ("expert_", "matmul"), ("loss_", "loss"), ("gradient_", "gradient")):
        found = re.match(prefix + r"\d+x\d+_(.*)", name)
        if found:
            return kind + " " + found.group(1)
    return re.sub(r"_\d+(x\d+)*$", "", name)


def main():
    folder, arch = sys.argv[1:3]
    table, failed = defaultdict(Counter), False
    for make in PROGRAMS:
        name = make.__name__
        if name not in (sys.argv[3:] or DIFFERENT.get(arch, {name})):
            continue
        program, cases, *flags = make()
        path = program.write(folder, name)
        inputs = ["--inputs=" + write_arrays(os.path.join(folder, name, str(i)), case) for i, case in enumerate(cases)]
        before = os.times()
        text = output("emo-mutate", path, "--cuda-arch=" + arch, *inputs, *flags)
        with open(os.path.join(folder, name + "." + arch + ".txt"), "w") as file:
            file.write(text)
        lines = [line.split("\t") for line in text.split("\n") if line.count("\t") == 4]
        launched = {kernel for kernel, _, _, result, _ in lines if result != "not reached"}
        left = Counter()
        for kernel, kind, what, result, details in lines:
            if kernel not in launched:
                continue
            count = table[kind_of(kernel), kind]
            count["seeded"] += 1
            count[result] += 1
            left[kernel, kind] += result in ("survives", "not reached")
        for (kernel, kind), n in left.items():
            rule = next((r for r in EQUIVALENT if re.fullmatch(r[0], kind_of(kernel)) and re.fullmatch(r[1], kind)), (None, None, 0, ""))
            if n > rule[2]:
                failed = True
                print("%s: %d of %s survive, explained are %d:" % (kernel, n, kind, rule[2]))
                print("".join("  %s: %s\n" % (what, result) for k, q, what, result, _ in lines if (k, q) == (kernel, kind) and result in ("survives", "not reached")), end="")
        print("%s: %d kernels, %.1f s" % (name, len(launched), os.times().children_user - before.children_user), file=sys.stderr, flush=True)
    total = Counter()
    for (kernel, kind), count in sorted(table.items()):
        total += count
        print("%-24s %-9s %3d seeded, %3d reported, %2d wrong results, %2d equivalent" %
              (kernel, kind, count["seeded"], count["report"], count["wrong result"], count["survives"] + count["not reached"]))
    print("%s: %d seeded, %d caught, %d equivalent" % (arch, total["seeded"], total["report"] + total["wrong result"], total["survives"] + total["not reached"]))
    return failed


if __name__ == "__main__":
    sys.exit(main())
