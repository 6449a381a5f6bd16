"""Merge tables by county and keep a record of what did not meet; stack tables of a kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import pandas as pd

from coopanalysis.catalog.column import Column, Table
from coopanalysis.errors import DataError
from coopanalysis.schema import conform

Validate = Literal["1:1", "m:1"]
SHOWN_KEYS = 20


@dataclass
class JoinLog:
    """Merges made so far: how many keys met, how many did not, and the first of those."""

    records: list[dict[str, Any]] = field(default_factory=list)

    def left_join(
        self,
        left: pd.DataFrame,
        right: pd.DataFrame,
        key: Sequence[str],
        names: tuple[str, str],
        validate: Validate = "1:1",
    ) -> pd.DataFrame:
        """Return `left` with the columns of `right`; rows of `right` alone are logged, not kept.

        Raises `DataError` with the first keys that repeat if `validate` does not hold.
        """
        keys = list(key)
        try:
            merged = left.merge(right, how="left", on=keys, validate=validate, indicator="_met")
        except pd.errors.MergeError as error:
            repeated = right.loc[right.duplicated(keys, keep=False), keys].drop_duplicates()
            raise DataError(
                f"join of {names[0]} with {names[1]} ({validate} by {', '.join(keys)})",
                f"{len(repeated)} keys repeat in {names[1]}, first {_keys(repeated, 5)}",
                "Each key may stand there once; set the surplus rows aside in the reader.",
            ) from error
        met = merged["_met"] == "both"
        right_only = _not_in(right[keys], left[keys])
        left_only = merged.loc[~met, keys]
        self.records.append(
            {
                "left": names[0],
                "right": names[1],
                "key": keys,
                "validate": validate,
                "both": int(met.sum()),
                "left_only": len(left_only),
                "right_only": len(right_only),
                "left_only_keys": _keys(left_only, SHOWN_KEYS),
                "right_only_keys": _keys(right_only, SHOWN_KEYS),
            }
        )
        return merged.drop(columns="_met")

    def left_join_optional(
        self,
        left: pd.DataFrame,
        right: pd.DataFrame | None,
        columns: Sequence[Column],
        key: Sequence[str],
        names: tuple[str, str],
    ) -> pd.DataFrame:
        """Join columns of a file that a release may lack (1:1); without it they are missing."""
        if right is not None:
            wanted = [*key, *(column.name for column in columns)]
            return self.left_join(left, right[wanted], key, names)
        return left.assign(
            **{c.name: pd.Series(None, index=left.index, dtype=c.dtype) for c in columns}
        )


def _not_in(keys: pd.DataFrame, others: pd.DataFrame) -> pd.DataFrame:
    wanted = pd.MultiIndex.from_frame(keys)
    return keys[~wanted.isin(pd.MultiIndex.from_frame(others))].drop_duplicates()


def _keys(keys: pd.DataFrame, count: int) -> list[str]:
    rows = keys.head(count).itertuples(index=False, name=None)
    return ["/".join(map(str, row)) for row in rows]


def stack_rows(frames: Sequence[pd.DataFrame], table: Table) -> pd.DataFrame:
    """Put frames together to a declared table; without any it has its columns and no row."""
    empty = {column.name: pd.Series(dtype=column.dtype) for column in table.columns}
    together = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(empty)
    return conform(together, table)
