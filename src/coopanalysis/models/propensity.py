"""Chance of treatment given covariates, and where there is nobody to compare."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import special

from coopanalysis.errors import ModelError
from coopanalysis.models.frame import build_sample, used_columns
from coopanalysis.models.glm import fit_glm
from coopanalysis.models.spec import Estimates, ModelSpec


def propensity_scores(
    frame: pd.DataFrame, treatment: str, covariates: Sequence[str], *, groups: Sequence[str] = ()
) -> pd.Series:
    """Probability of treatment given covariates, by logit; missing for incomplete rows.

    Parameters
    ----------
    frame : DataFrame
        One row per unit.
    treatment : str
        Column of zeros and ones.
    covariates : sequence of str
        Right-hand columns.
    groups : sequence of str
        Columns whose every value has its own level, states for example. Where all of a group are
        alike in the treatment, that is their probability.

    Raises
    ------
    ModelError
        As `fit` with family `logit`; separation above all.
    """
    numbered = frame.reset_index(drop=True)
    return scores_of(fit_propensity(numbered, treatment, covariates, groups), numbered).set_axis(
        frame.index
    )


def fit_propensity(
    frame: pd.DataFrame, treatment: str, covariates: Sequence[str], groups: Sequence[str] = ()
) -> Estimates:
    """Logit behind `propensity_scores`, on a frame with unique labels."""
    first, *rest = covariates
    spec = ModelSpec(
        treatment,
        first,
        controls=tuple(rest),
        fixed_effects=tuple(groups),
        family="logit",
        vcov="iid",
    )
    return fit_glm(spec, build_sample(spec, frame, asks_errors=False))


def scores_of(logit: Estimates, frame: pd.DataFrame) -> pd.Series:
    """Probabilities of a logit from `fit_propensity`, by row of its frame."""
    scores = pd.Series(np.nan, index=frame.index, name="propensity")
    if logit.spec.fixed_effects:
        # Complete rows that were not used are of groups that are all alike.
        complete = frame[used_columns(logit.spec)].notna().all(axis=1)
        scores[complete] = frame.loc[complete, logit.spec.outcome].astype("float64")
    scores.loc[logit.sample.rows] = special.expit(logit.index)
    return scores


def overlap_table(scores: pd.Series, treated: pd.Series, n_bins: int = 10) -> pd.DataFrame:
    """Rows of both groups by bins of the propensity score: where there is nobody to compare.

    Parameters
    ----------
    scores : Series
        Propensity scores, 0 to 1; missing ones are left out.
    treated : Series
        Zeros and ones, same index; rows in which it is missing are left out.
    n_bins : int
        Bins of equal width over 0 to 1.

    Returns
    -------
    DataFrame, one row per bin
        `low, high, n_treated, n_control`.

    Raises
    ------
    ModelError
        If the two do not have the same index.
    """
    if not treated.index.equals(scores.index):
        found = treated.index.is_unique and scores.index.isin(treated.index).all()
        if not found:
            raise ModelError("scores and treated do not have the same index.")
        treated = treated.reindex(scores.index)
    known = (scores.notna() & treated.notna().to_numpy()).to_numpy()
    edges = np.linspace(0, 1, n_bins + 1)
    values = scores.to_numpy(dtype=float)[known]
    is_treated = treated.to_numpy(dtype=float, na_value=np.nan)[known] == 1
    return pd.DataFrame(
        {
            "low": edges[:-1],
            "high": edges[1:],
            "n_treated": np.histogram(values[is_treated], edges)[0],
            "n_control": np.histogram(values[~is_treated], edges)[0],
        }
    )
