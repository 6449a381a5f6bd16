"""CR2 and CR3, and the degrees of freedom of tests with CR2, from cross products of clusters alone.

With H the projection on the regressors and M the inverse of their cross product, I - H within a
cluster differs from the identity only in as many directions as there are regressors, so that its
power follows from the eigenvectors of a small matrix. Fixed effects nested in the clusters may
have been taken out before; all others have to be among the columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from coopanalysis.models.linear.cluster_products import ClusterGrams
from coopanalysis.models.linear.covariance import symmetric_inverse

_SINGULAR = 1e-9


@dataclass(frozen=True)
class _Adjustment:
    """Power of I - H of each cluster less the identity, and what it is applied to.

    With `axes` the eigenvectors within each cluster and `spread` the cluster's cross products
    times them, `half` and `whole` hold the eigenvalues of the powers -1/2 and -1, less 1.
    """

    bread: NDArray[np.float64]
    axes: NDArray[np.float64]
    spread: NDArray[np.float64]
    half: NDArray[np.float64]
    whole: NDArray[np.float64]


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
    kind: Literal["CR2", "CR3"], grams: ClusterGrams, turn: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """CR2 or CR3 of the coefficients of the k leading columns, and their degrees of freedom.

    `grams` are of all p columns; `turn`, (k, k), leads to the coefficients whose degrees of freedom
    are wanted, and is the identity for their own. Degrees of freedom are Satterthwaite's, under
    independent errors of equal variance (times the inverse of the weights), for CR2, G - 1 for CR3.

    References
    ----------
    Bell and McCaffrey (2002); Pustejovsky and Tipton (2018), J. Business & Economic Statistics.
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

    With independent errors of equal variance, the CR2 of the coefficients, in units of their
    covariance, has the identity for its mean. A Wishart matrix of eta degrees of freedom, divided
    by them, whose elements have the same total variance, has eta = q (q + 1) / total variance.
    With one coefficient these are Satterthwaite's. The Wald statistic Q is tested by
    (eta - q + 1) / (eta q) Q, which is about F(q, eta - q + 1).

    References
    ----------
    Tipton and Pustejovsky (2015), J. Educational and Behavioral Statistics; Pustejovsky and
    Tipton (2018), test HTZ.
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

    The covariances P of the clusters' shares are the product of a diagonal part and one of the
    rank of the regressors; traces of such products need no G by G matrix.
    """

    contrast: NDArray[np.float64]
    direct: NDArray[np.float64]
    turned: NDArray[np.float64]
    moved: NDArray[np.float64]

    @classmethod
    def of(cls, grams: ClusterGrams, part: _Adjustment, contrast: NDArray[np.float64]) -> _Share:
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

    own: NDArray[np.float64]
    crossed: NDArray[np.float64]
    small: NDArray[np.float64]

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
