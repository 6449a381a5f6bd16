"""State laws on cooperation with ICE: who lives under which, where and since when."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from coopanalysis.clean.laws import LAW_STATUS_LABELS, LAW_STATUSES, law_exposure
from coopanalysis.display.figures import legend_html, show_figure
from coopanalysis.display.figures.areas import plot_share_timeline
from coopanalysis.display.figures.tiles import LAW_COLOURS, plot_tile_map
from coopanalysis.display.html import Output
from coopanalysis.display.page import show_headline, show_limits
from coopanalysis.display.sentences import (
    describe_chart,
    format_count,
    format_date,
    format_number,
    format_share,
    join_words,
    pluralise,
)
from coopanalysis.exhibits.common import note
from coopanalysis.exhibits.law_facts import LawFacts, load_facts, other_counties, timeline
from coopanalysis.sources.reference import read_local_actions

STACK_ORDER = ("requires", "both", "neither", "restricts")
"""From the bottom of the timeline: the two directions at the two edges."""
__all__ = [
    "headline",
    "limits",
    "load_facts",
    "show_tile_map",
    "show_timeline",
]

_CERTAIN = "date, scope and citation are certain"
_VERBS = {"requires": "require cooperation", "restricts": "restrict it", "both": "do both"}


def headline(facts: LawFacts) -> Output:
    """How many states, counties and residents live under which laws."""
    table = _exposure(facts.counties)
    parts = [
        f"{verb} in {pluralise(table[kind]['states_count'], 'state')} with "
        f"{pluralise(table[kind]['counties_count'], 'county', 'counties')} and "
        f"{_people(table[kind])}"
        for kind, verb in _VERBS.items()
        if kind != "both" or table[kind]["states_count"]
    ]
    rest = table["neither"]
    which = "with a known date, certain or not" if facts.include_verify else f"whose {_CERTAIN}"
    sentence = (
        f"Of the state laws {which}, those in force on {facts.day} {join_words(parts)}. "
        f"{pluralise(rest['states_count'], 'state')} with {_people(rest)} have no such law "
        "in the table."
    )
    other = {
        kind: row["population_count"] for kind, row in _exposure(other_counties(facts)).items()
    }
    rule = "certain laws alone" if facts.include_verify else "uncertain laws with a date counted"
    return show_headline(
        sentence,
        unit="residents of 2015 to 2019, states and counties",
        comparison=f"{rule}: {millions(other['requires'])} under laws that require, "
        f"{millions(other['restricts'])} under laws that restrict, "
        f"{millions(other['neither'])} under neither",
        interval="none: a count of every county on the list, not a sample of counties",
        n=f"{format_count(len(facts.counties))} counties of the 50 states, the District of "
        "Columbia and Puerto Rico (both counted as states here)",
        design="description",
    )


def limits(facts: LawFacts) -> Output:
    """What this cannot show, with counts of the uncertain laws."""
    laws, states = facts.laws, facts.states
    verify = laws[laws["confidence"].eq("verify")]
    uncertain = states[states["is_uncertain"]]
    rule = "counted here" if facts.include_verify else "kept apart here"
    return show_limits(
        [
            f"{format_count(len(verify))} of {pluralise(len(laws), 'law')} in the table are to be "
            f"verified, for their date, scope or citation is not certain; they are {rule}. "
            f"{format_count(verify['effective_date'].isna().sum())} of them have no known date "
            "and are counted on no day.",
            f"These laws could change the status of {pluralise(len(uncertain), 'state')} with "
            f"{millions(uncertain['population_count'].sum())} residents "
            f"({join_words(uncertain['state_abbr'].tolist())}): hatched on the map.",
            f"'Neither' means that {_no_law(facts)} is in force in the state on this day; a "
            f"law that was missed would look the same. The latest law with a known date began on "
            f"{format_date(laws['effective_date'].max())}.",
            "A law is not practice: how far it is followed, parts that a court blocked for a "
            "time, and local policies "
            f"({pluralise(len(read_local_actions()), 'known action')} stand in a table of their "
            "own) are not counted.",
            "Residents are those of 2015 to 2019 throughout, so change over time is change of "
            "laws, not of people.",
        ]
    )


def _no_law(facts: LawFacts) -> str:
    """What a state without a status has none of, under the rule of the page."""
    if facts.include_verify:
        return "no law with a known date"
    return f"no law whose {_CERTAIN}"


def show_tile_map(facts: LawFacts) -> Output:
    """Tile map of the states by the status of their laws."""
    table = _exposure(facts.counties)
    tiles = facts.states.assign(since=facts.states["since_date"].dt.strftime("%Y").fillna(""))
    uncertain = tiles[tiles["is_uncertain"]]
    entries = [
        (LAW_COLOURS[kind], LAW_STATUS_LABELS[kind], _legend_remark(table[kind]))
        for kind in LAW_STATUSES
        if table[kind]["states_count"]
    ]
    if len(uncertain):
        remark = pluralise(len(uncertain), "state")
        entries.append(("hatch", "Hatched over its colour: status not certain", remark))
    reading = (
        f"Laws in force on {facts.day} require cooperation in "
        f"{pluralise(table['requires']['states_count'], 'state')} and restrict it in "
        f"{format_count(table['restricts']['states_count'])}"
    )
    doubt = f"The status of {pluralise(len(uncertain), 'state')} is not certain"
    return show_figure(
        plot_tile_map(tiles, second_line="since", hatched="is_uncertain"),
        finding=f"{reading}. {doubt}.",
        subtitle="One square per state, the District of Columbia and Puerto Rico; the year is "
        "that from which the status has held",
        alt=describe_chart(
            "Tile map",
            x="52 equal squares, one per state, placed roughly as on a map",
            y="status of the state's laws by colour: purple requires, green restricts, grey "
            "neither; hatched where not certain; the year since when is written below the name",
            reading=f"{reading}. Require: {_listed(tiles, 'requires')}. "
            f"Restrict: {_listed(tiles, 'restricts')}",
        ),
        note="Every state is one square, whatever its area or population. A hatched state has a "
        "law whose date or scope is to be verified and would change its status.",
        source=facts.source,
        data=tiles.drop(columns=["kind", "since"]),
        legend=legend_html(entries, f"State laws in force on {facts.day}"),
        wide=True,
    )


def show_timeline(facts: LawFacts) -> Output:
    """Share of residents under each status over time."""
    table = timeline(facts)
    if table.empty:
        return note(f"No law of the table with a known date was in force on {facts.day}.")
    first, last = table["on_date"].min(), facts.as_of
    ends = table[table["on_date"] == last].set_index("status")["population_share"]
    changes = table.loc[table["on_date"] < last, "on_date"].nunique()
    reading = (
        f"Counting {'all laws with a date' if facts.include_verify else 'certain laws'}, the share "
        f"of residents under laws that require cooperation went from none before "
        f"{format_date(first)} to {format_share(ends['requires'])}, and under laws that restrict "
        f"it to {format_share(ends['restricts'])}"
    )
    shown = [kind for kind in STACK_ORDER if kind != "both" or _ever_both(table)]
    labels = {
        "requires": "Requires",
        "both": "Both",
        "neither": "Neither",
        "restricts": "Restricts",
    }
    return show_figure(
        plot_share_timeline(
            table[table["status"].isin(shown)],
            date="on_date",
            share="population_share",
            by="status",
            colours=LAW_COLOURS,
            labels={kind: labels[kind] for kind in shown},
            y_label="Share of residents (2015 to 2019)",
        ),
        finding=f"{reading}, by {facts.day}.",
        subtitle=f"Residents by the laws of their state, {first.year} to {last.year}; "
        f"{pluralise(changes, 'day')} on which a law began or ended",
        alt=describe_chart(
            "Stacked area chart",
            x=f"days from {format_date(first)} to {facts.day}",
            y="share of residents from 0 to 100 percent: requires at the bottom, neither between, "
            "restricts at the top",
            reading=reading,
        ),
        note="Population of 2015 to 2019 throughout. " + _left_out(facts, first),
        source=facts.source,
        data=table,
    )


def _exposure(counties: pd.DataFrame) -> dict[str, dict[str, Any]]:
    table = law_exposure(counties).set_index("status")
    return {str(kind): _row(row) for kind, row in table.iterrows()}


def _left_out(facts: LawFacts, first: pd.Timestamp) -> str:
    """Say which laws the timeline leaves out."""
    began = facts.laws.loc[facts.laws["confidence"].eq("verify"), "effective_date"]
    undated = f"{pluralise(began.isna().sum(), 'law')} without a known date"
    if facts.include_verify:
        return f"{undated} cannot be placed and are left out."
    return (
        f"{pluralise(began.notna().sum(), 'law')} to verify and {undated} are left out; "
        f"{format_count((began < first).sum())} of them began before the first one shown."
    )


def _row(row: pd.Series) -> dict[str, Any]:
    return {str(name): value for name, value in row.items()}


def _ever_both(table: pd.DataFrame) -> bool:
    return bool(table.loc[table["status"] == "both", "states_count"].gt(0).any())


def _people(row: Mapping[str, Any]) -> str:
    return (
        f"{millions(row['population_count'])} residents ({format_share(row['population_share'])})"
    )


def _legend_remark(row: Mapping[str, Any]) -> str:
    return (
        f"{pluralise(row['states_count'], 'state')}, {millions(row['population_count'])} residents"
    )


def millions(count: float) -> str:
    """Write a count of persons in millions."""
    return f"{format_number(count / 1e6, 1)} million"


def _listed(tiles: pd.DataFrame, status: str) -> str:
    names = tiles.loc[tiles["status"] == status, "state_abbr"].tolist()
    return join_words(names) or "none"
