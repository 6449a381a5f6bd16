"""Thousands of least-squares specifications from one set of cross products.

Specifications that share rows, weights, fixed effects and clusters are submatrices of the same
cross products: the effects are taken out once, and a specification costs what its own small
system costs, however many rows there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from coopanalysis.models.arrays import Bools, Floats, Ints, centre, spread_about_mean
from coopanalysis.models.linear.absorb import Absorber
from coopanalysis.models.linear.cluster_products import cross_products

_CHUNK_FLOATS = 250_000
"""Numbers of an array that is made anew for some of the draws: two megabytes stay near."""
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
    """Results of s selections, in their order, once for each of d draws of the columns.

    `estimate`, (d, s), is the coefficient of the treatment, `variance` its variance before any
    small-sample factor, `n_columns`, (s,), counts regressors. `is_singular` ones mean nothing:
    columns are collinear, or effects leave nothing of the outcome.
    """

    estimate: Floats
    variance: Floats
    n_columns: Ints
    is_singular: Bools


@dataclass(frozen=True)
class _Products:
    """Cross products `gram`, (d, p, p), of all rows in d draws, and what variances are made of.

    `parts` are those of each cluster, (d, g, p, p), or without clusters the rows, (d, n, p).
    """

    gram: Floats
    parts: Floats


class Pool:
    """Columns of a group of specifications with their effects taken out.

    `columns` are every outcome and regressor, and an intercept where there are no effects. Rows of
    one cluster stand together, numbered in this order; without clusters variances come from rows
    (HC).
    """

    def __init__(
        self,
        columns: Floats,
        effects: Sequence[Ints],
        weights: Floats | None,
        clusters: Ints | None,
    ) -> None:
        self._absorber = Absorber(effects, weights) if effects else None
        self._root = None if weights is None else np.sqrt(weights)
        self._weights = weights
        # A constant stays, and is collinear with the effects or with the intercept.
        spread = spread_about_mean(columns, weights)
        ones = np.ones(len(columns)) if weights is None else weights
        self._raw = ones @ columns**2
        self.scale = np.where(spread > 0, spread, self._raw)
        rows = self._prepare(columns)
        constant = (spread == 0) & (self._absorber is None)
        root = 1.0 if self._root is None else self._root[:, None]
        rows[:, constant] = columns[:, constant] * root
        self._rows = rows
        self._unit = np.sqrt(np.where(self.scale > 0, self.scale, 1.0))
        self._clusters = clusters
        if clusters is None:
            self._products = _Products((self._rows.T @ self._rows)[None], self._rows[None])
        else:
            grams = cross_products(self._rows, clusters)
            self._products = _Products(grams.sum(axis=0)[None], grams[None])
            ends = np.cumsum([0, *np.bincount(clusters)])
            self._inside = [slice(*pair) for pair in pairwise(ends.tolist())]

    @property
    def n_effects(self) -> int:
        """Independent effects."""
        return 0 if self._absorber is None else self._absorber.n_effects

    def _prepare(self, columns: Floats) -> Floats:
        """Columns about their means, effects taken out, times the root of the weights."""
        left = centre(columns, self._weights)
        if self._absorber is not None:
            left = self._absorber.residualize(left)
        return left if self._root is None else left * self._root[:, None]

    def fit(self, selections: Sequence[Selection]) -> ManyFits:
        """Fit every selection to the columns as they are: one draw."""
        return self._fit(_batches(selections), self._products)

    def fit_permuted(
        self,
        selections: Sequence[Selection],
        positions: Sequence[int],
        values: Floats,
        orders: NDArray[np.integer],
    ) -> ManyFits:
        """Fit every selection with `values`, (m, k), in k of the columns, in each of d orders.

        `orders`, (d, n), holds the row of `values` that each row is given.
        """
        batches, where, by_row = _batches(selections), list(positions), orders.T
        # Of one draw: its cross products, what is dealt, and the systems of one size.
        systems = max(batch.place.size * batch.place.shape[1] for batch in batches)
        size = max(self._products.parts[0].size, orders.shape[1] * len(where), systems)
        step = max(1, _CHUNK_FLOATS // size)
        fits = [
            self._fit(batches, self._permuted(where, values[by_row[:, start : start + step]]))
            for start in range(0, len(orders), step)
        ]
        return ManyFits(
            np.concatenate([each.estimate for each in fits]),
            np.concatenate([each.variance for each in fits]),
            fits[0].n_columns,
            np.concatenate([each.is_singular for each in fits]),
        )

    def _permuted(self, where: list[int], columns: Floats) -> _Products:
        """Cross products with other values, (n, d, k), in k columns: only theirs are made anew."""
        n, count, k = columns.shape
        flat = self._prepare(columns.reshape(n, count * k))
        if self._clusters is None:
            rows = np.repeat(self._rows[None], count, axis=0)
            rows[:, :, where] = flat.reshape(n, count, k).transpose(1, 0, 2)
            return _Products(rows.transpose(0, 2, 1) @ rows, rows)
        grams = np.repeat(self._products.parts, count, axis=0)
        for g, inside in enumerate(self._inside):
            new = flat[inside]
            cross = (self._rows[inside].T @ new).reshape(-1, count, k).transpose(1, 0, 2)
            apart = new.reshape(-1, count, k).transpose(1, 0, 2)
            cross[:, where] = apart.transpose(0, 2, 1) @ apart
            grams[:, g, :, where] = cross.transpose(2, 0, 1)
            grams[:, g, where] = cross.transpose(0, 2, 1)
        return _Products(grams.sum(axis=1), grams)

    def _fit(self, batches: Sequence[_Batch], products: _Products) -> ManyFits:
        n_draws, width = products.gram.shape[:2]
        count = sum(len(batch.rows) for batch in batches)
        along = np.zeros((n_draws, count, width))
        residual = np.zeros((n_draws, count, width))
        singular = np.zeros((n_draws, count), dtype=bool)
        estimate, sizes = np.empty((n_draws, count)), np.empty(count, dtype=np.int64)
        gram = products.gram / np.outer(self._unit, self._unit)
        nothing = NOTHING_LEFT * self.scale + np.finfo(float).eps ** 2 * self._raw
        absorbed = np.einsum("dpp->dp", products.gram) <= nothing
        for batch in batches:
            rows, place, outcome = batch.rows, batch.place, batch.outcome
            along_part, slopes, bad = self._solve(gram, batch)
            along[:, rows[:, None], place] = along_part
            residual[:, rows[:, None], place] = -slopes
            residual[:, rows, outcome] += 1.0
            singular[:, rows] = bad | absorbed[:, outcome]
            sizes[rows] = place.shape[1]
            estimate[:, rows] = -residual[:, rows, place[:, 0]]
        return ManyFits(estimate, self._variances(products, along, residual), sizes, singular)

    def _solve(self, gram: Floats, batch: _Batch) -> tuple[Floats, Floats, Bools]:
        """First row of the inverse and slopes of each selection of one size, in each draw."""
        # Outcomes that have the same regressors share their inverse.
        place, same = np.unique(batch.place, axis=0, return_inverse=True)
        same = same.ravel()
        system = gram[:, place[:, :, None], place[:, None, :]]
        inverse = _inverses(system.reshape(-1, *system.shape[2:])).reshape(system.shape)
        diagonal = np.einsum("dbii->dbi", inverse)
        with np.errstate(divide="ignore", invalid="ignore"):
            bad = ~((diagonal > 0) & (1 / diagonal > _TOLERANCE)).all(axis=2)
        moment = gram[:, batch.place, batch.outcome[:, None]]
        slopes = (inverse[:, same] @ moment[..., None])[..., 0]
        # Back to the columns' own units.
        own = self._unit[batch.place]
        along = inverse[:, same, 0, :] / own[:, :1] / own
        return along, slopes * self._unit[batch.outcome][:, None] / own, bad[:, same]

    def _variances(self, products: _Products, along: Floats, residual: Floats) -> Floats:
        parts = products.parts
        by_cluster = self._clusters is not None
        variance = np.empty(along.shape[:2])
        for d, (part, a, c) in enumerate(zip(parts, along, residual, strict=True)):
            step = max(1, _CHUNK_FLOATS // part.size)
            for start in range(0, len(a), step):
                few = slice(start, start + step)
                if by_cluster:
                    moves = np.einsum("gpb,bp->gb", part @ c[few].T, a[few])
                else:
                    moves = (part @ a[few].T) * (part @ c[few].T)
                variance[d, few] = (moves**2).sum(axis=0)
        return variance


def _inverses(systems: Floats) -> Floats:
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

    rows: Ints
    place: Ints
    outcome: Ints


def _batches(selections: Sequence[Selection]) -> list[_Batch]:
    sizes = np.array([1 + len(each.others) for each in selections])
    batches = []
    for size in np.unique(sizes):
        rows = np.flatnonzero(sizes == size)
        chosen = [selections[int(row)] for row in rows]
        place = np.array([(each.treatment, *each.others) for each in chosen])
        batches.append(_Batch(rows, place, np.array([each.outcome for each in chosen])))
    return batches
