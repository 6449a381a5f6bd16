"""Ordinary and weighted least squares: the estimates with the errors that a spec asks for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from coopanalysis.models.estimates import Estimates
from coopanalysis.models.linear.covariance import ols_covariance
from coopanalysis.models.linear.degenerate import hide, is_vanishing, note_vanishing
from coopanalysis.models.linear.least_squares import LinearFit, least_squares, treated_terms
from coopanalysis.models.linear.many import NOTHING_LEFT
from coopanalysis.models.sample import Sample
from coopanalysis.models.spec import ModelSpec


def fit_ols(spec: ModelSpec, sample: Sample) -> Estimates:
    """Least squares of the sample; called through `coopanalysis.models.fit`."""
    fit, left_out = least_squares(spec, sample)
    rss, notes = float(fit.residual @ fit.residual), left_out
    if rss <= NOTHING_LEFT * float(fit.outcome @ fit.outcome):
        notes.append("the fit is exact but for rounding: errors and p values mean nothing.")
    centred, df = ols_covariance(spec, sample, fit)
    covariance = fit.turn @ centred @ fit.turn.T
    equal = np.diag(fit.bread) * rss / sample.n_rows
    vanishing = is_vanishing(np.diag(covariance), equal) | fit.saturated(sample)
    notes += note_vanishing(spec, fit.names, treated_terms(spec, fit.terms), vanishing)
    return Estimates.of(
        spec,
        replace(sample, terms=fit.terms).with_notes(*notes),
        fit.names,
        fit.coefficients,
        hide(covariance, vanishing),
        df,
        statistics=_fit_statistics(sample, fit),
        index=sample.outcome - fit.residual / np.sqrt(sample.weights_or_ones),
        scores=fit.scores,
        bread=fit.bread,
        turn=fit.turn,
        centred=hide(centred, vanishing),
    )


def _fit_statistics(sample: Sample, fit: LinearFit) -> dict[str, float]:
    weights = sample.weights_or_ones
    mean = np.average(sample.outcome, weights=weights)
    total = float((weights * (sample.outcome - mean) ** 2).sum())
    within = float(fit.outcome @ fit.outcome)
    rss = float(fit.residual @ fit.residual)
    figures = {"r_squared": 1 - rss / total, "residual_df": float(sample.n_rows - fit.n_params)}
    if fit.absorber is not None:
        figures["r_squared_within"] = 1 - rss / within
    return figures
