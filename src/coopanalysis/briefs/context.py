"""Briefs: practices, residents, state law and local actions."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import pandas as pd

from coopanalysis.briefs.peers import Peers, format_density, measure_years, pooled_mean, state_units
from coopanalysis.briefs.places import WITH_ARTICLE, Brief, sources_of
from coopanalysis.catalog.tables import COUNTY
from coopanalysis.clean.law_status import law_status, laws_in_force
from coopanalysis.display import sentences as say
from coopanalysis.display import states
from coopanalysis.display.coverage import count_flags
from coopanalysis.display.html import Output
from coopanalysis.display.page import note
from coopanalysis.display.tables import ColumnFormat, Columns, show_table
from coopanalysis.panel import Panel, StateLaws, load_laws
from coopanalysis.panel.state_laws import ACTIONS_SOURCE, LAWS_SOURCE, RULINGS_SOURCE
from coopanalysis.vocabulary import PRACTICE_NAMES, PRACTICES

Writer = Callable[[Any], str]
FICTIONAL = (
    "The states of the demo release are fictional, so no real law or local action applies to "
    "them. The report on state laws shows the real ones."
)
_NONE = "no law in the table that is certain requires or restricts cooperation"
_ACTS = {
    "requires": "requires cooperation, or bars limits on it,",
    "restricts": "bars or limits cooperation",
}
"""What the laws of a kind do: to forbid a limit is no duty to act, and a limit is no ban."""
_VOTE = "Republican share of the {} vote"
PEOPLE: tuple[tuple[str, str, str, Writer], ...] = (
    ("population_count", "Residents, {year}", "sum", say.format_count),
    ("population_per_km2", "Residents per square kilometre, {year}", "density", format_density),
    ("foreign_born_share", "Born abroad, 2015 to 2019", "people", say.format_share),
    ("noncitizen_share", "Not citizens, 2012 to 2016", "people", say.format_share),
    ("limited_english_share_2022", "Limited English, 2018 to 2022", "people", say.format_share),
    ("hispanic_share", "Hispanic", "people", say.format_share),
    ("white_nonhispanic_share", "White, not Hispanic", "people", say.format_share),
    ("black_nonhispanic_share", "Black, not Hispanic", "people", say.format_share),
    ("other_race_share", "Another race or several", "people", say.format_share),
    ("poverty_pct", "Below the poverty line, {survey}", "people", say.format_percent),
    ("unemployment_pct", "Unemployed, {survey}", "people", say.format_percent),
    ("median_household_income_usd", "Median household income, {survey}", "people", say.format_usd),
    ("republican_share", _VOTE.format(2020), "votes_count", say.format_share),
    ("republican_share_2024", _VOTE.format(2024), "votes_count_2024", say.format_share),
)


def show_practices(brief: Brief, peers: Peers | None) -> Output | None:
    """The practices beside peers and all counties, where more than agreements is known."""
    names = [one for one in PRACTICE_NAMES if brief.panel.county[one].notna().any()]
    everywhere = count_flags(brief.panel.county, names)
    own = count_flags(brief.counties, names)
    if not names:
        return None
    if brief.counties.empty:
        return note(f"{brief.name} is not in the county list that practices are coded for.")
    table = own.assign(
        label=[COUNTY.column(name).label for name in names], all_share=everywhere["with_share"]
    )
    columns: Columns = {"label": "Practice"}
    if brief.is_state:
        columns["with_share"] = f"Counties of {brief.state_words}"
        columns["unknown_count"] = "Not known"
    else:
        table["own"] = brief.counties[names].iloc[0].map({1: "yes", 0: "no"}).to_numpy()
        columns["own"] = brief.counties["county"].iloc[0]
    if peers is not None:
        alike = brief.panel.county[brief.panel.county[brief.key].isin(peers.codes)]
        table["peer_share"] = count_flags(alike, names)["with_share"]
        columns["peer_share"] = "Counties of its peers" if brief.is_state else "Its peers"
    columns["all_share"] = "All counties"
    return show_table(
        table,
        caption=f"Practices of cooperation in {brief.place}",
        note=f"{_score_words(brief)} 287(g) agreements are here those of the rubric of "
        f"{brief.panel.policies[names[0]].as_of}, so that all practices are of one time.",
        source=brief.source("ilrc-rubric"),
        columns=columns,
    )


def show_people(brief: Brief, peers: Peers | None) -> Output:
    """Residents of the place beside its peers and the whole release."""
    if brief.counties.empty:
        return note(
            f"{brief.name} is not in the county list that these measures are for; what is known of "
            "it year by year stands below."
        )
    panel, columns = brief.panel, Columns(measure="Measure", own=brief.name)
    measures = people_measures(brief)
    groups = {"own": measures.loc[brief.code]}
    if peers is not None:
        groups["peers"] = measures.loc[peers.codes].median()
        columns["peers"] = f"Median of {len(peers.codes)} peers"
    if not brief.is_state:
        groups["state"] = _state_measures(brief).loc[brief.state_fips]
        columns["state"] = brief.state
    groups["all"] = measures.median()
    columns["all"] = f"Median of all {brief.places}"
    shown = [one for one in PEOPLE if measures[one[0]].notna().any()]
    labels = people_labels(brief.panel)
    rows = [
        {"measure": labels[one], **{name: write(group[one]) for name, group in groups.items()}}
        for one, _, _, write in shown
    ]
    return show_table(
        pd.DataFrame(rows),
        caption=f"Residents of {brief.place}, beside the {brief.places} of the release",
        note="Figures of a state are those of its counties, weighted by residents or votes; its "
        "income is the mean of county medians, not the state's median. "
        + _known_words(brief, measures),
        source=brief.source(*sources_of(panel, [one[0] for one in shown])),
        columns=columns,
    )


def people_labels(panel: Panel) -> dict[str, str]:
    """Label of each measure of residents, by column, with the year that it is of."""
    years = measure_years(panel)
    return {column: label.format(**years) for column, label, _, _ in PEOPLE}


def _known_words(brief: Brief, measures: pd.DataFrame) -> str:
    """Say what the median of all is of, and of how many where a measure is not known of all."""
    labels, total, known = people_labels(brief.panel), len(measures), measures.notna().sum()
    known = known[(known > 0) & (known < total)]
    fewer = [f"{labels[str(name)]} ({say.format_count(count)})" for name, count in known.items()]
    words = f"The median of all is of {say.format_count(total)}"
    if brief.is_state and brief.panel.county["state"].isin(WITH_ARTICLE).any():
        words += f", {say.join_words([f'the {one}' for one in WITH_ARTICLE])} counted as a state"
    if fewer:
        words += f"; of fewer where not all are known: {say.join_words(fewer)}"
    return f"{words}."


def people_measures(brief: Brief) -> pd.DataFrame:
    """Measures of every state, or of every county, by code."""
    if brief.is_state:
        return _state_measures(brief)
    names = [column for column, *_ in PEOPLE]
    return brief.panel.county.set_index("county_fips")[names].astype("float64")


def show_laws(brief: Brief) -> Output:
    """Laws of the state in the table of state laws, with their status on the latest list's day."""
    if brief.panel.release == "demo":
        return note(FICTIONAL)
    own, state, day = _laws_of(brief)
    if own.empty:
        return note(
            f"The table of state laws has {say.pluralise(len(_laws().laws), 'law')}, and none is "
            f"of {brief.state_words}. A law that was missed would look the same."
        )
    key = " To verify: the date, the scope or the citation is not certain."
    key = key if own["confidence"].eq("verify").any() else ""
    return states.show_laws(
        own,
        day,
        caption=f"State laws on cooperation with ICE: {brief.state}",
        note=f"{_law_words(brief, day, state)}{key}",
        source=f"{LAWS_SOURCE}. Data as of {say.format_date(day)}.",
    )


