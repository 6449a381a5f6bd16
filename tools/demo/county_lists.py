"""County lists by year, and values carried to the list of a year."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tools.demo.draws import Floats, Ints
from tools.demo.names import RECODED_STATE
from tools.demo.people import BASE_YEAR, make_people
from tools.demo.world import make_world

RENAMED_FROM = 2015
REGIONS_FROM = 2022


def county_list(year: int) -> pd.DataFrame:
    """Return `county_fips, county, state` as they were in a year, in order of the base list.

    Planning regions, from 2022 on, stand where the counties of their state stood.
    """
    world = make_world()
    listed = world.counties[["county_fips", "county", "state"]].copy()
    if year < RENAMED_FROM:
        at = listed["county_fips"] == world.recode.new
        listed.loc[at, ["county_fips", "county"]] = [world.recode.old, world.recode.old_name]
    if year >= REGIONS_FROM:
        first, last = recoded_rows()
        state = str(listed["state"].iloc[first])
        regions = world.regions.assign(state=state)
        listed = pd.concat([listed[:first], regions, listed[last:]], ignore_index=True)
    return listed


def residents(year: int) -> Ints:
    """Residents of each county in the list of a year."""
    people = make_people()
    count = people["population"] * np.exp(people["growth"] * (year - BASE_YEAR))
    if year < REGIONS_FROM:
        return np.asarray(np.round(count), dtype="int64")
    first, last = recoded_rows()
    moved = make_world().region_weights.T @ count.to_numpy()[first:last]
    return np.asarray(np.round(np.concatenate([count[:first], moved, count[last:]])), dtype="int64")


def regional_mean(values: Floats, year: int) -> Floats:
    """Carry shares or rates (counties x columns) to the list of a year, by residents."""
    if year < REGIONS_FROM:
        return values
    first, last = recoded_rows()
    weights = make_world().region_weights * make_people()["population"].to_numpy()[first:last, None]
    moved = (weights / weights.sum(axis=0)).T @ values[first:last]
    return np.vstack([values[:first], moved, values[last:]])


def recoded_rows() -> tuple[int, int]:
    """First row, and the one after the last, of the recoded state in the base list."""
    rows = np.flatnonzero(make_world().counties["state_fips"] == RECODED_STATE)
    return int(rows[0]), int(rows[-1]) + 1
