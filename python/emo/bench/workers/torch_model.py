# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""An EMO in PyTorch: no framework around it, fused attention, concatenated weights where that saves a call."""

import json
import mmap
import os
import time

import torch
import torch.nn.functional as F

import torch_layer


def read_safetensors(path):
    with open(path, "rb") as file:
        data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    size = int.from_bytes(data[:8], "little")
    tensors = {}
    for name, entry in json.loads(data[8 : 8 + size]).items():
        if name != "__metadata__":
            assert entry["dtype"] == "BF16", "%s is %s, expected bf16" % (name, entry["dtype"])
            begin, end = entry["data_offsets"]
            tensors[name] = torch.frombuffer(data, dtype=torch.bfloat16, count=(end - begin) // 2, offset=8 + size + begin).view(
                entry["shape"]
            )
    return tensors


def _fused(*arguments):
    import triton_moe

    return triton_moe.fused(*arguments)


class _Graph:
    """A function of tensors as a CUDA graph: one launch."""

    def __init__(self, function, *inputs):
        self.inputs = [tensor.clone() for tensor in inputs]
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(3):
                function(*self.inputs)
        torch.cuda.current_stream().wait_stream(stream)
        self.graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self.graph):
            self.output = function(*self.inputs)

    def __call__(self, *inputs):
        for held, given in zip(self.inputs, inputs):
            held.copy_(given)
        self.graph.replay()
        return self.output


