"""What a referee found on the public release, by the tools that answer it."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from coopanalysis.models import Estimates, equivalence, fit, smallest_difference
from coopanalysis.panel import Panel

pytestmark = pytest.mark.mirror
OUTCOME, POLICY = "person_offenses_per_100k", "agreement_latest_list"
COVARIATES = (
    "per(hispanic_share, 0.1) + per(black_nonhispanic_share, 0.1) + per(poverty_pct, 10)"
    " + per(median_household_income_usd, 10000) + per(republican_share, 0.1)"
    " + log2(population_count)"
)
BY_STATE = {"vcov": "CR1", "cluster": "state_fips"}


@pytest.fixture(scope="module")
def counties(public_release: Panel) -> pd.DataFrame:
    """Counties of the public release with the rates of 2023 that are good enough."""
    frame = public_release.counties(2023)
    frame["floor"] = public_release.usable_rate(frame, OUTCOME, 3)
    frame[OUTCOME] = public_release.usable_rate(frame, OUTCOME, 2)
    return frame


@pytest.fixture(scope="module")
def main(counties: pd.DataFrame) -> Estimates:
    """The main estimate: within states, alike in the covariates."""
    return fit(f"{OUTCOME} ~ {POLICY} + {COVARIATES} | state_fips", counties, **BY_STATE)


def test_what_the_null_rules_out(main: Estimates) -> None:
    found = equivalence(main, 100)
    assert (found.conf_low, found.conf_high) == pytest.approx((-52.7, 75.5), abs=0.05)
    assert found.is_equivalent
    # 107, and 11.4 % of the mean, were it not for the 48 degrees of freedom.
    assert smallest_difference(main) == pytest.approx(109.4, abs=0.05)
    normal = replace(main, df=main.df * float("inf"))
    assert smallest_difference(normal) == pytest.approx(107, abs=0.5)
    assert smallest_difference(normal) / main.sample.outcome.mean() == pytest.approx(
        0.114, abs=5e-4
    )
