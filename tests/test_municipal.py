"""A city's county is looked up by state and name, and marked as looked up."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from agreement_samples import COUNTIES, STATES, clean_list, row
from coopanalysis.catalog.corrections import load_corrections
from coopanalysis.catalog.tables import AGREEMENTS
from coopanalysis.clean.agreements import clean_agreements
from coopanalysis.clean.municipal import city_key, place_municipal_agencies
from coopanalysis.paths import reference_dir
from coopanalysis.schema import check_table
from coopanalysis.sources import READERS, read_agreements, read_county_names, read_state_list

POLICE = pd.DataFrame(
    [
        ("Fern Hill", "City", "NK", "ASH"),
        ("Fern Hill", "City", "SV", "PORT CITY"),
        ("Two Rivers", "City", "NK", "ASH, ST ORLA"),
        ("Twin", "City", "NK", "ASH"),
        ("Twin", "City", "NK", "LARCH"),
        ("Nowhere", "City", "NK", "NOT SPECIFIED"),
        ("Ash", "County", "NK", "ASH"),
        ("Ash College", "University or College", "NK", "ASH"),
    ],
    columns=["agency", "agency_type", "state_text", "county_text"],
).astype("str")


@pytest.mark.parametrize(
    "name",
    [
        "Fern Hill Police Department",
        "City of Fern Hill Police",
        "FERN HILL  Police Dept.",
        "Fern Hill Department of Public Safety",
        "Fern Hill Borough Police Department",
        "Fern Hill Marshal's Office",
        "Fern Hill’s Police Services Department",
        "Fern-Hill",
    ],
)
def test_city_key(name: str) -> None:
    assert city_key(name) == "fernhill"


def test_only_silent_municipal_agencies_are_placed(tmp_path: Path) -> None:
    def agency(name: str, **changes: object) -> dict[str, object]:
        sound = {"TYPE": "Municipality", "COUNTY": "#N/A"}
        return row(**{"LAW_ENFORCEMENT_AGENCY": name, **sound, **changes})

    rows = [
        agency("Fern Hill Police Department"),
        agency("Fern Hill Police Department", STATE="SOUTH VALE"),
        agency("Fern Hill Police Department", COUNTY="Birch County"),
        agency("Fern Hill Police Department", COUNTY="Fir County"),
        agency("Fern Hill Police Department", TYPE="County"),
        agency("Two Rivers Police Department"),
        agency("Twin Police Department"),
        agency("Nowhere Police Department"),
        agency("Ash Police Department"),
        agency("Ash College Police Department"),
        agency("Fern Police Department"),
    ]
    cleaned = clean_list(tmp_path / "a.xlsx", rows).frame
    placed = place_municipal_agencies(cleaned, POLICE, COUNTIES, STATES)
    check_table(placed, AGREEMENTS)
    found = dict(zip(placed["source_row"], placed["county_fips"].fillna(""), strict=True))
    looked_up = set(placed.loc[placed["county_match"] == "police-list", "source_row"])
    assert looked_up == {2, 3, 11}
    assert (found[2], found[3], found[11]) == ("91001", "92003", "91001")
    others = ~placed["source_row"].isin(looked_up)
    pd.testing.assert_frame_equal(placed[others], cleaned[others])


@pytest.mark.mirror
@pytest.mark.parametrize(
    ("source", "silent", "placed", "placed_cities", "placed_by_name"),
    [
        # Two more cities, Longboat Key and Vinita, lie in two counties each and stay open.
        ("ice-287g-participating-2025-07-15", 169, 153, 153, 154),
        ("ice-287g-participating-2026-05-18", 176, 160, 150, 150),
    ],
)
def test_real_municipal_agencies(
    mirror: Path, source: str, silent: int, placed: int, placed_cities: int, placed_by_name: int
) -> None:
    counties = read_county_names(mirror / "urban-county-names" / "names-to-fips_county.csv").frame
    states = read_state_list(reference_dir() / "states.csv").frame
    police = READERS["police-employees"](next((mirror / "fbi-lee-latest").iterdir())).frame
    reading = read_agreements(next((mirror / source).glob("*.xlsx")), source)
    cleaned = clean_agreements(reading, counties, states, load_corrections()).frame
    city = cleaned["agency_type"] == "municipality"
    assert (city & (cleaned["county_match"] == "not-stated")).sum() == silent
    looked_up = place_municipal_agencies(cleaned, police, counties, states)
    assert (looked_up["county_match"] == "police-list").sum() == placed
    cities = police[police["agency_type"] == "City"]
    without = place_municipal_agencies(cleaned, cities, counties, states)
    assert (without["county_match"] == "police-list").sum() == placed_cities
    # One more in July 2025 where the county behind a name is cut off: Derry Township of
    # Pennsylvania. The directory has it as "Derry Township, Dauphin County" since other counties
    # have a Derry Township too, so the name alone does not tell which one is meant.
    shortened = cities.assign(agency=cities["agency"].str.replace(r", .+ County$", "", regex=True))
    guessed = place_municipal_agencies(cleaned, shortened, counties, states)
    assert (guessed["county_match"] == "police-list").sum() == placed_by_name
    # Of the cities whose county the list does state, the directory says the same.
    hidden = city & cleaned["county_fips"].notna()
    asked = cleaned.assign(
        county_fips=cleaned["county_fips"].mask(hidden),
        county_match=cleaned["county_match"].mask(hidden, "not-stated"),
    )
    answer = place_municipal_agencies(asked, police, counties, states)["county_fips"][hidden]
    same = answer.dropna() == cleaned["county_fips"][answer.dropna().index]
    assert (~same).sum() <= 3
    assert same.mean() > 0.9
