# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Profiles and loss curves as arrays. Format: docs/experts.md."""
import json
import math
import os

import numpy as np

from ..errors import Error


class Domain:
    """A profile: for each layer the share of the router's probability that each expert has, NaN for shared experts."""

    def __init__(self, name, shares, documents, content):
        self.name = name
        self.shares = shares
        self.documents = documents  # (texts or None, float [documents, sum of experts])
        self.model = content.get("model") or {}
        self.data = content.get("data") or {}

    @property
    def experts(self):
        return [len(layer) for layer in self.shares]


def _read(path):
    try:
        with open(path, encoding="utf-8") as file:
            content = json.load(file)
    except (OSError, ValueError) as error:
        raise Error("'%s' cannot be read: %s" % (path, getattr(error, "strerror", None) or error))
    if not isinstance(content, dict):
        raise Error("'%s' expects a JSON object at the top" % path)
    return content


def _probabilities(values, experts, shared, where):
    if not isinstance(values, list) or len(values) != experts:
        raise Error("%s expects 'router_probability', a list of %d numbers" % (where, experts))
    array = np.full(experts, np.nan)
    for expert, value in enumerate(values):
        if expert in shared:
            continue
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value) or value < 0:
            raise Error("%s has the score %r of expert %d, expected a number that is not negative" % (where, value, expert))
        array[expert] = value
    return array


def _layers(content, path):
    layers = content.get("layers")
    if content.get("version") != 1:
        raise Error("'%s' has the version %r, expected 1" % (path, content.get("version")))
    if not isinstance(layers, list) or not layers or not all(isinstance(layer, dict) for layer in layers):
        raise Error("'%s' expects 'layers', a list of JSON objects" % path)
    shapes, shares = [], []
    for number, layer in enumerate(layers):
        where = "'%s' layer %d" % (path, number)
        experts, shared = layer.get("experts"), layer.get("shared", [])
        if not isinstance(experts, int) or experts < 1 or not isinstance(shared, list):
            raise Error("%s expects 'experts', their number, and 'shared', a list" % where)
        values = _probabilities(layer.get("router_probability"), experts, shared, where)
        total = np.nansum(values)
        if not total > 0:
            raise Error("%s has no router probability: it sums to 0" % where)
        shapes.append((experts, shared))
        shares.append(values / total)
    return shapes, shares


def _documents(content, shapes, path):
    documents = content.get("documents")
    if not documents:
        return [], np.zeros((0, sum(experts for experts, _ in shapes)))
    texts, rows = [], []
    for number, document in enumerate(documents):
        where = "'%s' document %d" % (path, number)
        layers = document.get("router_probability") if isinstance(document, dict) else None
        if not isinstance(layers, list) or len(layers) != len(shapes):
            raise Error("%s expects 'router_probability' of %d layers" % (where, len(shapes)))
        row = [_probabilities(values, *shape, where) for values, shape in zip(layers, shapes)]
        rows.append(np.nan_to_num(np.concatenate(row)))
        text = document.get("text")
        texts.append(text if isinstance(text, str) else None)
    return texts, np.array(rows)


def read_domain(path, name):
    content = _read(path)
    shapes, shares = _layers(content, path)
    return Domain(name or os.path.splitext(os.path.basename(path))[0], shares, _documents(content, shapes, path), content)


def read_domains(paths, names):
    domains = [read_domain(path, names[i] if names else None) for i, path in enumerate(paths)]
    for path, domain in zip(paths, domains):
        first = domains[0]
        if domain.experts != first.experts:
            raise Error("'%s' is of another model than '%s': it has other numbers of experts" % (path, paths[0]))
        hashes = first.model.get("hash"), domain.model.get("hash")
        if all(hashes) and hashes[0] != hashes[1]:
            raise Error("'%s' is of another model than '%s': it has the hash %s, not %s" % (path, paths[0], *hashes[::-1]))
    return domains


def read_loss(path):
    """Curves as (name, [(experts, loss)])."""
    curves = _read(path).get("curves")
    try:
        result = [(str(curve["name"]), [(float(k), float(loss)) for k, loss in curve["points"]]) for curve in curves]
        finite = all(math.isfinite(loss) and k >= 1 for _, points in result for k, loss in points)
    except (KeyError, TypeError, ValueError):
        finite = False
    if not finite or not result or not all(points for _, points in result):
        raise Error("'%s' expects {\"curves\": [{\"name\": ..., \"points\": [[experts, loss], ...]}, ...]}" % path)
    return result
