"""Counts by two groupings, each with its share of the column: a table for any crosstab."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from coopanalysis.display.html import Output
from coopanalysis.display.page import left_out
from coopanalysis.display.tables import ColumnFormat, show_table


def show_crosstab(
    counts: pd.DataFrame,
    *,
    caption: str,
    rows: str,
    counted: str,
    labels: Mapping[str, str] | None = None,
    note: str = "",
    source: str = "",
) -> Output:
    """Show counts, and beside each its share of the column.

    Parameters
    ----------
    counts : DataFrame
        As `pandas.crosstab` gives it: one row per kind, one column per group, counts.
    caption, note, source : str
        As for `show_table`.
    rows : str
        Heading of the kinds.
    counted : str
        What is counted: "counties", "agencies".
    labels : mapping, optional
        Words for kinds and groups; their own names otherwise.

    Returns
    -------
    Output
        A line for the list of what is left out, where there is nothing to count.
    """
    if counts.empty:
        return left_out(f"no {counted} to count: {caption}")
    words = dict(labels or {})
    table = pd.DataFrame({"kind": [words.get(str(name), str(name)) for name in counts.index]})
    columns: dict[str, ColumnFormat | str] = {"kind": rows}
    for group in counts:
        values, heading = counts[group].to_numpy(), words.get(str(group), str(group))
        table[f"{group}_count"], table[f"{group}_share"] = values, values / max(values.sum(), 1)
        columns[f"{group}_count"] = ColumnFormat(f"{heading}: {counted}", kind="count")
        columns[f"{group}_share"] = ColumnFormat(f"{heading}: share", kind="share")
    return show_table(table, caption=caption, note=note, source=source, columns=columns)
