"""Two ICE lists compared: what started, ended, was renamed or relabelled between them."""

from __future__ import annotations

from typing import Literal, get_args

import pandas as pd

from coopanalysis.clean.agreements import agency_key
from coopanalysis.errors import DataError

Change = Literal["same", "retyped", "renamed", "started", "ended"]
CHANGES: tuple[Change, ...] = get_args(Change)

COMPARED = ["agency", "agency_type", "county_fips", "signed_date", "source_row"]
_SAME_NAME = ["state_fips", "agency_key", "support_type"]
_SAME_AGREEMENT = ["state_fips", "county_fips", "support_type", "signed_date"]


def compare_lists(earlier: pd.DataFrame, later: pd.DataFrame) -> pd.DataFrame:
    """Compare two lists of one kind, agreement by agreement.

    An agreement is known again by state, name of the agency (without punctuation and case)
    and support type. One whose name is gone is called renamed only if exactly one new name
    has the same county, support type and day of signing; names are never compared by
    likeness. An agreement that ended may have been renamed in a way that this cannot see.

    One row per agreement: `change`, and the columns `COMPARED` of each list with the suffixes
    `_earlier` and `_later`, missing on the side where there is no such row.
    """
    _check_pair(earlier, later)
    left, right = _keyed(earlier), _keyed(later)
    joined = left.merge(
        right, on=_SAME_NAME, how="outer", suffixes=("_earlier", "_later"), validate="1:1",
        indicator=True,
    )  # fmt: skip
    both = joined[joined["_merge"] == "both"]
    types = both[["agency_type_earlier", "agency_type_later"]].fillna("")
    retyped = types["agency_type_earlier"] != types["agency_type_later"]
    kept = both.assign(change=retyped.map({True: "retyped", False: "same"}))
    renamed = _renamed(
        left[left["source_row"].isin(_rows(joined, "left_only", "earlier"))],
        right[right["source_row"].isin(_rows(joined, "right_only", "later"))],
    )
    is_renamed = joined["source_row_earlier"].isin(renamed["source_row_earlier"]) | joined[
        "source_row_later"
    ].isin(renamed["source_row_later"])
    ended = joined[(joined["_merge"] == "left_only") & ~is_renamed].assign(change="ended")
    started = joined[(joined["_merge"] == "right_only") & ~is_renamed].assign(change="started")
    columns = [f"{name}_{side}" for side in ("earlier", "later") for name in COMPARED]
    table = pd.concat([kept, renamed, started, ended], ignore_index=True)
    table = table[["change", "state_fips", "support_type", *columns]]
    rows = dict.fromkeys(("source_row_earlier", "source_row_later"), "Int64")
    order = ["state_fips", "agency_earlier", "agency_later", "support_type"]
    return table.astype({"change": "str", **rows}).sort_values(order, ignore_index=True)


def _check_pair(earlier: pd.DataFrame, later: pd.DataFrame) -> None:
    for name, frame in (("earlier", earlier), ("later", later)):
        lists = frame["source"].drop_duplicates()
        if len(lists) != 1:
            raise DataError(
                f"{name} list",
                f"holds rows of {len(lists)} lists",
                "Select the rows of one list by `source`.",
            )
    kinds = {*earlier["list_kind"], *later["list_kind"]}
    days = earlier["list_date"].iloc[0], later["list_date"].iloc[0]
    if len(kinds) > 1 or days[0] > days[1]:
        raise DataError(
            "two lists",
            f"of kinds {sorted(kinds)} and days {days[0]:%Y-%m-%d}, {days[1]:%Y-%m-%d} "
            "cannot be compared",
            "Compare two lists of one kind, the earlier one first.",
        )


def _keyed(rows: pd.DataFrame) -> pd.DataFrame:
    """One row per agreement; where a list repeats one, the first."""
    keyed = rows.assign(agency_key=agency_key(rows["agency"]))
    return keyed.drop_duplicates(_SAME_NAME)[[*_SAME_NAME, *COMPARED]]


def _rows(joined: pd.DataFrame, side: str, suffix: str) -> pd.Series:
    return joined.loc[joined["_merge"] == side, f"source_row_{suffix}"]


def _renamed(gone: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """Pair names that are gone with new ones where county, model and day leave one choice."""
    gone, new = (
        rows.dropna(subset=_SAME_AGREEMENT).drop_duplicates(_SAME_AGREEMENT, keep=False)
        for rows in (gone, new)
    )
    pairs = gone.merge(new, on=_SAME_AGREEMENT, suffixes=("_earlier", "_later"), validate="1:1")
    return pairs.assign(
        change="renamed",
        **{
            f"{name}_{side}": pairs[name]
            for name in ("county_fips", "signed_date")
            for side in ("earlier", "later")
        },
    )
