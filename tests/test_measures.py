"""Measures that a release may lack: joined where there is a file, missing and named where not."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from coopanalysis.catalog.tables import COUNTY, COUNTY_YEAR, TABLES
from coopanalysis.errors import BuildError
from coopanalysis.panel import Panel, build_release, check_release_data, load_release
from coopanalysis.panel.inputs import OPTIONAL
from coopanalysis.paths import HOME_VARIABLE, MIRROR_VARIABLE
from measure_samples import MEASURES, SHARED, add_measures
from release_samples import CODES, LAYOUTS, ROWS, edit, write_manifest, write_release

ONE_TIME_MEASURES = [column for column in COUNTY.columns if column.optional]
YEARLY_MEASURES = [column for column in COUNTY_YEAR.columns if column.optional]
NAMES = {" ".join(wanted).strip() for wanted in OPTIONAL} & {
    name for layout, _, vintage in MEASURES.values() for name in (layout, f"{layout} {vintage}")
}
"""Measures as the record of a build names them where they are lacking."""


@pytest.fixture
def demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "home"))
    monkeypatch.delenv(MIRROR_VARIABLE, raising=False)
    folder = write_release(tmp_path / "home")
    reference = (folder / "../reference").resolve()
    real = Path(__file__).parents[1] / "data" / "raw" / "reference"
    for name in ("county_acs_2019.csv", "county_changes.csv"):
        (reference / name).write_bytes((real / name).read_bytes())
    return folder


@pytest.mark.slow
def test_without_their_files_all_measures_are_missing_and_named(demo: Path) -> None:
    build_release("demo")
    panel = load_release("demo")
    assert panel.county[[column.name for column in ONE_TIME_MEASURES]].isna().all(axis=None)
    assert panel.county_year[[column.name for column in YEARLY_MEASURES]].isna().all(axis=None)
    assert panel.county_year_subgroup.empty
    for name, table in TABLES.items():
        types = {column.name: column.dtype for column in table.columns}
        assert getattr(panel, name).dtypes.astype("str").to_dict() == types
    assert panel.build["not_in_release"] == [" ".join(wanted).strip() for wanted in OPTIONAL]
    assert not {join["right"] for join in panel.build["joins"]} & {m[0] for m in OPTIONAL} - {
        "votes-president"
    }


@pytest.mark.slow
def test_with_their_files_they_are_joined(demo: Path) -> None:
    rows = add_measures(demo)
    build_release("demo")
    panel = load_release("demo")
    assert not set(panel.build["not_in_release"]) & NAMES
    assert "police-employees" in panel.build["not_in_release"]
    county = panel.county.set_index("county_fips")
    assert county["land_area_km2"].tolist() == [2.5] + [5.0] * (len(CODES) - 1)
    expected = county["population_count"].astype("float64") / county["land_area_km2"]
    assert county["population_per_km2"].tolist() == expected.tolist()
    assert county.loc["91001", ["votes_count_2024", "republican_share_2024"]].tolist() == [100, 0.3]
    assert county.loc["91001", ["votes_count", "republican_share"]].tolist() == [100, 0.6]
    assert county["votes_count_2024"].notna().sum() == sum(code[:2] == "91" for code in CODES)
    assert (county["turnout_share"].isna() == (county.index == CODES[-1])).all()
    subgroups = panel.county_year_subgroup
    assert len(subgroups) == rows["subgroups"]
    assert set(zip(subgroups["subgroup_type"], subgroups["subgroup"], strict=True)) == {
        ("all", "All"),
        ("gender", "Female"),
    }
    assert check_release_data("demo") == []


@pytest.mark.slow
def test_shared_estimates_are_one_survey_area(demo: Path) -> None:
    add_measures(demo)
    build_release("demo")
    panel = load_release("demo").county_year
    years = panel[panel["year"] == 2021].set_index("county_fips")
    for topic in ("income", "employment", "hs_degree"):
        areas = years[f"{topic}_survey_area"]
        counts = years[f"{topic}_shared_counties_count"]
        assert set(areas[SHARED]) == {min(SHARED)}
        assert (counts[SHARED] == len(SHARED)).all()
        alone = [code for code in CODES[:-1] if code not in SHARED]
        assert areas[alone].tolist() == alone
        assert (counts[alone] == 1).all()
        assert pd.isna(areas[CODES[-1]]) and pd.isna(counts[CODES[-1]])


@pytest.mark.slow
def test_one_file_may_be_there_without_the_others(demo: Path) -> None:
    add_measures(demo, {"poor"})
    build_release("demo")
    panel = load_release("demo")
    filled = panel.county_year[[column.name for column in YEARLY_MEASURES]].notna().any()
    assert filled[filled].index.tolist() == ["poverty_exposure_share", "poverty_exposure_quality"]
    assert "urban-poverty-exposure" not in panel.build["not_in_release"]


@pytest.mark.slow
def test_a_file_only_checked_enters_no_table(demo: Path) -> None:
    layouts = {**LAYOUTS, "shapes-again": LAYOUTS["shapes"]}
    write_manifest(demo, {**ROWS, "shapes-again": 10}, layouts)
    with pytest.raises(BuildError, match="one source of layout 'topojson' and has shapes, shapes-"):
        build_release("demo")
    manifest = demo / "sources.toml"
    manifest.write_text(manifest.read_text() + "checked_only = true\n")
    build_release("demo")
    panel = load_release("demo")
    assert [item["id"] for item in panel.build["inputs"]][-1] == "shapes-again"
    assert len(panel.boundaries) == 10


def test_two_files_of_one_vintage_are_refused(demo: Path) -> None:
    rows = add_measures(demo)
    layouts = {**LAYOUTS, **MEASURES, "votes-again": MEASURES["votes-2024"]}
    write_manifest(demo, {**ROWS, **rows, "votes-again": rows["votes-2024"]}, layouts)
    with pytest.raises(BuildError, match="layout 'votes-president' and vintage 2024 and has"):
        build_release("demo")


def test_damage_in_a_measure_stops_the_build_and_names_the_row(demo: Path) -> None:
    rows = add_measures(demo)
    edit(demo / "jobs/jobs.csv", "2021,91,003,0.5000000000000001,", "2021,91,003,half,")
    write_manifest(demo, {**ROWS, **rows}, {**LAYOUTS, **MEASURES})
    with pytest.raises(BuildError) as caught:
        build_release("demo")
    assert "jobs.csv: 1 rows cannot be used, not a number: share_employed" in str(caught.value)
    assert "(row 3)" in str(caught.value)


@pytest.mark.slow
def test_an_unknown_subgroup_is_caught_on_the_way_out(demo: Path) -> None:
    rows = add_measures(demo)
    edit(demo / "subgroups/subgroups.csv", "gender,Female", "gender,Females")
    write_manifest(demo, {**ROWS, **rows}, {**LAYOUTS, **MEASURES})
    with pytest.raises(BuildError, match=r"table county_year_subgroup, column subgroup: 1 values"):
        build_release("demo")


def test_every_estimate_of_a_survey_says_whom_it_is_shared_with() -> None:
    names = {column.name for column in COUNTY_YEAR.columns}
    surveys = {"urban-income", "urban-employment", "urban-hs-degree"}
    for column in YEARLY_MEASURES:
        if column.source in surveys and column.dtype == "float64":
            assert column.shared_by in names, column.name
        else:
            assert not column.shared_by, column.name
    assert not any(column.shared_by for column in COUNTY.columns)
    assert len(TABLES["county_year_subgroup"].column("subgroup").allowed) == 9


@pytest.mark.mirror
def test_the_public_measures(public_release: Panel) -> None:
    panel = public_release
    assert "ilrc-rubric" in panel.build["not_in_release"]
    assert not set(panel.build["not_in_release"]) & {*NAMES, "police-employees"}
    joins = {(join["left"], join["right"]): join for join in panel.build["joins"]}
    county, year = panel.county, panel.county_year
    # Alaska and Kalawao have no votes of 2024; Connecticut has them by planning region.
    votes = joins["county", "votes-president 2024"]
    assert (votes["both"], votes["left_only"], votes["right_only"]) == (3104, 39, 9)
    alaska = county["state_abbr"] == "AK"
    assert county.loc[alaska, ["votes_count_2024", "republican_share_2024"]].isna().all(axis=None)
    capital = county.set_index("county_fips").loc["11001"]
    assert capital["votes_count_2024"] == 325_869
    assert county["turnout_share"].isna().sum() == 31
    assert county["land_area_km2"].notna().all()
    assert 9.14e6 < county["land_area_km2"].sum() < 9.16e6
    # Every row of the yearly files meets a county of its year, but for Alaska's divided one.
    for layout in ("urban-juvenile-arrests", "urban-poverty-exposure"):
        assert joins["county_year", layout]["right_only"] == 0
    for layout, years in (("urban-income", 6), ("urban-employment", 6), ("urban-hs-degree", 3)):
        keys = joins["county_year", layout]["right_only_keys"]
        assert {key.split("/")[0] for key in keys} == {"02063", "02066"}
        assert len(keys) == 2 * years
    moved = year.set_index(["county_fips", "year"])
    assert moved.loc[("46113", 2014), "income_p20_usd"] == 19664.2875
    newest = year[year["year"] == 2023]
    assert newest["income_survey_area"].nunique() == 1137
    assert (newest["income_shared_counties_count"] > 1).sum() == 2185
    assert len(panel.county_year_subgroup) == 84_879
    misplaced = panel.county_year_subgroup.groupby("offenses_misplaced").size()
    assert misplaced.to_dict() == {0: 84_879 - 5 * 27, 1: 5 * 27}
    stated = panel.county["municipal_agreement_latest_list"].sum()
    looked_up = panel.agreements[panel.agreements["county_match"] == "police-list"]
    assert (looked_up["agency_type"] == "municipality").all()
    newest = looked_up[looked_up["list_date"] == "2026-05-18"]
    assert panel.county["municipal_agreement_looked_up_latest_list"].sum() == (
        newest["county_fips"].nunique()
    )
    latest = panel.agreements[
        (panel.agreements["list_date"] == "2026-05-18")
        & (panel.agreements["agency_type"] == "municipality")
        & panel.agreements["county_match"].isin(["exact", "normalised", "correction"])
    ]
    assert stated == latest["county_fips"].nunique()
    identity = pd.DataFrame(panel.build["county_identity"])
    lacking = identity[identity["absent"] > 0].set_index("source")["absent"].to_dict()
    # Outlines that are null or have no area; the newest map is without Alaska and the capital.
    # Votes of Alaska come by district, and surveys use one list for the years of several.
    assert lacking == {
        "sc-activation-2008-2013": 2,
        "votes-president-2020": 31,
        "votes-president-2024": 31,
        "urban-income-2014-2023": 1,
        "urban-employment-2014-2023": 1,
        "urban-hs-degree-2014-2023": 1,
        "boundaries-us-atlas-10m": 1,
        "boundaries-us-atlas-albers-10m": 3,
        "boundaries-albers-2023": 5 + 30 + 1,
        "medsl-county-context-2018": 31,
        "quickfacts-counties-2019": 3,
    }
    assert {record["source"] for record in panel.build["county_identity"]} >= {
        "census-counties-2019",
        "census-counties-2023",
        "urban-population-2014-2023",
    }
