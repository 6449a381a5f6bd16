"""Single rows of a raw file, cell by cell as they stand in it, for a person who looks one up."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

import pandas as pd

from coopanalysis.sources import READERS
from coopanalysis.sources.dbase import read_dbase
from coopanalysis.sources.links import hide_mailboxes
from coopanalysis.sources.r_table import read_r_table
from coopanalysis.sources.raw_text import decode, read_bytes, read_records
from coopanalysis.sources.reading import PROVENANCE_COLUMNS
from coopanalysis.sources.secure_communities import read_stata
from coopanalysis.sources.workbook import Row, delimiter_of, read_sheets

Place = tuple[str, int]
Cells = dict[str, str]
_HEADER_SEARCH = 10


def raw_rows(path: Path, layout: str, places: Collection[Place]) -> dict[Place, Cells]:
    """Read rows of a raw file, wanted by sheet and row as readers number them.

    Returns the text of each cell by the name of its column, without the empty ones; mailboxes are
    removed. A row that the file does not have is left out. The reader of the layout is asked
    where the file has no columns of its own.
    """
    wanted = set(places)
    match path.suffix.lower():
        case ".csv":
            text = decode(read_bytes(path))
            records = read_records(text, delimiter_of(text), path.name)
            return _cells("", enumerate(records, 1), wanted, 1)
        case ".xlsx":
            found: dict[Place, Cells] = {}
            for sheet in read_sheets(path):
                found |= _cells(sheet.name, sheet.rows, wanted, _HEADER_SEARCH)
            return found
        case ".dta":
            raw = read_stata(path)
            raw = raw.assign(source_sheet="", source_row=range(1, len(raw) + 1))
            return _frame_cells(raw, wanted)
        case ".dbf":
            return _frame_cells(read_dbase(path, "", ()).lines, wanted)
        case ".rds":
            return _frame_cells(read_r_table(path, "", ()).lines, wanted)
    return _frame_cells(READERS[layout](path, "").frame, wanted)


def _cells(sheet: str, rows: Iterable[Row], wanted: set[Place], search: int) -> dict[Place, Cells]:
    """Rows wanted of one sheet. The header is the fullest of the first rows, the first of such."""
    numbers = {row for name, row in wanted if name == sheet}
    first: list[Sequence[str]] = []
    found: dict[int, Sequence[str]] = {}
    for number, cells in rows:
        if len(first) < search:
            first.append(cells)
        if number in numbers:
            found[number] = cells
        if len(first) == search and len(found) == len(numbers):
            break
    names = _column_names(max(first, key=_filled, default=[]))
    return {
        (sheet, number): {
            name: hide_mailboxes(cell.strip())
            for name, cell in zip(names, cells, strict=False)
            if cell.strip()
        }
        for number, cells in found.items()
    }


def _column_names(header: Sequence[str]) -> list[str]:
    """Names of columns; one that is empty or stands again is told by its place."""
    names: list[str] = []
    for at, cell in enumerate(header, 1):
        name = cell.strip()
        again = f"{name} (column {at})" if name in names else name
        names.append(again or f"column {at}")
    return names


def _filled(cells: Sequence[str]) -> int:
    return sum(bool(cell.strip()) for cell in cells)


def _frame_cells(frame: pd.DataFrame, wanted: set[Place]) -> dict[Place, Cells]:
    keys = zip(frame["source_sheet"], frame["source_row"], strict=True)
    rows = frame[[key in wanted for key in keys]]
    columns = [name for name in frame if name not in PROVENANCE_COLUMNS]
    return {
        (str(row["source_sheet"]), int(row["source_row"])): {
            str(name): _text(row[name])
            for name in columns
            if pd.notna(row[name]) and row[name] != ""
        }
        for row in rows.to_dict("records")
    }


def _text(value: object) -> str:
    return str(int(value) if isinstance(value, float) and value.is_integer() else value)
