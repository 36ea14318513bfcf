# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""vLLM's fused op of an MoE layer. The extension module is loaded by itself: importing vllm takes all its requirements."""

import importlib.util
import os

import torch

import layer_data


class Layer:
    def __init__(self, path, experts, width, hidden, top_k):
        folder = list(importlib.util.find_spec("vllm").submodule_search_locations)[0]
        # As vLLM chooses among its builds and instruction sets.
        bf16 = torch.cpu._is_avx512_bf16_supported()
        name = "_C" if bf16 else "_C_AVX512" if torch.cpu._is_avx512_supported() else "_C_AVX2"
        torch.ops.load_library(os.path.join(folder, name + ".abi3.so"))
        self.ops = torch.ops._C
        self.isa = "amx" if torch.cpu._is_amx_tile_supported() and torch.cpu._init_amx() else "vec"
        self.width, self.top_k = width, top_k
        gate_up, down = layer_data.weights(path, experts, width, hidden)
        self.gate_up, self.down = torch.empty_like(gate_up), torch.empty_like(down)
        self.ops.prepack_moe_weight(gate_up, self.gate_up, self.isa)
        self.ops.prepack_moe_weight(down, self.down, self.isa)

    def variants(self, quick, tokens):
        return ["cpu_fused_moe " + self.isa]

    def inputs(self, prefixes, tokens):
        self.sets = []
        for prefix in prefixes:
            x, ids, weights = layer_data.inputs(prefix, tokens, self.width, self.top_k)
            self.sets.append((x, ids, weights, torch.empty_like(x)))

    def _call(self, x, ids, weights, out):
        self.ops.cpu_fused_moe(out, x, self.gate_up, self.down, None, None, weights, ids, False, "silu", self.isa)

    def run(self, variant, sets):
        return layer_data.timed(self._call, [self.sets[i] for i in sets])

    def output(self, variant, path):
        self._call(*self.sets[0])
        self.sets[0][3].float().numpy().tofile(path)
