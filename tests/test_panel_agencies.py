"""Return A in a build: its tables, its record, and that a year is built once."""

from __future__ import annotations

import ast
import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

import coopanalysis
from coopanalysis.catalog.tables import AGENCY_YEAR, COUNTY_REPORTING
from coopanalysis.errors import BuildError
from coopanalysis.panel import agency_years as panel_agencies
from coopanalysis.panel import build_release, check_release_data, load_release
from coopanalysis.panel.agency_years import county_list_of
from coopanalysis.paths import HOME_VARIABLE, MIRROR_VARIABLE, processed_dir
from coopanalysis.sources.reading import Reading
from release_samples import LAYOUTS, ROWS, write_manifest, write_release
from return_a_samples import agencies
from tools.demo.return_a import simulate_return_a

YEARS = (2021, 2022)
MORE = {
    "ucr": ("ucr-states", "ucr/ucr_states.csv", "1960-2013"),
    **{f"return-{year}": ("fbi-return-a", f"return/RETA{year}.zip", str(year)) for year in YEARS},
}
MORE_ROWS = {"ucr": 2, "return-2021": 4, "return-2022": 4}


@pytest.fixture
def demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Raw folder of a small fictional release with two years of Return A."""
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "home"))
    monkeypatch.delenv(MIRROR_VARIABLE, raising=False)
    return write_home(tmp_path / "home")


@pytest.fixture(scope="module")
def built_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Project of such a release, built."""
    home = tmp_path_factory.mktemp("agencies") / "home"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(HOME_VARIABLE, str(home))
        patch.delenv(MIRROR_VARIABLE, raising=False)
        write_home(home)
        build_release("demo")
    return home


@pytest.fixture
def built(built_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Raw folder of a copy of that project, which is the one at work."""
    shutil.copytree(built_home, tmp_path / "home")
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "home"))
    monkeypatch.delenv(MIRROR_VARIABLE, raising=False)
    return tmp_path / "home" / "data" / "raw" / "demo"


def write_home(home: Path) -> Path:
    folder = write_release(home)
    (folder / "ucr").mkdir()
    (folder / "ucr/ucr_states.csv").write_text(
        "ucr_state,ori_prefix,state_fips,state\n71,QA,91,Northmark\n72,CZ,,Canal\n"
    )
    shutil.copy(REFERENCE / "former_county_names.csv", folder.parent / "reference")
    (folder / "return").mkdir()
    for year in YEARS:
        write_year(folder, year)
    declare(folder)
    return folder


REFERENCE = Path(__file__).parents[1] / "data" / "raw" / "reference"


def write_year(folder: Path, year: int, **columns: object) -> None:
    frame = agencies(ucr_state="71", agency=["ASH", "ASHTON", "SAINT ORLA", "ORLAVILLE"])
    packed = simulate_return_a(frame.assign(**columns), year)
    (folder / f"return/RETA{year}.zip").write_bytes(packed)


def declare(folder: Path) -> None:
    write_manifest(folder, {**ROWS, **MORE_ROWS}, {**LAYOUTS, **MORE})


@pytest.fixture
def unpacked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Ids of the master files that were unpacked and read."""
    names: list[str] = []
    plain = panel_agencies.read_return_a

    def read(path: Path, source: str = "") -> Reading:
        names.append(source)
        return plain(path, source)

    monkeypatch.setattr(panel_agencies, "read_return_a", read)
    return names


@pytest.mark.slow
def test_both_tables_hold_every_year(demo: Path) -> None:
    summary = build_release("demo")
    assert (summary.rows["agency_year"], summary.rows["county_reporting"]) == (10, 4)
    panel = load_release("demo")
    assert list(panel.agency_year) == [column.name for column in AGENCY_YEAR.columns]
    assert list(panel.county_reporting) == [column.name for column in COUNTY_REPORTING.columns]
    assert panel.agency_year.groupby("year").size().to_dict() == {2021: 5, 2022: 5}
    ash = panel.county_reporting.set_index(["county_fips", "year"]).loc[("91001", 2021)]
    assert (ash["population_covered"], ash["coverage_share"]) == (10_000, 1.0)
    assert (ash["agencies_complete_count"], ash["property_offenses_sent"]) == (2, 287.5)
    orla = panel.county_reporting.set_index(["county_fips", "year"]).loc[("91003", 2022)]
    assert orla["agencies_reported_elsewhere_count"] == 1
    assert orla["coverage_share"] == pytest.approx((9_000 / 2 + 2_000 + 1_000 / 2) / 12_000)


@pytest.mark.slow
def test_the_record_says_what_was_read_and_matched(built: Path) -> None:
    build = load_release("demo").build
    rows = {one["id"]: (one["rows_in"], one["rows_kept"]) for one in build["inputs"]}
    assert rows["return-2021"] == rows["return-2022"] == (4, 4)
    first, second = build["return_a"]
    assert (first["year"], second["year"]) == YEARS
    assert (first["records"], first["parts"], first["parts_matched"]) == (4, 5, 5)
    assert first["county_list_year"] == 2021
    assert first["residents"] == first["residents_matched"] == 22_000
    assert first["match_rates"][0]["matched_share"] == 1
    assert "fbi-return-a" not in build["not_in_release"]
    assert check_release_data("demo") == []


@pytest.mark.slow
def test_a_year_that_is_built_is_not_read_again(demo: Path, unpacked: list[str]) -> None:
    build_release("demo")
    assert unpacked == ["return-2021", "return-2022"]
    before = tables()
    (demo / "../reference/corrections.toml").resolve().write_text("# looked at again\n")
    assert not build_release("demo").was_current
    assert len(unpacked) == 2
    assert tables() == before


@pytest.mark.slow
def test_only_the_year_that_changed_is_read_again(built: Path, unpacked: list[str]) -> None:
    write_year(built, 2022, murder_actual=[3, 1, 0, 0])
    declare(built)
    build_release("demo")
    assert unpacked == ["return-2022"]
    changed = tables()
    assert load_release("demo").agency_year.groupby("year")["murder_actual"].sum().tolist() == [
        3,
        4,
    ]
    shutil.rmtree(processed_dir("demo"))
    build_release("demo")
    assert tables() == changed


@pytest.mark.slow
def test_another_list_of_agencies_reads_every_year_again(built: Path, unpacked: list[str]) -> None:
    (built / "../reference/former_county_names.csv").resolve().write_text(
        "county_fips,former_name,renamed_year,note\n91003,Orlaland,2000,so\n"
    )
    build_release("demo")
    assert len(unpacked) == 2


@pytest.mark.slow
def test_damaged_tables_are_not_taken_over(built: Path, unpacked: list[str]) -> None:
    before = tables()
    table = processed_dir("demo") / "agency_year.parquet"
    pd.read_parquet(table).iloc[1:].to_parquet(table)
    build_release("demo")
    assert len(unpacked) == 2
    assert tables() == before


@pytest.mark.slow
def test_without_return_a_the_tables_are_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "bare"))
    monkeypatch.delenv(MIRROR_VARIABLE, raising=False)
    write_release(tmp_path / "bare")
    build_release("demo")
    panel = load_release("demo")
    assert panel.build["return_a"] == []
    assert "fbi-return-a" in panel.build["not_in_release"]
    for frame, table in (
        (panel.agency_year, AGENCY_YEAR),
        (panel.county_reporting, COUNTY_REPORTING),
    ):
        assert frame.empty
        assert list(frame) == [column.name for column in table.columns]


