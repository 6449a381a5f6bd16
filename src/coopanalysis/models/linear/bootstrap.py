"""Wild cluster bootstrap with the null imposed, on cross products alone.

Every bootstrap statistic is a ratio of a linear and the root of a quadratic function of the null
value. Once their parts are known for each draw, the p value of any null, and so the interval by
inversion, costs a few operations per draw.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
import pandas as pd

from coopanalysis.errors import ModelError
from coopanalysis.models.arrays import Floats, symmetric_inverse
from coopanalysis.models.design import INTERCEPT
from coopanalysis.models.estimates import Estimates
from coopanalysis.models.inference import CONFIDENCE
from coopanalysis.models.linear.cluster_products import ClusterGrams, clustered_columns
from coopanalysis.models.linear.covariance import counted_params, cr1_factor
from coopanalysis.models.linear.degenerate import is_vanishing, why_vanishing
from coopanalysis.models.linear.least_squares import LinearFit, least_squares
from coopanalysis.models.sample import Sample, build_sample
from coopanalysis.models.spec import ModelSpec

Multiplier = Literal["rademacher", "webb"]
_WEBB = np.concatenate([-np.sqrt([1.5, 1.0, 0.5]), np.sqrt([0.5, 1.0, 1.5])])
_CHUNK = 2_000
_FARTHEST = 1e4


@dataclass(frozen=True)
class WildBootstrap:
    """Test and interval of one coefficient by the wild cluster bootstrap.

    Attributes
    ----------
    statistic, p_value : float
        t statistic against the null with the CR1 error; two-sided, symmetric p value.
    conf_low, conf_high : float
        Null values not rejected at 5 %, infinite where none is rejected on that side.
    n_draws, is_enumerated : int, bool
        Draws used, and whether these are all there are, so that nothing depends on the seed.
    """

    term: str
    estimate: float
    statistic: float
    p_value: float
    conf_low: float
    conf_high: float
    n_draws: int
    n_clusters: int
    is_enumerated: bool
    multiplier: Multiplier


def wild_cluster_bootstrap(
    spec: ModelSpec,
    frame: pd.DataFrame,
    term: str | None = None,
    *,
    null: float = 0.0,
    n_draws: int = 9_999,
    multiplier: Multiplier = "rademacher",
    seed: int = 20160,
) -> WildBootstrap:
    """Test one coefficient where clusters are few, and find its interval by inversion.

    The null is imposed (WCR), the error is CR1; its factor cancels. With all draws taken the p
    value is the share of draws with a larger statistic (ties with the sample's own do not count, as
    in boottest), but at least 2 of all draws: with five clusters or fewer nothing can be rejected
    at 5 %, and the interval is infinite; choose `webb`. With random draws it is (1 + their number)
    / (1 + n_draws), which is never zero. Cameron, Gelbach and Miller (2008); Roodman, Nielsen,
    MacKinnon and Webb (2019); Webb (2023).

    Parameters
    ----------
    spec, frame : ModelSpec, DataFrame
        Family `ols` with a cluster column, weights and fixed effects allowed; and the data.
    term, null : str, float
        Term to test, the treatment if not given, and the value tested.
    n_draws, seed : int
        Draws, and their seed; with `rademacher` and 2 to the power G no more than this, all are
        taken.
    multiplier : {"rademacher", "webb"}
        Two points, or six points for fewer than about a dozen clusters.
    """
    return _bootstrap(spec, build_sample(spec, frame), term, null, n_draws, multiplier, seed)


def wild_interval(estimates: Estimates, term: str | None = None) -> WildBootstrap:
    """Test one coefficient of a clustered least-squares fit as `wild_cluster_bootstrap` does."""
    return _bootstrap(estimates.spec, estimates.sample, term)


def _bootstrap(
    spec: ModelSpec,
    sample: Sample,
    term: str | None,
    null: float = 0.0,
    n_draws: int = 9_999,
    multiplier: Multiplier = "rademacher",
    seed: int = 20160,
) -> WildBootstrap:
    """Do what `wild_cluster_bootstrap` does on the rows of a fit."""
    if spec.family != "ols" or spec.cluster is None:
        raise ModelError("the wild cluster bootstrap needs family ols and a cluster column.")
    fit, _ = least_squares(spec, sample)
    term = spec.treatment if term is None else term
    parts = _parts_of(spec, sample, fit, term)
    n_clusters = len(parts.scores)
    signs, is_enumerated = wild_multipliers(n_clusters, n_draws, multiplier, seed)
    draws = parts.draws(signs)
    own = parts.draws(np.ones((n_clusters, 1)))

    def p_value(value: float) -> float:
        seen = float(_statistics(own, value)[0])
        return p_value_of_draws(_statistics(draws, value), seen, is_enumerated=is_enumerated)

    estimate = float(fit.coefficients[fit.place(term)])
    error = float(np.sqrt(parts.variance))
    factor = cr1_factor(sample.n_rows, n_clusters, counted_params(sample, len(fit.terms)))
    return WildBootstrap(
        term=term,
        estimate=estimate,
        statistic=float(np.sign(estimate - null) * np.sqrt(_statistics(own, null)[0] / factor)),
        p_value=p_value(null),
        conf_low=_invert(p_value, estimate, -error),
        conf_high=_invert(p_value, estimate, error),
        n_draws=signs.shape[1],
        n_clusters=n_clusters,
        is_enumerated=is_enumerated,
        multiplier=multiplier,
    )


def p_value_of_draws(draws: Floats, seen: float, *, is_enumerated: bool) -> float:
    """Share of draws whose statistic exceeds the sample's own."""
    count = int((draws > seen * (1 + 1e-9)).sum())
    if is_enumerated:
        # The sample and its mirror image are two of the draws: no p value is smaller.
        return max(count, 2) / len(draws)
    return (count + 1) / (len(draws) + 1)


