"""Reader of ICE's lists of agencies with, or applying for, a 287(g) agreement.

One row is one agency and support type. The layout grew by the date of the list: without TYPE
or COUNTY at first, with MOA and ADDENDUM later. Pending lists have no SIGNED column, and that
alone tells the kind: names of files have been wrong. They have had TYPE from the first.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd

from coopanalysis.catalog.raw_columns import LEAST_ROWS
from coopanalysis.errors import DataError
from coopanalysis.sources.links import hide_mailboxes, tidy_address
from coopanalysis.sources.reading import Reading
from coopanalysis.sources.table import TextTable, find_sheet, reject_ragged
from coopanalysis.sources.workbook import Row, Sheet

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
RAW_COLUMNS = [*TEXT_COLUMNS.values(), *LINK_COLUMNS.values()]

_HEADER_DEPTH = 10
_ADDRESS = re.compile(r"https?:/|www\.|@", re.I)
_LINK_TEXT = re.compile(r"link(\s+pending)?|https?://.*", re.I | re.S)
"""What ICE writes into cells that lead to the text of an agreement."""
_FILE_DATE = re.compile(r"(?<!\d)(\d{2})(\d{2})(20\d{2})(?!\d)", re.ASCII)
_CAPTURED = re.compile(r"(?<!\d)(20\d{2})(\d{2})(\d{2})(?:\d{6})?(?!\d)", re.ASCII)


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
        One row per row that holds any text: `state_text, agency_text, type_text, county_text,
        support_text, signed_text` as written (dates as `YYYY-MM-DD`; missing where the layout
        has no such column, or the cell is empty), `moa_url, addendum_url` (missing where there
        is no usable address), `list_kind`, `list_date` (missing if not known), and provenance.
        Mailboxes are removed. Of delimited text, rows with another number of cells than the
        header are rejected.

    Raises
    ------
    DataError
        If the file cannot be read, no sheet or more than one holds a list, there is a column
        that no known layout has, one is lacking that a list of this layout has, or agencies
        stand under COUNTY; the message says which.
    """
    sheet, titles, body = find_sheet(path, REQUIRED, _HEADER_DEPTH)
    where = f"{path.name}, sheet '{sheet.name}'"
    header = [title.upper() for title in titles]
    _check_titles(where, [title for title in header if title])
    _check_unnamed(where, header, body)
    cells = pd.DataFrame(
        {
            name: _column(sheet, body, header.index(title) if title in header else None, title)
            for title, name in (TEXT_COLUMNS | LINK_COLUMNS).items()
        }
    )
    _check_texts(where, header, cells)
    table = TextTable(path, source, cells, [number for number, _ in body], sheet.name)
    reject_ragged(table, sheet, body, len(header))
    kind = "participating" if "SIGNED" in header else "pending"
    day = list_date or date_in_name(path.name)
    listed = {
        "list_kind": pd.Series(kind, index=cells.index, dtype="str"),
        "list_date": pd.Series(day, index=cells.index, dtype="datetime64[us]"),
    }
    reading = table.reading({**{name: cells[name] for name in RAW_COLUMNS}, **listed})
    stated = sum(
        _addresses(sheet, body, header.index(one)) for one in LINK_COLUMNS if one in header
    )
    kept = int(cells[list(LINK_COLUMNS.values())].notna().sum().sum())
    return replace(reading, addresses_left_out=stated - kept)


def date_in_name(name: str) -> date | None:
    """Day of a list in a file name, or None: ICE writes MMDDYYYY, an archive YYYYMMDDhhmmss."""
    found = [(year, month, day) for month, day, year in _FILE_DATE.findall(name)]
    for year, month, day in [*found, *_CAPTURED.findall(name)]:
        try:
            return date(int(year), int(month), int(day))
        except ValueError:
            continue
    return None


def _check_titles(where: str, named: Sequence[str]) -> None:
    """Raise if a column is not known, stands twice, or came before one the list has and is gone."""
    unknown = [title for title in named if title not in TEXT_COLUMNS | LINK_COLUMNS]
    repeated = sorted({title for title in named if named.count(title) > 1})
    if unknown or repeated:
        what = f"has new columns {unknown}" if unknown else f"names columns twice: {repeated}"
        raise DataError(
            where,
            f"{what}; the known ones are {[*TEXT_COLUMNS, *LINK_COLUMNS]}",
            "If the column is only a new name for a known one, rename it in a copy of the file; "
            "else teach sources/ice_287g.py what it means.",
        )
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
            where,
            f"lacks the columns {list(lost)}, which {next(iter(lost.values()))} has had",
            "Fetch the file again; if ICE dropped them, teach sources/ice_287g.py the new layout.",
        )


def _check_unnamed(where: str, header: Sequence[str], body: Sequence[Row]) -> None:
    known = {at for at, title in enumerate(header) if title}
    stray = [
        number
        for number, cells in body
        if any(text.strip() and at not in known for at, text in enumerate(cells))
    ]
    if stray:
        raise DataError(
            where,
            f"{len(stray)} rows have text in a column without a name",
            "Name the column in a copy of the file, or clear those cells.",
            stray,
        )


def _check_texts(where: str, header: Sequence[str], cells: pd.DataFrame) -> None:
    """Raise if a column has no text at all, or agencies are named by the text of a link."""
    is_link = cells["agency_text"].str.strip().str.fullmatch(_LINK_TEXT).fillna(False)
    if is_link.any():
        raise DataError(
            where,
            f"has the text of a link under LAW ENFORCEMENT AGENCY in {is_link.sum():,} rows, "
            f"first {cells.loc[is_link, 'agency_text'].iloc[0]!r}",
            "Fetch the file again; if names of columns were exchanged, mend them in a copy.",
        )
    empty = [
        title
        for title, name in TEXT_COLUMNS.items()
        if title in header and len(cells) >= LEAST_ROWS and cells[name].isna().all()
    ]
    if empty:
        raise DataError(
            where,
            f"has no text under {', '.join(empty)} in any of {len(cells):,} rows",
            "Fetch the file again; if the list no longer says this, take the column out of a copy.",
        )


def _addresses(sheet: Sheet, body: Sequence[Row], at: int) -> int:
    """Cells of a column with a link behind them, or a text that is or holds an address."""
    return sum(
        (number, at) in sheet.links or (at < len(cells) and bool(_ADDRESS.search(cells[at])))
        for number, cells in body
    )


def _column(sheet: Sheet, body: Sequence[Row], at: int | None, title: str) -> pd.Series:
    """Texts of a column, or the addresses behind its cells; missing where there is none.

    The text of a cell may be the address itself.
    """
    if at is None:
        return pd.Series([None] * len(body), dtype="str")
    texts = [cells[at] if at < len(cells) else "" for _, cells in body]
    if title in LINK_COLUMNS:
        targets = [sheet.links.get((number, at)) for number, _ in body]
        texts = [tidy_address(link or text) for link, text in zip(targets, texts, strict=True)]
    else:
        texts = [hide_mailboxes(text) for text in texts]
    return pd.Series([text or None for text in texts], dtype="str")
