"""How counties differ by the laws of their state: means of groups, states as clusters.

Nothing here is an effect: states that pass one kind of law differ from the others in much else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal

import pandas as pd

from coopanalysis.errors import DataError
from coopanalysis.models import ModelSpec, fit, with_errors

CLUSTER = "state_fips"
FEWEST_STATES = 3
"""States a group needs before it is compared: with fewer no interval is worth reading."""

MAIN_PAIR = ("requires", "restricts")
PAIRS = (MAIN_PAIR, ("requires", "neither"), ("restricts", "neither"))
EQUAL, BY_RESIDENTS = "each county equal", "weighted by residents"
WEIGHTINGS: dict[str, str | None] = {EQUAL: None, BY_RESIDENTS: "population_count"}
_INDICATOR = "in_first_group"


@dataclass(frozen=True)
class Characteristic:
    """A column of the county table of 2019, in words.

    Attributes
    ----------
    column : str
        Column of `county_acs_2019`.
    label, unit : str
        Name and unit for tables.
    noun : str
        What a county has more or less of.
    measure : "count", "points" or "usd"
        How a difference is written; one of `sentences.Measure`.
    scale : float
        From the column's unit to that of the measure.
    words : pair of str
        For a positive and a negative difference.
    """

    column: str
    label: str
    unit: str
    noun: str
    measure: Literal["count", "points", "usd"]
    scale: float
    words: tuple[str, str]


_MORE_FEWER, _MORE_LESS = ("more", "fewer"), ("more", "less")
CHARACTERISTICS = (
    Characteristic(
        "population_count", "Residents", "persons", "residents", "count", 1.0, _MORE_FEWER
    ),
    Characteristic(
        "poverty_pct",
        "Residents in poverty",
        "percentage points",
        "residents in poverty",
        "points",
        0.01,
        _MORE_FEWER,
    ),
    Characteristic(
        "median_household_income_usd",
        "Median household income",
        "dollars of 2019",
        "median household income",
        "usd",
        1.0,
        _MORE_LESS,
    ),
    Characteristic(
        "unemployment_pct",
        "Unemployment",
        "percentage points",
        "unemployment",
        "points",
        0.01,
        _MORE_LESS,
    ),
)


def compare_groups(
    counties: pd.DataFrame, weightings: Sequence[str] = tuple(WEIGHTINGS)
) -> pd.DataFrame:
    """Differences in county means between groups of states.

    The law is that of the state, so the states are the clusters. They are few and of very
    different size: the interval is CR2 with its own degrees of freedom, and the usual CR1
    interval stands beside it.

    Parameters
    ----------
    counties : DataFrame, one row per county
        As from `clean.laws.county_law_status` with the columns of `county_acs_2019`.
    weightings : sequence of str
        Keys of `WEIGHTINGS`.

    Returns
    -------
    DataFrame, one row per pair, characteristic and weighting
        `group` and `other`, `column`, `weighting`, the result columns in the unit of the column
        (mean of `group` less mean of `other`), `df`, `cr1_low`, `cr1_high`, and `county_std`,
        the standard deviation over all counties passed. Residents are not weighted by
        themselves. Pairs with fewer than three states in a group are left out; the frame is
        empty if that leaves none.

    Raises
    ------
    DataError
        If a characteristic is missing for a county: every county of the list has all of them.
    """
    columns = [one.column for one in CHARACTERISTICS]
    gaps = counties[columns].isna().any(axis=1)
    if gaps.any():
        raise DataError(
            "county_acs_2019.csv",
            f"{int(gaps.sum())} counties lack one of {', '.join(columns)}",
            "Fill the cells, or leave these counties out before comparing.",
        )
    states = counties.groupby("status")[CLUSTER].nunique()
    pairs = [pair for pair in PAIRS if all(states.get(one, 0) >= FEWEST_STATES for one in pair)]
    return pd.DataFrame(
        [
            _difference(counties, pair, one.column, weighting)
            for pair, one, weighting in product(pairs, CHARACTERISTICS, weightings)
            if one.column != WEIGHTINGS[weighting]
        ]
    )


def profile(counties: pd.DataFrame) -> pd.DataFrame:
    """Means of the counties of each status, each county equal and weighted by residents.

    Returns
    -------
    DataFrame, one row per status that occurs
        `status`, `counties_count`, `<column>_mean` over counties and `<column>_weighted`, the
        mean over residents of the value of their county.
    """
    columns = [one.column for one in CHARACTERISTICS]
    values = counties[columns].astype("float64")
    weights = counties["population_count"].astype("float64")
    by = counties["status"].to_numpy()
    weighted = values.mul(weights, axis=0).groupby(by).sum().div(weights.groupby(by).sum(), axis=0)
    table = values.groupby(by).mean().add_suffix("_mean").join(weighted.add_suffix("_weighted"))
    table.insert(0, "counties_count", values.groupby(by).size())
    return table.rename_axis("status").reset_index()


def _difference(
    counties: pd.DataFrame, pair: tuple[str, str], column: str, weighting: str
) -> dict[str, object]:
    chosen = counties[counties["status"].isin(pair)]
    frame = chosen.assign(**{_INDICATOR: chosen["status"].eq(pair[0]).astype("float64")})
    spec = ModelSpec(
        outcome=column,
        treatment=_INDICATOR,
        weights=WEIGHTINGS[weighting],
        vcov="CR2",
        cluster=CLUSTER,
    )
    main = fit(spec, frame)
    result = main.table.set_index("term").loc[_INDICATOR]
    usual = with_errors(main, "CR1").table.set_index("term").loc[_INDICATOR]
    return {
        "group": pair[0],
        "other": pair[1],
        "column": column,
        "weighting": weighting,
        **{str(name): value for name, value in result.items()},
        "df": float(main.df[_INDICATOR]),
        "cr1_low": usual["conf_low"],
        "cr1_high": usual["conf_high"],
        "county_std": float(counties[column].astype("float64").std()),
    }
