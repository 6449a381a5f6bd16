"""County lists as the FBI's county numbers need them: by name, in order, with residents."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from coopanalysis.clean.county_names import normalise_county

NumberKey = tuple[str, str]
"""State code and county number."""

_PREFIX: Final = re.compile(r"^[^:]*:\s*")
_FORCE: Final = re.compile(
    r"\s*(?:\(SP\)|\b(?:SP|HP|PD|STATE POLICE|POL DEPT?|POLICE DEP[A-Z]*))$", re.IGNORECASE
)
_LOOKED_INTO: Final = r":|(?:^| )(?:\(SP\)|SP|HP|PD|POLICE|COUNTY|CNTY|CO|PARISH|DEP[^ ]*)$"
"""Only names with a colon, or one of these words last, are looked into: patterns are slow."""
_COUNTY: Final = re.compile(r"\s+(?:COUNTY|CNTY|CO|PARISH)$", re.IGNORECASE)
_INNER_CAPITAL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")


class CountyList:
    """Counties of a list, by state, under their names of today and the former ones of older files.

    Sets of counties are numbered as they come up, the empty one 0, so that what many agencies
    say can be compared as numbers. `population_count` is used if the list has it.
    """

    def __init__(self, counties: pd.DataFrame, former_names: pd.DataFrame | None = None) -> None:
        self.by_state: defaultdict[str, list[str]] = defaultdict(list)
        self.cities: defaultdict[str, set[str]] = defaultdict(set)
        self._by_name: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        self._names: dict[str, str] = {}
        self._named: dict[tuple[str | None, str], int] = {("", ""): 0}
        self.sets: list[frozenset[str]] = [frozenset()]
        self._at: dict[frozenset[str], int] = {frozenset(): 0}
        for code, name in _sorted_pairs(counties, "county"):
            self._names[code] = name
            self.by_state[code[:2]].append(code)
            if self._index(code, name) == "city":
                self.cities[code[:2]].add(code)
        if former_names is not None:
            for code, name in _sorted_pairs(former_names, "former_name"):
                if code in self._names:
                    self._names[code] = name
                    self._index(code, name)
        self.single = {code: self.number_of(frozenset([code])) for code in self._names}
        self._population: dict[str, int] = {}
        if "population_count" in counties:
            residents = counties["population_count"].fillna(0).astype("int64").tolist()
            codes = counties["county_fips"].to_numpy(dtype=object)
            self._population = dict(zip(codes, residents, strict=True))

    def _index(self, code: str, name: str) -> str:
        base, kind = _reduced(name)
        self._by_name[code[:2], base].add(code)
        if kind == "city":
            self._by_name[code[:2], f"{base}city"].add(code)
        return kind

    def named(self, state: str | None, text: str) -> frozenset[str]:
        """Counties of a state that a text can mean; two where a county and a city share it."""
        return self.sets[self.number_named(state, text)]

    def number_named(self, state: str | None, text: str) -> int:
        """Return the number of the set of counties that a text can mean."""
        known = self._named.get((state, text))
        if known is not None:
            return known
        found: set[str] | None = None
        if state and text:
            base, kind = _reduced(text)
            found = self._by_name.get((state, f"{base}city")) if kind == "city" else None
            found = found or self._by_name.get((state, base))
        number = self._named[state, text] = self.number_of(frozenset(found or ()))
        return number

    def number_of(self, counties: frozenset[str]) -> int:
        """Return the number of a set of counties."""
        number = self._at.setdefault(counties, len(self.sets))
        if number == len(self.sets):
            self.sets.append(counties)
        return number

    def single_codes(self) -> npt.NDArray[np.object_]:
        """For each numbered set its county, if it is one county alone; else empty."""
        codes = [next(iter(counties)) if len(counties) == 1 else "" for counties in self.sets]
        return np.array(codes, dtype=object)

    def with_residents(self, state: str, residents: int, tolerance: float) -> frozenset[str]:
        """Counties of a state with that many residents, give or take a share of them."""
        return frozenset(
            code
            for code in self.by_state.get(state, ())
            if abs(residents - self._population.get(code, 0)) < tolerance * residents
        )

    def orders(self, state: str) -> Iterator[list[int]]:
        """Ways to put the counties of a state in alphabetical order, each as its set of one.

        By code, and as a clerk files them: `St.` as Saint, `Mc` as Mac, `LaSalle` as La Salle.
        Cities that are no part of a county stand last.
        """
        codes, cities = self.by_state.get(state, []), self.cities.get(state, set())
        plain = [*(code for code in codes if code not in cities), *sorted(cities)]
        yield [self.single[code] for code in plain]
        filed = {code: _filed(self._names[code]) for code in codes}
        as_clerk = sorted(codes, key=lambda code: (code in cities, filed[code]))
        yield [self.single[code] for code in as_clerk]


def _sorted_pairs(frame: pd.DataFrame, name: str) -> list[tuple[str, str]]:
    columns = (frame[column].to_numpy(dtype=object) for column in ("county_fips", name))
    return sorted(zip(*columns, strict=True))


def _filed(name: str) -> str:
    words = _INNER_CAPITAL.sub(" ", name).upper().replace("STE.", "SAINTE").replace("ST.", "SAINT")
    return re.sub(r"\bMC\b", "MAC", words)


def county_in_agency_name(agency: str, office: str) -> str:
    """County that the name of a county force says; empty if it says none.

    Examples
    --------
    >>> county_in_agency_name("SP: MADISON COUNTY", "CHIEF OF STATE POLICE")
    'MADISON'
    >>> county_in_agency_name("JEFFERSON", "SHERIFF")
    'JEFFERSON'
    """
    text = _PREFIX.sub("", agency)
    bare = _FORCE.sub("", text)
    name = _COUNTY.sub("", bare)
    if name != bare or bare != text or "SHERIFF" in office:
        return name
    return ""


def counties_in_agency_names(agency: pa.Array, office: pa.Array) -> pa.Array:
    """`county_in_agency_name` of each agency; most names need not be looked into."""
    sheriff = pc.match_substring(office, "SHERIFF")
    texts = pc.if_else(sheriff, agency, pa.scalar("", agency.type))
    looked_into = pc.match_substring_regex(agency, _LOOKED_INTO)
    pairs = (column.filter(looked_into).to_pylist() for column in (agency, office))
    found = [county_in_agency_name(*pair) for pair in zip(*pairs, strict=True)]
    return pc.replace_with_mask(texts, looked_into, pa.array(found, agency.type))


def place_in_agency_name(agency: str) -> str:
    """Name of an agency without the word for its force."""
    return _FORCE.sub("", agency)


@lru_cache(maxsize=20_000)
def _reduced(text: str) -> tuple[str, str]:
    return normalise_county(text)
