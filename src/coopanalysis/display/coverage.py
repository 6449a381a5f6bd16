"""Counts by two groupings; and who reported crime to the FBI, which stands before every rate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import pandas as pd

from coopanalysis.clean.reporting import ALL_REPORTING_STATUSES, SENT_REPORTS
from coopanalysis.display import sentences as say
from coopanalysis.display.figures import plot_stacked_shares, show_chart
from coopanalysis.display.figures.style import REPORTING_COLOURS
from coopanalysis.display.html import Output
from coopanalysis.display.page import left_out
from coopanalysis.display.source_lines import source_line
from coopanalysis.display.tables import Columns, show_table
from coopanalysis.display.words import release_of
from coopanalysis.errors import UsageError
from coopanalysis.models.row_selection import check_columns
from coopanalysis.panel import Panel
from coopanalysis.panel.policies import Policy
from coopanalysis.panel.practice_status import AGREEMENT, DETENTION, practices_known
from coopanalysis.vocabulary import PRACTICES

GROUPS = {"with": "With", "without": "Without", "unknown": "Unknown"}
"""Counties with a 1, with a 0, and without a value."""


ON_RECORD = {
    AGREEMENT: "287(g) agreements by ICE's lists",
    DETENTION: "detention by use under an agreement, which is no record of a contract",
}


def count_known_practices(data: Panel) -> str:
    """Count the practices that are coded from written policy, and those on record."""
    known = practices_known(data)
    return (
        f"{len(known.coded)} of {len(PRACTICES)} practices are coded from written policy and "
        f"{len(known.on_record)} on record"
    )


def describe_known_practices(data: Panel) -> str:
    """Say which practices are on record, and which are neither that nor coded."""
    known, said = practices_known(data), count_known_practices(data)
    if known.on_record:
        said += f" ({say.join_words([ON_RECORD[one] for one in known.on_record])})"
    rest = [one for one in PRACTICES if one.name not in {*known.coded, *known.on_record}]
    if rest:
        said += f"; {len(rest)} are neither: {say.join_words([one.act for one in rest])}"
    declined = [one.act for one in rest if one.name in known.refused]
    return f"{said}." + "".join(f" Of {one}, declined requests are on record." for one in declined)


def check_flag(counties: pd.DataFrame, name: str) -> None:
    """Raise if a column is not there, or holds other values than 0, 1 and missing."""
    check_columns(counties, [name])
    other = counties.loc[~counties[name].isin([0, 1]) & counties[name].notna(), name]
    if len(other):
        raise UsageError(
            f"Column '{name}' holds {len(other):,} values other than 0 and 1 (first: "
            f"{other.iloc[0]}). Derive a 0/1 column first, as in "
            f"counties.assign(high=counties['{name}'] > limit)."
        )


def count_flags(counties: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Counties with, without and with unknown value of 0/1 columns, one row per column.

    `column, with_count, without_count, unknown_count, total_count, with_share`; the share is of
    the counties whose value is known, missing if there are none.
    """
    rows = []
    for name in columns:
        check_flag(counties, name)
        values = counties[name].astype("float64")
        yes, no, unknown = (int(found.sum()) for found in (values == 1, values == 0, values.isna()))
        share = yes / (yes + no) if yes + no else np.nan
        rows.append((name, yes, no, unknown, len(counties), share))
    kinds = ["with_count", "without_count", "unknown_count", "total_count", "with_share"]
    return pd.DataFrame(rows, columns=["column", *kinds])


def show_crosstab(
    counts: pd.DataFrame,
    *,
    caption: str,
    rows: str,
    counted: str,
    labels: Mapping[str, str] | None = None,
    note: str = "",
    source: str = "",
) -> Output:
    """Show counts, and beside each its share of the column; left out with nothing to count.

    Parameters
    ----------
    counts : DataFrame
        As `pandas.crosstab` gives it: one row per kind, one column per group, counts.
    caption, note, source : str
        As for `show_table`.
    rows, counted : str
        Heading of the kinds, and what is counted: "counties", "agencies".
    labels : mapping, optional
        Words for kinds and groups; their own names otherwise.
    """
    if counts.empty:
        return left_out(f"no {counted} to count: {caption}")
    words = dict(labels or {})
    table = pd.DataFrame({"kind": [words.get(str(name), str(name)) for name in counts.index]})
    columns: Columns = {"kind": rows}
    for group in counts:
        values, heading = counts[group].to_numpy(), words.get(str(group), str(group))
        table[f"{group}_count"], table[f"{group}_share"] = values, values / max(values.sum(), 1)
        columns[f"{group}_count"] = f"{heading}: {counted}"
        columns[f"{group}_share"] = f"{heading}: share"
    return show_table(table, caption=caption, note=note, source=source, columns=columns)


