"""Briefs: what is not known of the place, with counts of the gaps."""

from __future__ import annotations

from coopanalysis.briefs.agreements import placing
from coopanalysis.briefs.context import people_labels
from coopanalysis.briefs.places import Brief, explain_place
from coopanalysis.briefs.reporting import TOO_FEW, gaps, misplaced_words
from coopanalysis.briefs.sources import list_dates
from coopanalysis.clean.reporting import REPORTED_NOTHING
from coopanalysis.display.html import Output
from coopanalysis.display.page import show_limits
from coopanalysis.display.sentences import format_count, join_words, lower_first, pluralise
from coopanalysis.sources.reference import read_local_actions
from coopanalysis.vocabulary import PRACTICES


def limits(brief: Brief) -> Output:
    """What is not known of the place, with the counts of the gaps."""
    first, latest = list_dates(brief.panel)
    unknown = [one.label for one in PRACTICES if brief.panel.county[one.name].isna().all()]
    items = [explain_place(brief)] if explain_place(brief) else []
    items += [
        f"The lists show agreements in force on two days, {first} and {latest}, and nothing about "
        "those that began and ended between them or before.",
        _placing_words(brief),
    ]
    if unknown:
        items.append(
            f"Of the seven practices, {len(unknown)} are not known for any county of this release: "
            f"{join_words([lower_first(one) for one in unknown])}. Without them there is no "
            "cooperation score."
        )
    else:
        items.append("A practice is coded from written policy; what is done in a jail may differ.")
    items += [_gap_words(brief), *_missing_words(brief)]
    if brief.panel.release != "demo":
        known = read_local_actions()
        items.append(
            f"The table of local actions holds {pluralise(len(known), 'action')} of the whole "
            "country and is far from complete: a place without one there may have several."
        )
    items.append(
        "An agreement is permission, not activity: how many people are questioned, held or handed "
        "over is on none of these lists."
    )
    return show_limits([item for item in items if item])


def _placing_words(brief: Brief) -> str:
    counts = placing(brief)
    if brief.kind == "state" and brief.on_list("latest").empty:
        return ""
    if brief.kind == "county":
        every = brief.panel.agreements
        days = every.loc[every["list_kind"] == "participating", "list_date"]
        rows = every[(every["list_date"] == days.max()) & (every["state_fips"] == brief.state_fips)]
        lost = int(rows.loc[rows["list_kind"] == "participating", "county_fips"].isna().sum())
        if not lost:
            return ""
        return (
            f"{pluralise(lost, 'agreement')} of {brief.state_words} on the latest list, with those "
            "of agencies of the state, can be placed in no county and may reach into this one."
        )
    total = len(brief.on_list("latest"))
    one, several = "by a local agency", "by local agencies"
    unknown, looked = (
        "whose county is not known",
        "whose county was looked up in the FBI's directory",
    )
    anywhere = "of the state (which can act anywhere in it)"
    said = [
        (counts["state_agencies"], f"by an agency {anywhere}", f"by agencies {anywhere}"),
        (counts["no_county"], f"{one} {unknown}", f"{several} {unknown}"),
        (counts["looked_up"], f"{one} {looked}", f"{several} {looked}"),
        (counts["undated"], "without a usable day of signing", "without a usable day of signing"),
    ]
    listed = [
        words if total == 1 else pluralise(count, words, more)
        for count, words, more in said
        if count
    ]
    if not listed:
        return ""
    which = "The one agreement" if total == 1 else f"Of the {format_count(total)} agreements"
    return f"{which} on the latest list: {join_words(listed)}."


def _gap_words(brief: Brief) -> str:
    found = gaps(brief)
    if brief.kind == "county":
        return (
            "Crime stands under the code of the county list of each year; where no agency "
            "reported, the rate is missing, never zero."
        )
    misplaced = misplaced_words(brief, found["year"])
    listed = [
        f"{words} in {format_count(found[name])}"
        for name, words in (
            ("none_count", "no agency reported crime"),
            ("poor_count", f"only some agencies reported crime ({TOO_FEW})"),
            ("nothing_count", REPORTED_NOTHING),
        )
        if found[name]
    ]
    if not listed and not misplaced:
        counties = format_count(found["county_count"])
        where = f" in each of its {counties} counties" if found["county_count"] > 1 else ""
        return f"In {found['year']}, most agencies reported crime{where}; months are not counted."
    total = pluralise(found["county_count"], "county", "counties")
    text = f"In {found['year']}, of {total}: {join_words(listed)}." if listed else ""
    return f"{text} {misplaced}".strip()


def _missing_words(brief: Brief) -> list[str]:
    """Say which measures of residents are missing, and which county list is another one."""
    words = []
    counties, years = brief.counties, brief.years
    if len(counties):
        known = brief.panel.county
        missing = {
            label: int(counties[column].isna().sum())
            for column, label in people_labels(brief.panel).items()
            if counties[column].isna().any() and known[column].notna().any()
        }
        if missing:
            listed = [f"{label} ({n})" for label, n in missing.items()]
            words.append(
                f"Not known of it: {join_words(list(missing))}."
                if brief.kind == "county"
                else f"Not known, with the number of counties: {join_words(listed)}."
            )
    if brief.kind == "state":
        strange = years.loc[~years["county_fips"].isin(counties["county_fips"]), "county_fips"]
        if strange.nunique():
            since = years.loc[strange.index, "year"]
            words.append(
                f"The county list changed: {pluralise(strange.nunique(), 'code')} of the tables by "
                f"year ({since.min()} to {since.max()}) are not in the list of "
                f"{brief.panel.build['base_list']} that agreements, practices and maps use, and "
                "cannot be laid beside it county by county. They stand in a table of their own."
            )
    return words
