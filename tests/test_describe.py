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


def test_margins_count_the_unknown(county: pd.DataFrame) -> None:
    row = describe.practice_margins(county, ["notifies_ice"]).iloc[0]
    assert (row["with_count"], row["without_count"], row["unknown_count"]) == (2, 1, 1)
    assert row["total_count"] == 4
    assert row["with_share"] == pytest.approx(2 / 3)


def test_margin_of_an_unknown_practice_is_missing_not_zero(county: pd.DataFrame) -> None:
    unknown = county.assign(asks_status=pd.array([None] * 4, dtype="Int8"))
    assert describe.practice_margins(unknown, ["asks_status"])["with_share"].isna().all()
    assert "asks_status" not in describe.observed_practices(unknown)


def test_score_distribution_has_every_score(county: pd.DataFrame) -> None:
    table = describe.score_distribution(county)
    assert table["county_count"].tolist() == [0, 0, 0, 2, 0, 0, 0, 1]
    assert table["population_count"].sum() == 450


def test_by_state_counts_the_known(county: pd.DataFrame) -> None:
    table = describe.by_state(county, "cooperation_score").set_index("state")
    assert table.loc["Arvel", "mean"] == pytest.approx(5.0)
    assert table.loc["Bron", ["known_count", "county_count"]].tolist() == [1, 2]


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


def test_agreements_are_counted_once_per_county() -> None:
    agreements = pd.DataFrame(
        {
            "list_date": pd.to_datetime(["2025-07-15"] * 4),
            "list_kind": ["participating"] * 3 + ["pending"],
            "agency": ["A", "A", "B", "C"],
            "agency_type": ["county", "county", "county", "county"],
            "support_type": ["task-force", "warrant-service", "task-force", "task-force"],
            "county_fips": ["80001", "80001", None, "80003"],
            "signed_date": pd.to_datetime(["2025-03-04", "2025-03-30", None, None]),
        }
    )
    table = describe.counties_with_county_agreement(agreements)
    assert table.loc[0, ["county_count", "rows_count", "unmatched_rows_count"]].tolist() == [
        1,
        3,
        1,
    ]


def test_status_is_the_furthest_reaching_and_unknown_stays_unknown() -> None:
    frame = pd.DataFrame(
        {
            "county_fips": ["80001", "80003", "80005", "80007"],
            "task_force_latest_list": pd.array([1, 0, 0, None], dtype="Int8"),
            "jail_enforcement_latest_list": pd.array([1, 1, 0, None], dtype="Int8"),
            "warrant_service_latest_list": pd.array([0, 1, 0, None], dtype="Int8"),
        }
    )
    status = describe.agreement_status(frame)
    assert status[["80001", "80003", "80005"]].tolist() == [
        "task-force",
        "jail-enforcement",
        "none",
    ]
    assert pd.isna(status["80007"])


def test_rejects_of_one_kind_are_one_row() -> None:
    rejects = pd.DataFrame(
        {
            "source": ["s"] * 3,
            "reason": ["duplicate of row 4", "duplicate of row 19", "unknown state 'UTAX'"],
            "row": [5, 20, 7],
        }
    )
    table = describe.rejects_by_reason(rejects)
    assert table["rows_count"].tolist() == [2, 1]
    assert table.loc[0, "first_row"] == 5
