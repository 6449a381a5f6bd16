"""Briefs: which agencies have agreements, of which model, since when, and what changed."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from coopanalysis.briefs.places import (
    Brief,
    latest_day,
    lists_of,
    source_of_spells,
)
from coopanalysis.clean.agency_names import known_names
from coopanalysis.clean.agreements import agency_key
from coopanalysis.display import sentences as say
from coopanalysis.display.county_maps import county_names
from coopanalysis.display.html import Output
from coopanalysis.display.page import note
from coopanalysis.display.tables import MOST_ROWS, ColumnFormat, Columns, show_table
from coopanalysis.vocabulary import SUPPORT_TYPE_LABELS

AS_LABELLED = "The type of an agency is the one that the list labels it with."
LINKS = ("moa_url", "addendum_url")
LEFT = (
    "A list shows one day, so an agreement began and ended at some time between two lists; it is "
    "said to have left when three in a row lack it."
)
TEXTS = "Texts are those that ICE's lists lead to."
SAME_AGENCY = (
    "An application is found on a later list by state, model and name, among all names that lists "
    "have of an agency, without case and punctuation, or by a name that a person has found to be "
    "the same; never by likeness. Who is listed under a name unlike it would not be found."
)
LOOKED_UP = (
    "ICE states no county for {}: the FBI's directory of agencies has the city in one county only."
)

AGENCY_WORDS = {
    "county": ("county agency", "county agencies"),
    "municipality": ("municipal agency", "municipal agencies"),
    "state-agency": ("agency of the state", "agencies of the state"),
    "": ("agency of no stated type", "agencies of no stated type"),
}
AGENCY = ["agency_type", "state_fips", "key"]


def show_spells(brief: Brief, agency_type: str) -> Output | None:
    """Agreements of one type of agency: since when on the lists, until when, and their text.

    Where no list names an agency of any type, only the table of county agencies says so; and
    nothing under a code that agreements are not counted by.
    """
    every = brief.panel.agreement_spells
    rows = brief.spells
    if not brief.is_listed or (rows.empty and agency_type != "county"):
        return None
    rows = rows[rows["agency_type"].fillna("") == agency_type]
    first, day = every["first_listed"].min(), latest_day(brief.panel)
    whole = agency_type == "state-agency"
    where = f"{'of' if whole else 'in'} {brief.place}"
    one, several = AGENCY_WORDS[agency_type]
    if rows.empty:
        if whole or (agency_type == "county" and not brief.is_state):
            one = f"{'state' if whole else brief.noun} agency"
        said = f"No list from {say.format_date(first)} to {day} names a {one} {where}."
        return note(said) if agency_type else None
    table = _by_agency(rows, first)
    found = int(rows["is_looked_up"].sum())
    placed = LOOKED_UP.format(say.pluralise(found, "agreement")) * (found > 0)
    cut = f" The first {say.out_of(MOST_ROWS, len(table))} rows." * (len(table) > MOST_ROWS)
    columns: Columns = {
        "agency": "Agency",
        "since": ColumnFormat("On the lists since", answer=True),
        "texts": ColumnFormat("Model, with its text", kind="links"),
        **({"signed": ColumnFormat("Signed", answer=True)} if not brief.is_state else {}),
        **({"county": "County"} if brief.is_state and agency_type == "municipality" else {}),
    }
    table["county"] = table["county_fips"].map(
        brief.panel.county.set_index("county_fips")["county"]
    )
    listed = say.pluralise(int(rows["status"].eq("listed").sum()), "agreement")
    return show_table(
        table.head(MOST_ROWS),
        caption=f"Agreements of {several} {where}: {listed} on the list of {day}",
        note=" ".join(filter(None, [AS_LABELLED, LEFT, TEXTS, placed, cut])),
        source=source_of_spells(brief.panel),
        columns=columns,
    )


def _by_agency(rows: pd.DataFrame, first: pd.Timestamp) -> pd.DataFrame:
    """Spells of one agency with the same days in one row, each model leading to its text."""
    again = " (again " + rows["renewed_date"].astype("object").map(say.format_date) + ")"
    again = again.where(rows["renewed_date"].notna(), "")
    signed = rows["signed_date"].astype("object").map(say.format_date) + again
    named = rows.assign(since=_begun(rows, first) + _until(rows), signed=signed).sort_values(
        ["agency", "first_listed", "support_type"]
    )
    together = ["agency", "county_fips", "first_listed", "since"]
    grouped = named.groupby(together, dropna=False, sort=True)
    table = grouped.agg(
        signed=("signed", lambda days: say.join_words([*days.unique()])),
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


def _begun(rows: pd.DataFrame, first: pd.Timestamp) -> pd.Series:
    begun = rows["first_listed"].astype("object").map(say.format_date)  # of no row, too
    return begun.mask(rows["first_listed"] == first, begun + " or before")


def _until(rows: pd.DataFrame) -> pd.Series:
    last = rows["last_listed"].astype("object").map(say.format_date)
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
    later = _listed_later(brief, rows)
    found, gone = later["words"].notna(), later["is_left"]
    left = f", of which {say.format_count(gone.sum())} {'has' if gone.sum() == 1 else 'have'} left"
    is_on = "is" if len(rows) == 1 else "are"
    return show_table(
        rows.assign(
            model=rows["support_type"].map(SUPPORT_TYPE_LABELS),
            later=later["words"].fillna("on no later list"),
        ),
        caption=f"Applications in {brief.place} on the lists of pending agreements: "
        f"{say.out_of(found.sum(), len(rows))} {is_on} on a later list with the same model"
        f"{left * bool(gone.any())}",
        note=f"{SAME_AGENCY} {LEFT}",
        source=source_of_spells(brief.panel, *lists_of(brief.panel, "pending")),
        columns={
            "agency": "Agency",
            "model": "Model",
            "list_date": ColumnFormat("Pending on", answer=True),
            "later": ColumnFormat("On the lists since", answer=True),
        },
    )


def _listed_later(brief: Brief, rows: pd.DataFrame) -> pd.DataFrame:
    """For each application when it came to be listed, if a later list has it, and if it left.

    `words` has each stretch on the lists that goes beyond the day of the application, and its
    county where that is another one; `is_left` says whether the last of them ended.
    """
    spells = brief.panel.agreement_spells
    first, names = spells["first_listed"].min(), county_names(brief.panel)
    own = spells[spells["state_fips"] == brief.state_fips]
    own = own.assign(
        words=_begun(own, first) + _until(own),
        county=own["county_fips"].fillna(own["looked_up_county_fips"]),
        agency=(own["agency"] + "; " + own["other_names"].fillna("")).str.split("; "),
    ).explode("agency")
    own = own.assign(key=known_names(own)).sort_values("first_listed")
    asked = zip(known_names(rows), rows["support_type"], rows["list_date"], strict=True)
    found = []
    for (key, model, day), county in zip(asked, rows["county_fips"], strict=True):
        is_same = own["key"].eq(key) & own["support_type"].eq(model) & own["last_listed"].gt(day)
        same = own[is_same].drop_duplicates("first_listed")
        other = same["county"].notna() & same["county"].ne(county) & pd.notna(county)
        places = (", in " + same["county"].map(names)).where(other, "")
        words = "; ".join(same["words"] + places) or None
        found.append((words, bool(same["status"].iloc[-1:].eq("left").any())))
    return pd.DataFrame(found, columns=["words", "is_left"], index=rows.index)


def agency_count(rows: pd.DataFrame) -> int:
    """Number of agencies: spellings of one name are one agency, a type is a different one."""
    return len(_keyed(rows).drop_duplicates(AGENCY))


def _keyed(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(key=agency_key(rows["agency"]), agency_type=rows["agency_type"].fillna(""))


def agencies(rows: pd.DataFrame) -> pd.DataFrame:
    """Agencies of one list, one row each.

    `agency, agency_type, county_fips` and `models`, in words, each with the earliest day of its
    signing: models of one agency are often signed years apart.
    """
    keyed = _keyed(rows).sort_values(["agency", "support_type"])
    table: pd.DataFrame = keyed.groupby(AGENCY, sort=True).agg(
        agency=("agency", "first"), county_fips=("county_fips", "first")
    )
    signed = keyed.groupby([*AGENCY, "support_type"], sort=True)["signed_date"].min()
    table["models"] = signed.groupby(level=AGENCY).agg(_models_signed)
    return table.reset_index().sort_values(["agency_type", "agency"], ignore_index=True)


def _models_signed(signed: pd.Series) -> str:
    """Models of an agency by the day on which they were signed, the latest day first."""
    said: list[str] = []
    for day, of_day in signed.groupby(signed, sort=True, dropna=False):
        labels = [SUPPORT_TYPE_LABELS[one].lower() for one in of_day.index.get_level_values(-1)]
        dated = "" if pd.isna(day) else f", signed {say.format_date(day)}"
        said.insert(0, f"{say.join_words(labels)}{dated}")
    return "; ".join(said)


def by_type(rows: pd.DataFrame, where: Mapping[str, str] | None = None) -> str:
    """Count the agencies of a list by type, in words; `where` adds to those of a type."""
    counts = _keyed(rows).drop_duplicates(AGENCY)["agency_type"].value_counts()
    named = {kind: words for kind, words in AGENCY_WORDS.items() if kind in counts}
    said = {kind: say.pluralise(counts[kind], *words) for kind, words in named.items()}
    return say.join_words([text + (where or {}).get(kind, "") for kind, text in said.items()])
