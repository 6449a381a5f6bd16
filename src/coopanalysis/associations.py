"""The associations that the reports estimate: covariates in plain units, and the sets of models.

Every function takes frames, declares its models as `ModelSpec`, and returns one table with the
result columns of the design. Nothing here is an effect: the designs compare counties with each
other at one time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from coopanalysis.errors import ModelError, UsageError
from coopanalysis.models import Estimates, ModelSpec, average_marginal_effects, fit
from coopanalysis.vocabulary import PRACTICES

CLUSTER = "state_fips"


@dataclass(frozen=True)
class Covariate:
    """A county characteristic and the difference that its coefficient stands for.

    Attributes
    ----------
    column : str
        Column of the county table.
    term : str
        Column that enters the model: `column` divided by `step`, or its base-2 logarithm.
    step : float
        Difference in the column's own unit; 0 means a doubling.
    phrase : str
        The difference in words, to complete "a county with ...".
    label : str
        Short form for tables and axes.
    """

    column: str
    term: str
    step: float
    phrase: str
    label: str


COVARIATES: tuple[Covariate, ...] = (
    Covariate(
        "hispanic_share",
        "hispanic_10_points",
        0.10,
        "10 percentage points more Hispanic residents",
        "Hispanic share, +10 points",
    ),
    Covariate(
        "black_nonhispanic_share",
        "black_10_points",
        0.10,
        "10 percentage points more Black residents",
        "Black share, +10 points",
    ),
    Covariate(
        "poverty_pct",
        "poverty_10_points",
        10.0,
        "10 percentage points more residents in poverty",
        "Poverty, +10 points",
    ),
    Covariate(
        "median_household_income_usd",
        "income_10k",
        10_000.0,
        "10,000 dollars more median household income",
        "Median income, +$10,000",
    ),
    Covariate(
        "republican_share",
        "republican_10_points",
        0.10,
        "10 percentage points more votes for the Republican candidate in 2020",
        "Republican vote share, +10 points",
    ),
    Covariate(
        "population_count",
        "population_doubling",
        0.0,
        "twice the population",
        "Population, doubled",
    ),
)
COVARIATE_TERMS = tuple(covariate.term for covariate in COVARIATES)


def find_covariate(name: str) -> Covariate:
    """Return a covariate by its column or term; an unknown name is an error that lists them."""
    for covariate in COVARIATES:
        if name in (covariate.column, covariate.term):
            return covariate
    raise UsageError(
        f"No covariate '{name}'. There are: {', '.join(c.column for c in COVARIATES)}."
    )


def add_covariates(county: pd.DataFrame) -> pd.DataFrame:
    """Return the table with one column per covariate, scaled to the differences of `COVARIATES`.

    Missing values stay missing.
    """
    scaled = {}
    for covariate in COVARIATES:
        values = county[covariate.column].astype("Float64").to_numpy(dtype=float, na_value=np.nan)
        scaled[covariate.term] = values / covariate.step if covariate.step else np.log2(values)
    return county.assign(**scaled)


def covariate_coverage(county: pd.DataFrame) -> pd.DataFrame:
    """Counties for which each covariate is known.

    Returns
    -------
    DataFrame, one row per covariate
        `column, label, known_count, missing_count, mean, std`; mean and standard deviation in the
        column's own unit.
    """
    rows = []
    for covariate in COVARIATES:
        values = county[covariate.column].astype("Float64")
        rows.append(
            {
                "column": covariate.column,
                "label": covariate.label.split(",")[0],
                "known_count": int(values.notna().sum()),
                "missing_count": int(values.isna().sum()),
                "mean": float(values.mean()),
                "std": float(values.std()),
            }
        )
    return pd.DataFrame(rows)


def practice_spec(practice: str) -> ModelSpec:
    """Logit of one practice on all covariates, errors clustered by state."""
    return ModelSpec(
        outcome=practice,
        treatment=COVARIATE_TERMS[0],
        controls=COVARIATE_TERMS[1:],
        family="logit",
        vcov="CR1",
        cluster=CLUSTER,
    )


def fit_practices(county: pd.DataFrame, practices: Sequence[str]) -> pd.DataFrame:
    """Average marginal effects of every covariate on the probability of each practice.

    Parameters
    ----------
    county : DataFrame
        The county table, or part of it.
    practices : sequence of str
        Practice columns, one logit each.

    Returns
    -------
    DataFrame, one row per practice and covariate
        `practice, practice_label, label`, the result columns in percentage points, and `note`.
        A practice that cannot be estimated has one row with the reason in `note` and no numbers.
    """
    frame = add_covariates(county)
    tables = [_practice_effects(frame, practice) for practice in practices]
    return pd.concat(tables, ignore_index=True)


def _practice_effects(frame: pd.DataFrame, practice: str) -> pd.DataFrame:
    label = next(p.label for p in PRACTICES if p.name == practice)
    try:
        estimates = fit(practice_spec(practice), frame)
    except ModelError as error:
        row = {"practice": practice, "practice_label": label, "note": str(error)}
        return pd.DataFrame([row])
    effects = in_percentage_points(average_marginal_effects(estimates))
    return effects.assign(
        practice=practice,
        practice_label=label,
        label=effects["term"].map({c.term: c.label for c in COVARIATES}),
        note="; ".join(estimates.notes),
    )


def in_percentage_points(table: pd.DataFrame) -> pd.DataFrame:
    """Turn probabilities (0 to 1) of a result table into percentage points."""
    columns = ["estimate", "std_error", "conf_low", "conf_high"]
    return table.assign(**{name: 100 * table[name] for name in columns})


def score_spec(family: str = "ols") -> ModelSpec:
    """Model of the cooperation score on all covariates, errors clustered by state."""
    spec = replace(practice_spec("cooperation_score"), family="ols")
    return replace(spec, family="ordered_logit") if family == "ordered_logit" else spec


def fit_score(county: pd.DataFrame, family: str = "ols") -> Estimates:
    """Fit the cooperation score: `ols` in practices, or `ordered_logit` as a check."""
    return fit(score_spec(family), add_covariates(county))


@dataclass(frozen=True)
class CrimeDesign:
    """One way to compare reported crime between counties with and without a policy.

    `label` names it in tables, `short` in figures.
    """

    label: str
    short: str
    controls: tuple[str, ...] = ()
    fixed_effects: tuple[str, ...] = ()
    weights: str | None = None


CRIME_DESIGNS: tuple[CrimeDesign, ...] = tuple(
    CrimeDesign(f"{label}, {weighting}", short + marked, controls, effects, weights)
    for label, short, controls, effects in (
        ("no covariates", "No covariates", (), ()),
        ("covariates", "Covariates", COVARIATE_TERMS, ()),
        ("covariates and state effects", "Within state", COVARIATE_TERMS, (CLUSTER,)),
    )
    for weighting, marked, weights in (
        ("each county equal", "", None),
        ("weighted by residents", ", weighted", "population_count"),
    )
)
MAIN_DESIGN = "covariates and state effects, each county equal"


def crime_spec(outcome: str, policy: str, design: CrimeDesign) -> ModelSpec:
    """Linear model of an outcome on a policy, errors CR1 clustered by state."""
    return ModelSpec(
        outcome=outcome,
        treatment=policy,
        controls=design.controls,
        fixed_effects=design.fixed_effects,
        weights=design.weights,
        vcov="CR1",
        cluster=CLUSTER,
    )


def fit_crime(frame: pd.DataFrame, outcome: str, policy: str) -> pd.DataFrame:
    """Difference in an outcome between counties with and without a policy, six designs.

    Parameters
    ----------
    frame : DataFrame, one row per county
        From `describe.county_in_year`.
    outcome : str
        Outcome column; rows where it is missing are left out and counted.
    policy : str
        A 0/1 column.

    Returns
    -------
    DataFrame, one row per design in the order of `CRIME_DESIGNS`
        `design`, the result columns in the outcome's unit, `missing_count` (counties left out)
        and `note`.
    """
    scaled = add_covariates(frame)
    rows = []
    for design in CRIME_DESIGNS:
        estimates = fit(crime_spec(outcome, policy, design), scaled)
        table = estimates.table
        row = table[table["term"] == policy].iloc[0]
        rows.append(
            {
                "design": design.label,
                **row.to_dict(),
                "missing_count": len(scaled) - estimates.n_obs,
                "note": "; ".join(estimates.notes),
            }
        )
    return pd.DataFrame(rows)


def main_row(table: pd.DataFrame) -> pd.Series:
    """Row of the main design: covariates and state effects, each county equal."""
    return table[table["design"] == MAIN_DESIGN].iloc[0]
