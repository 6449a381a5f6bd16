"""Briefs: the answers of a state or county that fit one screen, a line each with its day."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import pandas as pd

from coopanalysis.briefs.agreements import agencies, agency_count, by_type
from coopanalysis.briefs.context import (
    PEOPLE,
    law_verdict,
    local_actions,
    people_labels,
    people_measures,
)
from coopanalysis.briefs.detention import describe_detainers, describe_detention
from coopanalysis.briefs.limits import unknown_practices
from coopanalysis.briefs.places import (
    Brief,
    explain_place,
    latest_day,
    source_of_latest,
    source_of_spells,
    sources_of,
    span_of,
)
from coopanalysis.briefs.reporting import LAYOUTS, RATES, TOO_FEW, county_rates, pooled_rates
from coopanalysis.clean.agency_names import known_names
from coopanalysis.clean.detention import DAILY
from coopanalysis.display import sentences as say
from coopanalysis.display.html import Output, element, file_stem
from coopanalysis.display.page import ANSWERS
from coopanalysis.panel.inputs import DETAINERS as DECLINED
from coopanalysis.panel.inputs import RETURN_A
from coopanalysis.panel.state_laws import ACTIONS_SOURCE, LAWS_SOURCE
from coopanalysis.vocabulary import PRACTICES, SUPPORT_TYPE_LABELS

AGREEMENTS = "Who has an agreement?"
LAW = "What does the law of the state say?"
HELD = "Who is held for ICE there?"
DETAINERS = "Which requests to hold were declined?"
CRIME = "Who reported crime, and how much?"
RESIDENTS = "Who lives there?"
LIMITS = "Limits"
LAW_OF_STATE, LOCAL_ACTION = "Law of the state", "Local action"
MOST_NAMED = 3
"""Agreements up to which each is named in an answer."""
_GONE = {
    "left": "left",
    "unclear": "perhaps under another name",
    "absent": "missing from the latest list",
}
_SENT = {
    "agencies_complete_count": "all twelve",
    "agencies_partial_count": "some",
    "agencies_not_reported_count": "none though expected to",
}
_IN_SHORT = {
    "population_count": "residents",
    "hispanic_share": "Hispanic",
    "foreign_born_share": "born abroad",
    "poverty_pct": "below the poverty line",
}


@dataclass(frozen=True)
class Answer:
    """One question of a reader: what is known, as of when, from where, and where the rest is."""

    question: str
    answer: str
    as_of: str
    section: str
    source: str = ""

    @property
    def anchor(self) -> str:
        """Anchor of the section, as pages make it of its heading."""
        return file_stem(self.section)


def answers(brief: Brief) -> list[Answer]:
    """Answer what readers ask of a place first; what a release lacks is the last line."""
    asked = [_agreement, _listed, _law, _acted, _held, _declined, _crime, _people, _unknown]
    return [answer for answer in (one(brief) for one in asked) if answer]


def finding(brief: Brief) -> str:
    """Say in a line whether the place has agreements, as the title of its page."""
    counties, rows = brief.counties, brief.latest
    if not brief.is_listed:
        return brief.name
    listed = "listed with an agreement with ICE"
    if rows.empty:
        return f"{brief.name}: no agency is {listed}"
    if not rows["agency_type"].eq("county").any():
        are = "is" if agency_count(rows) == 1 else "are"
        noun = "county" if brief.is_state else brief.noun
        none = _by_label(rows, f"but no {noun} agency")
        return f"{brief.name}: {by_type(rows)} {are} {listed}, {none}"
    if not brief.is_state:
        return (
            f"{brief.name}: {by_type(rows)} {'is' if agency_count(rows) == 1 else 'are'} {listed}"
        )
    having = int((counties["agreement_latest_list"] == 1).sum())
    where = f"county agencies in {say.format_count(having)} of {len(counties)} counties are"
    if having == len(counties):
        where = "county agencies in every county are" if having > 1 else "an agency is"
    return f"{brief.name}: {where} {listed}"


def _by_label(rows: pd.DataFrame, otherwise: str) -> str:
    """Say that no agency is the county's; where the list labels a sheriff otherwise, only that."""
    is_sheriff = rows["agency"].str.contains(r"\bsheriff", case=False, regex=True)
    return "none that the list labels as the county's" if is_sheriff.any() else otherwise


def show_answers(brief: Brief, found: Sequence[Answer] | None = None) -> Output:
    """Show the answers of a place in a card, each linked to its section."""
    found, rows = answers(brief) if found is None else found, ""
    for one in found:
        day = f" {element('small', escape(one.as_of))}" if one.as_of else ""
        asked = element("dt", element("a", escape(one.question), href=f"#{one.anchor}"))
        rows += element("div", asked + element("dd", escape(one.answer) + day))
    lines = (f"{one.question}: {one.answer} {one.as_of}".strip() for one in found)
    text = "\n".join([finding(brief), *lines])
    return Output(element("dl", rows, class_="coop-answers"), text, ANSWERS)


