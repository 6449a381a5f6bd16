"""A user's own table: its cells as text with their row numbers, and the type of each column.

Everything is text first, whatever the file: a code keeps its zero, and a cell that breaks the
rule of its column is named by its row.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from coopanalysis.catalog.corrections import tidy_cell
from coopanalysis.clean.county_names import MISSING_TEXTS
from coopanalysis.errors import DataError, UsageError
from coopanalysis.panel.record import shown_path
from coopanalysis.paths import find_file
from coopanalysis.sources.workbook import Sheet, read_sheets

MISSING = MISSING_TEXTS | {"na", "nan", "null", "."}
"""Texts, folded, of a cell that says nothing: also as R, pandas, SQL and Stata write it."""
FLAGS = {"0": 0.0, "1": 1.0, "no": 0.0, "yes": 1.0, "false": 0.0, "true": 1.0}
PARQUET_MAGIC = b"PAR1"

_WHOLE, _LEADING_ZERO = r"\d+", r"0\d+"
_GROUPED = r"[+-]?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d*)?"
_NUMBER = rf"{_GROUPED}|[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_LIKE_NUMBER = r"[$€£]?\s*[+-]?[\d.,' ]*\d[\d.,' ]*%?"
_DATE = r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?"
_LIKE_DATE = r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}"


@dataclass(frozen=True)
class Cells:
    """A table as it was brought, under the name that messages call it by (`where`).

    `name` is the file's, or "table" for a DataFrame, whose `sha256` is empty. `frame` has the text
    of each cell, missing where it says nothing; `rows` the number of each row, as a spreadsheet
    counts, or from 0 for a DataFrame and Parquet.
    """

    where: str
    name: str
    sha256: str
    frame: pd.DataFrame
    rows: tuple[int, ...]


def read_cells(source: str | Path | pd.DataFrame, key: str, sheet: str | None = None) -> Cells:
    """Read a CSV, Excel (.xlsx) or Parquet file, told by its content, or take a DataFrame.

    The first row that has the column `key` is the header, so that titles above a table do no harm.
    """
    if isinstance(source, pd.DataFrame):
        _no_sheets("your table", sheet)
        cells = _typed_table(source, key, Cells("your table", "table", "", source, ()))
    else:
        cells = _file(find_file(source), key, sheet)
    if cells.frame.empty:
        raise DataError(cells.where, "has no rows below its header", "Look into the file.")
    return cells


def typed(values: pd.Series[str], cells: Cells) -> tuple[pd.Series[Any], str]:
    """Give a column the type that all its values have, and name that type in words.

    float64 for numbers; 0.0 and 1.0 where every value is 0, 1, yes, no, true or false; datetime64
    for days written YYYY-MM-DD; else text. Whole numbers with leading zeros are codes, and stay
    text. Raises `DataError` if half of the values or more are written like numbers, or like days,
    and some cannot be read as such.
    """
    known = values.dropna()
    if known.str.casefold().isin(FLAGS).all():
        kind = "0 or 1" if len(known) else "without any value"
        return values.str.casefold().map(FLAGS).astype("float64"), kind
    if known.str.fullmatch(_WHOLE).all() and known.str.fullmatch(_LEADING_ZERO).any():
        return values, "text"
    numbers = known.str.fullmatch(_NUMBER)
    if _decided(known, numbers, _LIKE_NUMBER, cells, "numbers, such as 1234.5 without any sign"):
        grouped = "number, commas taken for thousands"
        kind = grouped if known.str.contains(",").any() else "number"
        return pd.to_numeric(values.str.replace(",", "")).astype("float64"), kind
    days = pd.to_datetime(values, format="ISO8601", errors="coerce").astype("datetime64[us]")
    are_days = known.str.fullmatch(_DATE) & days[known.index].notna()
    if _decided(known, are_days, _LIKE_DATE, cells, "days, as YYYY-MM-DD"):
        return days, "date"
    return values, "text"


def _decided(
    known: pd.Series[str], fits: pd.Series[bool], like: str, cells: Cells, words: str
) -> bool:
    """Whether all values fit a type; refused if half or more are written like it."""
    if fits.all():
        return True
    if (fits | known.str.fullmatch(like)).mean() < 0.5:
        return False
    wrong = known[~fits]
    shown = ", ".join(repr(text) for text in wrong.unique()[:3])
    count = f"{len(wrong):,} of {len(known):,} values"
    raise DataError(
        f"{cells.where}, column {known.name}",
        f"{count} cannot be read as the others can: {shown}",
        f"Write all as {words}, empty those that are not known, or leave the column out with "
        "columns=[...].",
        [cells.rows[at] for at in wrong.index],
    )


def _file(path: Path, key: str, sheet: str | None) -> Cells:
    where = shown_path(path)
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise DataError(
            where,
            f"cannot be read ({error.strerror})",
            f"Looked for {path}. A relative path is taken from the current folder, and if the "
            "file is not there from the project folder.",
        ) from error
    digest = hashlib.sha256(raw).hexdigest()
    empty = Cells(where, path.name, digest, pd.DataFrame(), ())
    if raw.startswith(PARQUET_MAGIC):
        _no_sheets(where, sheet)
        try:
            frame = pd.read_parquet(io.BytesIO(raw))
        except (OSError, ValueError) as error:
            raise DataError(where, f"is damaged ({error})", "Write it again.") from error
        return _typed_table(frame, key, empty)
    found = _chosen([one for one in read_sheets(path) if one.rows], key, sheet, where)
    label = f"{where}, sheet '{found.name}'" if found.name else where
    return _sheet_table(found, key, replace(empty, where=label))


def _chosen(sheets: list[Sheet], key: str, sheet: str | None, where: str) -> Sheet:
    """Find the sheet that is meant: the one named, or the only one with the column."""
    names = ", ".join(repr(one.name) for one in sheets)
    if not sheets:
        raise DataError(where, "is empty", "Look into the file.")
    if not sheets[0].name:
        _no_sheets(where, sheet)
    if sheet is not None:
        for one in sheets:
            if one.name == sheet:
                return one
        raise UsageError(f"{where} has no sheet {sheet!r}. There are: {names}.")
    fitting = [one for one in sheets if _header_at(one, key) is not None]
    if len(fitting) > 1:
        listed = ", ".join(repr(one.name) for one in fitting)
        raise UsageError(f"{where}: the sheets {listed} have a column {key!r}: name one, sheet=...")
    return fitting[0] if fitting else sheets[0]


def _no_sheets(where: str, sheet: str | None) -> None:
    if sheet is not None:
        raise UsageError(f"{where} has no sheets: leave out sheet={sheet!r}.")


def _header_at(sheet: Sheet, key: str) -> int | None:
    return next(
        (at for at, (_, texts) in enumerate(sheet.rows) if key in map(tidy_cell, texts)), None
    )


def _sheet_table(sheet: Sheet, key: str, cells: Cells) -> Cells:
    at = _header_at(sheet, key)
    if at is None:
        raise no_column(cells.where, key, list(map(tidy_cell, sheet.rows[0][1])))
    header = [tidy_cell(text) for text in sheet.rows[at][1]]
    body = sheet.rows[at + 1 :]
    too_long = [number for number, texts in body if any(map(str.strip, texts[len(header) :]))]
    if too_long:
        raise DataError(
            cells.where,
            f"{len(too_long):,} rows have more cells than the header has columns",
            "Name all columns; put text that holds the separator between quotes.",
            too_long,
        )
    width = len(header)
    texts = [[*row[:width], *[""] * (width - len(row))] for _, row in body]
    return _as_text(pd.DataFrame(texts, columns=header), [number for number, _ in body], cells)


def _typed_table(frame: pd.DataFrame, key: str, cells: Cells) -> Cells:
    if key in frame.index.names and key not in frame.columns:
        frame = frame.reset_index()
    named = frame.rename(columns=tidy_cell)
    if key not in named.columns:
        raise no_column(cells.where, key, list(named.columns))
    return _as_text(named.reset_index(drop=True), range(len(named)), cells)


def _as_text(frame: pd.DataFrame, rows: Sequence[int], cells: Cells) -> Cells:
    """Make every cell text, and leave out columns without a header and without a value."""
    columns = [frame.iloc[:, at].map(_text).astype("str") for at in range(frame.shape[1])]
    kept = [one for one in columns if one.name or one.notna().any()]
    text = pd.concat(kept, axis=1) if kept else pd.DataFrame()
    return replace(cells, frame=text, rows=tuple(rows))


def _text(value: object) -> str | None:
    if isinstance(value, pd.Timestamp):
        value = value.isoformat().removesuffix("T00:00:00")
    text = tidy_cell(value) if pd.api.types.is_scalar(value) else str(value)
    return None if text.casefold() in MISSING else text


def no_column(where: str, name: str, found: Sequence[str]) -> UsageError:
    """The error of a column that a file lacks."""
    return UsageError(f"{where} has no column {name!r}. There are: {', '.join(map(str, found))}.")
