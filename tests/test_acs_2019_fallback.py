"""The table of real counties is the bundled file laid out, and can be made again."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, files

import pandas as pd
import pytest

from coopanalysis.errors import DataError
from coopanalysis.paths import reference_dir
from coopanalysis.sources.reference import read_county_acs_2019
from tools.acs_2019_fallback import _lay_out, convert_fallback


def test_the_committed_table_has_the_counties_of_2019_with_puerto_rico():
    counties = read_county_acs_2019()
    assert len(counties) == 3220
    assert counties["county_fips"].is_unique
    assert counties["state_fips"].eq("72").sum() == 78
    assert counties["county_fips"].str[:2].eq(counties["state_fips"]).all()
    mainland = counties.loc[counties["state_fips"].ne("72"), "population_count"]
    assert mainland.sum() == 324_697_795
    assert counties.drop(columns="source_sheet").notna().all().all()


def test_percentages_are_those_of_the_counts():
    counties = read_county_acs_2019()
    poverty = 100 * counties["poverty_count"] / counties["poverty_universe_count"]
    assert (poverty - counties["poverty_pct"]).abs().max() <= 0.005001
    jobless = 100 * counties["unemployed_count"] / counties["labor_force_count"]
    assert (jobless - counties["unemployment_pct"]).abs().max() <= 0.005001
    assert (counties["poverty_count"] <= counties["poverty_universe_count"]).all()


def test_a_county_is_laid_out():
    raw = pd.DataFrame(
        [["Lake, Ard County, Ardland", "200", "40", "160", "51000", "3", "60", "91", "003"]],
        columns=[
            "NAME",
            "B01003_001E",
            "B17001_002E",
            "B17001_001E",
            "B19013_001E",
            "B23025_005E",
            "B23025_003E",
            "state",
            "county",
        ],
    )
    row = _lay_out(raw).iloc[0]
    assert (row["county_fips"], row["county"], row["state"]) == (
        "91003",
        "Lake, Ard County",
        "Ardland",
    )
    assert (row["poverty_pct"], row["unemployment_pct"]) == (25.0, 5.0)


def test_another_file_is_refused(tmp_path):
    other = tmp_path / "other.json"
    other.write_text("[]", encoding="utf-8")
    with pytest.raises(DataError, match=r"libbee 0\.0\.7"):
        convert_fallback(other)


def test_the_committed_table_is_made_from_the_package(tmp_path):
    try:
        listed = files("libbee") or []
    except PackageNotFoundError:
        pytest.skip("the package libbee 0.0.7 is not installed; the table cannot be made again")
    source = next(f for f in listed if f.name == "_census_acs_2019_fallback.json").locate()
    again = tmp_path / "again.csv"
    convert_fallback(source).to_csv(again, index=False, lineterminator="\n")
    assert again.read_bytes() == (reference_dir() / "county_acs_2019.csv").read_bytes()
