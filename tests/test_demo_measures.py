"""The demo's further measures: in the layouts of the real ones, with their faults."""

from __future__ import annotations

import pandas as pd
import pytest

from coopanalysis.catalog.sources import release_sources, source_path
from coopanalysis.clean.survey_areas import survey_areas
from coopanalysis.sources import READERS
from tools.demo.county_lists import county_list
from tools.demo.files_measures import AREA_RESIDENTS
from tools.demo.files_measures import survey_areas as planted_areas
from tools.demo.names import ISLAND_STATE
from tools.demo.people import make_people


def demo(source: str) -> pd.DataFrame:
    (entry,) = [one for one in release_sources("demo") if one.id == source]
    reading = READERS[entry.layout](source_path(entry, "demo"), entry.id)
    assert reading.rows_rejected == 0
    return reading.frame


@pytest.mark.parametrize(
    ("source", "values"),
    [
        ("demo-urban-income", ["income_p20_usd", "income_p50_usd", "income_p80_usd"]),
        ("demo-urban-employment", ["employed_share"]),
    ],
)
def test_shared_estimates_come_out_as_the_areas_planted(source: str, values: list[str]) -> None:
    frame = demo(source)
    planted = planted_areas()
    found = survey_areas(frame, values)
    assert found["survey_area"].isna().tolist() == (planted < 0).tolist()
    known = pd.DataFrame({"planted": planted, "found": found["survey_area"]})[planted >= 0]
    assert known.groupby("found")["planted"].nunique().max() == 1
    # Two areas of a state may have one value by chance; one area never has two.
    assert known.groupby("planted")["found"].nunique().eq(1).all()
    shared = (found["shared_counties_count"] > 1).sum()
    assert shared > 0.75 * len(frame)


def test_values_of_an_area_differ_in_the_last_digit() -> None:
    frame = demo("demo-urban-employment")
    exact = frame.dropna().groupby(frame["county_fips"].str[:2])["employed_share"].nunique().sum()
    areas = survey_areas(frame, ["employed_share"])["survey_area"].nunique()
    assert exact > 1.4 * areas


def test_large_counties_are_areas_of_their_own() -> None:
    frame = demo("demo-urban-income")
    large = (make_people()["population"] >= AREA_RESIDENTS).to_numpy()
    assert (frame.loc[large, "income_quality"] == 1).all()
    assert frame["income_p20_usd"].lt(frame["income_p50_usd"]).sum() == (
        frame["income_p50_usd"].notna().sum()
    )


def test_votes_come_by_district_and_by_region() -> None:
    votes = demo("demo-votes-president-2024").set_index("county_fips")
    listed = set(county_list(2024)["county_fips"])
    island = {code for code in listed if code[:2] == ISLAND_STATE}
    strange = set(votes.index) - listed
    assert strange and all(code[:2] == ISLAND_STATE for code in strange)
    assert not set(votes.index) & island
    assert len(listed - island - set(votes.index)) == 1
    before = demo("demo-votes-president-2020")
    change = [
        frame["republican_votes_count"].sum() / frame["votes_count"].sum()
        for frame in (before, votes)
    ]
    assert 0.01 < change[1] - change[0] < 0.04


def test_turnout_is_capped_and_the_island_has_none() -> None:
    frame = demo("demo-urban-turnout")
    assert (frame["turnout_share"] == 1).sum() == 3
    away = frame["turnout_share"].isna()
    assert frame.loc[away, "county_fips"].str[:2].isin([ISLAND_STATE]).sum() == away.sum() - 1


def test_juvenile_arrests_are_missing_where_nobody_reported() -> None:
    juvenile = demo("demo-urban-juvenile-arrests")
    crime = demo("demo-urban-crime")
    both = juvenile.merge(crime, on=["county_fips", "year"], validate="1:1")
    assert len(both) == len(juvenile)
    silent = both["reporting_quality"].isna()
    assert both["juvenile_arrests_per_100k"].isna().equals(silent)
    differs = both["juvenile_reporting_quality"] != both["reporting_quality"]
    assert 0.03 < differs[~silent].mean() < 0.07
    assert (both["juvenile_arrests_per_100k"] == 0).sum() > 200


def test_land_area_is_of_the_size_of_counties() -> None:
    frame = demo("demo-census-counties-2019")
    assert set(frame["county_fips"]) == set(county_list(2019)["county_fips"])
    assert 2000 < frame["land_area_km2"].median() < 3500
    assert (frame["land_area_km2"] > 0).all()
