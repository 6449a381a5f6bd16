"""The question that every check is about: an outcome, a policy, a year, and the main design."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from coopanalysis.associations import (
    CRIME_DESIGNS,
    MAIN_DESIGN,
    CrimeDesign,
    add_covariates,
    crime_spec,
)
from coopanalysis.clean.reporting import county_in_year
from coopanalysis.errors import UsageError
from coopanalysis.models import Estimates, ModelSpec, fit
from coopanalysis.panel import Panel

OUTCOMES = ("person_offenses_per_100k", "property_offenses_per_100k")
REPORTING = "most_agencies_reported"
COVERAGE = "coverage_share"
COVERAGE_AT_LEAST: dict[int, float] = {1: 1.0, 2: 0.8, 3: 0.0}
"""Share of a county's police that reporting quality promises at the least."""


@dataclass(frozen=True)
class Question:
    """One outcome, policy and year, the main design, and its answer.

    Attributes
    ----------
    panel : Panel
        The release.
    frame : DataFrame, one row per county of the base list
        County columns, the crime columns of the year (rates missing where reporting was too
        poor), the scaled covariates, and `coverage_share`.
    outcome, policy : str
        Columns.
    year, least_quality : int
        Year of the rates, and the worst reporting quality whose rates are used.
    spec : ModelSpec
        The main design: covariates and state effects, errors CR1 by state.
    estimates : Estimates
        Its fit.
    """

    panel: Panel
    frame: pd.DataFrame
    outcome: str
    policy: str
    year: int
    least_quality: int
    spec: ModelSpec
    estimates: Estimates

    @property
    def row(self) -> pd.Series:
        """Result row of the policy in the main design."""
        return policy_row(self.estimates)

    @property
    def used(self) -> pd.DataFrame:
        """Counties that the main design uses."""
        return self.frame.loc[self.estimates.sample.rows]


def policy_row(estimates: Estimates) -> pd.Series:
    """Result row of the treatment of a fit."""
    table = estimates.table
    return table[table["term"] == estimates.spec.treatment].iloc[0]


def main_design() -> CrimeDesign:
    """Return the design whose estimate is the headline."""
    return next(one for one in CRIME_DESIGNS if one.label == MAIN_DESIGN)


def crime_years(panel: Panel) -> list[int]:
    """Years with crime data."""
    has_crime = panel.county_year.groupby("year")[REPORTING].count() > 0
    return [int(year) for year in has_crime.index[has_crime]]


def usable_rates(panel: Panel, year: int, least_quality: int) -> pd.DataFrame:
    """Counties in one year, rates missing where reporting was poorer than `least_quality`.

    Raises
    ------
    UsageError
        If the quality is not 1, 2 or 3, or there is no crime data in the year.
    """
    if least_quality not in COVERAGE_AT_LEAST:
        raise UsageError(f"least_quality is 1, 2 or 3, not {least_quality}.")
    frame = county_in_year(panel.county, panel.county_year, year)
    usable = (frame["reporting_quality"] <= least_quality).fillna(False)
    usable &= (frame["offenses_misplaced"] != 1).fillna(True)
    return frame.assign(**{name: frame[name].where(usable) for name in OUTCOMES})


def ask(panel: Panel, outcome: str, policy: str, year: int, least_quality: int) -> Question:
    """Put the question and answer it with the main design.

    Parameters
    ----------
    panel : Panel
        A release.
    outcome : str
        One of `OUTCOMES`.
    policy : str
        A 0/1 column of the county table.
    year : int
        A year with crime data.
    least_quality : int
        1, 2 or 3.

    Raises
    ------
    UsageError
        If there is no such outcome, policy, year or quality.
    ModelError
        If the main design cannot be estimated.
    """
    if outcome not in OUTCOMES:
        raise UsageError(f"No outcome '{outcome}'. There are: {', '.join(OUTCOMES)}.")
    if policy not in panel.county:
        raise UsageError(f"The county table has no column '{policy}'.")
    frame = add_covariates(usable_rates(panel, year, least_quality))
    frame = frame.assign(**{COVERAGE: coverage_at_least(frame, outcome)})
    spec = crime_spec(outcome, policy, main_design())
    return Question(panel, frame, outcome, policy, year, least_quality, spec, fit(spec, frame))


def coverage_at_least(frame: pd.DataFrame, outcome: str) -> pd.Series:
    """Least share of each county's police behind its rate; 0 where no rate is used."""
    promised = frame["reporting_quality"].map(COVERAGE_AT_LEAST).astype("float64").fillna(0.0)
    return pd.Series(np.where(frame[outcome].notna(), promised, 0.0), index=frame.index)


def result_row(row: pd.Series | Mapping[Any, Any], **extra: object) -> dict[str, object]:
    """Result columns of a row as a dictionary, with further columns before them."""
    names = ["estimate", "std_error", "p_value", "conf_low", "conf_high", "n_obs", "n_clusters"]
    return {**extra, **{name: row[name] for name in names if name in row}}
