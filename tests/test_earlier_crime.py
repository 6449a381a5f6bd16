"""The rate of violent offences from before the policies of today."""

from __future__ import annotations

import pandas as pd
import pytest

from coopanalysis.clean.earlier_crime import EARLIER_RATE, EARLIER_YEAR, earlier_crime
from coopanalysis.models import fit
from coopanalysis.panel import Panel
from test_models_referee import BY_STATE, COVARIATES, OUTCOME, POLICY

REPORTING = pd.DataFrame(
    {
        "base_county_fips": ["01001", "01003", "01005", None, "01001"],
        "year": [2013, 2013, 2013, 2013, 2021],
        "population_covered": [1000, 1000, 0, 1000, 1000],
        "coverage_share": [0.9, 0.89, 1.0, 1.0, 1.0],
        "violent_offenses_weighted": [3.0, 3.0, 1.0, 1.0, 9.0],
    }
)


def test_a_rate_stands_where_nine_tenths_of_resident_months_were_reported() -> None:
    found = earlier_crime(REPORTING)
    assert found is not None
    assert found["county_fips"].tolist() == ["01001", "01003", "01005"]
    assert found[EARLIER_RATE].fillna(-1).tolist() == [300.0, -1.0, -1.0]


def test_without_the_year_there_is_none() -> None:
    assert earlier_crime(REPORTING[REPORTING["year"] != EARLIER_YEAR]) is None


@pytest.mark.mirror
def test_earlier_crime_narrows_the_interval_of_the_public_release(public_release: Panel) -> None:
    counties = public_release.counties(2023)
    counties[OUTCOME] = public_release.usable_rate(counties, OUTCOME, 2)
    formula = f"{OUTCOME} ~ {POLICY} + {COVARIATES}"
    both = counties[counties[EARLIER_RATE].notna()]
    without = fit(f"{formula} | state_fips", both, **BY_STATE)  # type: ignore[arg-type]
    known = fit(f"{formula} + {EARLIER_RATE} | state_fips", both, **BY_STATE)  # type: ignore[arg-type]
    assert without.n_obs == known.n_obs == 1364
    halves = [(one.row["conf_high"] - one.row["conf_low"]) / 2 for one in (without, known)]
    assert halves == pytest.approx([80, 65], abs=0.6)
