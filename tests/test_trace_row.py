"""Rows of agencies, agreements, subgroups, rejects and outlines are traced to their files."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest

from coopanalysis import cli
from coopanalysis.catalog.tables import PROCESSED_TABLES
from coopanalysis.errors import UsageError
from coopanalysis.panel import build_release, trace_cell
from coopanalysis.panel.trace import OF_COUNTY, OF_YEAR
from coopanalysis.panel.trace_row import ROW_TABLES
from coopanalysis.paths import HOME_VARIABLE, MIRROR_VARIABLE, processed_dir
from measure_samples import add_measures
from release_samples import LAYOUTS, ROWS, write_manifest, write_release
from return_a_samples import agencies
from tools.demo.return_a import simulate_return_a

REFERENCE = Path(__file__).parents[1] / "data" / "raw" / "reference"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Home of a small fictional release with one year of Return A, built once."""
    folder: Path = tmp_path_factory.mktemp("trace") / "home"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(HOME_VARIABLE, str(folder))
        patch.delenv(MIRROR_VARIABLE, raising=False)
        raw = write_release(folder)
        (raw / "ucr").mkdir()
        (raw / "ucr/ucr_states.csv").write_text(
            "ucr_state,ori_prefix,state_fips,state\n71,QA,91,Northmark\n72,CZ,,Canal\n"
        )
        shutil.copy(REFERENCE / "former_county_names.csv", raw.parent / "reference")
        (raw / "return").mkdir()
        frame = agencies(ucr_state="71", agency=["ASH", "ASHTON", "SAINT ORLA", "ORLAVILLE"])
        (raw / "return/2021.zip").write_bytes(simulate_return_a(frame, 2021))
        more = {
            "ucr": ("ucr-states", "ucr/ucr_states.csv", "2014"),
            "return-2021": ("fbi-return-a", "return/2021.zip", "2021"),
        }
        write_manifest(raw, {**ROWS, "ucr": 2, "return-2021": 4}, {**LAYOUTS, **more})
        build_release("demo")
    return folder


@pytest.fixture(autouse=True)
def at_home(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(home))
    monkeypatch.delenv(MIRROR_VARIABLE, raising=False)


def table(name: str) -> pd.DataFrame:
    return pd.read_parquet(processed_dir("demo") / f"{name}.parquet")


def test_every_table_can_be_traced() -> None:
    known = {one.name for one in (*OF_COUNTY, *OF_YEAR)} | set(ROW_TABLES)
    assert known == set(PROCESSED_TABLES)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["agency_year", "agreements"])
def test_every_row_and_every_column_lead_to_their_row(name: str) -> None:
    frame = table(name)
    key = list(ROW_TABLES[name].key)
    assert len(frame)
    for number, (_, row) in enumerate(frame.iterrows()):
        where = {column: str(row[column]) for column in key}
        for column in frame if number == 0 else key:
            trace = trace_cell("demo", "", str(column), table=name, where=where)
            origin = trace.origins[0]
            assert (origin.source, origin.row) == (row["source"], row["source_row"])
            assert origin.cells


def test_a_spell_leads_to_its_rows_on_the_first_and_the_last_list() -> None:
    frame = table("agreement_spells")
    assert len(frame)
    for _, spell in frame.iterrows():
        where = {
            name: str(spell[name]).removesuffix(" 00:00:00")
            for name in ROW_TABLES["agreement_spells"].key
        }
        trace = trace_cell("demo", "", "status", table="agreement_spells", where=where)
        assert [(origin.source, origin.row) for origin in trace.origins] == [
            (spell["first_source"], spell["first_row"]),
            (spell["last_source"], spell["last_row"]),
        ]
        assert all(spell["agency"] in origin.cells.values() for origin in trace.origins[1:])


def test_months_covered_lead_to_the_agency_that_reports_for_it() -> None:
    frame = table("agency_year")
    covered = frame[frame["covered_by_ori7"].isin(frame["ori7"])].iloc[0]
    where = {"ori7": covered["ori7"], "county_part": str(covered["county_part"])}
    own, other = trace_cell("demo", "", "months_covered", table="agency_year", where=where).origins
    assert own.row == covered["source_row"]
    assert other.cells["ori7"] == covered["covered_by_ori7"]
    assert "reports for it" in other.how


def test_an_outline_has_no_row_and_says_so() -> None:
    trace = trace_cell("demo", "91001", "geometry", table="boundaries")
    assert trace.origins == ()
    assert "feature with id 91001" in trace.notes[0]


def test_a_row_of_the_list_of_raw_rows_leads_to_itself() -> None:
    row = table("provenance").iloc[0]
    where = {name: str(row[name]) for name in ("source", "row", "layout")}
    trace = trace_cell("demo", row["place_fips"], "row", table="provenance", where=where)
    assert trace.origins[0].row == trace.value == row["row"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"table": "agreement"}, "No table 'agreement'. There are: county, .*agency_year"),
        ({"table": "agency_year", "where": {"oria": "x"}}, "no column 'oria'. It has ori7"),
        ({"table": "agency_year", "column": "murders"}, "no column 'murders'.*murder_actual"),
        ({"table": "agency_year", "where": {"ori7": "Q1"}}, "no row with ori7 = 'Q1'.*nearest"),
        ({"table": "agency_year"}, "rows of agency_year fit. .*--where NAME=VALUE.*ori7 = "),
        ({"table": "county_year"}, "county_year needs a year"),
        ({"table": "county", "year": 2021}, "county has no year"),
        ({"where": {"year": "2021"}, "column": "county"}, "leave out where"),
    ],
)
def test_what_cannot_be_found_is_named_with_the_nearest(
    changes: dict[str, object], words: str
) -> None:
    asked: dict[str, object] = {"column": "source", **changes}
    county = "91001" if asked.get("table", "county") in ("county", "county_year") else ""
    with pytest.raises(UsageError, match=words):
        trace_cell("demo", county, **asked)  # type: ignore[arg-type]


def test_the_command_takes_a_table_and_values(capsys: pytest.CaptureFixture[str]) -> None:
    ori7 = table("agency_year")["ori7"].iloc[0]
    args = ["data", "trace", "-r", "demo", "--table", "agency_year", "--column", "agency"]
    assert cli.main([*args, "--where", f"ori7={ori7}", "--where", "county_part=1"]) == 0
    assert "2021.zip, row 1" in capsys.readouterr().out
    assert cli.main([*args, "--where", "ori7"]) != 0
    assert "NAME=VALUE" in capsys.readouterr().err


def test_a_subgroup_leads_to_its_own_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    raw = write_release(tmp_path)
    add_measures(raw, {"subgroups"})
    build_release("demo")
    for row in table("county_year_subgroup").head(6).to_dict("records"):
        where = {name: row[name] for name in ("subgroup_type", "subgroup")}
        trace = trace_cell(
            "demo",
            row["county_fips"],
            "juvenile_arrests_per_100k",
            int(row["year"]),
            table="county_year_subgroup",
            where=where,
        )
        (origin,) = trace.origins
        assert origin.cells["subgroup"] == row["subgroup"]
        assert origin.cells["state"] + origin.cells["county"] == row["county_fips"]
        assert float(origin.cells["rate_juv_arrest"]) == trace.value
    file = next(one for one in raw.rglob("*") if one.name == origin.file.rpartition("/")[2])
    file.unlink()
    absent = trace_cell(
        "demo",
        row["county_fips"],
        "juvenile_arrests_per_100k",
        int(row["year"]),
        table="county_year_subgroup",
        where=where,
    )
    assert absent.origins == (), "the file is not at hand"
    assert absent.value == trace.value
