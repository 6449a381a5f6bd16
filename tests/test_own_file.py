"""A user's own table of counties: what is joined, what is mended, and what is refused by row."""

from __future__ import annotations

import hashlib
import json
import math
from pathlib import Path

import pandas as pd
import pytest

from coopanalysis.errors import DataError, ReportError, UsageError
from coopanalysis.panel import Panel, load_release
from coopanalysis.panel.own_cells import Cells, read_cells, typed
from coopanalysis.panel.own_codes import Counties, find_codes, mend_codes
from coopanalysis.panel.own_file import join_own
from coopanalysis.panel.record import FILES_VARIABLE
from coopanalysis.paths import find_file, project_root
from coopanalysis.reports import run_reports
from coopanalysis.reports.plan import load_plan
from coopanalysis.reports.stale import decide
from report_samples import PLAN, write_project

NAMES = {
    "01001": ("Autauga County", "Alabama", "AL"),
    "01003": ("Baldwin County", "Alabama", "AL"),
    "12086": ("Miami-Dade County", "Florida", "FL"),
    "22055": ("Lafayette Parish", "Louisiana", "LA"),
    "35013": ("Doña Ana County", "New Mexico", "NM"),
    "51059": ("Fairfax County", "Virginia", "VA"),
    "51600": ("Fairfax city", "Virginia", "VA"),
}


def counties(list_year: int = 2021, codes: tuple[str, ...] = tuple(NAMES)) -> Counties:
    """Counties with real codes, for the county list is about real ones."""
    rows = [(code, code[:2], abbr, state, name) for code, (name, state, abbr) in NAMES.items()]
    places = pd.DataFrame(
        rows, columns=["county_fips", "state_fips", "state_abbr", "state", "county"]
    )
    frame = places[places["county_fips"].isin(codes)].assign(rate=1.0)
    return Counties(frame, places, list_year)


def cells(text: str, tmp_path: Path, key: str = "county_fips", name: str = "mine.csv") -> Cells:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return read_cells(path, key)


def joined(text: str, tmp_path: Path) -> pd.DataFrame:
    return join_own(counties(), cells(text, tmp_path))[0].set_index("county_fips")


@pytest.fixture
def own(demo: Panel) -> Panel:
    """The demo release, with nothing joined yet."""
    return load_release(demo.release)


# --- codes


def test_codes_that_a_spreadsheet_broke_are_mended_and_counted() -> None:
    texts = pd.Series(["01001", "1003", "1003.0", "12,086", "0500000US22055", "1,001.0"])
    codes, mended = mend_codes(texts)
    assert list(codes) == ["01001", "01003", "01003", "12086", "22055", "01001"]
    assert mended == {
        "had a thousands separator": 2,
        "had decimals": 2,
        "had the prefix of a Census GEO_ID": 1,
        "had lost the leading zero": 3,
    }


@pytest.mark.parametrize("code", ["001", "010011", "1001.5", "100,1", "0400000US01", "AL"])
def test_what_is_no_broken_code_is_left_alone(code: str) -> None:
    codes, mended = mend_codes(pd.Series([code]))
    assert list(codes) == [code]
    assert not mended


@pytest.mark.parametrize("codes", [[1001, 12086], [1001.0, 12086.0], ["1001", "12086"]])
def test_a_frame_with_numbers_for_codes_is_joined(codes: list[object]) -> None:
    table = pd.DataFrame({"county_fips": codes, "beds": [5, 9]})
    result, own = join_own(counties(), read_cells(table, "county_fips"))
    assert result.set_index("county_fips")["beds"].dropna().to_dict() == {"01001": 5, "12086": 9}
    assert own.mended["had lost the leading zero"] == 1
    assert (own.rows_in, own.rows_joined, own.counties_without) == (2, 2, 5)


