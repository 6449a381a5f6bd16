"""Robust and clustered covariances; docs/methods.md has the formula of each.

CR3 has no factor: the sum of squared changes of the coefficients when one cluster is left out, as
clubSandwich's; times (G - 1) / G it is the jackknife CV3. With weights, CR2 and CR3 are those of
the model times the root of the weights, whose working errors are independent and alike: the
convention of dfadjust (Imbens and Kolesar 2016). clubSandwich starts from other working errors, and
its weighted CR2 differs a little.

K counts every absorbed effect for iid, HC1 and conley. For CR1, effects nested in the clusters
count as one constant together and the others by their levels less one: the default of fixest and of
reghdfe.

CR2, CR3 and the degrees of freedom of tests with CR2 need cross products of clusters alone: with H
the projection on the regressors, I - H within a cluster differs from the identity only in as many
directions as there are regressors, so that its power follows from the eigenvectors of a small
matrix. Fixed effects nested in the clusters may have been taken out before; all others have to be
among the columns.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import sparse
from scipy.spatial import cKDTree

from coopanalysis.errors import ModelError
from coopanalysis.models.arrays import Floats, Ints, symmetric_inverse
from coopanalysis.models.linear.cluster_products import ClusterGrams, clustered_columns, sum_by
from coopanalysis.models.linear.least_squares import LinearFit
from coopanalysis.models.sample import Sample
from coopanalysis.models.spec import ModelSpec

EARTH_RADIUS_KM = 6371.0088
_SINGULAR = 1e-9


def ols_covariance(spec: ModelSpec, sample: Sample, fit: LinearFit) -> tuple[Floats, Floats]:
    """Covariance of the coefficients of `fit.centred`; degrees of freedom of those of the terms."""
    n_terms = len(fit.terms)
    if spec.vcov == "CR2" or spec.vcov == "CR3":  # noqa: PLR1714  (narrows the type)
        grams = clustered_columns(sample, fit.centred)
        return adjusted_cluster_covariance(spec.vcov, grams, fit.turn)
    moves, whole = fit.influence * fit.residual[:, None], np.eye(n_terms)
    if spec.vcov == "CR1":
        assert sample.clusters is not None and sample.n_clusters is not None
        covariance = cr1_covariance(moves, sample.clusters, whole, counted_params(sample, n_terms))
        return covariance, np.full(n_terms, sample.n_clusters - 1.0)
    df = np.full(n_terms, float(sample.n_rows - fit.n_params))
    if spec.vcov == "conley":
        assert sample.coordinates is not None and spec.distance_km is not None
        return conley_covariance(
            moves, sample.coordinates, whole, fit.n_params, spec.distance_km
        ), df
    bread = fit.inner if spec.vcov == "iid" else whole
    return hc_covariance(
        spec.vcov, fit.influence, fit.residual, bread, fit.n_params, lambda: fit.leverage
    ), df


def hc_covariance(
    kind: Literal["iid", "HC1", "HC2", "HC3"],
    design: Floats,
    residual: Floats,
    bread: Floats,
    n_params: int,
    leverage: Callable[[], Floats] | None = None,
) -> Floats:
    """Covariance under independent errors, by the conventions of the module.

    `bread` is the inverse of design'design, `leverage` gives those of regressors and effects
    together. A row with leverage 1 is fitted exactly, has residual zero, and adds nothing.
    """
    n_rows = len(residual)
    if n_rows <= n_params:
        raise ModelError(f"{n_rows} rows cannot carry {n_params} parameters: nothing is left over.")
    if kind == "iid":
        return np.asarray(bread * float(residual @ residual) / (n_rows - n_params))
    if kind == "HC1":
        adjusted = residual * np.sqrt(n_rows / (n_rows - n_params))
    elif kind in ("HC2", "HC3") and leverage is not None:
        room = 1 - leverage()
        room = np.where(room > _SINGULAR, room, np.inf)
        adjusted = residual / (np.sqrt(room) if kind == "HC2" else room)
    else:
        raise ModelError(f"errors {kind} have no formula in models/linear/covariance.py.")
    scores = design * adjusted[:, None]
    return np.asarray(bread @ (scores.T @ scores) @ bread)


def cr1_covariance(scores: Floats, clusters: Ints, bread: Floats, n_params: int) -> Floats:
    """Clustered covariance with CR1's factor, from the score of each row, shape (n, k)."""
    sums = sum_by(clusters, scores)
    return cr1_factor(len(scores), len(sums), n_params) * (bread @ (sums.T @ sums) @ bread)


