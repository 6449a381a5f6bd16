"""Writers of the text files of the demo release, in the layouts of the real ones.

Each function returns the bytes of one file and its number of data rows. Faults planted on
purpose are listed in `planted_faults`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from tools.demo import planted_faults
from tools.demo.county_lists import county_list, regional_mean, residents
from tools.demo.draws import Floats, normal, uniform
from tools.demo.names import ACCENTED_NAME, ISLAND_STATE, STATES, TERRITORIES
from tools.demo.people import BASE_YEAR, make_people
from tools.demo.territories import territory_counties
from tools.demo.truth import YEARS
from tools.demo.world import make_world

File = tuple[bytes, int]

POPULATION_YEARS = range(2014, 2024)
RACE_YEARS = (2014, 2016, 2018, 2021, 2023)
ACS_YEAR = 2017
DISTRICTS = 20


def state_list() -> File:
    """States and territories: `state_fips,state_abbr,state,kind`."""
    rows = [
        *((s.fips, s.abbr, s.name, "state") for s in STATES),
        *((s.fips, s.abbr, s.name, "territory") for s in TERRITORIES),
    ]
    lines = [",".join(row) for row in sorted(rows)]
    return text_file("state_fips,state_abbr,state,kind", lines)


def county_names() -> File:
    """County names as of 2021, quoted: `fips,name,name2`."""
    counties = make_world().counties
    full = counties["county"] + ", " + counties["state"]
    lines = [
        f'{code},"{name}","{name}"'
        for code, name in zip(counties["county_fips"], full, strict=True)
    ]
    return text_file("fips,name,name2", lines)


def population() -> File:
    """Residents 2014-2023, in two encodings, with the oddities of the real file."""
    lines: list[bytes] = []
    for year in POPULATION_YEARS:
        listed = county_list(year)
        names = zip(listed["county_fips"], listed["state"], listed["county"], strict=True)
        for name, count in zip(names, residents(year), strict=True):
            lines.append(_population_line(year, *name, int(count)))
    head = b"year,state,county,state_name,county_name,population\n"
    return head + b"\n".join(lines) + b"\n", len(lines)


def _population_line(year: int, code: str, state: str, county: str, count: int) -> bytes:
    accented = county.startswith(ACCENTED_NAME)
    name = f"{state},{' ' if year == 2014 else ''}{county}"
    if accented and year == 2014:
        name = f'"{state}, {county}",NA'
    encoding = "latin-1" if accented and year in planted_faults.LATIN_YEARS else "utf-8"
    return f"{year},{code[:2]},{code[2:]},{name},{count}".encode(encoding)


def race_ethnicity() -> File:
    """Shares of residents by race and ethnicity; each flag is always 1."""
    people = make_people()
    lines = []
    for year in RACE_YEARS:
        drift = year - BASE_YEAR
        shares = np.column_stack(
            [
                people["other"] * (1 + 0.02 * drift),
                people["black"] * (1 + 0.004 * drift),
                people["hispanic"] * (1 + 0.015 * drift),
            ]
        )
        shares = np.round(regional_mean(shares, year), 6)
        white = np.round(1 - shares.sum(axis=1), 6)
        codes = county_list(year)["county_fips"]
        for code, (other, black, hispanic), rest in zip(codes, shares, white, strict=True):
            values = ",1,".join(_share(value) for value in (other, black, hispanic, rest))
            lines.append(f"{year},{code[:2]},{code[2:]},{values},1")
    names = ("other", "black_nonhispanic", "hispanic", "white_nonhispanic")
    head = ",".join(f"share_desc_rep_{name},share_desc_rep_{name}_quality" for name in names)
    return text_file(f"year,state,county,{head}", lines)


def crime() -> File:
    """Reported offences 2021-2023 per 100,000 residents, with quality flags."""
    lines = []
    for year in YEARS:
        values, listed = planted_faults.crime_in_list(year), county_list(year)
        for code, (person, prop, flag) in zip(listed["county_fips"], values, strict=True):
            cells = f"{person:.2f},{prop:.2f},{flag:.0f},{flag:.0f}" if flag > 0 else "NA,NA,NA,NA"
            lines.append(f"{year},{code[:2]},{code[2:]},{cells}")
    head = (
        "year,state,county,rate_crime_violent,rate_crime_property,"
        "rate_crime_violent_quality,rate_crime_property_quality"
    )
    return text_file(head, lines)


def votes() -> File:
    """Presidential votes 2020, CRLF; one state by district, one county missing."""
    counties = make_world().counties.join(make_people())
    island = counties["state_fips"] == ISLAND_STATE
    kept = counties[~island & (counties["county_fips"] != planted_faults.no_votes_county())]
    columns = ["state", "county_fips", "county", "votes_gop", "votes_dem", "votes_total"]
    rows = list(kept[columns].itertuples(index=False, name=None))
    totals = counties.loc[island, ["votes_gop", "votes_dem", "votes_total"]].sum() // DISTRICTS
    name = str(counties.loc[island, "state"].iloc[0])
    tilt = np.round(totals["votes_gop"] * 0.3 * (uniform("districts", DISTRICTS) - 0.5))
    for number, shift in enumerate(tilt.astype("int64"), 1):
        gop, dem = int(totals["votes_gop"] + shift), int(totals["votes_dem"] - shift)
        code = f"{ISLAND_STATE}{900 + number}"
        rows.append((name, code, f"District {number}", gop, dem, int(totals["votes_total"])))
    lines = [_vote_line(*row) for row in sorted(rows, key=lambda row: row[1])]
    return text_file(VOTE_COLUMNS, lines, "\r\n")


def _vote_line(state: str, code: str, county: str, gop: int, dem: int, total: int) -> str:
    shares = f"{gop / total!r},{dem / total!r},{gop / total - dem / total!r}"
    return f"{state},{code},{county},{gop},{dem},{total},{gop - dem},{shares}"


VOTE_COLUMNS = (
    "state_name,county_fips,county_name,votes_gop,votes_dem,total_votes,diff,"
    "per_gop,per_dem,per_point_diff"
)
ACS_COLUMNS = (
    "CountyId,State,County,TotalPop,Men,Women,Hispanic,White,Black,Native,Asian,Pacific,"
    "VotingAgeCitizen,Income,IncomeErr,IncomePerCap,IncomePerCapErr,Poverty,ChildPoverty,"
    "Professional,Service,Office,Construction,Production,Drive,Carpool,Transit,Walk,OtherTransp,"
    "WorkAtHome,MeanCommute,Employed,PrivateWork,PublicWork,SelfEmployed,FamilyWork,Unemployment"
)


def acs() -> File:
    """Pooled survey of 2013-2017: 37 columns, percent with one decimal, CRLF."""
    people = make_people()
    frame = pd.DataFrame({"CountyId": county_list(ACS_YEAR)["county_fips"]})
    frame["State"], frame["County"] = county_list(ACS_YEAR)[["state", "county"]].T.to_numpy()
    frame["TotalPop"] = residents(ACS_YEAR)
    for column, share in (("Hispanic", "hispanic"), ("White", "white"), ("Black", "black")):
        frame[column] = 100 * people[share] * (0.95 if share == "hispanic" else 1.0)
    for column, part in (("Native", 0.25), ("Asian", 0.4), ("Pacific", 0.02)):
        frame[column] = 100 * part * people["other"]
    frame["Income"], frame["Poverty"] = people["income_usd"], people["poverty_pct"]
    frame["Unemployment"] = people["unemployment_pct"]
    frame = pd.concat([frame, territory_counties()], ignore_index=True)
    frame = _acs_details(frame).sort_values("CountyId", kind="stable", ignore_index=True)
    counts = {"TotalPop", "Men", "Women", "VotingAgeCitizen", "Employed"}
    counts |= {"Income", "IncomeErr", "IncomePerCap", "IncomePerCapErr"}
    texts = {"CountyId", "State", "County"}
    blank = frame.index[frame["CountyId"] == planted_faults.no_votes_county()][0]
    for column in ACS_COLUMNS.split(","):
        if column not in texts:
            digits: Callable[[float], str] = (
                "{:.0f}".format if column in counts else "{:.1f}".format
            )
            frame[column] = frame[column].map(digits)
    frame.loc[blank, "ChildPoverty"] = ""
    lines = [",".join(row) for row in frame[ACS_COLUMNS.split(",")].itertuples(index=False)]
    return text_file(ACS_COLUMNS, lines, "\r\n")


def _acs_details(frame: pd.DataFrame) -> pd.DataFrame:
    """Columns that nothing in the generating process uses, at plausible levels."""
    count = len(frame)
    wide = uniform("acs", count, 6)
    total, poverty = frame["TotalPop"], frame["Poverty"]
    frame["Men"] = np.round(total * (0.485 + 0.03 * wide[:, 0]))
    frame["Women"] = total - frame["Men"]
    frame["VotingAgeCitizen"] = np.round(total * (0.7 + 0.08 * wide[:, 1]))
    frame["Employed"] = np.round(total * (0.38 + 0.12 * wide[:, 2]))
    frame["IncomeErr"] = np.round(frame["Income"] * (0.02 + 12 / np.sqrt(total + 100)))
    frame["IncomePerCap"] = np.round(frame["Income"] * (0.5 + 0.06 * wide[:, 3]))
    frame["IncomePerCapErr"] = np.round(frame["IncomeErr"] * 0.5)
    frame["ChildPoverty"] = np.clip(1.38 * poverty + 2 * (wide[:, 4] - 0.5), 0.5, 90)
    frame["MeanCommute"] = 15 + 17 * wide[:, 5]
    work = {"Professional": 31, "Service": 18, "Office": 22, "Construction": 12, "Production": 17}
    travel = {"Drive": 80, "Carpool": 10, "Transit": 1, "Walk": 3, "OtherTransp": 1.5}
    sector = {"PrivateWork": 75, "PublicWork": 17, "SelfEmployed": 7.7, "FamilyWork": 0.3}
    for name, levels in (
        ("work", work),
        ("travel", {**travel, "WorkAtHome": 4.5}),
        ("sec", sector),
    ):
        parts = _shares_near(name, np.array(list(levels.values()), dtype="float64"), count)
        frame[list(levels)] = np.round(100 * parts, 1)
    return frame


def _shares_near(topic: str, levels: Floats, count: int) -> Floats:
    weights = levels * np.exp(0.18 * normal(f"acs-{topic}", count, len(levels)))
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), dtype="float64")


def _share(value: float) -> str:
    """Small shares in the scientific notation that R writes."""
    if 0 < value < 1e-3:
        digits = int(np.floor(np.log10(value) + 1e-9))
        return f"{value * 10.0**-digits:.6g}e{digits}"
    return f"{value:.6f}".rstrip("0").rstrip(".")


def text_file(head: str, lines: list[str], end: str = "\n") -> File:
    """A header and lines, each ended; rows are the lines."""
    return end.join([head, *lines, ""]).encode(), len(lines)
