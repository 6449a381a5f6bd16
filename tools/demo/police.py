"""The police of the fictional country: which forces there are, and whom they serve.

Each county has a force of its own; larger ones have a city force too, and some cities lie in two
or three counties. Small towns are served by the county's force and only listed. States have a
patrol that serves nobody in particular, and a few colleges have guards that are never asked.
One state has posts of its state police in place of county forces, as it has no sheriffs.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from tools.demo.cities import CITIES, is_city, make_cities, make_towns
from tools.demo.county_lists import county_list, residents
from tools.demo.names import RECODED_STATE, STATES
from tools.demo.world import make_world

PARTS = (1, 2, 3)
COLLEGES = 24
FIRST_UCR_STATE = 71
REGION_STEM = 500
NO_NUMBER_EVERY = 3
"""Of the cities that are no part of a county, each third has no county number."""
STATEWIDE = "999"
CITY_SIZES = (250_000, 100_000, 50_000, 25_000, 10_000, 2_500)


@cache
def ucr_states() -> pd.DataFrame:
    """State codes that this country's FBI would have: `ucr_state, ori_prefix, state_fips, state`.

    In the order of names, and none that the real one uses.
    """
    rows = [
        (str(FIRST_UCR_STATE + place), state.abbr, state.fips, state.name)
        for place, state in enumerate(sorted(STATES, key=lambda state: state.name))
    ]
    return pd.DataFrame(rows, columns=["ucr_state", "ori_prefix", "state_fips", "state"])


@cache
def make_forces(year: int) -> pd.DataFrame:
    """Every force of a year with a county list and with residents.

    `kind` is county, city, town, state or college. Each of the three parts has `county_fips_N`
    (empty if none), `ucr_county_N` and `population_N`; over all forces the parts of a county add up
    to its residents.
    """
    listed = county_list(year).assign(residents=residents(year))
    listed["state_fips"] = listed["county_fips"].str[:2]
    listed["number"] = county_numbers(listed)
    by_code = listed.set_index("county_fips")
    cities = _with_residents(make_cities(), by_code["residents"])
    towns = _with_residents(make_towns(), by_code["residents"])
    counties = _county_forces(listed, [cities, towns])
    everyone = pd.concat(
        [counties, cities, towns, _state_forces(), _college_forces()], ignore_index=True
    ).fillna(dict.fromkeys(("county_fips_2", "county_fips_3", "covered_county"), ""))
    everyone = everyone.fillna({"population_2": 0, "population_3": 0})
    return _finish(everyone, by_code)


def county_numbers(listed: pd.DataFrame) -> pd.Series:
    """Number of each county as this country's FBI counts them: cities outside counties last."""
    order = listed.assign(is_city=is_city(listed["county"]))
    order = order.sort_values(["state_fips", "is_city", "county_fips"])
    return (order.groupby("state_fips").cumcount() + 1).reindex(listed.index)


def _with_residents(forces: pd.DataFrame, count: pd.Series) -> pd.DataFrame:
    """Residents of each part: its share of the county's, rounded down."""
    forces = forces.copy()
    for part in PARTS:
        if f"county_fips_{part}" in forces:
            of_county = forces[f"county_fips_{part}"].map(count).fillna(0)
            shares = np.floor(forces[f"share_{part}"] * of_county)
            forces[f"population_{part}"] = shares.astype("int64")
    return forces.drop(columns=[f"share_{part}" for part in PARTS], errors="ignore")


def _county_forces(listed: pd.DataFrame, others: list[pd.DataFrame]) -> pd.DataFrame:
    """One force for each county, which serves all whom no other force serves."""
    left = listed.set_index("county_fips")["residents"]
    for forces in others:
        for part in PARTS:
            if f"county_fips_{part}" in forces:
                served = forces.groupby(f"county_fips_{part}")[f"population_{part}"].sum()
                left = left.sub(served.reindex(left.index, fill_value=0))
    return pd.DataFrame(
        {
            "kind": "county",
            "state_fips": listed["state_fips"],
            "agency": listed["county"],
            "county_fips_1": listed["county_fips"],
            "population_1": left.to_numpy(),
        }
    )


