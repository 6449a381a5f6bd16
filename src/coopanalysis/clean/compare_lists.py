"""Two ICE lists compared: what started, ended, was renamed or relabelled between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd

from coopanalysis.catalog.corrections import AgencyAlias
from coopanalysis.clean.agreement_spells import number_agreements
from coopanalysis.clean.agreements import agency_key
from coopanalysis.errors import DataError, UsageError

Change = Literal["same", "retyped", "renamed", "started", "ended"]

COMPARED = ["agency", "agency_type", "county_fips", "signed_date", "source_row"]


def compare_lists(
    earlier: pd.DataFrame, later: pd.DataFrame, aliases: Sequence[AgencyAlias] | None = None
) -> pd.DataFrame:
    """Compare two lists of one kind, agreement by agreement.

    An agreement is known again as in `agreement_spells`: through `aliases`, and through a new name
    where the facts leave one choice only. One that ended may have been renamed in a way that this
    cannot see; where the facts leave more than one choice, it is `unclear`.

    One row per agreement: `change`, `unclear`, and the columns `COMPARED` of each list with the
    suffixes `_earlier` and `_later`, missing on the side where there is no such row.
    """
    _check_pair(earlier, later)
    rows = pd.concat(
        [earlier.assign(list_number=0), later.assign(list_number=1)], ignore_index=True
    )
    rows["agency_key"] = agency_key(rows["agency"])
    rows["agreement"], unclear = number_agreements(rows, aliases)
    # Where a list repeats an agreement, a name of both lists stands for it, else its first row.
    on_both = rows.groupby(["agreement", "agency_key"])["list_number"].transform("nunique").eq(2)
    rows = rows.loc[on_both.sort_values(ascending=False, kind="stable").index]
    key = ["agreement", "state_fips", "support_type"]
    left, right = (
        rows[rows["list_number"] == number].drop_duplicates("agreement")[
            [*key, "agency_key", *COMPARED]
        ]
        for number in (0, 1)
    )
    table = left.merge(
        right, on=key, how="outer", suffixes=("_earlier", "_later"), validate="1:1", indicator=True
    )
    types = table[["agency_type_earlier", "agency_type_later"]]
    typed = types.notna().all(axis=1)
    changes: dict[Change, pd.Series] = {
        "ended": table["_merge"].eq("left_only"),
        "started": table["_merge"].eq("right_only"),
        "renamed": table["agency_key_earlier"].ne(table["agency_key_later"]),
        "retyped": typed & types["agency_type_earlier"].ne(types["agency_type_later"]),
    }
    table["change"] = np.select(list(changes.values()), list(changes), "same")
    columns = [f"{name}_{side}" for side in ("earlier", "later") for name in COMPARED]
    table["unclear"] = table["agreement"].isin(unclear)
    table = table[["change", "unclear", "state_fips", "support_type", *columns]]
    numbers = dict.fromkeys(("source_row_earlier", "source_row_later"), "Int64")
    order = ["state_fips", "agency_earlier", "agency_later", "support_type"]
    return table.astype({"change": "str", **numbers}).sort_values(order, ignore_index=True)


def list_of_day(listings: pd.DataFrame, day: str | pd.Timestamp) -> pd.DataFrame:
    """Rows of the latest list up to a day; `UsageError` if the lists begin later."""
    days = listings["list_date"]
    upto = days[days <= pd.Timestamp(day)]
    if upto.empty:
        raise UsageError(f"No list is of {day} or before. The first is of {days.min():%Y-%m-%d}.")
    return listings[days.eq(upto.max())]


def monthly_agreements(listings: pd.DataFrame) -> pd.DataFrame:
    """Count the rows of the last list of each month, by state and model.

    One row per month that has a list, state and support type on it; `counties_count` is missing
    where the list does not say which agencies are of a county.
    """
    month = listings["list_date"].dt.to_period("M").dt.start_time
    last = listings["list_date"] == listings.groupby(month)["list_date"].transform("max")
    of_county = listings["county_fips"].where(listings["agency_type"] == "county")
    key = ["month", "list_date", "state_fips", "support_type"]
    rows = listings.assign(month=month, of_county=of_county)[last]
    counts = rows.groupby(key, as_index=False).agg(
        agreements_count=("source_row", "size"), counties_count=("of_county", "nunique")
    )
    typed = set(listings.loc[listings["agency_type"].notna(), "list_date"])
    known = counts["list_date"].isin(typed)
    return counts.assign(counties_count=counts["counties_count"].astype("Int64").where(known))


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
