"""Weights of counties that report, by the inverse of their probability of reporting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from coopanalysis.errors import ModelError
from coopanalysis.models.arrays import Bools, Floats
from coopanalysis.models.comparability import fit_propensity, propensity_scores, scores_of
from coopanalysis.models.estimates import Estimates
from coopanalysis.models.linear.cluster_products import sum_by
from coopanalysis.models.linear.covariance import counted_params, cr1_factor
from coopanalysis.models.linear.degenerate import with_covariance
from coopanalysis.models.ols import fit_ols
from coopanalysis.models.row_selection import apply_rule, check_columns
from coopanalysis.models.sample import build_sample
from coopanalysis.models.spec import ModelSpec, Vcov

STACKED: tuple[Vcov, ...] = ("HC1", "CR1")
"""Errors of `fit_reporters`."""
_WEIGHT = "_reporting_weight"


def reporting_weights(
    frame: pd.DataFrame,
    reported: str,
    covariates: Sequence[str],
    *,
    groups: Sequence[str] = (),
    cap: float = 0.99,
) -> pd.Series:
    """Weights of counties that report, by the inverse of their probability of reporting.

    Right where reporting depends on the covariates and groups alone; it cannot mend reporting that
    depends on crime itself.

    Parameters
    ----------
    frame : DataFrame, one row per county
    reported : str
        Column of zeros and ones.
    covariates, groups : sequence of str
        What reporting may depend on, and columns whose every value has its own level of it, states
        for example. Groups that reported nothing are in no weighted row.
    cap : float
        Quantile above which weights are cut, so that one county does not decide.

    Returns
    -------
    Series
        Mean 1 over those that report; 0 where nothing was reported, missing where a covariate is.
    """
    return _weights(
        propensity_scores(frame, reported, covariates, groups=groups), frame[reported], cap
    )


def fit_reporters(
    spec: ModelSpec,
    frame: pd.DataFrame,
    reported: str,
    covariates: Sequence[str],
    *,
    groups: Sequence[str] = (),
    cap: float = 0.99,
) -> Estimates:
    """Fit a model to counties that report, weighted, with errors that know of the weights.

    The moments of the logit of reporting and of the weighted model are stacked, so that the
    uncertainty of the weights is in the errors. Newey and McFadden (1994), section 6; Wooldridge
    (2007), J. Econometrics.

    Parameters
    ----------
    spec : ModelSpec
        Family `ols`, errors HC1 or CR1. Weights of its own are multiplied with those of reporting.
    frame, reported, covariates, groups, cap
        As for `reporting_weights`. A weight that is cut counts as known.

    Returns
    -------
    Estimates
        As of `fit`; its spec has the column of the weights.
    """
    if spec.family != "ols" or spec.vcov not in STACKED:
        raise ModelError(
            f"fit_reporters needs family ols and vcov {' or '.join(STACKED)}, not {spec.family} "
            f"with {spec.vcov}. Pass reporting_weights as weights, which then count as known."
        )
    names = [name for name in (spec.weights, spec.cluster) if name]
    check_columns(frame, [reported, *names])
    rows = apply_rule(spec.sample, frame).reset_index(drop=True)
    logit = fit_propensity(rows, reported, covariates, groups)
    chance = scores_of(logit, rows)
    weights = _weights(chance, rows[reported], cap)
    is_cut = (weights * chance).lt((weights * chance).max() * (1 - 1e-9)).to_numpy()
    estimates = fit_weighted(replace(spec, sample=None), rows, weights)
    moves = _moves(estimates, logit, len(rows), is_cut)
    covariance = _covariance(estimates, moves, rows[spec.cluster] if spec.cluster else None)
    note = "errors carry that the weights for reporting are estimated."
    return with_covariance(estimates, covariance, note)


def fit_weighted(spec: ModelSpec, rows: pd.DataFrame, weights: pd.Series) -> Estimates:
    """Least squares of the rows with a weight, times that of the spec if it has one."""
    if spec.weights is not None:
        weights = weights * rows[spec.weights].astype("float64")
    weighted = replace(spec, weights=_WEIGHT)
    used = rows.assign(**{_WEIGHT: weights})[(weights > 0).to_numpy(dtype=bool)]
    return fit_ols(weighted, build_sample(weighted, used))


def _weights(chance: pd.Series, reported: pd.Series, cap: float) -> pd.Series:
    is_in = reported.to_numpy(dtype=float) == 1
    values: Floats = np.zeros(len(is_in))
    values[is_in] = 1 / chance.to_numpy(dtype=float)[is_in]
    known = is_in & ~np.isnan(values)
    values[known] = np.minimum(values[known], np.quantile(values[known], cap))
    values[known] /= values[known].mean()
    values[chance.isna().to_numpy()] = np.nan
    return pd.Series(values, index=chance.index, name="reporting_weight")


def _moves(estimates: Estimates, logit: Estimates, n_rows: int, is_cut: Bools) -> Floats:
    """What each row adds to the coefficients of columns about their means, also by the weights."""
    assert estimates.turn is not None
    own, first = (
        np.zeros((n_rows, estimates.scores.shape[1])),
        np.zeros((n_rows, len(logit.params))),
    )
    own[estimates.sample.rows] = estimates.scores
    first[logit.sample.rows] = logit.scores
    # The weight 1 / p of a row that reports has slope -(1 - p) / p, which is in its logit score.
    slope = -(own[~is_cut].T @ first[~is_cut])
    both = (own + first @ (logit.bread @ slope.T)) @ estimates.bread
    return np.asarray(np.linalg.solve(estimates.turn, both.T).T)


def _covariance(estimates: Estimates, moves: Floats, clusters: pd.Series | None) -> Floats:
    n_rows, n_params = estimates.n_obs, len(estimates.params)
    if clusters is None:
        n_all = n_rows - int(estimates.statistics["residual_df"])
        return np.asarray(moves.T @ moves * n_rows / (n_rows - n_all))
    known = clusters.notna().to_numpy()
    codes = pd.factorize(clusters[known])[0].astype(np.int64)
    sums = sum_by(codes, moves[known])
    n_clusters = int(np.any(sums != 0, axis=1).sum())
    factor = cr1_factor(n_rows, n_clusters, counted_params(estimates.sample, n_params))
    return np.asarray(factor * (sums.T @ sums))
