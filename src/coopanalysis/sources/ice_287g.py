"""Reader of ICE's lists of agencies with, or applying for, a 287(g) agreement.

One row is one agency and support type. The layout grew by the date of the list: without TYPE
or COUNTY at first, with MOA and ADDENDUM later. Pending lists have no SIGNED column, and that
alone tells the kind: names of files have been wrong.
"""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pandas as pd

from coopanalysis.catalog.raw_columns import LEAST_ROWS
from coopanalysis.errors import DataError
from coopanalysis.sources.links import hide_mailboxes, tidy_address
from coopanalysis.sources.reading import Reading, empty_rejects
from coopanalysis.sources.workbook import Sheet, read_sheets

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
RAW_COLUMNS = [*TEXT_COLUMNS.values(), *LINK_COLUMNS.values()]

_HEADER_DEPTH = 10
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
        known), and provenance. Mailboxes are removed.

    Raises
    ------
    DataError
        If the file cannot be read, no sheet or more than one holds a list, or there is a
        column that no known layout has; the message says which.
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
    return Reading(source or path.name, frame, empty_rejects(), len(frame))


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
    return {title: header.index(title) for title in named}


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
