"""What is said of a column and of a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

Dtype = Literal[
    "str", "bool", "Int8", "Int16", "Int64", "int64", "float64", "datetime64[us]", "object"
]


@dataclass(frozen=True)
class Column:
    """One column of a processed table.

    Attributes
    ----------
    name : str
        Column name; the unit is in it (`_count`, `_share`, `_pct`, `_per_100k`, `_usd`, `_date`).
    dtype : Dtype
        pandas type.
    unit : str
        Unit in words; "none" for names and codes.
    description : str
        What one value means, and what a missing one means.
    source : str
        Source layout(s) the values come from.
    nullable : bool
        Whether a value may be missing.
    minimum, maximum : float, optional
        Inclusive bounds.
    allowed : tuple of str or int, optional
        The only values there are.
    pattern : str
        Regular expression a text must match.
    label : str
        How figures and tables name it; the name with spaces if empty.
    optional : bool
        Whether a release may lack the source; the column is then missing throughout.
    phrase : str
        Its words in a sentence: of a 0/1 column what completes "Counties that ..."; of an amount
        what is counted, as it follows "more". Empty where no sentence needs it.
    shared_by : str
        Column that names the groups of rows whose values are one and the same observation; a
        model clusters by it. Empty where every row is its own.
    vintage : str
        Vintage of the file, where a release has several of the layout; of several, joined by
        commas, the first that has the county. Empty where there is one file.
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