def _state_forces() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "kind": "state",
            "state_fips": [state.fips for state in STATES],
            "agency": [f"{state.name} Patrol" for state in STATES],
            "county_fips_1": "",
            "population_1": 0,
        }
    )


def _college_forces() -> pd.DataFrame:
    cities = make_cities().iloc[5 :: CITIES // COLLEGES][:COLLEGES]
    return pd.DataFrame(
        {
            "kind": "college",
            "state_fips": cities["state_fips"],
            "agency": cities["agency"] + " College",
            "county_fips_1": cities["county_fips_1"],
            "population_1": 0,
        }
    )


def _finish(forces: pd.DataFrame, by_code: pd.DataFrame) -> pd.DataFrame:
    """Give each force its number, identifier, office and size group."""
    states = ucr_states().set_index("state_fips")
    number = forces["county_fips_1"].map(by_code["number"]).fillna(int(STATEWIDE)).astype("int64")
    outside = is_city(forces["agency"]) & (forces["kind"] == "county")
    of_region = forces["county_fips_1"].isin(_region_codes(by_code))
    stem = (number + REGION_STEM * of_region).astype("str").str.zfill(3)
    place = forces.groupby([forces["state_fips"], stem]).cumcount().astype("str").str.zfill(2)
    ori7 = forces["state_fips"].map(states["ori_prefix"]) + stem + place
    own = forces["kind"] == "county"
    home = pd.Series(ori7[own].to_numpy(), index=forces.loc[own, "county_fips_1"])
    written = by_code["number"].astype("str").str.zfill(3)
    numbers: dict[str, pd.Series] = {}
    for part in PARTS:
        numbers[f"ucr_county_{part}"] = forces[f"county_fips_{part}"].map(written).fillna("")
        numbers[f"population_{part}"] = forces[f"population_{part}"].astype("int64")
    finished = forces.assign(
        **numbers,
        ori7=ori7,
        ucr_state=forces["state_fips"].map(states["ucr_state"]),
        agency=_agency_texts(forces),
        office=_offices(forces, outside),
        population_group=_size_groups(forces, outside),
        covered_by_ori7=forces["covered_county"].map(home).fillna(""),
    ).drop(columns="covered_county")
    finished.loc[finished["kind"] == "state", "ucr_county_1"] = STATEWIDE
    silent = np.flatnonzero(outside)[::NO_NUMBER_EVERY]
    finished.loc[silent, "ucr_county_1"] = ""
    return finished


def _region_codes(by_code: pd.DataFrame) -> list[str]:
    return [code for code in by_code.index if code in set(make_world().regions["county_fips"])]


def _agency_texts(forces: pd.DataFrame) -> pd.Series:
    """Names as the file has them: capitals, counties without their suffix."""
    suffixes = "|".join([*sorted({state.suffix for state in STATES}), "Planning Region", "city"])
    bare = forces["agency"].str.replace(rf" ({suffixes})$", "", regex=True).str.upper()
    posts = (forces["state_fips"] == RECODED_STATE) & (forces["kind"] == "county")
    return bare.mask(posts, "SP: " + bare)


def _offices(forces: pd.DataFrame, outside: pd.Series) -> pd.Series:
    sheriff = (forces["kind"] == "county") & ~outside
    posts = sheriff & (forces["state_fips"] == RECODED_STATE)
    offices = pd.Series("CHIEF OF POLICE", index=forces.index)
    offices = offices.mask(sheriff, "SHERIFF").mask(posts, "COMMANDING OFFICER")
    return offices.mask(forces["kind"] == "state", "SUPERINTENDENT")


def _size_groups(forces: pd.DataFrame, outside: pd.Series) -> pd.Series:
    size = forces[[f"population_{part}" for part in PARTS]].sum(axis=1)
    city = pd.Series(1 + len(CITY_SIZES) - np.searchsorted(sorted(CITY_SIZES), size, "right"))
    rural = (forces["kind"] == "county") & ~outside
    groups = (
        city.astype("str").mask(rural & (size >= 40_000), "9A").mask(rural & (size < 40_000), "8C")
    )
    posts = rural & (forces["state_fips"] == RECODED_STATE)
    return groups.mask(posts | (forces["kind"] == "state"), "9E")
