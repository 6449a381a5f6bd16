"""County numbers are matched by several facts, or not at all."""

from __future__ import annotations

import pandas as pd
import pytest

from coopanalysis.clean.ucr_counties import (
    CountyMatch,
    directory_texts,
    facts_without_number,
    match_numbers,
    match_rates,
    match_without_number,
)
from coopanalysis.clean.ucr_county_list import (
    CountyList,
    county_in_agency_name,
    place_in_agency_name,
)
from coopanalysis.clean.ucr_facts import Agencies
from return_a_samples import COUNTIES


def force(number: str | None, name: str, state: str = "91", **fields: object) -> dict[str, object]:
    row = {
        "state_fips": state,
        "ori7": f"Q{state[1]}{number or '999'}00",
        "agency": name,
        "office": "SHERIFF",
        "population_group": "8D",
    }
    for part in (1, 2, 3):
        row |= {f"ucr_county_{part}": None, f"population_{part}": 0}
    return row | {"ucr_county_1": number} | fields


def matched(rows: list[dict[str, object]], directory: pd.DataFrame | None = None):
    frame = pd.DataFrame(rows)
    texts = [name for name in frame if not str(name).startswith("population_")]
    frame = frame.astype(dict.fromkeys([*texts, "population_group"], "str"))
    counties = CountyList(COUNTIES)
    texts = directory_texts(directory)
    agencies = Agencies.of(frame)
    numbers = match_numbers(agencies, counties, texts)
    facts = facts_without_number(agencies, numbers, counties, texts)
    alone = match_without_number(agencies, facts, counties)
    lacking = frame.loc[frame["ucr_county_1"].isna(), "ori7"]
    return (
        dict(zip(agencies.keys, map(CountyMatch, *numbers), strict=True)),
        dict(zip(lacking, map(CountyMatch, *alone), strict=True)),
    )


ALL = [
    force("001", "ASH"),
    force("002", "BIRCH"),
    force("003", "CEDAR"),
    force("004", "SP: ELM COUNTY", office="CHIEF OF STATE POLICE"),
]


def test_name_and_order_agree() -> None:
    numbers, _ = matched(ALL)
    assert [match.county_fips for match in numbers.values()] == [
        "91001",
        "91003",
        "91005",
        "91007",
    ]
    assert {match.county_match for match in numbers.values()} == {"order+name"}


def test_a_county_added_later_stands_at_the_end() -> None:
    rows = [force("001", "ASH"), force("002", "CEDAR"), force("003", "ELM")]
    late = [force("004", "BIRCH")]
    directory = pd.DataFrame({"ori7": ["Q100400"], "county_text": ["BIRCH"]})
    numbers, _ = matched(rows + late, directory)
    assert numbers["91", "004"] == ("91003", "directory+name")


def test_one_fact_is_not_enough() -> None:
    numbers, _ = matched([force("070", "ASH", office="CHIEF OF POLICE", population_group="5")])
    assert numbers["91", "070"] == ("", "no-fact")
    directory = pd.DataFrame({"ori7": ["Q107000"], "county_text": ["BIRCH"]})
    numbers, _ = matched([force("070", "ASH", office="", population_group="5")], directory)
    assert numbers["91", "070"] == ("", "one-fact")


def test_facts_that_disagree_leave_it_open() -> None:
    directory = pd.DataFrame({"ori7": ["Q100200"], "county_text": ["ELM"]})
    numbers, _ = matched(ALL, directory)
    assert numbers["91", "002"] == ("", "facts-disagree")
    assert numbers["91", "001"].county_fips == "91001"


def test_agencies_of_several_minds_say_nothing() -> None:
    rows = [*ALL, force("002", "CEDAR", ori7="Q100299")]
    numbers, _ = matched(rows)
    assert numbers["91", "002"].county_match == "one-fact"


def test_statewide_numbers_are_no_county() -> None:
    numbers, _ = matched([*ALL, force("300", "STATE POLICE")])
    assert numbers["91", "300"] == ("", "statewide")


def test_a_state_without_a_county_list_stays_open() -> None:
    numbers, _ = matched([force("001", "ASH", state="95")])
    assert numbers["95", "001"] == ("", "no-county-list")


def test_county_and_city_of_one_name_are_told_apart_by_order() -> None:
    rows = [force("001", "FERN", "92"), force("002", "MOSS", "92")]
    numbers, _ = matched(rows)
    assert numbers["92", "002"] == ("92003", "order+name")


def test_an_independent_city_has_no_number() -> None:
    rows = [
        force("001", "FERN", "92"),
        force("002", "MOSS", "92"),
        force(None, "MOSS", "92", ori7="Q200900", office="CHIEF OF POLICE", population_group="3"),
    ]
    directory = pd.DataFrame({"ori7": ["Q200900"], "county_text": ["MOSS"]})
    _, alone = matched(rows, directory)
    assert alone["Q200900"] == ("92510", "directory+independent-city+place")


def test_the_identifier_places_agencies_without_a_number() -> None:
    rows = [
        *ALL,
        force("002", "BIRCHTON", ori7="Q100201", office="", population_group="6"),
        force(None, "TRIBAL", ori7="Q100209", office="", population_group="7"),
    ]
    directory = pd.DataFrame({"ori7": ["Q100209"], "county_text": ["BIRCH"]})
    _, alone = matched(rows, directory)
    assert alone["Q100209"] == ("91003", "directory+identifier")


def test_rates_count_rows_and_residents() -> None:
    parts = pd.DataFrame(
        {
            "state_fips": ["91", "91", "92"],
            "county_fips": ["91001", None, "92001"],
            "population_covered": [30, 10, 0],
        }
    )
    rates = match_rates(parts).set_index("state_fips")
    assert rates.loc["91", "matched_share"] == 0.5
    assert rates.loc["91", "population_matched_share"] == 0.75
    assert pd.isna(rates.loc["92", "population_matched_share"])


@pytest.mark.parametrize(
    ("agency", "office", "county"),
    [
        ("SP: ASH COUNTY", "CHIEF OF STATE POLICE", "ASH"),
        ("ASH COUNTY SP", "STATE POLICE RETURN", "ASH"),
        ("ELM             (SP)", "", "ELM"),
        ("ST PTRL: MOSS CNTY", "", "MOSS"),
        ("CEDAR", "SHERIFF", "CEDAR"),
        ("CEDAR", "CHIEF OF POLICE", ""),
        ("MOSS COUNTY POL DEP", "", "MOSS"),
    ],
)
def test_county_in_the_name_of_a_force(agency: str, office: str, county: str) -> None:
    assert county_in_agency_name(agency, office) == county


def test_place_in_the_name_of_an_agency() -> None:
    assert place_in_agency_name("FERN POLICE DEPARTMENT") == "FERN"