def cr1_factor(n_rows: int, n_clusters: int, n_params: int) -> float:
    """G / (G - 1) times (n - 1) / (n - K)."""
    if n_rows <= n_params:
        raise ModelError(f"{n_rows} rows cannot carry {n_params} parameters: nothing is left over.")
    return n_clusters / (n_clusters - 1) * (n_rows - 1) / (n_rows - n_params)


def counted_params(sample: Sample, n_terms: int) -> int:
    """K of CR1: effects nested in the clusters count as one constant, others levels less one."""
    if not sample.effects:
        return n_terms
    return n_terms + 1 + sum(len(sample.effects[name].levels) - 1 for name in sample.crossing)


def conley_covariance(
    scores: Floats, coordinates: Floats, bread: Floats, n_params: int, distance_km: float
) -> Floats:
    """Covariance that lets places correlate within a great-circle distance (Conley 1999).

    `coordinates` are latitude and longitude in degrees. An error where a variance is not positive,
    which a uniform kernel can bring about.
    """
    latitude, longitude = np.radians(coordinates).T
    level = np.cos(latitude)
    points = np.column_stack(
        [level * np.cos(longitude), level * np.sin(longitude), np.sin(latitude)]
    )
    chord = 2 * np.sin(min(distance_km / EARTH_RADIUS_KM, np.pi) / 2)
    pairs = cKDTree(points).sparse_distance_matrix(cKDTree(points), chord, output_type="coo_matrix")
    n_rows = len(scores)
    near = sparse.csr_array(
        (np.ones(len(pairs.data)), (pairs.row, pairs.col)), shape=(n_rows, n_rows)
    )
    meat = scores.T @ (near @ scores)
    covariance = (n_rows - 1) / (n_rows - n_params) * (bread @ meat @ bread)
    if (np.diag(covariance) <= 0).any():
        raise ModelError(
            f"conley errors at {distance_km:g} km are not positive: the kernel reaches too far "
            "for these places. Use a shorter distance."
        )
    return np.asarray((covariance + covariance.T) / 2)


@dataclass(frozen=True)
class _Adjustment:
    """Power of I - H of each cluster less the identity, and what it is applied to.

    With `axes` the eigenvectors within each cluster and `spread` the cluster's cross products times
    them, `half` and `whole` hold the eigenvalues of the powers -1/2 and -1, less 1.
    """

    bread: Floats
    axes: Floats
    spread: Floats
    half: Floats
    whole: Floats


def _adjust(grams: ClusterGrams) -> _Adjustment:
    bread = symmetric_inverse(grams.gram.sum(axis=0))
    root = np.linalg.cholesky(bread)
    values, vectors = np.linalg.eigh(root.T @ grams.gram @ root)
    room = 1 - np.clip(values, 0, 1)
    free = room > _SINGULAR
    safe = np.where(free, room, 1.0)
    half = np.where(free, 1 / (np.sqrt(safe) * (1 + np.sqrt(safe))), -1.0)
    whole = np.where(free, 1 / safe, -1.0)
    axes = root @ vectors
    return _Adjustment(bread, axes, grams.gram @ axes, half, whole)


