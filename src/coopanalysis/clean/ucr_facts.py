"""The facts that tell which county a county number means, each taken by itself."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from coopanalysis.clean.ucr_county_list import CountyList, NumberKey, county_in_agency_name

STATEWIDE_NUMBERS: Final = ("300", "999")
"""Numbers seen only with state police and federal police: no county."""
MAJORITY: Final = 0.75
"""Share of the agencies with a number that must say the same."""
_ALPHABETICAL: Final = 0.95
PARTS: Final = (1, 2, 3)
COUNTY_GROUPS: Final = ("8", "9")
"""Population groups of county forces."""

Settled = dict[NumberKey, frozenset[str]]
Votes = defaultdict[NumberKey, dict[frozenset[str], int]]


Objects = npt.NDArray[np.object_]


class Agencies(NamedTuple):
    """Agencies of one master file as arrays of objects, which are fast to walk through.

    Attributes
    ----------
    state_fips, ori7, agency, office, population_group : array of str, shape (n,)
    numbers : tuple of three arrays, shape (n,)
        County numbers; no str where there is none.
    residents : array of int, shape (n, 3)
        Residents in each of the three counties.
    has_number : array of bool, shape (n,)
        Agencies with a first county number.
    """

    state_fips: Objects
    ori7: Objects
    agency: Objects
    office: Objects
    population_group: Objects
    numbers: tuple[Objects, Objects, Objects]
    residents: npt.NDArray[np.int64]
    has_number: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, frame: pd.DataFrame) -> Agencies:
        """Take the columns that are looked at out of a table."""
        first, second, third = (_objects(frame[f"ucr_county_{part}"]) for part in PARTS)
        return cls(
            _objects(frame["state_fips"]),
            _objects(frame["ori7"]),
            _objects(frame["agency"]),
            _objects(frame["office"]),
            _objects(frame["population_group"]),
            (first, second, third),
            frame[[f"population_{part}" for part in PARTS]].to_numpy(dtype=np.int64),
            frame["ucr_county_1"].notna().to_numpy(dtype=bool),
        )

    def where(self, chosen: npt.NDArray[np.bool_]) -> Agencies:
        """Return some of them."""
        first, second, third = self.numbers
        return Agencies(
            self.state_fips[chosen],
            self.ori7[chosen],
            self.agency[chosen],
            self.office[chosen],
            self.population_group[chosen],
            (first[chosen], second[chosen], third[chosen]),
            self.residents[chosen],
            self.has_number[chosen],
        )


def _objects(column: pd.Series) -> Objects:
    return column.to_numpy(dtype=object)


def _combine(columns: list[Objects]) -> tuple[npt.NDArray[np.int64], list[tuple[Any, ...]]]:
    """Number the combinations of values there are: a number for each row, and what it means."""
    codes = np.zeros(len(columns[0]), np.int64)
    values: list[Objects] = []
    for column in columns:
        numbers, unique = pd.factorize(column)
        codes = codes * len(unique) + numbers
        values.append(np.asarray(unique, dtype=object))
    found, rows = np.unique(codes, return_inverse=True)
    parts = []
    for meanings in reversed(values):
        found, at = np.divmod(found, max(len(meanings), 1))
        parts.append(meanings[at])
    return rows, list(zip(*reversed(parts), strict=True))


def _tally(columns: list[Objects]) -> Iterator[tuple[tuple[Any, ...], int]]:
    """Each combination of values there is, and how many rows have it."""
    rows, found = _combine(columns)
    return zip(found, np.bincount(rows, minlength=len(found)).tolist(), strict=True)


def residents_by_number(agencies: Agencies) -> dict[NumberKey, int]:
    """Residents by state and county number, over all parts of all agencies."""
    residents: defaultdict[NumberKey, int] = defaultdict(int)
    for part, numbers in enumerate(agencies.numbers):
        known = agencies.has_number if part == 0 else _is_text(numbers)
        at, found = _combine([agencies.state_fips[known], numbers[known]])
        sums = np.bincount(at, agencies.residents[known, part], len(found))
        for key, count in zip(found, sums.astype(np.int64).tolist(), strict=True):
            residents[key] += count
    return dict(residents)


def _is_text(column: Objects) -> npt.NDArray[np.bool_]:
    return np.fromiter((type(value) is str for value in column), bool, len(column))


def name_votes(agencies: Agencies, counties: CountyList) -> Votes:
    """Counties in the names of sheriffs' offices and state police posts, by county number."""
    tally: Counter[tuple[str, str, str]] = Counter(
        (state, number, county_in_agency_name(name, office))
        for group, state, number, name, office in zip(
            agencies.population_group,
            agencies.state_fips,
            agencies.numbers[0],
            agencies.agency,
            agencies.office,
            strict=True,
        )
        if group[:1] in COUNTY_GROUPS
    )
    return _votes(tally, counties)


