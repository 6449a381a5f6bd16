"""Ordered logit by Newton's method, with weights, cut points and scores by row.

statsmodels' ordered model takes no weights, reports log increments of the cut points, and derives
likelihood and covariance numerically and for independent rows.
"""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
from scipy import special

from coopanalysis.errors import ModelError
from coopanalysis.models.arrays import Floats, Ints, symmetric_inverse
from coopanalysis.models.estimates import Estimates
from coopanalysis.models.glm import (
    LikelihoodFit,
    independent_design,
    likelihood_estimates,
    with_effect_columns,
)
from coopanalysis.models.linear.degenerate import find_saturated
from coopanalysis.models.sample import Sample
from coopanalysis.models.separation import find_ordered_separation, refuse_separation
from coopanalysis.models.spec import ModelSpec

MAX_STEPS = 100
ENOUGH, SHORTEST = 1e-20, 1e-8
UPHILL = 1e-8
"""What another step would add to twice the log-likelihood, at most."""


def fit_ordered_logit(spec: ModelSpec, sample: Sample) -> Estimates:
    """Ordered logit: P(outcome <= level j) = expit(cut j - x'b); called through `fit`."""
    sample, nuisance = with_effect_columns(spec, sample)
    terms, design, notes = independent_design(spec, sample)
    level = sample.outcome.astype(np.int64)
    levels = sample.outcome_levels
    names = [term.name for term in terms]
    means = np.average(design, axis=0, weights=sample.weights)
    design = design - means  # the cut points take the means up
    found = find_ordered_separation(design, level, len(levels))
    refuse_separation(found, names, repr(spec.outcome))
    weights = sample.weights_or_ones
    fit = _climb(design, level, len(levels), weights)
    fit = replace(fit, index=fit.index + float(means @ fit.coefficients[: len(names)]))
    cuts = [f"cut[{low}|{high}]" for low, high in itertools.pairwise(levels)]
    turn = np.eye(len(names) + len(cuts))
    turn[len(names) :, : len(names)] = means
    saturated = np.zeros(len(turn), dtype=bool)
    saturated[: len(names)] = find_saturated(sample, design, len(names) + 1)
    return likelihood_estimates(
        spec,
        sample.with_notes(*notes),
        terms,
        [*names, *cuts],
        fit,
        turn,
        saturated,
        hidden={*nuisance, *cuts},
        n_constants=len(cuts),
    )


def _climb(design: Floats, level: Ints, n_levels: int, weights: Floats) -> LikelihoodFit:
    """Coefficients and cut points by Newton's steps, halved until they lead uphill.

    The likelihood is concave, and the start is its maximum without the columns.
    """
    k, length = design.shape[1], 1.0
    below = np.cumsum(np.bincount(level, weights, n_levels))[:-1] / weights.sum()
    params = np.concatenate([np.zeros(k), special.logit(below)])
    value, scores, information = _likelihood(params, design, level, n_levels, weights)
    for _ in range(MAX_STEPS):
        slope = scores.sum(axis=0)
        step = symmetric_inverse(information) @ slope
        left = float(slope @ step)
        if left < ENOUGH or length < SHORTEST:
            break
        length = 1.0
        while length > SHORTEST:
            trial = _likelihood(params + length * step, design, level, n_levels, weights)
            if trial[0] > value:
                params, (value, scores, information) = params + length * step, trial
                break
            length /= 2
    if not left < UPHILL:
        raise ModelError("the ordered logit did not converge. Drop or join columns or levels.")
    statistics = {"log_likelihood": value}
    return LikelihoodFit(params, design @ params[:k], scores, information, statistics)


def _likelihood(
    params: Floats, design: Floats, level: Ints, n_levels: int, weights: Floats
) -> tuple[float, Floats, Floats]:
    """Log-likelihood, score of each row, and observed information."""
    k, n_rows = design.shape[1], len(level)
    index = design @ params[:k]
    cuts = np.concatenate([[-np.inf], params[k:], [np.inf]])
    high, low = cuts[level + 1] - index, cuts[level] - index
    # The difference of two logistic functions, from whichever tail keeps its digits.
    flip = low > 0
    upper = special.expit(np.where(flip, -low, high))
    lower = special.expit(np.where(flip, -high, low))
    chance = np.maximum(upper - lower, 1e-300)
    slope_high = special.expit(high) * special.expit(-high)
    slope_low = special.expit(low) * special.expit(-low)
    bend_high = slope_high * (1 - 2 * special.expit(high))
    bend_low = slope_low * (1 - 2 * special.expit(low))
    # Derivatives by the upper and lower argument; both move with -x and one cut each.
    rate_high, rate_low = slope_high / chance, -slope_low / chance
    cut_columns = np.eye(n_levels + 1)[:, 1:-1]
    by_high = np.hstack([-design, cut_columns[level + 1]])
    by_low = np.hstack([-design, cut_columns[level]])
    scores = weights[:, None] * (by_high * rate_high[:, None] + by_low * rate_low[:, None])
    high_high = weights * (rate_high**2 - bend_high / chance)
    low_low = weights * (rate_low**2 + bend_low / chance)
    high_low = weights * rate_high * rate_low
    mixed = (by_high * high_low[:, None]).T @ by_low
    information = (
        (by_high * high_high[:, None]).T @ by_high
        + (by_low * low_low[:, None]).T @ by_low
        + mixed
        + mixed.T
    )
    assert scores.shape == (n_rows, len(params))
    return float((weights * np.log(chance)).sum()), scores, information