def adjusted_cluster_covariance(
    kind: Literal["CR2", "CR3"], grams: ClusterGrams, turn: Floats
) -> tuple[Floats, Floats]:
    """CR2 or CR3 of the coefficients of the k leading columns, and their degrees of freedom.

    `turn`, (k, k), leads to the coefficients whose degrees of freedom are wanted: for CR2
    Satterthwaite's, under independent errors of equal variance (times the inverse of the weights),
    for CR3 G - 1. Bell and McCaffrey (2002); Pustejovsky and Tipton (2018).
    """
    part = _adjust(grams)
    scores = grams.scores(part.bread @ grams.moment.sum(axis=0))
    step = part.half if kind == "CR2" else part.whole
    along = (part.axes.transpose(0, 2, 1) @ scores[:, :, None])[:, :, 0] * step
    adjusted = scores + (part.spread @ along[:, :, None])[:, :, 0]
    shown = part.bread[: len(turn)]
    covariance = shown @ (adjusted.T @ adjusted) @ shown.T
    if kind == "CR3":
        return covariance, np.full(len(turn), len(scores) - 1.0)
    shares = [_Share.of(grams, part, contrast) for contrast in turn @ shown]
    traces = [each.with_other(each, part) for each in shares]
    return covariance, np.array([each.trace**2 / each.trace_squared for each in traces])


def wald_df(grams: ClusterGrams, positions: list[int]) -> float:
    """Degrees of freedom eta of the CR2 of q coefficients, taken for a Wishart matrix.

    The Wald statistic Q times (eta - q + 1) / (eta q) is about F(q, eta - q + 1), eta = q (q + 1)
    over the total variance of the CR2 in units of the coefficients' covariance, which is
    Satterthwaite's for q = 1: Tipton and Pustejovsky (2015), test HTZ of Pustejovsky and Tipton
    (2018).
    """
    part = _adjust(grams)
    within = part.bread[np.ix_(positions, positions)]
    values, vectors = np.linalg.eigh(within)
    contrasts = part.bread[:, positions] @ (vectors / np.sqrt(values)) @ vectors.T
    shares = [_Share.of(grams, part, contrast) for contrast in contrasts.T]
    total = sum(_element_variance(one, other, part) for one in shares for other in shares)
    return len(positions) * (len(positions) + 1) / float(total)


@dataclass(frozen=True)
class _Share:
    """What the clusters add to the variance estimate of a combination of coefficients.

    Their covariances P are a diagonal less a matrix of the rank of the regressors, so that traces
    of such products need no G by G matrix.
    """

    contrast: Floats
    direct: Floats
    turned: Floats
    moved: Floats

    @classmethod
    def of(cls, grams: ClusterGrams, part: _Adjustment, contrast: Floats) -> _Share:
        direct = grams.gram @ contrast
        turned = contrast @ part.spread
        moved = direct + (part.spread @ (turned * part.half)[:, :, None])[:, :, 0]
        return cls(contrast, direct, turned, moved)

    def with_other(self, other: _Share, part: _Adjustment) -> _Traces:
        own = self.direct @ other.contrast + (self.turned * other.turned * part.whole).sum(axis=1)
        crossed = np.einsum("gi,ij,gj->g", self.moved, part.bread, other.moved)
        return _Traces(own, crossed, part.bread @ (self.moved.T @ other.moved))


@dataclass(frozen=True)
class _Traces:
    """P of two combinations: diagonal `own`, less a part with diagonal `crossed`."""

    own: Floats
    crossed: Floats
    small: Floats

    @property
    def trace(self) -> float:
        """Trace of P."""
        return float(self.own.sum() - self.crossed.sum())

    @property
    def trace_squared(self) -> float:
        """Trace of P P."""
        own = (self.own**2).sum() - 2 * (self.own * self.crossed).sum()
        return float(own + np.sum(self.small * self.small.T))


def _element_variance(one: _Share, other: _Share, part: _Adjustment) -> float:
    """Variance of one element of the covariance estimate, under normal errors."""
    first, second = one.with_other(one, part), other.with_other(other, part)
    both, mirrored = one.with_other(other, part), other.with_other(one, part)
    product = (first.own * second.own).sum() - (first.own * second.crossed).sum()
    product += np.sum(mirrored.small * both.small.T) - (second.own * first.crossed).sum()
    return both.trace_squared + float(product)