def test_names_are_matched_within_their_state_and_never_by_likeness(tmp_path: Path) -> None:
    text = (
        "county,state,x\nautauga,Alabama,1\nDona Ana,NM,2\nLafayette Parish,22,3\n"
        "Fairfax city,VA,4\nBALDWIN COUNTY,1,5\n"
    )
    result, own = join_own(counties(), cells(text, tmp_path, "county"), on="county", state="state")
    found = result.set_index("county_fips")["x"].dropna().to_dict()
    assert found == {"01001": 1, "35013": 2, "22055": 3, "51600": 4, "01003": 5}
    assert list(own.columns) == ["x"]
    assert list(own.mended.values()) == [3]


def test_names_that_fit_no_county_are_refused_by_row(tmp_path: Path) -> None:
    text = "county,state,x\nAutuaga,AL,1\nBaldwin,FL,2\nFairfax,VA,3\nBaldwin,Albama,4\n,AL,5\n"
    with pytest.raises(DataError) as caught:
        find_codes(cells(text, tmp_path, "county"), counties(), "county", "state")
    said = str(caught.value)
    assert "5 of 5 rows" in said
    assert "row 2: 'Autuaga' in AL names no county" in said
    assert "row 4: 'Fairfax' in VA names no county, or both a county and a city" in said
    assert "row 5: no state 'Albama' in this release; row 6: has no county or no state" in said


# --- rows that are refused


def test_one_error_lists_the_first_rows_and_counts_all(tmp_path: Path) -> None:
    bad = "".join(f"9999{digit},1\n" for digit in range(4))
    text = f"county_fips,x\n01001,1\n,2\n1001,3\ntotal,4\n{bad}01003,5\n"
    with pytest.raises(DataError) as caught:
        joined(text, tmp_path)
    said = str(caught.value)
    assert "7 of 9 rows cannot be joined (6 without a county of the list, 1 repeating one)" in said
    assert "row 3: has no code; row 4: 01001 is in row 2 already; row 5: 'total'" in said
    assert "99990 is no county code known here" in said
    assert said.count("row ") == 6  # five rows, and the row that one of them repeats
    assert "and 2 more" in said
    assert "Correct these rows or take them out" in said


@pytest.mark.parametrize(
    ("code", "year", "became"),
    [
        ("09001", 2023, "09001 Fairfield County, Connecticut; to 09120 and 09140 and 09190"),
        ("46113", 2021, "in lists since 2015"),
        ("51515", 2021, "51515 Bedford"),
    ],
)
def test_a_code_of_another_list_is_refused_with_what_became_of_it(
    tmp_path: Path, code: str, year: int, became: str
) -> None:
    file = cells(f"county_fips,x\n01001,1\n{code},2\n", tmp_path)
    with pytest.raises(DataError) as caught:
        find_codes(file, counties(year), "county_fips", None)
    assert f"row 3: {code}" in str(caught.value)
    assert became in str(caught.value)
    assert f"the counties joined to are those of {year}" in str(caught.value)


def test_rows_of_counties_outside_the_frame_are_counted_not_refused(tmp_path: Path) -> None:
    some = counties(codes=("01001", "12086"))
    result, own = join_own(some, cells("county_fips,x\n01001,1\n22055,2\n72001,3\n", tmp_path))
    assert list(result["x"].fillna(-1)) == [1, -1]
    assert (own.rows_in, own.rows_joined, own.counties_without) == (3, 1, 1)
    assert result.index.equals(some.frame.index)
    assert "1 of 3 rows joined; 2 are about other counties; 1 of 2 counties have no row" in (
        own.sentence
    )
    with pytest.raises(DataError, match="none of its 1 counties is among the 2"):
        join_own(some, cells("county_fips,x\n22055,2\n", tmp_path))


def test_a_frame_of_several_years_is_refused(own: Panel) -> None:
    table = pd.DataFrame({"county_fips": own.county["county_fips"], "x": 1})
    with pytest.raises(UsageError, match="one row per county"):
        own.join(own.county_year, table)


# --- columns


