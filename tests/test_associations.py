"""The models of the reports: the known effect of the demo release, units, failures shown."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from coopanalysis import associations
from coopanalysis.associations import COVARIATES, MAIN_DESIGN
from coopanalysis.clean.reporting import county_in_year
from coopanalysis.errors import UsageError
from coopanalysis.models import fit
from coopanalysis.panel import Panel
from tools.demo.truth import TRUTH

YEARS = (2021, 2022, 2023)

RATES = ("person_offenses_per_100k", "property_offenses_per_100k")


def sample(demo: Panel, year: int, least_quality: int) -> pd.DataFrame:
    """Counties of a year, with the rates that can be used."""
    frame = demo.counties(year)
    usable = {name: demo.usable_rate(frame, name, least_quality) for name in RATES}
    return frame.assign(**usable).reset_index(drop=True)


@pytest.mark.parametrize("year", YEARS)
@pytest.mark.parametrize("outcome", sorted(TRUTH.effects))
def test_main_design_finds_the_known_effect(demo: Panel, outcome: str, year: int) -> None:
    """The truth of every outcome and year lies inside the 95 % interval of the main design."""
    frame = sample(demo, year, least_quality=2)
    row = associations.main_row(associations.fit_crime(frame, outcome, "holds_on_detainer"))
    assert row["conf_low"] <= TRUTH.effects[outcome] <= row["conf_high"]


def test_the_effect_is_told_from_zero_where_there_is_one(demo: Panel) -> None:
    frame = sample(demo, 2023, least_quality=2)
    outcome = "person_offenses_per_100k"
    assert TRUTH.effects[outcome] > 0
    assert (
        associations.main_row(associations.fit_crime(frame, outcome, "holds_on_detainer"))[
            "conf_low"
        ]
        > 0
    )


def test_the_raw_comparison_misses_it(demo: Panel) -> None:
    """The demo release is built so that comparing raw means goes wrong."""
    frame = sample(demo, 2023, least_quality=2)
    table = associations.fit_crime(frame, "person_offenses_per_100k", "holds_on_detainer")
    raw = table[table["design"] == "no covariates, each county equal"].iloc[0]
    assert raw["conf_high"] < TRUTH.effects["person_offenses_per_100k"]


def test_known_log_odds_are_inside_the_interval_of_the_logit(demo: Panel) -> None:
    """Logit of holding on detainers with state effects, as the practice was drawn."""
    county = demo.county.assign(
        log_population=np.log(demo.county["population_count"].astype("float64"))
    )
    spec = associations.practice_spec("holds_on_detainer")
    spec = type(spec)(
        outcome="holds_on_detainer",
        treatment="hispanic_share",
        controls=("republican_share", "log_population"),
        family="logit",
        fixed_effects=("state_fips",),
        vcov="CR1",
        cluster="state_fips",
    )
    table = fit(spec, county).table.set_index("term")
    for term, truth in TRUTH.holds_log_odds.items():
        assert table.loc[term, "conf_low"] <= truth <= table.loc[term, "conf_high"], term


def test_covariates_are_in_plain_units(demo: Panel) -> None:
    frame = associations.add_covariates(demo.county)
    assert np.allclose(frame["hispanic_10_points"], 10 * frame["hispanic_share"])
    assert np.allclose(frame["income_10k"], frame["median_household_income_usd"] / 10_000)
    assert np.allclose(
        frame["population_doubling"], np.log2(frame["population_count"].astype("float64"))
    )


def test_missing_covariates_stay_missing_and_are_counted(demo: Panel) -> None:
    coverage = associations.covariate_coverage(demo.county).set_index("column")
    no_votes = int(demo.county["votes_count"].isna().sum())
    assert no_votes > 0
    assert coverage.loc["republican_share", "missing_count"] == no_votes
    frame = sample(demo, 2023, least_quality=2)
    table = associations.fit_crime(frame, "person_offenses_per_100k", "holds_on_detainer")
    assert (table["n_obs"] + table["missing_count"] == len(frame)).all()


def test_a_practice_that_cannot_be_modelled_says_why(demo: Panel) -> None:
    always = demo.county.assign(notifies_ice=pd.array([1] * len(demo.county), dtype="Int8"))
    effects = associations.fit_practices(always, ["notifies_ice", "holds_on_detainer"])
    failed = effects[effects["practice"] == "notifies_ice"]
    assert failed["estimate"].isna().all()
    assert "notifies_ice" in failed["note"].iloc[0]
    assert effects.loc[effects["practice"] == "holds_on_detainer", "estimate"].notna().all()


def test_probabilities_become_percentage_points(demo: Panel) -> None:
    frame = county_in_year(demo.county, demo.county_year, 2023)
    shares = associations.fit_crime(frame, "most_agencies_reported", "holds_on_detainer")
    points = associations.in_percentage_points(shares)
    assert np.allclose(points["conf_low"], 100 * shares["conf_low"])
    assert np.allclose(points["p_value"], shares["p_value"])


def test_an_unknown_covariate_names_those_there_are() -> None:
    with pytest.raises(UsageError, match="There are: hispanic_share"):
        associations.find_covariate("hispanic")
    assert associations.find_covariate("income_10k") is COVARIATES[3]


def test_the_main_design_is_one_of_the_designs() -> None:
    assert MAIN_DESIGN in {design.label for design in associations.CRIME_DESIGNS}
