"""Fixed effects taken out of columns exactly, without iteration.

The effect with the most levels is taken out by group means. The others together solve one small
symmetric system, the Schur complement of the normal equations of all indicator columns, so that
weights and unbalanced panels cost no more than balanced ones.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, sparse

from coopanalysis.errors import ModelError

MAX_SMALL_LEVELS = 6000
MAX_PAIRS = 200_000_000


class Absorber:
    """Projection off the indicator columns of one or more fixed effects.

    Parameters
    ----------
    codes : sequence of int arrays, each of shape (n,)
        Level of each row, 0 to L - 1, one array per effect; every level has a row.
    weights : array, shape (n,), optional
        Positive weights of the inner product.

    Attributes
    ----------
    n_effects : int
        Independent indicator columns, the constant among them: the rank that the effects use.

    Raises
    ------
    ModelError
        If the smaller effects have more than 6,000 levels together, or pairs of levels would not
        fit in memory.

    References
    ----------
    Frisch and Waugh (1933), Lovell (1963); Abowd, Creecy and Kramarz (2002) for the rank.
    """

    def __init__(
        self, codes: Sequence[NDArray[np.int64]], weights: NDArray[np.float64] | None = None
    ) -> None:
        if not codes:
            raise ModelError("no fixed effect was given to take out.")
        order = sorted(codes, key=lambda code: -int(code.max()))
        self._n = len(order[0])
        self._weights = np.ones(self._n) if weights is None else weights
        self._big = order[0]
        self._small = order[1:]
        self._big_sums = self._indicator(self._big)
        self._big_weight = np.bincount(self._big, self._weights)
        self._solve_small()

    def _indicator(self, code: NDArray[np.int64]) -> sparse.csc_array:
        """Weighted indicators, transposed: times a matrix, they give weighted group sums."""
        ends = np.arange(self._n + 1)
        shape = (self._n, int(code.max()) + 1)
        return sparse.csr_array((self._weights, code, ends), shape=shape).T

    def _solve_small(self) -> None:
        n_big = len(self._big_weight)
        self.n_effects = n_big
        if not self._small:
            return
        sizes = [int(code.max()) + 1 for code in self._small]
        if sum(sizes) > MAX_SMALL_LEVELS:
            raise ModelError(
                f"the smaller fixed effects have {sum(sizes)} levels together; at most "
                f"{MAX_SMALL_LEVELS} can be solved at once. Use coarser effects."
            )
        if sum(sizes) * n_big > MAX_PAIRS:
            raise ModelError(
                f"fixed effects of {n_big} and {sum(sizes)} levels are too many to solve at once. "
                "Use coarser effects."
            )
        self._starts = np.concatenate([[0], np.cumsum(sizes)])[:-1]
        self._small_sums = [self._indicator(code) for code in self._small]
        # Weights by pairs of levels: the blocks of the normal equations of all indicators.
        self._cross = np.hstack([self._pairs(self._big, code) for code in self._small])
        block = np.block([[self._pairs(a, b) for b in self._small] for a in self._small])
        schur = block - (self._cross / self._big_weight[:, None]).T @ self._cross
        values, vectors = linalg.eigh((schur + schur.T) / 2)
        kept = values > 1e-11 * max(float(values[-1]), float(np.diag(block).max()))
        self.n_effects += int(kept.sum())
        self._inverse = (vectors[:, kept] / values[kept]) @ vectors[:, kept].T

    def _pairs(self, first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.float64]:
        """Sum of weights in each pair of levels."""
        shape = (int(first.max()) + 1, int(second.max()) + 1)
        cells = np.bincount(first * shape[1] + second, self._weights, shape[0] * shape[1])
        return np.asarray(cells.reshape(shape))

    def residualize(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """Residuals of each column after regressing it on all effects.

        Parameters
        ----------
        matrix : array, shape (n, k) or (n,)
            Columns.

        Returns
        -------
        array, same shape
        """
        big_sums = self._big_sums @ matrix
        scale = self._big_weight if matrix.ndim == 1 else self._big_weight[:, None]
        big, small = big_sums / scale, None
        if self._small:
            sums = np.concatenate([indicator @ matrix for indicator in self._small_sums])
            small = self._inverse @ (sums - self._cross.T @ big)
            big -= (self._cross @ small) / scale
        residual = np.take(big, self._big, axis=0)
        np.subtract(matrix, residual, out=residual)
        if small is not None:
            for start, code in zip(self._starts, self._small, strict=True):
                residual -= np.take(small[start:], code, axis=0)
        return np.asarray(residual)

    def leverage(self) -> NDArray[np.float64]:
        """Diagonal of the (weighted) projection on the effects, row by row; sums to `n_effects`."""
        leverage = np.ones(self._n) / self._big_weight[self._big]
        if self._small:
            position = np.arange(self._n)
            inner = -(self._cross / self._big_weight[:, None])[self._big]
            for start, code in zip(self._starts, self._small, strict=True):
                inner[position, start + code] += 1.0
            leverage += np.einsum("ij,jk,ik->i", inner, self._inverse, inner, optimize=True)
        return np.asarray(leverage * self._weights)


def is_nested(inner: NDArray[np.int64], outer: NDArray[np.int64]) -> bool:
    """Whether every level of `inner` lies within one level of `outer`."""
    first = np.zeros(int(inner.max()) + 1, dtype=np.int64)
    first[inner] = outer
    return bool((first[inner] == outer).all())