def test_each_column_gets_the_type_of_all_its_values(tmp_path: Path) -> None:
    text = (
        "county_fips,flag,elected,beds,growth,opened,party,fips_of_state,empty\n"
        '01001,1,Yes,"1,200",.5,2020-02-29,Rep,01,\n'
        "01003,0,no,NA,-1e3,,Dem,01,\n"
        "12086,,yes,7,3,1999-12-31,yes,12,\n"
    )
    result, own = join_own(counties(), cells(text, tmp_path))
    table = result.set_index("county_fips").loc[["01001", "01003", "12086"]]
    for name in ("flag", "elected", "beds", "growth", "empty"):
        assert table[name].dtype == "float64"
    assert table["elected"].tolist() == [1, 0, 1]
    assert math.isnan(table["flag"].iloc[2])
    assert table["beds"].fillna(-1).tolist() == [1200, -1, 7]
    assert table["growth"].tolist() == [0.5, -1000, 3]
    assert table["opened"].dtype.kind == "M"
    assert table["opened"].iloc[0] == pd.Timestamp(2020, 2, 29)
    assert table["party"].tolist() == ["Rep", "Dem", "yes"]
    assert table["fips_of_state"].tolist() == ["01", "01", "12"]
    assert own.columns["beds"] == "number, commas taken for thousands"
    assert own.columns["elected"] == "0 or 1"
    assert own.columns["empty"] == "without any value"


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        (["1", "2", "n.d."], "'n.d.'"),
        (["12%", "14%", "15%"], "'12%'"),
        (["0,5", "0,123", "0,7"], "'0,5'"),
        (["2020-01-05", "2020-02-31", "2020-01-07"], "'2020-02-31'"),
        (["1/5/2020", "2/5/2020", "13/5/2020"], "'1/5/2020'"),
        (["1", "2", "inf"], "'inf'"),
    ],
)
def test_a_column_that_is_meant_as_numbers_or_days_is_never_text(
    values: list[str], shown: str
) -> None:
    frame = pd.DataFrame({"x": pd.Series(values, dtype="str")})
    with pytest.raises(DataError, match="column x: ") as caught:
        typed(frame["x"], Cells("mine.csv", "mine.csv", "", frame, (2, 3, 4)))
    assert shown in str(caught.value)
    assert "(row" in str(caught.value)


def test_a_name_that_is_taken_or_fits_no_formula_is_refused_with_the_remedy(
    tmp_path: Path,
) -> None:
    file = cells("county_fips,rate,Sheriff elected?\n01001,2,yes\n", tmp_path)
    with pytest.raises(UsageError, match="'rate' is in the frame already.*columns={'rate': "):
        join_own(counties(), file)
    with pytest.raises(UsageError, match="'Sheriff elected\\?' cannot stand in a formula"):
        join_own(counties(), file, columns=["Sheriff elected?"])
    names = {"Sheriff elected?": "sheriff_elected", "rate": "my_rate"}
    result, own = join_own(counties(), file, columns=names)
    assert list(own.columns) == ["sheriff_elected", "my_rate"]
    assert result["sheriff_elected"].max() == 1
    with pytest.raises(UsageError, match="no column 'ratee'. There are: county_fips, rate"):
        join_own(counties(), file, columns=["ratee"])
    with pytest.raises(UsageError, match="no column 'fips'"):
        cells("county_fips,x\n01001,2\n", tmp_path, "fips")


# --- files


def test_excel_and_parquet_give_what_csv_gives(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {
            "county_fips": ["01001", "12086"],
            "beds": [1.5, 2.0],
            "elected": [True, False],
            "opened": pd.to_datetime(["2020-01-05", None]),
            "party": ["Rep", None],
        }
    )
    files = [tmp_path / name for name in ("mine.csv", "mine.xlsx", "mine.parquet")]
    table.to_csv(files[0], index=False)
    with pd.ExcelWriter(files[1]) as book:
        pd.DataFrame({"note": ["about"]}).to_excel(book, sheet_name="Read me")
        table.to_excel(book, sheet_name="Counties", index=False, startrow=2)
    table.to_parquet(files[2])
    results = [join_own(counties(), read_cells(file, "county_fips")) for file in files]
    first, own = results[0]
    assert own.sha256 == hashlib.sha256(files[0].read_bytes()).hexdigest()
    for result, _ in results[1:]:
        pd.testing.assert_frame_equal(result, first)
    with pytest.raises(UsageError, match="no sheet 'County'. There are: 'Read me', 'Counties'"):
        read_cells(files[1], "county_fips", "County")
    for file in (files[0], files[2]):
        with pytest.raises(UsageError, match="has no sheets"):
            read_cells(file, "county_fips", "Counties")


