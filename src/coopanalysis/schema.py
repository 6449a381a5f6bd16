"""Check a table against its declaration, and report every failure at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from coopanalysis.catalog.column import Column, Table
from coopanalysis.errors import BuildError, CoopError, DataError, format_fields

if TYPE_CHECKING:
    import pandera.pandas as pa


def conform(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    """Return the declared columns in order and with their declared types.

    Raises
    ------
    DataError
        If columns are missing or there are some that nobody declared.
    """
    declared = [column.name for column in table.columns]
    missing = [name for name in declared if name not in frame]
    extra = [str(name) for name in frame if name not in declared]
    if missing or extra:
        raise DataError(
            f"table {table.name}",
            f"columns: {format_fields(missing, extra)}",
            "Declare each column in catalog/columns/, or mend the code that builds the table.",
        )
    types = {column.name: column.dtype for column in table.columns}
    return frame[declared].astype(types).reset_index(drop=True)


def check_table(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    """Check types, bounds, allowed values, missing values and the key; return the frame.

    pandera names what is broken; a notebook that reads a table in which all holds need not wait
    for its import, which takes longer than most cells.

    Raises
    ------
    BuildError
        With one `DataError` for each column and rule broken, naming the first rows.
    """
    if keeps_all_rules(frame, table):
        return frame
    from pandera.errors import SchemaErrors  # noqa: PLC0415  (slow; only failures need it)

    try:
        _pandera_schema(table).validate(frame, lazy=True)
    except SchemaErrors as error:
        failures = _failures(error.failure_cases, frame, table)
        raise BuildError(
            f"table {table.name} breaks its declaration",
            failures,
            "Correct the raw rows through corrections.toml, or the declaration in "
            "catalog/columns/ if it is wrong.",
        ) from error
    return frame


def keeps_all_rules(frame: pd.DataFrame, table: Table) -> bool:
    """Whether a table is as declared; the same answer as pandera's, without the reasons."""
    return (
        list(frame) == [column.name for column in table.columns]
        and all(_keeps_rules(frame[column.name], column) for column in table.columns)
        and not frame.duplicated(list(table.key)).any()
    )


def _keeps_rules(values: pd.Series[Any], column: Column) -> bool:
    known = values.dropna()
    return bool(
        values.dtype == column.dtype
        and (column.nullable or len(known) == len(values))
        and (not column.allowed or known.isin(column.allowed).all())
        and (column.minimum is None or (known >= column.minimum).all())
        and (column.maximum is None or (known <= column.maximum).all())
        and (not column.pattern or known.str.match(column.pattern).all())
    )


def _pandera_schema(table: Table) -> pa.DataFrameSchema:
    import pandera.pandas as pa  # noqa: PLC0415  (slow; only failures need it)

    columns = {column.name: _pandera_column(column) for column in table.columns}
    return pa.DataFrameSchema(columns, unique=list(table.key), strict=True, ordered=True)


def _pandera_column(column: Column) -> pa.Column:
    import pandera.pandas as pa  # noqa: PLC0415  (slow; only failures need it)

    checks = []
    if column.allowed:
        checks.append(pa.Check.isin(column.allowed))
    if column.minimum is not None:
        checks.append(pa.Check.ge(column.minimum))
    if column.maximum is not None:
        checks.append(pa.Check.le(column.maximum))
    if column.pattern:
        checks.append(pa.Check.str_matches(column.pattern))
    return pa.Column(column.dtype, checks, nullable=column.nullable)


def _failures(cases: pd.DataFrame, frame: pd.DataFrame, table: Table) -> list[CoopError]:
    failures: list[CoopError] = []
    for (column, check), group in cases.groupby(["column", "check"], dropna=False, sort=False):
        rows = [int(index) for index in group["index"].dropna().unique()]
        keys = frame.loc[rows[:5], list(table.key)].to_dict("records") if rows else []
        values = list(dict.fromkeys(map(repr, group["failure_case"].head(5))))
        failures.append(
            DataError(
                f"table {table.name}, column {column}",
                f"{len(rows) or len(group)} values break the rule {check}: "
                f"{', '.join(values)}; keys {keys}",
                "See the source named for this column in the data dictionary.",
            )
        )
    return failures
