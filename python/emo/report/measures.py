# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What the report computes from profiles."""
import itertools

import numpy as np


def retained(domain):
    """Mean over layers of the share that the best experts have, by their number with the shared ones: [(kept, share)]."""
    most = max(domain.experts)
    sums = []
    for layer in domain.shares:
        shared = int(np.isnan(layer).sum())
        best = np.cumsum(np.sort(layer[~np.isnan(layer)])[::-1])
        kept = np.clip(np.arange(most + 1) - shared, 0, len(best))
        sums.append(np.where(kept == 0, 0, best[kept - 1]))
    least = max(int(np.isnan(layer).sum()) for layer in domain.shares) + 1
    mean = np.mean(sums, axis=0)
    return [(kept, float(mean[kept])) for kept in range(least, most + 1)]


def weights(domain):
    """Bytes of the model by the number of experts kept in each layer; None when the profile does not say."""
    total, each = domain.model.get("weights_bytes"), domain.model.get("expert_bytes")
    if not isinstance(total, int) or not isinstance(each, list) or len(each) != len(domain.experts):
        return None
    least = max(int(np.isnan(layer).sum()) for layer in domain.shares) + 1
    dropped = lambda kept: sum(max(experts - kept, 0) * size for experts, size in zip(domain.experts, each))
    return [(kept, total - dropped(kept)) for kept in range(least, max(domain.experts) + 1)]


def _best(layer, part):
    routed = np.flatnonzero(~np.isnan(layer))
    count = max(1, round(len(routed) * part))
    return set(routed[np.argsort(-layer[routed], kind="stable")[:count]])


def common(a, b, part=0.25):
    """Jaccard index of the best `part` of the routed experts, by layer."""
    sets = [(_best(x, part), _best(y, part)) for x, y in zip(a.shares, b.shares)]
    return np.array([len(x & y) / len(x | y) for x, y in sets])


def cosine(a, b):
    """Cosine of the router's probabilities, by layer."""
    pairs = [(np.nan_to_num(x), np.nan_to_num(y)) for x, y in zip(a.shares, b.shares)]
    return np.array([x @ y / np.sqrt((x @ x) * (y @ y)) for x, y in pairs])


def matrix(domains, measure):
    """Means over layers."""
    return [[float(measure(a, b).mean()) for b in domains] for a in domains]


def by_layer(domains, measure):
    """Means over pairs of domains."""
    return np.mean([measure(a, b) for a, b in itertools.combinations(domains, 2)], axis=0)
