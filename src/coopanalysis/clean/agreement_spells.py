"""Spells of 287(g) agreements: when each was first and last on ICE's lists, and how it left them.

A list says who is on it on one day. Between two lists nothing is seen, so a spell begins and
ends within a window of two days, never on one. What is not on the lists is not known to have
ended: lists lose rows for a fortnight, and agencies get new names.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd

from coopanalysis.catalog.corrections import AgencyAlias
from coopanalysis.catalog.tables import AGREEMENT_SPELLS
from coopanalysis.clean.agency_names import known_names
from coopanalysis.clean.agreements import agency_key
from coopanalysis.errors import DataError
from coopanalysis.schema import conform

LISTS_WITHOUT = 3
"""An agreement has left when so many lists in a row lack it: single lists lose rows."""
MOST_LACKING = 0.2
"""Largest share of what both neighbours hold that a list may lack."""

LookUp = Callable[[pd.DataFrame], pd.Series]

_AGREEMENT = ["state_fips", "agency_key", "support_type"]


def agreement_spells(
    agreements: pd.DataFrame,
    aliases: Sequence[AgencyAlias] | None = None,
    look_up: LookUp | None = None,
) -> pd.DataFrame:
    """Join the rows of any number of lists to one row per agreement and stretch on the lists.

    An agreement is known again by state, name of the agency (without punctuation and case) and
    support type, through another name that `aliases` says is the agency's (those of the corrections
    table of the project unless given), and through a new name where the facts leave one choice
    only: the old name's last list is before the new name's first, both have the same county,
    support type and day of signing, and no other name has them too. Names are never compared by
    likeness. Where a name with its model and day of signing goes on in another state, a cell was
    wrong, and no end is seen.

    The order of the rows does not matter. With fewer lists the windows are wider, spells run
    together and ends go unseen; no end is made, and one that is seen lies between the last list
    with the agreement and the third without it. That holds as long as names, counties and days of
    signing stand on the lists that are left, and none comes and goes from list to list.

    `look_up` finds the county of municipal agencies of which no list states one, by row.
    """
    _check_participating(agreements)
    rows = agreements.copy()
    days = sorted(rows["list_date"].unique())
    rows["list_number"] = rows["list_date"].map({day: at for at, day in enumerate(days)})
    rows["agreement"], unclear = number_agreements(rows, aliases)
    rows["spell"] = _number_spells(rows)
    rows = rows.sort_values(["list_number", "signed_date", "agency", "source_row"])
    spells = _describe(rows, days)
    spells["status"] = _status(spells, len(days), unclear)
    spells["switched_to"] = _switched_to(spells)
    no_county = spells["agency_type"].eq("municipality") & spells["county_fips"].isna()
    found = look_up(spells[no_county]) if look_up else pd.Series(dtype="str")
    spells["looked_up_county_fips"] = found.reindex(spells.index)
    wanted = spells[[column.name for column in AGREEMENT_SPELLS.columns]]
    return conform(
        wanted.sort_values(list(AGREEMENT_SPELLS.key), ignore_index=True), AGREEMENT_SPELLS
    )


def check_days(agreements: pd.DataFrame) -> list[DataError]:
    """Lists whose day cannot be right: they lack most of what the lists on both sides hold."""
    names = agreements["state_fips"] + agency_key(agreements["agency"]) + agreements["support_type"]
    held = names.groupby(agreements["list_date"]).agg(set).sort_index()
    sources = agreements.groupby("list_date")["source"].first()
    failures = []
    for day, before, now, after in zip(
        held.index[1:-1], held.iloc[:-2], held.iloc[1:-1], held.iloc[2:], strict=True
    ):
        both = before & after
        lacking = len(both - now)
        if lacking > MOST_LACKING * len(both):
            failures.append(
                DataError(
                    f"source '{sources[day]}'",
                    f"lacks {lacking:,} of the {len(both):,} agreements that are on the lists "
                    f"before and after its day, {day:%Y-%m-%d}",
                    "Its day is wrong (names of files have been), or the file is cut short: see "
                    "when its latest agreements were signed, and correct the day in the manifest.",
                )
            )
    return failures


def _check_participating(agreements: pd.DataFrame) -> None:
    pending = int(agreements["list_kind"].ne("participating").sum())
    undated = int(agreements["list_date"].isna().sum())
    if pending or undated:
        raise DataError(
            "agreement_spells",
            f"{pending} rows are of pending lists, {undated} have no day of their list",
            "Give rows of participating lists, each with its list_date.",
        )


def number_agreements(
    rows: pd.DataFrame, aliases: Sequence[AgencyAlias] | None = None
) -> tuple[pd.Series, set[int]]:
    """Number the agreements of rows of lists, through aliases and sure renamings too.

    Needs the `list_number` in order of days. Returns the number of each row's agreement, and of the
    agreements that may go on under a new name.
    """
    named = rows.assign(agency_key=known_names(rows, aliases))
    named["agreement"] = named.groupby(_AGREEMENT, sort=True).ngroup()
    pairs = _possible_renamings(named)
    olds, news = pairs["agreement"].value_counts(), pairs["agreement_new"].value_counts()
    sure = (
        pairs["same_county"]
        & pairs["agreement"].map(olds).eq(1)
        & pairs["agreement_new"].map(news).eq(1)
    )
    now = dict(zip(pairs.loc[sure, "agreement_new"], pairs.loc[sure, "agreement"], strict=True))
    joined = named["agreement"].map(lambda number: _earliest_name(number, now))
    unclear = pairs.loc[~sure, "agreement"].map(lambda number: _earliest_name(number, now))
    return joined, set(unclear)


def _possible_renamings(rows: pd.DataFrame) -> pd.DataFrame:
    """Pairs of names of which the second begins after the first is gone, with the same facts.

    Of several new names that follow each other, only those that begin first count. A name that goes
    on in another state is one too.
    """
    names = rows.groupby("agreement").agg(
        state_fips=("state_fips", "first"), support_type=("support_type", "first"),
        agency_key=("agency_key", "first"), county_fips=("county_fips", "first"),
        counties=("county_fips", "nunique"),
        first=("list_number", "min"), last=("list_number", "max"),
    )  # fmt: skip
    names["county_fips"] = names["county_fips"].where(names.pop("counties") == 1)
    signed = rows[["agreement", "signed_date"]].dropna().drop_duplicates()
    facts = signed.merge(names, left_on="agreement", right_index=True, validate="m:1")
    facts["state"] = facts["state_fips"]
    in_state, by_name = (
        facts.merge(
            facts, on=[same, "support_type", "signed_date"], suffixes=("", "_new"), validate="m:m"
        )
        for same in ("state_fips", "agency_key")
    )
    by_name = by_name[by_name["state"] != by_name["state_new"]].assign(elsewhere=True)
    pairs = pd.concat([in_state.assign(elsewhere=False), by_name], ignore_index=True)
    counties = pairs["county_fips"], pairs["county_fips_new"]
    pairs["same_county"] = counties[0].notna() & counties[0].eq(counties[1])
    is_open = counties[0].isna() | counties[1].isna() | pairs["elsewhere"]
    pairs = pairs[(pairs["same_county"] | is_open) & pairs["last"].lt(pairs["first_new"])]
    next_first = pairs.groupby("agreement")["first_new"].transform("min")
    prior_last = pairs.groupby("agreement_new")["last"].transform("max")
    pairs = pairs[pairs["first_new"].eq(next_first) & pairs["last"].eq(prior_last)]
    return pairs.drop_duplicates(["agreement", "agreement_new"])


def _earliest_name(number: int, now: dict[int, int]) -> int:
    while number in now:
        number = now[number]
    return number


def _number_spells(rows: pd.DataFrame) -> pd.Series:
    """Number of the spell of each row: a new one begins after `LISTS_WITHOUT` lists without it."""
    seen = (
        rows[["agreement", "list_number"]]
        .drop_duplicates()
        .sort_values(["agreement", "list_number"])
    )
    missed = seen.groupby("agreement")["list_number"].diff().sub(1)
    seen["spell"] = missed.isna().cumsum() + missed.ge(LISTS_WITHOUT).cumsum()
    return rows.merge(seen, on=["agreement", "list_number"], validate="m:1")["spell"].set_axis(
        rows.index
    )


def _describe(rows: pd.DataFrame, days: list[pd.Timestamp]) -> pd.DataFrame:
    """One row per spell, of rows in the order of their lists.

    Lists correct days of signing, so the one that the latest list states counts. A day after the
    first list of the spell cannot be the one that put it there, and stands apart as a renewal.
    """
    first = rows.groupby("spell")["list_date"].transform("min")
    rows = rows.assign(signed_first=rows["signed_date"].mask(rows["signed_date"] > first))
    groups = rows.groupby("spell")
    spells = groups.agg(
        agreement=("agreement", "first"), state_fips=("state_fips", "first"),
        agency=("agency", "last"), agency_type=("agency_type", "last"),
        county_fips=("county_fips", "last"), support_type=("support_type", "first"),
        other_names=("agency", _earlier_names),
        signed_date=("signed_first", "last"), renewed_date=("signed_date", "last"),
        first_listed=("list_date", "min"), last_listed=("list_date", "max"),
        first_number=("list_number", "min"), last_number=("list_number", "max"),
        lists_with=("list_number", "nunique"),
        moa_url=("moa_url", "last"), addendum_url=("addendum_url", "last"),
        first_source=("source", "first"), first_sheet=("source_sheet", "first"),
        first_row=("source_row", "first"), last_source=("source", "last"),
        last_sheet=("source_sheet", "last"), last_row=("source_row", "last"),
    ).reset_index(drop=True)  # fmt: skip
    is_later = spells["renewed_date"] > spells["first_listed"]
    spells["renewed_date"] = spells["renewed_date"].where(is_later)
    day_of = pd.Series(days, dtype="datetime64[us]")
    spells["not_listed_on"] = spells["first_number"].sub(1).map(day_of)
    spells["first_without"] = spells["last_number"].add(1).map(day_of)
    length = spells["last_number"] - spells["first_number"] + 1
    spells["lists_missed"] = length - spells["lists_with"]
    return spells.drop(columns="first_number")


def _earlier_names(names: pd.Series) -> str | None:
    others = [name for name in dict.fromkeys(names) if name != names.iloc[-1]]
    return "; ".join(others) or None


def _status(spells: pd.DataFrame, lists: int, unclear: set[int]) -> pd.Series:
    """What can be said of the end of each spell."""
    is_last = spells.groupby("agreement")["last_number"].transform("max").eq(spells["last_number"])
    lacking = lists - 1 - spells["last_number"]
    status = pd.Series("left", index=spells.index, dtype="str")
    status = status.mask(is_last & spells["agreement"].isin(unclear), "unclear")
    status = status.mask(is_last & lacking.lt(LISTS_WITHOUT), "absent")
    return status.mask(lacking.eq(0), "listed")


def _switched_to(spells: pd.DataFrame) -> pd.Series:
    """Support types that the agency began with in the window in which a spell ended."""
    name = spells["state_fips"] + agency_key(spells["agency"])
    gone, begun = (
        spells[["support_type", "last_listed", "first_without", "first_listed"]].assign(name=name)
        for _ in range(2)
    )
    pairs = gone.reset_index().merge(begun, on="name", suffixes=("", "_new"), validate="m:m")
    inside = (
        pairs["first_listed_new"].gt(pairs["last_listed"])
        & pairs["first_listed_new"].le(pairs["first_without"])
        & pairs["support_type"].ne(pairs["support_type_new"])
    )
    types = pairs[inside].groupby("index")["support_type_new"]
    return types.agg(lambda found: "; ".join(sorted(set(found)))).reindex(spells.index)
