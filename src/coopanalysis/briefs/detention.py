"""Briefs: where and how many people are held for ICE in a place, by the daily records."""

from __future__ import annotations

import pandas as pd

from coopanalysis.briefs.places import Brief
from coopanalysis.clean.detention import DAILY
from coopanalysis.display.county_maps import county_names
from coopanalysis.display.html import Output
from coopanalysis.display.page import note
from coopanalysis.display.sentences import format_number, join_words
from coopanalysis.display.source_lines import describe_sources
from coopanalysis.display.tables import MOST_ROWS, ColumnFormat, show_table
from coopanalysis.panel.practice_status import name_fiscal_year

HELD = {
    "agreement": "under local agreements",
    "federal": "in federal facilities",
    "company": "in company facilities",
    "other": "in other places",
    "unknown": "where not known",
}
_HEADS = {
    "agreement": "Local agreement",
    "federal": "Federal",
    "company": "Company",
    "other": "Other",
    "unknown": "Type unknown",
}
WHOLE_FROM = 10
"""Mean from which on it is said in whole persons."""


def _daily(brief: Brief) -> tuple[pd.DataFrame, int | None, str]:
    """Facilities of the place in the daily records, and their last fiscal year, if any, in words.

    The words name the days that the record reaches.
    """
    every = brief.panel.detention_facility
    every = every[every["record"] == DAILY]
    last = None if every.empty else int(every["fiscal_year"].max())
    words = "" if last is None else name_fiscal_year(every, DAILY, last)
    return every[every[brief.key] == brief.code], last, words


def describe_detention(brief: Brief) -> tuple[str, str] | None:
    """How many were held in the mean of the last fiscal year, and its days, if recorded."""
    own, year, words = _daily(brief)
    if year is None:
        return None
    sums = own[own["fiscal_year"] == year].groupby("type_group")["held_mean"].sum()
    kinds = [
        f"{format_number(sums[kind], int(sums[kind] < WHOLE_FROM))} {where}"
        for kind, where in HELD.items()
        if sums.get(kind, 0) > 0
    ]
    if not kinds:
        return "Nobody, by the daily records.", words
    return f"At midnight on average {join_words(kinds)}.", words


def show_held(brief: Brief) -> Output | None:
    """How many were held in a state, by type of contract of the facility and fiscal year."""
    own, _, last = _daily(brief)
    if own.empty:
        return None
    groups = own.pivot_table(
        index="fiscal_year", columns="type_group", values="held_mean", aggfunc="sum", fill_value=0
    )
    return show_table(
        groups.sort_index(ascending=False).reset_index(),
        caption=f"People held for ICE in {brief.place} at midnight, in the mean of a fiscal year",
        note="By the type of contract of the facility: an agreement with a county or city, or one "
        "of the Marshals, is an act of a local government; what is federal or a company's is not. "
        f"Recorded to the end of {last}.",
        source=describe_sources(brief.panel.build, [DAILY]),
        columns={
            "fiscal_year": ColumnFormat("Fiscal year", kind="year"),
            **{
                kind: ColumnFormat(head, kind="number", digits=1)
                for kind, head in _HEADS.items()
                if kind in groups
            },
        },
    )


def show_places(brief: Brief) -> Output | None:
    """Facilities in which anyone was held: of a county by year, of a state those of the last."""
    rows, last, words = _daily(brief)
    if last is None or not brief.is_listed:
        return None
    if rows.empty:
        return note(
            f"The daily records up to {words} place nobody held for ICE in "
            f"{brief.place}. A facility that they cannot place would not be seen."
        )
    when = "by fiscal year"
    if brief.is_state:
        rows = rows[rows["fiscal_year"] == last]
        rows = rows.assign(county=rows["county_fips"].map(county_names(brief.panel)))
        when = words
    if rows.empty:
        return note(f"The daily records place nobody in {brief.place} in {words}.")
    days = ColumnFormat("Days in use", kind="count")
    place = {"county": "County"} if brief.is_state else {}
    year = {} if brief.is_state else {"fiscal_year": ColumnFormat("Fiscal year", kind="year")}
    return show_table(
        rows.sort_values(["fiscal_year", "held_mean"], ascending=False).head(MOST_ROWS),
        caption=f"Places of detention for ICE in {brief.place}, {when}",
        note="Held is the mean number at midnight; days are those on which anyone was. A jail is "
        f"not always run by the county it lies in. Recorded to the end of {words}.",
        source=describe_sources(brief.panel.build, [DAILY]),
        columns={
            "facility": "Facility",
            "held_mean": ColumnFormat("Held", kind="number", digits=1),
            **year,
            **place,
            "facility_type": "Type",
            **({} if brief.is_state else {"days_in_use_count": days}),
        },
    )
