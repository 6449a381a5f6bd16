"""Tables at addresses that stay, equal to those of the build; changes as JSON and as a feed."""

from __future__ import annotations

import itertools
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pandas as pd
import pytest
from bs4 import BeautifulSoup
from openpyxl import load_workbook

from coopanalysis.display.files import write_table
from coopanalysis.errors import DataError, UsageError
from coopanalysis.panel import Panel
from coopanalysis.panel.policies import list_days
from coopanalysis.paths import processed_dir, project_root
from coopanalysis.reports.site import facts, take_away
from coopanalysis.reports.site.changed_page import came_and_gone, changed_html, say_changes
from coopanalysis.reports.site.changes import (
    CHANGES,
    FEED,
    KINDS,
    changed_between,
    changed_by_state,
    list_changes,
    with_states,
)
from coopanalysis.reports.site.shell import changed_address
from coopanalysis.reports.site.take_away import explain_columns
from tools.check_pages.axe import check_axe

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ATOM = "{http://www.w3.org/2005/Atom}"


def test_parquet_is_that_of_the_build_and_csv_says_the_same(site: Path) -> None:
    folder = site / "data" / "demo"
    for table in ("county", "agreements", "county_year"):
        built = processed_dir("demo") / f"{table}.parquet"
        assert (folder / f"{table}.parquet").read_bytes() == built.read_bytes()
        exact = pd.read_parquet(built)
        read = pd.read_csv(folder / f"{table}.csv", dtype={"county_fips": str, "state_fips": str})
        assert list(read.columns) == list(exact.columns)
        assert len(read) == len(exact)
        assert (read["state_fips"] == exact["state_fips"]).all()
        for name in exact.select_dtypes("number"):
            pd.testing.assert_series_equal(
                read[name].astype("float64"), exact[name].astype("float64"), rtol=1e-7
            )


def test_changes_are_those_of_the_stretches(site: Path, demo: Panel) -> None:
    changes = json.loads((site / "data" / "demo" / CHANGES).read_bytes())
    spells = demo.agreement_spells
    opening = spells["first_listed"].min()
    assert (
        sum(one["change"] == "listed" for one in changes)
        == (spells["first_listed"] > opening).sum()
    )
    for status in set(KINDS) - {"listed"}:
        gone = sum(one["change"] == status for one in changes)
        assert gone == (spells["status"] == status).sum(), status
    assert changes == sorted(changes, key=lambda one: one["day"], reverse=True)
    assert {one["agency"] for one in changes} <= set(spells["agency"])


def test_json_feed_and_page_say_the_same_of_every_day(site: Path, demo: Panel) -> None:
    """Gone for good, perhaps renamed or lacking on the last lists alone: each is a change."""
    changes = json.loads((site / "data" / "demo" / CHANGES).read_bytes())
    feed = ElementTree.fromstring((site / "data" / "demo" / FEED).read_text(encoding="utf-8"))
    told = {
        str(one.findtext(f"{ATOM}id"))[-10:]: str(one.findtext(f"{ATOM}content")).splitlines()
        for one in feed.iter(f"{ATOM}entry")
    }
    spells = with_states(demo)
    for earlier, later in itertools.pairwise(list_days(demo.build)):
        day = f"{later:%Y-%m-%d}"
        counts = changed_by_state(spells, earlier, later).sum()
        of_day = [one["change"] for one in changes if one["day"] == day]
        assert of_day.count("listed") == counts["Came"], day
        assert len(of_day) - of_day.count("listed") == counts["Gone"], day
        if of_day and day in told:
            assert len(told[day]) == len(of_day), day
    assert "absent" in {one["change"] for one in changes}


def test_the_feed_has_an_entry_a_day_with_an_id_that_stays(site: Path, demo: Panel) -> None:
    feed = ElementTree.fromstring((site / "data" / "demo" / FEED).read_text(encoding="utf-8"))
    ids = [entry.findtext(f"{ATOM}id") for entry in feed.iter(f"{ATOM}entry")]
    days = list_changes(demo)["day"].drop_duplicates()
    assert ids == [f"tag:coopanalysis,2026:demo/changes/{day:%Y-%m-%d}" for day in days][:20]
    for entry in [feed, *feed.iter(f"{ATOM}entry")]:
        assert all(entry.findtext(f"{ATOM}{part}") for part in ("title", "id", "updated"))


def test_the_page_lists_every_table_and_every_link_leads_to_a_file(site: Path) -> None:
    page = BeautifulSoup((site / "pages" / "data-demo.html").read_text("utf-8"), "html.parser")
    links = [str(a["href"]) for a in page.select("main a")]
    assert sum(link.endswith(".parquet") for link in links) == len(
        list(processed_dir("demo").glob("*.parquet"))
    )
    own = [link.partition("#")[0] for link in links if not link.startswith("https://")]
    assert all((site / "pages" / link).resolve().is_file() for link in own)
    said = page.get_text()
    assert "0.0 MB" not in said
    assert "MIT licence" in said