def test_rows_of_a_workbook_are_named_as_the_spreadsheet_does(tmp_path: Path) -> None:
    table = pd.DataFrame({"county_fips": ["01001", None, "01001"], "x": [1, 2, 3]})
    table.to_excel(tmp_path / "mine.xlsx", sheet_name="A", index=False, startrow=3)
    with pytest.raises(DataError, match=r"sheet 'A': .*row 6: has no code; row 7: 01001 is in row"):
        find_codes(
            read_cells(tmp_path / "mine.xlsx", "county_fips"), counties(), "county_fips", None
        )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("county_fips,x\n", "no rows below its header"),
        ("county_fips,x\n01001,1,234\n", r"more cells than the header has columns \(row 2\)"),
        ("PAR1 and nothing", "is damaged"),
        ("\0\0", "neither a workbook"),
    ],
)
def test_a_broken_file_is_one_message(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        cells(text, tmp_path)


def test_semicolons_a_byte_order_mark_and_an_index_column_do_no_harm(tmp_path: Path) -> None:
    table = joined("\ufeffcounty_fips;x;\n01001;3;\n", tmp_path)
    assert table.loc["01001", "x"] == 3
    with pytest.raises(UsageError, match="the column '' cannot stand in a formula"):
        joined(",county_fips,x\n0,01001,3\n", tmp_path)


def test_a_relative_path_is_of_the_current_folder_then_of_the_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, elsewhere = tmp_path / "project", tmp_path / "elsewhere"
    for folder in (home / "notebooks", home / "data", elsewhere / "data"):
        folder.mkdir(parents=True)
    (home / "notebooks" / "reports.toml").write_text("")
    monkeypatch.setenv("COOPANALYSIS_HOME", str(home))
    monkeypatch.chdir(elsewhere)
    assert find_file("data/x.csv") == home / "data" / "x.csv"
    (elsewhere / "data" / "x.csv").write_text("")
    assert find_file("data/x.csv").resolve() == (elsewhere / "data" / "x.csv").resolve()
    assert find_file(tmp_path / "y.csv") == tmp_path / "y.csv"


# --- the panel


def test_the_panel_joins_a_frame_says_what_became_of_it_and_registers_words(own: Panel) -> None:
    codes = own.county["county_fips"][:100]
    table = pd.DataFrame({"county_fips": codes, "sheriff_elected": ["yes", "no"] * 50, "beds": 3})
    result = own.join(
        own.county,
        table,
        words={"sheriff_elected": "elect their sheriff"},
        units={"beds": "beds"},
        labels={"beds": "Jail beds"},
    )
    assert len(result) == len(own.county)
    assert result["sheriff_elected"].sum() == 50
    (record,) = own.joined
    assert record.counties_without == len(own.county) - 100
    assert record.sentence == (
        "Your table: 100 of 100 rows joined; 2,456 of 2,556 counties have no row and stay missing. "
        "Columns: sheriff_elected (0 or 1), beds (number)."
    )
    words = own.column("sheriff_elected")
    assert (words.label, words.unit, words.phrase) == (
        "Sheriff elected",
        "0 or 1",
        "elect their sheriff",
    )
    assert (own.column("beds").label, own.column("beds").unit) == ("Jail beds", "beds")
    own.join(own.county, table)
    assert len(own.joined) == 1, "a cell that runs again is told once"
    with pytest.raises(UsageError, match="words speaks of 'sherif', which is no column joined"):
        own.join(own.county, table, words={"sherif": "elect"})


def test_fictional_codes_are_never_taken_for_real_ones(own: Panel) -> None:
    table = pd.DataFrame({"county_fips": [own.county["county_fips"][0], "12086"], "x": [1, 2]})
    with pytest.raises(DataError, match="row 1: 12086 is no county of this release.*are fictional"):
        own.join(own.county, table)


# --- reports


def test_a_report_joins_only_files_that_it_declares(
    own: Panel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "mine.csv"
    table = pd.DataFrame({"county_fips": own.county["county_fips"], "x": 1.5})
    table.to_csv(path, index=False)
    assert own.join(own.county, path)["x"].mean() == 1.5
    monkeypatch.setenv(FILES_VARIABLE, "[]")
    with pytest.raises(DataError, match=r'does not declare. .*files = \["data/raw/own/mine.csv"\]'):
        own.join(own.county, path)
    assert own.join(own.county, table)["x"].mean() == 1.5, "a frame is made by the notebook itself"
    within = Path("data/raw/own") / path.name
    monkeypatch.setenv(FILES_VARIABLE, json.dumps([within.as_posix()]))
    with pytest.raises(DataError, match="mine.csv: cannot be read"):
        own.join(own.county, project_root() / within)


DECLARED = 'files = ["data/raw/own/mine.csv"]\n'
OWN_PLAN = PLAN.replace('topic = "Crime reporting"\n', f'topic = "Crime reporting"\n{DECLARED}', 1)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = write_project(tmp_path / "project")
    (folder / "notebooks" / "reports.toml").write_text(OWN_PLAN, encoding="utf-8")
    (folder / "data" / "raw" / "own").mkdir(parents=True)
    (folder / "data" / "raw" / "own" / "mine.csv").write_text("county_fips,x\n60001,1\n")
    monkeypatch.setenv("COOPANALYSIS_HOME", str(folder))
    return folder


def test_a_file_that_is_missing_or_outside_stops_before_anything_runs(project: Path) -> None:
    plan = project / "notebooks" / "reports.toml"
    (project / "data" / "raw" / "own" / "mine.csv").unlink()
    with pytest.raises(ReportError, match="mine.csv, which is not there. Put it there"):
        load_plan("demo")
    assert load_plan("demo", "rates-other"), "the others can still be made"
    for name in ("mine.csv", "data/raw/own/../mine.csv", "/elsewhere/mine.csv"):
        plan.write_text(OWN_PLAN.replace("data/raw/own/mine.csv", name), encoding="utf-8")
        with pytest.raises(ReportError, match="Put it into data/raw/own/ and declare"):
            load_plan("demo")


def test_a_file_that_changes_makes_its_report_stale_alone(project: Path) -> None:
    before = [one.parts for one in decide(load_plan("demo"))]
    (project / "data" / "raw" / "own" / "mine.csv").write_text("county_fips,x\n60001,2\n")
    after = [one.parts for one in decide(load_plan("demo"))]
    changed = [
        [name for name in now if now[name] != was[name]]
        for was, now in zip(before, after, strict=True)
    ]
    assert changed == [["data/raw/own/mine.csv"], []]


@pytest.mark.slow
def test_the_page_names_the_file_with_its_hash(project: Path) -> None:
    """The sample's notebook asks which files it may join: what it declares reaches the kernel."""
    path = project / "notebooks" / "01_rates.ipynb"
    document = json.loads(path.read_text(encoding="utf-8"))
    ask = f'import os\nassert os.environ["{FILES_VARIABLE}"] == \'["data/raw/own/mine.csv"]\''
    document["cells"][3]["source"] = f"{ask}\n{''.join(document['cells'][3]['source'])}"
    path.write_text(json.dumps(document), encoding="utf-8")
    run = run_reports("demo", only="rates", plain=True)
    assert not run.failed, run.failed
    page = run.outcomes[0].job.html_path.read_text(encoding="utf-8")
    raw = (project / "data" / "raw" / "own" / "mine.csv").read_bytes()
    assert "<dt>Own files</dt>" in page
    assert "data/raw/own/mine.csv" in page
    assert hashlib.sha256(raw).hexdigest() in page
