"""Which county a county number of the Uniform Crime Reports means.

The FBI numbers the counties of a state in alphabetical order, as of the day when the numbers
were given: counties made later stand at the end, and a county that was renamed keeps its
place. So a number is matched by several facts that do not depend on each other, and only where
at least two of them name the same county and none names another.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal, NamedTuple, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from coopanalysis.clean.ucr_county_list import CountyList, place_in_agency_name
from coopanalysis.clean.ucr_facts import (
    STATEWIDE_NUMBERS,
    Agencies,
    Booleans,
    Settled,
    anchors_of,
    directory_votes,
    encode,
    identifier_fact,
    name_votes,
    order_fact,
    place_of,
    settle,
    texts_of,
)

Fact = Literal[
    "only-county",
    "order",
    "directory",
    "name",
    "identifier",
    "independent-city",
    "place",
    "population",
]
FACTS: Final[tuple[Fact, ...]] = get_args(Fact)
"""Ways to know a county, each from another field or file:

- only-county: the state has no other;
- order: its place among the numbers whose counties are known, itself left out;
- directory: the county that today's directory gives for the agencies with this number;
- name: the name of the sheriff's office or state police post with this number;
- identifier: the county of the agencies that share the state and the three characters after
  it, or, where these are numbers in alphabetical order, the county of that place. Said only for
  agencies without a number, and not where cities are no part of a county: an identifier names
  the county around such a city.

Three more may confirm a county that one of these names, but neither stand alone nor contradict:

