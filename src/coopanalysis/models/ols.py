"""Ordinary and weighted least squares: the estimates with the errors that a spec asks for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

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
    sample, notes = sample.with_notes(*left_out), []
    if float(fit.residual @ fit.residual) <= NOTHING_LEFT * float(fit.outcome @ fit.outcome):
        notes.append("the fit is exact but for rounding: errors and p values mean nothing.")
    centred, df = ols_covariance(spec, sample, fit)
    covariance = fit.turn @ centred @ fit.turn.T
    names = fit.names
    equal = np.diag(fit.bread) * float(fit.residual @ fit.residual) / len(fit.residual)
    vanishing = is_vanishing(np.diag(covariance), equal) | fit.saturated(sample)
    notes += note_vanishing(spec, names, treated_terms(spec, fit.terms), vanishing)
    root = np.sqrt(sample.weights_or_ones)
    return Estimates(
        spec=spec,
        params=pd.Series(fit.coefficients, index=names),
        covariance=pd.DataFrame(hide(covariance, vanishing), index=names, columns=names),
        df=pd.Series(df, index=names),
        shown=tuple(names),
        n_obs=sample.n_rows,
        n_clusters=sample.n_clusters,
        n_missing=sample.n_missing,
        notes=(*sample.notes, *notes),
        statistics=_fit_statistics(sample, fit),
        sample=replace(sample, terms=fit.terms),
        index=sample.outcome - fit.residual / root,
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