def directory_votes(
    agencies: Agencies, counties: CountyList, directory: Mapping[str, str]
) -> Votes:
    """Counties that the directory gives for the agencies, by county number."""
    tally: Counter[tuple[str, str, str]] = Counter(
        (state, number, directory[ori7])
        for ori7, state, number in zip(
            agencies.ori7, agencies.state_fips, agencies.numbers[0], strict=True
        )
        if ori7 in directory
    )
    return _votes(tally, counties)


def _votes(tally: Mapping[tuple[str, str, str], int], counties: CountyList) -> Votes:
    """Counties that texts name, by state and number, and how often."""
    votes: Votes = defaultdict(dict)
    for (state, number, text), count in tally.items():
        if text and (named := counties.named(state, text)):
            _add(votes, (state, number), named, count)
    return votes


def _add(votes: Votes, key: NumberKey, named: frozenset[str], count: int) -> None:
    counts = votes[key]
    counts[named] = counts.get(named, 0) + count


def settle(votes: Votes, fewest: int = 1) -> Settled:
    """Take what most agencies say, and nothing where they are few or of several minds."""
    settled = {}
    for key, counts in votes.items():
        total = sum(counts.values())
        named = max(counts, key=counts.__getitem__)
        if total >= fewest and counts[named] >= MAJORITY * total:
            settled[key] = named
    return settled


def identifier_fact(
    agencies: Agencies, numbers: Mapping[NumberKey, str], counties: CountyList
) -> Settled:
    """Counties by state and the three characters after it in the identifier.

    `numbers` gives the county of each number that is matched, empty for the others.
    """
    votes: Votes = defaultdict(dict)
    stems = np.array([ori7[2:5] for ori7 in agencies.ori7], dtype=object)
    has, lacks = agencies.has_number, ~agencies.has_number
    columns = [agencies.state_fips[has], agencies.numbers[0][has], stems[has]]
    for (state, number, stem), count in _tally(columns):
        code = numbers[state, number]
        if code and not counties.cities.get(state):
            _add(votes, (state, stem), frozenset([code]), count)
    shared = settle(votes, fewest=2)
    asked = set(zip(agencies.state_fips[lacks], stems[lacks], strict=True))
    counted = order_fact({*asked, *shared}, counties, anchors_of(shared), fit=_ALPHABETICAL)
    return counted | shared


def anchors_of(*facts: Settled) -> dict[NumberKey, str]:
    """County numbers for which the facts at hand leave one county."""
    anchors = {}
    for key in set().union(*facts):
        common = frozenset.intersection(*(fact[key] for fact in facts if key in fact))
        if len(common) == 1:
            anchors[key] = next(iter(common))
    return anchors


def order_fact(
    numbers: Iterable[NumberKey],
    counties: CountyList,
    anchors: Mapping[NumberKey, str],
    fit: float = 0.0,
) -> Settled:
    """Count each number's place from its neighbours; `fit` is the share that must be in order."""
    by_state: defaultdict[str, list[int]] = defaultdict(list)
    for state, text in numbers:
        if text.isdigit() and text not in STATEWIDE_NUMBERS:
            by_state[state].append(int(text))
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
