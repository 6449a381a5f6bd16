"""Briefs: which agencies have agreements, of which model, since when, and what changed."""

from __future__ import annotations

import pandas as pd

from coopanalysis.briefs.agencies import AGENCY_WORDS, Brief
from coopanalysis.briefs.sources import list_dates, lists_of, source_of_lists, source_of_spells
from coopanalysis.display import sentences as say
from coopanalysis.display.figures import cumulate, plot_timeline, show_chart
from coopanalysis.display.figures.style import STATUS_COLOURS
from coopanalysis.display.html import Output
from coopanalysis.display.page import note
from coopanalysis.display.source_lines import describe_sources
from coopanalysis.display.tables import MOST_ROWS, ColumnFormat, show_table
from coopanalysis.vocabulary import SUPPORT_TYPE_LABELS, SUPPORT_TYPES

FEWEST_FOR_A_LINE = 5
AS_LABELLED = "The type of an agency is the one that the list labels it with."
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
    if rows.empty:
        one = "state agency" if whole else one
        return note(f"No list from {say.format_date(first)} to {day} names a {one} {where}.")
    begun = rows["first_listed"].map(say.format_date)
    counties = brief.panel.county.set_index("county_fips")["county"]
    table = rows.assign(
        since=begun.mask(rows["first_listed"] == first, begun + " or before"),
        until=_until(rows),
        model=rows["support_type"].map(SUPPORT_TYPE_LABELS),
        county=rows["county_fips"].map(counties),
        text=rows["moa_url"].notna().map({True: "agreement", False: "none listed"}),
        addendum=rows["addendum_url"].notna().map({True: "addendum", False: "none listed"}),
    ).sort_values(["agency", "first_listed", "model"])
    columns: dict[str, ColumnFormat | str] = {
        "agency": "Agency",
        "since": "On the lists since",
        "model": "Model",
        "until": "Until",
        "signed_date": "Signed",
        **({} if whole or not brief.is_state else {"county": "County"}),
        "text": ColumnFormat("Text", link="moa_url"),
        **(
            {"addendum": ColumnFormat("Addendum", link="addendum_url")}
            if table["addendum_url"].notna().any()
            else {}
        ),
    }
    listed = say.pluralise(int(table["status"].eq("listed").sum()), "agreement")
    return show_table(
        table.head(MOST_ROWS),
        caption=f"Agreements of {several} {where}: {listed} on the list of {day}",
        note=f"{AS_LABELLED} {LEFT} {_cut(len(table))}".strip(),
        source=source_of_spells(brief.panel),
        columns=columns,
    )


def _until(rows: pd.DataFrame) -> pd.Series:
    last = rows["last_listed"].map(say.format_date)
    words = rows["status"].map(
        {
            "listed": "still listed",
            "absent": "not on the latest, last on ",
            "left": "left after ",
            "unclear": "perhaps under another name after ",
        }
    )
    return words.where(rows["status"] == "listed", words + last)


def show_signing(brief: Brief) -> Output:
    """Agreements of the latest list by month of signing, added up."""
    rows = brief.on_list("latest")
    dated = rows.dropna(subset=["signed_date"])
    if rows.empty:
        return note("With no agreement in force there is no day of signing to show.")
    months = dated["signed_date"].dt.to_period("M").nunique()
    if len(dated) < FEWEST_FOR_A_LINE or months < 2:
        days = [say.format_date(day) for day in sorted(dated["signed_date"].unique())]
        said = f"signed on {say.join_words(days)}" if days else "without a usable day of signing"
        return note(
            f"{brief.name} has {say.pluralise(len(rows), 'agreement')} on the latest list, {said}: "
            "too few to draw over time."
        )
    table = cumulate(dated, date="signed_date", by="support_type")
    present = [one for one in SUPPORT_TYPES if one in set(table["support_type"])]
    middle = dated["signed_date"].sort_values().iloc[(len(dated) - 1) // 2]
    undated = len(rows) - len(dated)
    left_out = f"{say.pluralise(undated, 'agreement')} without a usable day left out."
    reading = (
        f"Half of the {say.format_count(len(dated))} dated agreements in {brief.place} were signed "
        f"by {say.format_date(middle)}, the last on {say.format_date(dated['signed_date'].max())}"
    )
    return show_chart(
        plot_timeline(
            table,
            by="support_type",
            y_label="Agreements signed up to then",
            colours={name: STATUS_COLOURS[name] for name in present},
            labels={name: SUPPORT_TYPE_LABELS[name] for name in present},
        ),
        reading,
        subtitle=f"Agreements in {brief.place} on the latest list by month of signing, added up, "
        "per model",
        chart="Stepped line chart",
        x="month of signing",
        y="agreements signed up to that month, one line per model",
        note="Only agreements still in force on the day of the list: those that ended earlier are "
        f"not on it, so this is not a history of adoption. {left_out * bool(undated)}",
        source=source_of_lists(brief.panel, which="latest"),
        data=table.assign(support_type=table["support_type"].map(SUPPORT_TYPE_LABELS)),
    )


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
