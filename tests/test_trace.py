"""From a cell back to file, sheet and row: for every column, and clear where there is none."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from coopanalysis import cli
from coopanalysis.catalog.tables import COUNTY, COUNTY_YEAR, PROVENANCE
from coopanalysis.errors import DataError, UsageError
from coopanalysis.panel import (
    Panel,
    build_release,
    check_release_data,
    origins,
    trace_cell,
    trace_county,
)
from coopanalysis.panel import trace as trace_module
from coopanalysis.panel.provenance_table import LAYOUTS
from coopanalysis.paths import HOME_VARIABLE, MIRROR_VARIABLE, processed_dir
from release_samples import LAYOUTS as SAMPLES
from release_samples import edit, write_release

BY_AGENCY = {"ice-287g", "police-employees"}
ABSENCE_IS_A_VALUE = {"in_base_list", "offenses_misplaced", "most_agencies_reported"}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "home"))
    monkeypatch.delenv(MIRROR_VARIABLE, raising=False)
    return tmp_path / "home"


@pytest.fixture
def raw(built_copy: Callable[..., Path]) -> Path:
    """Raw folder of a small fictional release, built."""
    return built_copy()


# ---- the rows of a small release


def test_a_cell_of_a_text_file(raw: Path) -> None:
    trace = trace_cell("demo", "91003", "poverty_pct")
    assert (trace.value, trace.unit) == (14.5, "percent, 0 to 100")
    (origin,) = trace.origins
    line = (raw / SAMPLES["acs"][1]).read_text().splitlines()[origin.row - 1]
    assert line.startswith("91003,")
    assert (origin.source, origin.sheet) == ("acs", "")
    assert origin.file == "data/raw/demo/acs/acs.csv"
    assert (origin.cells["CountyId"], origin.cells["Poverty"]) == ("91003", "14.5")
    assert (origin.corrections, trace.without_row, trace.notes) == ((), (), ())


def test_a_cell_of_the_county_table_is_of_the_base_year(raw: Path) -> None:
    (origin,) = trace_cell("demo", "91001", "population_count").origins
    assert origin.cells["year"] == "2021"
    (origin,) = trace_cell("demo", "91001", "population_count", 2022).origins
    assert origin.cells["year"] == "2022"


def test_a_cell_about_the_state(raw: Path) -> None:
    (origin,) = trace_cell("demo", "91001", "state_abbr").origins
    assert origin.cells["state_fips"] == "91"
    assert origin.file == "data/raw/reference/states.csv"


def test_a_flag_rests_on_the_rows_of_its_list(raw: Path) -> None:
    listed = trace_cell("demo", "91001", "agreement_latest_list")
    assert listed.value == 1
    assert [origin.source for origin in listed.origins] == ["list-2031"]
    assert listed.origins[0].how == "county found by: exact"
    assert "COUNTY" in listed.origins[0].cells
    first = trace_cell("demo", "91001", "agreement_first_list")
    assert [origin.source for origin in first.origins] == ["list-2030"] * 2
    jail = trace_cell("demo", "91001", "jail_enforcement_latest_list")
    assert (jail.value, jail.origins, jail.without_row) == (0, (), ("list-2031",))
    assert "list-2031: no row about this county" in str(jail)


def test_a_practice_rests_on_the_file_it_comes_from(raw: Path) -> None:
    trace = trace_cell("demo", "91001", "agreement_latest_list")
    assert {origin.source for origin in trace.origins} == {"list-2031"}
    for practice in ("agreement_287g", "notifies_ice"):
        absent = trace_cell("demo", "91001", practice)
        assert (absent.value, absent.origins) == (None, ())
        assert absent.notes == ("The release has no file of layout 'ilrc-rubric'.",)


@pytest.mark.slow
def test_with_a_rubric_a_practice_rests_on_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    write_release(home, rubric=True)
    build_release("demo")
    for column in ("agreement_287g", "practices_source", "cooperation_score"):
        (origin,) = trace_cell("demo", "91001", column).origins
        assert (origin.source, origin.cells["GEOID FIPS"]) == ("rubric", "91001")


@pytest.mark.slow
def test_corrections_are_shown(home: Path) -> None:
    folder = write_release(home)
    corrections = folder / "../reference/corrections.toml"
    corrections.resolve().write_text(
        '[[correction]]\nsource = "acs"\nrow = 2\ncolumn = "poverty_pct"\nexpected = "14.5"\n'
        'put = "15.5"\nreason = "A slip of the pen."\n'
    )
    build_release("demo")
    trace = trace_cell("demo", "91001", "poverty_pct")
    assert trace.value == 15.5
    assert trace.origins[0].cells["Poverty"] == "14.5"
    assert trace.origins[0].corrections == (
        "poverty_pct was '14.5', now '15.5': A slip of the pen.",
    )
    assert "  corrected: poverty_pct was" in str(trace)
    assert trace_cell("demo", "91003", "poverty_pct").origins[0].corrections == ()


def test_a_raw_file_that_is_another_by_now_is_not_quoted(raw: Path) -> None:
    file = raw / SAMPLES["acs"][1]
    edit(file, "14.5", "99.5")
    trace = trace_cell("demo", "91001", "poverty_pct")
    assert (trace.value, trace.origins[0].cells) == (14.5, {})
    assert trace.notes == (
        "data/raw/demo/acs/acs.csv is not the one that the tables were built from: its cells are "
        "not shown.",
    )
    file.unlink()
    assert "is not there" in trace_cell("demo", "91001", "poverty_pct").notes[0]


# ---- what is asked for wrongly


@pytest.mark.parametrize(
    ("county", "column", "year", "message"),
    [
        ("91002", "poverty_pct", None, r"no county '91002'\. The nearest: 91001 .*91003"),
        ("ash", "poverty_pct", None, "The nearest: 91001 Ash County, Northmark"),
        ("91001", "povrty_pct", None, "No column 'povrty_pct'. The nearest: poverty_pct"),
        ("91001", "reporting_quality", None, "of table county_year. Name a year with --year"),
        ("91001", "votes_count", 2021, "of table county. Leave out --year"),
        ("91001", "population_count", 2031, "no year 2031 of county 91001. It has 2021, 2022"),
    ],
)
def test_errors_name_the_nearest(
    raw: Path, county: str, column: str, year: int | None, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        trace_cell("demo", county, column, year)


def test_without_a_build_it_says_how_to_get_one(home: Path) -> None:
    write_release(home)
    with pytest.raises(DataError, match="coopanalysis data build --release demo"):
        trace_cell("demo", "91001", "poverty_pct")


# ---- the command


def test_the_command_prints_text_or_json(raw: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["data", "trace", "-r", "demo", "--county", "91003", "--column", "poverty_pct"]
    assert cli.main(words) == 0
    shown = capsys.readouterr().out
    assert "poverty_pct = 14.5   [percent, 0 to 100]" in shown
    assert "data/raw/demo/acs/acs.csv, row 3" in shown
    assert cli.main([*words, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["origins"][0]["cells"]["Poverty"] == "14.5"
    assert (document["value"], document["year"]) == (14.5, None)
    assert cli.main([*words[:-1], "nonsense"]) == 2


def test_dates_and_missing_values_in_json(raw: Path) -> None:
    assert trace_cell("demo", "91001", "secure_communities_date").value == "2010-03-01"
    assert trace_cell("demo", "91001", "reporting_quality", 2022).value is None


# ---- the table behind it


def test_provenance_is_declared_checked_and_complete(raw: Path) -> None:
    folder = processed_dir("demo")
    table = pd.read_parquet(folder / "provenance.parquet")
    assert list(table) == [column.name for column in PROVENANCE.columns]
    assert not table.duplicated(list(PROVENANCE.key)).any()
    assert set(table["layout"]) == set(LAYOUTS) & {layout for layout, _, _ in SAMPLES.values()}
    assert check_release_data("demo") == []


def places(frame: pd.DataFrame, *, dated: bool) -> list[pd.Series]:
    """County and state of each row of a table, perhaps with its year."""
    years = frame["year"].astype("str") if dated else ""
    return [frame["county_fips"] + years, frame["state_fips"] + years]


def rows_met(frame: pd.DataFrame, provenance: pd.DataFrame) -> dict[str, pd.Series]:
    """Of each layout, which rows of a table have a raw row about their place, and their year."""
    keys = {dated: places(frame, dated=dated) for dated in {False, "year" in frame}}
    met = {}
    for layout, rows in provenance.groupby("layout"):
        dated = "year" in frame and rows["year"].notna().all()
        found = set(rows["place_fips"] + (rows["year"].astype("str") if dated else ""))
        met[layout] = keys[dated][0].isin(found) | keys[dated][1].isin(found)
    return met


def check_every_value_has_a_row(folder: Path) -> None:
    """Every value of the two tables has a row in each layout that its column comes from."""
    provenance = pd.read_parquet(folder / "provenance.parquet")
    checked = 0
    for table in (COUNTY, COUNTY_YEAR):
        frame = pd.read_parquet(folder / f"{table.name}.parquet")
        met = rows_met(frame, provenance[~provenance["layout"].isin(BY_AGENCY)])
        for column in table.columns:
            known = frame[column.name].notna()
            for layout in set(column.source.split(", ")) & set(met):
                if column.name not in ABSENCE_IS_A_VALUE:
                    lost = frame[known & ~met[layout]]
                    assert lost.empty, f"{table.name}.{column.name} {layout}: {lost.head()}"
                    checked += 1
    assert checked > 30


@pytest.mark.slow
def test_every_value_of_demo_has_a_row(demo: Panel) -> None:
    check_every_value_has_a_row(processed_dir(demo.release))


def remembered(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, which does the same but once."""
    known: dict[str, Any] = {}

    def call(*asked: Any) -> Any:
        key = repr([sorted(one) if isinstance(one, set) else one for one in asked])
        if key not in known:
            known[key] = function(*asked)
        return known[key]

    return call


