"""Briefs: what states and counties are compared by, and its values for each of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from coopanalysis.display.sentences import format_number
from coopanalysis.display.tables import Kind
from coopanalysis.display.words import in_sentence
from coopanalysis.panel import Panel


@dataclass(frozen=True)
class PeerCovariate:
    """A characteristic that peers are chosen by: a column of the county table, and its words.

    `is_log` is whether places are compared by its logarithm.
    """

    column: str
    label: str
    kind: Kind
    is_log: bool = False

    @property
    def words(self) -> str:
        """The label inside a sentence."""
        return in_sentence(self.label)


DENSITY_DIGITS = 1

COVARIATES = (
    PeerCovariate("population_count", "Residents", "count", is_log=True),
    PeerCovariate("population_per_km2", "Residents per square km", "number", is_log=True),
    PeerCovariate("hispanic_share", "Hispanic share", "share"),
    PeerCovariate("poverty_pct", "Poverty", "pct"),
    PeerCovariate("median_household_income_usd", "Median household income", "usd"),
    PeerCovariate("republican_share", "Republican share 2020", "share"),
)


def measure_years(panel: Panel) -> dict[str, str]:
    """Years of the residents (`year`) and of the survey of incomes and poverty (`survey`)."""
    survey = next(one["vintage"] for one in panel.build["inputs"] if one["layout"] == "acs-wide")
    return {"year": str(panel.build["base_list"]), "survey": str(survey).replace("-", " to ")}


def format_density(value: Any) -> str:
    """Write residents per square kilometre, in every table of a brief the same."""
    return format_number(value, DENSITY_DIGITS)


def county_units(panel: Panel) -> pd.DataFrame:
    """Covariates of each county, by code, with its name as `place`."""
    columns = [one.column for one in COVARIATES]
    frame = panel.county.set_index("county_fips")
    return frame[columns].assign(place=frame["county"] + ", " + frame["state_abbr"])


def state_units(county: pd.DataFrame) -> pd.DataFrame:
    """Covariates of each state of county rows: shares weighted, income the mean of medians.

    A share is missing where fewer than half of the residents live in counties that have it.
    """
    groups = county.groupby("state_fips")
    people = county["population_count"].astype("float64")
    table = pd.DataFrame(
        {
            "place": groups["state"].first(),
            "population_count": groups["population_count"].sum().astype("Int64"),
            "population_per_km2": people.groupby(county["state_fips"]).sum()
            / groups["land_area_km2"].sum(min_count=1),
        }
    )
    for name in ("hispanic_share", "poverty_pct", "median_household_income_usd"):
        table[name] = pooled_mean(county, name, people)
    table["republican_share"] = pooled_mean(
        county, "republican_share", county["votes_count"].astype("float64")
    )
    return table


def pooled_mean(county: pd.DataFrame, column: str, weights: pd.Series) -> pd.Series:
    """Mean over the counties of each state, weighted; missing if half of the weight lacks it."""
    values = county[column].astype("float64")
    known = weights.where(values.notna())
    state = county["state_fips"]
    mean = (values * known).groupby(state).sum() / known.groupby(state).sum()
    covered = known.groupby(state).sum() / weights.groupby(state).sum()
    return mean.where(covered > 0.5)
