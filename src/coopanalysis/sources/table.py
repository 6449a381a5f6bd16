"""Read delimited text as text, with the number of every line, and turn it into types.

Values are read as text first, so that codes keep their zeros and a bad value is a rejected
row with its line number instead of a failed file.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from coopanalysis.catalog.reject_reasons import (
    DUPLICATE_KEY,
    NOT_A_COUNTY_CODE,
    NOT_A_NUMBER,
    OUT_OF_RANGE,
    WRONG_FIELD_COUNT,
)
from coopanalysis.errors import DataError
from coopanalysis.sources.reading import Reading, empty_rejects, rejects_frame

_LATIN_1_FALLBACK = "coopanalysis-latin-1"


def _latin_1(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("latin-1"), error.end


codecs.register_error(_LATIN_1_FALLBACK, _latin_1)


def check_columns(where: str, found: Sequence[str], expected: Sequence[str]) -> None:
    """Raise if a file lacks columns that its layout has.

    Raises
    ------
    DataError
        Naming the columns missing and those found.
    """
    missing = [name for name in expected if name not in found]
    if missing:
        raise DataError(
            where,
            f"lacks the column{'s' if len(missing) > 1 else ''} {', '.join(missing)}; "
            f"expected {', '.join(expected)}; found {', '.join(map(str, found))}",
            "If the publisher changed the layout, teach it to the reader; else restore the file.",
        )


def decode(data: bytes) -> str:
    """Text of UTF-8 bytes; bytes that are no UTF-8 are taken for Latin-1 one by one."""
    return data.decode("utf-8", errors=_LATIN_1_FALLBACK)


def read_bytes(path: Path) -> bytes:
    """Bytes of a file.

    Raises
    ------
    DataError
        If the file is missing, empty or may not be read.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(
            path.name, f"cannot be read ({error.strerror})", "Check that the file is there."
        ) from error
    if not data.strip():
        raise DataError(path.name, "is empty", "Fetch or restore the file.")
    return data


@dataclass
class TextTable:
    """Lines of a delimited file as text, and the verdict on each.

    Attributes
    ----------
    source : str
        Id of the source.
    lines : DataFrame of str
        Columns of the layout as they stand in the file, plus provenance.
    rejects : DataFrame
        Lines that do not have as many fields as the header.
    reasons : Series of str
        Why a line is not used; missing while nothing speaks against it.
    """

    source: str
    lines: pd.DataFrame
    rejects: pd.DataFrame
    columns: list[str]
    reasons: pd.Series = field(init=False)

    def __post_init__(self) -> None:
        self.reasons = pd.Series(None, index=self.lines.index, dtype="str")

    def reject(self, bad: pd.Series, reason: str) -> None:
        """Set a reason for the lines marked, unless they have one already."""
        if not bad.any():
            return
        self.reasons = self.reasons.mask(bad & self.reasons.isna(), reason)

    def text(self, name: str) -> pd.Series:
        """Text with outer white space removed."""
        return self.lines[name].str.strip()

    def number(
        self,
        name: str,
        *,
        missing: str | None = None,
        minimum: float | None = None,
        maximum: float | None = None,
    ) -> pd.Series:
        """Numbers as float64; lines with something else are rejected.

        Parameters
        ----------
        missing : str, optional
            Text that stands for a missing value; without it a value must be there.
        minimum, maximum : float, optional
            Inclusive bounds.
        """
        values = pa.array(self.lines[name])
        if missing is not None:
            values = pc.if_else(pc.equal(values, missing), None, values)
        try:
            numbers = pd.Series(pc.cast(values, pa.float64()).to_numpy(zero_copy_only=False))
        except pa.ArrowInvalid:
            numbers = pd.to_numeric(values.to_pandas(), errors="coerce").astype("float64")
        numbers.index = self.lines.index
        absent = numbers.isna()
        if absent.any():
            unexpected = absent if missing is None else absent & (self.lines[name] != missing)
            self.reject(unexpected, f"{NOT_A_NUMBER}: {name}")
        plain = numbers.to_numpy()
        outside = np.isinf(plain)
        if minimum is not None:
            outside |= plain < minimum
        if maximum is not None:
            outside |= plain > maximum
        self.reject(pd.Series(outside, index=numbers.index), f"{OUT_OF_RANGE}: {name}")
        return numbers

    def whole(
        self, name: str, *, missing: str | None = None, minimum: float = 0, maximum: float = 1e12
    ) -> pd.Series:
        """Whole numbers as Int64; lines with something else are rejected."""
        numbers = self.number(name, missing=missing, minimum=minimum, maximum=maximum)
        plain = numbers.to_numpy()
        bounded = (plain >= minimum) & (plain <= maximum)
        fraction = bounded & (np.floor(plain) != plain)
        self.reject(
            pd.Series(fraction, index=numbers.index),
            f"{NOT_A_NUMBER}: {name} is not a whole number",
        )
        return numbers.where(bounded & ~fraction).astype("Int64")

    def county_fips(self, county: str, state: str = "") -> pd.Series:
        """County codes of five digits, joined from state and county where they are apart."""
        codes = self.text(county) if not state else self.text(state) + self.text(county)
        self.reject(~codes.str.fullmatch(r"[0-9]{5}").astype(bool), NOT_A_COUNTY_CODE)
        return codes

    def reading(self, typed: dict[str, pd.Series], key: Sequence[str]) -> Reading:
        """Return the lines kept, typed, and those rejected with their text.

        Parameters
        ----------
        typed : dict of Series
            Columns of the frame, indexed like `lines`.
        key : sequence of str
            Columns that must not repeat; of lines that share a key the first is kept.
        """
        provenance = self.lines[["source_file", "source_sheet", "source_row"]]
        frame = pd.concat([pd.DataFrame(typed), provenance], axis=1)
        keys = frame.loc[self.reasons.isna(), list(key)]
        self.reject(
            keys.duplicated().reindex(frame.index, fill_value=False),
            f"{DUPLICATE_KEY}: {', '.join(key)}",
        )
        bad = self.reasons.notna()
        rejects = self.rejects
        if bad.any():
            refused = rejects_frame(
                self.source, self.lines[bad], self.reasons[bad], self.lines.loc[bad, self.columns]
            )
            rejects = pd.concat([rejects, refused], ignore_index=True).sort_values(
                "row", ignore_index=True
            )
        kept = frame[~bad].reset_index(drop=True) if bad.any() else frame
        return Reading(self.source, kept, rejects, len(frame) + len(self.rejects))


