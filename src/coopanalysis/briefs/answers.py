"""Briefs: the answers of a state or county that fit one screen, a line each with its day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import pandas as pd

from coopanalysis.briefs.agencies import agencies, by_type
from coopanalysis.briefs.context import PEOPLE, law_verdict, people_measures
from coopanalysis.briefs.detainers import describe_detainers
from coopanalysis.briefs.detention import describe_detention
from coopanalysis.briefs.limits import unknown_practices
from coopanalysis.briefs.places import Brief, explain_place
from coopanalysis.briefs.reporting import RATES, county_rates, pooled_rates
from coopanalysis.briefs.sources import list_dates
from coopanalysis.display import sentences as say
from coopanalysis.display.html import Output, element, file_stem
from coopanalysis.display.page import ANSWERS
from coopanalysis.vocabulary import PRACTICE_NAMES, SUPPORT_TYPE_LABELS

AGREEMENTS = "Who has an agreement?"
LAW = "What does the law of the state say?"
HELD = "Who is held for ICE there?"
DETAINERS = "Which requests to hold were declined?"
CRIME = "Who reported crime, and how much?"
RESIDENTS = "Who lives there?"
LIMITS = "Limits"
MOST_NAMED = 3
"""Agreements up to which each is named in an answer."""
_GONE = {
    "left": "left",
    "unclear": "perhaps under another name",
    "absent": "missing from the latest list alone",
}
_IN_SHORT = {
    "population_count": "residents",
    "hispanic_share": "Hispanic",
    "foreign_born_share": "born abroad",
    "poverty_pct": "below the poverty line",
}


@dataclass(frozen=True)
class Answer:
    """One question of a reader: what is known, as of when, and the section with the rest."""

    question: str
    answer: str
    as_of: str
    section: str

    @property
    def anchor(self) -> str:
        """Anchor of the section, as pages make it of its heading."""
        return file_stem(self.section)


def answers(brief: Brief) -> list[Answer]:
    """Answer what readers ask of a place first; what a release lacks is the last line.

    Returns
    -------
    list of Answer
        Agreements, lists, law, detention, detainers, reporting and rates, residents, what is not
        known.
    """
    asked = [_agreement, _listed, _law, _held, _declined, _crime, _people, _unknown]
    return [answer for answer in (one(brief) for one in asked) if answer]


def finding(brief: Brief) -> str:
    """Say in a line whether the place has agreements, as the title of its page."""
    counties, rows = brief.counties, brief.on_list("latest")
    if not brief.is_listed:
        return brief.name
    if not brief.is_state:
        which = "a" if rows["agency_type"].eq("county").any() else "no"
        return f"{brief.name}: {which} county agency is listed with an agreement with ICE"
    having = int((counties["agreement_latest_list"] == 1).sum())
    if rows.empty:
        return f"{brief.name}: no agency is listed with an agreement with ICE"
    where = f"county agencies in {say.format_count(having)} of {len(counties)} counties are"
    if having == len(counties):
        where = "county agencies in every county are" if having > 1 else "an agency is"
    elif not having:
        where = f"{by_type(rows)}, and no county agency, are"
    return f"{brief.name}: {where} listed with an agreement with ICE"


def show_answers(brief: Brief, found: Sequence[Answer] | None = None) -> Output:
    """Show the answers of a place in a card, each linked to its section."""
    found = answers(brief) if found is None else found
    rows = "".join(
        element(
            "div",
            element("dt", element("a", escape(one.question), href=f"#{one.anchor}"))
            + element("dd", escape(one.answer) + _day(one.as_of)),
        )
        for one in found
    )
    lines = (f"{one.question}: {one.answer} {one.as_of}".strip() for one in found)
    text = "\n".join([finding(brief), *lines])
    return Output(element("dl", rows, class_="coop-answers"), text, ANSWERS)


def _day(words: str) -> str:
    return f" {element('small', escape(words))}" if words else ""


def _agreement(brief: Brief) -> Answer:
    if not brief.is_listed:
        return Answer("Agreement with ICE", explain_place(brief), "", AGREEMENTS)
    said = _of_state(brief) if brief.is_state else _of_county(brief)
    day = list_dates(brief.panel)[1]
    return Answer("Agreement with ICE", f"{said}.", f"287(g) list of {day}", AGREEMENTS)


def _of_state(brief: Brief) -> str:
    rows = brief.on_list("latest")
    if rows.empty:
        return "No agency of the state, its counties or its municipalities"
    counts = rows["support_type"].value_counts()
    models = [
        f"{_model(one)} {say.format_count(counts[one])}"
        for one in SUPPORT_TYPE_LABELS
        if one in counts
    ]
    having = int((brief.counties["agreement_latest_list"] == 1).sum())
    share = say.describe_share(having, len(brief.counties))
    said = by_type(rows, {"county": f" in {share}"} if having else {})
    return f"{said}. Models: {say.join_words(models)}"


def _model(support_type: str) -> str:
    label = SUPPORT_TYPE_LABELS[support_type].lower()
    return label.removesuffix(" model").removesuffix(" officer")


def _of_county(brief: Brief) -> str:
    found = agencies(brief.on_list("latest"))
    own = found[found["agency_type"] == "county"]
    rest = len(found) - len(own)
    named = [
        f"{row['agency']}: {str(row['models']).lower()}{_signed(row['since_date'])}"
        for row in own.to_dict("records")
    ]
    said = f"Yes. {say.join_words(named)}" if named else "No county agency"
    more = f"{say.pluralise(rest, 'agency', 'agencies')} of municipalities placed in it"
    return f"{said}; {more}" if rest else said


def _signed(day: Any) -> str:
    return "" if say.is_missing(day) else f", signed {say.format_date(day)}"


def _listed(brief: Brief) -> Answer | None:
    """Since when agreements have been on the lists, and how many are gone from them."""
    every = brief.panel.agreement_spells
    first = every["first_listed"].min()
    agreement = ["state_fips", "agency", "support_type"]  # of one that came back the last stretch
    every = every.sort_values("first_listed").drop_duplicates(agreement, keep="last")
    own = every[every[brief.key] == brief.code]
    if own.empty:
        return None
    now = own[own["status"] == "listed"].sort_values("first_listed")
    gone = own.loc[own["status"] != "listed", "status"].value_counts()
    said = []
    if len(now):
        days = [_since(day, first) for day in now["first_listed"]]
        named = [
            f"{row['agency']} ({_model(row['support_type'])}) since {day}"
            for row, day in zip(now.to_dict("records"), days, strict=True)
        ]
        half = f", half by {days[(len(now) - 1) // 2]}" * (len(now) > MOST_NAMED)
        of_all = f"the first of {len(now)} since {days[0]}{half}"
        said.append(of_all if len(now) > MOST_NAMED else say.join_words(named))
    if len(gone):
        counts = [f"{say.format_count(gone[one])} {_GONE[one]}" for one in _GONE if one in gone]
        last = own.loc[own["status"] != "listed", "last_listed"].max()
        said.append(f"{say.join_words(counts)}, last seen {say.format_date(last)}")
    as_of = f"all lists since {say.format_date(first)}"
    return Answer("On the lists", f"{say.upper_first('; '.join(said))}.", as_of, AGREEMENTS)


def _since(day: pd.Timestamp, first: pd.Timestamp) -> str:
    return f"{say.format_date(day)}{' or before' * (day == first)}"


def _law(brief: Brief) -> Answer:
    verdict, day = law_verdict(brief)
    return Answer("Law of the state", verdict, f"as of {day}" if day else "", LAW)


def _held(brief: Brief) -> Answer | None:
    told = describe_detention(brief) if brief.is_listed else None
    return told and Answer("Held for ICE", *told, HELD)


def _declined(brief: Brief) -> Answer | None:
    told = describe_detainers(brief) if brief.is_listed else None
    return told and Answer("Requests declined", *told, DETAINERS)


def _crime(brief: Brief) -> Answer:
    said, year = _of_counties(brief) if brief.is_state else _of_years(brief)
    return Answer("Crime reported", f"{said}.", year, CRIME)


def _of_counties(brief: Brief) -> tuple[str, str]:
    table = pooled_rates(brief.years)
    if table.empty:
        return "This release holds no crime data", ""
    last = table.iloc[-1]
    where = f"Most agencies reported in {say.format_count(last['used_count'])} of "
    where += say.pluralise(last["county_count"], "county")
    if last["used_count"]:
        where += f" ({say.format_share(last['used_population_share'])} of residents):"
        where += f" {say.join_words(_rates(last))} per 100,000 there"
    return where, str(table.index[-1])


def _of_years(brief: Brief) -> tuple[str, str]:
    table = county_rates(brief, None)
    if table.empty:
        return "This release holds no crime data", ""
    last = table.sort_values("year").iloc[-1]
    said, rates = str(last["quality"]).capitalize(), _rates(last)
    if rates:
        usable = "" if last["use"] == "yes" else " (too few agencies to compare)"
        said += f": {say.join_words(rates)} per 100,000 residents{usable}"
    return said, str(last["year"])


def _rates(row: pd.Series) -> list[str]:
    known = [(name, label) for name, label in RATES.items() if pd.notna(row[name])]
    return [
        f"{say.format_count(round(row[name]))}{' offences' * (at == 0)} {label}"
        for at, (name, label) in enumerate(known)
    ]


def _people(brief: Brief) -> Answer | None:
    if brief.counties.empty:
        return None
    own = people_measures(brief).loc[brief.code]
    writers = {column: writer for column, _, _, writer in PEOPLE}
    known = [
        f"{writers[name](own[name])} {words}"
        for name, words in _IN_SHORT.items()
        if pd.notna(own[name])
    ]
    return Answer("Who lives there", f"{say.join_words(known)}.", "", RESIDENTS)


def _unknown(brief: Brief) -> Answer | None:
    lacking = unknown_practices(brief)
    if not lacking:
        return None
    of_all = f"{len(lacking)} of the {len(PRACTICE_NAMES)} practices of cooperation."
    return Answer("Not known", of_all, "", LIMITS)
