"""The perturbed project leaves enough of what a report is about."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tools.check_pages.perturbed_data import LISTS, _left_out


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    codes = ["60001", *(f"61{number:03}" for number in range(1, 80, 2)), "62001", "62003"]
    for name in LISTS:
        pd.DataFrame({"county_fips": codes}).to_parquet(tmp_path / name)
    return tmp_path


@pytest.mark.parametrize("seed", range(20))
def test_a_state_that_is_left_out_is_named_and_every_other_keeps_a_county(
    tables: Path, seed: int
) -> None:
    states, gone = _left_out(tables, np.random.default_rng(seed), set())
    assert len(states) == 1, "one state in ten, at least one, is left out"
    codes = set(pd.read_parquet(tables / LISTS[0])["county_fips"])
    assert {code[:2] for code in codes - gone} == {"60", "61", "62"} - states


@pytest.mark.parametrize("seed", range(20))
def test_a_county_that_a_report_is_about_stays(tables: Path, seed: int) -> None:
    states, gone = _left_out(tables, np.random.default_rng(seed), {"61005", "60001"})
    assert states == {"62"}
    assert not {"61005", "60001"} & gone
    assert 2 < len(gone) < 30


def test_counties_of_other_years_lists_are_left_out_too(tables: Path) -> None:
    codes = [f"61{number}" for number in range(110, 190)]
    pd.DataFrame({"county_fips": codes}).to_parquet(tables / "county_year.parquet")
    _, gone = _left_out(tables, np.random.default_rng(1), {"61003"})
    assert 10 < len(gone & set(codes)) < 30
