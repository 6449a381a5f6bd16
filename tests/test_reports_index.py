from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from bs4 import BeautifulSoup

from coopanalysis.reports.index import index_html, write_index
from coopanalysis.reports.records import sweep_parts
from coopanalysis.reports.site.facts import LOOKED_UP, MUNICIPAL, release_facts
from site_samples import record, write_records, write_tables

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

FILTER_LIMIT_MS = 50


def soup_of(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def test_cards_in_order_with_their_sentences(tmp_path: Path) -> None:
    write_records(
        tmp_path, record(1, "demo"), record(2), record(3), record(4, status="failed"), record(5)
    )
    soup = soup_of(write_index(tmp_path, known=["r1", "r2", "r3", "r4"]))
    cards = soup.find_all(class_="card")
    titles = [card.h3.get_text() for card in cards if card.h3]
    assert titles == ["Report 4 <b>", "Report 3 <b>", "Report 2 <b>", "Report 1 <b>"]
    assert "3 of 9 counties." in cards[1].get_text()
    assert "KeyError" in cards[0].get_text()
    assert cards[0].h3 is not None
    assert cards[0].h3.a is None
    assert "simulated data" in cards[3].get_text()
    links = [str(a["href"]) for a in soup.find_all("a")]
    assert {"public/r3.html", "public/r4.ipynb", "demo/r1.html"} <= set(links)
    assert len(soup.find_all("h1")) == 1


def test_nothing_is_written_where_nothing_changed(tmp_path: Path) -> None:
    write_records(tmp_path / "reports", record(1))
    write_tables(tmp_path)
    path = write_index(tmp_path / "reports")
    before = {file: file.stat().st_mtime_ns for file in path.parent.rglob("*") if file.is_file()}
    assert len(before) > 5
    write_index(tmp_path / "reports")
    assert before == {file: file.stat().st_mtime_ns for file in before}


@pytest.mark.parametrize(
    "damage",
    [
        "", "{", "[]", '"built"', "{}", "\x00",
        json.dumps({"status": "built", "release": "public", "slug": "r2", "html": "r2.html"}),
        json.dumps(record(2) | {"html": "../../../secret.html"}),
        json.dumps(record(2) | {"finished": "yesterday"}),
        json.dumps(record(2) | {"parameters": None}),
    ],
)  # fmt: skip
def test_what_is_no_record_is_passed_over(tmp_path: Path, damage: str) -> None:
    folder = tmp_path / "reports"
    write_records(folder, record(1))
    (folder / "public" / "r2.json").write_text(damage, encoding="utf-8")
    (folder / "public" / "r3.json").mkdir()
    (folder / "stray" / ".x.part").mkdir(parents=True)
    sweep_parts(folder)
    cards = soup_of(write_index(folder)).find_all(class_="card")
    assert [card.h3.get_text() for card in cards] == ["Report 1 <b>"]


def test_a_page_that_was_cut_is_stale_in_the_index(tmp_path: Path) -> None:
    write_records(tmp_path, record(1))
    (tmp_path / "public" / "r1.html").write_text("<p>A", encoding="utf-8")
    card = soup_of(write_index(tmp_path)).find(class_="card")
    assert card is not None
    assert "r1.html changed since" in " ".join(card.get_text(" ").split())


def test_no_report_yet(tmp_path: Path) -> None:
    assert "make reports" in write_index(tmp_path / "reports").read_text()


def test_sixty_reports_stay_small() -> None:
    assert len(index_html([record(number) for number in range(60)]).encode()) < 100_000


def test_every_place_is_reachable_without_a_script(tmp_path: Path) -> None:
    brief = {"id": "state-brief", "parameters": {"state_fips": "60"}, "order": 7}
    write_records(
        tmp_path / "reports",
        record(1),
        record(2) | brief | {"slug": "s", "html": "s.html", "notebook": ""},
    )
    write_tables(tmp_path)
    path = write_index(tmp_path / "reports")
    soup = soup_of(path)
    states = soup.select(".card.state")
    assert [state.select_one(".name").get_text() for state in states] == ["Ardenia", "Belmora"]  # type: ignore[union-attr]
    assert states[0].a is not None
    assert states[0].a["href"] == "public/s.html"
    assert "1 of 2 counties" in states[0].get_text()
    assert "no brief yet" in states[1].get_text()
    text = soup.get_text(" ")
    assert "Without a page in this copy of the site: Belmora." in text
    assert not soup.find(string=re.compile("coopanalysis reports|make briefs"))
    every = soup_of(path.parent / "pages" / "counties-public.html")
    rows = {str(row["id"]): row.get_text() for row in every.select(".places li")}
    assert list(rows) == ["c60001", "c60003", "c60901", "c61001"]
    assert [code for code, said in rows.items() if "in lists of other years" in said] == ["c60901"]
    assert "3 counties of the public release." in every.get_text()
    assert not every.select("pre, code")


def test_a_municipal_agency_known_by_look_up_counts_as_one(tmp_path: Path) -> None:
    write_tables(tmp_path)
    file = tmp_path / "data" / "processed" / "public" / "county.parquet"
    county = pd.read_parquet(file).sort_values("county_fips")
    county[MUNICIPAL], county[LOOKED_UP] = [1, 0, 0], [0, 1, 0]
    county.to_parquet(file)
    facts = release_facts("public", tmp_path)
    assert facts is not None
    (bit,) = (at for at, (name, _) in enumerate(facts.policies) if name == MUNICIPAL)
    assert [one.policies >> bit & 1 for one in facts.counties] == [1, 1, 0]


def test_what_is_new_is_counted(tmp_path: Path) -> None:
    write_records(tmp_path / "reports", record(1))
    write_tables(tmp_path)
    news = soup_of(write_index(tmp_path / "reports")).select_one(".news")
    assert news is not None
    tiles = {
        tile.dt.get_text(): tile.b.get_text()
        for tile in news.select(".tiles > div")
        if tile.dt and tile.b
    }
    assert tiles == {
        "On the list of 18 May 2026": "2",
        "Came": "1",
        "Gone": "1",
        "Counties with a county agency": "1",
    }
    assert "15 July 2025 and 18 May 2026" in news.get_text()
    assert "Belmora (1)" in news.get_text()
    assert "Fictional Bureau: 1 file" in news.get_text()


@pytest.mark.slow
def test_the_filter_in_a_browser(tmp_path: Path, browser: Browser) -> None:
    write_records(tmp_path, *(record(number) for number in range(1, 6)))
    path = write_index(tmp_path)
    with browser.new_context() as context:
        page = context.new_page()
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.goto(path.as_uri())
        assert page.locator(".card:visible").count() == 5
        page.fill("#q", "sheriffs")
        assert page.locator(".card:visible").count() == 3
        assert page.inner_text("#count") == "3 reports"
        assert page.url.endswith("#q=sheriffs")
        page.reload()
        assert page.locator(".card:visible").count() == 3
        page.select_option("#topic", "Crime")
        assert page.inner_text("#count") == "0 reports"
        assert complaints == []
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(path.as_uri())
        assert page.locator(".card:visible").count() == 5
        assert page.locator("#filter:visible").count() == 0


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Page]:
    """The index of a site with places, opened."""
    folder: Path = tmp_path_factory.mktemp("places")
    write_tables(folder)
    write_records(folder / "reports", record(1))
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(write_index(folder / "reports").as_uri())
        page.focus("#q")
        page.wait_for_function("self.coopCities && self.coopCities.public")
        yield page


