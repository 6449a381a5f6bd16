"""Briefs of one state or one county: which agencies the lists name, and the headline."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from coopanalysis.briefs.places import Brief, explain_place, load_county, load_state
from coopanalysis.briefs.sources import list_dates
from coopanalysis.clean.agreements import agency_key
from coopanalysis.display import sentences as say
from coopanalysis.display.html import Output
from coopanalysis.display.page import show_headline
from coopanalysis.vocabulary import SUPPORT_TYPE_LABELS

__all__ = [
    "TYPE_LABELS",
    "Brief",
    "agencies",
    "agency_count",
    "headline",
    "load_county",
    "load_state",
]
TYPE_LABELS = {
    "county": "County",
    "municipality": "Municipality",
    "state-agency": "State agency",
    "": "Type not stated",
}
AGENCY_WORDS = {
    "county": ("county agency", "county agencies"),
    "municipality": ("municipal agency", "municipal agencies"),
    "state-agency": ("agency of the state", "agencies of the state"),
    "": ("agency of no stated type", "agencies of no stated type"),
}
AGENCY = ["agency_type", "state_fips", "key"]


def agency_count(rows: pd.DataFrame) -> int:
    """Number of agencies: spellings of one name are one agency, a type is a different one."""
    return len(_keyed(rows).drop_duplicates(AGENCY))


def _keyed(rows: pd.DataFrame) -> pd.DataFrame:
    """Add to rows of a list what tells its agencies apart."""
    return rows.assign(key=agency_key(rows["agency"]), agency_type=rows["agency_type"].fillna(""))


def agencies(rows: pd.DataFrame) -> pd.DataFrame:
    """Agencies of one list, one row each.

    `agency, agency_type, county_fips, county_match, models` (in words), `models_count` and
    `since_date` (earliest day of signing).
    """
    keyed = _keyed(rows).assign(model=rows["support_type"].map(SUPPORT_TYPE_LABELS))
    grouped = keyed.sort_values(["agency", "support_type"]).groupby(AGENCY, sort=True)
    table: pd.DataFrame = grouped.agg(
        agency=("agency", "first"),
        county_fips=("county_fips", "first"),
        county_match=("county_match", "first"),
        models=("model", lambda models: say.join_words(list(dict.fromkeys(models)))),
        models_count=("support_type", "nunique"),
        since_date=("signed_date", "min"),
    )
    return table.reset_index().sort_values(["agency_type", "agency"], ignore_index=True)


def headline(brief: Brief) -> Output:
    """Who is on the latest list, and on the first."""
    first, latest = list_dates(brief.panel)
    before, now = brief.on_list("first"), brief.on_list("latest")
    everywhere = brief.panel.county["agreement_latest_list"]
    share = say.describe_share(int((everywhere == 1).sum()), int(everywhere.notna().sum()))
    earlier = say.pluralise(agency_count(before), "agency") if len(before) else "none"
    listed = "no agency with an agreement"
    if len(now):
        listed = say.pluralise(agency_count(now), "agency")
        listed += f" with {say.pluralise(len(now), 'agreement')}"
    return show_headline(
        _state_sentence(brief, latest) if brief.is_state else _county_sentence(brief, latest),
        unit="agencies and counties with a 287(g) agreement in force on the day of the list",
        comparison=f"the list of {first}: {earlier}; all counties of the release on {latest}: "
        f"{share} with a county agency",
        interval="none: every agency on the list is counted, not a sample",
        n=f"{say.pluralise(len(brief.counties), 'county')}, {listed}",
        design="description",
    )


def _state_sentence(brief: Brief, latest: str) -> str:
    rows = brief.on_list("latest")
    total = len(brief.counties)
    if rows.empty:
        return f"The list of 287(g) agreements of {latest} names no agency of {brief.place}" + (
            ": no agency of its counties, of a municipality or of the state." if total > 1 else "."
        )
    having = int((brief.counties["agreement_latest_list"] == 1).sum())
    share = f"in {say.describe_share(having, total)}" if having else f"in none of {total} counties"
    if having == total > 1:
        share = f"in every one of its {total} counties"
    named = f"{_by_type(rows)} of {brief.place}"
    if len(set(rows["agency_type"].fillna(""))) > 1:
        count = say.pluralise(agency_count(rows), "agency")
        named = f"{count} of {brief.place}: {_by_type(rows)}"
    return (
        f"The list of 287(g) agreements of {latest} names {named}. A county agency is on it "
        f"{share}."
    )


def _county_sentence(brief: Brief, latest: str) -> str:
    if not brief.is_listed:
        return (
            f"{explain_place(brief)} No agreement is counted under this code: look at the counties "
            "of that list."
        )
    rows = brief.on_list("latest")
    found, is_county = agencies(rows), rows["agency_type"] == "county"
    others = "no municipal agency that can be placed in it"
    if not is_county.all():
        others = f"{_by_type(rows[~is_county])} placed in it"
    named = f"no county agency of {brief.place}"
    if is_county.any():
        own = found[found["agency_type"] == "county"].to_dict("records")
        named = f"for {brief.place}, {say.join_words([_agency_words(row) for row in own])}"
    comma = "," if is_county.any() else ""
    return f"The list of 287(g) agreements of {latest} names{comma} {named}, and {others}."


def _agency_words(row: Mapping[Hashable, Any]) -> str:
    since = say.format_date(row["since_date"])
    dated = f"signed first on {since}" if since[0].isdigit() else "day of signing not available"
    return f"{row['agency']} ({str(row['models']).lower()}; {dated})"


def _by_type(rows: pd.DataFrame) -> str:
    counts = _keyed(rows).drop_duplicates(AGENCY)["agency_type"].value_counts()
    named = {kind: words for kind, words in AGENCY_WORDS.items() if kind in counts}
    return say.join_words([say.pluralise(counts[kind], *words) for kind, words in named.items()])
