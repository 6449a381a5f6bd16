"""Whether a damage can be told from the damaged file and what is declared of it, in principle.

A digit that became another digit cannot: nothing in the file contradicts it (the SHA-256 in the
manifest does, and the trials that look at it are counted apart). A damage can be told where

- the packing or the table cannot be parsed, or a sum of the packing is wrong,
- the number of rows, or the names of columns, are not what they were,
- a row has more or fewer cells than the header,
- a cell holds what its column cannot: text among numbers, a sign or a size that no other cell
  comes near, a word that is none of the few that the column has, nothing where there is always
  something, characters that nobody sees,
- a code, a year or another part of the key is not what it was: so a county is there twice, and
  another is missing.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any

from grids import TABLES, Grid, inside, read_grid
from small_release import RECORD

KEYS = re.compile(
    r"^(geoid fips|geoid|fips|countyid|county_?fips|state_?fips|statefp|countyfp|state|county|year|"
    r"ori|data_year|ucr_state|ori_prefix)$",
    re.IGNORECASE,
)
"""Columns that say which county, state, year or agency a row is about."""
NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?(e-?\d{1,2})?")
LOOSE = ("ice-287g", "ilrc-rubric")
"""Layouts whose real files have rows twice, lack counties, and leave cells blank: a row that
became a copy of another, or a cell that became blank, cannot be told in them."""
FEW = 12
"""So many different values a column of categories has at most."""
FAR = 1000
"""A number so many times the largest of its column comes near none."""
YEAR_AND_STATE = (*range(1, 3), 13, 14)
"""Places in a record of Return A that no record may have otherwise: state and year."""


def can_be_told(suffix: str, sound: bytes, damaged: bytes, layout: str = "") -> bool:
    """Whether the damage can be told; see above."""
    try:
        if suffix in TABLES:
            grids = _sound_grid(suffix, sound), read_grid(suffix, damaged)
            return _told_by_cells(*grids, is_loose=layout in LOOSE)
        one, other = inside(suffix, sound), inside(suffix, damaged)
        return _told_by_records(one, other) if suffix == ".zip" else _told_by_map(one, other)
    except Exception:  # noqa: BLE001  (whatever a parser raises, it raises on damage)
        return True


@lru_cache(maxsize=64)
def _sound_grid(suffix: str, sound: bytes) -> Grid:
    return read_grid(suffix, sound)


def _told_by_cells(sound: Grid, damaged: Grid, *, is_loose: bool) -> bool:
    sound, damaged = _without_blank_rows(sound), _without_blank_rows(damaged)
    if is_loose and len(sound) == len(damaged):
        pairs = zip(sound, damaged, strict=True)
        kept = [(old, new) for old, new in pairs if old == new or damaged.count(new) == 1]
        sound, damaged = [old for old, _ in kept], [new for _, new in kept]
    if len(sound) != len(damaged) or len({*map(len, damaged)}) != 1:
        return True
    if sorted(sound[0]) != sorted(damaged[0]) or len({*sound[0]}) != len(sound[0]):
        return True
    if sound == damaged:
        return True
    order = [damaged[0].index(name) for name in sound[0]]
    for at, name in enumerate(sound[0]):
        before = [row[at] for row in sound[1:]]
        after = [row[order[at]] for row in damaged[1:]]
        is_key = bool(KEYS.fullmatch(name.strip()))
        changed = [new for old, new in zip(before, after, strict=True) if old != new]
        if is_loose:
            changed = [new for new in changed if new.strip()]
        if changed and (is_key or not all(map(_Column(before).is_like, changed))):
            return True
    return False


def _without_blank_rows(grid: Grid) -> Grid:
    return [row for row in grid if any(cell.strip() for cell in row)]


class _Column:
    """What the cells of a column are like, as far as they tell."""

    def __init__(self, cells: list[str]) -> None:
        self.known = set(cells)
        numbers = [float(text) for text in self.known if NUMBER.fullmatch(text)]
        self.is_number = bool(numbers) and len(self.known) - len(numbers) <= 2
        self.is_whole = all(number.is_integer() for number in numbers)
        self.least, self.most = min(numbers, default=0.0), max(numbers, default=0.0)

    def is_like(self, new: str) -> bool:
        """Whether a cell could be one of the column."""
        if new in self.known:
            return True
        if len(self.known) <= FEW or not new.strip():
            return False
        if not self.is_number:
            return new.isprintable() and "\N{REPLACEMENT CHARACTER}" not in new
        if not NUMBER.fullmatch(new):
            return False
        number, top = float(new), 1.0 if self.most <= 1 else FAR * self.most
        is_size = number.is_integer() or not self.is_whole
        return is_size and (number >= 0 or self.least < 0) and number <= top


def _told_by_records(sound: bytes, damaged: bytes) -> bool:
    one, other = sound.splitlines(), damaged.splitlines()
    if len(one) != len(other) or any(len(line) != RECORD for line in other) or sound == damaged:
        return True
    for before, after in zip(one, other, strict=True):
        if before == after:
            continue
        for place, (old, new) in enumerate(zip(before, after, strict=True)):
            if old != new and (place in YEAR_AND_STATE or not _is_like_character(old, new)):
                return True
    return False


def _is_like_character(old: int, new: int) -> bool:
    one, other = chr(old), chr(new)
    if one.isdigit():
        return other.isdigit() and other.isascii()
    return other.isascii() and other.isprintable() and not one.isspace()


def _told_by_map(sound: bytes, damaged: bytes) -> bool:
    one, other = json.loads(sound), json.loads(damaged)
    return _shape(one) != _shape(other) or one == other or not _all_small(other["arcs"])


def _shape(document: Any) -> Any:
    """A map without the places of its points, which may be anywhere, and its words."""
    if isinstance(document, dict):
        return {
            name: value if name == "id" else [len(arc) for arc in value]
            if name == "arcs" and value and isinstance(value[0][0], list)
            and isinstance(value[0][0][0], int) and "type" in document and "objects" in document
            else _shape(value)
            for name, value in document.items()
            if name not in ("bbox", "properties", "crs_note", "translate", "scale")
        }  # fmt: skip
    if isinstance(document, list):
        return [_shape(one) for one in document]
    return document


def _all_small(arcs: list[list[list[float]]]) -> bool:
    return all(abs(number) < 1e6 and number == int(number)
               for arc in arcs for point in arc for number in point)  # fmt: skip
