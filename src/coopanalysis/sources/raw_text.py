"""Bytes of a raw file as text: encoding, characters nobody sees, and lines counted by themselves.

A parser that is misled by a quote returns fewer rows and says nothing. So the records of a
delimited file are counted here from its bytes, and what a parser returns is held against that.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from pathlib import Path

from coopanalysis.errors import DataError

LONGEST_LINE = 100_000
"""Bytes beyond which a line is no row of any table here."""

_LATIN_1_FALLBACK = "coopanalysis-latin-1"
_SPACES = re.compile("[\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]")
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]"
)
_REST_OF_QUOTE = re.compile(rb'(?:[^"]|"")*')


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


def decode(data: bytes) -> str:
    """Visible text of UTF-8 bytes; bytes that are no UTF-8 are taken for Latin-1 one by one."""
    return visible(data.decode("utf-8", errors=_LATIN_1_FALLBACK))


def visible(text: str) -> str:
    """Text without the characters that nobody sees; a space of any width is a plain one.

    Every reader passes every text through here: what looks alike must be alike.
    """
    return text if text.isascii() else _INVISIBLE.sub("", _SPACES.sub(" ", text))


def read_records(text: str, delimiter: str, where: str) -> list[list[str]]:
    """Cells of each record of delimited text, blank ones included; their number is checked."""
    expected = count_records(text.encode("utf-8", "surrogatepass"), delimiter, where)
    try:
        records = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise DataError(
            where, f"is not delimited text ({error})", "Save it again as CSV (UTF-8)."
        ) from error
    check_count(len(records), expected, where)
    return records


def check_count(parsed: int, counted: int, where: str) -> None:
    """Raise if a parser returned another number of records than the bytes have."""
    if parsed != counted:
        raise DataError(
            where,
            f"has {counted:,} records, of which {parsed:,} could be told apart",
            "Look for stray quotes and line ends, or save it again as CSV (UTF-8).",
        )


def count_records(data: bytes, delimiter: str, where: str) -> int:
    """Count the records of delimited text, header and blank lines included.

    A cell in quotes may hold line ends, but not whole rows: a quote that is opened and not
    closed takes in the rows that follow, until the next quote. `DataError` names the line where
    such a quote opens, one that ends in the middle of a cell, or a line longer than any row.
    """
    lines = data.splitlines()
    for number, line in enumerate(lines, 1):
        if len(line) > LONGEST_LINE:
            raise DataError(
                where,
                f"line {number} is {len(line):,} bytes long, and {LONGEST_LINE:,} are the most "
                "that a row may have",
                "Check that this is the right file and that its line ends are there.",
            )
    if b'"' not in data:
        return len(lines)
    comma = delimiter.encode()
    width = lines[0].count(comma)
    records, at = 0, 0
    while at < len(lines):
        if b'"' in lines[at]:
            at = _end_of_record(lines, at, comma, width, where)
        at += 1
        records += 1
    return records


def _end_of_record(lines: list[bytes], first: int, comma: bytes, width: int, where: str) -> int:
    """Index of the line that a record ends in."""
    is_open = False
    for at in range(first, len(lines)):
        if b'"' in lines[at]:
            state = _open_at_end(lines[at], comma, is_open)
            if state is None:
                raise _swallowed(where, first, f"line {at + 1} closes in the middle of a cell")
            is_open = state
        if is_open:
            continue
        if at > first and _holds_rows(lines[first : at + 1], comma, width):
            raise _swallowed(where, first, f"takes in whole rows up to line {at + 1}")
        return at
    raise _swallowed(
        where, first, f"is never closed; {len(lines) - first - 1} lines after it would be lost"
    )


def _holds_rows(lines: list[bytes], comma: bytes, width: int) -> bool:
    """Whether the lines of one record are rows by themselves: a line between, or both ends."""
    full = [line.count(comma) >= width > 0 for line in lines]
    return any(full[1:-1]) or (full[0] and full[-1])


def _open_at_end(line: bytes, comma: bytes, is_open: bool) -> bool | None:
    """Whether a quoted cell is open at the end of a line; None if one ends in mid-cell."""
    at = 0
    while True:
        if is_open or line[at : at + 1] == b'"':
            rest = _REST_OF_QUOTE.match(line, at if is_open else at + 1)
            at = rest.end() if rest else len(line)
            if at == len(line):
                return True
            at, is_open = at + 1, False
            if at < len(line) and line[at : at + 1] != comma:
                return None
        else:
            at = line.find(comma, at)
        if at < 0 or at >= len(line):
            return False
        at += 1


def _swallowed(where: str, first: int, what: str) -> DataError:
    return DataError(
        where,
        f"line {first + 1} opens a quote that {what}",
        'Close the quote in that line (or write it twice, "", if it is part of the text), or '
        "fetch the file again.",
    )