def read_text_table(
    path: Path, source: str, expected: Sequence[str], *, delimiter: str = ","
) -> TextTable:
    """Read a delimited file with a header line.

    UTF-8 with or without byte-order mark; bytes that are no UTF-8 are taken for Latin-1 one by
    one, since a file may mix both. Line ends may be LF or CRLF. Blank lines are no rows.

    Raises
    ------
    DataError
        If the file cannot be read, or lacks a column of `expected`.
    """
    data = read_bytes(path)
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        data = decode(data).encode("utf-8")
    names = _header(path.name, data, delimiter)
    check_columns(path.name, names, expected)
    ragged: list[tuple[int, str]] = []

    def note(row: pacsv.InvalidRow) -> str:
        ragged.append((row.number, row.text))
        return "skip"

    try:
        table = pacsv.read_csv(
            io.BytesIO(data),
            read_options=pacsv.ReadOptions(use_threads=False, block_size=len(data)),
            parse_options=pacsv.ParseOptions(
                delimiter=delimiter, ignore_empty_lines=False, invalid_row_handler=note
            ),
            convert_options=pacsv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid as error:
        raise DataError(
            path.name, f"is not readable as delimited text ({error})", "Restore the file."
        ) from error
    return _text_table(table, path.name, source or path.name, ragged)


def _header(file: str, data: bytes, delimiter: str) -> list[str]:
    first = re.split(rb"[\r\n]", data, maxsplit=1)[0].decode("utf-8-sig")
    names = next(csv.reader([first], delimiter=delimiter), [])
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise DataError(
            file, f"has more than one column {', '.join(repeated)}", "Restore the file."
        )
    return names


def _text_table(
    table: pa.Table, file: str, source: str, ragged: list[tuple[int, str]]
) -> TextTable:
    skipped = np.array([number for number, _ in ragged], dtype="int64")
    rows = np.delete(np.arange(2, table.num_rows + len(ragged) + 2), skipped - 2)
    lines = pd.DataFrame(
        {name: table[name].to_pandas().astype("str") for name in table.column_names}
    )
    columns = list(lines.columns)
    lines = lines.assign(source_file=file, source_sheet="", source_row=rows)
    blank = (lines[columns[0]] == "") & (lines[columns[-1]] == "")
    if blank.any():
        blank &= (lines[columns] == "").all(axis=1)
        lines = lines[~blank].reset_index(drop=True)
    rejects = empty_rejects()
    if ragged:
        bad = pd.DataFrame(
            {
                "source_file": file,
                "source_sheet": "",
                "source_row": skipped,
                "line": [text for _, text in ragged],
            }
        )
        reasons = pd.Series(WRONG_FIELD_COUNT, index=bad.index, dtype="str")
        rejects = rejects_frame(source, bad, reasons, bad[["line"]])
    return TextTable(source, lines, rejects, columns)