def test_excel_says_what_parquet_says(site: Path) -> None:
    folder = site / "data" / "demo"
    exact = pd.read_parquet(folder / "county.parquet")
    sheet = load_workbook(folder / "county.xlsx", read_only=True)["table"]
    width = exact.shape[1]
    rows = sheet.iter_rows(max_col=width, values_only=True)
    assert list(next(rows)) == list(exact.columns)
    read = pd.DataFrame([[*row, *[None] * (width - len(row))] for row in rows])
    read = read.set_axis(exact.columns, axis=1)
    assert (read["county_fips"] == exact["county_fips"]).all()
    assert read["agreement_signed_date"].notna().equals(exact["agreement_signed_date"].notna())
    day = exact["agreement_signed_date"].first_valid_index()
    assert read.loc[day, "agreement_signed_date"] == exact.loc[day, "agreement_signed_date"]
    for name in exact.select_dtypes("number"):
        pd.testing.assert_series_equal(
            read[name].astype("float64"), exact[name].astype("float64"), rtol=1e-12
        )


def test_a_workbook_explains_its_columns_and_why_one_is_empty(site: Path, tmp_path: Path) -> None:
    folder = site / "data" / "demo"
    (resource,) = (
        one
        for one in json.loads((folder / "datapackage.json").read_text("utf-8"))["resources"]
        if one["name"] == "county"
    )
    rows = list(load_workbook(folder / "county.xlsx")["columns"].iter_rows(values_only=True))
    told = {row[0]: row[1:] for row in rows[1:]}
    assert list(told) == [field["name"] for field in resource["schema"]["fields"]]
    assert all(
        field["description"] in told[field["name"]] for field in resource["schema"]["fields"]
    )
    exact = pd.read_parquet(folder / "county.parquet").assign(asks_status=pd.NA)
    for layouts, why in (((), "which has no file of ilrc-rubric"), (("ilrc-rubric",), "though")):
        explained = explain_columns(resource, exact, layouts).set_index("column")["empty"]
        assert why in explained["asks_status"]
        assert explained["county_fips"] == ""


def test_a_workbook_computes_nothing_and_breaks_at_nothing(tmp_path: Path) -> None:
    texts = ["=1+1", "+1+1", "@SUM(A1)", "a\x00b", "\ud800", '=HYPERLINK("http://a.example")']
    frame = pd.DataFrame({"=name": pd.Series(texts, dtype="object"), "n": range(6)})
    sheet = load_workbook(write_table(frame, tmp_path / "a.xlsx"))["table"]
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n"}
    assert sheet["A1"].value == "=name"
    assert [sheet[f"A{at}"].value for at in (2, 3, 4, 7)] == [texts[at] for at in (0, 1, 2, 5)]


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (pd.DataFrame({"a": range(1_048_576)}), "1,048,576 rows and 1 columns are more than"),
        (pd.DataFrame({"a": ["b" * 32_768]}), "a cell has 32,768 letters"),
    ],
)
def test_what_a_sheet_cannot_hold_is_refused(
    frame: pd.DataFrame, said: str, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=said):
        write_table(frame, tmp_path / "a.xlsx")
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_written_by_its_ending_or_refused(tmp_path: Path) -> None:
    frame = pd.DataFrame({"county_fips": ["01001"], "day": pd.to_datetime(["2030-01-02"])})
    assert (
        write_table(frame, tmp_path / "a.csv").read_text() == "county_fips,day\n01001,2030-01-02\n"
    )
    assert pd.read_parquet(write_table(frame, tmp_path / "a.parquet")).equals(frame)
    with pytest.raises(UsageError, match=r"ends in none of \.csv, \.parquet, \.xlsx"):
        write_table(frame, tmp_path / "a.txt")
    with pytest.raises(DataError, match="cannot be written"):
        write_table(frame, tmp_path / "no" / "a.csv")


def test_changes_between_two_days_add_up(demo: Panel) -> None:
    days = list(pd.date_range("2030-01-01", periods=5))
    pairs = list(itertools.combinations_with_replacement(days, 2))
    made = pd.DataFrame(pairs, columns=["first_listed", "last_listed"])
    made = made.assign(
        state=["Northmark", "South Vale"] * 7 + ["Northmark"], agency="Ash Jail",
        support_type="task-force", status="left",
    )  # fmt: skip
    for spells, lists in ((with_states(demo), list_days(demo.build)), (made, days)):
        for earlier, later in itertools.combinations(lists, 2):
            counts = changed_by_state(spells, earlier, later)
            assert (counts["Before"] + counts["Came"] - counts["Gone"]).equals(counts["After"])
    spells, lists = with_states(demo), list_days(demo.build)
    whole = changed_by_state(spells, lists[0], lists[-1])
    assert whole["After"].sum() == (spells["status"] == "listed").sum()
    assert set(changed_between(spells, lists[0], lists[-1])["change"]) <= set(KINDS)


