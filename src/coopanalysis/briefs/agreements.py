"""Briefs: which agencies have agreements, of which model, since when, and what changed."""

from __future__ import annotations

from coopanalysis.briefs.agencies import AGENCY_WORDS, TYPE_LABELS, Brief, agencies
from coopanalysis.briefs.sources import list_dates, lists_of, on_list, source_of_lists
from coopanalysis.clean.compare_lists import compare_lists
from coopanalysis.clean.municipal import stated_counties
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
    rows = brief.agreements.assign(county_fips=stated_counties(brief.agreements))
    rows = rows[rows["list_kind"] == "participating"]
    table = rows.groupby(["list_date", "agency_type", "support_type"], as_index=False).agg(
        agency_count=("agency", "size"), county_count=("county_fips", "nunique")
    )
    if table.empty:
        first, latest = list_dates(brief.panel)
        where = "an agency of" if brief.is_state else "an agency that can be placed in"
        return note(
            f"Neither the list of {first} nor that of {latest} names {where} {brief.place}."
        )
    stated = table["county_count"].map(say.format_count)
    return show_table(
        table.assign(
            agency_type=table["agency_type"].map(TYPE_LABELS),
            label=table["support_type"].map(SUPPORT_TYPE_LABELS),
            county_count=stated.mask(table["agency_type"] == "state-agency", "whole state"),
        ),
        caption=f"287(g) agreements in {brief.place}, by list, type of agency and model",
        note=f"{AS_LABELLED} An agency with two models counts in both rows. A type and model that "
        "a list does not name has no row. Later lists state the county of a municipal agency more "
        "often, so its counties cannot be compared over time.",
        source=source_of_lists(brief.panel, "county-names"),
        columns={
            "list_date": "List of",
            "agency_type": "Type of agency",
            "label": "Model",
            "agency_count": "Agreements",
            "county_count": "Counties stated",
        },
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
    one, several = AGENCY_WORDS[agency_type]
    whole, day = agency_type == "state-agency", list_dates(brief.panel)[1]
    where = f"{'of' if whole else 'in'} {brief.place}"
    if whole:
        one, several = "state agency", "state agencies"
    if chosen.empty:
        return note(f"The list of {day} names no {one} {where}.")
    found = agencies(chosen)
    counties = brief.panel.county.set_index("county_fips")["county"]
    table = found.assign(
        county=found["county_fips"].map(counties), how=found["county_match"].map(COUNTY_KNOWN)
    )
    columns: dict[str, ColumnFormat | str] = {
        "agency": "Agency",
        "models": "Models",
        "since_date": "Since",
        **({} if whole or not brief.is_state else {"county": "County"}),
        **({} if whole else {"how": "County known"}),
    }
    undated = int(table["since_date"].isna().sum())
    return show_table(
        table.head(MOST_ROWS),
        caption=f"{several.capitalize()} {where} on the list of {day}: {len(table)}",
        note=f"{AS_LABELLED} Since is the earliest day of signing of an agreement still in force."
        + (f" It is not available for {say.pluralise(undated, 'row')}." if undated else "")
        + _cut(len(table)),
        source=source_of_lists(brief.panel, which="latest"),
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


def show_changes(brief: Brief) -> Output | None:
    """What the later of the two lists has and the earlier has not, and the other way round.

    Nothing where both name no agency of the place.
    """
    table = compare_lists(on_list(brief.panel, "first"), on_list(brief.panel, "latest"))
    own = table[table["state_fips"] == brief.state_fips]
    if not brief.is_state:
        own = own[(own[["county_fips_earlier", "county_fips_later"]] == brief.code).any(axis=1)]
    first, latest = list_dates(brief.panel)
    if own.empty:
        return None
    counts = own["change"].value_counts()
    kept = int(sum(counts.get(one, 0) for one in ("same", "retyped", "renamed")))
    said = [
        f"{say.pluralise(kept, 'agreement')} on both lists",
        f"{say.format_count(counts.get('started', 0))} on the later list alone",
        f"{say.format_count(counts.get('ended', 0))} on the earlier list alone",
    ]
    ended = own[own["change"] == "ended"]
    if ended.empty:
        return note(f"Between {first} and {latest}: {say.join_words(said)}.")
    model = ended["support_type"].map(SUPPORT_TYPE_LABELS)
    return show_table(
        ended.assign(model=model, type=ended["agency_type_earlier"].map(TYPE_LABELS)).head(60),
        caption=f"Agreements in {brief.place} on the list of {first} that are not on the list of "
        f"{latest}",
        note=f"Between the two lists: {say.join_words(said)}. An agency that was renamed in a way "
        "that names, county and day of signing do not show stands here and among the new ones."
        + _cut(len(ended), 60),
        source=source_of_lists(brief.panel),
        columns={
            "agency_earlier": "Agency",
            "type": "Type",
            "model": "Model",
            "signed_date_earlier": "Signed",
        },
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
