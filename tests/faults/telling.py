"""Whether a damage can be told from the damaged file and what is declared of it, in principle.

A digit that became another digit cannot: nothing in the file contradicts it (the SHA-256 in the
manifest does, and the trials that look at it are counted apart). A damage can be told where

- the packing or the table cannot be parsed, or a sum of the packing is wrong,
- the number of rows, or the names of columns, are not what they were,
- a row has more or fewer cells than the header,
- a cell holds what its column cannot: text among numbers, a sign or a size that no other cell
  comes near, a word that is none of the few that the column has, nothing where there is always
  something, characters that nobody sees,
- a code, a year or another part of the key is one that no row had, or that another row has: so a
  county is there twice, and another is missing.

Marks of 0 and 1 in the wrong column of a rubric are such digits: each column may have either.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date
from functools import lru_cache
from typing import Any

from grids import TABLES, Grid, inside, read_grid
from small_release import RECORD

from coopanalysis.sources.return_a import layout

KEYS = re.compile(
    r"^(geoid fips|geoid|fips|countyid|county_?fips|state_?fips|statefp|countyfp|state|county|year|"
    r"ori|data_year|ucr_state|ori_prefix)$",
    re.IGNORECASE,
)
"""Columns that say which county, state, year or agency a row is about."""
CODES = re.compile(r"fips|geoid|countyid|statefp|^ori$|ucr_state|^year$", re.IGNORECASE)
"""Without one of these a table has no key: a row of an ICE list names a county or none."""
NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?(e-?\d{1,2})?")
RECOMPUTED = ("ILRC Total",)
"""Columns that no number is taken from: what they contradict is shown, not refused."""
MARKS = ("0", "1", "")
"""What a mark of the rubric may be, in any column, whichever of them a small file has."""
OTHER_ENCODING = re.compile("[\udc80-\udcff]")
"""Bytes that are no UTF-8: letters in another encoding, as some publishers use."""
LOOSE = ("ice-287g", "ice-287g-series", "ilrc-rubric")
"""Layouts whose real files have rows twice, lack counties, and leave cells blank: a row that
became a copy of another, or a cell that became blank, cannot be told in them."""
BLANK = ("", "-", "n/a", "#n/a", "null")
"""What ICE writes under COUNTY where there is none, now and then for the agency of a county."""
UNIQUE = {
    "ice-facility-list": ("DETLOC",),
    "facility-codes": ("detention_facility_code",),
    "facility-headcount": ("detention_facility_code", "date"),
    "facility-daily": ("detention_facility_code", "date"),
    "npr-declined": ("year", "det_facility", "city", "state"),
    "npr-outcomes": ("det_facility", "lift_reason"),
}
"""Columns that no two rows have alike in files of places. What their codes are is for the file
alone to say: one that became another, which no row has, cannot be told."""
NO_KEY = (("Redacted",), ("",))
"""What a place without a code has: shelters in ICE's list, which are alike in every cell, and some
places in the file of codes."""
MAY_BE_BLANK = {"facility-codes": ("county_fips_code",)}
"""Codes that real files leave blank: ICE's hold rooms have no county."""
NO_KEYS = {"police-employees": ("data_year",)}
"""Years of a row: each agency has its newest, and any of the file's may be another's."""
FEW = 12
"""So many different values a column of categories has at most."""
FAR = 1000
"""A number so many times the largest of its column comes near none."""
YEAR_AND_STATE = (*range(1, 3), 13, 14)
"""Places in a record of Return A that no record may have otherwise: state and year."""


def can_be_told(suffix: str, sound: bytes, damaged: bytes, of: str = "") -> bool:
    """Whether the damage can be told; see above."""
    try:
        if suffix in TABLES:
            one, other = _sound_grid(suffix, sound), read_grid(suffix, damaged)
            filled = _filled(one, other, of)
            return not (filled == one != other) and _told_by_cells(one, filled, of)
        plain, changed = inside(suffix, sound), inside(suffix, damaged)
        told = _told_by_records if suffix == ".zip" else _told_by_map
        return told(plain, changed)
    except Exception:  # noqa: BLE001  (whatever a parser raises, it raises on damage)
        return True


@lru_cache(maxsize=64)
def _sound_grid(suffix: str, sound: bytes) -> Grid:
    return read_grid(suffix, sound)


def _told_by_cells(sound: Grid, damaged: Grid, of: str) -> bool:
    sound, damaged = _without_blank_rows(sound), _without_blank_rows(damaged)
    is_loose = of in LOOSE
    if is_loose and len(sound) == len(damaged):
        pairs = zip(sound, damaged, strict=True)
        kept = [(old, new) for old, new in pairs if old == new or damaged.count(new) == 1]
        if len(kept) < len(sound) and all(old == new for old, new in kept):
            return False
        sound, damaged = [old for old, _ in kept], [new for _, new in kept]
    is_ragged = len(sound) != len(damaged) or len({*map(len, damaged)}) != 1
    if is_ragged or sorted(sound[0]) != sorted(damaged[0]) or sound == damaged:
        return True
    order = _order(sound[0], damaged[0])
    own = [sound[0].index(name) for name in UNIQUE.get(of, ())]
    if _repeated(sound, own) != _repeated(damaged, [order[at] for at in own]):
        return True
    keys = [at for at, name in enumerate(sound[0]) if KEYS.fullmatch(name.strip())]
    if not any(CODES.search(name) for name in sound[0]):
        keys = []
    keys = [at for at in keys if sound[0][at] not in NO_KEYS.get(of, ())]
    before_keys = sorted(tuple(row[at] for at in keys) for row in sound)
    after_keys = sorted(tuple(row[order[at]] for at in keys) for row in damaged)
    if before_keys != after_keys:
        return True
    for at, name in enumerate(sound[0]):
        before = [row[at] for row in sound[1:]]
        after = [row[order[at]] for row in damaged[1:]]
        changed = [new for old, new in zip(before, after, strict=True) if old != new]
        if at in keys or name in RECOMPUTED:
            continue
        if is_loose:
            changed = [new for new in changed if new.strip().casefold() not in BLANK]
        is_mark = is_loose and {*before} <= {*MARKS}
        column = _Column([*before, *MARKS] if is_mark else before)
        if not all(map(column.is_like, changed)):
            return True
    return False


