"""From a formula or a spec to what fits it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Unpack

import pandas as pd

from coopanalysis.errors import ModelError
from coopanalysis.models.formula import Options, parse_formula
from coopanalysis.models.frame import Sample, build_sample
from coopanalysis.models.glm import fit_glm
from coopanalysis.models.ols import fit_ols
from coopanalysis.models.ordered import fit_ordered_logit
from coopanalysis.models.poisson import fit_poisson_effects
from coopanalysis.models.spec import Estimates, ModelSpec, Vcov


def fit(model: str | ModelSpec, frame: pd.DataFrame, **options: Unpack[Options]) -> Estimates:
    """Estimate a model on the complete rows of a frame.

    Parameters
    ----------
    model : str or ModelSpec
        The question: a formula such as `"rate ~ policy + log2(population) | state_fips"`, whose
        first term on the right is the one asked about, or a spec.
    frame : DataFrame
        Any frame that holds the columns named; its order and index do not matter.
    **options
        With a formula: `family` ("ols"), `vcov` ("HC1"), `cluster`, `weights`, `exposure`,
        `sample`, `coordinates` and `distance_km`, as for `ModelSpec`.

    Returns
    -------
    Estimates
        Table, covariance, rows used, and notes on everything left out.

    Raises
    ------
    ModelError
        If a column is not there, nothing is left to explain, the treatment cannot be told from
        the controls, the outcome is separated, or there is one cluster; if the formula is not
        understood, or options stand beside a spec. The message names the column and what to do.
    """
    spec = as_spec(model, **options)
    return _fit_sample(spec, build_sample(spec, frame))


def fit_each(
    designs: Mapping[str, str | ModelSpec], frame: pd.DataFrame, **options: Unpack[Options]
) -> dict[str, Estimates]:
    """Estimate several designs on one frame, each on its own complete rows.

    Parameters
    ----------
    designs : mapping of str to str or ModelSpec
        Formula or spec by the name of the design.
    frame, **options
        As for `fit`; options go to every formula.

    Returns
    -------
    dict of str to Estimates
        By the same names, in the same order.

    Raises
    ------
    ModelError
        As `fit`; the message names the design.
    """
    found = {}
    for name, model in designs.items():
        try:
            found[name] = fit(model, frame, **options)
        except ModelError as error:
            raise ModelError(f"design {name!r}: {error}") from error
    return found


def as_spec(model: str | ModelSpec, **options: Unpack[Options]) -> ModelSpec:
    """Return the spec of a formula, or a spec as it is, beside which options are an error."""
    if isinstance(model, str):
        return parse_formula(model, **options)
    if options:
        raise ModelError(
            f"{', '.join(options)} cannot be given beside a ModelSpec, which says them itself. "
            "Use dataclasses.replace, or a formula."
        )
    return model


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
