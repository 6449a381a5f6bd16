"""Briefs: what is not known of the place, with counts of the gaps."""

from __future__ import annotations

from coopanalysis.briefs.context import people_labels
from coopanalysis.briefs.places import Brief, explain_place, latest_list
from coopanalysis.briefs.reporting import TOO_FEW, crime_years, misplaced_words
from coopanalysis.clean.reporting import REPORTED_NOTHING, REPORTING_STATUSES, reporting_status
from coopanalysis.display import sentences as say
from coopanalysis.display.coverage import describe_known_practices
from coopanalysis.display.html import Output
from coopanalysis.display.page import show_limits
from coopanalysis.panel.policies import list_days
from coopanalysis.panel.practice_status import practices_known
from coopanalysis.sources.reference import read_local_actions
from coopanalysis.vocabulary import PRACTICES, Practice


def limits(brief: Brief) -> Output:
    """What is not known of the place, with the counts of the gaps."""
    days = list_days(brief.panel.build)
    first, latest = (say.format_date(days[at]) for at in (0, -1))
    items = [
        explain_place(brief),
        f"The lists show agreements on single days from {first} to {latest}, "
        "and nothing about those that began and ended between two of them or before.",
        _placing_words(brief) if brief.is_state else _elsewhere_words(brief),
    ]
    if unknown_practices(brief):
        known = describe_known_practices(brief.panel)
        items.append(f"{known} A cooperation score needs all of them coded.")
    else:
        items.append("A practice is coded from written policy; what is done in a jail may differ.")
    items += [_gap_words(brief), _missing_words(brief), _other_list_words(brief)]
    if brief.panel.release != "demo":
        known = say.pluralise(len(read_local_actions()), "action")
        items.append(
            f"The table of local actions holds {known} of the whole country and is far from "
            "complete: a place without one there may have several."
        )
    items.append(
        "An agreement is permission, not activity: how many people are questioned, held or handed "
        "over is on none of these lists."
    )
    return show_limits([item for item in items if item])


def unknown_practices(brief: Brief) -> list[Practice]:
    """Practices that are neither coded nor on record for any county of the release."""
    known = practices_known(brief.panel)
    return [one for one in PRACTICES if one.name not in {*known.coded, *known.on_record}]


def _elsewhere_words(brief: Brief) -> str:
    """Say how many agreements of the state could reach into a county, and are placed in none."""
    rows = latest_list(brief.panel)
    lost = rows[rows["state_fips"].eq(brief.state_fips) & rows["county_fips"].isna()]
    if lost.empty:
        return ""
    whole = int(lost["agency_type"].eq("state-agency").sum())
    of_state = f" ({say.format_count(whole)} of agencies of the state)" * bool(whole)
    return (
        f"{say.pluralise(len(lost), 'agreement')} of {brief.state_words} on the latest list"
        f"{of_state} can be placed in no county and may reach into this one."
    )


def _placing_words(brief: Brief) -> str:
    """Say how the agreements of the latest list came by their county."""
    rows = brief.latest
    whole, total = rows["agency_type"] == "state-agency", len(rows)
    anywhere = "of the state (which can act anywhere in it)"
    unknown = "whose county is not known"
    looked = "whose county was looked up in the FBI's directory"
    undated = "without a usable day of signing"
    said = [
        (whole, f"by an agency {anywhere}", f"by agencies {anywhere}"),
        (rows["county_fips"].isna() & ~whole, f"by a local agency {unknown}",
         f"by local agencies {unknown}"),
        (rows["county_match"] == "police-list", f"by a local agency {looked}",
         f"by local agencies {looked}"),
        (rows["signed_date"].isna(), undated, undated),
    ]  # fmt: skip
    listed = [
        one if total == 1 else say.pluralise(int(chosen.sum()), one, several)
        for chosen, one, several in said
        if chosen.any()
    ]
    if not listed:
        return ""
    which = "The one agreement" if total == 1 else f"Of the {say.format_count(total)} agreements"
    return f"{which} on the latest list: {say.join_words(listed)}."


def _gap_words(brief: Brief) -> str:
    """Say where crime was not reported, or not by enough, in the last year with crime data."""
    if not brief.is_state:
        return (
            "Crime stands under the code of the county list of each year; where no agency "
            "reported, the rate is missing, never zero."
        )
    year = crime_years(brief)[-1]
    rows = brief.years[brief.years["year"] == year]
    counts, total = reporting_status(rows).value_counts(), len(rows)
    misplaced = misplaced_words(brief, year)
    gaps = {
        "no agency reported crime": counts.get(REPORTING_STATUSES[3]),
        f"only some agencies reported crime ({TOO_FEW})": counts.get(REPORTING_STATUSES[2]),
        REPORTED_NOTHING: counts.get(REPORTED_NOTHING),
    }
    listed = [f"{words} in {say.format_count(count)}" for words, count in gaps.items() if count]
    if not listed and not misplaced:
        where = f" in each of its {say.format_count(total)} counties" if total > 1 else ""
        return f"In {year}, most agencies reported crime{where}; months are not counted."
    is_based = rows["county_fips"].isin(brief.counties["county_fips"]).any()
    noun = "county" if is_based else "unit"
    of_all = f"In {year}, of {say.pluralise(total, noun)}: {say.join_words(listed)}."
    return f"{of_all if listed else ''} {misplaced}".strip()


def _missing_words(brief: Brief) -> str:
    """Say which measures of residents are missing of a place, and known of others."""
    known, lacking = brief.panel.county.notna().any(), brief.counties.isna().sum()
    missing = {
        label: lacking[column]
        for column, label in people_labels(brief.panel).items()
        if lacking[column] and known[column]
    }
    if not missing:
        return ""
    if not brief.is_state:
        return f"Not known of it: {say.join_words(list(missing))}."
    listed = say.join_words([f"{label} ({n})" for label, n in missing.items()])
    return f"Not known, with the number of counties: {listed}."


def _other_list_words(brief: Brief) -> str:
    """Say which codes of a state are of another county list."""
    other = brief.years[~brief.years["county_fips"].isin(brief.counties["county_fips"])]
    if not brief.is_state or other.empty:
        return ""
    return (
        f"The county list changed: {say.pluralise(other['county_fips'].nunique(), 'code')} of the "
        f"tables by year ({other['year'].min()} to {other['year'].max()}) are not in the list of "
        f"{brief.panel.build['base_list']} that agreements, practices and maps use, and cannot be "
        "laid beside it county by county. They stand in a table of their own."
    )
