"""Thousands of least-squares specifications from one set of cross products.

Specifications that share rows, weights, fixed effects and clusters are submatrices of the same
cross products: the effects are taken out once, and a specification costs what its own small
system costs, however many rows there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from coopanalysis.models.linear.absorb import Absorber
from coopanalysis.models.linear.gram import cross_products

_CHUNK_FLOATS = 8_000_000
_TOLERANCE = 1e-9
NOTHING_LEFT = 1e-20
"""Share of a sum of squares below which effects have explained all of a column."""


@dataclass(frozen=True)
class Selection:
    """One specification: positions of its outcome, treatment and other columns in the pool."""

    outcome: int
    treatment: int
    others: tuple[int, ...]


@dataclass(frozen=True)
class ManyFits:
    """Results of all selections, in their order.

    Attributes
    ----------
    estimate, variance : array, shape (s,)
        Coefficient of the treatment, and its variance before any small-sample factor: from
        clusters or, without clusters, from rows.
    n_columns : array of int, shape (s,)
        Regressors.
    is_singular : array of bool, shape (s,)
        Whether columns of the selection are collinear, or nothing is left of the outcome once the
        effects are taken out, so that its figures mean nothing.
    """

    estimate: NDArray[np.float64]
    variance: NDArray[np.float64]
    n_columns: NDArray[np.int64]
    is_singular: NDArray[np.bool_]


class Pool:
    """Columns of a group of specifications with their effects taken out.

    Parameters
    ----------
    columns : array, shape (n, p)
        Every outcome and regressor; an intercept where there are no effects.
    effects : sequence of int arrays
        Fixed effects.
    weights : array or None
        Weights.
    clusters : array of int or None
        Clusters; without them variances come from rows (HC).
    """

    def __init__(
        self,
        columns: NDArray[np.float64],
        effects: Sequence[NDArray[np.int64]],
        weights: NDArray[np.float64] | None,
        clusters: NDArray[np.int64] | None,
    ) -> None:
        self._absorber = Absorber(effects, weights) if effects else None
        self._root = None if weights is None else np.sqrt(weights)
        self.scale = (columns**2).sum(axis=0)
        if weights is not None:
            self.scale *= weights.mean()
        self._rows = np.array(self._prepare(columns))
        self._unit = np.sqrt(np.where(self.scale > 0, self.scale, 1.0))
        self._batches: tuple[Sequence[Selection], list[_Batch]] = ((), [])
        self._by_cluster = None if clusters is None else _Clusters(clusters)
        if clusters is None:
            self._grams = None
            self.gram = self._rows.T @ self._rows
        else:
            self._grams = cross_products(self._rows, clusters)
            self.gram = self._grams.sum(axis=0)

    @property
    def n_effects(self) -> int:
        """Independent effects."""
        return 0 if self._absorber is None else self._absorber.n_effects

    def _prepare(self, columns: NDArray[np.float64]) -> NDArray[np.float64]:
        left = columns if self._absorber is None else self._absorber.residualize(columns)
        return left if self._root is None else left * self._root[:, None]

    def replace_columns(self, positions: Sequence[int], columns: NDArray[np.float64]) -> None:
        """Put other values in some columns, for a permutation."""
        new = self._prepare(columns)
        where = list(positions)
        self._rows[:, where] = new
        cross = self._rows.T @ new
        self.gram[:, where], self.gram[where, :] = cross, cross.T
        if self._grams is not None and self._by_cluster is not None:
            for k, position in enumerate(where):
                sums = self._by_cluster.sum(self._rows * new[:, [k]])
                self._grams[:, :, position] = self._grams[:, position, :] = sums

    def fit(self, selections: Sequence[Selection]) -> ManyFits:
        """Fit every selection."""
        if self._batches[0] is not selections:
            self._batches = selections, _batches(selections)
        count, width = len(selections), self.gram.shape[0]
        along, residual = np.zeros((count, width)), np.zeros((count, width))
        singular = np.zeros(count, dtype=bool)
        estimate, sizes = np.empty(count), np.empty(count, dtype=np.int64)
        gram = self.gram / np.outer(self._unit, self._unit)
        absorbed = np.diag(self.gram) <= NOTHING_LEFT * self.scale
        for batch in self._batches[1]:
            rows, place, outcome = batch.rows, batch.place, batch.outcome
            along_part, slopes, bad = self._solve(gram, place, outcome)
            along[rows[:, None], place] = along_part
            residual[rows[:, None], place] = -slopes
            residual[rows, outcome] += 1.0
            singular[rows] = bad | absorbed[outcome]
            sizes[rows] = place.shape[1]
            estimate[rows] = -residual[rows, place[:, 0]]
        variance = self._variances(along, residual)
        return ManyFits(estimate, variance, sizes, singular)

    def _solve(
        self, gram: NDArray[np.float64], place: NDArray[np.int64], outcome: NDArray[np.int64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
        """First row of the inverse and slopes of each selection of one size."""
        system = gram[place[:, :, None], place[:, None, :]]
        inverse = _inverses(system)
        diagonal = np.einsum("bii->bi", inverse)
        with np.errstate(divide="ignore", invalid="ignore"):
            bad = ~((diagonal > 0) & (1 / diagonal > _TOLERANCE)).all(axis=1)
        slopes = (inverse @ gram[place, outcome[:, None]][:, :, None])[:, :, 0]
        # Back to the columns' own units.
        own = self._unit[place]
        along = inverse[:, 0, :] / own[:, :1] / own
        return along, slopes * self._unit[outcome][:, None] / own, bad

    def _variances(
        self, along: NDArray[np.float64], residual: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        blocks = []
        n_groups = len(self._rows) if self._grams is None else len(self._grams) * len(self.gram)
        step = max(1, _CHUNK_FLOATS // n_groups)
        for start in range(0, len(along), step):
            a, c = along[start : start + step], residual[start : start + step]
            if self._grams is None:
                moves = (self._rows @ a.T) * (self._rows @ c.T)
            else:
                moves = np.einsum("gpb,bp->gb", self._grams @ c.T, a)
            blocks.append((moves**2).sum(axis=0))
        return np.concatenate(blocks)


def _inverses(systems: NDArray[np.float64]) -> NDArray[np.float64]:
    """Inverse of each matrix of a stack; not a number where there is none."""
    try:
        return np.asarray(np.linalg.inv(systems), dtype=np.float64)
    except np.linalg.LinAlgError:
        if len(systems) == 1:
            return np.full_like(systems, np.nan)
        halves = np.array_split(systems, 2)
        return np.concatenate([_inverses(half) for half in halves])


@dataclass(frozen=True)
class _Batch:
    """Selections with as many columns: their numbers, columns (treatment first) and outcomes."""

    rows: NDArray[np.int64]
    place: NDArray[np.int64]
    outcome: NDArray[np.int64]


def _batches(selections: Sequence[Selection]) -> list[_Batch]:
    sizes = np.array([1 + len(each.others) for each in selections])
    batches = []
    for size in np.unique(sizes):
        rows = np.flatnonzero(sizes == size)
        chosen = [selections[int(row)] for row in rows]
        place = np.array([(each.treatment, *each.others) for each in chosen])
        batches.append(_Batch(rows, place, np.array([each.outcome for each in chosen])))
    return batches


class _Clusters:
    """Sums over clusters; rows that are sorted by cluster already stay where they are."""

    def __init__(self, clusters: NDArray[np.int64]) -> None:
        order = np.argsort(clusters, kind="stable")
        self._order = None if (order[1:] > order[:-1]).all() else order
        self._starts = np.searchsorted(clusters[order], np.arange(int(clusters.max()) + 1))

    def sum(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sum of the rows of each cluster."""
        ordered = rows if self._order is None else rows[self._order]
        return np.asarray(np.add.reduceat(ordered, self._starts, axis=0))
