"""Read tables of named columns, delimited text or the one sheet of a workbook, as text."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pacsv

from coopanalysis.catalog.reject_reasons import WRONG_FIELD_COUNT
from coopanalysis.errors import DataError
from coopanalysis.sources.raw_text import (
    check_count,
    count_records,
    decode,
    read_bytes,
    read_records,
    readable,
)
from coopanalysis.sources.reading import rejects_frame
from coopanalysis.sources.text_table import TextTable
from coopanalysis.sources.workbook import Row, Sheet, read_sheets

__all__ = ["TextTable", "check_columns", "find_sheet", "read_named_table", "read_text_table"]


def check_columns(where: str, found: Sequence[str], expected: Sequence[str]) -> None:
    """Raise `DataError` if a file lacks columns that its layout has, or has columns twice.

    Columns of the layout may not repeat in another case either.
    """
    folded = [name.casefold() for name in found]
    repeated = {name for name in expected if folded.count(name.casefold()) > 1}
    repeated |= {name for name in found if found.count(name) > 1}
    if repeated:
        raise DataError(
            where,
            f"has more than one column {', '.join(sorted(repeated))}",
            "Keep the right one in a copy of the file, or fetch it again.",
        )
    missing = [name for name in expected if name not in found]
    if missing:
        raise DataError(
            where,
            f"lacks the column{'s' if len(missing) > 1 else ''} {', '.join(missing)}; "
            f"expected {', '.join(expected)}; found {', '.join(map(str, found))}",
            "If the publisher changed the layout, teach it to the reader; else restore the file.",
        )


def read_text_table(
    path: Path, source: str, expected: Sequence[str], *, delimiter: str = ","
) -> TextTable:
    """Read a delimited file with a header line; `DataError` if columns of `expected` are lacking.

    UTF-8 with or without byte-order mark; bytes that are no UTF-8 are taken for Latin-1 one by
    one, since a file may mix both. Line ends may be LF or CRLF. Blank lines are no rows.
    Characters that nobody sees are removed. Quotes may not take in lines, see `raw_text`.
    """
    data = read_bytes(path)
    if not data.isascii():
        data = decode(data).encode("utf-8")
    counted = count_records(data, delimiter, path.name)
    header = re.split(rb"[\r\n]", data, maxsplit=1)[0].decode("utf-8")
    raw_names = next(iter(read_records(header, delimiter, path.name)), [])
    names = [name.strip() for name in raw_names]
    check_columns(path.name, names, expected)
    ragged: list[tuple[int, str]] = []

    def note(row: pacsv.InvalidRow) -> str:
        ragged.append((row.number, row.text))
        return "skip"

    with readable(path.name, "delimited text", pa.ArrowInvalid):
        table = pacsv.read_csv(
            io.BytesIO(data),
            read_options=pacsv.ReadOptions(use_threads=False, block_size=len(data)),
            parse_options=pacsv.ParseOptions(
                delimiter=delimiter, ignore_empty_lines=False, invalid_row_handler=note
            ),
            convert_options=pacsv.ConvertOptions(
                column_types=dict.fromkeys(raw_names, pa.string()), strings_can_be_null=False
            ),
        )
    check_count(table.num_rows + len(ragged) + 1, counted, path.name)
    cells = pd.DataFrame(
        {
            name: column.to_pandas().astype("str")
            for name, column in zip(names, table.itercolumns(), strict=True)
        }
    )
    return _without_blank_lines(path, source, cells, ragged)


def _without_blank_lines(
    path: Path, source: str, cells: pd.DataFrame, ragged: list[tuple[int, str]]
) -> TextTable:
    """Number the lines, leave out blank ones, and reject those with another number of cells."""
    skipped = np.array([number for number, _ in ragged], dtype="int64")
    rows = np.delete(np.arange(2, len(cells) + len(ragged) + 2), skipped - 2)
    blank = (cells.iloc[:, 0] == "") & (cells.iloc[:, -1] == "")
    if blank.any():
        blank &= (cells == "").all(axis=1)
        cells, rows = cells[~blank].reset_index(drop=True), rows[~blank]
    table = TextTable(path, source, cells, rows)
    if ragged:
        texts = pd.DataFrame({"line": [text for _, text in ragged]}, dtype="str")
        bad = TextTable(path, source, texts, skipped)
        reasons = pd.Series(WRONG_FIELD_COUNT, index=texts.index, dtype="str")
        table.rejects = rejects_frame(table.source, bad.lines, reasons, texts)
    return table


def read_named_table(path: Path, source: str, names: Mapping[str, str]) -> TextTable:
    """Read columns of the one sheet of a workbook, or of delimited text, by the names they get.

    `names` has the titles, which stand in the first row, in any case and with any white space;
    columns not asked for are left out. Rows of delimited text with another number of cells than
    the header have a reason against them.
    """
    sheet, header, body = find_sheet(path, list(names))
    keys = [title.casefold() for title in header]
    repeated = [title for title in names if keys.count(title.casefold()) > 1]
    if repeated:
        raise DataError(
            path.name,
            f"names columns twice: {repeated}",
            "Keep the right one of each in a copy of the file.",
        )
    places = {name: keys.index(title.casefold()) for title, name in names.items()}
    cells = pd.DataFrame(
        {
            name: pd.Series([row[at] if at < len(row) else "" for _, row in body], dtype="str")
            for name, at in places.items()
        }
    )
    table = TextTable(path, source, cells, [number for number, _ in body], sheet.name)
    reject_ragged(table, sheet, body, len(header))
    return table


def reject_ragged(table: TextTable, sheet: Sheet, body: Sequence[Row], width: int) -> None:
    """Reject the rows of delimited text that have another number of cells than the header.

    A workbook does not store the empty cells at the end of a row, so none of its rows is meant.
    """
    if not sheet.name:
        table.reject(np.array([len(cells) != width for _, cells in body], bool), WRONG_FIELD_COUNT)


def find_sheet(
    path: Path, required: Sequence[str], depth: int = 1
) -> tuple[Sheet, list[str], list[Row]]:
    """Find the one sheet with the required titles in one of its first rows.

    Returns the sheet, its titles with single blanks, and the rows below them. Titles are
    compared without regard to case. `DataError` if no sheet has them, or several do.
    """
    wanted = {title.casefold(): title for title in required}
    found: list[tuple[Sheet, list[str], list[Row]]] = []
    firsts: list[list[str]] = []
    for sheet in read_sheets(path):
        heads = [[" ".join(text.split()) for text in cells] for _, cells in sheet.rows[:depth]]
        firsts += heads[:1]
        for at, titles in enumerate(heads, 1):
            if wanted.keys() <= {title.casefold() for title in titles}:
                found.append((sheet, titles, sheet.rows[at:]))
                break
    if len(found) == 1:
        return found[0]
    if found:
        raise DataError(
            path.name,
            f"has the columns on each of {len(found)} sheets: "
            f"{', '.join(repr(sheet.name) for sheet, *_ in found)}",
            "Save the sheet that is meant as a file of its own.",
        )
    nearest = max(firsts, key=lambda titles: len(_folded(titles) & wanted.keys()), default=[])
    raise DataError(
        path.name,
        f"lacks the columns {[wanted[key] for key in wanted if key not in _folded(nearest)]}; "
        f"it has {[title for title in nearest if title]}",
        "Check that this is the right file; the names belong in its first "
        f"{'row' if depth == 1 else f'{depth} rows'}.",
    )


def _folded(titles: Sequence[str]) -> set[str]:
    return {title.casefold() for title in titles}
