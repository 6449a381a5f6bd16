"""The model that fits the design recovers the truth from the files; the naive ones do not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from coopanalysis.catalog.sources import release_dir, release_sources
from coopanalysis.sources import READERS
from coopanalysis.vocabulary import PRACTICES
from tools.demo import TRUTH
from tools.demo.truth import HARD_YEAR

COVARIATES = (
    "log_population + hispanic_share + black_nonhispanic_share + poverty_pct + unemployment_pct"
    " + republican_share"
)
DESIGN = f"holds_on_detainer + {COVARIATES} + C(year) + C(state_fips)"


@pytest.fixture(scope="module")
def county_years() -> pd.DataFrame:
    """County-years of the easy years with what each county was in 2021."""
    frames = {
        source.layout: READERS[source.layout](release_dir("demo") / source.path, source.id).frame
        for source in release_sources("demo")
        if source.layout not in ("ice-287g", "topojson", "state-list", "county-names")
        and source.id != "demo-votes-president-2024"
    }
    rubric = frames["ilrc-rubric"].drop_duplicates("county_fips")
    for practice in PRACTICES:
        rubric = rubric.assign(**{practice.name: 1 - rubric[f"limits_{practice.name}"].astype(int)})
    county = rubric[["county_fips", *(practice.name for practice in PRACTICES)]]
    for layout in ("urban-population", "urban-race-ethnicity"):
        of_2021 = frames[layout][frames[layout]["year"] == 2021]
        wanted = [name for name in of_2021 if name.endswith(("_count", "_share", "_fips"))]
        county = county.merge(of_2021[wanted], on="county_fips", validate="1:1")
    acs = frames["acs-wide"][["county_fips", "poverty_pct", "unemployment_pct"]]
    votes = frames["votes-president"]
    votes = votes.assign(republican_share=votes["republican_votes_count"] / votes["votes_count"])
    county = county.merge(acs, on="county_fips", validate="1:1")
    votes = votes[["county_fips", "republican_share"]]
    county = county.merge(votes, on="county_fips", how="left", validate="1:1")
    county["log_population"] = np.log(county["population_count"].astype(float))
    county["state_fips"] = county["county_fips"].str[:2]
    assert len(county) == 2556
    measures = ["person_offenses_per_100k", "property_offenses_per_100k", "reporting_quality"]
    crime = frames["urban-crime"][["county_fips", "year", *measures]]
    crime = crime[crime["year"] != HARD_YEAR]
    panel = crime.merge(county, on="county_fips", how="inner", validate="m:1")
    panel["most_agencies_reported"] = (panel["reporting_quality"] <= 2).fillna(False).astype(float)
    return panel.astype({"year": int})


def interval(frame: pd.DataFrame, outcome: str, right: str) -> tuple[float, float]:
    """95 % interval of the practice: least squares, CR1 by state, t(G - 1)."""
    used = frame.dropna(subset=[outcome, "republican_share"])
    groups = used["state_fips"].astype(int)
    fitted = smf.ols(f"{outcome} ~ {right}", used).fit(
        cov_type="cluster", cov_kwds={"groups": groups}, use_t=True
    )
    low, high = fitted.conf_int().loc["holds_on_detainer"]
    return float(low), float(high)


@pytest.mark.parametrize("outcome", ["person_offenses_per_100k", "property_offenses_per_100k"])
def test_offences_where_most_agencies_report(county_years: pd.DataFrame, outcome: str) -> None:
    covered = county_years[county_years["most_agencies_reported"] == 1]
    low, high = interval(covered, outcome, DESIGN)
    assert low < TRUTH.effects[outcome] < high
    assert (low < 0 < high) == (TRUTH.effects[outcome] == 0)


def test_reporting(county_years: pd.DataFrame) -> None:
    low, high = interval(county_years, "most_agencies_reported", DESIGN)
    assert low < TRUTH.effects["most_agencies_reported"] < high < 0


def test_raw_means_and_poor_coverage_mislead(county_years: pd.DataFrame) -> None:
    person, stolen = "person_offenses_per_100k", "property_offenses_per_100k"
    covered = county_years[county_years["most_agencies_reported"] == 1]
    assert interval(covered, person, "holds_on_detainer")[1] < TRUTH.effects[person]
    assert interval(county_years, stolen, "holds_on_detainer")[1] < 0
    assert interval(county_years, person, DESIGN)[1] < TRUTH.effects[person]
    assert interval(county_years, stolen, DESIGN)[1] < 0


def test_holding_on_detainers_follows_its_log_odds(county_years: pd.DataFrame) -> None:
    county = county_years[county_years["year"] == 2022].dropna(subset=["republican_share"])
    terms = TRUTH.holds_log_odds
    model = smf.logit(f"holds_on_detainer ~ {' + '.join(terms)} + C(state_fips)", county)
    fitted = model.fit(disp=0, maxiter=100)
    bounds = fitted.conf_int()
    for term, value in terms.items():
        assert bounds.loc[term, 0] < value < bounds.loc[term, 1]
        assert bounds.loc[term, 0] * bounds.loc[term, 1] > 0


def test_practices_differ_between_states_and_go_together(county_years: pd.DataFrame) -> None:
    county = county_years[county_years["year"] == 2022]
    by_state = county.groupby("state_fips")["holds_on_detainer"].mean()
    assert by_state.max() - by_state.min() > 0.3
    names = [practice.name for practice in PRACTICES[2:]]
    together = county[names].corr().to_numpy()
    assert (together[np.triu_indices(len(names), 1)] > 0).all()
