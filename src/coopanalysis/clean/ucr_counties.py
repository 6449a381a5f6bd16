"""Which county a county number of the Uniform Crime Reports means.

The FBI numbers the counties of a state in alphabetical order, as of the day when the numbers
were given: counties made later stand at the end, and a county that was renamed keeps its
place. So a number is matched by several facts that do not depend on each other, and only where
at least two of them name the same county and none names another.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Final, Literal, NamedTuple, get_args

import pandas as pd

from coopanalysis.clean.ucr_county_list import CountyList, NumberKey, place_in_agency_name
from coopanalysis.clean.ucr_facts import (
    STATEWIDE_NUMBERS,
    Agencies,
    Settled,
    anchors_of,
    directory_votes,
    identifier_fact,
    name_votes,
    order_fact,
    residents_by_number,
    settle,
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

UNMATCHED: Final = (
    "statewide",
    "no-county-list",
    "facts-disagree",
    "ambiguous",
    "one-fact",
    "no-fact",
)
_POPULATION_TOLERANCE: Final = 0.02

Said = dict[Fact, frozenset[str]]


class CountyMatch(NamedTuple):
    """What is known of a county number, or of an agency without one.

    Attributes
    ----------
    county_fips : str
        The county; empty if not matched.
    county_match : str
        The facts that name it, joined by `+`; or one of `UNMATCHED`.
    """

    county_fips: str
    county_match: str


def match_numbers(
    agencies: Agencies, counties: CountyList, directory: Mapping[str, str]
) -> dict[NumberKey, CountyMatch]:
    """Match the county numbers of one master file.

    Parameters
    ----------
    agencies : Agencies
        All agencies of the file.
    counties : CountyList
        The county list of the file's time.
    directory : mapping
        County text by `ori7`, from `directory_texts`.

    Returns
    -------
    dict
        From state code and county number to the county, or to the reason why there is none.
    """
    numbers = residents_by_number(agencies)
    in_one = agencies.has_number & (agencies.residents[:, 1:] == 0).all(axis=1)
    one_county = agencies.where(in_one)
    names = settle(name_votes(one_county, counties))
    entries = settle(directory_votes(one_county, counties, directory))
    order = order_fact(numbers, counties, anchors_of(names, entries))
    facts: tuple[tuple[Fact, Settled], ...] = (
        ("order", order),
        ("directory", entries),
        ("name", names),
    )
    matches = {}
    for key, residents in numbers.items():
        said: Said = {fact: settled[key] for fact, settled in facts if key in settled}
        matches[key] = _decide(key, said, counties, _confirm(key, residents, one_county, counties))
    return matches


def match_without_number(
    agencies: Agencies,
    numbers: Mapping[NumberKey, CountyMatch],
    counties: CountyList,
    directory: Mapping[str, str],
) -> dict[str, CountyMatch]:
    """Match the agencies that have no county number, one by one.

    Parameters
    ----------
    agencies : Agencies
        All agencies of the file.
    numbers : mapping
        What `match_numbers` found.
    counties, directory
        As for `match_numbers`.

    Returns
    -------
    dict
        From `ori7` to the county, or to the reason why there is none.
    """
    known = {key: match.county_fips for key, match in numbers.items()}
    stems = identifier_fact(agencies, known, counties)
    rows = agencies.where(~agencies.has_number)
    matches = {}
    residents_here = rows.residents[:, 0].tolist()
    for state, ori7, agency, residents in zip(
        rows.state_fips, rows.ori7, rows.agency, residents_here, strict=True
    ):
        said: Said = {}
        if ori7 in directory and (named := counties.named(state, directory[ori7])):
            said["directory"] = named
        if near := stems.get((state, ori7[2:5])):
            said["identifier"] = near
        matches[ori7] = _decide(
            (state, ""), said, counties, _confirm_alone(state, agency, residents, counties)
        )
    return matches


def directory_texts(directory: pd.DataFrame | None) -> dict[str, str]:
    """County text by agency; agencies whose seven characters are shared are left out.

    Parameters
    ----------
    directory : DataFrame, optional
        `ori7, county_text` of agencies, as `read_police_employees` gives them.
    """
    if directory is None:
        return {}
    agencies, texts = (directory[name].to_numpy(dtype=object) for name in ("ori7", "county_text"))
    often = Counter(agencies)
    return {ori7: text for ori7, text in zip(agencies, texts, strict=True) if often[ori7] == 1}


def match_rates(parts: pd.DataFrame) -> pd.DataFrame:
    """Share of agencies, and of their residents, whose county is known, by state.

    Parameters
    ----------
    parts : DataFrame, one row per agency, year and county part
        `state_fips`, `county_fips`, `population_covered`.

    Returns
    -------
    DataFrame, one row per state
        `state_fips`, `parts_count`, `matched_count`, `matched_share` (of rows),
        `population_matched_share` (of residents; missing where there are none).
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


def _confirm(
    key: NumberKey, residents: int, agencies: Agencies, counties: CountyList
) -> Callable[[], Said]:
    def ask() -> Said:
        state, number = key
        here = (agencies.numbers[0] == number) & (agencies.state_fips == state)
        names = agencies.agency[here.astype(bool)]
        places = {counties.named(state, place_in_agency_name(name)) for name in names}
        near = counties.with_residents(state, residents, _POPULATION_TOLERANCE)
        said: Said = {}
        if len(meant := places - {frozenset()}) == 1:
            said["place"] = meant.pop()
        if len(near) == 1:
            said["population"] = near
        return said

    return ask


def _confirm_alone(
    state: str, agency: str, residents: int, counties: CountyList
) -> Callable[[], Said]:
    def ask() -> Said:
        near = counties.with_residents(state, residents, _POPULATION_TOLERANCE)
        said: Said = {
            "independent-city": frozenset(counties.cities.get(state, ())),
            "place": counties.named(state, place_in_agency_name(agency)),
        }
        if len(near) == 1:
            said["population"] = near
        return said

    return ask


def _decide(
    key: NumberKey, said: Said, counties: CountyList, confirm: Callable[[], Said]
) -> CountyMatch:
    """Weigh the facts; ask for confirmation only where they do not settle it."""
    state, number = key
    codes = counties.by_state.get(state)
    if number in STATEWIDE_NUMBERS:
        return CountyMatch("", "statewide")
    if not codes:
        return CountyMatch("", "no-county-list")
    if len(codes) == 1:
        return CountyMatch(codes[0], "only-county")
    first = next(iter(said.values()), frozenset())
    if len(said) >= 2 and len(first) == 1 and all(named == first for named in said.values()):
        return CountyMatch(next(iter(first)), "+".join(said))
    found = _weigh(said)
    if found.county_fips or found.county_match in ("facts-disagree", "no-fact"):
        return found
    return _weigh(said | {fact: named for fact, named in confirm().items() if named})


def _weigh(said: Said) -> CountyMatch:
    support = Counter(code for named in said.values() for code in named)
    strong = [named for fact, named in said.items() if fact not in CONFIRMING]
    if not strong:
        return CountyMatch("", "no-fact")
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
