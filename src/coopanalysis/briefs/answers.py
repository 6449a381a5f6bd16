"""Briefs: the answers of a county that fit one screen, a line each with its day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import pandas as pd

from coopanalysis.briefs.agencies import agencies
from coopanalysis.briefs.context import law_verdict
from coopanalysis.briefs.detention import describe_detention
from coopanalysis.briefs.places import Brief, explain_place
from coopanalysis.briefs.reporting import RATES, county_rates
from coopanalysis.briefs.sources import list_dates
from coopanalysis.display.html import Output, element
from coopanalysis.display.sentences import (
    format_count,
    format_date,
    format_share,
    is_missing,
    join_words,
    pluralise,
)
from coopanalysis.vocabulary import PRACTICE_NAMES, SUPPORT_TYPE_LABELS


@dataclass(frozen=True)
class Answer:
    """One question of a reader: what is known, as of when, and the section with the rest."""

    question: str
    answer: str
    as_of: str
    section: str


def county_answers(brief: Brief) -> list[Answer]:
    """Answer what readers ask of a county first; what a release lacks is the last line.

    Returns
    -------
    list of Answer
        Agreements, lists, law, reporting and rates, residents, what is not known.
    """
    asked = [_agreement, _stretches, _law, _detention, _reporting, _people, _unknown]
    return [answer for answer in (one(brief) for one in asked) if answer]


def show_answers(found: Sequence[Answer]) -> Output:
    """Show the answers of a county in a card, each linked to its section."""
    rows = "".join(
        element(
            "div",
            element("dt", element("a", escape(one.question), href=f"#{one.section}"))
            + element("dd", escape(one.answer) + _day(one.as_of)),
        )
        for one in found
    )
    text = "\n".join(f"{one.question}: {one.answer} {one.as_of}".strip() for one in found)
    return Output(element("dl", rows, class_="coop-answers"), text)


def _day(words: str) -> str:
    return f" {element('small', escape(words))}" if words else ""


def _agreement(brief: Brief) -> Answer:
    day = list_dates(brief.panel)[1]
    if not brief.is_listed:
        return Answer("Agreement with ICE", explain_place(brief), "", "agreements")
    found = agencies(brief.on_list("latest"))
    own = found[found["agency_type"] == "county"]
    rest = len(found) - len(own)
    said = join_words(
        [
            f"{row['agency']}: {str(row['models']).lower()}{_since(row['since_date'])}"
            for row in own.to_dict("records")
        ]
    )
    more = f"{pluralise(rest, 'agency', 'agencies')} of municipalities placed in it" if rest else ""
    said = f"Yes. {said}" if said else "No county agency"
    return Answer(
        "Agreement with ICE",
        f"{said}; {more}." if more else f"{said}.",
        f"287(g) list of {day}",
        "agreements",
    )


def _since(day: Any) -> str:
    return "" if is_missing(day) else f", signed {format_date(day)}"


def _stretches(brief: Brief) -> Answer | None:
    every = brief.panel.agreement_spells
    own = every[(every["county_fips"] == brief.code) & (every["agency_type"] == "county")]
    if own.empty:
        return None
    first = format_date(every["first_listed"].min())
    said = []
    for row in own.sort_values("first_listed").to_dict("records"):
        model = SUPPORT_TYPE_LABELS[row["support_type"]].lower()
        begun = format_date(row["first_listed"])
        begun = f"{begun} or before" if begun == first else begun
        is_gone = row["status"] in ("left", "unclear")
        end = f", last {format_date(row['last_listed'])}" if is_gone else ""
        said.append(f"{row['agency']} ({model}) on the lists since {begun}{end}")
    return Answer("Since when", f"{join_words(said)}.", f"all lists since {first}", "dates")


def _law(brief: Brief) -> Answer:
    verdict, day = law_verdict(brief)
    return Answer("Law of the state", verdict, f"as of {day}" if day else "", "law")


def _detention(brief: Brief) -> Answer | None:
    told = describe_detention(brief)
    return told and Answer("Held for ICE", told[0], f"fiscal year {told[1]}", "held")


def _reporting(brief: Brief) -> Answer:
    table = county_rates(brief, None)
    if table.empty:
        return Answer("Crime reported", "This release holds no crime data.", "", "crime")
    last = table.sort_values("year").iloc[-1]
    rates = [
        f"{format_count(round(last[name]))} {label}"
        for name, label in RATES.items()
        if pd.notna(last[name])
    ]
    said = f"{str(last['quality']).capitalize()}"
    if rates:
        usable = "" if last["use"] == "yes" else " (too few agencies to compare)"
        said += f": offences per 100,000 residents, {join_words(rates)}{usable}"
    return Answer("Crime reported", f"{said}.", str(last["year"]), "crime")


def _people(brief: Brief) -> Answer | None:
    if brief.counties.empty:
        return None
    own = brief.counties.iloc[0]
    known = [f"{format_count(own['population_count'])} residents"]
    if pd.notna(own["hispanic_share"]):
        known.append(f"{format_share(own['hispanic_share'])} Hispanic")
    if pd.notna(own["foreign_born_share"]):
        known.append(f"{format_share(own['foreign_born_share'])} born abroad")
    if pd.notna(own["poverty_pct"]):
        known.append(f"{format_share(own['poverty_pct'] / 100)} below the poverty line")
    return Answer("Who lives there", f"{join_words(known)}.", "", "people")


def _unknown(brief: Brief) -> Answer | None:
    table = brief.panel.county
    lacking = [one for one in PRACTICE_NAMES if table[one].isna().all()]
    if not lacking:
        return None
    labels = [brief.panel.column(one).label for one in lacking]
    said = f"{join_words([label[0].lower() + label[1:] for label in labels])}: in no file here."
    return Answer("Not known", said, "", "unknown")
