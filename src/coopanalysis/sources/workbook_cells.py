"""What the cells of an `.xlsx` workbook say: text, references, dates."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from xml.etree import ElementTree

from coopanalysis.sources.raw_text import visible

LAST_ROW, LAST_COLUMN = 1_048_576, 16_384
"""A worksheet has no more."""
EPOCH_1900, EPOCH_1904 = datetime(1899, 12, 30), datetime(1904, 1, 1)

_BUILTIN_DATE_FORMATS = frozenset([*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)])
_NOT_A_DATE_PART = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.|_.|\*.')
_REFERENCE = re.compile(r"\$?([A-Z]{1,3})\$?[0-9]{1,7}")
_ESCAPE = re.compile("_x([0-9A-Fa-f]{4})_")


def stored_text(text: str) -> str:
    """Text as a person sees it: escapes undone, invisible characters removed.

    XML cannot hold every character, so `_x000D_` stands for a carriage return in it, and
    `_x005F_` for an underscore that is none of an escape.
    """
    if "_x" in text:
        text = _ESCAPE.sub(_unescaped, text)
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return visible(text)


def _unescaped(escape: re.Match[str]) -> str:
    sign = chr(int(escape[1], 16))
    return sign if sign >= " " or sign in "\t\n\r" else ""


def plain_text(item: ElementTree.Element, space: str) -> str:
    """Text of a string item, run by run, without the phonetic readings."""
    phonetic = {id(text) for reading in item.iter(space + "rPh") for text in reading}
    runs = [text.text or "" for text in item.iter(space + "t") if id(text) not in phonetic]
    return stored_text("".join(runs))


def row_number(text: str | None, default: int) -> int:
    """Number of a row; `ValueError` if a worksheet has no such row."""
    number = default if text is None else int(text)
    if not 1 <= number <= LAST_ROW:
        raise ValueError(f"there is a row {number:,}, and a worksheet has {LAST_ROW:,}")
    return number


def column_index(reference: str | None, default: int) -> int:
    """Index of the column of a cell, from 0; `ValueError` if a worksheet has no such cell."""
    if not reference:
        return default
    found = _REFERENCE.fullmatch(reference)
    index = 0
    for letter in found[1] if found else "":
        index = index * 26 + ord(letter) - ord("A") + 1
    if not 1 <= index <= LAST_COLUMN:
        raise ValueError(f"there is no cell {reference[:20]!r} in a worksheet")
    return index - 1


def is_date_format(number: str, codes: dict[str, str]) -> bool:
    """Whether a number format, by its number or its code, shows a date or a time."""
    code = codes.get(number)
    if code is None:
        return int(number) in _BUILTIN_DATE_FORMATS
    return any(letter in "dmyhs" for letter in _NOT_A_DATE_PART.sub("", code).lower())


def date_text(serial: float, epoch: datetime) -> str:
    """Date of a serial number, as ISO text; empty if no calendar has it."""
    try:
        moment = epoch + timedelta(days=serial)
    except OverflowError:
        return ""
    return moment.date().isoformat() if serial == int(serial) else moment.isoformat("T", "seconds")
