"""Which county a county number of the Uniform Crime Reports means.

The FBI numbers the counties of a state in alphabetical order, as of the day when the numbers
were given: counties made later stand at the end, and a county that was renamed keeps its
place. So a number is matched by several facts that do not depend on each other, and only where
at least two of them name the same county and none names another.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, Literal, NamedTuple, get_args

import pandas as pd

from coopanalysis.clean.ucr_county_list import (
    CountyList,
    NumberKey,
    county_in_agency_name,
    place_in_agency_name,
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
STATEWIDE_NUMBERS: Final = ("300", "999")
"""Numbers seen only with state police and federal police: no county."""

_MAJORITY: Final = 0.75
_ALPHABETICAL: Final = 0.95
_POPULATION_TOLERANCE: Final = 0.02

_NEEDED: Final = (
    "state_fips",
    "ori7",
    "agency",
    "office",
    "population_group",
    *(f"{name}_{part}" for part in (1, 2, 3) for name in ("ucr_county", "population")),
)

Said = dict[Fact, frozenset[str]]
Settled = dict[NumberKey, frozenset[str]]
Votes = defaultdict[NumberKey, Counter[frozenset[str]]]


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
    agencies: pd.DataFrame, counties: CountyList, directory: pd.DataFrame | None = None
) -> dict[NumberKey, CountyMatch]:
    """Match the county numbers of one master file.

    Parameters
    ----------
    agencies : DataFrame, one row per agency
        `state_fips`, `ori7`, `agency`, `office`, `population_group`, `ucr_county_1` to `_3`
        (missing if none) and `population_1` to `_3`.
    counties : CountyList
        The county list of the file's time.
    directory : DataFrame, optional
        `ori7, county_text` of agencies, as `read_police_employees` gives them.

    Returns
    -------
    dict
        From state code and county number to the county, or to the reason why there is none.
    """
    agencies = agencies[list(_NEEDED)]
    numbers = _residents(agencies)
    one_county = agencies[
        (agencies["population_2"] == 0)
        & (agencies["population_3"] == 0)
        & agencies["ucr_county_1"].notna()
    ]
    names = _settle(_name_votes(one_county, counties))
    entries = _settle(_directory_votes(one_county, counties, directory))
    order = _order_fact(numbers, counties, _anchors(names, entries))
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
    agencies: pd.DataFrame,
    numbers: Mapping[NumberKey, CountyMatch],
    counties: CountyList,
    directory: pd.DataFrame | None = None,
) -> dict[str, CountyMatch]:
    """Match the agencies that have no county number, one by one.

    Parameters
    ----------
    agencies : DataFrame, one row per agency
        As for `match_numbers`: all agencies of the file.
    numbers : mapping
        What `match_numbers` found.
    counties, directory
        As for `match_numbers`.

    Returns
    -------
    dict
        From `ori7` to the county, or to the reason why there is none.
    """
    agencies = agencies[list(_NEEDED)]
    texts = _directory_texts(directory)
    stems = _identifier_fact(agencies, numbers, counties)
    rows = agencies[agencies["ucr_county_1"].isna()]
    matches = {}
    columns = ["state_fips", "ori7", "agency", "population_1"]
    for state, ori7, agency, residents in _rows(rows, columns):
        said: Said = {}
        if ori7 in texts and (named := counties.named(state, texts[ori7])):
            said["directory"] = named
        if near := stems.get((state, ori7[2:5])):
            said["identifier"] = near
        matches[ori7] = _decide(
            (state, ""), said, counties, _confirm_alone(state, agency, residents, counties)
        )
    return matches


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


def _rows(frame: pd.DataFrame, columns: list[str]) -> Iterator[tuple[Any, ...]]:
    """Rows as tuples; element access of text columns would take ten times as long."""
    return zip(*(frame[name].to_numpy(dtype=object) for name in columns), strict=True)


def _residents(agencies: pd.DataFrame) -> dict[NumberKey, int]:
    """Residents by state and county number, over all parts of all agencies."""
    residents: defaultdict[NumberKey, int] = defaultdict(int)
    for part in (1, 2, 3):
        number = f"ucr_county_{part}"
        rows = agencies[agencies[number].notna()]
        for state, code, count in _rows(rows, ["state_fips", number, f"population_{part}"]):
            residents[state, code] += count
    return dict(residents)


def _name_votes(agencies: pd.DataFrame, counties: CountyList) -> Votes:
    forces = agencies[agencies["population_group"].str[:1].isin(["8", "9"])]
    votes: Votes = defaultdict(Counter)
    columns = ["state_fips", "ucr_county_1", "agency", "office"]
    for state, number, name, office in _rows(forces, columns):
        text = county_in_agency_name(name, office)
        if text and (named := counties.named(state, text)):
            votes[state, number][named] += 1
    return votes


def _directory_texts(directory: pd.DataFrame | None) -> dict[str, str]:
    """County text by agency; agencies whose seven characters are shared are left out."""
    if directory is None:
        return {}
    texts: dict[str, str] = {}
    shared = set()
    for ori7, text in _rows(directory, ["ori7", "county_text"]):
        if ori7 in texts:
            shared.add(ori7)
        texts[ori7] = text
    for ori7 in shared:
        del texts[ori7]
    return texts


def _directory_votes(
    agencies: pd.DataFrame, counties: CountyList, directory: pd.DataFrame | None
) -> Votes:
    votes: Votes = defaultdict(Counter)
    texts = _directory_texts(directory)
    columns = ["state_fips", "ucr_county_1", "ori7"]
    counts = Counter(
        (state, number, texts[ori7])
        for state, number, ori7 in _rows(agencies, columns)
        if ori7 in texts
    )
    for (state, number, text), count in counts.items():
        if named := counties.named(state, text):
            votes[state, number][named] += count
    return votes


def _settle(votes: Votes) -> Settled:
    """Take what most agencies say, and nothing where they are of several minds."""
    settled = {}
    for key, counts in votes.items():
        named, count = counts.most_common(1)[0]
        if count >= _MAJORITY * counts.total():
            settled[key] = named
    return settled


def _identifier_fact(
    agencies: pd.DataFrame, numbers: Mapping[NumberKey, CountyMatch], counties: CountyList
) -> Settled:
    votes: Votes = defaultdict(Counter)
    columns = ["state_fips", "ucr_county_1", "ori7"]
    rows = agencies[agencies["ucr_county_1"].notna()]
    uses = Counter((state, number, ori7[2:5]) for state, number, ori7 in _rows(rows, columns))
    for (state, number, stem), count in uses.items():
        code = numbers[state, number].county_fips
        if code and not counties.cities.get(state):
            votes[state, stem][frozenset([code])] += count
    several = {key: counts for key, counts in votes.items() if counts.total() >= 2}
    shared = _settle(defaultdict(Counter, several))
    silent = agencies[agencies["ucr_county_1"].isna()]
    asked = {(state, ori7[2:5]) for state, ori7 in _rows(silent, ["state_fips", "ori7"])}
    counted = _order_fact({*asked, *shared}, counties, _anchors(shared), fit=_ALPHABETICAL)
    return counted | shared


def _anchors(*facts: Settled) -> dict[NumberKey, str]:
    """County numbers for which the facts at hand leave one county."""
    anchors = {}
    for key in set().union(*facts):
        common = frozenset.intersection(*(fact[key] for fact in facts if key in fact))
        if len(common) == 1:
            anchors[key] = next(iter(common))
    return anchors


def _order_fact(
    numbers: Iterable[NumberKey],
    counties: CountyList,
    anchors: Mapping[NumberKey, str],
    fit: float = 0.0,
) -> Settled:
    """Count each number's place from its neighbours; `fit` is the share that must be in order."""
    by_state: defaultdict[str, list[int]] = defaultdict(list)
    for state, number in numbers:
        if number.isdigit() and number not in STATEWIDE_NUMBERS:
            by_state[state].append(int(number))
    fact: Settled = {}
    for state, order in by_state.items():
        known = {}
        for number in order:
            if (key := (state, f"{number:03d}")) in anchors:
                known[number] = anchors[key]
        chain, way = _best_chain(known, counties, state)
        if len(chain) - 1 < fit * max(len(known), 1):
            continue
        for number in order:
            rank = _counted_rank(number, chain)
            if rank and 1 <= rank <= len(way):
                fact[state, f"{number:03d}"] = frozenset([way[rank - 1]])
    return fact


