#!/usr/bin/env python3
"""Writes reference.csv: figures of pairs of sets of features, computed without gantop, by NumPy, SciPy and prdc.

    python3 -m venv /path/to/venv
    /path/to/venv/bin/pip install numpy scipy prdc
    /path/to/venv/bin/python tests/quality/reference.py > tests/quality/reference.csv

prdc (https://github.com/clovaai/generative-evaluation-prdc) is the code of Naeem and others. tests/quality.rs makes the same
sets to the bit: every feature is a few operations on the outputs of SplitMix64.
"""

import contextlib
import sys

import numpy as np
import scipy.linalg
import scipy.special
import scipy.stats
from prdc import compute_prdc

MASK = (1 << 64) - 1


def uniform(seed):
    """Numbers in [0, 1) from SplitMix64."""
    state = seed
    while True:
        state = (state + 0x9E3779B97F4A7C15) & MASK
        z = state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        yield ((z ^ (z >> 31)) >> 11) * 2.0**-53


def features(seed, n, dims, shift, scale, distinct):
    """n samples, of which only the first `distinct` differ, whose features depend on their neighbours."""
    numbers, rows = uniform(seed), []
    for _ in range(min(n, distinct)):
        row, last = [], 0.0
        for _ in range(dims):
            last = next(numbers) + 0.5 * last
            row.append(np.float32(shift + scale * last))
        rows.append(row)
    return np.array([rows[i % distinct] for i in range(n)], dtype=np.float32)


MANY = 1 << 30
# A name; then of the real and of the generated samples: seed, number, shift, scale, distinct ones; features.
PAIRS = [
    ("equal", (1, 200, 0.0, 1.0, MANY), (1, 200, 0.0, 1.0, MANY), 8),
    ("alike", (2, 300, 0.0, 1.0, MANY), (3, 250, 0.0, 1.0, MANY), 16),
    ("near", (4, 300, 0.0, 1.0, MANY), (5, 300, 0.1, 0.8, MANY), 12),
    ("disjoint", (6, 200, 0.0, 1.0, MANY), (7, 200, 50.0, 1.0, MANY), 8),
    ("few", (8, 20, 0.0, 1.0, MANY), (9, 30, 0.2, 1.0, MANY), 64),
    ("collapsed", (10, 200, 0.0, 1.0, MANY), (11, 200, 0.0, 1.0, 6), 5),
    ("far from 0", (12, 150, 1000.0, 1.0, MANY), (13, 150, 1000.0, 1.5, MANY), 10),
    ("numbers", (14, 100, 0.0, 1.0, MANY), (15, 80, 0.3, 1.0, MANY), 1),
]


def frechet(x, y):
    """By a general matrix root where that can be trusted, by the nuclear norm of the centred samples everywhere."""
    a, b = x - x.mean(0), y - y.mean(0)
    n, m = len(x), len(y)
    traces = (a * a).sum() / (n - 1) + (b * b).sum() / (m - 1)
    means = ((x.mean(0) - y.mean(0)) ** 2).sum()
    # tr (Σ₁Σ₂)^½ = ‖ABᵀ‖_* / √((n − 1)(m − 1))
    nuclear = scipy.linalg.svdvals(a @ b.T).sum() / np.sqrt((n - 1) * (m - 1))
    value = means + traces - 2 * nuclear
    if min(n, m) > 4 * x.shape[1]:
        root = scipy.linalg.sqrtm(np.atleast_2d(np.cov(x, rowvar=False)) @ np.atleast_2d(np.cov(y, rowvar=False)))
        general = means + traces - 2 * np.trace(root).real
        assert abs(general - value) <= 1e-7 * traces, (general, value)
    return value


def kernel(x, y):
    def k(a, b):
        return (a @ b.T / a.shape[1] + 1) ** 3

    n, m = len(x), len(y)
    xx, yy, xy = k(x, x), k(y, y), k(x, y)
    return (xx.sum() - np.trace(xx)) / (n * (n - 1)) + (yy.sum() - np.trace(yy)) / (m * (m - 1)) - 2 * xy.mean()


def classes(logits, splits=10):
    p = scipy.special.softmax(logits, axis=1)
    scores = []
    for i in range(splits):
        part = p[i * len(p) // splits : (i + 1) * len(p) // splits]
        scores.append(np.exp(np.mean([scipy.stats.entropy(row, part.mean(0)) for row in part])))
    counts = np.bincount(logits.argmax(1), minlength=logits.shape[1])
    return np.mean(scores), np.std(scores), counts


print("pair,fd,kd,precision,recall,density,coverage,is,is_std,covered,entropy,kl")
for name, real, generated, dims in PAIRS:
    (seed, n, *rest), (other_seed, m, *other) = real, generated
    x = features(seed, n, dims, *rest).astype(np.float64)
    y = features(other_seed, m, dims, *other).astype(np.float64)
    # It prints.
    with contextlib.redirect_stdout(sys.stderr):
        near, covered = compute_prdc(x, y, nearest_k=3), compute_prdc(x, y, nearest_k=5)
    # The features as logits do as well as any.
    score, deviation, counts = classes(y)
    data = classes(x)[2] + 1
    figures = [
        frechet(x, y),
        kernel(x, y),
        near["precision"],
        near["recall"],
        covered["density"],
        covered["coverage"],
        score,
        deviation,
        (counts > 0).sum(),
        scipy.stats.entropy(counts),
        scipy.stats.entropy(counts, data),
    ]
    print(name + "," + ",".join(repr(float(figure)) for figure in figures))