- independent-city: an agency without a number is in a city that is no part of a county;
- place: an agency with this number bears the county's name;
- population: the residents of its agencies add up to those of this county, and of no other.
"""
CONFIRMING: Final[frozenset[Fact]] = frozenset({"independent-city", "place", "population"})

_POPULATION_TOLERANCE: Final = 0.02

Said = dict[Fact, frozenset[str]]


class CountyMatch(NamedTuple):
    """County of a number, or of an agency without one; empty if not matched.

    `county_match` has the facts that name it, joined by `+`, or why there is none: statewide,
    no-county-list, facts-disagree, ambiguous, one-fact, no-fact.
    """

    county_fips: str
    county_match: str


NO_FACT: Final = CountyMatch("", "no-fact")


class CountyMatches(NamedTuple):
    """Matches of many, as arrays of str: the fields of `CountyMatch`, of the same length."""

    county_fips: npt.NDArray[np.object_]
    county_match: npt.NDArray[np.object_]


def match_numbers(agencies: Agencies, counties: CountyList, directory: pa.Table) -> CountyMatches:
    """County of each of `agencies.keys`, or the reason why there is none.

    `counties` is the list of the file's time, `directory` what `directory_texts` returned.
    """
    one_county = agencies.has_number & (agencies.residents[:, 1:] == 0).all(axis=1)
    size, first = len(agencies.keys), agencies.key[:, 0]
    names, entries = (
        settle(first[one_county], votes[one_county], size)
        for votes in (
            name_votes(agencies, one_county, counties),
            directory_votes(agencies, counties, directory),
        )
    )
    state = agencies.key_state
    place = np.array([place_of(number) for _, number in agencies.keys], np.int64)
    anchors = anchors_of(names, entries, counties)
    order = order_fact(agencies.states, state, place, counties, anchors)
    facts: dict[Fact, Settled] = {"order": order, "directory": entries, "name": names}

    def confirm(key: int) -> Said:
        here = np.flatnonzero(one_county & (first == key))
        of_state, residents = agencies.keys[key][0], int(agencies.key_residents[key])
        return _confirm(of_state, agencies.agency.take(here).to_pylist(), residents, counties)

    statewide = np.array([number in STATEWIDE_NUMBERS for _, number in agencies.keys], bool)
    return _decide([agencies.states[at] for at in state], statewide, facts, counties, confirm)


def facts_without_number(
    agencies: Agencies, numbers: CountyMatches, counties: CountyList, directory: pa.Table
) -> dict[Fact, Settled]:
    """Facts about each agency that has no first county number, in their order.

    `numbers` is what `match_numbers` found.
    """
    rows = np.flatnonzero(~agencies.has_number)
    return {
        "directory": directory_votes(agencies, counties, directory)[rows],
        "identifier": identifier_fact(agencies, numbers.county_fips.tolist(), counties)[rows],
    }


def match_without_number(
    agencies: Agencies, facts: dict[Fact, Settled], counties: CountyList
) -> CountyMatches:
    """County of each agency that has no first county number, one by one, in their order.

    `facts` is what `facts_without_number` found.
    """
    rows = np.flatnonzero(~agencies.has_number)
    states = [agencies.states[at] for at in agencies.state[rows]]

    def confirm(at: int) -> Said:
        names = [agencies.agency[int(rows[at])].as_py()]
        said = _confirm(states[at], names, int(agencies.residents[rows[at], 0]), counties)
        cities = frozenset(counties.cities.get(states[at], ()))
        return {"independent-city": cities, **said} if cities else said

    return _decide(states, np.zeros(len(rows), bool), facts, counties, confirm)


def directory_texts(directory: pd.DataFrame | None) -> pa.Table:
    """`ori7, county_text` of agencies, without those whose seven characters are shared."""
    if directory is None:
        empty = pa.array([], pa.large_string())
        return pa.table({"ori7": empty, "county_text": empty})
    table = pa.table({name: texts_of(directory[name]) for name in ("ori7", "county_text")})
    code, values = encode(table["ori7"].combine_chunks())
    once = np.bincount(code[code >= 0], minlength=len(values) + 1) == 1
    return table.filter(pa.array(once[code]))


def match_rates(parts: pd.DataFrame) -> pd.DataFrame:
    """Share of agencies, and of their residents, whose county is known, by state.

    `parts_count`, `matched_count`, `matched_share` (of rows), `population_matched_share` (of
    residents; missing where there are none).
    """
    known = parts["county_fips"].notna()
    rows = parts[["state_fips", "population_covered"]].assign(
        matched=known, residents=parts["population_covered"].where(known, 0)
    )
    table = rows.groupby("state_fips", dropna=False).agg(
        parts_count=("matched", "size"),
        matched_count=("matched", "sum"),
        residents=("residents", "sum"),
        population=("population_covered", "sum"),
    )
    table["matched_share"] = table["matched_count"] / table["parts_count"]
    has_residents = table["population"] > 0
    table["population_matched_share"] = (table["residents"] / table["population"]).where(
        has_residents
    )
    return table.drop(columns=["residents", "population"]).reset_index()


def _confirm(state: str, agencies: list[str], residents: int, counties: CountyList) -> Said:
    """Counties that names of agencies, and the number of residents, speak for."""
    places = {counties.named(state, place_in_agency_name(name)) for name in agencies}
    near = counties.with_residents(state, residents, _POPULATION_TOLERANCE)
    said: Said = {}
    if len(meant := places - {frozenset()}) == 1:
        said["place"] = meant.pop()
    if len(near) == 1:
        said["population"] = near
    return said


def _decide(
    states: list[str],
    statewide: Booleans,
    facts: dict[Fact, Settled],
    counties: CountyList,
    confirm: Callable[[int], Said],
) -> CountyMatches:
    """Weigh the facts; ask for confirmation only where they do not settle it."""
    named = np.stack(list(facts.values()))
    said = named > 0
    most = named.max(axis=0)
    code = counties.single_codes()[most]
    agree = ((named == most) | ~said).all(axis=0) & (said.sum(axis=0) >= 2) & (code != "")
    codes = np.where(agree, code, "")
    matches = np.where(agree, _words(list(facts), said), "")
    alone = {state: codes for state, codes in counties.by_state.items() if len(codes) == 1}
    sure = agree & ~statewide
    sure &= np.array([state not in alone for state in states], bool)
    for at in np.flatnonzero(~sure).tolist():
        own = counties.by_state.get(states[at], [])
        if statewide[at]:
            found = CountyMatch("", "statewide")
        elif len(own) < 2:
            found = CountyMatch(own[0], "only-county") if own else CountyMatch("", "no-county-list")
        else:
            heard: Said = {
                fact: counties.sets[numbers[at]] for fact, numbers in facts.items() if numbers[at]
            }
            found = _weigh(heard)
            if not found.county_fips and found.county_match not in ("facts-disagree", "no-fact"):
                found = _weigh(heard | confirm(at))
        codes[at], matches[at] = found
    return CountyMatches(codes, matches)


def _words(facts: list[Fact], said: Booleans) -> npt.NDArray[np.object_]:
    """Say which of the facts said something, for each column of `said`."""
    bits = 1 << np.arange(len(facts))
    words = [
        "+".join(fact for at, fact in enumerate(facts) if pattern >> at & 1)
        for pattern in range(1 << len(facts))
    ]
    return np.asarray(np.array(words, dtype=object)[bits @ said])


def _weigh(said: Said) -> CountyMatch:
    support: dict[str, int] = {}
    for named in said.values():
        for code in named:
            support[code] = support.get(code, 0) + 1
    strong = [named for fact, named in said.items() if fact not in CONFIRMING]
    if not strong:
        return NO_FACT
    most = max(support.values())
    winners = [code for code, count in support.items() if count == most]
    if most >= 2 and any(code not in named for code in winners for named in strong):
        return CountyMatch("", "facts-disagree")
    if len(said) >= 2 and most == 1:
        disagree = len(strong) > 1
        return CountyMatch("", "facts-disagree" if disagree else "one-fact")
    if most == 1:
        return CountyMatch("", "one-fact")
    if len(winners) > 1:
        return CountyMatch("", "ambiguous")
    facts = [fact for fact in FACTS if winners[0] in said.get(fact, ())]
    return CountyMatch(winners[0], "+".join(facts))
