"""From the family of a spec to what fits it."""

from __future__ import annotations

import pandas as pd

from coopanalysis.models.frame import build_sample
from coopanalysis.models.glm import fit_glm
from coopanalysis.models.ols import fit_ols
from coopanalysis.models.ordered import fit_ordered_logit
from coopanalysis.models.poisson import fit_poisson_effects
from coopanalysis.models.spec import Estimates, ModelSpec


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
    sample = build_sample(spec, frame)
    if spec.family == "ols":
        return fit_ols(spec, sample)
    if spec.family == "ordered_logit":
        return fit_ordered_logit(spec, sample)
    if spec.family == "poisson" and sample.effects:
        return fit_poisson_effects(spec, sample)
    return fit_glm(spec, sample)
