"""The facts that tell which county a county number means, each taken by itself."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from coopanalysis.clean.ucr_county_list import CountyList, NumberKey, counties_in_agency_names

STATEWIDE_NUMBERS: Final = ("300", "999")
"""Numbers seen only with state police and federal police: no county."""
MAJORITY: Final = 0.75
"""Share of the agencies with a number that must say the same."""
_ALPHABETICAL: Final = 0.95
PARTS: Final = (1, 2, 3)
COUNTY_GROUPS: Final = ("8", "9")
"""Population groups of county forces."""
_WIDTH: Final = 3
"""Characters of a county number."""

Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]
Settled = Integers
"""For each key what a fact says: the number of a set of counties, 0 where it says nothing."""


class Agencies(NamedTuple):
    """Agencies of one master file, what many of them share as numbers.

    `keys` are the pairs of state and county number that any agency has; `key` has the place of each
    agency's three in it (-1: none), `state` and `key_state` those in `states`. `residents` are
    those in each of the three counties; `key_residents` those of all agencies with a number.
    """

    states: list[str]
    state: Integers
    keys: list[NumberKey]
    key_state: Integers
    key_residents: Integers
    key: Integers
    ori7: pa.Array
    agency: pa.Array
    office: pa.Array
    population_group: pa.Array
    residents: Integers

    @classmethod
    def of(cls, frame: pd.DataFrame) -> Agencies:
        """Take the columns that are looked at out of a table."""
        state, states = encode(texts_of(frame["state_fips"]), missing=True)
        columns = [texts_of(frame[f"ucr_county_{part}"]) for part in PARTS]
        number, numbers = encode(pa.concat_arrays(columns))
        number = number.reshape(len(PARTS), -1).T
        residents = frame[[f"population_{part}" for part in PARTS]].to_numpy(dtype=np.int64)
        has, width = number >= 0, max(len(numbers), 1)
        pairs, place = np.unique((state[:, None] * width + number)[has], return_inverse=True)
        key = np.full(number.shape, -1)
        key[has] = place
        counted = np.bincount(place, residents[has], len(pairs)).astype(np.int64)
        of_state, texts = np.divmod(pairs, width)
        keys = [
            (states[at], numbers[text])
            for at, text in zip(of_state.tolist(), texts.tolist(), strict=True)
        ]
        names = ("ori7", "agency", "office", "population_group")
        ori7, agency, office, group = (texts_of(frame[name]) for name in names)
        return cls(
            states, state, keys, of_state, counted, key, ori7, agency, office, group, residents
        )

    @property
    def has_number(self) -> Booleans:
        """Agencies with a first county number."""
        return self.key[:, 0] >= 0


def texts_of(column: pd.Series) -> pa.Array:
    """Return a column of text as one arrow array."""
    texts = pa.array(column, from_pandas=True)
    texts = texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
    return texts if texts.type == pa.large_string() else texts.cast(pa.large_string())


def encode(texts: pa.Array, *, missing: bool = False) -> tuple[Integers, list[Any]]:
    """Number the values there are; where there is none, -1, or a number of its own."""
    coded = texts.dictionary_encode(null_encoding="encode" if missing else "mask")
    codes = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    return codes, coded.dictionary.to_pylist()


def name_votes(agencies: Agencies, among: Booleans, counties: CountyList) -> Integers:
    """Counties in the names of sheriffs' offices and state police posts among some agencies.

    By agency, as the number of the set of counties; 0 where there is none.
    """
    first = pc.utf8_slice_codeunits(agencies.population_group, 0, 1)
    of_county = pc.is_in(first, pa.array(COUNTY_GROUPS, first.type))
    rows = np.flatnonzero(among & of_county.to_numpy(zero_copy_only=False))
    texts = counties_in_agency_names(agencies.agency.take(rows), agencies.office.take(rows))
    votes = np.zeros(len(among), np.int64)
    votes[rows] = _numbers_named(agencies, agencies.state[rows], texts, counties)
    return votes


def directory_votes(agencies: Agencies, counties: CountyList, directory: pa.Table) -> Integers:
    """Counties that the directory gives for the agencies, as `name_votes` returns them."""
    entry = pc.index_in(agencies.ori7, directory["ori7"].combine_chunks())
    texts = directory["county_text"].combine_chunks().take(entry)
    return _numbers_named(agencies, agencies.state, texts, counties)


def _numbers_named(
    agencies: Agencies, state: Integers, texts: pa.Array, counties: CountyList
) -> Integers:
    """Look each text up once in each state."""
    code, values = encode(texts)
    width = max(len(values), 1)
    at, pairs = pd.factorize(np.where(code < 0, -1, state * width + code), use_na_sentinel=False)
    numbers = [
        counties.number_named(agencies.states[pair // width], values[pair % width])
        if pair >= 0
        else 0
        for pair in pairs.tolist()
    ]
    return np.array(numbers, np.int64)[at]


def settle(keys: Integers, votes: Integers, size: int, fewest: int = 1) -> Settled:
    """Take what most agencies with a key say; nothing where they are few or of several minds."""
    width = int(votes.max(initial=0)) + 1
    pairs, counts = np.unique((keys * width + votes)[votes > 0], return_counts=True)
    key, named = np.divmod(pairs, width)
    total = np.bincount(key, counts, size)[key]
    won = (total >= fewest) & (counts >= MAJORITY * total)
    settled = np.zeros(size, np.int64)
    settled[key[won]] = named[won]
    return settled


def identifier_fact(agencies: Agencies, matched: Sequence[str], counties: CountyList) -> Settled:
    """Counties by state and the three characters after it in the identifier, for each agency.

    `matched` gives the county of each key, empty where it is not known.
    """
    stem, stems = encode(pc.utf8_slice_codeunits(agencies.ori7, 2, 5))
    key, pairs = pd.factorize(agencies.state * len(stems) + stem)
    has = agencies.has_number
    beside = np.array([bool(counties.cities.get(state)) for state in agencies.states])
    known = [counties.single[code] if code else 0 for code in matched]
    votes = np.array(known, np.int64)[agencies.key[has, 0]]
    votes[beside[agencies.state[has]]] = 0
    shared = settle(key[has], votes, len(pairs), fewest=2)
    asked = shared > 0
    asked[key[~has]] = True
    places = [place_of(text) for text in stems]
    place = np.where(asked, np.array(places, np.int64)[pairs % max(len(stems), 1)], -1)
    state = pairs // max(len(stems), 1)
    counted = order_fact(agencies.states, state, place, counties, shared, fit=_ALPHABETICAL)
    return np.where(asked, np.where(shared > 0, shared, counted), 0)[key]


def anchors_of(first: Settled, second: Settled, counties: CountyList) -> Settled:
    """Keys for which two facts leave one county, as the set of that county alone."""
    either = np.maximum(first, second)
    unlike = np.flatnonzero((first > 0) & (second > 0) & (first != second))
    for key in unlike.tolist():
        common = counties.sets[first[key]] & counties.sets[second[key]]
        either[key] = counties.number_of(common)
    return np.where(counties.single_codes()[either] != "", either, 0)


def place_of(text: str) -> int:
    """Number that a text of three digits is; -1 for others and for those of no county."""
    is_number = len(text) == _WIDTH and text.isascii() and text.isdigit()
    return int(text) if is_number and text not in STATEWIDE_NUMBERS else -1


def order_fact(
    states: list[str],
    state: Integers,
    place: Integers,
    counties: CountyList,
    anchors: Settled,
    fit: float = 0.0,
) -> Settled:
    """Count each number's place from its neighbours.

    Arrays are by key. `place` is the number itself, -1 where it says no place; `anchors` are the
    sets of one county that are known already, 0 where none is; `fit` is the share of the known
    ones that must be in order.
    """
    fact = np.zeros(len(state), np.int64)
    order = np.lexsort((place, state))
    order = order[place[order] >= 0]
    starts = np.flatnonzero(np.diff(state[order], prepend=-1))
    for keys in np.split(order, starts[1:]) if len(order) else ():
        anchored = keys[anchors[keys] > 0]
        known = list(zip(place[anchored].tolist(), anchors[anchored].tolist(), strict=True))
        chain, way = _best_chain(known, counties, states[state[keys[0]]])
        if len(chain) - 1 < fit * max(len(known), 1):
            continue
        rank = _counted_ranks(place[keys], chain)
        said = (rank >= 1) & (rank <= len(way))
        fact[keys[said]] = np.array(way, np.int64)[rank[said] - 1]
    return fact


def _best_chain(
    known: list[tuple[int, int]], counties: CountyList, state: str
) -> tuple[list[tuple[int, int]], list[int]]:
    """The way to order the counties that the known numbers fit best, as sets of one each."""
    best: tuple[list[tuple[int, int]], list[int]] = ([], [])
    for way in counties.orders(state):
        chain = _chain(known, way)
        if len(chain) > len(best[0]):
            best = chain, way
        if len(chain) > len(known):
            break
    return best


def _chain(known: list[tuple[int, int]], way: list[int]) -> list[tuple[int, int]]:
    """Longest run of known numbers whose ranks in this order grow with them."""
    rank = {county: at for at, county in enumerate(way, 1)}
    pairs = [(number, rank[county]) for number, county in known]
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


def _counted_ranks(numbers: Integers, chain: list[tuple[int, int]]) -> Integers:
    """Ranks counted from the nearest neighbours; 0 where they do not agree."""
    links, ranks = np.array(chain, np.int64).T
    at = np.searchsorted(links, numbers)
    here = at < len(links)
    here[here] = links[at[here]] == numbers[here]
    after = at + here
    below = ranks[at - 1] - links[at - 1]
    above = np.append(ranks - links, 0)[after]
    agree = (after == len(links)) | (above == below)
    return np.where(agree, below + numbers, 0)
