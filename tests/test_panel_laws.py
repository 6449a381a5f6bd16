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


CIRCUITS = {
    "First": "MA;ME;NH;PR;RI",
    "Second": "CT;NY;VT",
    "Third": "DE;NJ;PA;VI",
    "Fourth": "MD;NC;SC;VA;WV",
    "Fifth": "LA;MS;TX",
    "Seventh": "IL;IN;WI",
    "Ninth": "AK;AZ;CA;GU;HI;ID;MP;MT;NV;OR;WA",
    "Eleventh": "AL;FL;GA",
}


def test_rulings_of_appeals_courts_bind_the_states_of_their_circuit(data):
    appeals = data.rulings[data.rulings["level"] == "federal appeals"]
    circuits = appeals["court"].str.extract(r"for the (\w+) Circuit", expand=False)
    assert appeals["binds_states"].tolist() == circuits.map(CIRCUITS).tolist()
    assert set(circuits) == set(CIRCUITS)


def test_rulings_of_trial_courts_bind_the_parties_alone(data):
    trial = data.rulings["level"] == "federal district"
    assert trial.sum() >= 5
    assert data.rulings.loc[trial, "binds_states"].isna().all()


def test_a_ruling_that_sets_a_limit_aside_or_upholds_a_duty_limits_nothing(data):
    limits = data.rulings.set_index("ruling_id")["limits"]
    assert limits["lopez-aguilar-v-marion-county-2019"] == "no"
    assert limits["city-of-el-cenizo-v-texas-2018"] == "no"
    assert limits["lunn-v-commonwealth-2017"] == limits["wells-v-demarco-2018"] == "yes"
    unsure = data.rulings[data.rulings["confidence"] == "verify"]
    assert len(unsure) and (limits[unsure["ruling_id"]] == "no").all()


def test_rulings_stand_by_day_with_the_year_in_their_name(data):
    assert data.rulings["decided"].is_monotonic_increasing
    years = data.rulings["ruling_id"].str[-4:].astype("int64")
    assert years.tolist() == data.rulings["decided"].dt.year.tolist()


def test_a_ruling_that_is_also_a_state_law_has_the_same_day(data):
    laws = data.laws.set_index("name")["effective_date"]
    names = {
        "Lunn v. Commonwealth": "lunn-v-commonwealth-2017",
        "People ex rel. Wells on behalf of Francis v. DeMarco": "wells-v-demarco-2018",
    }
    decided = data.rulings.set_index("ruling_id")["decided"]
    assert [decided[one] for one in names.values()] == [laws[one] for one in names]
