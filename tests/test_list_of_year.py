"""Codes of one list in every year become those of the list of the year, or stay as they are."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from coopanalysis.clean.list_of_year import codes_in_base_list, in_list_of_year
from coopanalysis.clean.vintages import county_codes, load_vintages
from coopanalysis.sources import READERS
from coopanalysis.sources.reference import read_county_changes


def frame(*rows: tuple[str, int]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["county_fips", "year"]).astype({"county_fips": "str"})


def codes(*rows: tuple[str, int]) -> list[str]:
    return in_list_of_year(frame(*rows), read_county_changes())["county_fips"].tolist()


def test_a_changed_code_is_that_of_the_year() -> None:
    rows = [("46102", 2014), ("46102", 2015), ("02158", 2014), ("46113", 2016), ("90001", 2014)]
    assert codes(*rows) == ["46113", "46102", "02270", "46102", "90001"]


def test_divided_units_keep_their_code() -> None:
    rows = [("02063", 2018), ("02066", 2018), ("09110", 2021), ("51019", 2012)]
    assert codes(*rows) == ["02063", "02066", "09110", "51019"]


def test_a_file_that_has_both_codes_is_left_alone() -> None:
    assert codes(("46102", 2014), ("46113", 2014)) == ["46102", "46113"]


BASE = pd.Series(sorted(county_codes(2021, load_vintages())), dtype="str")


def test_codes_of_an_older_list_meet_the_base_list() -> None:
    now = {
        "46113": "46102",
        "02270": "02158",
        "12025": "12086",
        "51780": "51083",
        "51560": "51005",
        "01001": "01001",
        "36061": "36061",
    }
    old = pd.Series([*now, "02261", "30113", "02232", "99999"], dtype="str")
    found = codes_in_base_list(old, BASE, read_county_changes())
    assert found.tolist()[: len(now)] == list(now.values())
    assert found[len(now) :].isna().all()


def test_each_change_is_followed_only_where_the_whole_place_went_on() -> None:
    changes = read_county_changes()
    rows = changes[(changes["old_fips"] != changes["new_fips"]) & ~changes["old_fips"].isin(BASE)]
    rows = rows[rows["list_year"] <= 2021]
    found = codes_in_base_list(rows["old_fips"], BASE, changes)
    assert found.notna().tolist() == rows["forward_share"].eq(1).tolist()
    assert found.dropna().isin(BASE).all()


@pytest.mark.mirror
def test_real_survey_files_then_lack_divided_units_only(mirror: Path) -> None:
    vintages = load_vintages()
    file = next((mirror / "urban-income-2014-2023").iterdir())
    income = READERS["urban-income"](file, "").frame
    moved = in_list_of_year(income, vintages.changes)
    assert moved.shape == income.shape
    for year, rows in moved.groupby("year"):
        listed = county_codes(int(str(year)), vintages)
        beyond = set(rows["county_fips"]) - listed
        assert beyond == ({"02063", "02066"} if int(str(year)) < 2020 else set())
        assert listed - set(rows["county_fips"]) == ({"02261"} if beyond else set())
