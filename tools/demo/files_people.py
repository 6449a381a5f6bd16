"""Writers of the demo's files on residents and kinds of counties, in the layouts of real ones.

What is true, before rounding: born abroad are 0.4 of the Hispanic and half of the other residents,
and 0.01 of all; of these 0.45 are no citizens; limited English have 0.3 of the Hispanic residents;
below one and a half times the poverty line are 1.6 times as many as below it. The shares with
margins of error are those of a sample: normal errors of just these margins are added. Of the wide
files only the columns that are read are written. Planted: codes without zeros, `-999` for missing,
a margin of 100 that is none, a town that votes apart, former codes without figures, the planning
regions of the recoded state in the files of 2022 and later, names in lower case.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from tools.demo.county_lists import county_list, regional_mean, residents
from tools.demo.draws import Ints, normal, uniform
from tools.demo.files_tables import File
from tools.demo.names import ISLAND_STATE, STATES
from tools.demo.people import make_people
from tools.demo.world import make_world

NONCITIZEN_OF_FOREIGN_BORN = 0.45
LIMITED_OF_HISPANIC = 0.3
NEAR_POVERTY = 1.6
CITIZENS_YEAR = 2016
FULL_MARGINS = 5
"""Counties of the edition of 2022 whose margin of limited English is said to be 100."""
_LARGE, _METRO = 250_000, 50_000
_QUANTILE = 1.645
"""Standard errors in a margin of error of 90 percent."""
_HELD_TO_COUNT = 5_000
"""Residents from which on the Hispanic share is held to the count of residents."""
_SAMPLE_SHARE = 0.02


@cache
def shares() -> pd.DataFrame:
    """True shares of residents, one row per county of the base list."""
    people = make_people()
    born = 0.01 + 0.4 * people["hispanic"] + 0.5 * people["other"]
    return pd.DataFrame(
        {
            "foreign_born": born,
            "noncitizen": NONCITIZEN_OF_FOREIGN_BORN * born,
            "limited": LIMITED_OF_HISPANIC * people["hispanic"],
            "hispanic": people["hispanic"],
            "near": np.minimum(NEAR_POVERTY * people["poverty_pct"] / 100, 0.95),
        }
    )


def noncitizens() -> File:
    """Number of noncitizens under the name of a rate, codes without zeros."""
    listed, count = county_list(CITIZENS_YEAR), residents(CITIZENS_YEAR)
    numbers = np.round(count * shares()["noncitizen"].to_numpy())
    lines = [
        f'{int(code)},"{county}, {state}",{number:.0f}'
        for (code, county, state), number in zip(_rows(listed), numbers, strict=True)
    ]
    return _text("id,name,rate", lines)


def context() -> File:
    """Residents, without those of the island state; two rows have no figures."""
    listed, count = county_list(CITIZENS_YEAR), residents(CITIZENS_YEAR)
    lines = [
        f'"{state}","{county.removesuffix(" County")}",{int(code)},{number}'
        for (code, county, state), number in zip(_rows(listed), count, strict=True)
        if code[:2] != ISLAND_STATE
    ]
    first, old = listed.iloc[0], make_world().recode
    lines.append(f'"{first["state"]}","Some Town",{int(first["county_fips"][:2])}000,NA')
    old_state = next(one.name for one in STATES if one.fips == old.old[:2])
    lines.append(f'"{old_state}","{old.old_name}",{int(old.old)},NA')
    return _text('"state","county","fips","total_population"', lines)


def quickfacts() -> File:
    """Percent born abroad by names, states as abbreviations, sorted by name; four have no row."""
    abbr = {one.name: one.abbr for one in STATES}
    listed = county_list(2019).assign(pct=100 * shares()["foreign_born"].to_numpy())
    kept = listed.drop(listed.index[[3, 5, 8, 13]]).sort_values(["county", "state"])
    lines = [
        f'"{county}","{abbr[state]}","{pct:.1f}"'
        for county, state, pct in kept[["county", "state", "pct"]].itertuples(index=False)
    ]
    return _text('"County","State","Miscellaneous.Foreign Born"', lines)


def svi(year: int) -> File:
    """Percentages with margins of one edition; that of 2022 has codes without zeros."""
    listed, count = county_list(year), residents(year)
    true = regional_mean(shares()[["limited", "hispanic", "near"]].to_numpy(), year)
    margin = _QUANTILE * np.sqrt(true * (1 - true) / (_SAMPLE_SHARE * count[:, None]))
    margin[count >= _HELD_TO_COUNT, 1] = 0.0
    drawn = normal(f"svi-{year}", *true.shape) * margin / _QUANTILE
    said = np.clip(true + drawn, 0, 1)
    known = uniform(f"svi-missing-{year}", len(listed)) > 4 / len(listed)
    margins = [[f"{100 * value:.1f}" for value in row] for row in margin]
    for row in margins[20 : 20 + FULL_MARGINS] if year > 2020 else []:
        row[0] = "100"
    lines = []
    for at, (code, county, state) in enumerate(_rows(listed)):
        cells = [f"{100 * said[at, k]:.1f},{margins[at][k]}" for k in range(3)]
        text = code if year <= 2020 else str(int(code))
        lines.append(
            f"{text},{state},{county}," + (",".join(cells) if known[at] else ",".join(["-999"] * 6))
        )
    codes = ("LIMENG", "HISP", "POV150")
    head = ",".join(f"EP_{code},MP_{code}" for code in codes)
    content, rows = _text(f"FIPS,STATE,COUNTY,{head}", lines)
    return b"\xef\xbb\xbf" + content, rows


def rural_urban() -> File:
    """Codes by residents and land, in the list of 2023."""
    listed, count = county_list(2023), residents(2023)
    abbr = {one.name: one.abbr for one in STATES}
    lines = [
        f"{code},{abbr[state]},{county},{number}"
        for (code, county, state), number in zip(_rows(listed), _urban_codes(count), strict=True)
    ]
    return _text("FIPS,State,County_Name,RUCC_2023", lines)


def field_offices() -> File:
    """One office for each two states, named after the first, with names in lower case."""
    offices = {one.name: f"{STATES[at // 2 * 2].abbr}O" for at, one in enumerate(STATES)}
    lines = [
        f'{code},"{county.lower()}, {state.lower()}",{offices[state]}'
        for code, county, state in _rows(county_list(2024))
    ]
    return _text("geoid,name,aor", lines)


def _urban_codes(count: Ints) -> list[int]:
    edges = [1_000_000, _LARGE, _METRO, 40_000, 30_000, 20_000, 12_000, 6_000]
    return [1 + sum(int(number < edge) for edge in edges) for number in count]


def _rows(listed: pd.DataFrame) -> list[tuple[str, str, str]]:
    return list(listed[["county_fips", "county", "state"]].itertuples(index=False, name=None))


def _text(head: str, lines: list[str]) -> File:
    return "\n".join([head, *lines, ""]).encode(), len(lines)
