"""Writers of the demo's further county measures, in the layouts of the real files.

As in the real files, estimates of small counties come from survey areas of several counties,
which carry one and the same set of values, some of them equal to fifteen digits only; the
smallest counties have none; turnout is capped at 1; Alaska's part is played by the island state.
Only one year of the yearly files is written, to keep the release small.
"""

from __future__ import annotations

import struct
from functools import cache

import numpy as np
import pandas as pd

from tools.demo import planted_faults
from tools.demo.county_lists import county_list, recoded_rows
from tools.demo.draws import Floats, Ints, normal, uniform
from tools.demo.files_tables import DISTRICTS, VOTE_COLUMNS, File, text_file
from tools.demo.names import ISLAND_STATE
from tools.demo.people import make_people
from tools.demo.world import make_world

SURVEY_YEAR = 2021
ARREST_YEAR = 2023
VOTES_YEAR = 2024
TURNOUT_YEAR = 2020
LAND_LIST = 2019
AREA_RESIDENTS = 100_000
"""Least residents of a survey area, as in the real ones."""
KM_PER_UNIT = 320.0
"""Kilometres per unit of the fictional map."""
_NO_ESTIMATE_SHARE = 0.09
_ADULT_CITIZENS = 0.74
_NAME_WIDTH = 20


@cache
def survey_areas() -> Ints:
    """Number of the survey area of each county of the base list; -1 where there is no estimate.

    A county large enough is an area of its own; the others of a state are put together in the
    order of their codes until there are enough residents.
    """
    counties, residents = make_world().counties, make_people()["population"].to_numpy()
    areas = np.empty(len(counties), dtype="int64")
    number = 0
    for _, group in counties.groupby("state_fips", sort=True):
        places = group.index.to_numpy()
        large = places[residents[places] >= AREA_RESIDENTS]
        areas[large] = number + np.arange(len(large))
        number += len(large)
        gathered = 0
        for place in places[residents[places] < AREA_RESIDENTS]:
            areas[place] = number
            gathered += int(residents[place])
            if gathered >= AREA_RESIDENTS:
                number, gathered = number + 1, 0
        number += int(gathered > 0)
    smallest = np.argsort(residents, kind="stable")[: int(_NO_ESTIMATE_SHARE * len(areas))]
    areas[smallest] = -1
    return areas


def income() -> File:
    """Three percentiles of household income, with bounds and flags."""
    typical = _area_means(make_people()["income_usd"].to_numpy(dtype="float64")) * 1.12
    spread = 1 + 0.06 * _area_draws("income-spread")
    ranks = {20: 0.42 / spread, 50: np.ones(len(typical)), 80: 1.95 * spread}
    error = _area_error()
    lines = []
    for place, code, flag in _survey_rows():
        cells = []
        for factor in ranks.values():
            value = typical[place] * factor[place]
            for bound in (0.0, -error[place], error[place]):
                cells.append("NA" if not flag else f"{value * (1 + bound):.0f}")
            cells.append(str(flag or "NA"))
        lines.append(f"{SURVEY_YEAR},{code[:2]},{code[2:]},{','.join(cells)}")
    head = ",".join(
        f"pctl_income_{rank}{end}" for rank in ranks for end in ("", "_lb", "_ub", "_quality")
    )
    return text_file(f"year,state,county,{head}", lines)


def employment() -> File:
    """Share employed of those aged 25 to 54, with bounds and a flag."""
    poverty = make_people()["poverty_pct"].to_numpy(dtype="float64")
    drawn = _area_means(0.79 - 0.006 * (poverty - 15)) + 0.02 * _area_draws("employed")
    share = np.asarray(np.round(np.clip(drawn, 0.4, 0.96), 6), dtype="float64")
    error = np.round(0.6 * _area_error(), 6)
    lines = []
    for place, code, flag in _survey_rows():
        # Every third county of an area has its value from another sum: the last digit differs.
        value = float(np.nextafter(share[place], 1)) if place % 3 == 0 else float(share[place])
        bounds = (value - float(error[place]), min(value + float(error[place]), 1.0))
        numbers = (f"{value!r}", *(f"{bound:.6f}" for bound in bounds), str(flag))
        cells = ",".join(numbers if flag else ("NA",) * 4)
        lines.append(f"{SURVEY_YEAR},{code[:2]},{code[2:]},{cells}")
    head = "share_employed,share_employed_lb,share_employed_ub,share_employed_quality"
    return text_file(f"year,state,county,{head}", lines)