@pytest.mark.slow
def test_tables_are_read_when_asked_for(built: Path) -> None:
    panel = load_release("demo")
    assert "agency_year" not in vars(panel)
    assert panel.agency_year is panel.agency_year


def test_a_file_of_another_year_is_refused(demo: Path) -> None:
    shutil.copy(demo / "return/RETA2021.zip", demo / "return/RETA2022.zip")
    declare(demo)
    with pytest.raises(BuildError, match="holds records of 2021; the manifest says 2022"):
        build_release("demo")


def test_damage_is_reported_with_that_of_other_files(demo: Path) -> None:
    (demo / "return/RETA2021.zip").write_bytes(b"PK\x03\x04 nothing")
    (demo / "secure/activation.dta").unlink()
    with pytest.raises(BuildError) as caught:
        build_release("demo")
    message = str(caught.value)
    assert len(caught.value.failures) == 2
    assert "activation.dta: the file is missing" in message
    assert "RETA2021.zip: is not the file of the manifest" in message
    assert "is damaged" in message


def test_residents_are_used_only_near_the_year_of_the_list() -> None:
    population = pd.DataFrame(
        {
            "county_fips": ["91001", "91001"],
            "county": ["Ash County", "Ash County"],
            "year": [2014, 2015],
            "population_count": [1000, 1001],
        }
    )
    near, list_year = county_list_of(2013, population)
    assert (list_year, near["population_count"].tolist()) == (2014, [1000])
    far, list_year = county_list_of(1974, population)
    assert list_year == 2014
    assert "population_count" not in far


def test_no_module_that_shapes_a_year_is_left_out_of_its_key() -> None:
    package = Path(coopanalysis.__file__).parent
    places = [package / name for name in panel_agencies.DECIDING]
    assert [place for place in places if not place.exists()] == []
    files = [one for at in places for one in (at.glob("*.py") if at.is_dir() else [at])]
    for file in files:
        if file.parent.name == "panel" or file.suffix != ".py":
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            name = node.module if isinstance(node, ast.ImportFrom) else None
            if name and name.startswith(("coopanalysis.clean.", "coopanalysis.sources.")):
                path = package.joinpath(*name.split(".")[1:])
                assert (
                    path.with_suffix(".py") in files
                    or path in places
                    or path in {one.parent for one in files}
                ), f"{file.name} imports {name}"


def tables() -> dict[str, bytes]:
    folder = processed_dir("demo")
    build = json.loads((folder / "build.json").read_text())
    files = {file.name: file.read_bytes() for file in folder.glob("*.parquet")}
    return {**files, "years": json.dumps(build["return_a"]).encode()}