def _best_chain(
    known: Mapping[int, str], counties: CountyList, state: str
) -> tuple[list[tuple[int, int]], list[str]]:
    """The way to order the counties that the known numbers fit best."""
    best: tuple[list[tuple[int, int]], list[str]] = ([], [])
    for way in counties.orders(state):
        chain = _chain(known, way)
        if len(chain) > len(best[0]):
            best = chain, way
        if len(chain) > len(known):
            break
    return best


def _chain(known: Mapping[int, str], way: list[str]) -> list[tuple[int, int]]:
    """Longest run of known numbers whose ranks in this order grow with them."""
    rank = {code: at for at, code in enumerate(way, 1)}
    pairs = [(number, rank[known[number]]) for number in sorted(known)]
    tails: list[int] = []
    last: list[int] = []
    before: list[int] = []
    for index, (_, value) in enumerate(pairs):
        at = bisect_left(tails, value)
        before.append(last[at - 1] if at else -1)
        tails[at : at + 1], last[at : at + 1] = [value], [index]
    chain = []
    index = last[-1] if last else -1
    while index >= 0:
        chain.append(pairs[index])
        index = before[index]
    return [(0, 0), *chain[::-1]]


def _counted_rank(number: int, chain: list[tuple[int, int]]) -> int | None:
    """Rank counted from the nearest neighbours; None where they do not agree."""
    at = bisect_left(chain, (number, 0))
    below = chain[at - 1]
    after = at + 1 if at < len(chain) and chain[at][0] == number else at
    if after < len(chain) and chain[after][1] - below[1] != chain[after][0] - below[0]:
        return None
    return below[1] + number - below[0]


def _confirm(
    key: NumberKey, residents: int, agencies: pd.DataFrame, counties: CountyList
) -> Callable[[], Said]:
    def ask() -> Said:
        state, number = key
        rows = agencies[(agencies["state_fips"] == state) & (agencies["ucr_county_1"] == number)]
        places = {counties.named(state, place_in_agency_name(name)) for name in rows["agency"]}
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
    if len(said) >= 2 and len(set(said.values())) == 1 and len(next(iter(said.values()))) == 1:
        (code,) = next(iter(said.values()))
        return CountyMatch(code, "+".join(said))
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
