"""Where ICE detains people: its own list of facilities, their codes, and yearly statistics.

Names of counties in the list are texts that officers typed, often of the city or of another
county; nothing here judges them. Where the type of a facility is not known, the list says IGSA.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from coopanalysis.catalog.raw_columns import LIMITS
from coopanalysis.catalog.reject_reasons import NOT_A_NAME, NOT_A_NUMBER, REDACTED
from coopanalysis.errors import DataError
from coopanalysis.sources.reading import Reading
from coopanalysis.sources.table import check_columns, read_text_table
from coopanalysis.sources.text_table import TextTable
from coopanalysis.sources.workbook import read_sheets

MAIN_SHEET = "Facility List - Main"
FACILITY_CODE = r"[A-Z0-9]{2,7}"
LIST_YEARS = range(2009, 2019)
"""Fiscal years whose mean the list of November 2017 has; the last is of five weeks."""
_LISTED = {
    "facility_code": "DETLOC",
    "facility": "Name",
    "city": "City",
    "county_text": "County",
    "state_text": "State",
    "facility_type": "Type Detailed",
    "authorization": "Authorization Status",
    "operator": "Facility Operator",
}


def held_in(year: int) -> str:
    """Name of the column with the mean number held in a fiscal year."""
    return f"held_mean_{year}"


def read_facility_list(path: Path, source: str = "") -> Reading:
    """Read ICE's list of facilities, with the mean number of people held by fiscal year.

    Returns
    -------
    Reading
        `facility_code` (DETLOC), `facility`, `city`, `county_text`, `state_text`,
        `facility_type`, `authorization`, `operator`, and `held_mean_YEAR` for each of `LIST_YEARS`
        (persons at midnight). Rejected are the shelters for children whose names it blacks out.

    Raises
    ------
    DataError
        If the workbook lacks the sheet, its header or a column.
    """
    sheet = next((one for one in read_sheets(path) if one.name == MAIN_SHEET), None)
    at = [k for k, (_, cells) in enumerate(sheet.rows) if "DETLOC" in cells] if sheet else []
    if sheet is None or not at:
        what = f"has no sheet '{MAIN_SHEET}' with a column DETLOC"
        raise DataError(path.name, what, "Restore the file.")
    header = [cell.strip() for cell in sheet.rows[at[0]][1]]
    held = {held_in(year): f"FY{year % 100:02} ADP" for year in LIST_YEARS}
    raw_columns = [*_LISTED.values(), *held.values()]
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
    for name, column in list(_LISTED.items())[1:]:
        typed[name] = table.text(column).str.replace(r"\s+", " ", regex=True)
    for name, column in held.items():
        typed[name] = table.number(column, LIMITS["held_mean"])
    return table.reading(typed, ("facility_code",))


def read_facility_codes(path: Path, source: str = "") -> Reading:
    """Read the county of each facility by ICE's code.

    Returns
    -------
    Reading
        `facility_code` and `place_fips` (a county code of any year's list; Connecticut is by
        planning region), either missing where the file has none; `facility`, `city`,
        `state_text`.
    """
    columns = ["detention_facility_code", "name", "city", "county_fips_code", "state"]
    table = read_text_table(path, source, columns)
    code, place = table.text("detention_facility_code"), table.code("county_fips_code", 5)
    bad = ~(code.str.fullmatch(FACILITY_CODE).astype(bool) | (code == ""))
    table.reject(bad, f"{NOT_A_NAME}: detention_facility_code")
    state = table.text("state")
    table.reject(~state.str.fullmatch("[A-Z]{2}").astype(bool), f"{NOT_A_NAME}: state")
    typed = {
        "facility_code": code.mask(code == ""),
        "facility": table.name("name"),
        "city": table.text("city"),
        "place_fips": place.mask(place == ""),
        "state_text": state,
    }
    return table.reading(typed, ("facility_code", "facility", "city"))


def read_facilities_panel(path: Path, source: str = "") -> Reading:
    """Read the mean number held by facility and fiscal year, as compiled from ICE's lists.

    Returns
    -------
    Reading
        `fiscal_year`, `panel_id` (the compiler's number of a facility), `facility_code` (missing
        where the compiler has none), `facility`, `city`, `state_text`, `facility_type`,
        `held_mean`. A number may have two rows in a year: two sites of one name.
    """
    columns = ["fiscal_year", "canonical_id", "facility_name", "facility_city", "facility_state",
               "detloc", "facility_type_detailed", "adp"]  # fmt: skip
    table = read_text_table(path, source, columns)
    year, code = table.text("fiscal_year"), table.text("detloc")
    table.reject(~year.str.fullmatch("FY[0-9]{2}").astype(bool), f"{NOT_A_NUMBER}: fiscal_year")
    bad = ~(code.str.fullmatch(FACILITY_CODE).astype(bool) | (code == "NA"))
    table.reject(bad, f"{NOT_A_NAME}: detloc")
    number = pd.to_numeric(year.str[2:], errors="coerce").astype("Int64")
    typed = {
        "fiscal_year": number + 2000,
        "panel_id": table.whole("canonical_id"),
        "facility_code": code.mask(code == "NA"),
        "facility": table.name("facility_name"),
        "city": table.text("facility_city"),
        "state_text": table.text("facility_state"),
        "facility_type": table.text("facility_type_detailed"),
        "held_mean": table.number("adp", LIMITS["held_mean"]),
    }
    frame = pd.DataFrame(typed)
    site = frame.groupby(["fiscal_year", "panel_id"], dropna=False).cumcount()
    return table.reading({**typed, "site": site}, ("fiscal_year", "panel_id", "site"))
