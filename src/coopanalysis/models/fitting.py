"""From the family of a spec to what fits it."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from coopanalysis.models.frame import Sample, build_sample
from coopanalysis.models.glm import fit_glm
from coopanalysis.models.ols import fit_ols
from coopanalysis.models.ordered import fit_ordered_logit
from coopanalysis.models.poisson import fit_poisson_effects
from coopanalysis.models.spec import Estimates, ModelSpec, Vcov


def fit(spec: ModelSpec, frame: pd.DataFrame) -> Estimates:
    """Estimate a model on the complete rows of a frame.

    Parameters
    ----------
    spec : ModelSpec
        The question.
    frame : DataFrame
        Any frame that holds the columns named; its order and index do not matter.

    Returns
    -------
    Estimates
        Table, covariance, rows used, and notes on everything left out.

    Raises
    ------
    ModelError
        If a column is not there, nothing is left to explain, the treatment cannot be told from
        the controls, the outcome is separated, or there is one cluster. The message names the
        column and what to do.
    """
    return _fit_sample(spec, build_sample(spec, frame))


def with_errors(estimates: Estimates, vcov: Vcov) -> Estimates:
    """Estimate the same model on the same rows with another type of error.

    Parameters
    ----------
    estimates : Estimates
        What `fit` returned.
    vcov : str
        The type; what it is clustered by, if anything, stays as it is.

    Returns
    -------
    Estimates
        As from `fit`, without selecting rows and reading columns again.

    Raises
    ------
    ModelError
        If the type does not suit the model.
    """
    return _fit_sample(replace(estimates.spec, vcov=vcov), estimates.sample)


def _fit_sample(spec: ModelSpec, sample: Sample) -> Estimates:
    if spec.family == "ols":
        return fit_ols(spec, sample)
    if spec.family == "ordered_logit":
        return fit_ordered_logit(spec, sample)
    if spec.family == "poisson" and sample.effects:
        return fit_poisson_effects(spec, sample)
    return fit_glm(spec, sample)
