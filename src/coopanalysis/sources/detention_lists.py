"""Where ICE detains people: its own list of facilities, their codes, and yearly statistics.

Names of counties in the list are texts that officers typed, often of the city or of another
county; nothing here judges them. Where the type of a facility is not known, the list says IGSA.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from coopanalysis.catalog.raw_columns import LIMITS
from coopanalysis.catalog.reject_reasons import NOT_A_NAME, NOT_A_NUMBER, OUT_OF_RANGE, REDACTED
from coopanalysis.errors import DataError
from coopanalysis.sources.reading import Reading, empty_rejects
from coopanalysis.sources.table import check_columns, read_text_table
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
        `facility_type`, `authorization`, and `held_mean_YEAR` for each of `LIST_YEARS` (persons at
        midnight). Rejected are the shelters for children whose names the list blacks out.

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
    body = sheet.rows[at[0] + 1 :]
    cells = [[*row, *[""] * (len(header) - len(row))][: len(header)] for _, row in body]
    raw = pd.DataFrame(cells, columns=header, dtype="str")[raw_columns]
    frame = pd.DataFrame(
        {
            name: raw[column].str.replace(r"\s+", " ", regex=True).str.strip()
            for name, column in _LISTED.items()
        }
    )
    reasons = pd.Series(None, index=raw.index, dtype="str")
    is_code = frame["facility_code"].str.fullmatch(FACILITY_CODE).astype(bool)
    reasons = reasons.mask(~is_code, f"{NOT_A_NAME}: DETLOC")
    reasons = reasons.mask(frame["facility_code"] == "Redacted", REDACTED)
    for name, column in held.items():
        frame[name] = pd.to_numeric(raw[column], errors="coerce").astype("float64")
        reasons = reasons.mask(frame[name].isna(), f"{NOT_A_NUMBER}: {column}")
        high = LIMITS["held_mean"].maximum
        outside = frame[name].notna() & ~frame[name].between(0, high)
        reasons = reasons.mask(outside, f"{OUT_OF_RANGE}: {column}")
    frame["source_file"], frame["source_sheet"] = path.name, MAIN_SHEET
    frame["source_row"] = [number for number, _ in body]
    full = pd.concat([frame, raw[list(held.values())]], axis=1)
    reading = Reading(source or path.name, full, empty_rejects(), len(full))
    reading = reading.reject(reasons, ["facility_code", "facility_type", *held.values()])
    kept = reading.frame[list(frame)]
    return Reading(reading.source, kept, reading.rejects, reading.rows_in)


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
