"""Bytes of a raw file as text: encoding, characters nobody sees, and lines counted by themselves.

A parser that is misled by a quote returns fewer rows and says nothing. So the records of a
delimited file are counted here from its bytes, and what a parser returns is held against that.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from coopanalysis.errors import DataError

LONGEST_LINE = 100_000
"""Bytes beyond which a line is no row of any table here."""

_LATIN_1_FALLBACK = "coopanalysis-latin-1"
_SPACES = re.compile("[\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]")
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]"
)


def _latin_1(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("latin-1"), error.end


codecs.register_error(_LATIN_1_FALLBACK, _latin_1)


def read_bytes(path: Path) -> bytes:
    """Bytes of a file; `DataError` if it is missing, empty or may not be read."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(
            path.name, f"cannot be read ({error.strerror})", "Check that the file is there."
        ) from error
    if not data.strip():
        raise DataError(path.name, "is empty", "Fetch or restore the file.")
    return data


@contextmanager
def readable(where: str, what: str, *errors: type[Exception]) -> Iterator[None]:
    """Say of a file that a parser raises one of these errors over that it is no readable one."""
    try:
        yield
    except errors as error:
        problem = f"is no readable {what} ({error})"
        raise DataError(where, problem, "Fetch or restore the file.") from error


def decode(data: bytes) -> str:
    """Visible text of UTF-8 bytes; bytes that are no UTF-8 are taken for Latin-1 one by one."""
    return visible(data.decode("utf-8", errors=_LATIN_1_FALLBACK))


def visible(text: str) -> str:
    """Text without the characters that nobody sees; a space of any width is a plain one.

    Every reader passes every text through here: what looks alike must be alike.
    """
    return text if text.isascii() else _INVISIBLE.sub("", _SPACES.sub(" ", text))


def read_records(text: str, delimiter: str, where: str) -> list[list[str]]:
    """Cells of each record of delimited text, blank ones included; see `count_records`."""
    return list(_records(list(io.StringIO(text, newline="")), delimiter, where))


def count_records(data: bytes, delimiter: str, where: str, *, quoted: bool = True) -> int:
    """Count the records of delimited text, header and blank lines included.

    A cell in quotes may hold line ends, but not whole rows: a quote that is opened and not
    closed takes in the rows that follow, until the next quote. `DataError` names the line where
    such a quote opens, one that ends in the middle of a cell, or a line longer than any row.
    Where cells are not `quoted`, a quote is a character, and each line a record.
    """
    lines = data.splitlines(keepends=True)
    if quoted and b'"' in data:
        decoded = [line.decode("latin-1") for line in lines]
        return sum(1 for _ in _records(decoded, delimiter, where))
    _check_lengths(lines, where)
    return len(lines)


def check_count(parsed: int, counted: int, where: str) -> None:
    """Raise if a parser returned another number of records than the bytes have."""
    if parsed != counted:
        raise DataError(
            where,
            f"has {counted:,} records, of which {parsed:,} could be told apart",
            "Look for stray quotes and line ends, or save it again as CSV (UTF-8).",
        )


def _records(lines: list[str], delimiter: str, where: str) -> Iterator[list[str]]:
    _check_lengths(lines, where)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    width = lines[0].count(delimiter) if lines else 0
    first = 0
    try:
        for record in reader:
            taken = [line.count(delimiter) >= width > 0 for line in lines[first : reader.line_num]]
            # Rows by themselves, a line between or both ends, are not parts of one record.
            if len(taken) > 1 and (any(taken[1:-1]) or (taken[0] and taken[-1])):
                what = f"takes in whole rows up to line {reader.line_num}"
                raise _swallowed(where, first, what)
            yield record
            first = reader.line_num
    except csv.Error as error:
        what = f"line {reader.line_num} closes in the middle of a cell"
        if "unexpected end" in str(error):
            what = f"is never closed; {len(lines) - first - 1} lines after it would be lost"
        raise _swallowed(where, first, what) from error


def _check_lengths(lines: Sequence[str | bytes], where: str) -> None:
    for number, line in enumerate(lines, 1):
        if len(line) > LONGEST_LINE:
            raise DataError(
                where,
                f"line {number} is {len(line):,} bytes long, and {LONGEST_LINE:,} are the most "
                "that a row may have",
                "Check that this is the right file and that its line ends are there.",
            )


def _swallowed(where: str, first: int, what: str) -> DataError:
    return DataError(
        where,
        f"line {first + 1} opens a quote that {what}",
        'Close the quote in that line (or write it twice, "", if it is part of the text), or '
        "fetch the file again.",
    )