@pytest.mark.slow
@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("Cedar, Ardenia", "Cedar County, Ardenia"),
        ("cedar county x0", "Cedar County, Ardenia"),
        ("Cedra", "Cedar County, Ardenia"),
        ("Ceder, Ardenia", "Cedar County, Ardenia"),
        ("Port Vale", "Ash Parish, Ardenia"),
        ("portvale", None),
        ("60001", "Ash Parish, Ardenia"),
        ("ash", "Ash Parish, Ardenia"),
        ("New Ash", "Cedar County, Ardenia"),
        ("nowhere at all", None),
    ],
)
def test_places_are_found_as_people_type_them(places: Page, typed: str, first: str | None) -> None:
    places.fill("#q", typed)
    found = [one.inner_text() for one in places.locator("#hits li a").all()]
    assert found[:1] == ([first] if first else [])
    said = places.locator("#hits .make:visible")
    assert first or "Try the county with its state" in said.inner_text()


# Types a word letter by letter, several times over; the middle time of each letter is what the
# filter and the layout after it take, and not what else the machine was at.
_TYPE = """async ([words, rounds]) => {
  const box = document.getElementById('q');
  const times = [...words].map(() => []);
  for (let round = 0; round < rounds; round++)
    for (let at = 0; at < words.length; at++) {
      box.value = words.slice(0, at + 1);
      const begun = performance.now();
      box.dispatchEvent(new Event('input'));
      document.body.getBoundingClientRect().height;
      times[at].push(performance.now() - begun);
      await new Promise(requestAnimationFrame);
    }
  return times.map((all) => all.sort((a, b) => a - b)[Math.floor(rounds / 2)]);
}"""
ROUNDS = 5


