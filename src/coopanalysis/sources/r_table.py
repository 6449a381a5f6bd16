"""Read a table of texts that R stored: one data frame in an RDS file, in R's binary format.

R writes every value with its kind and its length before it. So a byte that is lost or changed
moves all that follows, and is met as a kind, a length or an end that cannot be. Only what a data
frame of texts needs is read; anything else is refused by name. The format is described in
"R Internals", section 1.8, "Serialization Formats".
"""

from __future__ import annotations

import gzip
import struct
import zlib
from collections.abc import Sequence
from pathlib import Path
from struct import Struct
from typing import Final

import pandas as pd

from coopanalysis.sources.raw_text import decode, read_bytes, readable
from coopanalysis.sources.table import TextTable, check_columns

_GZIP, _BINARY = b"\x1f\x8b", b"X\n"
_VERSIONS: Final = (2, 3)
_WITH_ENCODING: Final = 3
_SYMBOL, _PAIRS, _CHARACTERS, _INTEGERS, _TEXTS, _LIST = 1, 2, 9, 13, 16, 19
_REFERENCE, _NO_VALUE = 255, 254
_KINDS: Final = {
    0: "NULL", 3: "a function", 4: "an environment", 10: "truth values", 13: "integers",
    14: "numbers", 15: "complex numbers", 16: "texts", 19: "a list", 24: "raw bytes",
    238: "a packed vector",
}  # fmt: skip
_HAS_ATTRIBUTES, _HAS_TAG = 1 << 9, 1 << 10
_ASCII = 1 << 6
_KNOWN_LEVELS: Final = frozenset({0, 1 << 2, 1 << 3, _ASCII})
"""Marks of a text: in the encoding of the machine, Latin-1, UTF-8, or ASCII."""
_NOTHING: Final = -1
_COMPACT: Final = -(2**31)
"""First of the two integers that stand for row names without a name: then minus the number."""
_ONE, _TWO = Struct(">i"), Struct(">ii")
_CONTROL: Final = bytes(range(32)) + b"\x7f"

Value = str | list[str] | list[int] | None


def read_r_table(path: Path, source: str, expected: Sequence[str]) -> TextTable:
    """Read an RDS file that holds one data frame of texts; rows are numbered from 1, as in R.

    A text that is missing in R is an empty cell. `DataError` if the file is no such file, is cut
    short or goes on after its end, or lacks a column of `expected`.
    """
    data = read_bytes(path)
    with readable(path.name, "R table", ValueError, struct.error, EOFError, OSError, zlib.error):
        names, columns = _Stream(gzip.decompress(data) if data.startswith(_GZIP) else data).table()
    check_columns(path.name, names, expected)
    cells = pd.DataFrame(dict(zip(names, columns, strict=True)), dtype="str")
    return TextTable(path, source, cells, range(1, len(cells) + 1))


class _Stream:
    """Bytes of a serialized value, and how far they have been read."""

    def __init__(self, data: bytes) -> None:
        if not data.startswith(_BINARY):
            raise ValueError("it does not start like one in R's binary format")
        self.data, self.at = data, len(_BINARY)
        self.symbols: list[str] = []

    def table(self) -> tuple[list[str], list[list[str]]]:
        """Names and cells of the columns of the one data frame."""
        version, _, _ = (self._integer() for _ in range(3))
        if version not in _VERSIONS:
            raise ValueError(f"it is in version {version} of R's format")
        if version == _WITH_ENCODING:
            self._take(self._length())
        columns, attributes = self._columns()
        if self.at != len(self.data):
            raise ValueError(f"{len(self.data) - self.at:,} bytes follow on its end")
        return _names(columns, attributes), columns

    def _columns(self) -> tuple[list[list[str]], dict[str, Value]]:
        flags = self._integer()
        if flags & 255 != _LIST or not flags & _HAS_ATTRIBUTES:
            raise ValueError(f"it holds {_kind(flags)}, and no data frame")
        columns = []
        for number in range(1, self._length() + 1):
            kind = self._integer()
            if kind != _TEXTS:
                raise ValueError(f"its column {number} holds {_kind(kind)}, and no plain texts")
            columns.append(self._texts())
        return columns, self._attributes()

    def _attributes(self) -> dict[str, Value]:
        found: dict[str, Value] = {}
        while (flags := self._integer()) != _NO_VALUE:
            if flags != _PAIRS | _HAS_TAG:
                raise ValueError(f"{_kind(flags)} stands where an attribute was")
            name = self._symbol()
            if name in found:
                raise ValueError(f"it has two attributes '{name}'")
            found[name] = self._attribute(name)
        return found

    def _attribute(self, name: str) -> Value:
        flags = self._integer()
        if flags == _TEXTS:
            return self._texts()
        if flags == _INTEGERS:
            count = self._length()
            return list(Struct(f">{count}i").unpack(self._take(4 * count)))
        raise ValueError(f"its attribute '{name}' is {_kind(flags)}")

    def _symbol(self) -> str:
        flags = self._integer()
        if flags & 255 == _REFERENCE and 0 < flags >> 8 <= len(self.symbols):
            return self.symbols[(flags >> 8) - 1]
        if flags != _SYMBOL:
            raise ValueError(f"{_kind(flags)} stands where a name was")
        self.symbols.append(self._text())
        return self.symbols[-1]

    def _texts(self) -> list[str]:
        return [self._text() for _ in range(self._length())]

    def _text(self) -> str:
        """Read one text; most of a file is these, so that steps are few."""
        flags, length = _TWO.unpack_from(self.data, self.at)
        levels = flags >> 12
        if flags & 0xFFF != _CHARACTERS or levels not in _KNOWN_LEVELS:
            raise ValueError(f"{_kind(flags)} stands where a text was")
        self.at += _TWO.size
        if length == _NOTHING:
            return ""
        text = self._take(length)
        if text.translate(None, _CONTROL) != text or text.isascii() != (levels == _ASCII):
            raise ValueError(f"a text has characters that no text of it has: {text[:40]!r}")
        return text.decode() if levels == _ASCII else decode(text)

    def _length(self) -> int:
        length = self._integer()
        if not 0 <= length <= len(self.data) - self.at:
            raise ValueError(f"{length:,} values are said to follow where there is no room")
        return length

    def _integer(self) -> int:
        (value,) = _ONE.unpack_from(self.data, self.at)
        self.at += _ONE.size
        return int(value)

    def _take(self, count: int) -> bytes:
        taken = self.data[self.at : self.at + count]
        if not 0 <= count == len(taken):
            raise ValueError(f"{count:,} bytes are said to follow where there is no room")
        self.at += count
        return taken


def _kind(flags: int) -> str:
    return _KINDS.get(flags & 255, f"a value of kind {flags & 255}")


def _names(columns: list[list[str]], attributes: dict[str, Value]) -> list[str]:
    """Names of the columns, if the attributes are those of a data frame of this size."""
    names, rows = attributes.get("names"), attributes.get("row.names")
    if "data.frame" not in (attributes.get("class") or ()):
        raise ValueError("it is no data frame")
    if not isinstance(names, list) or len(names) != len(columns):
        raise ValueError(f"it has {len(columns)} columns, and names for another number")
    lengths = {len(column) for column in columns}
    if not isinstance(rows, list) or lengths != {_row_count(rows)}:
        raise ValueError("its columns are not as long as it has rows")
    return [str(name) for name in names]


def _row_count(rows: list[str] | list[int]) -> int:
    if len(rows) == 2 and rows[0] == _COMPACT:
        return abs(int(rows[1]))
    if len(set(rows)) != len(rows):
        raise ValueError("its row names repeat")
    return len(rows)
