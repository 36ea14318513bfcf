# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""PyTorch's ways to compute an MoE layer: gather, SwiGLU experts, weighted sum."""

import torch
import torch.nn.functional as F

import layer_data


def loop(x, ids, weights, gate_up, down):
    """One expert after the other."""
    y = torch.zeros(x.shape, dtype=torch.float32, device=x.device)
    for expert in ids.unique().tolist():
        token, place = (ids == expert).nonzero(as_tuple=True)
        gate, up = F.linear(x[token], gate_up[expert]).chunk(2, -1)
        y.index_add_(0, token, F.linear(F.silu(gate) * up, down[expert]).float() * weights[token, place, None])
    return y.to(x.dtype)


def grouped(x, ids, weights, gate_up, down):
    """Sorted by expert, grouped matrix multiplications."""
    tokens, top_k = ids.shape
    experts = gate_up.shape[0]
    flat = ids.reshape(-1)
    order = torch.argsort(flat)
    ends = torch.cumsum(torch.histc(flat.float(), bins=experts, min=0, max=experts - 1), 0, dtype=torch.int32)
    gate, up = torch._grouped_mm(x[order // top_k], gate_up.transpose(1, 2), offs=ends).chunk(2, -1)
    y = torch._grouped_mm(F.silu(gate) * up, down.transpose(1, 2), offs=ends) * weights.reshape(-1)[order, None]
    place = torch.empty_like(order).scatter_(0, order, torch.arange(tokens * top_k, device=x.device))
    return y[place].view(tokens, top_k, -1).sum(1).to(x.dtype)


def batched(x, ids, weights, gate_up, down):
    """A copy of the chosen experts' weights for each token: for few tokens."""
    tokens, top_k = ids.shape
    flat = ids.reshape(-1)
    gate, up = torch.bmm(gate_up[flat], x.repeat_interleave(top_k, 0).unsqueeze(-1)).squeeze(-1).chunk(2, -1)
    y = torch.bmm(down[flat], (F.silu(gate) * up).unsqueeze(-1)).squeeze(-1)
    return (y.view(tokens, top_k, -1) * weights[..., None]).sum(1).to(x.dtype)


class Layer:
    def __init__(self, path, experts, width, hidden, top_k):
        self.width, self.top_k = width, top_k
        self.gate_up, self.down = layer_data.weights(path, experts, width, hidden)
        self.packed = None
        self.compiled = {}

    def variants(self, quick, tokens):
        return ["grouped"] if quick else ["loop", "grouped", "prepacked", "grouped compiled"] + ["batched"] * (tokens <= 8)

    def inputs(self, prefixes, tokens):
        self.sets = [layer_data.inputs(prefix, tokens, self.width, self.top_k) for prefix in prefixes]

    def _prepacked(self, x, ids, weights, *_):
        """One expert after the other, on weights in oneDNN's layout."""
        if self.packed is None:
            reorder = torch.ops.mkldnn._reorder_linear_weight
            self.packed = [
                (reorder(a.contiguous(), None), reorder(b.contiguous(), None)) for a, b in zip(self.gate_up, self.down)
            ]
        linear = torch.ops.mkldnn._linear_pointwise
        y = torch.zeros(x.shape, dtype=torch.float32)
        for expert in ids.unique().tolist():
            token, place = (ids == expert).nonzero(as_tuple=True)
            gate, up = linear(x[token], self.packed[expert][0], None, "none", [], "").chunk(2, -1)
            y.index_add_(
                0,
                token,
                linear(F.silu(gate) * up, self.packed[expert][1], None, "none", [], "").float() * weights[token, place, None],
            )
        return y.to(x.dtype)

    def _function(self, variant):
        if variant == "prepacked":
            return self._prepacked
        if variant == "grouped compiled":
            return self.compiled.setdefault(len(self.sets[0][0]), torch.compile(grouped, dynamic=False))
        return {"loop": loop, "grouped": grouped, "batched": batched}[variant]

    def run(self, variant, sets):
        function = self._function(variant)
        return layer_data.timed(lambda *inputs: function(*inputs, self.gate_up, self.down), [self.sets[i] for i in sets])

    def output(self, variant, path):
        self._function(variant)(*self.sets[0], self.gate_up, self.down).float().numpy().tofile(path)
