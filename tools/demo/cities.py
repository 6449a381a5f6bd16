"""Cities and towns of the fictional country, and which counties they lie in."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from tools.demo.agencies import make_agreements
from tools.demo.draws import uniform
from tools.demo.names import RECODED_STATE, STATES, place_name
from tools.demo.people import make_people
from tools.demo.planted_faults import great_city
from tools.demo.world import make_world

CITIES, TOWNS = 560, 60
_FIRST_TOWN = 640


def is_city(county: pd.Series) -> pd.Series:
    """Whether a name of the county list is that of a city outside counties."""
    return county.str.endswith(" city")


@cache
def make_cities() -> pd.DataFrame:
    """City forces: all that are on an ICE list, and those of the largest other counties.

    One row per city; each part has `county_fips_N` and `share_N`, of the residents of that county.
    """
    world = make_world().counties
    rows = [
        (agreement.state_fips, agreement.agency.removesuffix(" Police Department"),
         _code_of(agreement.state_fips, agreement.county))
        for agreement in make_agreements()
        if agreement.kind == "Municipality"
    ]  # fmt: skip
    taken = {code for _, _, code in rows}
    names: dict[str, set[str]] = {state.fips: set() for state in STATES}
    for state, name, _ in rows:
        names[state].add(name)
    plain = (world["state_fips"] != RECODED_STATE) & ~is_city(world["county"])
    order = np.argsort(-make_people()["population"].to_numpy(), kind="stable")
    for at in order:
        state, code = str(world["state_fips"].iloc[at]), str(world["county_fips"].iloc[at])
        if len(rows) == CITIES:
            break
        if plain.iloc[at] and code not in taken:
            rows.append((state, _free_name(names[state], int(at)), code))
    cities = pd.DataFrame(rows, columns=["state_fips", "agency", "county_fips_1"])
    return _spread_over_counties(cities)


@cache
def make_towns() -> pd.DataFrame:
    """Small towns whose crimes the county's force sends with its own."""
    world = make_world().counties
    few = world[(world["state_fips"] != RECODED_STATE) & ~is_city(world["county"])]
    chosen = few.iloc[:: len(few) // TOWNS][:TOWNS].reset_index(drop=True)
    return pd.DataFrame(
        {
            "kind": "town",
            "state_fips": chosen["state_fips"],
            "agency": [place_name(_FIRST_TOWN + at) for at in range(len(chosen))],
            "county_fips_1": chosen["county_fips"],
            "share_1": 0.02,
            "covered_county": chosen["county_fips"],
        }
    )


def _spread_over_counties(cities: pd.DataFrame) -> pd.DataFrame:
    """Let each tenth city reach into a second county, and some of those into a third."""
    main, sisters = great_city()
    codes = make_world().counties["county_fips"].to_numpy()
    wide = 0.05 + 0.1 * uniform("cities-wide", len(cities), 2)
    cities = cities.assign(
        kind="city",
        share_1=0.2 + 0.3 * uniform("cities-share", len(cities)),
        share_2=wide[:, 0],
        share_3=wide[:, 1],
        county_fips_2="",
        county_fips_3="",
    )
    around = _neighbours_in_state()
    outside = {codes[at] for at in (main, *sisters)}
    for at in range(0, len(cities), 10):
        home = str(cities["county_fips_1"].iloc[at])
        near = [code for code in around[home] if code not in outside]
        cities.loc[at, "county_fips_2"] = near[0] if near else ""
        if at % 80 == 0 and len(near) > 1:
            cities.loc[at, "county_fips_3"] = near[1]
    great = cities.index[cities["county_fips_1"] == codes[main]]
    cities.loc[great, ["county_fips_2", "county_fips_3"]] = [codes[at] for at in sisters[:2]]
    cities.loc[great, ["share_1", "share_2", "share_3"]] = [0.6, 0.4, 0.4]
    return cities


def _neighbours_in_state() -> dict[str, list[str]]:
    world = make_world()
    codes = world.counties["county_fips"].to_numpy()
    bars = is_city(world.counties["county"]).to_numpy()
    around: dict[str, list[str]] = {str(code): [] for code in codes}
    for left, right in world.neighbours():
        for one, other in ((left, right), (right, left)):
            if codes[one][:2] == codes[other][:2] and not bars[other]:
                around[codes[one]].append(codes[other])
    return {code: sorted(near) for code, near in around.items()}


def _code_of(state: str, county: str) -> str:
    world = make_world().counties
    found = world[(world["state_fips"] == state) & (world["county"] == county)]
    return str(found["county_fips"].iloc[0])


def _free_name(used: set[str], start: int) -> str:
    name = next(name for step in range(400) if (name := place_name(start + step)) not in used)
    used.add(name)
    return name
