"""Whether neighbouring counties resemble each other, and what that does to the estimate."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd

from coopanalysis.checks.question import Question, policy_row, result_row
from coopanalysis.models import (
    Moran,
    Neighbours,
    border_pairs,
    find_neighbours,
    fit,
    fit_spatial,
    morans_i,
    spatial_impacts,
)

EFFECT = "C(state_fips)"
PLAIN = "Least squares, independent errors"


@dataclass(frozen=True)
class Space:
    """Moran's I, and the estimate in models that let neighbours resemble each other.

    Attributes
    ----------
    outcome, residual : Moran
        Of the outcome and of the residuals of the main design.
    estimates : DataFrame, one row per model
        `label` and result columns of the policy.
    dependence : DataFrame, one row per spatial model
        `label` and result columns of its rho or lambda.
    n_pairs, n_pair_counties, n_without_border : int
        Pairs across a state border, counties in them, counties without a polygon.
    """

    outcome: Moran
    residual: Moran
    estimates: pd.DataFrame
    dependence: pd.DataFrame
    n_pairs: int
    n_pair_counties: int
    n_without_border: int


def look_around(question: Question) -> Space:
    """Moran's I of outcome and residuals, spatial lag and error, and border pairs."""
    near = _neighbours(question)
    used = question.used.assign(_residual=_residuals(question))
    known = used[used["county_fips"].isin(near.ids)]
    near = near.subset(pd.Index(known["county_fips"]))
    estimates, dependence = _spatial_models(question, known, near)
    pairs = border_pairs(known, near, place="county_fips", group="state_fips")
    across = fit(replace(question.spec, fixed_effects=("pair",)), pairs)
    label = "Neighbours across a state border"
    # A county stands in as many rows as it has neighbours across the border.
    n_counties = int(pairs.loc[across.sample.rows, "county_fips"].nunique())
    paired = {**result_row(policy_row(across), label=label), "n_obs": n_counties}
    return Space(
        outcome=morans_i(known[question.outcome], near),
        residual=morans_i(known["_residual"], near),
        estimates=pd.DataFrame([*estimates, paired]),
        dependence=pd.DataFrame(dependence),
        n_pairs=int(pairs["pair"].nunique()),
        n_pair_counties=int(pairs["county_fips"].nunique()),
        n_without_border=len(used) - len(known),
    )


def _neighbours(question: Question) -> Neighbours:
    boundaries = question.panel.boundaries
    return find_neighbours(boundaries["geometry"].tolist(), boundaries["county_fips"].tolist())


def _residuals(question: Question) -> pd.Series:
    sample = question.estimates.sample
    return pd.Series(sample.outcome - question.estimates.index, index=sample.rows)


def _spatial_models(
    question: Question, known: pd.DataFrame, near: Neighbours
) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """Least squares, error and lag with state indicators and errors of the likelihood."""
    spec = replace(
        question.spec,
        vcov="iid",
        cluster=None,
        fixed_effects=(),
        controls=(*question.spec.controls, EFFECT),
    )
    plain = fit(spec, known)
    error = fit_spatial(spec, known, near, kind="error", place="county_fips")
    lag = fit_spatial(spec, known, near, kind="lag", place="county_fips")
    impacts = spatial_impacts(lag, near)
    impacts = impacts[impacts["term"] == question.policy].set_index("impact")
    by_impact = impacts.to_dict("index")
    estimates = [
        result_row(policy_row(plain), label=PLAIN),
        result_row(policy_row(error), label="Spatial error"),
        result_row(by_impact["direct"], label="Spatial lag, on the county itself"),
        result_row(by_impact["total"], label="Spatial lag, with its neighbours"),
    ]
    dependence = [
        result_row(each.table.iloc[-1], label=label)
        for each, label in ((error, "Spatial error (lambda)"), (lag, "Spatial lag (rho)"))
    ]
    return estimates, dependence
