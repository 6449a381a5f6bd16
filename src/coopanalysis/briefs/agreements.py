"""Briefs: which agencies have agreements, of which model, since when, and what changed."""

from __future__ import annotations

from typing import Any

import pandas as pd

from coopanalysis.briefs.agencies import TYPE_LABELS, Brief, agencies
from coopanalysis.briefs.sources import list_dates, lists_of
from coopanalysis.clean.compare_lists import compare_lists
from coopanalysis.clean.municipal import stated_counties
from coopanalysis.display.figures import cumulate, plot_timeline, show_figure
from coopanalysis.display.figures.style import STATUS_COLOURS
from coopanalysis.display.html import Output
from coopanalysis.display.page import note
from coopanalysis.display.sentences import (
    describe_chart,
    format_count,
    format_date,
    join_words,
    pluralise,
)
from coopanalysis.display.source_lines import describe_sources
from coopanalysis.display.tables import MOST_ROWS, ColumnFormat, show_table
from coopanalysis.vocabulary import SUPPORT_TYPE_LABELS, SUPPORT_TYPES

FEWEST_FOR_A_LINE = 5
AS_LABELLED = "The type of an agency is the one that the list labels it with."
COUNTY_KNOWN = {
    "exact": "stated",
    "normalised": "stated",
    "correction": "stated, corrected here",
    "police-list": "by the FBI's directory",
    "not-stated": "not stated",
    "unmatched": "stated, matches none",
    "not-a-county-agency": "whole state",
}


def show_models(brief: Brief) -> Output:
    """Agreements by list, type of agency and model."""
    table = _by_model(brief.agreements)
    if table.empty:
        return _nothing(brief)
    return show_table(
        table.assign(
            agency_type=table["agency_type"].map(TYPE_LABELS),
            county_count=table["county_count"]
            .map(format_count)
            .mask(table["agency_type"] == "state-agency", "whole state"),
        ),
        caption=f"287(g) agreements in {brief.place}, by list, type of agency and model",
        note=f"{AS_LABELLED} An agency with two models counts in both rows. A type and model that "
        "a list does not name has no row. Later lists state the county of a municipal agency more "
        "often, so its counties cannot be compared over time.",
        source=describe_sources(brief.panel.build, [*lists_of(brief.panel), "county-names"]),
        columns={
            "list_date": ColumnFormat("List of", kind="date"),
            "agency_type": "Type of agency",
            "label": "Model",
            "agency_count": ColumnFormat("Agreements", kind="count"),
            "county_count": "Counties stated",
        },
        row_header="list_date",
    )


def show_agencies(brief: Brief, agency_type: str) -> Output | None:
    """Agencies of one type on the latest list, with their models and since when.

    Where the list names no agency of any type, only the table of county agencies says so;
    and nothing under a code that agreements are not counted by.
    """
    rows = brief.on_list("latest")
    if not brief.is_listed or (rows.empty and agency_type != "county"):
        return None
    chosen = rows[rows["agency_type"].fillna("") == agency_type]
    kind, day = _kind_words(agency_type), list_dates(brief.panel)[1]
    if chosen.empty:
        return note(f"The list of {day} names no {kind[0]} {_at_place(brief, agency_type)}.")
    found = agencies(chosen)
    counties = brief.panel.county.set_index("county_fips")["county"]
    table = found.assign(
        county=found["county_fips"].map(counties), how=found["county_match"].map(COUNTY_KNOWN)
    )
    columns: dict[str, ColumnFormat | str] = {
        "agency": "Agency",
        "models": "Models",
        "since_date": ColumnFormat("Since", kind="date"),
        "county": "County",
        "how": "County known",
    }
    if brief.kind == "county" or agency_type == "state-agency":
        columns.pop("county")
    if agency_type == "state-agency":
        columns.pop("how")
    undated = int(table["since_date"].isna().sum())
    return show_table(
        table.head(MOST_ROWS),
        caption=f"{kind[1].capitalize()} {_at_place(brief, agency_type)} on the list of {day}: "
        f"{len(table)}",
        note=f"{AS_LABELLED} Since is the earliest day of signing of an agreement still in force."
        + (f" It is not available for {pluralise(undated, 'row')}." if undated else "")
        + _cut(len(table)),
        source=describe_sources(brief.panel.build, lists_of(brief.panel, which="latest")),
        columns=columns,
    )