def give_cities(project: Path, each: int) -> None:
    """Give every county of a release so many cities, each with words of its own."""
    folder = project / "data" / "processed" / "public"
    codes = pd.read_parquet(folder / "county.parquet")["county_fips"]
    ends = ("Harbor", "Falls", "Grove", "Ridge", "Springs", "Heights", "Mills")
    letters = "bdfglmnprstv"
    names = [
        f"{letters[n % 12]}el{letters[n // 12 % 12]}o{letters[n // 144 % 12]}a {ends[n % 7]}"
        for n in range(each * len(codes))
    ]
    police = pd.DataFrame(
        {"agency": names, "county_fips": [*codes] * each, "population_group": "4",
         "population_covered": 9_000.0, "county_part_share": 1.0}
    )  # fmt: skip
    police.to_parquet(folder / "agency_year.parquet")


@pytest.mark.slow
def test_all_states_and_counties_in_100_kb_and_50_ms(tmp_path: Path, browser: Browser) -> None:
    """As many places as the public release has: 51 states, 3,143 counties, all with briefs."""
    write_tables(tmp_path, states=51, counties=3143)
    give_cities(tmp_path, each=2)
    briefs = [
        record(number) | {
            "id": "state-brief", "notebook": "", "slug": f"s{number}", "html": f"s{number}.html",
            "parameters": {"state_fips": f"{10 + number}"}, "topic": "state brief",
        }
        for number in range(51)
    ]  # fmt: skip
    write_records(tmp_path / "reports", *(record(number) for number in range(100, 112)), *briefs)
    path = write_index(tmp_path / "reports")
    assert path.stat().st_size <= 100_000
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(path.as_uri())
        assert page.inner_text("#count") == "63 reports and states, 3,143 counties"
        page.focus("#q")
        page.wait_for_function("self.coopCities && self.coopCities.public")
        assert sum(map(len, page.evaluate("Object.values(self.coopCities.public)"))) > 40_000
        misspelt = ("Junipre Couny", "Brihc Sttae", "Dogwodo Pairsh", "Velmora Hrbor", "LaPorte")
        for words in ("ash county", "state 17", "zzz", "e", "10001", *misspelt):
            times = page.evaluate(_TYPE, [words, ROUNDS])
            assert max(times) < FILTER_LIMIT_MS, f"{words}: {times}"
        page.fill("#q", "10001")
        assert page.locator("#hits li").count() == 1
        page.fill("#q", "")
        page.select_option("#place", "public:11")
        assert page.locator(".card:visible").count() == 1
        assert page.locator("#hits li").count() == 30
        assert "more" in page.inner_text("#hits .more")


def test_a_page_says_that_a_file_behind_it_changed(tmp_path: Path) -> None:
    folder = tmp_path / "reports"
    write_records(folder, record(1), record(2))
    (tmp_path / "requirements.lock").write_text("new", encoding="utf-8")
    (folder / "public" / ".engine").mkdir()
    parts = folder / "public" / ".engine" / "r1.parts"
    parts.write_text(json.dumps({"requirements.lock": "0" * 64, "title": "x"}), encoding="utf-8")
    cards = soup_of(write_index(folder)).select(".card")
    said = {card.h3.get_text(): card.get_text(" ") for card in cards if card.h3}
    assert "stale" in said["Report 1 <b>"]
    assert "requirements.lock" in said["Report 1 <b>"]
    assert "stale" not in said["Report 2 <b>"]