def table_rows(soup: BeautifulSoup, name: str) -> list[list[str]]:
    return [
        [cell.get_text() for cell in row.select("th, td")]
        for row in soup.select(f"#{name} tbody tr")
    ]


def test_the_page_of_changes_is_the_same_with_and_without_script(
    site: Path, demo: Panel, browser: Browser
) -> None:
    file = site / "pages" / "changed-demo.html"
    still = BeautifulSoup(file.read_text("utf-8"), "html.parser")
    days = [f"{day:%Y-%m-%d}" for day in list_days(demo.build)]
    assert [str(one["value"]) for one in still.select("#from option")] == days
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{file.as_uri()}#from={days[-2]}&to={days[-1]}")
        shown = BeautifulSoup(page.content(), "html.parser")
        for name in ("by-state", "by-agency"):
            assert sorted(table_rows(shown, name)) == sorted(table_rows(still, name))
        assert page.text_content("#said") == still.select_one("#said").get_text()
        page.select_option("#from", days[0])
        whole = BeautifulSoup(page.content(), "html.parser")
        expected = changed_by_state(with_states(demo), *list_days(demo.build)[:: len(days) - 1])
        first = table_rows(whole, "by-state")[0]
        assert first == ["All states", *(f"{int(n):,}" for n in expected.sum())]
        in_order = str(page.text_content("#said"))
        page.select_option("#from", days[-1])
        page.select_option("#to", days[0])
        said = str(page.text_content("#said"))
        assert said.startswith("The first day chosen is the later one")
        assert said.endswith(in_order), "the same two days, in the same order"
        page.select_option("#from", days[0])
        page.select_option("#to", days[-1])
        assert page.text_content("#said") == in_order
        state = expected.index[expected["Came"] > 0][0]
        page.select_option("#state", state)
        only = BeautifulSoup(page.content(), "html.parser")
        assert {row[2] for row in table_rows(only, "by-agency")} == {state}
        assert page.url.endswith(f"state={state.replace(' ', '+')}")


def test_no_barrier_on_the_pages_of_data_and_changes(site: Path, browser: Browser) -> None:
    pages = [site / "pages" / f"{name}.html" for name in ("data-demo", "changed-demo", "duckdb")]
    passed: set[str] = set()
    with browser.new_context() as context:
        for page in pages:
            misses, _ = check_axe(context, page, passed)
            assert misses == [], page.name
            shown = context.new_page()
            shown.set_viewport_size({"width": 375, "height": 800})
            shown.goto(page.as_uri())
            assert shown.evaluate("document.documentElement.scrollWidth") <= 375, page.name


def test_index_and_page_of_changes_give_one_answer(
    demo: Panel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(facts, "KEPT_FOLDER", ".site-of-test")
    found = facts.release_facts(demo.release, project_root())
    shutil.rmtree(project_root() / "reports" / ".site-of-test")
    assert found is not None
    news = found.news
    assert news is not None
    days = pd.Timestamp(news.first_day), pd.Timestamp(news.latest_day)
    by_state = changed_by_state(with_states(demo), *days)
    total = by_state.sum()
    assert (news.before, news.came, news.gone, news.after) == tuple(total)
    assert dict(news.most_came) == {name: by_state.loc[name, "Came"] for name, _ in news.most_came}


def test_one_is_and_the_same_day_is_said() -> None:
    assert came_and_gone(1, 1) == "1 came, 1 is gone"
    assert came_and_gone(0, 2) == "0 came, 2 are gone"
    day, total = pd.Timestamp("2030-01-02"), pd.Series({"Before": 1, "After": 1})
    said = say_changes(total, day, day)
    assert said == "On 2 January 2030: 1 agreement. Both days are the same: choose another."


def test_agencies_lead_to_their_county_and_states_without_any_are_offered(demo: Panel) -> None:
    spells = demo.agreement_spells
    left_out = str(demo.county["state"].iloc[0])
    code = str(demo.county["state_fips"].iloc[0])
    for has_pages, start in ((False, "counties-demo.html#c"), (True, "../demo/counties/")):
        page = BeautifulSoup(changed_html(demo, has_pages=has_pages), "html.parser")
        links = [str(a["href"]) for a in page.select("#by-agency tbody th a")]
        assert links
        assert all(link.startswith(start) for link in links)
    few = spells[spells["state_fips"] != code]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(demo), "agreement_spells", property(lambda _: few))
        page = BeautifulSoup(changed_html(demo), "html.parser")
    assert left_out in [one.get_text() for one in page.select("#state option")]