def _agreement(brief: Brief) -> Answer:
    if not brief.is_listed:
        return Answer("Agreement with ICE", explain_place(brief), "", LIMITS)
    said = _of_state(brief) if brief.is_state else _of_county(brief)
    day, source = latest_day(brief.panel), source_of_latest(brief.panel)
    return Answer("Agreement with ICE", f"{said}.", f"287(g) list of {day}", AGREEMENTS, source)


def _of_state(brief: Brief) -> str:
    rows = brief.latest
    if rows.empty:
        return "No agency of the state, its counties or its municipalities"
    counts = rows["support_type"].value_counts()
    kinds = [one for one in SUPPORT_TYPE_LABELS if one in counts]
    models = [f"{_model(one)} {say.format_count(counts[one])}" for one in kinds]
    having = int((brief.counties["agreement_latest_list"] == 1).sum())
    share = say.describe_share(having, len(brief.counties))
    said = by_type(rows, {"county": f" in {share}"} if having else {})
    return f"{said}. Agreements by model: {say.join_words(models)}"


def _model(support_type: str) -> str:
    label = SUPPORT_TYPE_LABELS[support_type].lower()
    return label.removesuffix(" model").removesuffix(" officer")


def _of_county(brief: Brief) -> str:
    found = agencies(brief.latest)
    own = found[found["agency_type"] == "county"]
    agreements = zip(own["agency"], own["models"], strict=True)
    named = [f"{agency}: {models}" for agency, models in agreements]
    none = say.upper_first(_by_label(brief.latest, f"no agency of the {brief.noun}"))
    said = f"Yes. {'. '.join(named)}" if named else none
    rest = brief.latest[brief.latest["agency_type"] != "county"]
    if rest.empty:
        within = "" if brief.noun in ("city", "District") else " or of a municipality in it"
        return said if named else f"No agency of the {brief.noun}{within}"
    return f"{said}. In the {brief.noun} also {by_type(rest)}"


