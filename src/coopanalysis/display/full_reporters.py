"""The same models among counties all of whose agencies reported, in a column beside all."""

from __future__ import annotations

import pandas as pd

from coopanalysis.display.sentences import format_count, is_missing
from coopanalysis.display.tables import ColumnFormat
from coopanalysis.display.tallies import scaled
from coopanalysis.display.words import with_interval

FULL = "full_reporters"
FULL_COLUMN = {FULL: ColumnFormat("Full reporters only (counties)", kind="written")}
UNKNOWN = "cannot be estimated"


def beside_full_reporters(
    table: pd.DataFrame, again: pd.DataFrame | None, scale: float
) -> pd.DataFrame:
    """Add to estimates those of the same models among full reporters, written out.

    Parameters
    ----------
    table : DataFrame
        `label` and result columns.
    again : DataFrame or None
        The same of full reporters, in the model's unit; a model that is missing there has none.
        None, where they are all there are, adds nothing.
    scale : float
        What turns an estimate into the unit of the table.
    """
    if again is None:
        return table
    rows = {str(row["label"]): row for _, row in scaled(again, scale).iterrows()}
    return table.assign(**{FULL: [_written(rows.get(str(label))) for label in table["label"]]})


def _written(row: pd.Series | None) -> str:
    if row is None or is_missing(row["estimate"]):
        return UNKNOWN
    return f"{with_interval(row)}; {format_count(row['n_obs'])}"
