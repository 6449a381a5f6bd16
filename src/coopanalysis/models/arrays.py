"""Kinds of arrays, and what linear models ask of columns: their spread, and which repeat others."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
DIGITS = 1e-14
"""Deviation from the mean, as a share of the largest value, that may be rounding."""
_COLLINEAR = 1e-10
"""Share of its scale below which what columns before it leave of a column counts as nothing."""


def centre(columns: Floats, weights: Floats | None = None) -> Floats:
    """Columns less their (weighted) mean; exactly zero for what is constant but for digits."""
    centred = np.asarray(columns - np.average(columns, axis=0, weights=weights), dtype=np.float64)
    rounding = DIGITS * np.abs(columns).max(axis=0, initial=0.0)
    varies = np.abs(centred).max(axis=0, initial=0.0) > rounding
    if not varies.all():
        centred[:, ~varies] = 0.0
    return centred


def is_constant(values: Floats) -> bool:
    """Whether all values, (n,), are the same but for digits."""
    return not centre(values[:, None]).any()


def spread_about_mean(columns: Floats, weights: Floats | None = None) -> Floats:
    """Weighted sum of squares of each column about its mean; 0 for what is constant but for digits.

    What a constant or fixed effects leave of a column is judged against this, so that a column far
    from zero, a time in seconds for example, counts by how it varies.
    """
    centred = centre(columns, weights)
    ones = np.ones(len(columns)) if weights is None else weights
    return np.asarray(np.einsum("i,ij,ij->j", ones, centred, centred))


def find_collinear(gram: Floats, scale: Floats) -> list[int]:
    """Positions of columns that are linear combinations of the columns before them.

    `gram` has their cross products in the order in which they are kept, `scale` the sum of squares
    of each before fixed effects were taken out: what the effects explain is collinear, its residual
    being not exactly zero.
    """
    unit = np.sqrt(np.where(scale > 0, scale, 1.0))
    left = gram / np.outer(unit, unit)
    dropped: list[int] = []
    for k in range(len(left)):
        pivot = left[k, k]
        if scale[k] <= 0 or pivot <= _COLLINEAR:
            dropped.append(k)
            continue
        rest = slice(k + 1, None)
        left[rest, rest] -= np.outer(left[rest, k], left[rest, k]) / pivot
    return dropped


def symmetric_inverse(gram: Floats) -> Floats:
    """Inverse of a positive definite matrix, scaled first so that units do not matter."""
    unit = 1 / np.sqrt(np.diag(gram))
    inverse = np.linalg.inv(gram * np.outer(unit, unit)) * np.outer(unit, unit)
    return np.asarray((inverse + inverse.T) / 2)
