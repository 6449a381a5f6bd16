"""Poisson with absorbed fixed effects, by iterated weighted least squares.

Quasi-maximum likelihood: the counts need not be Poisson, nor even whole, only their mean be right;
the errors are robust. Each step takes the effects out of the working regression exactly.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import special

from coopanalysis.errors import ModelError
from coopanalysis.models.design import find_collinear, matrix, spread_about_mean
from coopanalysis.models.frame import Sample
from coopanalysis.models.glm import LikelihoodFit, likelihood_estimates
from coopanalysis.models.linear.absorb import Absorber
from coopanalysis.models.ols import counted_params, keep_independent
from coopanalysis.models.separation import refuse_separation
from coopanalysis.models.spec import Estimates, ModelSpec

MAX_STEPS = 100


def fit_poisson_effects(spec: ModelSpec, sample: Sample) -> Estimates:
    """Poisson of the sample with its effects absorbed; called through `fit`."""
    raw = matrix(sample.terms, sample.columns, sample.n_rows)
    codes = [factor.codes for factor in sample.effects.values()]
    absorber = Absorber(codes, sample.weights)
    left = absorber.residualize(raw)
    if sample.weights is not None:
        left = left * np.sqrt(sample.weights)[:, None]
    scale = spread_about_mean(raw, sample.weights)
    kept, notes = keep_independent(spec, sample.terms, left.T @ left, scale)
    design, terms = raw[:, kept], tuple(sample.terms[k] for k in kept)
    names = [term.name for term in terms]
    found = find_count_separation(design, sample.outcome, codes)
    refuse_separation(found, names, repr(spec.outcome))
    fit = _climb(design, sample, codes)
    if fit is None:
        raise ModelError(_why_not_converged(spec, sample, codes))
    if spec.vcov == "CR1":
        n_absorbed = counted_params(sample, len(terms)) - len(terms)
    else:
        n_absorbed = absorber.n_effects
    return likelihood_estimates(
        spec, sample.with_notes(*notes), terms, names, fit, hidden=set(), n_absorbed=n_absorbed
    )


def _climb(
    design: NDArray[np.float64], sample: Sample, codes: Sequence[NDArray[np.int64]]
) -> LikelihoodFit | None:
    y, offset = sample.outcome, sample.offset
    weights = np.ones(sample.n_rows) if sample.weights is None else sample.weights
    mean = (y + np.average(y, weights=weights)) / 2
    index = np.log(mean)
    deviance = np.inf
    for _ in range(MAX_STEPS):
        working = index - offset + (y - mean) / mean
        flat = Absorber(codes, weights * mean).residualize(np.column_stack([design, working]))
        turned, left = flat[:, :-1], flat[:, -1]
        weighted = turned * (weights * mean)[:, None]
        information = weighted.T @ turned
        coefficients = np.linalg.solve(information, weighted.T @ left)
        index = offset + working - (left - turned @ coefficients)
        mean = np.exp(np.clip(index, -500, 500))
        before, deviance = deviance, 2 * float(weights @ (special.xlogy(y, y / mean) - (y - mean)))
        if abs(before - deviance) < 1e-11 * (abs(deviance) + 0.1):
            break
    else:
        return None
    turned = Absorber(codes, weights * mean).residualize(design)
    value = y * index - mean - special.gammaln(y + 1)
    return LikelihoodFit(
        coefficients=np.asarray(coefficients, dtype=np.float64),
        index=index,
        scores=turned * (weights * (y - mean))[:, None],
        information=(turned * (weights * mean)[:, None]).T @ turned,
        statistics={"log_likelihood": float(weights @ value), "deviance": deviance},
    )


def _why_not_converged(spec: ModelSpec, sample: Sample, codes: Sequence[NDArray[np.int64]]) -> str:
    said = f"the Poisson did not converge in {MAX_STEPS} steps"
    falling = _rectify(np.empty((sample.n_rows, 0)), sample.outcome == 0, codes)
    if not falling.any():
        return f"{said}. Drop columns."
    first = ", ".join(str(row) for row in sample.rows[falling][:3])
    return (
        f"{said}: separation. {', '.join(spec.fixed_effects)} together single out "
        f"{int(falling.sum())} rows of zeros (first: {first}), whose mean falls without end. "
        "Leave these rows out, or use coarser effects."
    )


def find_count_separation(
    design: NDArray[np.float64], y: NDArray[np.float64], codes: Sequence[NDArray[np.int64]]
) -> NDArray[np.bool_]:
    """Columns that, with the effects, single out rows of zeros whose mean can only fall.

    The iterative rectifier of Correia, Guimaraes and Zylkin (2019), run only where columns lose
    rank among the rows that are not zero: without that there is no separation.

    Parameters
    ----------
    design : array, shape (n, k)
        Regressors.
    y : array, shape (n,)
        Counts.
    codes : sequence of int arrays
        Fixed effects.
    """
    none = np.zeros(design.shape[1], dtype=bool)
    positive = y > 0
    inside = [np.unique(code[positive], return_inverse=True)[1] for code in codes]
    left = Absorber(inside).residualize(design[positive])
    suspects = find_collinear(left.T @ left, (design[positive] ** 2).sum(axis=0))
    if not suspects:
        return none
    if not _rectify(design, ~positive, codes).any():
        return none
    none[suspects] = True
    return none


def _rectify(
    design: NDArray[np.float64], is_zero: NDArray[np.bool_], codes: Sequence[NDArray[np.int64]]
) -> NDArray[np.bool_]:
    """Rows of zeros that columns and effects can lower together without moving any other row."""
    target = is_zero.astype(float)
    weights = np.where(is_zero, 1.0, 1e6)
    absorber = Absorber(codes, weights)
    flat = absorber.residualize(design)
    gram = (flat * weights[:, None]).T @ flat
    for _ in range(MAX_STEPS):
        flat_target = absorber.residualize(target)
        slopes = np.linalg.lstsq(gram, flat.T @ (weights * flat_target), rcond=None)[0]
        fitted = target - flat_target + flat @ slopes
        if (fitted[is_zero] > -1e-5).all():
            break
        target = np.where(is_zero, np.maximum(fitted, 0), 0.0)
    return np.where(is_zero, fitted, 0.0) > 1e-3