def law_verdict(brief: Brief) -> tuple[str, str]:
    """Which practices the certain laws of the state require or restrict, and the day of that."""
    if brief.panel.release == "demo":
        return "A fictional state: no real law applies.", ""
    laws, state, day = _laws_of(brief)
    if laws.empty:
        none = "None in the table of state laws; a law that was missed would look the same."
        return none, say.format_date(day)
    own = laws_in_force(laws, day)
    said = []
    for kind, act in _ACTS.items():
        practices = own.loc[own["kind"].isin([kind, "both"]), "practices"]
        covered = set(";".join(practices).split(";"))
        labels = [one.act for one in PRACTICES if one.name in covered]
        if labels:
            said.append(f"{act} on {say.join_words(labels)}")
    verdict = [say.upper_first("; ".join(said))] if said else []
    deciding = own[own["kind"].isin([*_ACTS, "both"]) & own["practices"].ne("")]
    if len(deciding):
        since = [say.format_date(day) for day in deciding["effective_date"]]
        named = _in_short(deciding)
        laws_since = [f"{law} since {day}" for law, day in zip(named, since, strict=True)]
        verdict.append(f"Under {say.join_words(laws_since)}")
    if state["is_uncertain"]:
        unsure = laws[laws["confidence"] == "verify"]
        kinds = unsure["kind"].replace(states.KIND_LABELS) + " cooperation"
        named = [f"{law} ({kind})" for law, kind in zip(_in_short(unsure), kinds, strict=True)]
        verdict.append(f"To verify: {say.join_words(named)}")
    return f"{'. '.join(verdict or [say.upper_first(_NONE)])}.", say.format_date(day)


def _in_short(laws: pd.DataFrame) -> list[str]:
    """First part of the citation of each law, before it the name of one that stands alone."""
    cited = laws["citation"].str.partition(";")[0]
    named = laws["name"] if len(laws) == 1 else laws["name"].where(cited.isna(), "")
    return [", ".join(filter(None, pair)) for pair in zip(named, cited.fillna(""), strict=True)]


