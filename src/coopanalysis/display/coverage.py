"""Who reported crime to the FBI, by any 0/1 column: what stands before every rate."""

from __future__ import annotations

from typing import Literal

import pandas as pd

from coopanalysis.clean.reporting import ALL_REPORTING_STATUSES, SENT_REPORTS
from coopanalysis.display.columns import check_flag
from coopanalysis.display.crosstabs import show_crosstab
from coopanalysis.display.figures import plot_stacked_shares, show_figure
from coopanalysis.display.figures.style import REPORTING_COLOURS
from coopanalysis.display.html import Output
from coopanalysis.display.sentences import (
    describe_chart,
    format_count,
    format_share,
    join_words,
)
from coopanalysis.display.words import release_of, source_line
from coopanalysis.errors import UsageError
from coopanalysis.panel import Panel
from coopanalysis.panel.policies import Policy

GROUPS = {"with": "With", "without": "Without", "unknown": "Unknown"}
"""Counties with a 1, with a 0, and without a value."""


def coverage_by(counties: pd.DataFrame, by: str) -> pd.DataFrame:
    """Count counties and residents by a 0/1 column and by how crime was reported.

    Parameters
    ----------
    counties : DataFrame, one row per county
        `reporting_status`, `population_count`, and the column `by`, as `Panel.counties` of a year
        gives them.
    by : str
        A 0/1 column; counties without a value are a group of their own.

    Returns
    -------
    DataFrame, one row per group (with, without, unknown) and reporting status
        `policy, status, county_count, population_count, county_share, population_share`; shares
        are of the counties (residents) of the group. Groups without a county are left out,
        statuses are not.

    Raises
    ------
    ModelError
        If there is no such column.
    UsageError
        If the frame has no reporting status, the column holds other values than 0 and 1, or a
        status is none of those there are.
    """
    _check(counties, by)
    values = counties[by].astype("float64")
    group = values.map({1.0: "with", 0.0: "without"}).fillna("unknown").astype("str")
    rows = counties.assign(policy=group, status=counties["reporting_status"])
    counts = rows.groupby(["policy", "status"]).agg(
        county_count=("status", "size"), population_count=("population_count", "sum")
    )
    index = pd.MultiIndex.from_product(
        [[one for one in GROUPS if (group == one).any()], ALL_REPORTING_STATUSES],
        names=["policy", "status"],
    )
    counts = counts.reindex(index, fill_value=0)
    totals = counts.groupby("policy").transform("sum")
    shares = counts["population_count"] / totals["population_count"]
    return counts.assign(
        county_share=counts["county_count"] / totals["county_count"],
        population_share=shares.astype("float64"),
    ).reset_index()


def show_coverage(
    counties: pd.DataFrame,
    by: Policy | str,
    *,
    year: int | None = None,
    data: Panel | None = None,
    form: Literal["table", "bars"] = "table",
) -> Output:
    """Show how crime was reported to the FBI, by a policy or any 0/1 column.

    Parameters
    ----------
    counties : DataFrame, one row per county
        As `coverage_by` takes it.
    by : Policy or str
        The 0/1 column. One of your own is named by `Panel.name_column`.
    year : int, optional
        Year of the reports, for the words.
    data : Panel, optional
        Release that the words are from; the one loaded by default.
    form : {"table", "bars"}
        Counts and shares as a table, or shares as bars.

    Raises
    ------
    UsageError
        As `coverage_by`, or if it is not clear which release is meant.
    """
    release, name = release_of(data), str(by)
    table = coverage_by(counties, name)
    label = release.column(name).label
    source = source_line(release, ["reporting_quality", name])
    draw = _table if form == "table" else _bars
    return draw(table, label, year, source)


def _table(table: pd.DataFrame, label: str, year: int | None, source: str) -> Output:
    counts = table.pivot_table(
        index="status", columns="policy", values="county_count", sort=False
    ).astype("int64")
    return show_crosstab(
        counts,
        caption=f"How crime{_when(' of', year)} was reported to the FBI, by '{label}'",
        rows="Reporting",
        counted="counties",
        labels=GROUPS,
        note=f"All {format_count(table['county_count'].sum())} counties stand in one of the rows.",
        source=source,
    )


def _bars(table: pd.DataFrame, label: str, year: int | None, source: str) -> Output:
    totals = table.groupby("policy")["county_count"].sum()
    groups = {one: f"{GROUPS[one]} it" if one != "unknown" else "Not known" for one in totals.index}
    wide = table.pivot_table(index="policy", columns="status", values="county_share", sort=False)
    shares = wide.reset_index()
    shares["group"] = [
        f"{groups[one]}\n(n = {format_count(totals[one])})" for one in shares["policy"]
    ]
    parts = {name: name for name in REPORTING_COLOURS if shares[name].sum() > 0}
    reading = join_words(
        [
            f"{format_share(row[list(SENT_REPORTS)].sum())} of the "
            f"{format_count(totals[row['policy']])} counties "
            f"{groups[row['policy']].lower() if row['policy'] != 'unknown' else 'not known'} "
            "had some report"
            for _, row in shares.iterrows()
        ]
    )
    return show_figure(
        plot_stacked_shares(
            shares,
            category="group",
            parts=parts,
            colours=REPORTING_COLOURS,
            x_label=f"Share of counties{_when(',', year)}",
        ),
        finding=f"{label}: {reading}{_when(' in', year)}.",
        subtitle="Counties by how many of their agencies sent crime data to the FBI"
        f"{_when(' in', year)}",
        alt=describe_chart(
            "Stacked bar chart",
            x="share of counties from 0 to 100 percent",
            y=f"counties with and without '{label}', coloured by reporting",
            reading=reading,
        ),
        note="Agencies are counted, not months. A county without a report is missing from every "
        "crime comparison; it is not a county without crime. Neither is one whose offences are "
        "counted under another county. A county whose agencies reported no offence is zero.",
        source=source,
        data=table,
    )


def _when(word: str, year: int | None) -> str:
    return "" if year is None else f"{word} {year}"


def _check(counties: pd.DataFrame, by: str) -> None:
    if "reporting_status" not in counties:
        raise UsageError(
            "The counties have no column 'reporting_status': take them of a year with crime data, "
            "data.counties(year); data.crime_years lists these."
        )
    check_flag(counties, by)
    strange = sorted(set(counties["reporting_status"].dropna()) - set(ALL_REPORTING_STATUSES))
    if strange or counties["reporting_status"].isna().any():
        raise UsageError(
            f"{counties['reporting_status'].isna().sum()} counties have no reporting status, and "
            f"these are none: {strange}. There are: {', '.join(ALL_REPORTING_STATUSES)}."
        )