def test_the_page_of_changes_says_finding_day_and_source(demo: Panel) -> None:
    page = BeautifulSoup(changed_html(demo), "html.parser")
    title, found = page.select_one("h1"), page.select_one("#said")
    origin = page.select_one("#origin")
    assert title is not None
    assert found is not None
    assert origin is not None
    assert "gone" in found.get_text()
    assert not re.search(r"\d{4}", title.get_text()), "a reader chooses other days"
    said = " ".join(one.get_text() for one in origin.find_next_siblings())
    for words in ("Data as of", "Immigration and Customs Enforcement", "SHA-256", "@misc{"):
        assert words in said
    assert changed_address("demo") in said


def test_names_on_the_page_of_changes_stay_text(
    demo: Panel, monkeypatch: pytest.MonkeyPatch
) -> None:
    spells = demo.agreement_spells.assign(agency="</script><b>Jail</b>")
    monkeypatch.setattr(type(demo), "agreement_spells", property(lambda _: spells))
    assert "<b>Jail" not in changed_html(demo)


def examples_of(page: str) -> list[str]:
    text = (project_root() / "docs" / "read" / f"{page}.md").read_text(encoding="utf-8")
    return re.findall(r"^```\w+\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


EXAMPLES = [
    pytest.param(page, number, id=f"{page} {number}")
    for page in ("pandas", "polars", "duckdb", "r")
    for number in range(len(examples_of(page)))
]


def example_of(page: str, number: int) -> str:
    parts = examples_of(page)
    before = "".join(re.findall(r"^import .*\n", parts[0], re.MULTILINE)) if number else ""
    return (
        (before + parts[number])
        .replace("data/public/public.", "data/demo/demo.")
        .replace("data/public/", "data/demo/")
    )


@pytest.mark.slow
@pytest.mark.parametrize(("page", "number"), EXAMPLES)
def test_examples_of_the_pages_run_where_the_tool_is_installed(
    site: Path, page: str, number: int
) -> None:
    code = example_of(page, number)
    if page == "r":
        if shutil.which("Rscript") is None:
            pytest.skip("R is not installed")
        needs = "arrow" if "arrow::" in code else "base"
        asked = ["Rscript", "-e", f"quit(status = !requireNamespace('{needs}', quietly = TRUE))"]
        if subprocess.run(asked, capture_output=True, check=False).returncode:
            pytest.skip(f"R has no package {needs}")
        words = ["Rscript", "-e", code]
    else:
        pytest.importorskip(page, reason=f"{page} is not installed")
        run = f"import duckdb\nduckdb.sql('''{code.partition(';')[0]}''').show()"
        if number and page == "duckdb":
            first, _, then = code.partition(";")
            run = f"import duckdb\nduckdb.sql('''{first}''')\nduckdb.sql('''{then}''').show()"
        words = [sys.executable, "-c", run if page == "duckdb" else code]
    done = subprocess.run(words, cwd=site, capture_output=True, text=True, timeout=120, check=False)
    if page == "r" and "there is no package called" in done.stderr:
        pytest.skip(done.stderr.splitlines()[0])
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def test_the_database_has_every_table(site: Path) -> None:
    duckdb = pytest.importorskip("duckdb", reason="DuckDB is not installed")
    folder = site / "data" / "demo"
    with duckdb.connect(str(folder / "demo.duckdb"), read_only=True) as database:
        held = {name for (name,) in database.execute("SHOW TABLES").fetchall()}
        assert held == {one.stem for one in folder.glob("*.parquet")}
        (count,) = database.execute("SELECT count(*) FROM county").fetchone()
    assert count == len(pd.read_parquet(folder / "county.parquet"))


def test_the_same_tables_are_the_same_database_and_damage_is_told(
    site: Path, tmp_path: Path
) -> None:
    duckdb = pytest.importorskip("duckdb", reason="DuckDB is not installed")
    files = []
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        for table in ("county", "agreements"):
            shutil.copy(site / "data" / "demo" / f"{table}.parquet", tmp_path / name)
        files += take_away.write_database(tmp_path / name / "demo.duckdb")
    one, other = (file.read_bytes() for file in files)
    assert one == other
    damaged = bytearray(one)
    damaged[take_away.DATABASE_ID] = bytes(16)
    files[1].write_bytes(damaged)
    with pytest.raises(duckdb.Error, match="checksum"):
        duckdb.connect(str(files[1]), read_only=True)
