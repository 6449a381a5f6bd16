"""Tables as files to take away: CSV, Parquet, a workbook; none that a spreadsheet would run."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import pandas as pd

from coopanalysis.display.html import csv_text, printable
from coopanalysis.errors import DataError, UsageError

MOST_ROWS, MOST_COLUMNS, MOST_LETTERS = 1_048_576, 16_384, 32_767
"""What a sheet of a workbook holds, its header row included, and a cell of it."""

_SAVED = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*")


def write_table(frame: pd.DataFrame, path: Path, columns: pd.DataFrame | None = None) -> Path:
    """Write a frame as the ending of a path says, whole or not at all.

    A workbook takes what is said of its `columns` as a second sheet; other files have no place.
    `UsageError` if the ending is none of .csv, .parquet, .xlsx or a sheet cannot hold the frame;
    `DataError` if the file cannot be written.
    """
    writer = _WRITERS.get(path.suffix.lower())
    if writer is None:
        endings = ", ".join(_WRITERS)
        raise UsageError(f"{path.name} ends in none of {endings}. Name a file with one of them.")
    part = path.with_name(f".{path.name}.part")
    try:
        writer(frame, part, columns)
        part.replace(path)
    except OSError as error:
        raise DataError(
            str(path),
            f"cannot be written ({error.strerror or error})",
            "Name a file in a folder that is there.",
        ) from error
    finally:
        part.unlink(missing_ok=True)
    return path


def too_large_for_a_sheet(frame: pd.DataFrame) -> str:
    """Say why a sheet of a workbook cannot hold a frame; empty where it can."""
    rows, columns = frame.shape
    if rows + 1 > MOST_ROWS or columns > MOST_COLUMNS:
        return f"{rows:,} rows and {columns:,} columns are more than a sheet holds"
    texts = frame.select_dtypes(exclude=["number", "bool", "datetime"])
    words = (value for name in texts for value in texts[name] if isinstance(value, str))
    longest = max(map(len, words), default=0)
    return f"a cell has {longest:,} letters, more than one holds" if longest > MOST_LETTERS else ""


def _write_workbook(frame: pd.DataFrame, path: Path, columns: pd.DataFrame | None) -> None:
    """Write sheets row by row, so that memory does not grow with them."""
    from openpyxl import Workbook  # noqa: PLC0415  (slow to import, and seldom asked for)

    problem = too_large_for_a_sheet(frame)
    if problem:
        raise UsageError(f"{problem}. Write it as .csv or .parquet.")
    book = Workbook(write_only=True)
    _add_sheet(book, "table", frame)
    if columns is not None:
        _add_sheet(book, "columns", columns)
    book.save(path)
    _without_times(path)


def _add_sheet(book: Any, name: str, frame: pd.DataFrame) -> None:
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415  (slow to import, and seldom asked for)

    sheet = book.create_sheet(name)
    sheet.freeze_panes = "A2"

    def cell(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        text = printable(value)
        if not text.startswith("="):
            return text
        made = WriteOnlyCell(sheet, text)
        made.data_type = "s"  # a text, whatever it begins with
        return made

    plain = frame.astype("object").where(frame.notna(), None)
    for column in frame.select_dtypes("datetime"):
        days = [None if pd.isna(one) else one.date() for one in frame[column]]
        plain[column] = pd.Series(days, frame.index, dtype="object")
    sheet.append([cell(str(column)) for column in frame.columns])
    for row in plain.itertuples(index=False, name=None):
        sheet.append([cell(value) for value in row])


def _without_times(path: Path) -> None:
    """Pack a workbook again with one day for all that has one, so that one table is one file."""
    with ZipFile(path) as book:
        parts = [(name, book.read(name)) for name in book.namelist()]
    with ZipFile(path, "w", ZIP_DEFLATED) as book:
        for name, content in parts:
            same = _SAVED.sub(rb"\g<1>2000-01-01T00:00:00Z", content)
            book.writestr(ZipInfo(name), same, ZIP_DEFLATED)


_WRITERS: dict[str, Callable[[pd.DataFrame, Path, pd.DataFrame | None], Any]] = {
    ".csv": lambda frame, path, _: path.write_text(csv_text(frame), encoding="utf-8"),
    ".parquet": lambda frame, path, _: frame.to_parquet(path, index=False, compression="zstd"),
    ".xlsx": _write_workbook,
}
