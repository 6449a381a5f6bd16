"""Briefs: which agencies have agreements, of which model, since when, and what changed."""

from __future__ import annotations

import pandas as pd

from coopanalysis.briefs.agencies import AGENCY_WORDS, Brief
from coopanalysis.briefs.sources import list_dates, lists_of, source_of_spells
from coopanalysis.display import sentences as say
from coopanalysis.display.html import Output
from coopanalysis.display.page import note
from coopanalysis.display.source_lines import describe_sources
from coopanalysis.display.tables import MOST_ROWS, ColumnFormat, show_table
from coopanalysis.vocabulary import SUPPORT_TYPE_LABELS

AS_LABELLED = "The type of an agency is the one that the list labels it with."
LINKS = ("moa_url", "addendum_url")
LEFT = (
    "A list shows one day, so an agreement began and ended at some time between two lists; it is "
    "said to have left when three in a row lack it. Texts are those that ICE's lists lead to."
)


def show_spells(brief: Brief, agency_type: str) -> Output | None:
    """Agreements of one type of agency: since when on the lists, until when, and their text.

    Where no list names an agency of any type, only the table of county agencies says so; and
    nothing under a code that agreements are not counted by.
    """
    every = brief.panel.agreement_spells
    rows = every[every[brief.key] == brief.code]
    if not brief.is_listed or (rows.empty and agency_type != "county"):
        return None
    rows = rows[rows["agency_type"].fillna("") == agency_type]
    first, day = every["first_listed"].min(), list_dates(brief.panel)[1]
    whole = agency_type == "state-agency"
    where = f"{'of' if whole else 'in'} {brief.place}"
    one, several = AGENCY_WORDS[agency_type]
    if rows.empty and not agency_type:
        return None
    if rows.empty:
        one = "state agency" if whole else one
        return note(f"No list from {say.format_date(first)} to {day} names a {one} {where}.")
    table = _by_agency(rows, first)
    columns: dict[str, ColumnFormat | str] = {
        "agency": "Agency",
        "since": "On the lists since",
        "texts": ColumnFormat("Model, with its text", kind="links"),
        **({"signed": "Signed"} if not brief.is_state else {}),
        **({"county": "County"} if brief.is_state and agency_type == "municipality" else {}),
    }
    table["county"] = table["county_fips"].map(
        brief.panel.county.set_index("county_fips")["county"]
    )
    listed = say.pluralise(int(rows["status"].eq("listed").sum()), "agreement")
    return show_table(
        table.head(MOST_ROWS),
        caption=f"Agreements of {several} {where}: {listed} on the list of {day}",
        note=f"{AS_LABELLED} {LEFT} {_cut(len(table))}".strip(),
        source=source_of_spells(brief.panel),
        columns=columns,
    )


def _by_agency(rows: pd.DataFrame, first: pd.Timestamp) -> pd.DataFrame:
    """Spells of one agency with the same days in one row, each model leading to its text."""
    begun = rows["first_listed"].map(say.format_date)
    begun = begun.mask(rows["first_listed"] == first, begun + " or before")
    named = rows.assign(since=begun + _until(rows)).sort_values(
        ["agency", "first_listed", "support_type"]
    )
    together = ["agency", "county_fips", "first_listed", "since"]
    grouped = named.groupby(together, dropna=False, sort=True)
    table = grouped.agg(
        signed=("signed_date", lambda days: say.join_words([*days.map(say.format_date).unique()])),
    )
    texts = [_texts(of_row) for _, of_row in grouped]
    return table.reset_index().assign(texts=pd.Series(texts, dtype="object"))


def _texts(rows: pd.DataFrame) -> tuple[tuple[str, str], ...]:
    """Each model with the address of its text, and addenda with theirs."""
    pairs = []
    for row in rows.to_dict("records"):
        text, addendum = ("" if pd.isna(row[one]) else row[one] for one in LINKS)
        pairs.append((SUPPORT_TYPE_LABELS[row["support_type"]], text))
        pairs += [("addendum", addendum)] if addendum else []
    return tuple(pairs)


def _until(rows: pd.DataFrame) -> pd.Series:
    last = rows["last_listed"].map(say.format_date)
    words = rows["status"].map(
        {
            "listed": "",
            "absent": "; not on the latest, last on ",
            "left": "; left after ",
            "unclear": "; perhaps under another name after ",
        }
    )
    return words.where(rows["status"] == "listed", words + last)


def show_pending(brief: Brief) -> Output | None:
    """Applications on the lists of pending agreements; nothing under a code of other lists."""
    if not brief.is_listed:
        return None
    rows = brief.agreements[brief.agreements["list_kind"] == "pending"]
    if rows.empty:
        lists = brief.panel.build["agreement_lists"]
        days = sorted({one["list_date"] for one in lists if one["list_kind"] == "pending"})
        dated = say.join_words([say.format_date(day) for day in days])
        return note(f"No application in {brief.place} is on the lists of pending ones ({dated}).")
    latest = brief.on_list("latest")
    signed = set(zip(latest["agency"], latest["support_type"], strict=True))
    pairs = zip(rows["agency"], rows["support_type"], strict=True)
    return show_table(
        rows.assign(
            model=rows["support_type"].map(SUPPORT_TYPE_LABELS),
            later=["yes" if pair in signed else "no" for pair in pairs],
        ),
        caption=f"Applications in {brief.place} on the lists of pending agreements",
        note="The last column compares names as written with the latest list of participating "
        "agencies.",
        source=describe_sources(
            brief.panel.build,
            [*lists_of(brief.panel, "pending"), *lists_of(brief.panel, which="latest")],
        ),
        columns={
            "agency": "Agency",
            "model": "Model",
            "list_date": "Pending on",
            "later": "Same name and model in force later",
        },
    )


def _cut(rows: int, most: int = MOST_ROWS) -> str:
    if rows <= most:
        return ""
    return f" The first {say.format_count(most)} of {say.format_count(rows)} rows."