class Model:
    def __init__(self, folder, capacity, device):
        self.device, self.gpu = device, device == "cuda"
        torch.compiler.reset()  # it compiles a function for so many sizes only, those of earlier models included
        with open(os.path.join(folder, "config.json")) as file:
            self.config = config = json.load(file)
        tensors = {
            name: tensor.to(device) for name, tensor in read_safetensors(os.path.join(folder, "model.safetensors")).items()
        }
        self.heads, self.kv_heads = config["num_attention_heads"], config["num_key_value_heads"]
        self.size = config["hidden_size"] // self.heads
        self.top_k, self.experts = config["num_experts_per_tok"] - config["num_shared_experts"], config["num_experts"]
        self.embedding, self.norm, self.head = (
            tensors[name].clone() for name in ("model.embed_tokens.weight", "model.norm.weight", "lm_head.weight")
        )
        self.layers = []
        for layer in range(config["num_hidden_layers"]):

            def get(name, layer=layer):
                return tensors["model.layers.%d.%s.weight" % (layer, name)]

            def all_experts(projection):
                return torch.stack([get("mlp.experts.%d.%s_proj" % (e, projection)) for e in range(self.experts)])

            shape = (1, self.kv_heads, capacity, self.size)
            self.layers.append(
                {
                    "norm1": get("pre_attention_layernorm").clone(),
                    "norm2": get("pre_feedforward_layernorm").clone(),
                    "qkv": torch.cat([get("self_attn.%s_proj" % p) for p in "qkv"]),
                    "o": get("self_attn.o_proj").clone(),
                    "router": get("mlp.gate")[: self.experts - config["num_shared_experts"]].float(),
                    "gate_up": torch.cat([all_experts("gate"), all_experts("up")], 1),
                    "down": all_experts("down"),
                    "keys": torch.zeros(shape, dtype=torch.bfloat16, device=device),
                    "values": torch.zeros(shape, dtype=torch.bfloat16, device=device),
                }
            )
        frequencies = config["rope_theta"] ** -(torch.arange(0, self.size, 2, device=device) / self.size)
        angles = torch.arange(capacity, device=device)[:, None] * frequencies
        self.cos, self.sin = (torch.cat([f(angles)] * 2, 1).to(torch.bfloat16) for f in (torch.cos, torch.sin))
        self.slots = torch.arange(capacity, device=device)
        self.prepared = {}  # functions, by how they compute what and for how many tokens

    def variants(self, quick):
        """Ways to compute the experts; compiled, and on a GPU compiled or not as one CUDA graph."""
        if quick:
            return ["grouped"]
        experts = ["fused" if self.gpu else "loop", "grouped", "batched"]
        compiled = [name + " compiled" for name in experts if name != "loop"]
        return experts + [name + " graph" for name in experts] * self.gpu + compiled

    def _rotate(self, x, positions):
        half = torch.cat([-x[..., self.size // 2 :], x[..., : self.size // 2]], -1)
        return x * self.cos[positions] + half * self.sin[positions]

    def _attention(self, x, layer, positions, begin):
        """begin: where the tokens are put; None in compiled code and graphs, which mask the whole cache instead of slicing it."""
        count = x.shape[0]
        q, k, v = F.linear(x, layer["qkv"]).split([self.heads * self.size] + [self.kv_heads * self.size] * 2, -1)
        q, k, v = (t.view(1, count, -1, self.size).transpose(1, 2) for t in (q, k, v))
        q, k = self._rotate(q, positions), self._rotate(k, positions)
        keys, values = layer["keys"].index_copy_(2, positions, k), layer["values"].index_copy_(2, positions, v)
        gqa = self.heads != self.kv_heads
        if count > 1:
            out = F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=gqa)
        elif begin is None:
            out = F.scaled_dot_product_attention(
                q, keys, values, attn_mask=(self.slots <= positions[:, None])[None, None], enable_gqa=gqa
            )
        else:
            out = F.scaled_dot_product_attention(q, keys[:, :, : begin + 1], values[:, :, : begin + 1], enable_gqa=gqa)
        return F.linear(out.transpose(1, 2).reshape(count, -1), layer["o"])

    def _experts(self, x, layer, function):
        weights, ids = F.linear(x.float(), layer["router"]).softmax(-1).topk(self.top_k)
        shared = torch.arange(layer["router"].shape[0], self.experts, device=x.device).expand(x.shape[0], -1)
        weights = torch.cat([weights, torch.ones(shared.shape, device=x.device)], 1)
        return function(x, torch.cat([ids, shared], 1), weights, layer["gate_up"], layer["down"])

    def _forward(self, ids, positions, begin, function):
        """Logits f32 [vocab] after the last token."""
        epsilon = self.config["rms_norm_eps"]
        x = F.embedding(ids, self.embedding)
        for layer in self.layers:
            x = x + self._attention(F.rms_norm(x, x.shape[-1:], layer["norm1"], epsilon), layer, positions, begin)
            x = x + self._experts(F.rms_norm(x, x.shape[-1:], layer["norm2"], epsilon), layer, function)
        return F.linear(F.rms_norm(x[-1:], x.shape[-1:], self.norm, epsilon), self.head)[0].float()

    def _step(self, variant, ids, begin):
        name, _, how = variant.partition(" ")
        # Copies of weights for each of many tokens are out of the question.
        function = {
            "loop": torch_layer.loop,
            "fused": _fused,
            "grouped": torch_layer.grouped,
            "batched": torch_layer.batched if len(ids) == 1 else torch_layer.grouped,
        }[name]
        positions = torch.arange(begin, begin + len(ids), device=self.device)
        if not how:
            return self._forward(ids, positions, begin, function)
        key = (function, how, len(ids))
        if key not in self.prepared:
            prepared = lambda ids, positions: self._forward(ids, positions, None, function)
            if how == "compiled":
                prepared = torch.compile(prepared, dynamic=False)
            self.prepared[key] = _Graph(prepared, ids, positions) if self.gpu else prepared
        return self.prepared[key](ids, positions)

    def turn(self, variant, prompt, tokens):
        """[seconds of the prompt, seconds of each token fed after it]"""
        seconds, place = [], 0
        for ids in [prompt] + [[token] for token in tokens]:
            begin = time.perf_counter()
            self._step(variant, torch.tensor(ids, device=self.device), place).argmax().item()
            seconds.append(time.perf_counter() - begin)
            place += len(ids)
        return seconds

    def output(self, variant, prompt, path):
        self._step(variant, torch.tensor(prompt, device=self.device), 0).cpu().numpy().tofile(path)
