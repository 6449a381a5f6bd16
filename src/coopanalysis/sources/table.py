"""Read delimited text as text, with the number of every line, and turn it into types.

Values are read as text first, so that codes keep their zeros and a bad value is a rejected
row with its line number instead of a failed file.
"""

from __future__ import annotations

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

from coopanalysis.catalog.raw_columns import LEAST_ROWS, LIMITS, NAME, Limits
from coopanalysis.catalog.reject_reasons import (
    DUPLICATE_KEY,
    NOT_A_COUNTY_CODE,
    NOT_A_NAME,
    NOT_A_NUMBER,
    OUT_OF_RANGE,
    WRONG_FIELD_COUNT,
)
from coopanalysis.errors import DataError
from coopanalysis.sources.codes import join_county_codes, restore_zeros
from coopanalysis.sources.raw_text import (
    check_count,
    count_records,
    decode,
    read_bytes,
    read_records,
)
from coopanalysis.sources.reading import Reading, empty_rejects, rejects_frame

_WHOLE = Limits(0, 1e12)


def check_columns(where: str, found: Sequence[str], expected: Sequence[str]) -> None:
    """Raise if a file lacks columns that its layout has, or has one of them twice.

    Raises
    ------
    DataError
        Naming the columns missing and those found, or those that repeat.
    """
    folded = [name.casefold() for name in found]
    repeated = [name for name in expected if folded.count(name.casefold()) > 1]
    if repeated:
        raise DataError(
            where,
            f"has more than one column {', '.join(repeated)}",
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


_PLAIN_NUMBER = r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]{1,3})?$"


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
    mended : Series of bool
        Whether a code of the line had lost its leading zeros.
    """

    source: str
    lines: pd.DataFrame
    rejects: pd.DataFrame
    columns: list[str]
    reasons: pd.Series = field(init=False)
    mended: pd.Series = field(init=False)

    def __post_init__(self) -> None:
        self.reasons = pd.Series(None, index=self.lines.index, dtype="str")
        self.mended = pd.Series(False, index=self.lines.index)

    def reject(self, bad: pd.Series, reason: str) -> None:
        """Set a reason for the lines marked, unless they have one already."""
        if not bad.any():
            return
        self.reasons = self.reasons.mask(bad & self.reasons.isna(), reason)

    def text(self, name: str) -> pd.Series:
        """Text with outer white space removed."""
        return self.lines[name].str.strip()

    def name(self, name: str) -> pd.Series:
        """Names of places or agencies; lines with anything else are rejected."""
        names = self.text(name)
        self.reject(~names.str.fullmatch(NAME).astype(bool), f"{NOT_A_NAME}: {name}")
        return names

    def number(
        self, name: str, limits: Limits | None = None, *, missing: str | None = None
    ) -> pd.Series:
        """Numbers as float64; lines with something else, or beyond the limits, are rejected.

        A number with a leading zero, or without a digit beside its point, has lost some.

        Parameters
        ----------
        limits : Limits, optional
            Inclusive bounds, as declared for the column.
        missing : str, optional
            Text that stands for a missing value; without it a value must be there.
        """
        values = pa.array(self.lines[name])
        if missing is not None:
            values = pc.if_else(pc.equal(values, missing), None, values)
        try:
            numbers = pd.Series(pc.cast(values, pa.float64()).to_numpy(zero_copy_only=False))
        except pa.ArrowInvalid:
            numbers = pd.to_numeric(values.to_pandas(), errors="coerce").astype("float64")
        numbers.index = self.lines.index
        is_plain = pc.fill_null(pc.match_substring_regex(values, _PLAIN_NUMBER), False)
        numbers = numbers.where(is_plain.to_numpy(zero_copy_only=False))
        absent = numbers.isna()
        if absent.any():
            unexpected = absent if missing is None else absent & (self.lines[name] != missing)
            self.reject(unexpected, f"{NOT_A_NUMBER}: {name}")
        plain = numbers.to_numpy()
        outside = np.isinf(plain)
        if limits is not None:
            outside |= (plain < limits.minimum) | (plain > limits.maximum)
        self.reject(pd.Series(outside, index=numbers.index), f"{OUT_OF_RANGE}: {name}")
        return numbers

    def whole(self, name: str, limits: Limits = _WHOLE, *, missing: str | None = None) -> pd.Series:
        """Whole numbers as Int64; lines with something else are rejected."""
        numbers = self.number(name, limits, missing=missing)
        plain = numbers.to_numpy()
        bounded = (plain >= limits.minimum) & (plain <= limits.maximum)
        fraction = bounded & (np.floor(plain) != plain)
        self.reject(
            pd.Series(fraction, index=numbers.index),
            f"{NOT_A_NUMBER}: {name} is not a whole number",
        )
        return numbers.where(bounded & ~fraction).astype("Int64")

    def code(self, name: str, width: int, *, zeros: int = 1) -> pd.Series:
        """Codes as text, with the leading zeros back that a spreadsheet took; see `codes`."""
        codes, mended = restore_zeros(self.text(name), width, zeros=zeros)
        self.mended |= mended
        return codes

    def county_fips(self, county: str, state: str = "") -> pd.Series:
        """County codes of five digits, joined from state and county where they are apart."""
        if state:
            codes, mended = join_county_codes(self.text(county), self.text(state))
            self.mended |= mended
        else:
            codes = self.code(county, 5)
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

        Raises
        ------
        DataError
            If a column that has to vary has one value in every line, or none in any.
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
        check_varies(self.where, kept)
        mended = int((self.mended & ~bad).sum())
        return Reading(self.source, kept, rejects, len(frame) + len(self.rejects), mended)

    @property
    def where(self) -> str:
        """Name of the file, for messages."""
        return str(self.lines["source_file"].iloc[0]) if len(self.lines) else self.source


def check_varies(where: str, frame: pd.DataFrame) -> None:
    """Raise if a column that has to vary is missing throughout, or one value throughout.

    Raises
    ------
    DataError
        Naming the columns and the value.
    """
    if len(frame) < LEAST_ROWS:
        return
    idle = []
    for name, limits in LIMITS.items():
        if not limits.varies or name not in frame:
            continue
        low, high = frame[name].min(), frame[name].max()
        if pd.isna(low):
            idle.append(f"{name} is missing")
        elif low == high:
            idle.append(f"{name} is {low:g}")
    if idle:
        raise DataError(
            where,
            f"{', '.join(idle)} in all of {len(frame):,} rows",
            "Fetch the file again; if it is right, declare in catalog/raw_columns.py that the "
            "column may be so.",
        )


def read_text_table(
    path: Path, source: str, expected: Sequence[str], *, delimiter: str = ","
) -> TextTable:
    """Read a delimited file with a header line.

    UTF-8 with or without byte-order mark; bytes that are no UTF-8 are taken for Latin-1 one by
    one, since a file may mix both. Line ends may be LF or CRLF. Blank lines are no rows.
    Characters that nobody sees are removed.

    Raises
    ------
    DataError
        If the file cannot be read, lacks a column of `expected` or has one twice, or if a
        quote takes in lines (see `raw_text.count_records`).
    """
    data = read_bytes(path)
    if not data.isascii():
        data = decode(data).encode("utf-8")
    counted = count_records(data, delimiter, path.name)
    raw_names = _header(path.name, data, delimiter)
    names = [name.strip() for name in raw_names]
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
                column_types=dict.fromkeys(raw_names, pa.string()), strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid as error:
        raise DataError(
            path.name, f"is not readable as delimited text ({error})", "Restore the file."
        ) from error
    check_count(table.num_rows + len(ragged) + 1, counted, path.name)
    return _text_table(table.rename_columns(names), path.name, source or path.name, ragged)


def _header(file: str, data: bytes, delimiter: str) -> list[str]:
    first = re.split(rb"[\r\n]", data, maxsplit=1)[0].decode("utf-8")
    names = next(iter(read_records(first, delimiter, file)), [])
    bare = [name.strip() for name in names]
    repeated = sorted({name for name in bare if bare.count(name) > 1})
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
