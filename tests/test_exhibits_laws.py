"""Exhibits of state laws: counts add up, uncertain laws stay apart, words follow the numbers."""

from __future__ import annotations

import dataclasses
import re

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from coopanalysis.clean.laws import county_law_status, law_exposure, law_status
from coopanalysis.errors import DataError, UsageError
from coopanalysis.exhibits import law_facts, law_groups, law_tables, laws
from coopanalysis.exhibits.law_facts import LawFacts
from coopanalysis.law_differences import EQUAL, compare_groups, profile
from coopanalysis.sources.reference import read_local_actions

DAY = "2020-06-30"


@pytest.fixture(scope="module")
def real() -> LawFacts:
    return laws.load_facts("demo", "2026-06-01", include_verify=False)


def fictional(*, include_verify: bool = False, day: str = DAY, seed: int = 1) -> LawFacts:
    """Twelve fictional states of six counties; four require, four restrict, one is uncertain."""
    rng = np.random.default_rng(seed)
    codes = [f"{60 + at}" for at in range(12)]
    states = pd.DataFrame(
        {
            "state_fips": codes,
            "state_abbr": [f"Q{chr(65 + at)}" for at in range(12)],
            "state": [f"State {at}" for at in range(12)],
            "kind": "state",
            "tile_row": [1 + at // 4 for at in range(12)],
            "tile_column": [1 + at % 4 for at in range(12)],
        }
    )
    kinds = ["requires"] * 4 + ["restricts"] * 4 + ["requires"]
    table = pd.DataFrame(
        {
            "state_fips": codes[:9],
            "state": states["state"][:9],
            "name": [f"Act {at}" for at in range(9)],
            "citation": [f"Code {at}" for at in range(9)],
            "kind": kinds,
            "effective_date": pd.to_datetime([f"20{10 + at}-01-01" for at in range(9)]),
            "ended_date": pd.NaT,
            "practices": "agreement_287g",
            "summary": "Does a thing.",
            "source": "Gazette",
            "confidence": ["high"] * 8 + ["verify"],
        }
    )
    counties = pd.DataFrame(
        {
            "county_fips": [f"{code}{1 + 2 * at:03d}" for code in codes for at in range(6)],
            "state_fips": [code for code in codes for _ in range(6)],
            "population_count": rng.integers(1_000, 90_000, 72),
            "poverty_universe_count": 1_000,
            "poverty_count": rng.integers(50, 300, 72),
            "labor_force_count": 1_000,
            "unemployed_count": rng.integers(20, 90, 72),
            "median_household_income_usd": rng.integers(30_000, 90_000, 72).astype("float64"),
        }
    )
    counties["poverty_pct"] = counties["poverty_count"] / 10
    counties["unemployment_pct"] = counties["unemployed_count"] / 10
    status = law_status(table, states, day, include_verify=include_verify)
    sums = counties.groupby("state_fips").agg(
        counties_count=("county_fips", "size"), population_count=("population_count", "sum")
    )
    return LawFacts(
        "demo",
        pd.Timestamp(day),
        include_verify,
        table,
        status.assign(possible_status=status["status_if_verified"]).merge(sums, on="state_fips"),
        county_law_status(status, counties),
    )


def test_every_county_and_resident_is_counted_once(real):
    table = law_exposure(real.counties)
    assert table["counties_count"].sum() == 3220
    assert table["population_count"].sum() == real.counties["population_count"].sum()
    assert table["population_share"].sum() == pytest.approx(1)
    assert real.states["counties_count"].sum() == 3220
    assert len(real.states) == 52


def test_the_same_facts_in_every_release(real):
    public = laws.load_facts("public", "2026-06-01", include_verify=False)
    pd.testing.assert_frame_equal(public.states, real.states)
    assert laws.headline(public).text == laws.headline(real).text
    assert laws.show_tile_map(public).html == laws.show_tile_map(real).html


def test_no_source_says_that_real_facts_are_simulated(real):
    assert real.source.startswith("Real data")
    assert "simulated" not in real.source.lower()


def test_unknown_releases_and_days_are_refused():
    with pytest.raises(UsageError, match="unheard"):
        laws.load_facts("unheard", DAY, include_verify=False)
    with pytest.raises(UsageError, match="is not a date"):
        laws.load_facts("demo", "someday", include_verify=False)


def test_headline_says_the_numbers_of_the_table():
    facts = fictional()
    table = law_exposure(facts.counties).set_index("status")
    text = laws.headline(facts).text
    for kind in ("requires", "restricts", "neither"):
        assert f"{table.loc[kind, 'population_count'] / 1e6:.1f} million residents" in text
    assert "require cooperation in 4 states with 24 counties" in text
    assert "restrict it in 4 states with 24 counties" in text
    assert "4 states with" in text.split(". ")[1]
    assert "uncertain laws with a date counted" in text


def test_laws_to_verify_are_counted_only_when_asked():
    apart, counted = fictional(), fictional(include_verify=True)
    assert apart.states.set_index("state_fips").loc["68", "status"] == "neither"
    assert counted.states.set_index("state_fips").loc["68", "status"] == "requires"
    assert apart.states["is_uncertain"].sum() == counted.states["is_uncertain"].sum() == 1
    assert "require cooperation in 5 states" in laws.headline(counted).text
    swapped = law_facts.other_counties(apart)
    assert swapped["status"].tolist() == counted.counties["status"].tolist()
    assert "1 of 9 laws in the table are to be verified" in laws.limits(apart).text
    assert "(QI): hatched" in laws.limits(apart).text


def test_neither_is_what_no_counted_law_says_and_not_a_fact_about_the_state():
    apart, counted = (
        laws.limits(fictional(include_verify=rule)).text.replace("\n", " ")
        for rule in (False, True)
    )
    assert "no law whose date, scope and citation are certain is in force in the state" in apart
    assert "no law with a known date is in force in the state on this day" in counted
    assert all("a law that was missed would look the same" in text for text in (apart, counted))
    assert "no law of the state is in the table" not in apart


def test_headline_says_which_laws_are_counted_and_not_that_they_are_some():
    text = laws.headline(fictional()).text
    assert text.startswith("Of the state laws whose date, scope and citation are certain, those in")
    assert "have no such law in the table." in text
    every = laws.headline(fictional(include_verify=True)).text
    assert every.startswith("Of the state laws with a known date, certain or not, those in force")


def test_a_table_of_laws_alone_names_no_source_of_residents(real):
    assert "Census" in law_tables.show_states(real).html
    shown = law_tables.show_laws(real).html
    assert "Census" not in shown
    assert f"Data as of {real.day}." in shown


def test_timeline_keeps_the_sum_and_ends_on_the_day(real):
    table = laws.timeline(real)
    sums = table.groupby("on_date")["population_share"].sum()
    assert np.allclose(sums, 1)
    assert table["on_date"].max() == real.as_of
    last = table[table["on_date"] == real.as_of].set_index("status")["population_count"]
    whole = law_exposure(real.counties).set_index("status")["population_count"]
    assert last.to_dict() == whole.to_dict()
    early = laws.timeline(dataclasses.replace(real, as_of=pd.Timestamp("2015-05-05")))
    assert early["on_date"].max() == pd.Timestamp("2015-05-05")


def test_years_without_a_new_law_keep_the_last_count():
    text = law_tables.show_years(fictional()).text
    rows = [line.split() for line in text.splitlines() if re.match(r"\s*20\d\d ", line)]
    assert [int(row[0]) for row in rows] == list(range(2010, 2021))
    assert rows[-1][1:4] == rows[-3][1:4]


def test_before_the_first_law_there_is_nothing_to_draw():
    facts = fictional(day="2001-01-01")
    assert "No law" in laws.show_timeline(facts).text
    assert "No certain law" in law_tables.show_years(facts).text
    assert law_groups.fit_differences(facts).empty
    assert "nothing to compare" in law_groups.show_differences(facts, pd.DataFrame()).text
    assert "nothing to compare" in law_groups.show_checks(facts).text
    assert "in 0 states" in laws.headline(facts).text


def test_map_names_the_states_and_hatches_the_uncertain():
    shown = laws.show_tile_map(fictional())
    assert "Require: QA, QB, QC and QD. Restrict: QE, QF, QG and QH" in shown.text
    assert "The status of 1 state is not certain" in shown.text
    assert "Hatched over its colour" in shown.html
    assert "Requires and restricts" not in shown.html.split("<img")[0]


def test_every_law_is_listed_with_citation_dates_kind_confidence_and_source(real):
    html = law_tables.show_laws(real).html
    assert html.count("<tr>") == len(real.laws) + 1
    body = re.sub(r"&#x27;", "'", html).replace("&amp;", "&")
    for _, law in real.laws.iterrows():
        assert law["name"] in body
        assert law["source"] in body
        assert pd.isna(law["citation"]) or law["citation"] in body
    assert html.count("to verify</td>") == real.laws["confidence"].eq("verify").sum()


def test_local_actions_stand_in_a_table_of_their_own_with_their_confidence(real):
    actions = read_local_actions()
    html = law_tables.show_local_actions(real).html.replace("&amp;", "&")
    assert html.count("<tr>") == len(actions) + 1
    assert html.count("to verify</td>") == actions["confidence"].eq("verify").sum()
    for place in ("Harrisburg, PA", "Escondido, CA", "Alameda County, CA", "Pima County, AZ"):
        assert place in html
    assert all(source in html for source in actions["source"])


def test_a_law_of_the_future_or_without_a_date_is_not_in_force():
    facts = fictional(day="2013-06-01")
    undated = facts.laws.assign(
        effective_date=facts.laws["effective_date"].mask(facts.laws.index == 0)
    )
    text = law_tables.show_laws(dataclasses.replace(facts, laws=undated)).text
    assert text.count("not yet, from") == 5
    assert text.count("day not known") == 1


def test_differences_are_those_of_means_with_the_errors_of_another_program():
    counties = fictional().counties
    table = compare_groups(counties)
    row = table[
        table["column"].eq("poverty_pct")
        & table["weighting"].eq(EQUAL)
        & table["group"].eq("requires")
        & table["other"].eq("restricts")
    ].iloc[0]
    pair = counties[counties["status"].isin(["requires", "restricts"])]
    means = pair.groupby("status")["poverty_pct"].mean()
    assert row["estimate"] == pytest.approx(means["requires"] - means["restricts"])
    frame = pair.assign(first=pair["status"].eq("requires").astype(float))
    groups = frame["state_fips"].astype("category").cat.codes.to_numpy()
    other = smf.ols("poverty_pct ~ first", frame).fit(
        cov_type="cluster", cov_kwds={"groups": groups}, use_t=True
    )
    low, high = other.conf_int().loc["first"]
    assert (row["cr1_low"], row["cr1_high"]) == pytest.approx((low, high), rel=1e-6)
    assert row["conf_low"] < row["estimate"] < row["conf_high"]
    assert (row["n_obs"], row["n_clusters"]) == (48, 8)


def test_the_weighted_difference_is_that_of_weighted_means():
    counties = fictional().counties
    table = compare_groups(counties)
    means = profile(counties).set_index("status")["median_household_income_usd_weighted"]
    rows = table[
        table["column"].eq("median_household_income_usd") & table["weighting"].ne(EQUAL)
    ].set_index(["group", "other"])["estimate"]
    for first, second in (("requires", "restricts"), ("restricts", "neither")):
        assert rows[first, second] == pytest.approx(means[first] - means[second])
    by_residents = table.loc[table["weighting"].ne(EQUAL), "column"]
    assert "population_count" not in set(by_residents)


def test_groups_of_too_few_states_are_not_compared():
    counties = fictional(day="2015-06-01").counties
    table = compare_groups(counties)
    assert set(zip(table["group"], table["other"], strict=True)) == {("requires", "neither")}


def test_a_gap_in_the_county_table_is_an_error():
    counties = fictional().counties
    counties.loc[counties.index[:2], "poverty_pct"] = np.nan
    with pytest.raises(DataError, match="2 counties lack one of"):
        compare_groups(counties)


def test_words_follow_the_numbers_of_another_draw():
    first, second = fictional(seed=1), fictional(seed=2)
    said = [
        law_groups.read_differences(f, law_groups.fit_differences(f)).text for f in (first, second)
    ]
    assert said[0] != said[1]
    assert all(text.count("association") == 1 for text in said)
    shown = law_groups.show_differences(first, law_groups.fit_differences(first))
    assert "Counties where laws require" in shown.text


def test_puerto_rico_is_compared_only_in_the_check(real):
    differences = law_groups.fit_differences(real)
    known = real.counties["status"].isin(["requires", "neither"])
    mainland = known & real.counties["state_fips"].ne("72")
    pair = differences["group"].eq("requires") & differences["other"].eq("neither")
    assert set(differences.loc[pair, "n_obs"]) == {int(mainland.sum())}
    means = real.counties[known].groupby("status")["poverty_pct"].mean()
    text = law_groups.show_checks(real).text
    assert "Puerto Rico counted" in text
    assert f"{means['requires'] - means['neither']:.2f} (" in text
