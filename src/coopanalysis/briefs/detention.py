"""Briefs: who is held for ICE in a place, and which requests to hold were declined."""

from __future__ import annotations

import pandas as pd

from coopanalysis.briefs.places import Brief
from coopanalysis.clean.detainers import SUMMED_YEARS
from coopanalysis.clean.detention import DAILY
from coopanalysis.display import sentences as say
from coopanalysis.display.county_maps import county_names
from coopanalysis.display.html import Output
from coopanalysis.display.page import note
from coopanalysis.display.sentences import format_number, join_words
from coopanalysis.display.tables import MOST_ROWS, ColumnFormat, Columns, show_table
from coopanalysis.panel.inputs import DETAINERS
from coopanalysis.panel.practice_status import name_fiscal_year

HELD = {
    "agreement": "in facilities under contracts of counties or cities, or of the Marshals",
    "federal": "in federal facilities",
    "company": "in company facilities",
    "state": "in facilities of a state",
    "other": "in other places",
    "unknown": "in facilities of a type not known",
}
_HEADS = {
    "agreement": "Local agreement",
    "federal": "Federal",
    "company": "Company",
    "state": "State",
    "other": "Other",
    "unknown": "Type unknown",
}
WHOLE_FROM = 10
"""Mean from which on it is said in whole persons."""
SELDOM = 0.1
"""Mean below which the days with anyone say more, where one facility held them."""


HARDLY_USED = (
    f"before {SUMMED_YEARS[0]} the code for it was hardly in use, so that silence says nothing"
)
SHARED_NAMES = " Other outcomes are not of one facility where several share its name."
NOT_FEDERAL = (
    " Facilities whose name and type on ICE's lists do not say that they are federal count as "
    "local, prisons of states and of companies among them."
)
NO_PLACE = "County not told"


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
    last = own[own["fiscal_year"] == year]
    sums = last.groupby("type_group")["held_mean"].sum()
    held = [(sums[kind], where) for kind, where in HELD.items() if sums.get(kind, 0) > 0]
    kinds = [f"{format_number(mean, int(mean < WHOLE_FROM))} {where}" for mean, where in held]
    if not kinds:
        return "Nobody, by the daily records.", words
    if sums.sum() < SELDOM and len(last) == 1:
        days = say.pluralise(last["days_in_use_count"].iloc[0], "day")
        return f"At least one person at midnight on {days}, {held[0][1]}.", words
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
        note=f"By the type of contract of the facility. {_whose(own)} "
        f"Recorded to the end of {last}.",
        source=brief.source(DAILY),
        columns={
            "fiscal_year": ColumnFormat("Fiscal year", kind="year"),
            **{
                kind: ColumnFormat(head, kind="number", digits=1)
                for kind, head in _HEADS.items()
                if kind in groups
            },
        },
    )


def _whose(rows: pd.DataFrame) -> str:
    """What each type of facility among the rows says of whose act it is."""
    kinds = set(rows["type_group"])
    apart = [_HEADS[kind].lower() for kind in ("federal", "company", "state") if kind in kinds]
    untold = rows.loc[rows["type_group"] == "unknown", "facility_code"].nunique()
    said = [
        "Local agreements are by ICE's label those with a county or city, or of the Marshals."
        if {"agreement"} <= kinds
        else "",
        f"{say.upper_first(join_words(apart))} facilities are no act of a local government."
        if apart
        else "",
        "Other types, such as hospitals, family centres and hotels, do not say whose they are."
        if "other" in kinds
        else "",
        f"The type of {say.pluralise(untold, 'facility', 'facilities')} is not known: whether a "
        "local government agreed cannot be told."
        if untold
        else "",
    ]
    return " ".join(filter(None, said))


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
    columns: Columns = {
        "facility": "Facility",
        "held_mean": ColumnFormat("Held", kind="number", digits=1),
        "county": "County",
        "fiscal_year": ColumnFormat("Fiscal year", kind="year"),
        "facility_type": "Type",
        "days_in_use_count": ColumnFormat("Days in use", kind="count"),
    }
    for name in ("fiscal_year", "days_in_use_count") if brief.is_state else ("county",):
        del columns[name]
    days = "; days in use are those on which anyone was held" * ("days_in_use_count" in columns)
    cut = f" The first {say.out_of(MOST_ROWS, len(rows))} rows." * (len(rows) > MOST_ROWS)
    return show_table(
        rows.sort_values(["fiscal_year", "held_mean"], ascending=False).head(MOST_ROWS),
        caption=f"Places of detention for ICE in {brief.place}, {when}",
        note=f"Held is the mean number at midnight{days}. A jail is not always run by the county "
        f"it lies in. Recorded to the end of {words}.{cut}",
        source=brief.source(DAILY),
        columns=columns,
    )