@lru_cache(maxsize=1)
def wild_multipliers(
    n_clusters: int, n_draws: int, multiplier: Multiplier, seed: int
) -> tuple[Floats, bool]:
    """Multipliers of the clusters, a column a draw, and whether these are all draws there are.

    The last ones are kept, as the next model often asks for the same; nobody may change them.
    """
    if multiplier not in ("rademacher", "webb") or n_draws < 1:
        raise ModelError(
            f"multiplier {multiplier!r} with {n_draws} draws: choose rademacher or webb, and a "
            "positive number."
        )
    if multiplier == "rademacher" and 2**n_clusters <= n_draws:
        bits = np.arange(2**n_clusters)[None, :] >> np.arange(n_clusters)[:, None]
        return _frozen(np.asarray(1 - 2 * (bits & 1), dtype=np.float64)), True
    points = np.array([-1.0, 1.0]) if multiplier == "rademacher" else _WEBB
    chosen = np.random.default_rng(seed).integers(0, len(points), (n_clusters, n_draws))
    return _frozen(points[chosen]), False


def _frozen(signs: Floats) -> Floats:
    signs.flags.writeable = False
    return signs


@dataclass(frozen=True)
class _Parts:
    """Scores under a null value r are `scores - r * shift`; `along` picks the coefficient."""

    scores: Floats
    shift: Floats
    along: Floats
    reach: Floats
    bread: Floats
    variance: float

    def draws(self, signs: Floats) -> Floats:
        """What `_statistics` asks of each column of multipliers, shape (5, draws)."""
        starts = range(0, signs.shape[1], _CHUNK)
        blocks = [self._chunk(signs[:, start : start + _CHUNK]) for start in starts]
        return np.concatenate(blocks, axis=1)

    def _chunk(self, signs: Floats) -> Floats:
        numerator, rest = [], []
        for scores in (self.scores, self.shift):
            own = scores @ self.along
            moved = self.bread @ (scores.T @ signs)
            numerator.append(own @ signs)
            rest.append(signs * own[:, None] - self.reach @ moved)
        first, second = rest
        pairs = ((first, first), (first, second), (second, second))
        return np.stack([*numerator, *(np.einsum("gb,gb->b", one, other) for one, other in pairs)])


def _statistics(draws: Floats, null: float) -> Floats:
    """Squared statistic of each draw, (n0 - r n1) squared over d00 - 2 r d01 + r r d11."""
    n0, n1, d00, d01, d11 = draws
    spread = d00 - 2 * null * d01 + null**2 * d11
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray((n0 - null * n1) ** 2 / spread)


def _parts_of(spec: ModelSpec, sample: Sample, fit: LinearFit, term: str) -> _Parts:
    """Parts of the statistic of a term; an error if its variance is zero by construction."""
    position = fit.place(term)
    parts = _prepare(
        clustered_columns(sample, fit.columns if term == INTERCEPT else fit.centred), position
    )
    equal = fit.bread[position, position] * float(fit.residual @ fit.residual) / sample.n_rows
    if is_vanishing(parts.variance, equal) or fit.saturated(sample)[position]:
        raise ModelError(f"{term}: {why_vanishing(spec)}")
    return parts


def _prepare(grams: ClusterGrams, position: int) -> _Parts:
    total, moment = grams.gram.sum(axis=0), grams.moment.sum(axis=0)
    bread = symmetric_inverse(total)
    others = np.delete(np.arange(len(total)), position)
    inner = symmetric_inverse(total[np.ix_(others, others)])
    scores = grams.moment - grams.gram[:, :, others] @ (inner @ moment[others])
    shift = grams.gram[:, :, position] - grams.gram[:, :, others] @ (
        inner @ total[others, position]
    )
    along = bread[:, position]
    plain = grams.scores(bread @ moment) @ along
    return _Parts(scores, shift, along, along @ grams.gram, bread, float(plain @ plain))


def _invert(p_value: Callable[[float], float], estimate: float, step: float) -> float:
    """Null value on one side of the estimate at which the p value crosses 5 %."""
    level = 1 - CONFIDENCE
    inside, reach = estimate, 2.0
    while p_value(estimate + reach * step) > level:
        inside = estimate + reach * step
        reach *= 1.5
        if reach > _FARTHEST:
            return float(np.copysign(np.inf, step))
    outside = estimate + reach * step
    while abs(outside - inside) > 1e-7 * abs(step):
        middle = (inside + outside) / 2
        if p_value(middle) > level:
            inside = middle
        else:
            outside = middle
    return (inside + outside) / 2
