"""The designs of the notebooks find what was put into the demo release, and no more."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from coopanalysis import fit
from coopanalysis.panel import Panel
from tools.demo.files_people import NONCITIZEN_OF_FOREIGN_BORN
from tools.demo.truth import TRUTH

POLICY = "holds_on_detainer"
COVARIATES = (
    "per(hispanic_share, 0.1) + per(black_nonhispanic_share, 0.1) + per(poverty_pct, 10)"
    " + per(median_household_income_usd, 10000) + per(republican_share, 0.1)"
    " + log2(population_count)"
)


def counties_of(demo: Panel, outcome: str, year: int) -> pd.DataFrame:
    """Counties of a year, with the rates that can be used."""
    frame = demo.counties(year)
    if not outcome.endswith("_per_100k"):
        return frame
    return frame.assign(**{outcome: demo.usable_rate(frame, outcome)})


@pytest.mark.parametrize("year", [2022, 2023])
@pytest.mark.parametrize("outcome", sorted(TRUTH.effects))
def test_the_main_design_finds_the_known_effect(demo: Panel, outcome: str, year: int) -> None:
    found = fit(
        f"{outcome} ~ {POLICY} + {COVARIATES} | state_fips",
        counties_of(demo, outcome, year),
        vcov="CR1",
        cluster="state_fips",
    ).row
    truth = demo.known_effect(outcome, POLICY, year)
    assert truth == TRUTH.effects[outcome]
    assert found["conf_low"] <= truth <= found["conf_high"]
    if year == 2023 and outcome == "person_offenses_per_100k":
        assert found["conf_low"] > 0


def test_the_raw_comparison_misses_it(demo: Panel) -> None:
    outcome = "person_offenses_per_100k"
    raw = fit(f"{outcome} ~ {POLICY}", counties_of(demo, outcome, 2023), vcov="HC1").row
    clustered = fit(
        f"{outcome} ~ {POLICY}",
        counties_of(demo, outcome, 2023),
        vcov="CR1",
        cluster="state_fips",
    ).row
    assert raw["estimate"] == pytest.approx(clustered["estimate"])
    assert clustered["conf_high"] < TRUTH.effects[outcome]


def test_known_log_odds_are_inside_the_interval_of_the_logit(demo: Panel) -> None:
    """Logit of holding on detainers with state effects, as the practice was drawn."""
    counties = demo.counties()
    counties = counties.assign(log_population=np.log(counties["population_count"]))
    found = fit(
        f"{POLICY} ~ hispanic_share + republican_share + log_population | state_fips",
        counties,
        family="logit",
        vcov="CR1",
        cluster="state_fips",
    ).table.set_index("term")
    for term, truth in TRUTH.holds_log_odds.items():
        assert found.loc[term, "conf_low"] <= truth <= found.loc[term, "conf_high"], term


def test_birth_abroad_tells_nothing_beyond_the_hispanic_share_it_follows(demo: Panel) -> None:
    """Holding depends on the Hispanic share, and birth abroad on that and on other residents."""
    counties = demo.counties()
    counties = counties.assign(log_population=np.log(counties["population_count"]))
    right = "republican_share + log_population | state_fips"
    errors = {"family": "logit", "vcov": "CR1", "cluster": "state_fips"}
    alone = fit(f"{POLICY} ~ foreign_born_share + {right}", counties, **errors)
    given = fit(f"{POLICY} ~ foreign_born_share + hispanic_share + {right}", counties, **errors)
    by_citizen = fit(f"{POLICY} ~ noncitizen_share + {right}", counties, **errors)
    assert alone.row["conf_high"] < 0 and by_citizen.row["conf_high"] < 0
    assert given.row["conf_low"] < 0 < given.row["conf_high"]
    hispanic = given.row_of("hispanic_share")
    assert hispanic["conf_low"] < TRUTH.holds_log_odds["hispanic_share"] < hispanic["conf_high"]
    of_all = fit(f"{POLICY} ~ foreign_born_share + {right}",
                 counties[counties["noncitizen_share"].notna()], **errors)  # fmt: skip
    ratio = by_citizen.row["estimate"] / of_all.row["estimate"]
    assert ratio == pytest.approx(1 / NONCITIZEN_OF_FOREIGN_BORN, rel=0.03)
