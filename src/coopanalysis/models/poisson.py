"""Poisson with absorbed fixed effects, by iterated weighted least squares.

Quasi-maximum likelihood: the counts need not be Poisson, nor even whole, only their mean be right;
the errors are robust. Each step takes the effects out of the working regression exactly.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import special

from coopanalysis.errors import ModelError
from coopanalysis.models.arrays import Floats, Ints, centre, find_collinear, spread_about_mean
from coopanalysis.models.design import matrix
from coopanalysis.models.estimates import Estimates
from coopanalysis.models.glm import LikelihoodFit, likelihood_estimates
from coopanalysis.models.linear.absorb import Absorber
from coopanalysis.models.linear.degenerate import find_saturated
from coopanalysis.models.linear.least_squares import keep_independent
from coopanalysis.models.sample import Sample
from coopanalysis.models.separation import find_falling, refuse_separation
from coopanalysis.models.spec import ModelSpec

MAX_STEPS = 100


def fit_poisson_effects(spec: ModelSpec, sample: Sample) -> Estimates:
    """Poisson of the sample with its effects absorbed; called through `fit`."""
    raw = centre(matrix(sample.terms, sample.columns, sample.n_rows), sample.weights)
    codes, absorber = sample.codes, Absorber(sample.codes, sample.weights)
    left = sample.weighted(absorber.residualize(raw))
    scale = spread_about_mean(raw, sample.weights)
    kept, notes = keep_independent(spec, sample.terms, left.T @ left, scale)
    design, terms = raw[:, kept], tuple(sample.terms[k] for k in kept)
    names = [term.name for term in terms]
    n_params = len(terms) + absorber.n_effects
    _check_separation(spec, sample, names, design, codes, n_params)
    fit = _iterate(design, sample, codes)
    return likelihood_estimates(
        spec,
        sample.with_notes(*notes),
        terms,
        names,
        fit,
        np.eye(len(terms)),
        find_saturated(sample, design, n_params),
        hidden=set(),
        n_absorbed=absorber.n_effects,
    )


def _iterate(design: Floats, sample: Sample, codes: Sequence[Ints]) -> LikelihoodFit:
    y, offset = sample.outcome, sample.offset
    weights = sample.weights_or_ones
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
        raise ModelError(f"the Poisson did not converge in {MAX_STEPS} steps. Drop columns.")
    turned = Absorber(codes, weights * mean).residualize(design)
    moments = y - mean, mean, y * index - mean - special.gammaln(y + 1)
    linear = np.asarray(coefficients, dtype=np.float64), index
    return LikelihoodFit.of(turned, sample, linear, moments, deviance=deviance)


def _check_separation(
    spec: ModelSpec,
    sample: Sample,
    names: Sequence[str],
    design: Floats,
    codes: Sequence[Ints],
    n_params: int,
) -> None:
    """Raise if columns, effects or both together single out rows of zeros.

    Separation needs rank lost among the other rows (Correia, Guimaraes and Zylkin 2019): only then
    is it searched for.
    """
    positive = sample.outcome > 0
    inside = [np.unique(code[positive], return_inverse=True)[1].ravel() for code in codes]
    absorber = Absorber(inside)
    left = absorber.residualize(design[positive])
    lost = find_collinear(left.T @ left, spread_about_mean(design[positive]))
    if absorber.n_effects + design.shape[1] - len(lost) == n_params:
        return
    falling, guilty = find_falling(design, ~positive, codes)
    refuse_separation(guilty, names, repr(spec.outcome))
    if falling.any():
        first = ", ".join(str(row) for row in sample.rows[falling][:3])
        raise ModelError(
            f"separation: {', '.join(spec.fixed_effects)} together single out "
            f"{int(falling.sum())} rows of zeros (first: {first}), whose mean falls without end. "
            "Leave these rows out, or use coarser effects."
        )
