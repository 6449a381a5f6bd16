"""Coverage of counties, and offences with and without a rule for incomplete agencies."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coopanalysis.catalog.tables import AGENCY_YEAR, COUNTY_REPORTING
from coopanalysis.clean.coverage import (
    IN_BASE_LIST,
    county_reporting,
    coverage_share,
    unplaced_reporting,
)
from coopanalysis.errors import DataError
from coopanalysis.schema import check_table, conform

COUNTY = "91001"


def county(rows: list[dict[str, object]]) -> pd.DataFrame:
    """Agency years of one county, with usual values for what is not given."""
    table = pd.DataFrame(rows)
    usual: dict[str, object] = {
        column.name: {"str": "x", "int64": 0, "float64": float("nan")}[column.dtype]
        for column in AGENCY_YEAR.columns
    }
    usual |= {"county_fips": COUNTY, "state_fips": "91", "year": 2013, "county_part": 1}
    usual |= {"ori7": [f"QA{at:05d}" for at in range(len(rows))], "reporting_status": "reported"}
    months = table.get("months_reported", 12)
    others = ("covered", "cleared_reported", "unfounded_reported")
    usual |= {f"months_{name}": months for name in others}
    usual["last_month_reported"] = months
    filled = {
        name: value if name not in table else table[name].fillna(value)
        for name, value in usual.items()
    }
    return table.assign(**filled)


def agency(population: int, months: int, violent: float | None = None, **more: object):
    return {
        "population_covered": population,
        "months_reported": months,
        "violent_actual": violent,
        **more,
    }


def one(rows: list[dict[str, object]]) -> pd.Series:
    return county_reporting(county(rows)).iloc[0]


def test_the_published_example() -> None:
    row = one([agency(600, 12), agency(300, 6), agency(100, 2)])
    assert row["coverage_share_strict"] == 0.75
    assert row["coverage_share"] == pytest.approx(0.75 + 100 / 1000 * 2 / 12)


def test_three_months_are_enough_to_count_strictly() -> None:
    assert one([agency(500, 12), agency(500, 3)])["coverage_share_strict"] == 0.625


def test_the_last_month_flatters() -> None:
    row = one([agency(500, 12), agency(500, 3, last_month_reported=12)])
    assert row["coverage_share"] == 0.625
    assert row["coverage_share_last_month"] == 1


def test_residents_whose_crimes_another_agency_sends_are_covered() -> None:
    rows = [
        agency(500, 12),
        agency(500, 0, months_covered=12, reporting_status="reported-elsewhere"),
    ]
    assert one(rows)["coverage_share"] == 1


def test_a_silent_county_has_no_crime_figure_rather_than_zero() -> None:
    row = one([agency(500, 0, None, reporting_status="not-reported")])
    assert row["coverage_share"] == 0
    for rule in ("sent", "complete_only", "weighted"):
        assert pd.isna(row[f"violent_offenses_{rule}"])
    assert row["agencies_not_reported_count"] == 1


def test_no_residents_no_share() -> None:
    assert pd.isna(one([agency(0, 12, 3)])["coverage_share"])


def test_agencies_are_counted_by_status() -> None:
    row = one(
        [
            agency(1, 12, 5),
            agency(1, 12, 0, reporting_status="reported-zero"),
            agency(1, 4, 5),
            agency(1, 0, reporting_status="not-reported"),
            agency(1, 0, reporting_status="reported-elsewhere"),
            agency(1, 0, reporting_status="not-expected"),
        ]
    )
    names = ["complete", "partial", "reported_zero", "not_reported", "reported_elsewhere"]
    names += ["not_expected"]
    assert [row[f"agencies_{name}_count"] for name in names] == [2, 1, 1, 1, 1, 1]


def test_each_rule_has_its_own_column() -> None:
    row = one([agency(1, 12, 100), agency(1, 6, 30), agency(1, 5, 7)])
    assert row["violent_offenses_sent"] == 137
    assert row["violent_offenses_complete_only"] == 100
    assert row["violent_offenses_weighted"] == 160


def test_clearances_of_agencies_that_did_not_send_them_all_are_left_out() -> None:
    row = one(
        [
            agency(1, 12, 100, violent_cleared=40, violent_unfounded=25),
            agency(1, 12, 900, months_cleared_reported=3, months_unfounded_reported=0),
        ]
    )
    assert row["violent_clearance_ratio"] == 0.4
    assert row["violent_unfounded_share"] == 0.2


def test_no_offences_no_ratio() -> None:
    row = one([agency(1, 12, 0, violent_cleared=2, violent_unfounded=0)])
    assert pd.isna(row["violent_clearance_ratio"])
    assert pd.isna(row["violent_unfounded_share"])


def test_two_parts_of_one_agency_in_a_county_are_one_agency() -> None:
    rows = county([agency(600, 12, 5), agency(400, 12, 3)])
    rows = rows.assign(ori7="QA00001", county_part=[1, 2])
    row = county_reporting(rows).iloc[0]
    assert row["agencies_complete_count"] == 1
    assert row["violent_offenses_sent"] == 8


def test_a_file_read_twice_is_refused() -> None:
    rows = county([agency(600, 12), agency(400, 12)]).assign(ori7="QA00001")
    with pytest.raises(DataError, match="1 county parts have two rows"):
        county_reporting(rows)


def test_a_missing_column_is_named() -> None:
    with pytest.raises(DataError, match="months_covered"):
        county_reporting(county([agency(1, 12)]).drop(columns="months_covered"))


def test_agencies_without_a_county_are_counted_apart() -> None:
    rows = county([agency(600, 12, 4), agency(400, 12, 6)])
    rows["county_fips"] = pd.Series([COUNTY, None], dtype="str")
    rows["property_actual"] = 0.0
    assert county_reporting(rows)["violent_offenses_sent"].tolist() == [4]
    apart = unplaced_reporting(rows).iloc[0]
    assert apart["agencies_count"] == 1
    assert apart["violent_actual"] == 6
    assert apart["population_covered"] == 400


def test_the_table_keeps_its_declaration() -> None:
    table = county_reporting(county([agency(5, 12, 1), agency(5, 0)]))
    table.insert(2, IN_BASE_LIST, table["county_fips"])
    check_table(conform(table, COUNTY_REPORTING), COUNTY_REPORTING)


@pytest.mark.parametrize(
    ("statuses", "county_is"),
    [
        (("reported-zero", "reported", "not-reported"), "reported"),
        (("reported-zero", "not-reported"), "reported-zero"),
        (("not-reported", "reported-elsewhere", "not-expected"), "not-reported"),
        (("not-expected", "reported-elsewhere"), "reported-elsewhere"),
        (("not-expected",), "not-expected"),
    ],
)
def test_a_county_has_one_of_the_five_statuses(statuses: tuple[str, ...], county_is: str) -> None:
    rows = [agency(5, 0, reporting_status=status) for status in statuses]
    assert one(rows)["reporting_status"] == county_is
    assert one(rows[::-1])["reporting_status"] == county_is


@pytest.mark.slow
@given(st.lists(st.tuples(st.integers(0, 10**7), st.integers(0, 12)), min_size=1, max_size=8))
def test_coverage_is_the_textbook_formula(pairs: list[tuple[int, int]]) -> None:
    rows = county([agency(population, months) for population, months in pairs])
    residents = sum(population for population, _ in pairs)
    share = coverage_share(rows).iloc[0]
    if not residents:
        assert pd.isna(share)
        return
    gap = sum(population / residents * (12 - months) / 12 for population, months in pairs)
    assert share == pytest.approx(1 - gap)
    assert 0 <= share <= 1 + 1e-12