def _listed(brief: Brief) -> Answer | None:
    """Since when agreements have been on the lists, and how many are gone from them."""
    first = brief.panel.agreement_spells["first_listed"].min()
    agreement = ["state_fips", "agency", "support_type"]  # of one that came back the last stretch
    every = brief.spells.sort_values("first_listed")
    own = every.assign(came_back=every.duplicated(agreement)).drop_duplicates(
        agreement, keep="last"
    )
    if own.empty:
        return None
    now = own[own["status"] == "listed"].sort_values("first_listed")
    ended = own[own["status"] != "listed"]
    gone = ended["status"].value_counts()
    said = []
    days = [f"{say.format_date(day)}{' or before' * (day == first)}" for day in now["first_listed"]]
    if len(now) > MOST_NAMED:
        half = days[(len(now) - 1) // 2]
        said.append(f"{len(now)} agreements, the first since {days[0]}")
        said[-1] += f", half of them since {half} or earlier" * (half != days[0])
    elif len(now):
        rows = zip(now["agency"], now["support_type"], now["came_back"], days, strict=True)
        named = [
            f"{agency} ({_model(kind)}) {'again ' * back}since {day}"
            for agency, kind, back, day in rows
        ]
        said.append(say.join_words(named))
    if len(gone):
        counts = [f"{say.format_count(gone[one])} {_GONE[one]}" for one in _GONE if one in gone]
        which = f" ({ended['agency'].iloc[0]})" if len(ended) == 1 else ""
        seen, last = (say.format_date(ended["last_listed"].agg(one)) for one in ("min", "max"))
        span = last if seen == last else f"between {seen} and {last}"
        said.append(f"{say.join_words(counts)}{which}, last seen {span}")
        said.append(_still_listed(now, ended))
    as_of = f"all lists since {say.format_date(first)}"
    said_of_all, source = say.upper_first("; ".join(said)), source_of_spells(brief.panel)
    return Answer("On the lists", f"{said_of_all}.", as_of, AGREEMENTS, source)


def _still_listed(now: pd.DataFrame, ended: pd.DataFrame) -> str:
    """Say how many agencies of agreements that ended are on the latest list with another."""
    agencies_gone = set(known_names(ended))
    still, total = len(agencies_gone & set(known_names(now))), len(agencies_gone)
    if total == 1:
        listed = "still listed with another" if still else "listed with no other"
        return f"the agency is {listed} model"
    their = f"their {say.format_count(total)} agencies"
    how_many = say.format_count(still) if still else "none"
    who = their if still == total else f"{how_many} of {their}"
    verb = "is" if still < 2 else "are"
    return f"{who} {verb}{' still' * bool(still)} listed with another model"


def _law(brief: Brief) -> Answer:
    verdict, day = law_verdict(brief)
    known = (f"as of {day}", LAW, f"{LAWS_SOURCE}.") if day else ("", LAW)
    return Answer(LAW_OF_STATE, verdict, *known)


def _acted(brief: Brief) -> Answer | None:
    """Name the dated local actions on record; of others only how many there are."""
    own = local_actions(brief)
    if own.empty:
        return None
    dated = own.dropna(subset=["effective_date"]).sort_values("effective_date", ascending=False)
    if dated.empty:
        return None
    unsure = dated["confidence"].eq("verify").map({True: ", to verify", False: ""})
    days = dated["effective_date"].map(say.format_date)
    said = list(dated["name"] + " (" + days + unsure + ")")
    rest = len(said[MOST_NAMED:]) + len(own) - len(dated)
    more = [f"{rest} more"] * bool(rest)
    text, source = say.join_words([*said[:MOST_NAMED], *more]), f"{ACTIONS_SOURCE}."
    return Answer(LOCAL_ACTION, f"{text}.", "", LAW, source)


def _held(brief: Brief) -> Answer | None:
    told = describe_detention(brief) if brief.is_listed else None
    return told and Answer("Held for ICE", *told, HELD, brief.source(DAILY))


def _declined(brief: Brief) -> Answer | None:
    told = describe_detainers(brief) if brief.is_listed else None
    return told and Answer("Requests declined", *told, DETAINERS, brief.source(DECLINED))


def _crime(brief: Brief) -> Answer:
    table = pooled_rates(brief.years).reset_index() if brief.is_state else county_rates(brief, None)
    if table.empty:
        return Answer("Crime reported", "This release holds no crime data.", "", CRIME)
    table = table.sort_values("year")
    own = table["year"].isin(brief.years["year"])
    last = (table[own] if own.any() else table).iloc[-1]
    said = _of_counties(brief, last) if brief.is_state else _of_years(last)
    year, (counted, of) = int(last["year"]), _agencies_counted(brief)
    as_of = f"{of} and {year}" if counted else str(year)
    source = brief.source(*LAYOUTS, *([RETURN_A] if counted else []))
    return Answer("Crime reported", f"In {year}, {said}.{counted}", as_of, CRIME, source)


def _agencies_counted(brief: Brief) -> tuple[str, int]:
    """How many agencies of a county sent reports in the last year in which they are counted.

    Not of a state: an agency of two counties would count twice.
    """
    if brief.is_state:
        return "", 0
    every = brief.panel.county_reporting
    own = every[every["county_fips"] == brief.code]
    if own.empty:
        return "", 0
    year = int(own["year"].max())
    sent = own.loc[own["year"] == year, list(_SENT)].sum()
    counts = [f"{say.format_count(sent[one])} {words}" for one, words in _SENT.items() if sent[one]]
    said = say.join_words(counts) or "none"
    return f" Agencies by months sent, last counted in {year}: {said}.", year


def _of_counties(brief: Brief, last: pd.Series) -> str:
    where = f"all or most agencies reported in {say.format_count(last['used_count'])} of "
    of_year = brief.years.loc[brief.years["year"] == last["year"], "county_fips"]
    if of_year.isin(brief.counties["county_fips"]).any():
        where += say.pluralise(last["county_count"], "county")
    else:
        where += f"{say.pluralise(last['county_count'], 'unit')} that the list of that year has"
    if last["used_count"]:
        where += f" ({say.format_share(last['used_population_share'])} of residents):"
        where += f" {say.join_words(_rates(last))} per 100,000 there"
    return where


def _of_years(last: pd.Series) -> str:
    said, rates = str(last["quality"]), _rates(last)
    if rates and last["use"] == "yes":
        return f"{said}: {say.join_words(rates)} per 100,000 residents"
    return f"{said}: {TOO_FEW} that can be compared" if rates else said


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
    names = [name for name in _IN_SHORT if pd.notna(own[name])]
    known = [f"{writers[name](own[name])} {_IN_SHORT[name]}" for name in names]
    source = brief.source(*sources_of(brief.panel, names))
    labels = people_labels(brief.panel)
    years = re.findall(r"\b\d{4}\b", " ".join(labels[name] for name in names))
    as_of = span_of([int(year) for year in years])
    return Answer("Who lives there", f"{say.join_words(known)}.", as_of, RESIDENTS, source)


def _unknown(brief: Brief) -> Answer | None:
    lacking = unknown_practices(brief)
    if not lacking:
        return None
    labels = [one.act for one in lacking]
    said = f"{len(lacking)} of {len(PRACTICES)} practices: {say.join_words(labels)}."
    return Answer("Not known", said, "", LIMITS)
