"""Check a table against its declaration, and report every failure at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from coopanalysis.catalog.column import Column, Table
from coopanalysis.errors import BuildError, CoopError, DataError, format_fields

_BUILDER = "Declare each column in catalog/columns/, or mend the code that builds the table."


def conform(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    """Declared columns in order and with their declared types; `DataError` if some are not there.

    Columns that nobody declared are an error as well.
    """
    declared = [column.name for column in table.columns]
    missing = [name for name in declared if name not in frame]
    extra = [str(name) for name in frame if name not in declared]
    if missing or extra:
        raise DataError(
            f"table {table.name}",
            f"columns: {format_fields(missing, extra)}",
            _BUILDER,
        )
    types = {column.name: column.dtype for column in table.columns}
    return frame[declared].astype(types).reset_index(drop=True)


def check_table(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    """Check columns, types, missing and allowed values, bounds, patterns and the key.

    Returns the frame, or raises a `BuildError` with one `DataError` for each column and rule
    broken, naming the first rows.
    """
    failures = list(_failures(frame, table))
    if failures:
        raise BuildError(
            f"table {table.name} breaks its declaration",
            failures,
            "Correct the raw rows through corrections.toml, or the declaration in "
            "catalog/columns/ if it is wrong.",
        )
    return frame


def check_tables(frames: Mapping[str, pd.DataFrame], tables: Mapping[str, Table]) -> None:
    """Check every table, and report the failures of all of them together."""
    failures: list[CoopError] = []
    for name, frame in frames.items():
        try:
            check_table(frame, tables[name])
        except BuildError as error:
            failures += error.failures
    if failures:
        raise BuildError("tables", failures, "")


def _failures(frame: pd.DataFrame, table: Table) -> Iterator[DataError]:
    """Every rule that does not hold; of a table with other columns, those of all it has."""
    found, declared = list(frame), [column.name for column in table.columns]
    if found != declared:
        yield DataError(
            f"table {table.name}",
            f"has the columns {found}, and is declared with {declared}",
            _BUILDER,
        )
    rules: list[tuple[str, str, pd.Series[bool]]] = []
    for column in table.columns:
        if found.count(column.name) != 1:
            continue
        values = frame[column.name]
        if values.dtype == column.dtype:
            rules += ((column.name, rule, bad) for rule, bad in _verdicts(values, column))
        else:
            yield DataError(
                f"table {table.name}, column {column.name}",
                f"is of type {values.dtype}, and is declared as {column.dtype}",
                _BUILDER,
            )
    key = [name for name in table.key if found.count(name) == 1]
    if key:
        rules.append((key[0], f"{', '.join(key)} does not repeat", frame.duplicated(key)))
    for name, rule, broken in rules:
        bad = broken.index[broken]
        if len(bad):
            yield DataError(
                f"table {table.name}, column {name}",
                f"{len(bad)} values break the rule '{rule}': "
                f"{', '.join(dict.fromkeys(map(repr, frame.loc[bad[:5], name].tolist())))}; "
                f"keys {frame.loc[bad[:5], key].to_dict('records')}",
                "See the source named for this column in the data dictionary.",
            )


def _verdicts(values: pd.Series[Any], column: Column) -> Iterator[tuple[str, pd.Series[bool]]]:
    """Each rule of a column in words, and which of its values break it."""
    known = values.dropna()
    if not column.nullable:
        yield "not missing", values.isna()
    if column.allowed:
        yield f"one of {', '.join(map(str, column.allowed))}", ~known.isin(column.allowed)
    if column.minimum is not None:
        yield f"{column.minimum:g} or more", known < column.minimum
    if column.maximum is not None:
        yield f"{column.maximum:g} or less", known > column.maximum
    if column.pattern:
        yield f"matches {column.pattern}", ~known.str.match(column.pattern).astype(bool)
