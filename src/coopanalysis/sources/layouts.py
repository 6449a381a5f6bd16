"""One reader for every layout that `catalog/layouts.toml` declares column by column."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal, get_args

import pandas as pd

import coopanalysis
from coopanalysis.catalog.raw_columns import ABROAD, FACILITY_CODE, LIMITS, NAME, Limits
from coopanalysis.catalog.reject_reasons import NOT_A_COUNTY_CODE, NOT_A_NAME
from coopanalysis.errors import DataError
from coopanalysis.sources.dbase import read_dbase
from coopanalysis.sources.r_table import read_r_table
from coopanalysis.sources.reading import Reading
from coopanalysis.sources.row_checks import CHECKS
from coopanalysis.sources.table import read_text_table
from coopanalysis.sources.text_table import TextTable, matches

FILE = Path(coopanalysis.__file__).parent / "catalog" / "layouts.toml"
STATE = "|".join(["[A-Z]{2}", *sorted(ABROAD)])
PATTERNS = {"name": NAME, "facility": FACILITY_CODE, "state or abroad": STATE}
"""What texts of a kind look like."""
Kind = Literal[
    "county code", "code", "text", "name", "facility", "state or abroad", "word", "whole", "number",
    "county before a comma", "state after a comma",
]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class RawColumn:
    """What a column of a reading is made from, and what its cells may be.

    Texts fit the `pattern`, or that of their kind; of those that fit, the `first` letters are kept.
    Numbers are within the limits of the column, or of the one they are `like` (0 and more where
    there are none), and are divided by `per`. A column that is not `kept` is only checked, one that
    is `optional` may not be there.
    """

    name: str
    raw: tuple[str, ...]
    kind: Kind
    missing: str | None = None
    pattern: str = ""
    reason: str = ""
    or_blank: bool = False
    first: int | None = None
    width: int = 0
    like: str = ""
    per: float = 1.0
    optional: bool = False
    kept: bool = True

    def read(self, table: TextTable) -> pd.Series:
        """Typed values; rows with anything else are rejected."""
        match self.kind:
            case "whole" | "number":
                return self._number(table)
            case "county code":
                return table.county_fips(*self.raw)
            case "code":
                return self._code(table)
            case "word":
                return table.word(self.raw[0], self.name)
        return self._text(table)

    def _text(self, table: TextTable) -> pd.Series:
        if self.kind in ("county before a comma", "state after a comma"):
            parts = table.name(self.raw[0]).str.rpartition(", ")  # a file without rows has none
            at = 0 if self.kind.startswith("county") else 2
            return parts.reindex(columns=range(3), fill_value="")[at]
        pattern = self.pattern or PATTERNS.get(self.kind, "")
        if not pattern:
            return table.text(self.raw[0]).str[: self.first]
        if self.missing is not None:
            pattern = f"{re.escape(self.missing)}|{pattern}"
        pattern = f"({pattern})?" if self.or_blank else pattern
        values = table.matched(self.raw[0], pattern, self.reason or f"{NOT_A_NAME}: {self.raw[0]}")
        return values if self.missing is None else values.mask(values == self.missing)

    def _code(self, table: TextTable) -> pd.Series:
        codes = table.code(self.raw[0], self.width)
        if self.missing is None:
            return codes
        is_code = matches(codes, rf"[0-9]{{{self.width}}}")
        table.reject(~is_code & (codes != self.missing), NOT_A_COUNTY_CODE)
        return codes.mask(codes == self.missing)

    def _number(self, table: TextTable) -> pd.Series:
        limits = LIMITS[self.like] if self.like else LIMITS.get(self.name, Limits(0, 1e12))
        if self.kind == "number":
            return table.number(self.raw[0], limits, missing=self.missing)
        limits = Limits(limits.minimum * self.per, limits.maximum * self.per)
        values = table.whole(self.raw[0], limits, missing=self.missing)
        return values if self.per == 1 else values.astype("float64") / self.per


@dataclass(frozen=True)
class Layout:
    """A table of named columns, delimited text, dBASE or of R, and the columns that tell a row.

    The file has to have the columns `also`, which checks of its rows read.
    """

    columns: tuple[RawColumn, ...]
    key: tuple[str, ...]
    format: Literal["text", "dbase", "r"] = "text"
    also: tuple[str, ...] = ()


def read_layout(path: Path, source: str = "", *, layout: Layout, name: str) -> Reading:
    """Read a file of a declared layout; its columns are those declared, and provenance."""
    needed = [raw for one in layout.columns if not one.optional for raw in one.raw]
    table = _TABLES[layout.format](path, source, [*dict.fromkeys([*needed, *layout.also])])
    here = [one for one in layout.columns if set(one.raw) <= set(table.columns)]
    typed = {one.name: one.read(table) for one in here}
    if name in CHECKS:
        CHECKS[name](table, typed)
    unkept = {one.name for one in here if not one.kept}
    return table.reading({n: v for n, v in typed.items() if n not in unkept}, layout.key)


_TABLES: Mapping[str, Callable[[Path, str, Sequence[str]], TextTable]] = {
    "text": read_text_table,
    "dbase": read_dbase,
    "r": read_r_table,
}


def declared_layout(declared: Mapping[str, Any]) -> Layout:
    """One layout of the file, its columns checked for a kind that no reader knows."""
    columns = []
    for name, told in declared["columns"].items():
        facts = dict(told)
        raw, kind = facts.pop("raw"), facts.pop("is")
        if kind not in get_args(Kind):
            what, known = f"column {name} is '{kind}'", ", ".join(get_args(Kind))
            raise DataError(FILE.name, what, f"Write one of: {known}.")
        if kind in ("whole", "number"):
            facts = {"missing": declared.get("missing"), **facts}
        raws = (raw,) if isinstance(raw, str) else tuple(raw)
        columns.append(RawColumn(name=name, raw=raws, kind=kind, **facts))
    also = tuple(declared.get("also", ()))
    return Layout(tuple(columns), tuple(declared["key"]), declared.get("format", "text"), also)


LAYOUT_READERS: dict[str, Callable[..., Reading]] = {
    name: partial(read_layout, layout=declared_layout(declared), name=name)
    for name, declared in tomllib.loads(FILE.read_text(encoding="utf-8")).items()
}
"""Readers by layout, each called with the file and, if it has one, the id of its source."""
