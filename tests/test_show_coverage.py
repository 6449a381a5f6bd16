"""Reporting to the FBI by any 0/1 column: every county in one row, the unknown a group."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import pandas as pd
import pytest

from coopanalysis.clean.reporting import ALL_REPORTING_STATUSES, COUNTED_ELSEWHERE
from coopanalysis.display import show_coverage
from coopanalysis.display.coverage import coverage_by
from coopanalysis.errors import UsageError
from coopanalysis.panel import Panel

ALL, SOME, NONE = (ALL_REPORTING_STATUSES[at] for at in (0, 2, 4))


@pytest.fixture
def counties() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "mine": [1.0, 1.0, 0.0, None],
            "reporting_status": [ALL, SOME, COUNTED_ELSEWHERE, NONE],
            "population_count": [100.0, 300.0, 600.0, 50.0],
        }
    )


def test_counts_and_shares_are_those_worked_out_by_hand(counties: pd.DataFrame) -> None:
    table = coverage_by(counties, "mine").set_index(["policy", "status"])
    assert table["county_count"].sum() == len(counties)
    assert len(table) == 3 * len(ALL_REPORTING_STATUSES)
    assert table.loc[("with", SOME), "county_share"] == pytest.approx(0.5)
    assert table.loc[("with", SOME), "population_share"] == pytest.approx(0.75)
    assert table.loc[("without", COUNTED_ELSEWHERE), "county_share"] == 1
    assert table.loc[("unknown", NONE), "county_count"] == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"mine": [1.0, 2.0, 0.0, None]}, "1 values other than 0 and 1"),
        ({"reporting_status": ["heard nothing", ALL, ALL, ALL]}, "heard nothing"),
        ({"reporting_status": [None, ALL, ALL, ALL]}, "1 counties have no reporting status"),
    ],
)
def test_what_it_cannot_place_is_refused(
    counties: pd.DataFrame, change: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        coverage_by(counties.assign(**change), "mine")


def test_a_frame_without_a_year_is_refused(demo: Panel) -> None:
    with pytest.raises(UsageError, match=r"data.counties\(year\)"):
        show_coverage(demo.counties(), demo.policy(), data=demo)


@pytest.mark.parametrize("form", ["table", "bars"])
def test_a_column_of_ones_own_is_shown_in_its_words(
    demo: Panel, form: Literal["table", "bars"]
) -> None:
    year = demo.crime_years[-1]
    frame = demo.counties(year=year).assign(large=lambda one: one["population_count"] > 50_000)
    mine = replace(demo, named={})
    mine.name_column("large", label="More than 50,000 residents", unit="0 or 1")
    shown = show_coverage(frame, "large", year=year, data=mine, form=form)
    with_it = int((frame["population_count"] > 50_000).sum())
    assert "More than 50,000 residents" in shown.text
    assert str(year) in shown.text
    assert f"{with_it:,}" in shown.text or form == "table"
    assert "Simulated data, demo release." in shown.html
