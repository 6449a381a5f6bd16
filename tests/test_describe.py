"""Counts and shares against numbers worked out by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from coopanalysis import describe
from coopanalysis.clean.reporting import COUNTED_ELSEWHERE, REPORTED_NOTHING, county_in_year
from coopanalysis.errors import UsageError
from coopanalysis.vocabulary import PRACTICE_NAMES


@pytest.fixture
def county() -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "county_fips": ["80001", "80003", "82001", "82003"],
            "state": ["Arvel", "Arvel", "Bron", "Bron"],
            "population_count": pd.array([100, 300, 600, 50], dtype="Int64"),
            "cooperation_score": pd.array([7, 3, None, 3], dtype="Int8"),
        }
    )
    for name in PRACTICE_NAMES:
        frame[name] = pd.array([1, 0, None, 0], dtype="Int8")
    frame["notifies_ice"] = pd.array([1, 1, None, 0], dtype="Int8")
    return frame


@pytest.fixture
def county_year() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "county_fips": ["80001", "80003", "82001", "80001"],
            "year": [2023, 2023, 2023, 2020],
            "person_offenses_per_100k": [10.0, 0.0, None, None],
            "property_offenses_per_100k": [20.0, 5.0, None, None],
            "reporting_quality": pd.array([1, 3, None, None], dtype="Int8"),
            "most_agencies_reported": pd.array([1, 0, 0, None], dtype="Int8"),
            "offenses_misplaced": pd.array([0, 0, 0, None], dtype="Int8"),
        }
    )


def test_reporting_statuses_stay_apart(county: pd.DataFrame, county_year: pd.DataFrame) -> None:
    table = describe.reporting_by_policy(county, county_year, "notifies_ice", 2023)
    counts = table.set_index(["policy", "status"])["county_count"]
    assert counts["with", "all agencies reported"] == 1
    assert counts["with", "only some agencies reported"] == 1
    assert counts["unknown", "no agency reported"] == 1
    assert counts["without", "not in that year's county list"] == 1
    assert counts.sum() == len(county)
    zero = county_year["county_fips"].eq("80003")
    rates = ["person_offenses_per_100k", "property_offenses_per_100k"]
    county_year.loc[zero, rates] = 0.0
    county_year.loc[county_year["county_fips"].eq("82001"), "offenses_misplaced"] = 1
    table = describe.reporting_by_policy(county, county_year, "notifies_ice", 2023)
    counts = table.set_index(["policy", "status"])["county_count"]
    assert counts["with", REPORTED_NOTHING] == 1
    assert counts["unknown", COUNTED_ELSEWHERE] == 1
    assert counts["unknown", "no agency reported"] == 0
    assert counts.sum() == len(county)
    county_year.loc[zero, rates[1]] = 5.0
    table = describe.reporting_by_policy(county, county_year, "notifies_ice", 2023)
    shares = table.set_index(["policy", "status"])["population_share"]
    assert shares["with", "only some agencies reported"] == pytest.approx(0.75)


def test_a_year_without_crime_data_is_refused(
    county: pd.DataFrame, county_year: pd.DataFrame
) -> None:
    with pytest.raises(UsageError, match="No crime data for 2020. There are: 2023"):
        county_in_year(county, county_year, 2020)
