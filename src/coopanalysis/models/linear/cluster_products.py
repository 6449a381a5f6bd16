"""Cross products per cluster: all that a linear model with clustered errors needs of its rows.

The cost of a fit, a covariance or a bootstrap is then free of the number of rows. Effects nested in
the clusters may be taken out of all columns before; effects that cross them, years for example,
have to stand as columns, whose cross products are counts of cells, less what the nested explain.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from coopanalysis.errors import ModelError
from coopanalysis.models.arrays import Floats, Ints, find_collinear
from coopanalysis.models.design import Factor
from coopanalysis.models.linear.absorb import Absorber
from coopanalysis.models.sample import Sample


@dataclass(frozen=True)
class ClusterGrams:
    """Cross products Z'Z, (G, p, p), and Z'y, (G, p), of regressors and outcome by cluster."""

    gram: Floats
    moment: Floats

    def scores(self, coefficients: Floats) -> Floats:
        """Z'(y - Z b) of each cluster, shape (G, p)."""
        return self.moment - self.gram @ coefficients


def cross_products(matrix: Floats, clusters: Ints) -> Floats:
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


def sum_by(codes: Ints, matrix: Floats) -> Floats:
    """Sums of the rows of a matrix within groups, shape (G, k)."""
    shape = (len(codes), int(codes.max()) + 1)
    steps = np.diff(codes, prepend=-1)
    # A group without rows would be given the row of the next one.
    if steps.min() >= 0 and steps.max() <= 1:
        return np.add.reduceat(matrix, np.flatnonzero(steps), axis=0)
    ones, ends = np.ones(len(codes)), np.arange(len(codes) + 1)
    return np.asarray(sparse.csr_array((ones, codes, ends), shape=shape).T @ matrix)


MAX_EFFECT_COLUMNS = 2000


def clustered_columns(sample: Sample, columns: Floats) -> ClusterGrams:
    """Cross products by cluster of regressors, effects that cross the clusters, and outcome.

    `columns` are the k regressors and, last, the outcome, effects taken out, times the root of the
    weights. Of the indicators of crossing effects, those come after the regressors that are
    independent.
    """
    assert sample.clusters is not None and sample.n_clusters is not None
    cross = cross_products(columns, sample.clusters)
    k = columns.shape[1] - 1
    nested, free = _split(sample)
    if not free:
        return ClusterGrams(cross[:, :k, :k], cross[:, :k, k])
    own = _indicator_grams(sample, nested, free)
    between = _indicator_sums(sample, free, columns)
    gram = np.concatenate(
        [
            np.concatenate([cross[:, :k, :k], between[:, :, :k].transpose(0, 2, 1)], axis=2),
            np.concatenate([between[:, :, :k], own], axis=2),
        ],
        axis=1,
    )
    moment = np.concatenate([cross[:, :k, k], between[:, :, k]], axis=1)
    total = gram.sum(axis=0)
    counts = np.concatenate([np.bincount(each.codes, sample.weights) for each in free])
    lost = set(find_collinear(total, np.concatenate([np.diag(total)[:k], counts])))
    kept = [column for column in range(len(total)) if column not in lost]
    return ClusterGrams(gram[:, kept][:, :, kept], moment[:, kept])


def _split(sample: Sample) -> tuple[list[Factor], list[Factor]]:
    free = [sample.effects[name] for name in sample.crossing]
    nested = [each for name, each in sample.effects.items() if name not in sample.crossing]
    n_levels = sum(len(factor.levels) for factor in free)
    if n_levels > MAX_EFFECT_COLUMNS:
        raise ModelError(
            f"CR2, CR3 and the bootstrap need the {n_levels} effects that cross the clusters as "
            "columns, which is too many. Use CR1."
        )
    return nested, free


def _indicator_sums(sample: Sample, free: list[Factor], columns: Floats) -> Floats:
    """Indicators times columns within clusters; the columns have no nested effects in them."""
    assert sample.clusters is not None and sample.n_clusters is not None
    columns, blocks = sample.weighted(columns), []
    for factor in free:
        levels = len(factor.levels)
        cells = sum_by(sample.clusters * levels + factor.codes, columns)
        whole = np.zeros((sample.n_clusters * levels, columns.shape[1]))
        whole[: len(cells)] = cells
        blocks.append(whole.reshape(sample.n_clusters, levels, -1))
    return np.concatenate(blocks, axis=1)


def _indicator_grams(sample: Sample, nested: list[Factor], free: list[Factor]) -> Floats:
    """Indicators times indicators within clusters, the nested effects taken out."""
    assert sample.clusters is not None and sample.n_clusters is not None
    if len(nested) > 1:
        dummies = np.hstack([np.eye(len(factor.levels))[factor.codes] for factor in free])
        left = Absorber([factor.codes for factor in nested], sample.weights).residualize(dummies)
        return cross_products(sample.weighted(left), sample.clusters)
    rows = []
    for first in free:
        columns = [_cells(sample, sample.clusters, sample.n_clusters, (first, b)) for b in free]
        rows.append(np.concatenate(columns, axis=2))
    grams = np.concatenate(rows, axis=1)
    if nested:
        (factor,) = nested
        n_levels = len(factor.levels)
        table = np.hstack([_table(sample, factor.codes, n_levels, each) for each in free])
        weight = np.bincount(factor.codes, sample.weights, n_levels)
        home = np.zeros(n_levels, dtype=np.int64)
        home[factor.codes] = sample.clusters
        grams -= cross_products(table / np.sqrt(weight)[:, None], home)
    return grams


def _table(sample: Sample, codes: Ints, n_groups: int, factor: Factor) -> Floats:
    """Weight of each level of an effect within groups, shape (groups, levels)."""
    levels = len(factor.levels)
    cells = np.bincount(codes * levels + factor.codes, sample.weights, n_groups * levels)
    return np.asarray(cells.reshape(n_groups, levels), dtype=np.float64)


def _cells(sample: Sample, codes: Ints, n_groups: int, pair: tuple[Factor, Factor]) -> Floats:
    """Weight of each pair of levels within groups, shape (groups, levels, levels)."""
    first, second = pair
    shape = (n_groups, len(first.levels), len(second.levels))
    if first is second:
        grams = np.zeros(shape)
        np.einsum("gii->gi", grams)[...] = _table(sample, codes, n_groups, first)
        return grams
    cell = (codes * shape[1] + first.codes) * shape[2] + second.codes
    return np.asarray(
        np.bincount(cell, sample.weights, int(np.prod(shape))).reshape(shape), dtype=np.float64
    )