def show_signing(brief: Brief) -> Output:
    """Agreements of the latest list by month of signing, added up."""
    rows = brief.on_list("latest")
    dated = rows.dropna(subset=["signed_date"])
    if rows.empty:
        return note("With no agreement in force there is no day of signing to show.")
    months = dated["signed_date"].dt.to_period("M").nunique()
    if len(dated) < FEWEST_FOR_A_LINE or months < 2:
        days = [format_date(day) for day in sorted(dated["signed_date"].unique())]
        said = f"signed on {join_words(days)}" if days else "without a usable day of signing"
        return note(
            f"{brief.name} has {pluralise(len(rows), 'agreement')} on the latest list, {said}: too "
            "few to draw over time."
        )
    table = cumulate(dated, date="signed_date", by="support_type")
    present = [one for one in SUPPORT_TYPES if one in set(table["support_type"])]
    middle = dated["signed_date"].sort_values().iloc[(len(dated) - 1) // 2]
    reading = (
        f"Half of the {format_count(len(dated))} dated agreements {_in_place(brief)} were signed "
        f"by {format_date(middle)}, the last on {format_date(dated['signed_date'].max())}"
    )
    return show_figure(
        plot_timeline(
            table,
            by="support_type",
            y_label="Agreements signed up to then",
            colours={name: STATUS_COLOURS[name] for name in present},
            labels={name: SUPPORT_TYPE_LABELS[name] for name in present},
        ),
        finding=f"{reading}.",
        subtitle=f"Agreements {_in_place(brief)} on the latest list by month of signing, added up, "
        "per model",
        alt=describe_chart(
            "Stepped line chart",
            x="month of signing",
            y="agreements signed up to that month, one line per model",
            reading=reading,
        ),
        note="Only agreements still in force on the day of the list: those that ended earlier are "
        f"not on it, so this is not a history of adoption. {_undated(len(rows) - len(dated))}",
        source=describe_sources(brief.panel.build, lists_of(brief.panel, which="latest")),
        data=table.assign(support_type=table["support_type"].map(SUPPORT_TYPE_LABELS)),
    )


def show_changes(brief: Brief) -> Output | None:
    """What the later of the two lists has and the earlier has not, and the other way round.

    Nothing where both name no agency of the place.
    """
    every = brief.panel.agreements
    lists = every[every["list_kind"] == "participating"]
    days = lists["list_date"]
    table = compare_lists(lists[days == days.min()], lists[days == days.max()])
    own = table[table["state_fips"] == brief.state_fips]
    if brief.kind == "county":
        own = own[(own[["county_fips_earlier", "county_fips_later"]] == brief.code).any(axis=1)]
    first, latest = list_dates(brief.panel)
    if own.empty:
        return None
    counts = own["change"].value_counts()
    kept = int(sum(counts.get(one, 0) for one in ("same", "retyped", "renamed")))
    said = [
        f"{pluralise(kept, 'agreement')} on both lists",
        f"{format_count(counts.get('started', 0))} on the later list alone",
        f"{format_count(counts.get('ended', 0))} on the earlier list alone",
    ]
    ended = own[own["change"] == "ended"]
    if ended.empty:
        return note(f"Between {first} and {latest}: {join_words(said)}.")
    model = ended["support_type"].map(SUPPORT_TYPE_LABELS)
    return show_table(
        ended.assign(model=model, type=ended["agency_type_earlier"].map(TYPE_LABELS)).head(60),
        caption=f"Agreements {_in_place(brief)} on the list of {first} that are not on the list of "
        f"{latest}",
        note=f"Between the two lists: {join_words(said)}. An agency that was renamed in a way that "
        "names, county and day of signing do not show stands here and among the new ones."
        + _cut(len(ended), 60),
        source=describe_sources(brief.panel.build, lists_of(brief.panel)),
        columns={
            "agency_earlier": "Agency",
            "type": "Type",
            "model": "Model",
            "signed_date_earlier": ColumnFormat("Signed", kind="date"),
        },
    )


def show_pending(brief: Brief) -> Output | None:
    """Applications on the lists of pending agreements; nothing under a code of other lists."""
    if not brief.is_listed:
        return None
    rows = brief.agreements[brief.agreements["list_kind"] == "pending"]
    days = sorted(
        {one["list_date"] for one in brief.panel.build["agreement_lists"]
         if one["list_kind"] == "pending"}
    )  # fmt: skip
    if rows.empty:
        dated = join_words([format_date(pd.Timestamp(day)) for day in days])
        return note(f"No application {_in_place(brief)} is on the lists of pending ones ({dated}).")
    latest = brief.on_list("latest")
    signed = set(zip(latest["agency"], latest["support_type"], strict=True))
    pairs = zip(rows["agency"], rows["support_type"], strict=True)
    return show_table(
        rows.assign(
            model=rows["support_type"].map(SUPPORT_TYPE_LABELS),
            later=["yes" if pair in signed else "no" for pair in pairs],
        ),
        caption=f"Applications {_in_place(brief)} on the lists of pending agreements",
        note="The last column compares names as written with the latest list of participating "
        "agencies.",
        source=describe_sources(
            brief.panel.build,
            [*lists_of(brief.panel, "pending"), *lists_of(brief.panel, which="latest")],
        ),
        columns={
            "agency": "Agency",
            "model": "Model",
            "list_date": ColumnFormat("Pending on", kind="date"),
            "later": "Same name and model in force later",
        },
    )


def placing(brief: Brief) -> dict[str, int]:
    """How the agreements of the latest list came by their county: counts for the limits.

    Returns
    -------
    dict
        `state_agencies`, `no_county` (county and municipal agencies), `looked_up`, `undated`.
    """
    rows = brief.on_list("latest")
    whole = rows["agency_type"] == "state-agency"
    return {
        "state_agencies": int(whole.sum()),
        "no_county": int(rows.loc[~whole, "county_fips"].isna().sum()),
        "looked_up": int((rows["county_match"] == "police-list").sum()),
        "undated": int(rows["signed_date"].isna().sum()),
    }


def _by_model(agreements: pd.DataFrame) -> pd.DataFrame:
    """Agencies and counties that they state, per participating list, type and model."""
    rows = agreements.assign(county_fips=stated_counties(agreements))
    rows = rows[rows["list_kind"] == "participating"]
    keys = ["list_date", "agency_type", "support_type"]
    table = rows.groupby(keys).agg(
        agency_count=("agency", "size"), county_count=("county_fips", "nunique")
    )
    table = table.reset_index()
    labels = table["support_type"].map(SUPPORT_TYPE_LABELS)
    return table.assign(label=labels)[[*keys, "label", "agency_count", "county_count"]]


def _nothing(brief: Brief) -> Output:
    first, latest = list_dates(brief.panel)
    rows: Any = brief.agreements["list_kind"] == "participating"
    if rows.any():
        return note(
            f"The list of {first} names {_an_agency(brief)}, that of {latest} names none: see the "
            "changes between the lists."
        )
    return note(f"Neither the list of {first} nor that of {latest} names {_an_agency(brief)}.")


def _an_agency(brief: Brief) -> str:
    if brief.kind == "state":
        return f"an agency of {brief.place}"
    return f"an agency that can be placed in {brief.place}"


def _in_place(brief: Brief) -> str:
    return f"in {brief.place}"


def _at_place(brief: Brief, agency_type: str) -> str:
    return f"of {brief.place}" if agency_type == "state-agency" else _in_place(brief)


def _kind_words(agency_type: str) -> tuple[str, str]:
    return {
        "county": ("county agency", "county agencies"),
        "municipality": ("municipal agency", "municipal agencies"),
        "state-agency": ("state agency", "state agencies"),
    }.get(agency_type, ("agency of no stated type", "agencies of no stated type"))


def _undated(count: int) -> str:
    return f"{pluralise(count, 'agreement')} without a usable day left out." if count else ""


def _cut(rows: int, most: int = MOST_ROWS) -> str:
    return f" The first {format_count(most)} of {format_count(rows)} rows." if rows > most else ""