def show_rulings(brief: Brief) -> Output | None:
    """Rulings of courts that bind in the state, the latest first, each with its document."""
    if brief.panel.release == "demo":
        return None
    data, rulings = _laws().states, _laws().rulings
    state = data.loc[data["state_fips"] == brief.state_fips, "state_abbr"].iloc[0]
    binds = rulings["binds_states"].fillna("").str.split(";").map(lambda of: state in of)
    own = rulings[binds & rulings["confidence"].eq("high")]
    if own.empty:
        return None
    own = own.sort_values("decided", ascending=False)
    return show_table(
        own.assign(document=states.with_documents(own["source"], own["source_url"])),
        caption=f"Court rulings on cooperation with ICE that bind in {brief.state_words}",
        note="Those that could be confirmed from a document; others may bind too. Some were "
        "overturned or narrowed later: see what was held.",
        source=f"{RULINGS_SOURCE}.",
        columns={
            "name": "Ruling",
            "decided": ColumnFormat("Decided", kind="date"),
            "held": ColumnFormat("What was held", answer=True),
            "binds": "Where it binds",
            "court": "Court",
            "document": ColumnFormat("Source", kind="links"),
        },
    )


def local_actions(brief: Brief) -> pd.DataFrame:
    """Local actions of the place in the table of them, none of a fictional one."""
    if brief.panel.release == "demo":
        return pd.DataFrame()
    every = _laws().actions
    own: pd.DataFrame = every[every[brief.key] == brief.code]
    return own


def show_local_actions(brief: Brief) -> Output:
    """Policies of counties and cities that are known from public reporting."""
    if brief.panel.release == "demo":
        return note("No local action applies to a fictional place.")
    every, own = _laws().actions, local_actions(brief)
    if own.empty:
        elsewhere = 0 if brief.is_state else (every["state_fips"] == brief.state_fips).sum()
        are = "1 is of another place" if elsewhere == 1 else f"{elsewhere} are of other places"
        rest = f" {are} in {brief.state_words}."
        rest *= bool(elsewhere)
        return note(
            f"The table of local actions has {say.format_count(len(every))}, none of them of "
            f"{brief.place}.{rest} It is far from complete, so this is no finding."
        )
    day = _latest_day(brief)
    return states.show_laws(
        own,
        day,
        caption=f"Local actions known in {brief.place}",
        note="From public reporting; the table is not complete. To verify: the date or the scope "
        "is not certain.",
        source=f"{ACTIONS_SOURCE}. Data as of {say.format_date(day)}.",
    )


def _law_words(brief: Brief, day: str, state: pd.Series) -> str:
    """Say what the laws that are certain do, and what they would with those to verify.

    The table may miss a law, so having found none is not said as a fact about the state.
    """
    place, on = brief.state_words, say.format_date(day)
    certain, possible = (
        states.KIND_LABELS.get(one, one) for one in state[["status", "possible_status"]]
    )
    text = f"By the laws that are certain, on {on} {place} {certain} cooperation, since "
    text += f"{say.format_date(state['since_date'])}."
    if state["status"] == "neither":
        text = f"{_NONE.capitalize()} on {on}; a law that was missed would look the same."
    if state["is_uncertain"]:
        text += f" If every law that is to be verified holds, {place} {possible} cooperation."
    return text


def _score_words(brief: Brief) -> str:
    scores = brief.counties["cooperation_score"].dropna()
    every = brief.panel.county["cooperation_score"].dropna()
    if scores.empty:
        return "No county here has a cooperation score: one of the practices is not known."
    if not brief.is_state:
        return (
            f"Cooperation score: {say.format_count(scores.iloc[0])} of {len(PRACTICES)}; the mean "
            f"of all counties is {say.format_number(every.mean(), 2)}. A count of practices, not a "
            "measure of effort."
        )
    return (
        f"Mean cooperation score: {say.format_number(scores.mean(), 2)} of {len(PRACTICES)} over "
        f"{say.pluralise(len(scores), 'county')}, from {say.format_count(scores.min())} to "
        f"{say.format_count(scores.max())}; all counties: {say.format_number(every.mean(), 2)}."
    )


def _state_measures(brief: Brief) -> pd.DataFrame:
    county = brief.panel.county
    if not brief.is_state:
        county = county[county["state_fips"] == brief.state_fips]
    table = state_units(county).drop(columns="place").astype("float64")
    for column, _, weight, _ in PEOPLE:
        if column not in table:
            name = "population_count" if weight == "people" else weight
            table[column] = pooled_mean(county, column, county[name].astype("float64"))
    return table


def _latest_day(brief: Brief) -> str:
    return max(str(one["list_date"]) for one in brief.panel.build["agreement_lists"])


def _laws_of(brief: Brief) -> tuple[pd.DataFrame, pd.Series, str]:
    """Laws of the state, its status on the day of the latest list, and that day."""
    data, day = _laws(), _latest_day(brief)
    laws, states = (one[one["state_fips"] == brief.state_fips] for one in (data.laws, data.states))
    return laws, law_status(laws, states, day).iloc[0], day


@lru_cache(maxsize=1)
def _laws() -> StateLaws:
    return load_laws()