def coverage_by(counties: pd.DataFrame, by: str) -> pd.DataFrame:
    """Count counties and residents by a 0/1 column and by how crime was reported.

    One row per group (with, without, unknown) and reporting status: `policy, status,
    county_count, population_count, county_share, population_share`; shares are of the group.
    Groups without a county are left out, statuses are not.
    """
    _check(counties, by)
    values = counties[by].astype("float64")
    group = values.map({1.0: "with", 0.0: "without"}).fillna("unknown").astype("str")
    rows = counties.assign(policy=group, status=counties["reporting_status"])
    return count_reporting(rows, "policy", [one for one in GROUPS if (group == one).any()])


def count_reporting(
    rows: pd.DataFrame,
    by: str,
    groups: Sequence[object],
    statuses: Sequence[str] = ALL_REPORTING_STATUSES,
) -> pd.DataFrame:
    """Count counties and residents by a column and by `status`, with shares of each group."""
    counts = rows.groupby([by, "status"]).agg(
        county_count=("status", "size"), population_count=("population_count", "sum")
    )
    index = pd.MultiIndex.from_product([groups, statuses], names=[by, "status"])
    counts = counts.reindex(index, fill_value=0)
    totals = counts.groupby(by).transform("sum")
    shares = counts["population_count"] / totals["population_count"]
    return counts.assign(
        county_share=counts["county_count"] / totals["county_count"],
        population_share=shares.astype("float64"),
    ).reset_index()


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
        With `reporting_status` and `population_count`, as `Panel.counties` of a year gives them.
    by : Policy or str
        The 0/1 column. One of your own is named by `Panel.name_column`. Counties without a value
        are a group of their own: unknown, or of a policy as of a day, neither with nor without it.
    year : int, optional
        Year of the reports, for the words.
    form : {"table", "bars"}
        Counts and shares as a table, or shares as bars.

    Raises
    ------
    ModelError, UsageError
        If a column is not there, or it or a status holds another value than those there are.
    """
    release, name = release_of(data), str(by)
    source = source_line(release, ["reporting_quality", name])
    draw = _table if form == "table" else _bars
    words = {**GROUPS, "unknown": "Neither"} if getattr(by, "of", "") else GROUPS
    return draw(coverage_by(counties, name), release.column(name).label, year, source, words)


def _table(
    table: pd.DataFrame, label: str, year: int | None, source: str, groups: Mapping[str, str]
) -> Output:
    counts = table.pivot_table(
        index="status", columns="policy", values="county_count", sort=False
    ).astype("int64")
    totals = [f"{say.format_count(counts[one].sum())} {groups[str(one)].lower()}" for one in counts]
    return show_crosstab(
        counts,
        caption=f"How crime{_when(' of', year)} was reported to the FBI, by '{label}'",
        rows="Reporting",
        counted="counties",
        labels=groups,
        note=f"All {say.format_count(table['county_count'].sum())} counties stand in one of the "
        f"rows: {say.join_words(totals)}.",
        source=source,
    )


def _bars(
    table: pd.DataFrame, label: str, year: int | None, source: str, groups: Mapping[str, str]
) -> Output:
    bars = {"with": "With it", "without": "Without it", "unknown": groups["unknown"]}
    totals = table.groupby("policy")["county_count"].sum().map(say.format_count)
    shares = table.pivot_table(index="policy", columns="status", values="county_share", sort=False)
    sent = shares[list(SENT_REPORTS)].sum(axis=1).map(say.format_share)
    shares["group"] = [f"{bars[one]}\n(n = {totals[one]})" for one in shares.index]
    told = [
        f"{sent[one]} of the {totals[one]} counties {bars[one].lower()} had some report"
        for one in shares.index
    ]
    reading = say.join_words(told)
    return show_chart(
        plot_stacked_shares(
            shares,
            category="group",
            parts={name: name for name in REPORTING_COLOURS if shares[name].sum() > 0},
            colours=REPORTING_COLOURS,
            x_label=f"Share of counties{_when(',', year)}",
        ),
        reading,
        finding=f"{label}: {reading}{_when(' in', year)}.",
        subtitle="Counties by how many of their agencies sent crime data to the FBI"
        f"{_when(' in', year)}",
        chart="Stacked bar chart",
        x="share of counties from 0 to 100 percent",
        y=f"counties with and without '{label}', coloured by reporting",
        note="Agencies are counted, not months. A county without a report is missing from every "
        "crime comparison; it is not a county without crime. Neither is one whose offences are "
        "counted under another county. A county whose agencies reported no offence is zero.",
        source=source,
        data=table,
    )


def _when(word: str, year: int | None) -> str:
    return "" if year is None else f"{word} {year}"