def turnout() -> File:
    """Votes of 2020 over adult citizens; none for the island state, and capped at 1."""
    people, listed = make_people(), county_list(TURNOUT_YEAR)
    citizens = people["population"] * _ADULT_CITIZENS
    share = (people["votes_total"] / citizens).to_numpy(copy=True)
    share[np.argsort(people["population"].to_numpy(), kind="stable")[3:7]] *= 2.4
    lines = []
    for code, value in zip(listed["county_fips"], np.minimum(share, 1.0), strict=True):
        absent = code[:2] == ISLAND_STATE or code == planted_faults.no_votes_county()
        flag = 3 if value == 1 else 1
        cells = "NA,NA" if absent else f"{value:.4f}".rstrip("0").rstrip(".") + f",{flag}"
        lines.append(f"{TURNOUT_YEAR},{code[:2]},{code[2:]},{cells}")
    head = "year,state,county,election_turnout,election_turnout_quality"
    return text_file(head, lines)


def juvenile_arrests() -> File:
    """Arrests per 100,000 aged 10 to 17, missing where no agency reported."""
    person, _, flags = planted_faults.crime_in_list(ARREST_YEAR).T
    codes = county_list(ARREST_YEAR)["county_fips"]
    size = len(codes)
    rate = 1.6 * np.nan_to_num(person) * np.exp(0.5 * normal("juvenile", size))
    rate[uniform("juvenile-none", size) < 0.11] = 0.0
    # The flag is made from arrests, so it differs here and there from that of the offences.
    other = uniform("juvenile-flag", size) < 0.05
    flags = np.where(other & (flags > 0), flags % 3 + 1, flags)
    lines = [
        f"{ARREST_YEAR},{code[:2]},{code[2:]},"
        + (f"{value:.2f},{flag:.0f}" if flag > 0 else "NA,NA")
        for code, value, flag in zip(codes, rate, flags, strict=True)
    ]
    head = "year,state,county,rate_juv_arrest,rate_juv_arrest_quality"
    return text_file(head, lines)


def votes() -> File:
    """Presidential votes of 2024: by planning region in one state, by district in another."""
    people, counties = make_people(), make_world().counties
    base = people[["votes_gop", "votes_dem", "votes_total"]].to_numpy(dtype="float64")
    swing = 0.025 + 0.015 * normal("swing", len(base))
    moved = np.clip(swing * base[:, 2], 0, base[:, 1] - 1)
    counted = np.column_stack([base[:, 0] + moved, base[:, 1] - moved, base[:, 2]])
    first, last = recoded_rows()
    regions = make_world().region_weights.T @ counted[first:last]
    counted = np.floor(np.vstack([counted[:first], regions, counted[last:]])).astype("int64")
    listed = county_list(VOTES_YEAR).assign(
        gop=counted[:, 0], dem=counted[:, 1], total=counted[:, 2]
    )
    island = listed["county_fips"].str[:2] == ISLAND_STATE
    kept = listed[~island & (listed["county_fips"] != planted_faults.no_votes_county())]
    columns = ["state", "county_fips", "county", "gop", "dem", "total"]
    rows = list(kept[columns].itertuples(index=False, name=None))
    totals = listed.loc[island, ["gop", "dem", "total"]].sum() // DISTRICTS
    name = str(counties.loc[counties["state_fips"] == ISLAND_STATE, "state"].iloc[0])
    for number in range(1, DISTRICTS + 1):
        code = f"{ISLAND_STATE}{900 + number}"
        rows.append((name, code, f"District {number}", *(int(count) for count in totals)))
    lines = [_vote_line(*row) for row in sorted(rows, key=lambda row: row[1])]
    return text_file(VOTE_COLUMNS, lines)


