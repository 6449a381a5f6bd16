"""Tables of counties, one reader each: residents, census counts, votes, areas, tracts."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from coopanalysis.catalog.raw_columns import CROSS_CHECKS, LIMITS, Limits
from coopanalysis.catalog.reject_reasons import (
    NOT_A_COUNTY_CODE,
    NOT_A_TRACT_CODE,
    OUT_OF_RANGE,
    VOTE_DISTRICT,
    WARD_SUMMED,
)
from coopanalysis.sources.codes import COUNTY_WIDTH, join_county_codes
from coopanalysis.sources.cross_checks import reject_contradictions
from coopanalysis.sources.dbase import read_dbase
from coopanalysis.sources.reading import Reading
from coopanalysis.sources.table import read_text_table
from coopanalysis.sources.text_table import matches

_ACS_COUNTS = {
    "population_count": "TotalPop",
    "voting_age_citizen_count": "VotingAgeCitizen",
    "employed_count": "Employed",
}
_ACS_AMOUNTS = {
    "hispanic_pct": "Hispanic",
    "white_nonhispanic_pct": "White",
    "black_nonhispanic_pct": "Black",
    "native_nonhispanic_pct": "Native",
    "asian_nonhispanic_pct": "Asian",
    "pacific_nonhispanic_pct": "Pacific",
    "poverty_pct": "Poverty",
    "unemployment_pct": "Unemployment",
    "median_household_income_usd": "Income",
    "median_household_income_error_usd": "IncomeErr",
    "income_per_person_usd": "IncomePerCap",
}
_RESIDENTS = ["year", "state", "county", "state_name", "county_name", "population"]
_VOTES = {
    "republican_votes_count": "votes_gop",
    "democratic_votes_count": "votes_dem",
    "votes_count": "total_votes",
}
_ALASKA, _DISTRICT_OF_COLUMBIA, _CONNECTICUT = "02", "11", "09"
_CENSUS_LIST = ["STATEFP", "COUNTYFP", "GEOID", "NAME", "LSAD"]
_AREAS = {"land_area_km2": "ALAND", "water_area_km2": "AWATER"}
_NAMES_SINCE_2020 = {"county": "NAMELSAD", "state_abbr": "STUSPS"}
_SQUARE_METRES_PER_KM2 = 1e6
_TRACTS = {"tract_fips_2020": "tract_fips_2020", "tract_fips_2022": "Tract_fips_2022"}
_TRACT_COUNTIES = {"county_fips_2020": "county_fips_2020", "county_fips_2022": "ce_fips_2022"}
_TRACT_NAMES = {"town": "town_name", "county_2020": "county_name", "county_2022": "ce_name_2022"}
_TRACT_WIDTH = 11


def read_acs_wide(path: Path, source: str = "") -> Reading:
    """Read the wide county table of the American Community Survey, 2013-2017.

    Codes are those of the county list of 2017, Puerto Rico included. Child poverty alone may be
    missing, where a county has no children.
    Columns that are not used (sex, occupation, way to work, kind of employer) add up, and so show
    a row whose cells moved.

    Returns
    -------
    Reading
        `county_fips`, `county`, `state`, counts of persons (`population_count`,
        `voting_age_citizen_count`, `employed_count`), percentages from 0 to 100 with one decimal
        (`poverty_pct`, `unemployment_pct`, `child_poverty_pct` and six of race and ethnicity),
        dollars of 2017 (`median_household_income_usd`, its margin of error,
        `income_per_person_usd`).
    """
    columns = ["CountyId", "State", "County", *_ACS_COUNTS.values(), *_ACS_AMOUNTS.values()]
    table = read_text_table(path, source, [*columns, "ChildPoverty"])
    typed = {
        "county_fips": table.county_fips("CountyId"),
        "county": table.name("County"),
        "state": table.name("State"),
        **table.wholes(_ACS_COUNTS),
        **table.numbers(_ACS_AMOUNTS),
        **table.numbers({"child_poverty_pct": "ChildPoverty"}, missing=""),
    }
    reject_contradictions(table, CROSS_CHECKS["acs-wide"])
    return table.reading(typed, ["county_fips"])


def read_urban_population(path: Path, source: str = "") -> Reading:
    """Read residents by county and year (Urban Institute, from Census estimates).

    The file mixes UTF-8 and Latin-1, starts the names of one year with a space, and in one line
    has `State, County` in the column of the state and `NA` in the county's.

    Returns
    -------
    Reading
        `county_fips` (in the county list of the year), `year`, `county`, `state` (names, white
        space tidied), `population_count` (persons).
    """
    table = read_text_table(path, source, _RESIDENTS)
    state, county = table.name("state_name"), table.name("county_name")
    joined = (county == "NA") & state.str.contains(", ", regex=False)
    if joined.any():
        parts = state[joined].str.split(", ", n=1)
        state, county = state.mask(joined, parts.str[0]), county.mask(joined, parts.str[1])
    typed = {
        "county_fips": table.county_fips("county", "state"),
        **table.wholes({"year": "year"}),
        "county": county,
        "state": state,
        **table.wholes({"population_count": "population"}),
    }
    return table.reading(typed, ["county_fips", "year"])


def read_votes_president(path: Path, source: str = "") -> Reading:
    """Read votes for president by county, scraped from news sites; not certified.

    Alaska counts by state house district, under codes that look like counties and in one year
    partly are; its rows are set aside. The District of Columbia may come by ward, with ward 1
    under the code of the whole: wards are summed.

    Returns
    -------
    Reading
        `county_fips`, `county`, `state`, `republican_votes_count`, `democratic_votes_count`,
        `votes_count`. Districts of Alaska are rejects. Wards of the District of Columbia are
        rejects too, but for the first, which holds the sum of all.
    """
    columns = ["state_name", "county_fips", "county_name", *_VOTES.values()]
    table = read_text_table(path, source, columns)
    codes = table.county_fips("county_fips")
    typed = {
        "county_fips": codes,
        "county": table.name("county_name"),
        "state": table.name("state_name"),
        **table.wholes(_VOTES),
    }
    table.reject(codes.str.startswith(_ALASKA).astype(bool), VOTE_DISTRICT)
    parts = typed["republican_votes_count"] + typed["democratic_votes_count"]
    more = (parts > typed["votes_count"]).fillna(False).astype(bool)
    table.reject(more, f"{OUT_OF_RANGE}: two candidates have more votes than were cast")
    reject_contradictions(table, CROSS_CHECKS["votes-president"])
    _sum_wards(typed, table.reasons.isna())
    table.reject(matches(codes, r"110(?!01)[0-9]{2}"), WARD_SUMMED)
    return table.reading(typed, ["county_fips"])


def _sum_wards(typed: dict[str, pd.Series], sound: pd.Series) -> None:
    wards = typed["county_fips"].str.startswith(_DISTRICT_OF_COLUMBIA).astype(bool) & sound
    if wards.sum() < 2:
        return
    whole = wards & (typed["county_fips"] == f"{_DISTRICT_OF_COLUMBIA}001")
    for name in _VOTES:
        typed[name] = typed[name].mask(whole, typed[name][wards].sum())
    typed["county"] = typed["county"].mask(whole, typed["state"])


def read_census_counties(path: Path, source: str = "") -> Reading:
    """Read a county list of the Census Bureau: the attributes of its boundary files (dBASE).

    Names in NAME are short and repeat within a state; LSAD tells a county from a city of the same
    name. Territories are in the list.

    Returns
    -------
    Reading
        `county_fips`, `short_name`, `legal_area_code` (06 county, 15 parish, 25 city, PL
        planning region, ...), `land_area_km2`, `water_area_km2`; in editions that have them,
        `county` (full name) and `state_abbr`. `source_row` is the record number, from 1.
    """
    table = read_dbase(path, source, [*_CENSUS_LIST, *_AREAS.values()])
    codes = table.county_fips("GEOID")
    parts, _ = join_county_codes(table.text("COUNTYFP"), table.text("STATEFP"))
    table.reject(codes != parts, f"{NOT_A_COUNTY_CODE}: GEOID is not STATEFP and COUNTYFP")
    typed = {
        "county_fips": codes,
        "short_name": table.name("NAME"),
        "legal_area_code": table.text("LSAD"),
    }
    for name, raw in _AREAS.items():
        low, high = LIMITS[name].minimum, LIMITS[name].maximum
        metres = Limits(low * _SQUARE_METRES_PER_KM2, high * _SQUARE_METRES_PER_KM2)
        typed[name] = table.whole(raw, metres).astype("float64") / _SQUARE_METRES_PER_KM2
    for name, raw in _NAMES_SINCE_2020.items():
        if raw in table.columns:
            typed[name] = table.text(raw)
    return table.reading(typed, ["county_fips"])


def read_connecticut_tracts(path: Path, source: str = "") -> Reading:
    """Read which old county and which planning region each census tract of Connecticut is in.

    The file has no number of residents: it shows which units overlap, not by how much.

    Returns
    -------
    Reading
        `tract_fips_2020`, `tract_fips_2022`, `county_fips_2020` (eight counties),
        `county_fips_2022` (nine planning regions), `town`, `county_2020`, `county_2022`.
    """
    columns = {**_TRACTS, **_TRACT_COUNTIES, **_TRACT_NAMES}
    table = read_text_table(path, source, list(columns.values()))
    typed = {name: table.code(raw, _TRACT_WIDTH) for name, raw in _TRACTS.items()}
    typed |= {name: table.code(raw, COUNTY_WIDTH) for name, raw in _TRACT_COUNTIES.items()}
    typed |= {name: table.text(raw) for name, raw in _TRACT_NAMES.items()}
    for tract, county in zip(_TRACTS, _TRACT_COUNTIES, strict=True):
        whole = matches(typed[county], rf"{_CONNECTICUT}\d{{3}}")
        table.reject(~whole, f"{NOT_A_COUNTY_CODE}: {columns[county]}")
        inside = matches(typed[tract], r"\d{11}") & (typed[tract].str[:5] == typed[county])
        table.reject(~inside, f"{NOT_A_TRACT_CODE}: {columns[tract]}")
    return table.reading(typed, ["tract_fips_2020"])
