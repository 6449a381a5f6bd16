"""Reader of ICE's lists of agencies with, or applying for, a 287(g) agreement.

One row is one agency and support type. The layout grew by the date of the list: without TYPE
or COUNTY at first, with MOA and ADDENDUM later. Pending lists have no SIGNED column, and that
alone tells the kind: names of files have been wrong. They have had TYPE from the first.
"""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from coopanalysis.catalog.raw_columns import LEAST_ROWS
from coopanalysis.catalog.reject_reasons import WRONG_FIELD_COUNT
from coopanalysis.errors import DataError
from coopanalysis.sources.links import hide_mailboxes, tidy_address
from coopanalysis.sources.reading import Reading, empty_rejects
from coopanalysis.sources.workbook import Sheet, other_widths, read_sheets

TEXT_COLUMNS = {
    "STATE": "state_text",
    "LAW ENFORCEMENT AGENCY": "agency_text",
    "TYPE": "type_text",
    "COUNTY": "county_text",
    "SUPPORT TYPE": "support_text",
    "SIGNED": "signed_text",
}
LINK_COLUMNS = {"MOA": "moa_url", "ADDENDUM": "addendum_url"}
REQUIRED = ("STATE", "LAW ENFORCEMENT AGENCY", "SUPPORT TYPE")
IMPLIED = {"COUNTY": ("TYPE",), "ADDENDUM": ("TYPE", "COUNTY", "SIGNED", "MOA")}
"""Columns that every list with a later one has had: without them it has lost one."""
SINCE = {"TYPE": date(2025, 2, 24), "COUNTY": date(2025, 5, 2)}
"""Days of the lists from which on every one has had a column, of participating agencies or pending
ones; COUNTY came and went before."""
MOST_AGENCIES_AS_COUNTY = 0.5
"""Share of rows that name an agency under COUNTY up to which that is how the list was filled in:
0.001 in lists of 2025 and 2026, and 0.97 or more under the name of the agency itself."""
RAW_COLUMNS = [*TEXT_COLUMNS.values(), *LINK_COLUMNS.values()]

_HEADER_DEPTH = 10
_AGENCY = re.compile(r"sheriff|police|department|office|jail|correction|constable|patrol", re.I)
_FILE_DATE = re.compile(r"(?<!\d)(\d{2})(\d{2})(20\d{2})(?!\d)", re.ASCII)


def read_agreements(path: Path, source: str = "", list_date: date | None = None) -> Reading:
    """Read an ICE list of any layout, participating or pending.

    Parameters
    ----------
    path : Path
        Workbook (`.xlsx`), or the early web table as delimited text.
    source : str
        Id of the source; the file name by default.
    list_date : date, optional
        Day of the list. By default the MMDDYYYY in the file name, if there is one.

    Returns
    -------
    Reading
        Frame with one row per row that holds any text: `state_text, agency_text, type_text,
        county_text, support_text, signed_text` as written (dates as `YYYY-MM-DD`; missing
        where the layout has no such column, or the cell is empty), `moa_url, addendum_url`
        (missing where there is no usable address), `list_kind`, `list_date` (missing if not
        known), and provenance. Mailboxes are removed. Of delimited text, rows with another
        number of cells than the header are rejected.

    Raises
    ------
    DataError
        If the file cannot be read, no sheet or more than one holds a list, there is a column
        that no known layout has, one is lacking that a list of this layout has, or agencies
        stand under COUNTY; the message says which.
    """
    sheet, header, at = _list_sheet(path, read_sheets(path))
    positions = _positions(path, sheet, header)
    body = sheet.rows[at + 1 :]
    _check_unnamed(path, sheet, body, positions)
    texts = {name: _text_column(body, positions.get(title)) for title, name in TEXT_COLUMNS.items()}
    links = {
        name: _link_column(sheet, body, positions.get(title))
        for title, name in LINK_COLUMNS.items()
    }
    frame = pd.DataFrame({**texts, **links})
    _check_empty(path, sheet, frame, positions)
    _check_counties(path, sheet, frame)
    kind = "participating" if "SIGNED" in positions else "pending"
    frame = frame.assign(
        list_kind=_constant(kind, frame.index),
        list_date=pd.Series(
            list_date or date_in_name(path.name), index=frame.index, dtype="datetime64[us]"
        ),
        source_file=_constant(path.name, frame.index),
        source_sheet=_constant(sheet.name, frame.index),
        source_row=pd.Series([number for number, _ in body], dtype="int64"),
    )
    is_ragged = np.array(other_widths(sheet, body, len(header)), dtype=bool)
    reasons = pd.Series(None, index=frame.index, dtype="str").mask(is_ragged, WRONG_FIELD_COUNT)
    reading = Reading(source or path.name, frame, empty_rejects(), len(frame))
    return reading.reject(reasons, RAW_COLUMNS)


def date_in_name(name: str) -> date | None:
    """Day of a list as MMDDYYYY in a file name, or None.

    Examples
    --------
    >>> date_in_name("pendingAgencies07142025am.xlsx")
    datetime.date(2025, 7, 14)
    """
    for month, day, year in _FILE_DATE.findall(name):
        try:
            return date(int(year), int(month), int(day))
        except ValueError:
            continue
    return None


def _title(text: str) -> str:
    return " ".join(text.split()).upper()


