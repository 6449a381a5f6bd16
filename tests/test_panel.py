"""Building a release: tables as declared, joins on record, failures named, nothing half done."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from agreement_samples import row, write_list
from coopanalysis import cli, filehash
from coopanalysis.catalog.sources import Source, release_sources, source_path
from coopanalysis.catalog.tables import TABLES
from coopanalysis.errors import BuildError, DataError, UsageError
from coopanalysis.panel import (
    Panel,
    build_release,
    check_release_data,
    load_release,
    read_one,
)
from coopanalysis.panel.record import is_complete, read_build
from coopanalysis.paths import HOME_VARIABLE, MIRROR_VARIABLE, processed_dir
from coopanalysis.vocabulary import PRACTICE_NAMES
from release_samples import CODES, LAYOUTS, ROWS, edit, write_manifest, write_release


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "home"))
    monkeypatch.delenv(MIRROR_VARIABLE, raising=False)
    return tmp_path / "home"


@pytest.fixture
def demo(home: Path) -> Path:
    """Raw folder of a small fictional release."""
    return write_release(home)


@pytest.fixture
def built(built_copy: Callable[..., Path]) -> Path:
    """The same, built."""
    return built_copy()


def contents(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*.*")}


# ---- what a build makes


def test_a_build_makes_every_declared_table(demo: Path) -> None:
    lines: list[str] = []
    summary = build_release("demo", progress=lines.append)
    assert summary.rows == {
        "county": 10,
        "county_year": 21,
        "county_year_subgroup": 0,
        "agreements": 8,
        "agreement_listings": 7,
        "agreement_spells": 5,
        "rejects": 2,
        "detention_facility": 0,
        "detention": 0,
        "detainers_declined": 0,
        "agency_year": 0,
        "county_reporting": 0,
        "provenance": 91,
        "boundaries": 10,
    }
    assert (summary.rows_in, summary.rows_rejected) == (sum(ROWS.values()), 2)
    assert lines[0] == "demo: reading 12 raw files"
    panel = load_release("demo")
    for name, table in TABLES.items():
        assert list(getattr(panel, name)) == [column.name for column in table.columns]
    assert panel.county["county_fips"].tolist() == sorted(CODES)
    assert (panel.rejects["reason"] == "state house district, not a county").all()
    assert [shape.area for shape in panel.boundaries["geometry"]] == [100.0] * 10
    assert panel.boundaries["geometry"].iloc[0].bounds == (5.0, 0.0, 15.0, 10.0)


def test_rows_in_are_rows_kept_and_rows_rejected(built: Path) -> None:
    for item in load_release("demo").build["inputs"]:
        assert item["rows_in"] == item["rows_kept"] + item["rows_rejected"]
        assert item["rows_in"] == ROWS[item["id"]]


def test_flags_come_from_the_first_and_the_latest_list(built: Path) -> None:
    panel = load_release("demo")
    county = panel.county.set_index("county_fips")
    ash, orla, birch = (county.loc[code] for code in ("91001", "91003", "91009"))
    assert (ash["agreement_first_list"], ash["agreement_latest_list"]) == (1, 1)
    assert (orla["agreement_first_list"], orla["agreement_latest_list"]) == (0, 1)
    assert (birch["agreement_latest_list"], birch["municipal_agreement_latest_list"]) == (0, 1)
    assert (ash["jail_enforcement_latest_list"], ash["task_force_latest_list"]) == (0, 1)
    assert (orla["warrant_service_latest_list"], orla["task_force_latest_list"]) == (1, 1)
    assert orla["agreement_signed_date"] == pd.Timestamp("2030-07-05")
    assert county.loc["92003", "agreement_latest_list"] == 0
    assert county["agreement_latest_list"].sum() == 2
    kinds = panel.build["agreement_lists"]
    assert [item["list_kind"] for item in kinds] == ["participating", "pending", "participating"]


RUBRIC_ENTRY = (
    '\n[[source]]\nid = "rubric"\nlayout = "ilrc-rubric"\npath = "rubric/rubric.csv"\n'
    'title = "t"\npublisher = "p"\nmeasures = "m"\nlicence = "l"\nvintage = "2016"\n'
    "optional = true\n"
)
OF_RUBRIC = [*PRACTICE_NAMES, "cooperation_score", "limits_total_published", "practices_source"]


def test_without_a_rubric_no_practice_is_known(built: Path) -> None:
    panel = load_release("demo")
    assert panel.build["absent"] == []
    assert panel.county["agreement_latest_list"].sum() == 2
    assert panel.county[OF_RUBRIC].isna().all().all()
    assert panel.practices == []


@pytest.mark.slow
def test_a_rubric_changes_no_column_that_it_does_not_own(home: Path, demo: Path) -> None:
    build_release("demo")
    without = load_release("demo")
    before, years = without.county, without.county_year
    manifest = demo / "sources.toml"
    manifest.write_text(manifest.read_text() + RUBRIC_ENTRY)
    other = write_release(home.with_name("other"), rubric=True)
    shutil.copytree(other / "rubric", demo / "rubric")
    build_release("demo")
    panel = load_release("demo")
    rest = [one for one in before.columns if one not in OF_RUBRIC]
    assert_frame_equal(panel.county[rest], before[rest])
    assert_frame_equal(panel.county_year, years)
    assert panel.county[OF_RUBRIC].notna().any().all()
    coded = panel.county["agreement_287g"].dropna()
    assert (coded != panel.county.loc[coded.index, "agreement_latest_list"]).any()


@pytest.mark.slow
def test_with_a_rubric_the_practices_are_its_own(home: Path) -> None:
    write_release(home, rubric=True)
    build_release("demo")
    panel = load_release("demo")
    county = panel.county.set_index("county_fips")
    assert (county["agreement_287g"].drop(CODES[-1]) == 1).all()
    assert (county["uses_local_resources"].drop(CODES[-1]) == 0).all()
    assert (county["cooperation_score"].drop(CODES[-1]) == 6).all()
    assert pd.isna(county.loc[CODES[-1], "cooperation_score"])
    assert set(county["practices_source"]) == {"rubric"}
    (disagreement,) = panel.build["rubric_disagreements"]
    assert (disagreement["published"], disagreement["recomputed"]) == (31, 1)
    (repeated,) = panel.rejects.loc[panel.rejects["source"] == "rubric", "reason"]
    assert repeated.startswith("duplicate of another row")


@pytest.mark.slow
def test_an_optional_file_is_taken_up_when_it_is_dropped_in(home: Path, demo: Path) -> None:
    manifest = demo / "sources.toml"
    manifest.write_text(manifest.read_text() + RUBRIC_ENTRY)
    build_release("demo")
    assert load_release("demo").build["absent"] == ["rubric"]
    other = write_release(home.with_name("other"), rubric=True)
    shutil.copytree(other / "rubric", demo / "rubric")
    assert not build_release("demo").was_current
    assert set(load_release("demo").county["practices_source"]) == {"rubric"}


def test_county_years_carry_reporting_and_the_list_of_the_year(built: Path) -> None:
    years = load_release("demo").county_year.set_index(["county_fips", "year"])
    assert years.loc[("91001", 2021), "most_agencies_reported"] == 1
    assert years.loc[("91009", 2021), "most_agencies_reported"] == 0
    assert pd.isna(years.loc[("91009", 2021), "person_offenses_per_100k"])
    assert pd.isna(years.loc[("91001", 2022), "most_agencies_reported"])
    assert years.loc[("92901", 2022), "most_agencies_reported"] == 0
    assert not years.loc[("92901", 2022), "in_base_list"]
    assert years["in_base_list"].sum() == 20
    assert (years["county_vintage"] == years.index.get_level_values("year")).all()


def test_what_does_not_meet_is_named(built: Path) -> None:
    joins = {(item["left"], item["right"]): item for item in load_release("demo").build["joins"]}
    acs = joins["county", "acs-wide"]
    assert (acs["both"], acs["right_only"], acs["right_only_keys"]) == (10, 1, ["92999"])
    votes = joins["county", "votes-president"]
    assert (votes["left_only"], votes["left_only_keys"]) == (1, ["92005"])
    assert joins["county", "state-list"]["validate"] == "m:1"
    assert joins["county_year", "urban-crime"]["left_only"] == 10


# ---- what happens the second time


def test_a_second_build_does_nothing(demo: Path) -> None:
    build_release("demo")
    before = contents(processed_dir("demo"))
    lines: list[str] = []
    summary = build_release("demo", progress=lines.append)
    assert summary.was_current
    assert lines == []
    assert "nothing changed" in str(summary)
    assert contents(processed_dir("demo")) == before


def test_a_second_build_reads_no_file_that_was_not_touched(
    built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, whole, seen = time.time_ns, filehash._digest, []
    monkeypatch.setattr(filehash.time, "time_ns", lambda: clock() + 60_000_000_000)
    monkeypatch.setattr(filehash, "_digest", lambda name: seen.append(name) or whole(name))
    assert build_release("demo").was_current
    assert {processed_dir("demo") / "county.parquet", built / "sources.toml"} < set(map(Path, seen))
    filehash.hash_memory().save()
    filehash._memory.cache_clear()
    seen.clear()
    assert build_release("demo").was_current
    assert seen == []
    (built / "sources.toml").touch()
    assert build_release("demo").was_current
    assert list(map(Path, seen)) == [built / "sources.toml"]


@pytest.mark.slow
def test_two_builds_of_the_same_files_are_the_same(demo: Path) -> None:
    build_release("demo")
    before = contents(processed_dir("demo"))
    shutil.rmtree(processed_dir("demo"))
    build_release("demo")
    assert contents(processed_dir("demo")) == before


@pytest.mark.slow
def test_a_lost_table_is_built_again(built: Path) -> None:
    (processed_dir("demo") / "county.parquet").unlink()
    assert not build_release("demo").was_current
    assert len(load_release("demo").county) == 10


@pytest.mark.slow
def test_a_changed_correction_builds_again(built: Path) -> None:
    (built / "../reference/corrections.toml").resolve().write_text("# looked at again\n")
    assert not build_release("demo").was_current


# ---- damage: one error that names file, row and remedy; the last good build stays


def rename_column(demo: Path) -> None:
    edit(demo / "crime/crime.csv", "rate_crime_violent,", "violent_rate,")


def cut_row(demo: Path) -> None:
    edit(demo / "people/people.csv", "2021,91,005,Northmark,O'Dell Parish,1005\n", "")


def change_a_byte(demo: Path) -> None:
    edit(demo / "race/race.csv", "0.1,0.2,0.3,0.4\n", "0.1,0.2,0.4,0.3\n")


def misspell_in_list(demo: Path) -> None:
    rows = [row(), row(STATE="NORTHMRK", SUPPORT_TYPE="Warrant Service Officer")]
    rows.append(row(SUPPORT_TYPE="Jail Enforcement Model"))
    write_list(demo / LAYOUTS["list-2030"][1], rows)


def misspell_in_names(demo: Path) -> None:
    edit(demo / "acs/acs.csv", "91003,Northmark", "91003,Northmrk")


def spoil_number(demo: Path) -> None:
    edit(demo / "votes/votes.csv", "91005,O'Dell Parish,60", "91005,O'Dell Parish,sixty")


def cut_geometry(demo: Path) -> None:
    file = demo / "shapes/shapes.json"
    file.write_text(file.read_text()[:-40])


def lose(demo: Path) -> None:
    (demo / "secure/activation.dta").unlink()


def misspell_in_states(demo: Path) -> None:
    edit((demo / "../reference/states.csv").resolve(), "Northmark", "Northmrk")


DAMAGE: dict[str, tuple[Callable[[Path], None], list[str]]] = {
    "column renamed": (
        rename_column,
        ["data/raw/demo/crime/crime.csv: is", "lacks the column rate_crime_violent",
         "found year, state, county, violent_rate"],
    ),
    "row cut": (
        cut_row,
        ["people.csv: is not the file of the manifest", "; has 20 data rows, the last in row 21",
         "1 missing of the 21 that the manifest",
         "without a row is county 91005 in 2021"],
    ),
    "hash wrong": (
        change_a_byte,
        ["data/raw/demo/race/race.csv: is not the file of the manifest: SHA-256"],
    ),
    "state misspelt in a list": (
        misspell_in_list,
        ["participatingAgencies06302030.xlsx: ", "1 rows of sheet 'Sheet1' cannot be used",
         "not a state: 'NORTHMRK'", "(row 3)", "data/raw/reference/corrections.toml"],
    ),
    "state misspelt in a table": (
        misspell_in_names,
        ["; 1 rows name the state 'Northmrk'", "(row 3)"],
    ),
    "number spoilt": (spoil_number, ["; 1 rows cannot be used, not a number", "(row 4)"]),
    "geometry cut": (cut_geometry, ["shapes.json: ", "; is not JSON"]),
    "file lost": (lose, ["activation.dta: the file is missing", "git checkout --"]),
    "state misspelt in the list of states": (
        misspell_in_states,
        ["names.csv: 7 rows name the state 'Northmark'"],
    ),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_named_and_the_last_good_build_stays(built: Path, name: str) -> None:
    before = contents(processed_dir("demo").parent)
    damage, words = DAMAGE[name]
    damage(built)
    with pytest.raises(BuildError) as caught:
        build_release("demo")
    message = str(caught.value)
    for word in words:
        assert word in message
    assert "The tables of the last good build stay in" in message
    if "list of states" not in name:
        assert len(caught.value.failures) == 1
    if name != "file lost":
        assert "is not the file of the manifest" in message
    assert contents(processed_dir("demo").parent) == before
    assert len(load_release("demo").county) == 10


def test_damage_is_found_even_if_the_hash_is_declared_anew(demo: Path) -> None:
    misspell_in_list(demo)
    spoil_number(demo)
    write_manifest(demo)
    with pytest.raises(BuildError) as caught:
        build_release("demo")
    assert len(caught.value.failures) == 2
    assert "No tables were written" in str(caught.value)
    assert not processed_dir("demo").exists()


def test_failures_of_all_files_come_together(demo: Path) -> None:
    rename_column(demo)
    cut_row(demo)
    lose(demo)
    with pytest.raises(BuildError) as caught:
        build_release("demo")
    places = {str(failure).split(":")[0].rsplit("/")[-1] for failure in caught.value.failures}
    assert places == {"crime.csv", "people.csv", "activation.dta"}


@pytest.mark.slow
def test_a_correction_handles_a_misspelt_state(demo: Path) -> None:
    misspell_in_list(demo)
    write_manifest(demo)
    (demo / "../reference/corrections.toml").resolve().write_text(
        '[[correction]]\nsource = "list-2030"\nrow = 3\ncolumn = "state_text"\n'
        'expected = "NORTHMRK"\nput = "NORTHMARK"\nreason = "a slip"\n'
    )
    build_release("demo")
    assert load_release("demo").build["corrections_applied"][0]["put"] == "NORTHMARK"


def test_a_value_outside_its_bounds_is_caught_on_the_way_out(demo: Path) -> None:
    edit(demo / "people/people.csv", "O'Dell Parish,1005", "O'Dell Parish,0")
    write_manifest(demo)
    with pytest.raises(BuildError, match=r"table county, column population_count: 1 values"):
        build_release("demo")


def test_a_second_file_of_a_layout_is_refused(demo: Path) -> None:
    layouts = {**LAYOUTS, "acs-again": LAYOUTS["acs"]}
    write_manifest(demo, {**ROWS, "acs-again": 11}, layouts)
    with pytest.raises(BuildError, match="one source of layout 'acs-wide' and has acs, acs-again"):
        build_release("demo")


@pytest.mark.slow
def test_a_build_that_dies_while_writing_leaves_nothing(
    built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(processed_dir("demo").parent)
    edit(built / "people/people.csv", "O'Dell Parish,1005", "O'Dell Parish,1006")
    write_manifest(built)

    def full(*_: object, **__: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(pd.DataFrame, "to_parquet", full)
    with pytest.raises((BuildError, DataError), match="no space left"):
        build_release("demo")
    assert contents(processed_dir("demo").parent) == before
    assert [path.name for path in processed_dir("demo").parent.iterdir()] == ["demo"]


def test_a_swap_broken_off_between_its_steps_is_put_back(built: Path) -> None:
    folder = processed_dir("demo")
    folder.rename(folder.with_name(".demo.old"))
    assert len(load_release("demo").county) == 10
    assert folder.is_dir()


# ---- loading, checking, one file


def test_a_release_that_is_not_built_says_how(demo: Path) -> None:
    with pytest.raises(DataError, match="Run `coopanalysis data build --release demo`"):
        load_release("demo")
    with pytest.raises(UsageError, match="Did you mean 'demo'"):
        load_release("dmeo")


@pytest.mark.slow
def test_check_finds_what_changed_since(demo: Path) -> None:
    (told,) = check_release_data("demo")
    assert "the tables of release 'demo' are not there" in told
    build_release("demo")
    assert check_release_data("demo") == []
    cut_row(demo)
    table = processed_dir("demo") / "county.parquet"
    pd.read_parquet(table).iloc[1:].to_parquet(table)
    failures = check_release_data("demo")
    assert len(failures) == 3
    assert "county.parquet: is not the file that was built" in failures[2]


@pytest.mark.slow
def test_a_flipped_bit_is_seen_before_a_table_is_used(built: Path) -> None:
    folder = processed_dir("demo")
    assert is_complete(folder, read_build(folder) or {})
    table = folder / "county.parquet"
    raw = bytearray(table.read_bytes())
    raw[len(raw) // 3] ^= 1
    table.write_bytes(raw)
    with pytest.raises(DataError, match="is not the file that was built. Delete the folder"):
        _ = load_release("demo").county
    assert not is_complete(folder, read_build(folder) or {})
    assert not build_release("demo").was_current
    assert len(load_release("demo").county)


@pytest.mark.slow
@pytest.mark.parametrize(
    "damage", [b"", b"[]", b"{", b"\xff", b'{"inputs": 5}', b'{"outputs": [1]}']
)
def test_a_damaged_record_is_none(built: Path, damage: bytes) -> None:
    (processed_dir("demo") / "build.json").write_bytes(damage)
    with pytest.raises(DataError, match="Run `coopanalysis data build"):
        load_release("demo")
    assert not build_release("demo").was_current


def test_one_file_can_be_cleaned_by_itself(demo: Path, tmp_path: Path) -> None:
    file = write_list(
        tmp_path / "participatingAgencies07042030.xlsx", [row(), row(COUNTY="Nowhere County")]
    )
    out = tmp_path / "out.parquet"
    reading, advice = read_one("ice-287g", file, out, release="demo")
    assert (reading.rows_in, reading.rows_kept, reading.rows_rejected) == (2, 2, 0)
    assert pd.read_parquet(out)["list_date"].dt.strftime("%Y-%m-%d").unique() == ["2030-07-04"]
    assert "1 rows match no county" in advice
    assert 'county_text = "Nowhere County"' in advice


def test_what_is_new_in_a_list_is_printed_with_its_rows(
    demo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [row(SUPPORT_TYPE="Hybrid Model"), row(), row(STATE="ELSEWHERE")]
    rows += [row(SUPPORT_TYPE="Hybrid Model", COUNTY="Birch County")]
    file = write_list(tmp_path / "participatingAgencies07042030.xlsx", rows)
    words = ["data", "read", "ice-287g", str(file), "-o", str(tmp_path / "out.parquet")]
    assert cli.main([*words, "--release", "demo"]) == 0
    assert capsys.readouterr().out.splitlines()[:3] == [
        "participatingAgencies07042030.xlsx: rows in 4, rows kept 1, rows rejected 3",
        "  rejected 2: not a support type: 'Hybrid Model' (rows 2, 5)",
        "  rejected 1: not a state: 'ELSEWHERE' (row 4)",
    ]


@pytest.mark.parametrize(
    ("layout", "day", "message"),
    [
        (
            "ice287g",
            None,
            "Did you mean 'ice-287g' or 'ice-287g-series'\\? There are: acs-noncitizens, acs-wide",
        ),
        ("ice-287g", "4 July", "is not a date as YYYY-MM-DD"),
        ("ice-287g", "2030-02-30", "is not a date"),
        ("acs-wide", "2030-01-01", "--list-date is for layout 'ice-287g'"),
    ],
)
def test_bad_words_are_usage_errors(
    demo: Path, tmp_path: Path, layout: str, day: str | None, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        read_one(layout, tmp_path / "x.xlsx", release="demo", list_date=day)


def test_a_place_that_cannot_be_written_to(demo: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be written"):
        read_one("acs-wide", demo / "acs/acs.csv", tmp_path / "no" / "out.parquet", release="demo")


# ---- the real files


@pytest.mark.mirror
def test_the_public_release(public_release: Panel, mirror: Path) -> None:
    summary = build_release("public", mirror=mirror)
    assert summary.rows == {
        "county": 3143,
        "county_year": 31426,
        "county_year_subgroup": 84879,
        "agreements": 2694,
        "agreement_listings": 36550,
        "agreement_spells": 1940,
        "rejects": 311,
        "agency_year": 22929,
        "county_reporting": 3137,
        "provenance": 219_405,
        "detention_facility": 13_476,
        "detention": 9_962,
        "detainers_declined": 1_370,
        "boundaries": 3141 + 9,
    }
    panel = public_release
    of_county = panel.agreements[
        (panel.agreements["agency_type"] == "county")
        & (panel.agreements["list_kind"] == "participating")
    ]
    may = of_county[of_county["list_date"] == "2026-05-18"]
    assert may["county_fips"].nunique() == panel.county["agreement_latest_list"].sum() == 779
    # Row 625 names another county than its agency; the published count takes it as printed.
    july = of_county[(of_county["list_date"] == "2025-07-15") & (of_county["source_row"] != 625)]
    assert july["county_fips"].nunique() == 404
    assert panel.county["jail_enforcement_latest_list"].sum() == 167
    assert panel.county["task_force_latest_list"].sum() == 432
    assert panel.county["warrant_service_latest_list"].sum() == 480
    joins = {(item["left"], item["right"]): item for item in panel.build["joins"]}
    counts = {key[1]: (item["left_only"], item["right_only"]) for key, item in joins.items()}
    assert counts["acs-wide"] == (2, 79)
    assert counts["secure-communities"] == (2, 101)
    assert counts["votes-president"] == (31, 0)
    assert joins["county_year", "urban-crime"]["right_only"] == 0
    notes = panel.build["boundaries"]
    assert notes["polygons_without_county"] == ["02261"]
    assert notes["counties_without_polygon"] == ["02063", "02066", "51610"]
    misplaced = panel.county_year[panel.county_year["offenses_misplaced"] == 1]
    assert (len(misplaced), misplaced["county_fips"].nunique()) == (15, 5)
    assert check_release_data("public") == []
    assert build_release("public", mirror=mirror).was_current


def test_the_store_ignores_an_unreadable_record(tmp_path: Path) -> None:
    (tmp_path / "build.json").write_text("{")
    assert read_build(tmp_path) is None
    (tmp_path / "build.json").write_text(json.dumps(["no record"]))
    assert read_build(tmp_path) is None


def test_a_loose_file_finds_its_release_by_its_states() -> None:
    """No release is named: the states of the demo list are the demo's alone."""
    source = next(s for s in release_sources("demo") if s.layout == "ice-287g")
    reading, _ = read_one("ice-287g", source_path(source, "demo"))
    assert reading.rows_kept == source.rows
    assert reading.frame["county_fips"].notna().sum() > reading.rows_kept / 2


@pytest.mark.mirror
def test_a_real_list_is_read_before_anything_was_fetched(
    mirror: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = next(mirror.glob("ice-287g-participating-2026-05-18/*.xlsx"))
    monkeypatch.setattr("coopanalysis.panel.read.source_path", _away(tmp_path))
    reading, advice = read_one("ice-287g", file)
    assert "has not been fetched" in advice
    county = reading.frame[reading.frame["agency_type"] == "county"]
    assert county["county_fips"].nunique() == 779


def _away(folder: Path) -> Callable[[Source, str], Path]:
    """Find every file where it is, but for county lists, which are gone."""

    def path(source: Source, release: str) -> Path:
        return folder / "gone" if source.layout == "county-names" else source_path(source, release)

    return path
