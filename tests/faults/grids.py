"""Cells of a raw file, read and written by other code than the project's own readers."""

from __future__ import annotations

import csv
import gzip
import io
import re
import struct
import warnings
import zipfile
from contextlib import suppress
from datetime import date

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from small_release import packed

from test_dbase import dbase
from tools.demo.workbook_writer import Cell, Mistake, workbook

Grid = list[list[str]]
"""Rows of cells as text; the first is the header."""
TABLES = (".csv", ".xlsx", ".dbf", ".dta", ".gz", ".parquet")
"""Endings of files that are tables."""
TITLES = 10
"""Rows of a sheet within which its header stands."""
PACKED = (".zip", ".xlsx", ".gz")
"""Endings of files that hold others."""


def read_grid(suffix: str, data: bytes) -> Grid:
    """Cells of a table; raises whatever its parser raises."""
    match suffix:
        case ".csv":
            text = data.decode("utf-8-sig", errors="surrogateescape")
            return list(csv.reader(io.StringIO(text, newline=""), strict=True))
        case ".xlsx":
            return read_sheet(data)[2]
        case ".dbf":
            return _read_dbase(data)
        case ".gz":
            return [line.split("|") for line in gzip.decompress(data).decode().splitlines()]
        case ".parquet":
            table = pq.read_table(io.BytesIO(data))
            cells = [[_text(cell) for cell in column.to_pylist()] for column in table.columns]
            return [table.column_names, *map(list, zip(*cells, strict=True))]
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
            name, titles, _ = read_sheet(sound)
            return write_sheet(name, titles, grid)
        case ".dbf":
            names = [name[:10] for name in grid[0]]
            fields = list(zip(names, [size for _, size in _fields(sound)], strict=False))
            rows = [[_fitted(text, size) for text, (_, size) in zip(row, fields, strict=True)]
                    for row in grid[1:]]  # fmt: skip
            return dbase(rows, fields)
        case ".gz":
            return gzip.compress("".join("|".join(row) + "\n" for row in grid).encode(), mtime=0)
        case ".parquet":
            return _write_parquet(grid, pq.read_schema(io.BytesIO(sound)))
    return _write_stata(grid)


def read_sheet(data: bytes) -> tuple[str, Grid, Grid]:
    """Name of the first sheet of a workbook, the titles above its header, and its table.

    A title has less than half of the cells that the fullest of the first rows has.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sheet = openpyxl.load_workbook(io.BytesIO(data)).worksheets[0]
    rows = [[_text(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
    filled = [sum(map(bool, row)) for row in rows[:TITLES]]
    at = next(at for at, count in enumerate(filled) if 2 * count > max(filled))
    return sheet.title, rows[:at], rows[at:]


def write_sheet(name: str, titles: Grid, grid: Grid) -> bytes:
    """Bytes of a workbook with one sheet, titles above its header."""
    return workbook(name, [[_cell(text) for text in row] for row in [*titles, *grid]], {})


def inside(suffix: str, data: bytes) -> bytes:
    """What is packed in a file: the text of a master file, of a table, the sheet of a workbook."""
    if suffix not in PACKED:
        return data
    if suffix == ".gz":
        return gzip.decompress(data)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read(_member(archive))


def put_inside(suffix: str, data: bytes, content: bytes) -> bytes:
    """Pack other content into a file, soundly."""
    if suffix not in PACKED:
        return content
    if suffix == ".gz":
        return gzip.compress(content, mtime=0)
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


def _write_parquet(grid: Grid, schema: pa.Schema) -> bytes:
    """Write columns with the types that they had, those that no longer fit as text."""
    columns = []
    for at, name in enumerate(grid[0]):
        column = pa.array([row[at] or None for row in grid[1:]], pa.string())
        with suppress(pa.ArrowInvalid, KeyError):
            column = column.cast(schema.field(name).type)
        columns.append(column)
    return as_parquet(pa.table(columns, names=grid[0]))


def as_parquet(table: pa.Table) -> bytes:
    """Bytes of a Parquet file without compression, so that a change of a byte reaches its cells."""
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="none", store_schema=False)
    return sink.getvalue()


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
