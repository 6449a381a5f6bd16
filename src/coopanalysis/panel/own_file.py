"""A user's own table joined to counties: each row to the county it names, or refused by row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from coopanalysis.catalog.column import Column
from coopanalysis.errors import DataError, UsageError
from coopanalysis.panel.joins import JoinLog
from coopanalysis.panel.own_cells import Cells, no_column, typed
from coopanalysis.panel.own_codes import KEY, Counties, find_codes


@dataclass(frozen=True)
class OwnFile:
    """What became of a user's table.

    Attributes
    ----------
    name : str
        Name of the file; "table" for a DataFrame.
    sha256 : str
        Of the file; empty for a DataFrame.
    rows_in, rows_joined : int
        Rows of the file, and those whose county is in the frame.
    counties_without : int
        Counties of the frame without a row; their values are missing.
    mended : mapping
        Number of codes or names by what was mended; a code can be in two.
    columns : mapping
        What each column that was joined holds, by its name.
    """

    name: str
    sha256: str
    rows_in: int
    rows_joined: int
    counties_without: int
    mended: Mapping[str, int]
    columns: Mapping[str, str]

    def __repr__(self) -> str:
        return self.sentence

    @property
    def sentence(self) -> str:
        """The same in words."""
        title = f"{self.name} (SHA-256 {self.sha256[:12]})" if self.sha256 else f"Your {self.name}"
        counties = self.rows_joined + self.counties_without
        parts = [f"{title}: {self.rows_joined:,} of {self.rows_in:,} rows joined"]
        if self.rows_in > self.rows_joined:
            parts.append(f"{self.rows_in - self.rows_joined:,} are about other counties")
        without = f"{self.counties_without:,} of {counties:,} counties have no row and stay missing"
        parts.append(without if self.counties_without else f"all {counties:,} counties have a row")
        parts += [f"mended: {count:,} {how}" for how, count in self.mended.items()]
        columns = ", ".join(f"{name} ({kind})" for name, kind in self.columns.items())
        return f"{'; '.join(parts)}. Columns: {columns}."


def join_own(
    counties: Counties,
    cells: Cells,
    *,
    on: str = KEY,
    state: str | None = None,
    columns: Sequence[str] | Mapping[str, str] | None = None,
) -> tuple[pd.DataFrame, OwnFile]:
    """Join columns of a user's table to counties (left, 1:1), as `Panel.join` says it."""
    _check_frame(counties.frame)
    names = _names(cells, [on] if state is None else [on, state], columns)
    _check_names(names, counties.frame, cells)
    codes, mended = find_codes(cells, counties, on, state)
    values = {new: typed(cells.frame[old], cells) for old, new in names.items()}
    table = pd.DataFrame({KEY: codes} | {name: column for name, (column, _) in values.items()})
    log = JoinLog()
    joined = log.left_join(counties.frame, table, [KEY], ("the counties", cells.where))
    joined.index = counties.frame.index
    met = log.records[0]["both"]
    if not met:
        raise DataError(
            cells.where,
            f"none of its {len(table):,} counties is among the {len(joined):,} to be joined to",
            "Look whether it is about these states, and whether the release is the one you mean.",
        )
    kinds = {name: kind for name, (_, kind) in values.items()}
    counts = (len(table), met, log.records[0]["left_only"])
    return joined, OwnFile(cells.name, cells.sha256, *counts, mended, kinds)


def own_columns(
    own: OwnFile,
    words: Mapping[str, str] | None = None,
    units: Mapping[str, str] | None = None,
    labels: Mapping[str, str] | None = None,
) -> dict[str, Column]:
    """Declare the columns of a user's table, by name, so that results can be said in words.

    `words` say what counties do that have a 1 there ("elect their sheriff"). By default a label is
    the name with spaces.
    """
    source = f"your file {own.name}" if own.sha256 else "your table"
    given = {"words": words or {}, "units": units or {}, "labels": labels or {}}
    for argument, texts in given.items():
        strange = [name for name in texts if name not in own.columns]
        if strange:
            raise UsageError(
                f"{argument} speaks of {', '.join(map(repr, strange))}, which is no column joined "
                f"from {own.name}. Joined: {', '.join(own.columns)}."
            )
    declared = {}
    for name, kind in own.columns.items():
        label = name.replace("_", " ")
        label = given["labels"].get(name, label[:1].upper() + label[1:])
        unit = given["units"].get(name, kind if kind == "0 or 1" else "")
        declared[name] = own_column(name, label, unit, given["words"].get(name, ""), source)
    return declared


def own_column(
    name: str, label: str, unit: str, phrase: str, source: str, without: str = ""
) -> Column:
    """Declare a column of the user's own; without a phrase, counties have what a flag is called."""
    allowed = (0, 1) if unit == "0 or 1" else ()
    said = phrase or (f"have '{label}'" if allowed else "")
    own = Column(name, "float64", unit, label, source, True, allowed=allowed, label=label)
    return replace(own, phrase=said, without=without)


def _check_frame(frame: pd.DataFrame) -> None:
    if KEY not in frame:
        raise UsageError(f"The frame to be joined to has no column {KEY!r}.")
    repeated = int(frame[KEY].duplicated().sum())
    if repeated:
        raise UsageError(
            f"The frame to be joined to has {repeated:,} rows more than counties. Join to one row "
            "per county: choose a year first."
        )


def _names(
    cells: Cells, keys: Sequence[str], columns: Sequence[str] | Mapping[str, str] | None
) -> dict[str, str]:
    """Name in the frame of each column to be joined, by its header."""
    found = list(cells.frame.columns)
    if columns is None:
        names = {name: name for name in found if name not in keys}
    elif isinstance(columns, Mapping):
        names = dict(columns)
    else:
        wanted = [columns] if isinstance(columns, str) else columns
        names = {name: name for name in wanted}
    for name in [*keys, *names]:
        if name not in found:
            raise no_column(cells.where, name, found)
        if found.count(name) > 1:
            raise UsageError(f"{cells.where} has more than one column {name!r}. Rename one.")
    if not names:
        raise UsageError(f"{cells.where} has no column beside {' and '.join(keys)} to be joined.")
    return names


def _check_names(names: Mapping[str, str], frame: pd.DataFrame, cells: Cells) -> None:
    taken = [old for old, new in names.items() if new in frame.columns]
    unfit = [old for old, new in names.items() if not new.isidentifier()]
    for olds, problem in (
        (taken, "is in the frame already (run the cell that loads it first, if this one ran)"),
        (unfit, "cannot stand in a formula: letters, digits and _ can"),
    ):
        if olds:
            raise UsageError(
                f"{cells.where}: the column {names[olds[0]]!r} {problem}. Choose another name, "
                f'columns={{{olds[0]!r}: "my_name", ...}}, or name only the columns to take.'
            )
    if len(set(names.values())) < len(names):
        raise UsageError(f"{cells.where}: two columns would have one name. Choose another.")
