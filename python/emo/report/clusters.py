# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Documents grouped by the experts that they use: principal components with 95 % of the variance, rows of length 1, spherical k-means."""
import numpy as np

from ..errors import Error


def principal_components(rows, part=0.95):
    """Coordinates along the first components that have `part` of the variance; their parts of it."""
    centred = rows - rows.mean(axis=0)
    few = centred.shape[0] < centred.shape[1]
    values, vectors = np.linalg.eigh(centred @ centred.T if few else centred.T @ centred)
    values, vectors = np.clip(values[::-1], 0, None), vectors[:, ::-1]
    if not values.sum() > 0:
        raise Error("all documents are routed alike: there is nothing to cluster")
    parts = values / values.sum()
    count = max(2, int(np.searchsorted(np.cumsum(parts), part)) + 1)
    coordinates = vectors * np.sqrt(values) if few else centred @ vectors
    # The sign of a component is arbitrary; the largest coordinate decides, so that pages are reproducible.
    coordinates = coordinates[:, :count]
    largest = np.abs(coordinates).argmax(axis=0)
    return coordinates * np.where(coordinates[largest, np.arange(coordinates.shape[1])] < 0, -1, 1), parts[:count]


def _start(rows, count, random):
    """Centres far from each other (k-means++)."""
    centres = [rows[random.integers(len(rows))]]
    while len(centres) < count:
        distance = np.clip(1 - (rows @ np.array(centres).T).max(axis=1), 0, None)
        total = distance.sum()
        centres.append(rows[random.choice(len(rows), p=distance / total) if total > 0 else random.integers(len(rows))])
    return np.array(centres)


def spherical_k_means(rows, count, seed=0, starts=8, rounds=100):
    """The cluster of each row and its cosine with the cluster's centre; the best of several starts."""
    random = np.random.default_rng(seed)
    best = None
    for _ in range(starts):
        centres, labels = _start(rows, count, random), None
        for _ in range(rounds):
            found = (rows @ centres.T).argmax(axis=1)
            if labels is not None and (found == labels).all():
                break
            labels = found
            for cluster in range(count):
                total = rows[labels == cluster].sum(axis=0)
                length = np.linalg.norm(total)
                if length > 0:
                    centres[cluster] = total / length
        cosines = (rows * centres[labels]).sum(axis=1)
        if best is None or cosines.sum() > best[1].sum():
            best = labels, cosines
    return best


def cluster(rows, count):
    """(labels, cosines, coordinates, parts of the variance); clusters are numbered by size, the largest first."""
    coordinates, parts = principal_components(rows)
    lengths = np.linalg.norm(coordinates, axis=1, keepdims=True)
    labels, cosines = spherical_k_means(coordinates / np.where(lengths > 0, lengths, 1), count)
    order = np.argsort(-np.bincount(labels, minlength=count), kind="stable")
    return np.argsort(order)[labels], cosines, coordinates, parts
