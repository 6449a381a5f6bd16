"""Faults planted in the demo files, each of a kind that real files have.

========================= ==================================================================
file                      faults
========================= ==================================================================
population                three lines of one county in Latin-1, the others in UTF-8; names of
                          2014 start with a space; once the county is in the state's cell and
                          `NA` in its own
crime                     a great city booked to one county, its three sisters `NA`; zero
                          rates with flag 1; a county suppressed in every year; one extreme
                          rate in a small county; planning regions without values in 2022
votes                     one state by district, one county missing, CRLF
acs-wide                  territories, one blank cell, CRLF
race and ethnicity        small shares in scientific notation
secure-communities        names shortened and misspelt, former codes, missing months
ilrc-rubric               repeated counties, totals 0, 8 and 31, a wrong sum, territories
ICE lists                 see `agreement_faults` and `files_agreements`
Return A                  see `monthly_reports`; a city outside counties that nothing places;
                          cities in two or three counties; patrols of a whole state
several                   a county that changed code and name in 2015; a state whose counties
                          give way to planning regions in 2022
========================= ==================================================================
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from tools.demo.county_lists import REGIONS_FROM, recoded_rows, regional_mean
from tools.demo.crime import make_crime
from tools.demo.draws import Floats, Ints
from tools.demo.names import CITY_STATE, ISLAND_STATE, RECODED_STATE
from tools.demo.people import make_people
from tools.demo.world import REGION_COUNT, make_world

LATIN_YEARS = (2014, 2021, 2023)
SISTERS = 3
ZERO_RATES = {2021: 4, 2022: 3, 2023: 4}
EXTREME_RATE = 9872.31


@cache
def great_city() -> tuple[int, tuple[int, ...]]:
    """Positions of the county that a great city's offences are booked to, and of its sisters.

    The largest county whose three largest neighbours in the state together have at most 0.7 of
    its residents, so that the fault is plain to see but does not rule weighted results.
    """
    world, size = make_world(), make_people()["population"].to_numpy()
    state = world.counties["state_fips"].to_numpy()
    plain = ~np.isin(state, [ISLAND_STATE, RECODED_STATE, CITY_STATE])
    pairs = world.neighbours()
    for main in np.argsort(np.where(plain, -size, 0), kind="stable"):
        around = np.concatenate([pairs[pairs[:, 0] == main, 1], pairs[pairs[:, 1] == main, 0]])
        around = around[state[around] == state[main]]
        sisters = around[np.argsort(-size[around], kind="stable")][:SISTERS]
        if len(sisters) == SISTERS and size[sisters].sum() <= 0.7 * size[main]:
            return int(main), tuple(int(at) for at in sisters)
    raise ValueError("no county of the demo release can be the great city")


def _smallest(skip: int, count: int) -> Ints:
    """Positions of small counties, from the smallest on, outside the special states."""
    state = make_world().counties["state_fips"]
    plain = ~state.isin([ISLAND_STATE, RECODED_STATE])
    size = np.where(plain, make_people()["population"], np.inf)
    return np.argsort(size, kind="stable")[skip : skip + count].astype("int64")


def no_votes_county() -> str:
    """Code of the smallest county, which has no row of votes and no crime rate."""
    return str(make_world().counties["county_fips"].iloc[int(_smallest(0, 1)[0])])


def spoil_crime(crime: pd.DataFrame) -> pd.DataFrame:
    """Return the crime table with its planted faults."""
    spoilt = crime.copy()
    nothing = {"person": np.nan, "property": np.nan, "quality": 0.0}
    for at in (int(_smallest(0, 1)[0]), *great_city()[1]):
        spoilt.loc[spoilt["at"] == at, list(nothing)] = list(nothing.values())
    _book_city(spoilt)
    small = _smallest(1, 160)
    for year, count in ZERO_RATES.items():
        rows = spoilt[(spoilt["year"] == year) & spoilt["at"].isin(small)]
        good = rows.index[rows["quality"] == 1][:count]
        poor = rows.index[rows["quality"] == 3][:count]
        spoilt.loc[good.union(poor), "person"] = 0.0
        if year == 2022:
            spoilt.loc[rows.index[rows["quality"] == 3][count], "person"] = EXTREME_RATE
    return spoilt


def _book_city(crime: pd.DataFrame) -> None:
    """Book the city's offences to its main county, more of them each year."""
    main, sisters = great_city()
    size = make_people()["population"].to_numpy()
    factor = (size[main] + size[list(sisters)].sum()) / size[main]
    level = {"person": 1120.0, "property": 2910.0}
    for year, share, flag in ((2021, 0.02, 3.0), (2022, 0.4, 3.0), (2023, 1.0, 2.0)):
        row = (crime["at"] == main) & (crime["year"] == year)
        values = [round(share * factor * value, 2) for value in level.values()]
        crime.loc[row, ["person", "property", "quality"]] = [*values, flag]


def crime_in_list(year: int) -> Floats:
    """Rates against persons and property, and flag, of each county in the list of a year.

    As the crime file has them: with all planted faults, and without rates where the flag is 0.
    """
    drawn = spoil_crime(make_crime())
    values = drawn.loc[drawn["year"] == year, ["person", "property", "quality"]].to_numpy()
    return regional_crime(values, year) if year >= REGIONS_FROM else values


def regional_crime(values: Floats, year: int) -> Floats:
    """Carry crime to planning regions: nothing in their first year, then plain means."""
    first, _ = recoded_rows()
    moved = regional_mean(np.nan_to_num(values), year)
    rows = slice(first, first + REGION_COUNT)
    moved[rows, 2] = 0.0 if year == REGIONS_FROM else np.clip(np.round(moved[rows, 2]), 1, 3)
    return moved
