"""Columns of one row held against each other, as the catalog declares them for a layout."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from coopanalysis.catalog.raw_columns import RATIO_TOLERANCE, Check, Difference, Parts, Ratio
from coopanalysis.catalog.reject_reasons import CONTRADICTED
from coopanalysis.sources.table import TextTable

_BINARY = 1e-6
"""What decimal fractions are off by as binary ones."""


def reject_contradictions(table: TextTable, checks: Sequence[Check]) -> None:
    """Reject the rows whose columns contradict each other, of `catalog.raw_columns.CROSS_CHECKS`.

    A check is made only where the file has its columns. Differences may have either sign:
    editions of one file do.
    """
    for check in checks:
        if isinstance(check, Parts):
            _reject_other_sums(table, check)
            continue
        if check.column not in table.columns:
            continue
        said = table.number(check.column)
        if isinstance(check, Difference):
            counted = (table.number(check.first) - table.number(check.second)).abs()
            wrong = (said.abs() - counted).abs() > 0
        else:
            wrong = _apart(table, check, said) > RATIO_TOLERANCE
        table.reject(wrong, f"{CONTRADICTED}: {check.column} is not what the counts give")


def _reject_other_sums(table: TextTable, check: Parts) -> None:
    if not {*check.columns} <= {*table.columns}:
        return
    parts = pd.DataFrame({name: table.number(name) for name in check.columns}).sum(axis=1)
    whole = table.number(check.whole) if isinstance(check.whole, str) else check.whole
    room = check.rounded * len(check.columns) + _BINARY
    names = ", ".join(check.columns)
    table.reject((parts - whole).abs() > room, f"{CONTRADICTED}: {names} do not add up")


def _apart(table: TextTable, check: Ratio, said: pd.Series) -> pd.Series:
    """How far a column is from the ratio of its counts; a ratio of nothing is 0."""
    part, whole = table.number(check.part), table.number(check.whole)
    if check.less:
        part = part - table.number(check.less)
    ratio = (part / whole.where(whole > 0)).fillna(0)
    apart = (said - ratio).abs()
    return apart.where(apart < (said + ratio).abs(), (said + ratio).abs()) if check.less else apart
