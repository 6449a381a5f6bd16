"""Ordinary and weighted least squares: the estimates with the errors that a spec asks for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from coopanalysis.models.arrays import Floats
from coopanalysis.models.estimates import Estimates
from coopanalysis.models.linear.cluster_products import clustered_columns
from coopanalysis.models.linear.covariance import (
    adjusted_cluster_covariance,
    conley_covariance,
    counted_params,
    cr1_covariance,
    hc_covariance,
)
from coopanalysis.models.linear.degenerate import hide, is_vanishing, note_vanishing
from coopanalysis.models.linear.least_squares import LinearFit, least_squares, treated_terms
from coopanalysis.models.linear.many import NOTHING_LEFT
from coopanalysis.models.sample import Sample
from coopanalysis.models.spec import ModelSpec


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
    leverage = None
    if spec.vcov in ("HC2", "HC3"):
        leverage = np.einsum("ij,ij->i", fit.influence, fit.centred[:, :-1])
        if fit.absorber is not None:
            leverage = leverage + fit.absorber.leverage()
    bread = fit.inner if spec.vcov == "iid" else whole
    covariance = hc_covariance(
        spec.vcov, fit.influence, fit.residual, bread, fit.n_params, leverage
    )
    return covariance, df


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
