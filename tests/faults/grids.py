"""Cells of a raw file, read and written by other code than the project's own readers."""

from __future__ import annotations

import csv
import io
import re
import struct
import warnings
import zipfile
from datetime import date

import openpyxl
import pandas as pd
from small_release import packed

from test_dbase import dbase
from tools.demo.workbook_writer import Cell, Mistake, workbook

Grid = list[list[str]]
"""Rows of cells as text; the first is the header."""
TABLES = (".csv", ".xlsx", ".dbf", ".dta")
"""Endings of files that are tables."""


def read_grid(suffix: str, data: bytes) -> Grid:
    """Cells of a table; raises whatever its parser raises."""
    match suffix:
        case ".csv":
            text = data.decode("utf-8-sig", errors="surrogateescape")
            return list(csv.reader(io.StringIO(text, newline=""), strict=True))
        case ".xlsx":
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                sheet = openpyxl.load_workbook(io.BytesIO(data)).worksheets[0]
            return [[_text(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
        case ".dbf":
            return _read_dbase(data)
    frame = pd.read_stata(io.BytesIO(data), convert_dates=False, convert_categoricals=False)
    return [list(map(str, frame)), *([_text(cell) for cell in row] for row in frame.to_numpy())]


def write_grid(suffix: str, grid: Grid, sound: bytes) -> bytes:
    """Bytes of a table in the way of a sound one."""
    match suffix:
        case ".csv":
            buffer = io.StringIO(newline="")
            csv.writer(buffer, lineterminator="\r\n" if b"\r" in sound else "\n").writerows(grid)
            return buffer.getvalue().encode("utf-8", "surrogateescape")
        case ".xlsx":
            return workbook("Sheet1", [[_cell(text) for text in row] for row in grid], {})
        case ".dbf":
            names = [name[:10] for name in grid[0]]
            fields = list(zip(names, [size for _, size in _fields(sound)], strict=False))
            rows = [[_fitted(text, size) for text, (_, size) in zip(row, fields, strict=True)]
                    for row in grid[1:]]  # fmt: skip
            return dbase(rows, fields)
    return _write_stata(grid)


def inside(suffix: str, data: bytes) -> bytes:
    """What is packed in a file: the text of a master file, the sheet of a workbook."""
    if suffix not in (".zip", ".xlsx"):
        return data
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read(_member(archive))


def put_inside(suffix: str, data: bytes, content: bytes) -> bytes:
    """Pack other content into a file, soundly."""
    if suffix not in (".zip", ".xlsx"):
        return content
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        changed = _member(archive)
        if suffix == ".zip":
            return packed(changed, content)
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as new:
            for name in archive.namelist():
                new.writestr(name, content if name == changed else archive.read(name))
        return buffer.getvalue()


def _member(archive: zipfile.ZipFile) -> str:
    names = archive.namelist()
    return next((name for name in names if name.endswith("sheet1.xml")), names[0])


def _text(cell: object) -> str:
    if cell is None or cell != cell:  # noqa: PLR0124  (missing numbers differ from themselves)
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, date):
        return cell.isoformat()[:10]
    return str(cell)


def _cell(text: str) -> Cell:
    if re.fullmatch(r"#[A-Z/!0]+", text):
        return Mistake(text)
    try:
        return date.fromisoformat(text) if len(text) == 10 else text or None
    except ValueError:
        return text


def _fields(data: bytes) -> list[tuple[str, int]]:
    (start,) = struct.unpack_from("<8xH", data)
    fields = [struct.unpack_from("<11s5xB", data, at) for at in range(32, start - 1, 32)]
    return [(name.split(b"\0")[0].decode("latin-1"), size) for name, size in fields]


def _read_dbase(data: bytes) -> Grid:
    count, start, length = struct.unpack_from("<4xIHH", data)
    fields = _fields(data)
    if len(data) < start + count * length or 1 + sum(size for _, size in fields) != length:
        raise ValueError("cut short")
    grid = [[name for name, _ in fields]]
    for at in range(start, start + count * length, length):
        place, cells = at + 1, []
        if data[at : at + 1] != b" ":
            raise ValueError("deleted")
        for _, size in fields:
            cells.append(data[place : place + size].decode("latin-1").strip())
            place += size
        grid.append(cells)
    return grid


def _fitted(text: str, size: int) -> str:
    return text.encode()[:size].decode(errors="ignore")


def _write_stata(grid: Grid) -> bytes:
    frame = pd.DataFrame(grid[1:], columns=grid[0], dtype="object")
    for at, name in enumerate(grid[0]):
        numbers = pd.to_numeric(frame.iloc[:, at].replace("", None), errors="coerce")
        if (numbers.notna() | (frame.iloc[:, at] == "")).all() and numbers.notna().any():
            frame[name] = numbers.astype("float64")
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frame.to_stata(buffer, write_index=False, version=118)
    return buffer.getvalue()
