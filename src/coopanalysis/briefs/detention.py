"""Briefs: where and how many people are held for ICE in a county, by the daily records."""

from __future__ import annotations

from coopanalysis.briefs.places import Brief
from coopanalysis.clean.detention import DAILY
from coopanalysis.display.html import Output
from coopanalysis.display.page import note
from coopanalysis.display.sentences import format_number, join_words
from coopanalysis.display.source_lines import describe_sources
from coopanalysis.display.tables import ColumnFormat, show_table

HELD = {
    "agreement": "under an agreement with a local jail or the Marshals",
    "federal": "in federal facilities",
    "company": "in facilities of a company",
    "other": "in other facilities",
    "unknown": "in facilities of unknown type",
}


def describe_detention(brief: Brief) -> tuple[str, int] | None:
    """How many were held in the mean of the last fiscal year, and that year, if recorded."""
    every = brief.panel.detention
    every = every[every["record"] == DAILY]
    if every.empty:
        return None
    year = int(every["fiscal_year"].max())
    own = every[(every["fiscal_year"] == year) & (every["county_fips"] == brief.code)]
    if own.empty:
        return "Nobody, by the daily records.", year
    row = own.iloc[0]
    kinds = [
        f"{format_number(row[f'{kind}_held_mean'], 1)} {words}"
        for kind, words in HELD.items()
        if row[f"{kind}_held_mean"] > 0
    ]
    return f"At midnight, in the mean: {join_words(kinds)}.", year


def show_places(brief: Brief) -> Output | None:
    """Facilities of the county in which anyone was held, by fiscal year, the latest first."""
    every = brief.panel.detention_facility
    every = every[every["record"] == DAILY]
    if every.empty:
        return None
    rows = every[every["county_fips"] == brief.code]
    if rows.empty:
        first, last = every["fiscal_year"].min(), every["fiscal_year"].max()
        return note(
            f"The daily records of fiscal years {first} to {last} place nobody held for ICE in "
            f"{brief.place}. A facility that they cannot place would not be seen."
        )
    return show_table(
        rows.sort_values(["fiscal_year", "held_mean"], ascending=False),
        caption=f"Places of detention for ICE in {brief.place}, by fiscal year",
        note="Held is the mean number at midnight; days are those on which anyone was. A jail is "
        "not always run by the county it lies in, and the last fiscal year may be a part of one.",
        source=describe_sources(brief.panel.build, [DAILY]),
        columns={
            "facility": "Facility",
            "fiscal_year": ColumnFormat("Fiscal year", kind="year"),
            "facility_type": "Type",
            "held_mean": ColumnFormat("Held", kind="number", digits=1),
            "days_in_use_count": ColumnFormat("Days in use", kind="count"),
        },
    )
