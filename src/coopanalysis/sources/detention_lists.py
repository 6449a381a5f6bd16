"""Where ICE detains people: its own list of facilities.

Names of counties in the list are texts that officers typed, often of the city or of another
county; nothing here judges them. Where the type of a facility is not known, the list says IGSA.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from coopanalysis.catalog.raw_columns import FACILITY_CODE, LIMITS
from coopanalysis.catalog.reject_reasons import NOT_A_NAME, REDACTED
from coopanalysis.errors import DataError
from coopanalysis.sources.layouts import STATE
from coopanalysis.sources.reading import Reading
from coopanalysis.sources.table import check_columns
from coopanalysis.sources.text_table import TextTable
from coopanalysis.sources.workbook import read_sheets

MAIN_SHEET = "Facility List - Main"
LIST_YEARS = range(2009, 2019)
"""Fiscal years whose mean the list of November 2017 has; the last is of five weeks."""
_LISTED_NAMES = {"facility": "Name", "city": "City", "county_text": "County"}
_LISTED_WORDS = {"facility_type": "Type Detailed", "authorization": "Authorization Status"}
_OPERATOR = "Facility Operator"


def held_in(year: int) -> str:
    """Name of the column with the mean number held in a fiscal year."""
    return f"held_mean_{year}"


def read_facility_list(path: Path, source: str = "") -> Reading:
    """Read ICE's list of facilities, with the mean number of people held by fiscal year.

    The reading has `facility_code` (DETLOC), `facility`, `city`, `county_text`, `state_text`,
    `facility_type`, `authorization`, `operator`, and `held_mean_YEAR` for each of `LIST_YEARS`
    (persons at midnight). Rejected are the shelters for children whose names it blacks out.
    """
    sheet = next((one for one in read_sheets(path) if one.name == MAIN_SHEET), None)
    at = [k for k, (_, cells) in enumerate(sheet.rows) if "DETLOC" in cells] if sheet else []
    if sheet is None or not at:
        what = f"has no sheet '{MAIN_SHEET}' with a column DETLOC"
        raise DataError(path.name, what, "Restore the file.")
    header = [cell.strip() for cell in sheet.rows[at[0]][1]]
    held = {held_in(year): f"FY{year % 100:02} ADP" for year in LIST_YEARS}
    facts = [*_LISTED_NAMES.values(), "State", *_LISTED_WORDS.values(), _OPERATOR]
    raw_columns = ["DETLOC", *facts, *held.values()]
    check_columns(path.name, header, raw_columns)
    places = {name: header.index(name) for name in raw_columns}
    body = sheet.rows[at[0] + 1 :]
    cells = {
        name: pd.Series([row[k] if k < len(row) else "" for _, row in body], dtype="str")
        for name, k in places.items()
    }
    table = TextTable(path, source, pd.DataFrame(cells), [number for number, _ in body], MAIN_SHEET)
    table.reject(table.text("DETLOC") == "Redacted", REDACTED)
    typed = {"facility_code": table.matched("DETLOC", FACILITY_CODE, f"{NOT_A_NAME}: DETLOC")}
    for name, column in _LISTED_NAMES.items():
        typed[name] = table.name(column).str.replace(r"\s+", " ", regex=True)
    typed["state_text"] = table.matched("State", STATE, f"{NOT_A_NAME}: State")
    typed |= {name: table.word(column, name) for name, column in _LISTED_WORDS.items()}
    typed["operator"] = table.name(_OPERATOR, or_blank=True)
    for name, column in held.items():
        typed[name] = table.number(column, LIMITS["held_mean"])
    return table.reading(typed, ("facility_code",))
