"""Briefs: requests of ICE to hold a person that local agencies declined."""

from __future__ import annotations

import pandas as pd

from coopanalysis.briefs.places import Brief
from coopanalysis.clean.detainers import SUMMED_YEARS
from coopanalysis.display import sentences as say
from coopanalysis.display.county_maps import county_names
from coopanalysis.display.html import Output
from coopanalysis.display.page import note
from coopanalysis.display.source_lines import describe_sources
from coopanalysis.display.tables import ColumnFormat, show_table
from coopanalysis.panel.inputs import DETAINERS

HARDLY_USED = (
    f"before {SUMMED_YEARS[0]} the code for it was hardly in use, so that silence says nothing"
)
NO_PLACE = "County not told"


def describe_detainers(brief: Brief) -> tuple[str, str] | None:
    """How many requests local agencies of the place declined, and the years of the record."""
    every = brief.panel.detainers_declined
    if every.empty:
        return None
    own = every[every[brief.key].eq(brief.code) & every["is_federal"].eq(0)]
    since = own[own["year"] >= SUMMED_YEARS[0]]["declined_count"].sum()
    said = f"No such request recorded; {HARDLY_USED}."
    if len(own):
        total = say.format_count(own["declined_count"].sum())
        said = f"At least {total}, {say.format_count(since)} of them since {SUMMED_YEARS[0]}."
    return said, _years(every)


def show_detainers(brief: Brief) -> Output | None:
    """Requests declined: of a state by county, of a county by facility and year."""
    every = brief.panel.detainers_declined
    if every.empty or not brief.is_listed:
        return None
    here = every[every[brief.key] == brief.code]
    own = here[here["is_federal"] == 0]
    federal = here.loc[here["is_federal"] == 1, "declined_count"].sum()
    apart = f" Federal facilities there, which are no local agency, declined {federal:,}."
    apart *= bool(federal)
    if own.empty:
        return note(
            f"ICE's record of {_years(every)} has no request that a local agency of {brief.place} "
            f"declined; {HARDLY_USED}.{apart}"
        )
    return show_table(
        _by_county(brief, own) if brief.is_state else own.sort_values(["year", "facility"]),
        caption=f"Requests of ICE to hold a person declined in {brief.place}, {_years(every)}",
        note=f"At least so many: {HARDLY_USED}, and what has no place is in no county. Other "
        f"outcomes are not of one facility where several share its name.{apart}",
        source=describe_sources(brief.panel.build, [DETAINERS]),
        columns={
            "county" if brief.is_state else "facility": "County" if brief.is_state else "Facility",
            "declined_count": ColumnFormat("Declined", kind="count"),
            **(
                {"since": ColumnFormat(f"Since {SUMMED_YEARS[0]}", kind="count")}
                if brief.is_state
                else {
                    "year": ColumnFormat("Year", kind="year"),
                    "other_outcomes_count": ColumnFormat("Other outcomes", kind="count"),
                }
            ),
        },
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
