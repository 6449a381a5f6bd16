"""Cross products per cluster: all that a linear model with clustered errors needs of its rows.

Once made, the cost of a fit, a covariance or a bootstrap is free of the number of rows, and any
subset of columns is a submatrix.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse


@dataclass(frozen=True)
class ClusterGrams:
    """Cross products of regressors and outcome within each of G clusters.

    Attributes
    ----------
    gram : array, shape (G, p, p)
        Z'Z of each cluster.
    moment : array, shape (G, p)
        Z'y of each cluster.
    """

    gram: NDArray[np.float64]
    moment: NDArray[np.float64]

    def coefficients(self) -> NDArray[np.float64]:
        """Least-squares coefficients over all clusters."""
        return np.linalg.solve(self.gram.sum(axis=0), self.moment.sum(axis=0))

    def scores(self, coefficients: NDArray[np.float64]) -> NDArray[np.float64]:
        """Z'(y - Z b) of each cluster, shape (G, p)."""
        return self.moment - self.gram @ coefficients


def cross_products(matrix: NDArray[np.float64], clusters: NDArray[np.int64]) -> NDArray[np.float64]:
    """A'A of the rows of each cluster, shape (G, p, p)."""
    if (np.diff(clusters) < 0).any():
        order = np.argsort(clusters, kind="stable")
        matrix, clusters = matrix[order], clusters[order]
    n_clusters = int(clusters[-1]) + 1
    ends = np.concatenate([[0], np.cumsum(np.bincount(clusters, minlength=n_clusters))])
    cross = np.empty((n_clusters, matrix.shape[1], matrix.shape[1]))
    for g in range(n_clusters):
        block = matrix[ends[g] : ends[g + 1]]
        np.matmul(block.T, block, out=cross[g])
    return cross


def sum_by(codes: NDArray[np.int64], matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sums of the rows of a matrix within groups, shape (G, k)."""
    shape = (len(codes), int(codes.max()) + 1)
    steps = np.diff(codes, prepend=-1)
    # A group without rows would be given the row of the next one.
    if steps.min() >= 0 and steps.max() <= 1:
        return np.add.reduceat(matrix, np.flatnonzero(steps), axis=0)
    ones, ends = np.ones(len(codes)), np.arange(len(codes) + 1)
    return np.asarray(sparse.csr_array((ones, codes, ends), shape=shape).T @ matrix)
