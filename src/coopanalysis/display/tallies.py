"""How many rows of a table of results say the same, and which of them says most."""

from __future__ import annotations

import pandas as pd

SCALED = ("estimate", "std_error", "conf_low", "conf_high")


def count_told(table: pd.DataFrame) -> int:
    """Rows whose interval leaves out zero."""
    return int(((table["conf_low"] > 0) | (table["conf_high"] < 0)).fillna(False).sum())


def row_with_largest(table: pd.DataFrame, values: pd.Series) -> pd.Series:
    """Row at the largest of the values, which stand in the order of the table."""
    return table.iloc[int(values.to_numpy().argmax())]


def scaled(table: pd.DataFrame, scale: float) -> pd.DataFrame:
    """Table with its estimates and their ends in another unit."""
    names = [name for name in SCALED if name in table]
    return table.assign(**{name: table[name].astype("Float64") * scale for name in names})


def scaled_row(row: pd.Series, scale: float) -> pd.Series:
    """Row with its estimate and the ends of its interval in another unit."""
    names = [name for name in SCALED if name in row]
    return row.copy() if scale == 1 else pd.concat([row.drop(names), row[names] * scale])
