"""What is said of a column and of a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

Dtype = Literal[
    "str", "bool", "Int8", "Int16", "Int64", "int64", "float64", "datetime64[us]", "object"
]


@dataclass(frozen=True)
class Column:
    """One column of a processed table, as `columns/TABLE.toml` declares it.

    Attributes
    ----------
    name, dtype, unit
        The unit in words, "none" for names and codes; it is in the name too (`_count`, `_share`,
        `_pct`, `_per_100k`, `_usd`, `_date`).
    description
        What one value means, and what a missing one means.
    source, vintage
        Layouts the values come from. The vintage of the file where values are of certain years or a
        release has several of the layout; of several, joined by commas, the first that has the
        county.
    nullable, optional
        Whether a value may be missing; whether a release may lack the source, so that all are.
    minimum, maximum, allowed, pattern
        Inclusive bounds, the only values there are, and what a text must match.
    label, phrase
        How figures and tables name it (the name with spaces if empty); its words in a sentence: of
        a 0/1 column what completes "Counties that ...", of an amount what follows "more".
    without
        Counties with a 0 there, as the others of a comparison ("counties that do not" if empty).
    shared_by
        Column that names the groups of rows whose values are one and the same observation; a model
        clusters by it. Empty where every row is its own.
    """

    name: str
    dtype: Dtype
    unit: str
    description: str
    source: str
    nullable: bool = False
    optional: bool = False
    minimum: float | None = None
    maximum: float | None = None
    allowed: tuple[str | int, ...] = ()
    pattern: str = ""
    label: str = ""
    shared_by: str = ""
    vintage: str = ""
    phrase: str = ""
    without: str = ""


class Words(Protocol):
    """What knows the words of a column: a release, or the tables of state laws."""

    def column(self, name: str) -> Column:
        """Label, unit and phrase of a column."""


@dataclass(frozen=True)
class Table:
    """A processed table: its columns, and the key that must not repeat."""

    name: str
    row_means: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    def column(self, name: str) -> Column:
        """Return a column by name; `KeyError` names the table if there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.name} has no column {name!r}")
