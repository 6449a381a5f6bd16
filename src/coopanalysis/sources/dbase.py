"""Read dBASE III tables as text: a header of field widths, then records of fixed length."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from coopanalysis.catalog.reject_reasons import DELETED_RECORD
from coopanalysis.sources.raw_text import decode, read_bytes, readable
from coopanalysis.sources.table import TextTable, check_columns

_VERSION, _END_OF_FIELDS, _FIELD_BYTES = 3, b"\r", 32
_DELETED = ord("*")
_PADDING = b" \x00"


class _Field(NamedTuple):
    name: str
    start: int
    width: int


def read_dbase(path: Path, source: str, expected: Sequence[str]) -> TextTable:
    """Read a dBASE table; rows are its records, numbered from 1.

    Text is UTF-8, or Latin-1 where it is no UTF-8; padding is removed. Records marked as
    deleted are rows with a reason against them. `DataError` if the file is no dBASE table, is
    cut short, or lacks a column of `expected`.
    """
    data = read_bytes(path)
    with readable(path.name, "dBASE table", struct.error, ValueError):
        fields, records = _layout(data)
    check_columns(path.name, [field.name for field in fields], expected)
    cells = pd.DataFrame({field.name: _texts(records, field) for field in fields}, dtype="str")
    table = TextTable(path, source, cells, range(1, len(records) + 1))
    table.reject(records[:, 0] == _DELETED, DELETED_RECORD)
    return table


def _layout(data: bytes) -> tuple[list[_Field], npt.NDArray[np.uint8]]:
    """Fields by position, and the records as rows of bytes."""
    version, count, start, length = struct.unpack_from("<B3xIHH", data)
    if version & 7 != _VERSION:
        raise ValueError("it does not start like one")
    fields: list[_Field] = []
    position = 1
    for offset in range(_FIELD_BYTES, start - 1, _FIELD_BYTES):
        if data[offset : offset + 1] == _END_OF_FIELDS:
            break
        name, width = struct.unpack_from("<11s5xB", data, offset)
        if not width:
            raise ValueError("one of its fields has no width")
        fields.append(_Field(decode(name.split(b"\x00")[0]), position, width))
        position += width
    if not fields or position != length:
        raise ValueError(f"its fields take {position} bytes, its records {length}")
    if len(data) < start + count * length:
        found = max(0, len(data) - start) // length
        raise ValueError(f"it is cut short: {found:,} of {count:,} records")
    records = np.frombuffer(data, dtype="uint8", count=count * length, offset=start)
    lost = int((records == 0).sum())
    if lost:
        raise ValueError(f"{lost:,} bytes of its records are zero, where text and digits were")
    return fields, records.reshape(count, length)


def _texts(records: npt.NDArray[np.uint8], field: _Field) -> list[str]:
    block = np.ascontiguousarray(records[:, field.start : field.start + field.width])
    cells = block.view(f"S{field.width}").ravel().tolist()
    return [decode(cell.strip(_PADDING)) for cell in cells]