def describe_detainers(brief: Brief) -> tuple[str, str] | None:
    """How many requests local agencies of the place declined, and the years of the record."""
    every = brief.panel.detainers_declined
    if every.empty:
        return None
    own = every[every[brief.key].eq(brief.code) & every["is_federal"].eq(0)]
    since = own[own["year"] >= SUMMED_YEARS[0]]["declined_count"].sum()
    said = f"No such request recorded; {HARDLY_USED}."
    if len(own):
        total = own["declined_count"].sum()
        every_one = "all " if total > 1 else ""
        part = (
            every_one if since == total else f"{say.format_count(since) if since else 'none'} of "
        )
        part += "" if since == total else "them "
        counted = f"At least {say.format_count(total)}, at facilities not known as federal"
        said = f"{counted}, {part}from {SUMMED_YEARS[0]} on."
    return said, _years(every)


def show_detainers(brief: Brief) -> Output | None:
    """Requests declined: of a state by county, of a county by facility and year."""
    every = brief.panel.detainers_declined
    if every.empty or not brief.is_listed:
        return None
    here = every[every[brief.key] == brief.code]
    own = here[here["is_federal"] == 0]
    federal = here[here["is_federal"] == 1]
    count = federal["declined_count"].sum()
    where = say.pluralise(federal["facility"].nunique(), "federal facility", "federal facilities")
    apart = (
        f" {count:,} {'was' if count == 1 else 'were'} declined at {where} there, no local agency."
    )
    apart *= bool(len(federal))
    if own.empty:
        return note(
            f"ICE's record of {_years(every)} has no request that a local agency of {brief.place} "
            f"declined; {HARDLY_USED}.{apart}"
        )
    columns: Columns = {
        "county" if brief.is_state else "facility": "County" if brief.is_state else "Facility",
        "declined_count": ColumnFormat("Declined", kind="count"),
    }
    if brief.is_state:
        columns["since"] = ColumnFormat(f"From {SUMMED_YEARS[0]} on", kind="count")
    else:
        columns["year"] = ColumnFormat("Year", kind="year")
        columns["other_outcomes_count"] = ColumnFormat("Other outcomes", kind="count")
    return show_table(
        _by_county(brief, own) if brief.is_state else own.sort_values(["year", "facility"]),
        caption=f"Requests of ICE to hold a person declined in {brief.place}, {_years(every)}",
        note=f"At least so many: {HARDLY_USED}, and what has no place is in no county."
        f"{NOT_FEDERAL}{SHARED_NAMES * ('other_outcomes_count' in columns)}{apart}",
        source=brief.source(DETAINERS),
        columns=columns,
    )


def _by_county(brief: Brief, own: pd.DataFrame) -> pd.DataFrame:
    names = county_names(brief.panel)
    recent = own["declined_count"].where(own["year"] >= SUMMED_YEARS[0], 0)
    county = own["county_fips"].map(names).fillna(NO_PLACE)
    table = own.assign(county=county, since=recent).groupby("county", as_index=False)
    sums = table[["declined_count", "since"]].sum()
    return sums.sort_values(["declined_count", "county"], ascending=[False, True])


def _years(every: pd.DataFrame) -> str:
    return f"{every['year'].min()} to {every['year'].max()}"