def _list_sheet(path: Path, sheets: list[Sheet]) -> tuple[Sheet, list[str], int]:
    """Find the sheet that holds the list, its header, and where the header stands."""
    found = []
    for sheet in sheets:
        for at, (_, cells) in enumerate(sheet.rows[:_HEADER_DEPTH]):
            header = [_title(text) for text in cells]
            if set(REQUIRED) <= set(header):
                found.append((sheet, header, at))
                break
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(f"'{sheet.name}'" for sheet, _, _ in found)
        raise DataError(
            path.name,
            f"holds a list on each of {len(found)} sheets: {names}",
            "Save each sheet as a file of its own, so that it is clear which list is meant.",
        )
    seen = [[_title(text) for text in sheet.rows[0][1]] for sheet in sheets if sheet.rows]
    nearest = max(seen, key=lambda header: len(set(header) & set(REQUIRED)), default=[])
    raise DataError(
        path.name,
        f"lacks the columns {[name for name in REQUIRED if name not in nearest]}; "
        f"its first row is {[text for text in nearest if text]}",
        "Check that this is an ICE list of participating or pending agencies.",
    )


def _positions(path: Path, sheet: Sheet, header: list[str]) -> dict[str, int]:
    named = [title for title in header if title]
    unknown = [title for title in named if title not in TEXT_COLUMNS | LINK_COLUMNS]
    repeated = sorted({title for title in named if named.count(title) > 1})
    if unknown or repeated:
        what = f"has new columns {unknown}" if unknown else f"names columns twice: {repeated}"
        raise DataError(
            f"{path.name}, sheet '{sheet.name}'",
            f"{what}; the known ones are {[*TEXT_COLUMNS, *LINK_COLUMNS]}",
            "If the column is only a new name for a known one, rename it in a copy of the file; "
            "else teach sources/ice_287g.py what it means.",
        )
    _check_implied(path, sheet, named)
    return {title: header.index(title) for title in named}


def _check_implied(path: Path, sheet: Sheet, named: list[str]) -> None:
    """Raise if a list lacks a column that came before one it has."""
    needed = {
        name: f"every list with {title}"
        for title in IMPLIED
        if title in named
        for name in IMPLIED[title]
    }
    if "SIGNED" not in named:
        needed["TYPE"] = "every list of pending agencies (it has no SIGNED)"
    lost = {name: why for name, why in needed.items() if name not in named}
    if lost:
        raise DataError(
            f"{path.name}, sheet '{sheet.name}'",
            f"lacks the columns {list(lost)}, which {next(iter(lost.values()))} has had",
            "Fetch the file again; if ICE dropped them, teach sources/ice_287g.py the new layout.",
        )


def _check_unnamed(
    path: Path, sheet: Sheet, body: list[tuple[int, list[str]]], positions: dict[str, int]
) -> None:
    known = set(positions.values())
    stray = [
        number
        for number, cells in body
        if any(text.strip() and at not in known for at, text in enumerate(cells))
    ]
    if stray:
        raise DataError(
            f"{path.name}, sheet '{sheet.name}'",
            f"{len(stray)} rows have text in a column without a name",
            "Name the column in a copy of the file, or clear those cells.",
            stray,
        )


def _check_empty(path: Path, sheet: Sheet, frame: pd.DataFrame, positions: dict[str, int]) -> None:
    empty = [
        title
        for title, name in TEXT_COLUMNS.items()
        if title in positions and len(frame) >= LEAST_ROWS and frame[name].isna().all()
    ]
    if empty:
        raise DataError(
            f"{path.name}, sheet '{sheet.name}'",
            f"has no text under {', '.join(empty)} in any of {len(frame):,} rows",
            "Fetch the file again; if the list no longer says this, take the column out of a copy.",
        )


def _check_counties(path: Path, sheet: Sheet, frame: pd.DataFrame) -> None:
    texts = frame["county_text"].dropna()
    count = int(texts.str.contains(_AGENCY).sum())
    if count > MOST_AGENCIES_AS_COUNTY * len(texts):
        raise DataError(
            f"{path.name}, sheet '{sheet.name}'",
            f"names an agency under COUNTY in {count:,} of {len(texts):,} rows, such as "
            f"'{texts[texts.str.contains(_AGENCY)].iloc[0]}'",
            "See whether names of columns were exchanged; fetch the file again.",
        )


def _text_column(body: list[tuple[int, list[str]]], at: int | None) -> pd.Series:
    if at is None:
        return pd.Series([None] * len(body), dtype="str")
    texts = [hide_mailboxes(cells[at]) if at < len(cells) else "" for _, cells in body]
    return pd.Series([text or None for text in texts], dtype="str")


def _link_column(sheet: Sheet, body: list[tuple[int, list[str]]], at: int | None) -> pd.Series:
    """Address behind each cell; the text of the cell where that is the address itself."""
    if at is None:
        return pd.Series([None] * len(body), dtype="str")
    targets = [
        sheet.links.get((number, at)) or (cells[at] if at < len(cells) else "")
        for number, cells in body
    ]
    return pd.Series([tidy_address(target) or None for target in targets], dtype="str")


def _constant(text: str, index: pd.Index) -> pd.Series:
    return pd.Series(text, index=index, dtype="str")