def _filled(sound: Grid, damaged: Grid, of: str) -> Grid:
    """Put back what a damage blanked in columns that may be blank."""
    columns = [sound[0].index(name) for name in MAY_BE_BLANK.get(of, ())]
    if [len(row) for row in sound] != [len(row) for row in damaged] or sound[0] != damaged[0]:
        return damaged
    return [
        [old[at] if at in columns and not cell.strip() else cell for at, cell in enumerate(new)]
        for old, new in zip(sound, damaged, strict=True)
    ]


def _order(names: list[str], found: list[str]) -> list[int]:
    """Where each column stands now; of those with one name the first is the first."""
    places = {name: [at for at, other in enumerate(found) if other == name] for name in {*names}}
    return [places[name].pop(0) for name in names]


def _repeated(grid: Grid, columns: list[int]) -> int:
    keys = [tuple(row[at].strip() for at in columns) for row in grid]
    keys = [key for key in keys if key not in NO_KEY]
    return len(keys) - len({*keys})


def _without_blank_rows(grid: Grid) -> Grid:
    return [row for row in grid if any(cell.strip() for cell in row)]


class _Column:
    """What the cells of a column are like, as far as they tell."""

    def __init__(self, cells: list[str]) -> None:
        self.known = set(cells)
        numbers = [float(text) for text in self.known if NUMBER.fullmatch(text)]
        self.days = sorted(self.known) if all(map(_is_day, self.known)) else []
        self.is_number = bool(numbers) and len(self.known) - len(numbers) <= 2
        self.is_whole = all(number.is_integer() for number in numbers)
        self.least, self.most = min(numbers, default=0.0), max(numbers, default=0.0)

    def is_like(self, new: str) -> bool:
        """Whether a cell could be one of the column; decimals are no words, however few."""
        if new in self.known:
            return True
        has_words = not self.is_number or self.is_whole
        if not new.strip() or (has_words and len(self.known) <= FEW):
            return False
        if self.days:
            return _is_day(new) and self.days[0] <= new <= self.days[-1]
        if not self.is_number:
            return (
                OTHER_ENCODING.sub("?", new).isprintable()
                and "\N{REPLACEMENT CHARACTER}" not in new
            )
        if not NUMBER.fullmatch(new):
            return False
        number, top = float(new), 1.0 if self.most <= 1 else FAR * self.most
        is_size = number.is_integer() or not self.is_whole
        return is_size and (number >= 0 or self.least < 0) and number <= top


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _told_by_records(sound: bytes, damaged: bytes) -> bool:
    one, other = sound.splitlines(), damaged.splitlines()
    if len(one) != len(other) or any(len(line) != RECORD for line in other) or sound == damaged:
        return True
    return any(
        old[at] != new[at] and not may_become(chr(old[at]), chr(new[at]))
        for old, new in zip(one, other, strict=True)
        if old != new
        for at, may_become in _READ.items()
    )


def _same(old: str, new: str) -> bool:
    return old == new


def _digit(old: str, new: str) -> bool:
    return old.isdigit() and new.isascii() and new.isdigit()


def _letter(old: str, new: str) -> bool:
    return new.isascii() and new.isprintable()


def _code(old: str, new: str) -> bool:
    return new in " 0123456789NPTY"


def _count(old: str, new: str) -> bool:
    """Digits, and the letters that the last digit of a negative number is written with."""
    return _digit(old, new) or new in "}JKLMNOPQR" or old in "}JKLMNOPQR "


def _read_places() -> dict[int, Callable[[str, str], bool]]:
    """What each character that is read may have become without a sign of it."""
    kinds = {"integer": _digit, "name": _letter, "code": _letter}
    places: dict[int, Callable[[str, str], bool]] = {}
    for field in layout.HEADING:
        places |= dict.fromkeys(range(RECORD)[field.span], kinds[field.kind])
    for month in range(layout.MONTHS):
        start = layout.HEADER_LENGTH + month * layout.MONTH_LENGTH
        for part, kind in ((layout.INCLUDED_IN, _code), (layout.CARD_TYPES, _code),
                           (layout.TOTALS_ONLY, _code), (layout.NUMBERS, _count)):  # fmt: skip
            places |= dict.fromkeys(range(start + part.start, start + part.stop), kind)
    return places | dict.fromkeys(YEAR_AND_STATE, _same)


_READ = _read_places()


def _told_by_map(sound: bytes, damaged: bytes) -> bool:
    one, other = json.loads(sound), json.loads(damaged)
    return _shape(one) != _shape(other) or one == other or not _all_small(other["arcs"])


def _shape(document: Any, name: str = "") -> Any:
    """A map without its words and the places of its points, which may be anywhere."""
    if name in ("bbox", "properties", "crs_note", "translate", "scale"):
        return None
    if isinstance(document, dict):
        is_map = "objects" in document
        return {
            key: len(value) if is_map and key == "arcs" else _shape(value, key)
            for key, value in document.items()
        }
    return [_shape(one) for one in document] if isinstance(document, list) else document


def _all_small(arcs: list[list[list[float]]]) -> bool:
    return all(abs(number) < 1e6 and number == int(number)
               for arc in arcs for point in arc for number in point)  # fmt: skip
