"""The fictional country: counties with codes and names on the fictional map.

The base list is that of 2021. Lists of other years differ as real ones do: one county had
another code and name before 2015, and one state has planning regions in place of counties
from 2022 on, which do not nest in the old counties.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from tools.demo.borders import topology
from tools.demo.draws import Floats, Ints, shuffled
from tools.demo.landscape import STATE_COUNT, Landscape, make_landscape
from tools.demo.names import (
    CITY_STATE,
    ISLAND_STATE,
    PARISH_STATE,
    RECODED_STATE,
    STATES,
    county_names,
    invented_names,
)

CITY_COUNT = 12
TWIN_CITY_STATE = "57"
BARE_NAME_STATE = "99"
RENAMED_STATE = "92"
REGION_COUNT = 9


@dataclass(frozen=True)
class Recode:
    """A county that changed code and name: `old` up to 2014, `new` from 2015 on."""

    old: str
    new: str
    old_name: str


@dataclass(frozen=True)
class World:
    """The country as of 2021, with what changed before and after.

    `counties` has one row per county of the base list, by code, its `cell` and centre on the map
    among its columns. `regions` replace the counties of one state from 2022 on; `region_weights`
    has the share of each old county's residents in each region. `recode` is the county that changed
    code.
    """

    counties: pd.DataFrame
    regions: pd.DataFrame
    region_weights: Floats
    recode: Recode
    land: Landscape

    def topojson(self) -> str:
        """Return the map as TopoJSON text."""
        by_cell = self.counties.sort_values("cell")
        cells = by_cell.drop_duplicates("state_fips")
        numbers = self.land.state[cells["cell"]]
        states = dict(
            zip(numbers, zip(cells["state_fips"], cells["state"], strict=True), strict=True)
        )
        return topology(self.land, list(by_cell["county_fips"]), list(by_cell["short"]), states)

    def neighbours(self) -> Ints:
        """Pairs of positions in `counties` that share a border."""
        edges = self.land.edges
        inner = edges[(edges[:, :2] >= 0).all(axis=1), :2]
        position = np.empty(len(self.counties), dtype="int64")
        position[self.counties["cell"]] = np.arange(len(self.counties))
        return position[inner]


@cache
def make_world() -> World:
    """Draw the country of the demo release."""
    land = make_landscape()
    state_fips = _state_codes(land)
    frame = pd.DataFrame(
        {"state_fips": state_fips, "cell": np.arange(len(state_fips)), "area": land.area}
    ).assign(x=land.x, y=land.y)
    counts = frame["state_fips"].value_counts().sort_index()
    names = county_names({str(code): int(count) for code, count in counts.items()})
    counties = pd.concat(
        [_name_counties(group, names[str(code)]) for code, group in frame.groupby("state_fips")],
        ignore_index=True,
    )
    about = {state.fips: state for state in STATES}
    counties["state"] = counties["state_fips"].map({code: s.name for code, s in about.items()})
    counties["state_abbr"] = counties["state_fips"].map({code: s.abbr for code, s in about.items()})
    counties, recode = _recode_one(counties)
    counties = counties.sort_values("county_fips", ignore_index=True)
    regions, weights = _regions(counties)
    return World(counties, regions, weights, recode, land)


def _state_codes(land: Landscape) -> Ints:
    """Give each state of the map its code; special states go where they fit."""
    count = np.bincount(land.state, minlength=STATE_COUNT)
    x = np.bincount(land.state, weights=land.x) / count
    y = np.bincount(land.state, weights=land.y) / count
    numbers = np.arange(STATE_COUNT - 1)
    code_of = {STATE_COUNT - 1: ISLAND_STATE}
    wishes = (
        (RECODED_STATE, np.where(x[:-1] > 10.5, count[:-1], 999)),
        (CITY_STATE, np.where(x[:-1] > 10.5, np.abs(count[:-1] - 140), 999)),
        (PARISH_STATE, np.where(count[:-1] > 60, y[:-1], 999)),
    )
    for code, cost in wishes:
        free = np.array([number not in code_of for number in numbers])
        code_of[int(np.argmin(np.where(free, cost, 9999.0)))] = code
    left = [state.fips for state in STATES if state.fips not in code_of.values()]
    rest = [int(number) for number in numbers if number not in code_of]
    for place, number in zip(shuffled("state-codes", len(rest)), rest, strict=True):
        code_of[number] = left[place]
    return np.array([code_of[int(number)] for number in land.state])


def _name_counties(group: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Codes in the order of names, as real ones are; independent cities come after 510."""
    code = str(group["state_fips"].iloc[0])
    suffix = next(state.suffix for state in STATES if state.fips == code)
    cities = {CITY_STATE: CITY_COUNT, TWIN_CITY_STATE: 1}.get(code, 0)
    group = group.sort_values("area", ignore_index=True)
    is_city = np.arange(len(group)) < cities
    order = shuffled(f"name-{code}", len(group) - cities)
    county_list = names[: len(group) - cities]
    # The first quarter of the cities bears the name of a county of the same state.
    twins = county_list[5 : 5 + 9 * max(1, cities // 4) : 9] if cities else []
    city_list = sorted(twins + names[len(county_list) : len(names) - len(twins)])
    short = np.array([county_list[at] for at in order], dtype=object)
    number = 2 * order + 1
    group["short"] = np.concatenate([np.array(city_list, dtype=object), short])
    group["number"] = np.concatenate([510 + 10 * np.arange(cities), number])
    group["county"] = group["short"] + np.where(is_city, " city", f" {suffix}")
    if code == BARE_NAME_STATE:
        first = group.index[group["number"] == 13]
        group.loc[first, "short"] = group.loc[first, "short"] + " City"
        group.loc[first, "county"] = group.loc[first, "short"]
    group["county_fips"] = code + group["number"].astype("int64").astype("str").str.zfill(3)
    return group.drop(columns="number")


def _recode_one(counties: pd.DataFrame) -> tuple[pd.DataFrame, Recode]:
    old = f"{RENAMED_STATE}013"
    new = f"{RENAMED_STATE}014"
    at = counties.index[counties["county_fips"] == old]
    old_name, new_short = str(counties.loc[at[0], "county"]), invented_names(2401)[-1]
    counties.loc[at, ["county_fips", "short", "county"]] = [new, new_short, f"{new_short} County"]
    return counties, Recode(old, new, old_name)


def _regions(counties: pd.DataFrame) -> tuple[pd.DataFrame, Floats]:
    old = counties[counties["state_fips"] == RECODED_STATE]
    names = sorted(invented_names(2401 + REGION_COUNT)[-REGION_COUNT:])
    codes = [f"{RECODED_STATE}{110 + 10 * number}" for number in range(REGION_COUNT)]
    places = old[["x", "y"]].to_numpy()
    centres = places[:: max(1, len(old) // REGION_COUNT)][:REGION_COUNT]
    gap = ((places[:, None] - centres) ** 2).sum(axis=2)
    near = np.argsort(gap, axis=1, kind="stable")
    weights = np.zeros_like(gap)
    rows = np.arange(len(old))
    weights[rows, near[:, 0]] = np.where(rows % 3 == 0, 0.75, 1.0)
    weights[rows, near[:, 1]] = 1 - weights[rows, near[:, 0]]
    return (
        pd.DataFrame({"county_fips": codes, "county": [f"{n} Planning Region" for n in names]}),
        weights,
    )
