"""Fixed effects taken out of columns exactly, without iteration.

The effect with the most levels is taken out by group means. The others together solve one small
symmetric system, the Schur complement of the normal equations of all indicator columns, so that
weights and unbalanced panels cost no more than balanced ones.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import linalg, sparse

from coopanalysis.errors import ModelError
from coopanalysis.models.arrays import Floats, Ints

MAX_SMALL_LEVELS = 6000
MAX_PAIRS = 200_000_000


class Absorber:
    """Projection off the indicator columns of one or more fixed effects.

    `codes` have the level of each row, 0 to L - 1, every level with a row; `weights` are positive,
    of the inner product. `n_effects` is the rank of the indicators, the constant among them (Abowd,
    Creecy and Kramarz 2002); that the rest can be fitted to residuals is Frisch, Waugh and
    Lovell's.
    """

    def __init__(self, codes: Sequence[Ints], weights: Floats | None = None) -> None:
        if not codes:
            raise ModelError("no fixed effect was given to take out.")
        order = sorted(codes, key=lambda code: -int(code.max()))
        self._n = len(order[0])
        self._weights = weights
        self._big = order[0]
        self._small = order[1:]
        self._starts = np.cumsum([0, *(int(code.max()) + 1 for code in order)])
        self._indicators = self._indicator_columns(order)
        self._big_weight = np.bincount(self._big, weights).astype(np.float64)
        self._solve_small()

    def _indicator_columns(self, order: Sequence[Ints]) -> sparse.csr_array:
        """Indicators of all levels side by side, those of the largest effect first."""
        pairs = zip(order, self._starts[:-1], strict=True)
        columns = np.column_stack([code + start for code, start in pairs]).astype(np.int32)
        ends = np.arange(0, columns.size + 1, len(order), dtype=np.int32)
        shape = (self._n, int(self._starts[-1]))
        return sparse.csr_array((np.ones(columns.size), columns.ravel(), ends), shape=shape)

    def _solve_small(self) -> None:
        n_big = len(self._big_weight)
        self.n_effects = n_big
        if not self._small:
            return
        n_small = int(self._starts[-1]) - n_big
        if n_small > MAX_SMALL_LEVELS:
            raise ModelError(
                f"the smaller fixed effects have {n_small} levels together; at most "
                f"{MAX_SMALL_LEVELS} can be solved at once. Use coarser effects."
            )
        if n_small * n_big > MAX_PAIRS:
            raise ModelError(
                f"fixed effects of {n_big} and {n_small} levels are too many to solve at once. "
                "Use coarser effects."
            )
        # Weights by pairs of levels: the blocks of the normal equations of all indicators.
        self._cross = np.hstack([self._pairs(self._big, code) for code in self._small])
        block = np.block([[self._pairs(a, b) for b in self._small] for a in self._small])
        schur = block - (self._cross / self._big_weight[:, None]).T @ self._cross
        values, vectors = linalg.eigh((schur + schur.T) / 2)
        kept = values > 1e-11 * max(float(values[-1]), float(np.diag(block).max()))
        self.n_effects += int(kept.sum())
        self._inverse = (vectors[:, kept] / values[kept]) @ vectors[:, kept].T

    def _pairs(self, first: Ints, second: Ints) -> Floats:
        """Sum of weights in each pair of levels."""
        shape = (int(first.max()) + 1, int(second.max()) + 1)
        cells = np.bincount(first * shape[1] + second, self._weights, shape[0] * shape[1])
        return np.asarray(cells.reshape(shape))

    def residualize(self, matrix: Floats) -> Floats:
        """Residuals of each column, shape (n, k) or (n,), after regressing it on all effects."""
        is_flat, n_big = matrix.ndim == 1, len(self._big_weight)
        weighted = matrix
        if self._weights is not None:
            weighted = matrix * (self._weights if is_flat else self._weights[:, None])
        sums = self._indicators.T @ weighted
        scale = self._big_weight if is_flat else self._big_weight[:, None]
        levels, big = sums, sums[:n_big] / scale
        if self._small:
            small = self._inverse @ (sums[n_big:] - self._cross.T @ big)
            big -= (self._cross @ small) / scale
            levels[n_big:] = small
        levels[:n_big] = big
        fitted = self._indicators @ levels
        return np.asarray(np.subtract(matrix, fitted, out=fitted))

    def leverage(self) -> Floats:
        """Diagonal of the (weighted) projection on the effects, row by row; sums to `n_effects`."""
        leverage = np.ones(self._n) / self._big_weight[self._big]
        if self._small:
            position = np.arange(self._n)
            inner = -(self._cross / self._big_weight[:, None])[self._big]
            starts = self._starts[1:-1] - self._starts[1]
            for start, code in zip(starts, self._small, strict=True):
                inner[position, start + code] += 1.0
            leverage += np.einsum("ij,jk,ik->i", inner, self._inverse, inner, optimize=True)
        return np.asarray(leverage if self._weights is None else leverage * self._weights)


def is_nested(inner: Ints, outer: Ints) -> bool:
    """Whether every level of `inner` lies within one level of `outer`."""
    first = np.zeros(int(inner.max()) + 1, dtype=np.int64)
    first[inner] = outer
    return bool((first[inner] == outer).all())
