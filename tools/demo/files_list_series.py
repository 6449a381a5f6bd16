"""Small ICE lists of the days before July 2025, so that the demo release has spells to tell.

On them stand the agreements that `agencies` says were signed by then, and what `STORIES` tells:
an agreement that ended, one that a list lacks and the next has, names that changed with and without
a county to know them by, a change of model, a row under a wrong state, and a state misspelt.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from functools import cache

from tools.demo.agencies import (
    JEM,
    TFM,
    WSO,
    Agreement,
    adopting_counties,
    agency_name,
    make_agreements,
)
from tools.demo.files_tables import File
from tools.demo.workbook_writer import Cell, workbook
from tools.demo.world import make_world

DAYS = (
    date(2024, 9, 28), date(2024, 12, 29), date(2025, 1, 28), date(2025, 3, 20), date(2025, 4, 8),
)  # fmt: skip
WITH_COUNTY = DAYS[3]
"""Day from which lists state type and county."""
MISSPELT_ON = DAYS[2]


@dataclass(frozen=True)
class Stories:
    """Agreements about which the series tells something, as they stand on later lists."""

    ended: Agreement
    absent: Agreement
    renamed: Agreement
    renamed_unclear: Agreement
    switched: Agreement
    misplaced: Agreement
    misspelt: Agreement


@cache
def stories() -> Stories:
    """Choose the agreements: no two stories are about one, nor about one of a misspelt state."""
    listed = [row for row in make_agreements() if row.on_first and row.on_latest]
    early = [row for row in listed if row.signed < DAYS[0]]
    lone = [row for row in early if [other.state for other in early].count(row.state) == 1]
    names = [row.agency for row in make_agreements()]
    once = [row for row in listed if row.kind == "County" and names.count(row.agency) == 1]
    counties = make_world().counties
    other = counties[~counties["county_fips"].isin(adopting_counties()["county_fips"])].iloc[400]
    county, state = str(other["county"]), str(other["state_fips"])
    signed = date(2019, 8, 6)
    return Stories(
        ended=Agreement(state, agency_name(county), "County", county, JEM, signed, False, False),
        absent=lone[0],
        renamed_unclear=lone[1],
        misplaced=lone[2],
        misspelt=lone[3],
        renamed=next(row for row in once if DAYS[2] < row.signed <= DAYS[3]),
        switched=next(row for row in once if DAYS[3] < row.signed <= DAYS[4]),
    )


def rows_of(day: date) -> list[Agreement]:
    """Agreements of a list, as the list has them."""
    told = stories()
    rows = [row for row in make_agreements() if row.on_first and row.signed <= day]
    if day <= DAYS[1]:
        rows.append(told.ended)
    if day == DAYS[1]:
        rows.remove(told.absent)
    if day < DAYS[4]:
        rows.append(replace(told.switched, support=old_model(), signed=date(2020, 2, 4)))
    for row, until in ((told.renamed, DAYS[4]), (told.renamed_unclear, WITH_COUNTY)):
        if row in rows and day < until:
            rows[rows.index(row)] = replace(row, agency=old_name(row))
    if day == DAYS[0]:
        rows[rows.index(told.misplaced)] = replace(
            told.misplaced, state_fips=told.absent.state_fips
        )
    return sorted(rows, key=lambda row: (row.state, row.agency.casefold(), row.support))


def old_name(agreement: Agreement) -> str:
    """Name of an agency before it took that of later lists."""
    return agreement.agency.replace("Sheriff's Office", "Sheriff's Department")


def old_model() -> str:
    """Model that an agency had before another."""
    return TFM if stories().switched.support == WSO else WSO


def misspelt_state() -> str:
    """How the list of one day writes the state of one of its rows."""
    name = stories().misspelt.state
    return name[:2] + name[3] + name[2] + name[4:]


def misspelt_row() -> int:
    """Row of that list in which the state is misspelt."""
    return rows_of(MISSPELT_ON).index(stories().misspelt) + 2


def list_of(day: date) -> File:
    """Write the list of a day: of five columns at first, with type and county later."""
    titles = ["STATE", "LAW ENFORCEMENT AGENCY", "SUPPORT TYPE", "SIGNED", "MOA"]
    if day >= WITH_COUNTY:
        titles[2:2] = ["TYPE", "COUNTY"]
    table: list[list[Cell]] = [list(titles)]
    for row in rows_of(day):
        state = row.state
        if day == MISSPELT_ON and row == stories().misspelt:
            state = misspelt_state()
        table.append(
            [
                {
                    "STATE": state,
                    "LAW ENFORCEMENT AGENCY": row.agency,
                    "TYPE": row.kind,
                    "COUNTY": row.county if row.kind == "County" else "#N/A",
                    "SUPPORT TYPE": row.support,
                    "SIGNED": row.signed.isoformat(),
                    "MOA": "link pending",
                }[title]
                for title in titles
            ]
        )
    name = "Sheet1" if day >= WITH_COUNTY else "287(g) Agreements"
    return workbook(name, table, {}), len(table) - 1