@pytest.mark.slow
def test_every_column_of_demo_can_be_traced(demo: Panel, monkeypatch: pytest.MonkeyPatch) -> None:
    for module, names in (
        (origins, ("sha256_of", "raw_rows")),
        (trace_module, ("read_table",)),
        (trace_county, ("read_table",)),
    ):
        for name in names:
            monkeypatch.setattr(module, name, remembered(getattr(module, name)))
    code = demo.county.loc[demo.county["agreement_latest_list"] == 1, "county_fips"].iloc[0]
    for column in COUNTY.columns:
        trace = trace_cell("demo", code, column.name)
        assert trace.origins or trace.without_row or trace.notes, column.name
        assert all(origin.cells for origin in trace.origins), column.name
    for column in COUNTY_YEAR.columns:
        trace = trace_cell("demo", code, column.name, 2021)
        assert trace.origins or trace.without_row or trace.notes, column.name
        assert all(origin.cells for origin in trace.origins), column.name


def test_coverage_of_demo_goes_back_to_records(demo: Panel) -> None:
    reporting = pd.read_parquet(processed_dir("demo") / "county_reporting.parquet")
    row = reporting[reporting["population_covered"] > 0].iloc[0]
    trace = trace_cell("demo", row["county_fips"], "coverage_share", int(row["year"]))
    residents = sum(int(origin.cells["population_covered"]) for origin in trace.origins)
    assert residents == row["population_covered"]


