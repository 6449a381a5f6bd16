"""Counties that share one estimate are found, and counted as the description of the data says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coopanalysis.clean.survey_areas import survey_areas
from coopanalysis.sources import READERS


def table(*rows: tuple[str, int, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["county_fips", "year", "value"])


def test_the_same_value_within_a_state_and_year() -> None:
    frame = table(
        ("90003", 2014, 0.6363483366681002),
        ("90001", 2014, 0.6363483366681003),
        ("90005", 2014, 0.7),
        ("91001", 2014, 0.6363483366681002),
        ("90001", 2015, 0.6363483366681002),
        ("90007", 2014, np.nan),
    )
    areas = survey_areas(frame, ["value"])
    assert areas["survey_area"].tolist()[:5] == ["90001", "90001", "90005", "91001", "90001"]
    assert areas["shared_counties_count"].tolist() == [2, 2, 1, 1, 1, pd.NA]
    assert pd.isna(areas["survey_area"].iloc[5])


def test_every_value_of_the_set_counts() -> None:
    frame = table(("90001", 2014, 5.0), ("90003", 2014, 5.0)).assign(other=[1.0, 1.5])
    assert survey_areas(frame, ["value"])["shared_counties_count"].tolist() == [2, 2]
    assert survey_areas(frame, ["value", "other"])["shared_counties_count"].tolist() == [1, 1]


def test_values_across_a_rounding_step_are_the_same() -> None:
    frame = table(
        ("90001", 2014, 0.1234567890125 - 2e-17), ("90003", 2014, 0.1234567890125 + 2e-17)
    )
    assert survey_areas(frame, ["value"])["survey_area"].tolist() == ["90001", "90001"]


def test_no_rows_at_all() -> None:
    assert survey_areas(table(), ["value"]).empty


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4)), max_size=30))
def test_groups_are_those_of_equal_values(cells: list[tuple[int, int]]) -> None:
    rows = [(f"9{state}{at:03d}", 2014, 0.1 + value / 7) for at, (state, value) in enumerate(cells)]
    frame = table(*rows)
    areas = survey_areas(frame, ["value"])
    expected = frame.groupby([frame["county_fips"].astype("str").str[:2], "value"])["county_fips"]
    assert areas["survey_area"].tolist() == expected.transform("min").tolist()
    assert areas["shared_counties_count"].tolist() == expected.transform("size").tolist()


@pytest.mark.mirror
def test_real_income_is_shared_as_counted(mirror: Path) -> None:
    file = next((mirror / "urban-income-2014-2023").iterdir())
    frame = READERS["urban-income"](file, "").frame
    areas = survey_areas(frame, [f"income_p{rank}_usd" for rank in (20, 50, 80)])
    newest = areas[frame["year"] == 2023].dropna()
    assert len(newest) == 2800
    sets = newest["survey_area"].nunique()
    shared = newest[newest["shared_counties_count"] > 1]
    assert (sets, len(shared), shared["shared_counties_count"].max()) == (1137, 2185, 15)


@pytest.mark.mirror
def test_real_employment_is_shared_as_counted(mirror: Path) -> None:
    file = next((mirror / "urban-employment-2014-2023").iterdir())
    frame = READERS["urban-employment"](file, "").frame
    count = survey_areas(frame, ["employed_share"])["shared_counties_count"]
    shared = (count > 1).fillna(False).groupby(frame["year"]).sum()
    assert (shared.min(), shared.max()) == (1981, 2033)
