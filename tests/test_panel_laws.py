"""State laws loaded beside states and counties: everybody counted once, words of the columns."""

from __future__ import annotations

import pytest

from coopanalysis.clean.law_status import law_status
from coopanalysis.panel import StateLaws, load_laws


@pytest.fixture(scope="module")
def data() -> StateLaws:
    return load_laws()


def test_every_county_and_resident_is_counted_once(data):
    assert len(data.states) == 52
    assert data.states["counties_count"].sum() == len(data.counties) == 3220
    assert data.states["population_count"].sum() == data.counties["population_count"].sum()


def test_counties_are_ordinary_columns_without_gaps(data):
    amounts = data.counties.select_dtypes("number")
    assert set(map(str, amounts.dtypes)) == {"float64"}
    assert not data.counties.isna().any(axis=None)


def test_every_law_is_of_a_state_on_the_list(data):
    status = law_status(data.laws, data.states, "2026-06-01", include_verify=True)
    counted = status["laws_count"].sum() + status["undated_laws_count"].sum()
    not_yet_or_ended = len(data.laws) - counted
    assert 0 <= not_yet_or_ended < 10
    assert {"place", "county_fips"} <= set(data.actions)


def test_columns_have_words_and_derived_ones_their_name(data):
    assert data.column("poverty_pct").phrase == "residents in poverty"
    assert data.column("labour_force_per_resident").label == "Labour force per resident"
