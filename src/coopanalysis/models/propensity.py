"""Chance of treatment given covariates, and where there is nobody to compare."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import special

from coopanalysis.errors import ModelError
from coopanalysis.models.frame import build_sample
from coopanalysis.models.glm import fit_glm
from coopanalysis.models.spec import ModelSpec


def propensity_scores(frame: pd.DataFrame, treatment: str, covariates: Sequence[str]) -> pd.Series:
    """Probability of treatment given covariates, by logit; missing for incomplete rows.

    Parameters
    ----------
    frame : DataFrame
        One row per unit.
    treatment : str
        Column of zeros and ones.
    covariates : sequence of str
        Right-hand columns.

    Raises
    ------
    ModelError
        As `fit` with family `logit`; separation above all.
    """
    first, *rest = covariates
    spec = ModelSpec(treatment, first, controls=tuple(rest), family="logit", vcov="iid")
    numbered = frame.reset_index(drop=True)
    estimates = fit_glm(spec, build_sample(spec, numbered, asks_errors=False))
    scores = pd.Series(np.nan, index=numbered.index, name="propensity")
    scores.loc[estimates.sample.rows] = special.expit(estimates.index)
    return scores.set_axis(frame.index)


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
