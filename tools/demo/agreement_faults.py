"""Faults planted in the ICE lists of the demo release.

Padded and doubled spaces, line breaks, curly apostrophes, `County ` and `Municipality `, `#N/A`
as an error cell and `#NA` and `N/A` as text, misspelt counties (three need a person's alias,
one municipal row stays unmatched), Saint for St., a parish called County, an independent city
called County, a name without its suffix, a county row without a county, dates without a slash
and in the year 5025, addresses wrapped by a mail scanner together with a mailbox, with one
slash, behind a browser extension.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from urllib.parse import quote

from tools.demo.agencies import TFM, WSO, adopting_counties, state_name
from tools.demo.draws import uniform
from tools.demo.names import CITY_STATE, PARISH_STATE, place_name
from tools.demo.workbook_writer import Cell, Mistake

MAILBOX = "someone@example.org"

Row = dict[str, Cell]
"""Cells of a row by header; `MOA address` and the like hold what is behind a cell."""


def blank_counties(rows: list[Row], topic: str, stated: float, other: Cell) -> None:
    """Leave the county of most agencies that are not a county's unsaid."""
    draws = uniform(f"county-stated-{topic}", len(rows))
    for row, draw in zip(rows, draws, strict=True):
        if row["TYPE"] == "State Agency" or (row["TYPE"] == "Municipality" and draw > stated):
            row["COUNTY"] = other if int(draw * 1000) % 9 == 0 else Mistake()


@dataclass(frozen=True)
class Misspelling:
    """A county text that only a person can settle, and the lists that have it."""

    state: str
    county_fips: str
    county: str
    text: str
    on_first: bool
    on_latest: bool


def misspelt() -> list[Misspelling]:
    """Three county rows whose county text only a person can settle."""
    listed = adopting_counties()
    sure = listed[listed["first"]].iloc[20:]
    plain = sure[sure["county"].str.endswith(" County")]
    parish = listed[listed["state_fips"] == PARISH_STATE].iloc[0]
    both, once = plain.iloc[0], plain.iloc[9]
    cases = (
        (both, both["county"][:3] + both["county"][4:], True, True),
        (once, f"{once['county']}".replace("County", "Countey"), True, False),
        (parish, f"{place_name(41)} Parish", False, True),
    )
    return [
        Misspelling(
            state_name(row["state_fips"]), row["county_fips"], row["county"], text, first, latest
        )
        for row, text, first, latest in cases
    ]


def plant_county_faults(rows: list[Row], later: bool) -> None:
    """Put wrong, incomplete and oddly written counties into a list, the later or the earlier."""
    for alias in misspelt():
        if alias.on_latest if later else alias.on_first:
            for row in _rows_of(rows, alias.state, alias.county):
                row["COUNTY"] = alias.text
    for row in rows:
        county = row["COUNTY"]
        if row["TYPE"] != "County" or not isinstance(county, str):
            continue
        if county.startswith("St. "):
            row["COUNTY"] = county.replace("St. ", "Saint ")
        elif county.endswith(" city"):
            row["COUNTY"] = county.replace(" city", " County")
        elif county.endswith(" Parish") and not later:
            row["COUNTY"] = county.replace(" Parish", " County")
    plain = [r for r in rows if r["TYPE"] == "County" and str(r["COUNTY"]).endswith(" County")]
    bare = next(r for r in plain[60:] if r["STATE"] != state_name(CITY_STATE).upper())
    bare["COUNTY"] = str(bare["COUNTY"]).removesuffix(" County")
    if later:
        plain[100]["COUNTY"] = f"\n{plain[100]['COUNTY']}"
        town = next(r for r in rows if r["TYPE"] == "Municipality" and isinstance(r["COUNTY"], str))
        town["COUNTY"] = str(town["COUNTY"]).replace("County", "Conty")
    else:
        unsaid = plain[120]
        unsaid["COUNTY"] = Mistake()


def _rows_of(rows: list[Row], state: str, county: str) -> list[Row]:
    return [row for row in rows if row["STATE"] == state.upper() and row["COUNTY"] == county]


def plant_date_faults(rows: list[Row]) -> None:
    """Two dates without their second slash, and one three thousand years on."""
    dates = [cell for cell in (row["SIGNED"] for row in rows) if isinstance(cell, date)]
    first, second, third = dates
    faults: tuple[Cell, ...] = (
        f"{first.month}/{first.day}{first.year}",
        f"{second.month:02d}/{second.day:02d}{second.year}",
        third.replace(year=third.year + 3000),
    )
    for row, fault in zip(rows, faults, strict=True):
        row["true date"] = str(row["SIGNED"])
        row["SIGNED"] = fault


def pad(rows: list[Row], topic: str) -> None:
    """Stray spaces and curly apostrophes, as from many hands."""
    draws = uniform(f"padded-{topic}", len(rows), 4)
    for row, (agency, county, curly, double) in zip(rows, draws, strict=True):
        name = str(row["LAW ENFORCEMENT AGENCY"])
        name = name.replace("'", "’") if curly < 0.05 else name
        row["LAW ENFORCEMENT AGENCY"] = f"{name} " if agency < 0.1 else name
        if isinstance(row["COUNTY"], str) and county < 0.25:
            row["COUNTY"] = f"{row['COUNTY']}{'  ' if double < 0.2 else ' '}"
    spaced = next(r for r in rows if str(r["COUNTY"]).endswith(" County"))
    spaced["COUNTY"] = str(spaced["COUNTY"]).replace(" County", "  County")


def add_addresses(rows: list[Row], topic: str, pending: float) -> None:
    """Text of the cell, and the address behind it; the text never is the address."""
    draws = uniform(f"links-{topic}", len(rows), 4)
    for number, (row, (state, padded, wrapped, more)) in enumerate(zip(rows, draws, strict=True)):
        if state < pending:
            row["MOA"] = "link pending"
            continue
        row["MOA"] = "link " if padded < 0.15 else "link"
        code = {TFM: "TFM", WSO: "WSO"}.get(str(row["SUPPORT TYPE"]), "JEM")
        agency = "".join(c for c in str(row["LAW ENFORCEMENT AGENCY"]) if c.isalnum())
        address = f"https://www.example.org/287gMOA/{agency}_{code}_MOA.pdf"
        if more < 0.06:
            row["ADDENDUM"] = "link"
            row["ADDENDUM address"] = address.replace("_MOA", "_Addendum")
        if wrapped < 0.12:
            address = _wrapped(address)
        elif number % 29 == 0:
            address = address.replace("https:", "http:")
        elif topic == "latest" and number % 97 == 5:
            address = address.replace("https://", "https:/")
        elif topic == "latest" and number % 97 == 7:
            address = f"chrome-extension://invented/{address}"
        row["MOA address"] = address


def _wrapped(address: str) -> str:
    data = quote(f"05|02|{MAILBOX}|simulated|0|0|Unknown", safe="")
    scanner = "https://nam02.safelinks.protection.example.org/"
    return f"{scanner}?url={quote(address, safe='')}&data={data}&reserved=0"
