"""Counts and shares that the notebooks show: no model, no judgement, every row accounted for."""

from __future__ import annotations

import pandas as pd

from coopanalysis.clean.reporting import (
    ALL_REPORTING_STATUSES,
    county_in_year,
    reporting_status,
)
from coopanalysis.vocabulary import PRACTICES


def observed_practices(county: pd.DataFrame) -> list[str]:
    """Names of the practices that the table knows for at least one county."""
    return [p.name for p in PRACTICES if county[p.name].notna().any()]


def reporting_by_policy(
    county: pd.DataFrame, county_year: pd.DataFrame, policy: str, year: int
) -> pd.DataFrame:
    """How crime was reported to the FBI in one year, by policy.

    Parameters
    ----------
    county, county_year : DataFrame
        The tables of a release.
    policy : str
        A 0/1 column of the county table.
    year : int
        A year with crime data.

    Returns
    -------
    DataFrame, one row per policy value (1, 0, unknown) and reporting status
        `policy, status, county_count, county_share, population_share`; shares are of the
        counties (residents) with that policy value.

    Raises
    ------
    UsageError
        If there is no crime data in the year.
    """
    frame = county_in_year(county, county_year, year)
    status = reporting_status(frame)
    group = frame[policy].map({1: "with", 0: "without"}).fillna("unknown").astype("str")
    counts = (
        frame.assign(policy=group, status=status)
        .groupby(["policy", "status"])
        .agg(county_count=("county_fips", "size"), population_count=("population_count", "sum"))
    )
    index = pd.MultiIndex.from_product(
        [[p for p in ("with", "without", "unknown") if (group == p).any()], ALL_REPORTING_STATUSES],
        names=["policy", "status"],
    )
    counts = counts.reindex(index, fill_value=0)
    totals = counts.groupby("policy").transform("sum")
    return counts.assign(
        county_share=counts["county_count"] / totals["county_count"],
        population_share=(counts["population_count"] / totals["population_count"]).astype(
            "float64"
        ),
    ).reset_index()
