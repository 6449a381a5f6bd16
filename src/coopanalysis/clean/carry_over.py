"""Carry sums and means from the county list of one year to that of another.

Where the shares are known, a sum carried over is the same sum. Where they are not, the counties
concerned are refused by name, or dropped by name if asked; nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from coopanalysis.clean.vintages import Vintages, check_codes, crosswalk
from coopanalysis.errors import DataError

CODE = "county_fips"


@dataclass(frozen=True)
class Carried:
    """Rows carried over and rows that could not be.

    Attributes
    ----------
    frame : DataFrame
        One row per unit of the new list (and key of `by`): the key, `county_fips`, the values,
        `county_vintage` (year of the new list) and `is_carried` (true if the value was made from
        units of another code or from several).
    dropped : DataFrame
        Rows of the input that are in no row of `frame`, with `reason`. Sums of the input are
        sums of `frame` plus sums of `dropped`.
    """

    frame: pd.DataFrame
    dropped: pd.DataFrame


def carry_sums(
    frame: pd.DataFrame,
    values: Sequence[str],
    from_year: int,
    to_year: int,
    vintages: Vintages,
    *,
    by: Sequence[str] = (),
    on_unknown: Literal["refuse", "drop"] = "refuse",
) -> Carried:
    """Spread counts over the units of another county list, by shares of residents.

    Each key of `by`, such as year or subgroup, is carried over on its own. Whole-number columns
    stay whole: the largest remainders are rounded up. A missing value makes the units it is spread
    over missing. `on_unknown` says what to do with units whose shares are not known, or that
    exchange residents with a unit the frame lacks.

    Raises
    ------
    DataError
        If a code is not in the list of `from_year`; if a county repeats within `by`; or, with
        "refuse", if counties cannot be carried over: names them, the change and the reason.
    """
    keys = [*by, CODE]
    _check_rows(frame, keys, from_year, vintages)
    links = crosswalk(from_year, to_year, vintages)
    rows = frame[[*keys, *values]].reset_index(drop=True)
    reason = _unusable(rows, links, list(by), vintages)
    bad = reason.notna()
    if bad.any() and on_unknown == "refuse":
        raise _refusal(rows.loc[bad], reason[bad], (from_year, to_year), vintages)
    dropped = rows.loc[bad].assign(reason=reason[bad].astype("str")).reset_index(drop=True)
    parts = rows.loc[~bad].merge(
        links[["from_fips", "to_fips", "share"]],
        left_on=CODE,
        right_on="from_fips",
        validate="m:m",
    )
    for value in values:
        parts[value] = _spread(parts, value, [*by, "from_fips"])
    return Carried(_gather(parts, list(by), list(values), to_year), dropped)


def _check_rows(frame: pd.DataFrame, keys: list[str], year: int, vintages: Vintages) -> None:
    where = f"carry-over from the county list of {year}"
    check_codes(frame[CODE], year, vintages, where)
    repeated = frame.duplicated(keys)
    if repeated.any():
        first = frame.loc[repeated, keys].head(3).to_dict("records")
        raise DataError(
            where,
            f"{int(repeated.sum())} rows repeat a county within {keys}, first {first}",
            "Name all the keys in `by`, or add the rows up.",
        )


def _unusable(
    rows: pd.DataFrame, links: pd.DataFrame, by: list[str], vintages: Vintages
) -> pd.Series:
    """Reason why a row cannot be carried over; missing where it can."""
    group = links.groupby("from_fips")["group"].first()
    unknown = set(links.loc[links["share"].isna(), "group"])
    needed = group.value_counts()
    own = rows[CODE].map(group)
    present = rows.assign(_group=own).groupby([*by, "_group"])[CODE].transform("count")
    reason = pd.Series(pd.NA, index=rows.index, dtype="object")
    incomplete = present < own.map(needed)
    for number in own[incomplete].unique():
        absent = _missing_members(number, group, rows)
        reason[incomplete & own.eq(number)] = f"exchanges residents with {absent}, not in the rows"
    for number in own[own.isin(unknown)].unique():
        change = str(links.loc[links["group"].eq(number), "change_ids"].max()).split(";")[0]
        basis = vintages.changes.loc[vintages.changes["change_id"].eq(change), "basis"].iloc[0]
        reason[own.eq(number)] = f"{change}: {basis}"
    return reason


def _missing_members(number: int, group: pd.Series, rows: pd.DataFrame) -> str:
    members = set(group.index[group.eq(number)])
    return (
        ", ".join(sorted(members - set(rows[CODE]))) or "a unit that is there for other keys only"
    )


def _refusal(
    rows: pd.DataFrame, reason: pd.Series, years: tuple[int, int], vintages: Vintages
) -> DataError:
    named = dict.fromkeys(zip(rows[CODE], reason, strict=True))
    shown = "; ".join(
        f"{code} {vintages.names.get(code, '')} ({why})" for code, why in list(named)[:6]
    )
    more = f" and {len(named) - 6} more" if len(named) > 6 else ""
    return DataError(
        f"carry-over from the county list of {years[0]} to that of {years[1]}",
        f"{len(named)} counties cannot be carried over: {shown}{more}",
        "Stay on one side of the change, add the missing counties or the shares to "
        "county_changes.csv, or pass on_unknown='drop' to leave them out by name.",
    )


def _spread(parts: pd.DataFrame, value: str, source: list[str]) -> pd.Series:
    whole = parts[value]
    if not pd.api.types.is_integer_dtype(whole.dtype):
        return whole * parts["share"]
    amount = whole.astype("Int64")
    exact = amount.astype("Float64") * parts["share"]
    floor = (exact + 1e-9).floordiv(1).astype("Int64")
    keys = [parts[name] for name in source]
    left = amount - floor.groupby(keys, dropna=False).transform("sum")
    order = (exact - floor.astype("Float64")).groupby(keys, dropna=False)
    rank = order.rank(method="first", ascending=False)
    return (floor + (rank <= left.astype("Float64")).fillna(False).astype("Int64")).where(
        amount.notna()
    )


def _gather(parts: pd.DataFrame, by: list[str], values: list[str], year: int) -> pd.DataFrame:
    keys = [*by, "to_fips"]
    parts = parts.assign(is_carried=parts["from_fips"] != parts["to_fips"])
    groups = parts.groupby(keys, sort=True, dropna=False)
    table = groups[values].sum()
    missing = parts[values].isna().groupby([parts[key] for key in keys], dropna=False).any()
    table = table.mask(missing.reindex(table.index))
    for value in values:
        if pd.api.types.is_integer_dtype(parts[value].dtype) and not missing[value].any():
            table[value] = table[value].astype("int64")
    table["county_vintage"] = year
    table["is_carried"] = groups["is_carried"].any() | groups.size().gt(1)
    return table.reset_index().rename(columns={"to_fips": CODE})