def land() -> File:
    """County list with land and water area in square metres (dBASE)."""
    listed = county_list(LAND_LIST)
    area = make_world().counties["area"].to_numpy() * KM_PER_UNIT**2
    water = area * 0.15 * uniform("water", len(area)) ** 3
    short = listed["county"].str.replace(r" (County|Parish|city|Island)$", "", regex=True)
    fields = (("STATEFP", 2), ("COUNTYFP", 3), ("GEOID", 5), ("NAME", _NAME_WIDTH), ("LSAD", 2),
              ("ALAND", 12), ("AWATER", 12))  # fmt: skip
    rows = []
    for code, name, full, ground, wet in zip(
        listed["county_fips"], short, listed["county"], area - water, water, strict=True
    ):
        kind = "15" if full.endswith("Parish") else "25" if full.endswith("city") else "06"
        numbers = (f"{1e6 * size:.0f}" for size in (ground, wet))
        rows.append((code[:2], code[2:], code, name, kind, *numbers))
    return _dbase(fields, rows), len(rows)


def _survey_rows() -> list[tuple[int, str, int]]:
    """Position, code and quality flag (0 where there is no estimate) of each county."""
    areas = survey_areas()
    members = np.bincount(areas[areas >= 0], minlength=areas.max() + 1)[areas]
    flags = np.where(areas < 0, 0, np.where(members == 1, 1, np.where(members <= 3, 2, 3)))
    codes = county_list(SURVEY_YEAR)["county_fips"]
    return [
        (place, code, int(flag))
        for place, (code, flag) in enumerate(zip(codes, flags, strict=True))
    ]


def _area_means(values: Floats) -> Floats:
    """Mean over the residents of each survey area, for each of its counties."""
    weights = make_people()["population"].to_numpy(dtype="float64")
    frame = pd.DataFrame({"area": survey_areas(), "sum": weights * values, "weight": weights})
    sums = frame.groupby("area")[["sum", "weight"]].transform("sum")
    return (sums["sum"] / sums["weight"]).to_numpy()


def _area_draws(topic: str) -> Floats:
    """One standard normal number per survey area, for each of its counties."""
    areas = survey_areas()
    return normal(topic, int(areas.max()) + 2)[areas]


def _area_error() -> Floats:
    """Half the width of the bounds, as a share of the value."""
    return 0.03 + 0.03 * np.abs(np.clip(_area_draws("survey-error"), -3, 3))


def _vote_line(state: str, code: str, county: str, gop: int, dem: int, total: int) -> str:
    shares = ",".join(f"{share:.4f}" for share in (gop / total, dem / total, (gop - dem) / total))
    return f"{state},{code},{county},{gop},{dem},{total},{gop - dem}.0,{shares}"


def _dbase(fields: tuple[tuple[str, int], ...], rows: list[tuple[str, ...]]) -> bytes:
    width = 1 + sum(size for _, size in fields)
    head = struct.pack("<B3BIHH20x", 3, 121, 1, 1, len(rows), 33 + 32 * len(fields), width)
    for name, size in fields:
        kind = b"N" if name.startswith("A") else b"C"
        head += struct.pack("<11sc4xB15x", name.encode(), kind, size)
    records = []
    for row in rows:
        cells = []
        for (name, size), text in zip(fields, row, strict=True):
            cell = text.encode()
            if len(cell) > size:
                raise ValueError(f"{text!r} is too long for {name}")
            cells.append(cell.rjust(size) if name.startswith("A") else cell.ljust(size))
        records.append(b" " + b"".join(cells))
    return head + b"\r" + b"".join(records) + b"\x1a"
