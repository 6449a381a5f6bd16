"""The frame that analyses start from: one row per county, with the columns of one year."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from pandas.api import types

from coopanalysis.clean.reporting import MOST_AGENCIES, reporting_status
from coopanalysis.errors import UsageError

QUALITIES = (1, 2, 3)


def years_with_crime(county_year: pd.DataFrame) -> list[int]:
    """Years in which the source of reported crime covers any county."""
    has_crime = county_year.groupby("year")["most_agencies_reported"].count() > 0
    return [int(year) for year in has_crime.index[has_crime]]


def counties_in(
    county: pd.DataFrame, county_year: pd.DataFrame, year: int | None = None
) -> pd.DataFrame:
    """Counties of the base list as ordinary columns, those of a year beside them, indexed by code.

    Amounts, counts and 0/1 columns are `float64`, missing values NaN, so that statsmodels and
    seaborn take them. A column that both tables have is that of the county table. With a year that
    has crime data, `reporting_status` says how it was reported. `UsageError` if there is no such
    year.
    """
    frame = county
    if year is not None:
        years = sorted(int(one) for one in county_year["year"].unique())
        if year not in years:
            raise UsageError(f"No year {year} in this release. There are: {_listed(years)}.")
        of_year = county_year[county_year["year"] == year]
        own = [name for name in of_year if name not in county and name != "year"]
        frame = county.merge(
            of_year[["county_fips", *own]], on="county_fips", how="left", validate="1:1"
        )
        if year in years_with_crime(county_year):
            frame = frame.assign(reporting_status=reporting_status(frame))
    plain = {
        str(name): values.astype("float64")
        for name, values in frame.items()
        if types.is_numeric_dtype(values) and not types.is_bool_dtype(values)
    }
    # A copy lays the columns together, so that a notebook may add many without a warning.
    together = frame.assign(**plain).copy()
    return together.set_axis(pd.Index(frame["county_fips"].to_numpy()), axis=0)


def usable_rate(frame: pd.DataFrame, outcome: str, least_quality: int) -> pd.Series:
    """Rate of reported offences where `is_usable`, else missing; of a frame of `counties_in`."""
    if least_quality not in QUALITIES:
        raise UsageError(f"least_quality is 1, 2 or 3, not {least_quality}.")
    rates = [str(name) for name in frame if str(name).endswith("_offenses_per_100k")]
    if outcome not in rates:
        raise UsageError(f"No rate '{outcome}'. There are: {_listed(rates)}.")
    return frame[outcome].where(is_usable(frame, least_quality))


def is_usable(frame: pd.DataFrame, least_quality: int = MOST_AGENCIES) -> pd.Series:
    """Tell whether rates may be used: enough agencies reported, and offences are booked in place.

    `least_quality` is the worst reporting quality accepted: 1 all agencies reported, 2 most, 3 any.
    """
    good = frame["reporting_quality"].astype("float64") <= least_quality
    return good & (frame["offenses_misplaced"].astype("float64") != 1)


def _listed(names: Sequence[object]) -> str:
    return ", ".join(str(name) for name in names) or "none"
