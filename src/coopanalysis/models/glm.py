"""Logit, fractional logit, Poisson and negative binomial, with robust covariances of our own.

Coefficients of models without absorbed effects come from statsmodels. Its covariances are not
used: its HC1 is HC0, its clustered p values are the normal's, and it takes clusters by position.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import optimize, special

from coopanalysis.errors import ModelError
from coopanalysis.models.arrays import Bools, Floats, symmetric_inverse
from coopanalysis.models.design import Part, Term, check_distinct, matrix
from coopanalysis.models.estimates import Estimates
from coopanalysis.models.linear.covariance import counted_params, cr1_covariance, hc_covariance
from coopanalysis.models.linear.degenerate import find_saturated, hide, is_vanishing, note_vanishing
from coopanalysis.models.linear.least_squares import about_means, keep_varying, treated_terms
from coopanalysis.models.sample import Sample
from coopanalysis.models.separation import find_separation, refuse_separation
from coopanalysis.models.spec import ModelSpec

SMALL_GROUP = 20
LARGEST_LOG = float(np.log(1e7))


@dataclass(frozen=True)
class LikelihoodFit:
    """Arrays of a fit by maximum likelihood: coefficients, index, scores by row, information."""

    coefficients: Floats
    index: Floats
    scores: Floats
    information: Floats
    statistics: dict[str, float]

    @classmethod
    def of(
        cls,
        design: Floats,
        sample: Sample,
        linear: tuple[Floats, Floats],
        moments: tuple[Floats, Floats, Floats],
        **statistics: float,
    ) -> LikelihoodFit:
        """Fit of coefficients and index (`linear`), by what each row adds to the likelihood.

        `moments` are the derivative of its likelihood by the index, what is expected of minus the
        second, and the likelihood.
        """
        weights, (slope, bend, value) = sample.weights_or_ones, moments
        return cls(
            *linear,
            scores=design * (weights * slope)[:, None],
            information=(design * (weights * bend)[:, None]).T @ design,
            statistics={"log_likelihood": float((weights * value).sum()), **statistics},
        )


def with_effect_columns(spec: ModelSpec, sample: Sample) -> tuple[Sample, tuple[str, ...]]:
    """Sample whose fixed effects stand as indicator columns, and the names of those columns."""
    if not sample.effects:
        return sample, ()
    extra = [
        Term((Part(name, level),))
        for name, factor in sample.effects.items()
        for level in factor.levels[1:]
    ]
    notes = [
        f"{name}: {sample.n_rows / len(factor.levels):.0f} rows per effect on average; in a "
        f"{spec.family} so few bias the coefficients (incidental parameters)."
        for name, factor in sample.effects.items()
        if sample.n_rows / len(factor.levels) < SMALL_GROUP
    ]
    has_intercept = spec.family != "ordered_logit"
    terms = ((Term(()),) if has_intercept else ()) + sample.terms + tuple(extra)
    changed = replace(
        sample,
        terms=terms,
        columns={**sample.columns, **sample.effects},
        notes=(*sample.notes, *notes),
    )
    return changed, tuple(term.name for term in (*terms[:has_intercept], *extra))


def independent_design(
    spec: ModelSpec, sample: Sample
) -> tuple[tuple[Term, ...], Floats, list[str]]:
    """Terms and columns that are not collinear, and notes on those that are."""
    design = matrix(sample.terms, sample.columns, sample.n_rows)
    # Cut points of an ordered logit hold a constant too.
    kept, notes = keep_varying(spec, sample.terms, design)
    return tuple(sample.terms[k] for k in kept), design[:, kept], notes


def fit_glm(spec: ModelSpec, sample: Sample) -> Estimates:
    """Maximum (quasi-)likelihood without absorbed effects; called through `fit`."""
    sample, nuisance = with_effect_columns(spec, sample)
    terms, design, notes = independent_design(spec, sample)
    names = [term.name for term in terms]
    lower = sample.outcome == 0
    upper = sample.outcome == 1 if "logit" in spec.family else np.zeros(len(lower), dtype=bool)
    centred, turn, _ = about_means(terms, design, sample.weights)
    refuse_separation(find_separation(centred, lower, upper), names, repr(spec.outcome))
    is_negbin = spec.family == "negbin"
    fit = _fit_negbin(centred, sample) if is_negbin else maximize(spec, centred, sample)
    saturated = find_saturated(sample, centred, len(names))
    return likelihood_estimates(
        spec, sample.with_notes(*notes), terms, names, fit, turn, saturated, hidden=set(nuisance)
    )


def likelihood_estimates(
    spec: ModelSpec,
    sample: Sample,
    terms: tuple[Term, ...],
    names: list[str],
    fit: LikelihoodFit,
    turn: Floats,
    saturated: Bools,
    *,
    hidden: set[str],
    n_constants: int = 1,
    n_absorbed: int = 0,
) -> Estimates:
    """Estimates with the covariance the spec asks for.

    `iid` is the inverse information, `HC1` the sandwich times n / (n - K), `CR1` as for ols: K
    counts effects the same, absorbed or as columns. p values are the normal's, with clusters those
    of t with G - 1 degrees of freedom. `terms` are the sample's, `names` of all coefficients;
    `turn` leads from coefficients of columns about their means to those of the columns; `saturated`
    ones have no clustered error.
    """
    check_distinct(names)
    bread = symmetric_inverse(fit.information)
    n_slopes = sum(bool(term.parts) and term.name not in hidden for term in terms)
    n_params = len(names) + n_absorbed
    covariance, df = _covariance(spec, sample, fit, bread, n_params, n_slopes, n_constants)
    centred, covariance, bread = covariance, turn @ covariance @ turn.T, turn @ bread @ turn.T
    treated = np.append(treated_terms(spec, terms), np.zeros(len(names) - len(terms), dtype=bool))
    vanishing = is_vanishing(np.diag(covariance), np.diag(bread)) | saturated
    notes = note_vanishing(spec, names, treated, vanishing)
    return Estimates.of(
        spec,
        replace(sample, terms=terms).with_notes(*notes),
        names,
        turn @ fit.coefficients,
        hide(covariance, vanishing),
        df,
        shown=tuple(name for name in names if name not in hidden),
        statistics=fit.statistics,
        index=fit.index,
        scores=fit.scores @ np.linalg.inv(turn),
        bread=bread,
        turn=turn,
        centred=hide(centred, vanishing),
    )


def _covariance(
    spec: ModelSpec,
    sample: Sample,
    fit: LikelihoodFit,
    bread: Floats,
    n_params: int,
    n_slopes: int,
    n_constants: int,
) -> tuple[Floats, Floats]:
    """Covariance and degrees of freedom of the coefficients."""
    normal = np.full(len(bread), np.inf)
    if spec.vcov == "iid":
        return bread, normal
    if spec.vcov == "HC1":
        return hc_covariance("HC1", fit.scores, np.ones(len(fit.scores)), bread, n_params), normal
    if spec.vcov != "CR1":
        raise ModelError(f"errors {spec.vcov} have no formula for {spec.family} in models/glm.py.")
    assert sample.clusters is not None and sample.n_clusters is not None
    counted = counted_params(sample, n_slopes) + n_constants - bool(sample.effects)
    covariance = cr1_covariance(fit.scores, sample.clusters, bread, counted)
    return covariance, np.full(len(bread), sample.n_clusters - 1.0)


def _iterate(family: Any, design: Floats, sample: Sample, start: Floats | None = None) -> Floats:
    from statsmodels.genmod.generalized_linear_model import GLM  # noqa: PLC0415  (slow to import)

    # In columns at right angles and of one size: the steps are judged by an absolute tolerance.
    unit = np.abs(design).max(axis=0)
    turned, triangle = np.linalg.qr(design / unit)
    size = np.sqrt(len(design))
    model = GLM(
        sample.outcome,
        turned * size,
        family=family,
        offset=sample.offset,
        freq_weights=sample.weights,
    )
    begin = None if start is None else triangle @ (start * unit) / size
    result = model.fit(start_params=begin, maxiter=200, tol=1e-12, tol_criterion="params")
    if not result.converged:
        raise ModelError("the likelihood did not converge in 200 steps. Rescale or drop columns.")
    natural = np.linalg.solve(triangle, size * np.asarray(result.params)) / unit
    return np.asarray(natural, dtype=np.float64)


def maximize(spec: ModelSpec, design: Floats, sample: Sample) -> LikelihoodFit:
    """Fit logit, fractional logit or Poisson with these columns to the outcome of a sample."""
    from statsmodels.genmod import families  # noqa: PLC0415  (slow to import)

    is_logit = "logit" in spec.family
    family = families.Binomial() if is_logit else families.Poisson()
    coefficients = _iterate(family, design, sample)
    index, y = design @ coefficients + sample.offset, sample.outcome
    if is_logit:
        mean = special.expit(index)
        moments = y - mean, mean * (1 - mean), y * index - np.logaddexp(0, index)
    else:
        mean = np.exp(index)
        moments = y - mean, mean, y * index - mean - special.gammaln(y + 1)
    return LikelihoodFit.of(design, sample, (coefficients, index), moments)


def _fit_negbin(design: Floats, sample: Sample) -> LikelihoodFit:
    """NB2 by turns: coefficients given theta, theta given coefficients, as MASS does.

    The covariance is the expected information's given theta; statsmodels' observed one is 7 % away
    in the quine data.
    """
    from statsmodels.genmod import families  # noqa: PLC0415  (slow to import)

    weights = sample.weights_or_ones
    y = sample.outcome
    coefficients = _iterate(families.Poisson(), design, sample)
    theta, error = np.nan, np.nan
    for _ in range(100):
        mean = np.exp(design @ coefficients + sample.offset)
        before = theta
        theta, error = _fit_theta(y, mean, weights)
        family = families.NegativeBinomial(alpha=1 / theta)
        step = _iterate(family, design, sample, start=coefficients)
        moved = (np.abs(step - coefficients) * np.abs(design).max(axis=0)).max()
        coefficients = step
        if moved < 1e-9 and abs(theta - before) < 1e-9 * theta:
            break
    else:
        raise ModelError("the negative binomial did not converge in 100 turns. Use poisson.")
    index = design @ coefficients + sample.offset
    mean = np.exp(index)
    shrink = 1 + mean / theta
    value = (
        special.gammaln(theta + y)
        - special.gammaln(theta)
        - special.gammaln(y + 1)
        + special.xlogy(theta, theta)
        + special.xlogy(y, mean)
        - (theta + y) * np.log(theta + mean)
    )
    moments = (y - mean) / shrink, mean / shrink, value
    linear = coefficients, index
    return LikelihoodFit.of(design, sample, linear, moments, theta=theta, theta_std_error=error)


def _fit_theta(y: Floats, mean: Floats, weights: Floats) -> tuple[float, float]:
    """Theta of a negative binomial and its standard error, given the means."""

    def slope(log: float) -> float:
        theta = np.exp(log)
        raised = special.digamma(theta + y) - special.digamma(theta)
        spread = log + 1 - np.log(theta + mean) - (y + theta) / (mean + theta)
        return float(np.sum(weights * (raised + spread)))

    if slope(LARGEST_LOG) > 0:
        raise ModelError(
            "the counts vary no more than a Poisson: theta grows without end. Use poisson."
        )
    theta = np.exp(optimize.brentq(slope, -LARGEST_LOG, LARGEST_LOG, xtol=1e-14, rtol=1e-14))
    raised = special.polygamma(1, theta) - special.polygamma(1, theta + y)
    spread = 2 / (mean + theta) - 1 / theta - (y + theta) / (mean + theta) ** 2
    return float(theta), float(1 / np.sqrt(np.sum(weights * (raised + spread))))