# ---- the real files


@pytest.fixture
def public(public_release: Panel) -> Path:
    """Processed folder of the public release."""
    return processed_dir(public_release.release)


@pytest.mark.mirror
@pytest.mark.slow
def test_the_public_release_can_be_traced(public: Path) -> None:
    check_every_value_has_a_row(public)
    trace = trace_cell("public", "12086", "agreement_latest_list")
    assert trace.value == 1
    assert {origin.source for origin in trace.origins} == {"ice-287g-participating-2026-05-18"}
    assert {origin.cells["COUNTY"] for origin in trace.origins} == {"Miami-Dade County"}
    for column, source, cell in (
        ("votes_count", "votes-president-2020", "total_votes"),
        ("votes_count_2024", "votes-president-2024", "total_votes"),
        ("population_count", "urban-population-2014-2023", "population"),
    ):
        trace = trace_cell("public", "12086", column)
        (origin,) = trace.origins
        assert (origin.source, trace.value) == (source, int(float(origin.cells[cell])))
    land = trace_cell("public", "12086", "land_area_km2")
    assert [origin.source for origin in land.origins] == ["census-counties-2023"]
    former = trace_cell("public", "09001", "land_area_km2")
    assert [origin.source for origin in former.origins] == ["census-counties-2019"]
    assert former.without_row == ("census-counties-2023",)


@pytest.mark.mirror
@pytest.mark.slow
def test_corrections_and_codes_of_other_lists_in_the_public_release(public: Path) -> None:
    lists = pd.read_parquet(public / "agreements.parquet")
    (one,) = lists[
        (lists["source"] == "ice-287g-participating-2025-07-15") & (lists["source_row"] == 754)
    ].to_dict("records")
    trace = trace_cell("public", one["county_fips"], "agreement_first_list")
    shown = [text for origin in trace.origins for text in origin.corrections]
    assert any("signed_text was '7/72025', now '2025-06-25'" in text for text in shown)
    moved = trace_cell("public", "46113", "income_p50_usd", 2014)
    assert len(moved.origins) == 1
