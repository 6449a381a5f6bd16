"""Cross products by cluster when fixed effects cross the clusters.

Effects nested in the clusters may be taken out of all columns before errors are adjusted; effects
that cross them, years for example, have to stand as columns. Their indicators need no rows: their
cross products are counts of cells, less what the nested effects explain of them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from coopanalysis.errors import ModelError
from coopanalysis.models.design import Factor, find_collinear
from coopanalysis.models.frame import Sample
from coopanalysis.models.linear.absorb import Absorber
from coopanalysis.models.linear.gram import ClusterGrams, cross_products, sum_by

MAX_EFFECT_COLUMNS = 2000


def clustered_columns(sample: Sample, columns: NDArray[np.float64]) -> ClusterGrams:
    """Cross products by cluster of regressors, effects that cross the clusters, and outcome.

    Parameters
    ----------
    sample : Sample
        Rows with clusters and effects.
    columns : array, shape (n, k + 1)
        Regressors and, last, the outcome, with all effects taken out, times the root of the
        weights.

    Returns
    -------
    ClusterGrams
        Of k regressors and as many indicator columns as are independent, in this order.
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


def _indicator_sums(
    sample: Sample, free: list[Factor], columns: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Indicators times columns within clusters; the columns have no nested effects in them."""
    assert sample.clusters is not None and sample.n_clusters is not None
    if sample.weights is not None:
        columns = columns * np.sqrt(sample.weights)[:, None]
    blocks = []
    for factor in free:
        levels = len(factor.levels)
        cells = sum_by(sample.clusters * levels + factor.codes, columns)
        whole = np.zeros((sample.n_clusters * levels, columns.shape[1]))
        whole[: len(cells)] = cells
        blocks.append(whole.reshape(sample.n_clusters, levels, -1))
    return np.concatenate(blocks, axis=1)


def _indicator_grams(
    sample: Sample, nested: list[Factor], free: list[Factor]
) -> NDArray[np.float64]:
    """Indicators times indicators within clusters, the nested effects taken out."""
    assert sample.clusters is not None and sample.n_clusters is not None
    if len(nested) > 1:
        dummies = np.hstack([np.eye(len(factor.levels))[factor.codes] for factor in free])
        left = Absorber([factor.codes for factor in nested], sample.weights).residualize(dummies)
        if sample.weights is not None:
            left = left * np.sqrt(sample.weights)[:, None]
        return cross_products(left, sample.clusters)
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


def _table(
    sample: Sample, codes: NDArray[np.int64], n_groups: int, factor: Factor
) -> NDArray[np.float64]:
    """Weight of each level of an effect within groups, shape (groups, levels)."""
    levels = len(factor.levels)
    cells = np.bincount(codes * levels + factor.codes, sample.weights, n_groups * levels)
    return np.asarray(cells.reshape(n_groups, levels), dtype=np.float64)


def _cells(
    sample: Sample, codes: NDArray[np.int64], n_groups: int, pair: tuple[Factor, Factor]
) -> NDArray[np.float64]:
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
