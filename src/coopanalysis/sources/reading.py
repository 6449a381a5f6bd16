"""What a reader returns, and the law it obeys: rows in = rows kept + rows rejected."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

import pandas as pd

PROVENANCE_COLUMNS = ("source_file", "source_sheet", "source_row")
REJECT_COLUMNS = ("source", "file", "sheet", "row", "reason", "raw")


@dataclass(frozen=True)
class Reading:
    """Rows of one raw file: those kept and those rejected, none lost.

    Attributes
    ----------
    source : str
        Id of the source, or the file name where it has none.
    frame : DataFrame
        Rows kept, typed, each with `source_file`, `source_sheet` and `source_row` (1-based,
        as a person sees it in the file).
    rejects : DataFrame
        Rows not kept: `source, file, sheet, row, reason, raw` (the raw values as JSON text).
    rows_in : int
        Data rows in the file, before any judgement.
    codes_mended : int
        Rows kept whose code had lost leading zeros, which a reader put back.
    addresses_left_out : int
        Addresses of documents that were stated and are not kept, for what they hold or are.

    Raises
    ------
    ValueError
        If rows in are not rows kept plus rows rejected.
    """

    source: str
    frame: pd.DataFrame
    rejects: pd.DataFrame
    rows_in: int
    codes_mended: int = 0
    addresses_left_out: int = 0

    def __post_init__(self) -> None:
        if self.rows_in != self.rows_kept + self.rows_rejected:
            raise ValueError(
                f"{self.source}: {self.rows_in} rows in, but {self.rows_kept} kept and "
                f"{self.rows_rejected} rejected."
            )

    @property
    def rows_kept(self) -> int:
        """Number of rows kept."""
        return len(self.frame)

    @property
    def rows_rejected(self) -> int:
        """Number of rows rejected."""
        return len(self.rejects)

    def reject(self, reasons: pd.Series, raw_columns: list[str]) -> Reading:
        """Return a reading without the rows that have a reason against them.

        Parameters
        ----------
        reasons : Series of str, indexed like `frame`
            The reason a row cannot be used; missing where it can.
        raw_columns : list of str
            Columns of `frame` kept in the rejects as the raw values.
        """
        bad = reasons.notna()
        if not bad.any():
            return self
        rows = self.frame.loc[bad]
        rejected = rejects_frame(self.source, rows, reasons[bad], rows[raw_columns])
        return replace(
            self,
            frame=self.frame.loc[~bad].reset_index(drop=True),
            rejects=pd.concat([self.rejects, rejected], ignore_index=True),
        )


def empty_rejects() -> pd.DataFrame:
    """Return a rejects table without rows."""
    return _NO_REJECTS.copy()


_NO_REJECTS = pd.DataFrame(
    {name: pd.Series(dtype="int64" if name == "row" else "str") for name in REJECT_COLUMNS}
)


def rejects_frame(
    source: str, rows: pd.DataFrame, reasons: pd.Series, raw: pd.DataFrame
) -> pd.DataFrame:
    """Lay out rejected rows, with their raw values as JSON text; null where one is missing."""
    records = raw.astype("object").where(raw.notna(), None).to_dict("records")
    values = (
        source,
        *(rows[name].to_numpy() for name in PROVENANCE_COLUMNS),
        reasons.to_numpy(),
        [json.dumps(record, default=str, ensure_ascii=False) for record in records],
    )
    table = pd.DataFrame(dict(zip(REJECT_COLUMNS, values, strict=True)))
    return table.astype(_NO_REJECTS.dtypes)
