"""Places are found as people type them, by the command line as by the site."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from coopanalysis import cli
from coopanalysis.errors import UsageError
from coopanalysis.panel import Panel
from coopanalysis.reports.index import write_index
from coopanalysis.reports.place_search import (
    apart,
    candidates,
    find_place,
    fold,
    look_up,
    search,
)
from coopanalysis.reports.site.counties import county_address
from coopanalysis.reports.site.facts import ReleaseFacts, _cities, release_facts
from coopanalysis.reports.site.shell import KNOWN
from site_samples import record, write_records, write_tables
from tools.check_pages.browser import find_chromium, open_browser

COUNTIES = [
    ("Ash County", 4_000_000, "PORT VALE"),
    ("Ashton County", 9_000, ""),
    ("St. Orla County", 900_000, ""),
    ("St. Orla city", 300_000, ""),
    ("O'Dell Parish", 20_000, "ASH GROVE"),
    ("Lowden County", 5_000, ""),
    ("Cliff City", 7_000, ""),
    ("DeKell County", 4_000, ""),
    ("Doña Elm County", 200_000, "NEW ORLA"),
    ("Jackson County", 50_000, "SAINT JACK"),
    ("Jack County", 9_000, ""),
    ("Vale County", 100, ""),
    ("Ash County", 50, ""),
    ("Hill County", 800_000, "CLIFF"),
    ("Mill County", 700_000, "LOWDEN"),
    ("Lowdeen County", 600_000, ""),
]
TYPED = [
    "Ash, Ardenia", "ash county x0", "Ash", "Ashton", "Saint Orla", "st orla city", "ODell",
    "O’Dell Parish", "Dona Elm", "Jack, Belmora", "Jack", "Port Vale", "Vale", "Saint Jack",
    "Sainte Orla", "Ashtn", "Orrla, Belmora", "60001", "New Orla, Belmora", "constructor",
    "St. Orla, X0", "Jackson county", "Belmora", "x1",
    "Lowden", "Cliff City", "Cliff", "De Kell", "dekell x0", "Hill Co X1", "Hill county sheriff",
    "jail", "sanctuary ice", "Lowdne", "Millcounty", "DoñaElm", "Fairvle Belmora",
    "Elm Vale x0", "Dogwood Place", "60901", "County 60901",
]  # fmt: skip


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site about two fictional states of ten counties."""
    home: Path = tmp_path_factory.mktemp("places")
    write_tables(home, counties=len(COUNTIES))
    folder = home / "data" / "processed" / "public"
    county = pd.read_parquet(folder / "county.parquet").sort_values("county_fips")
    county["county"] = [name for name, _, _ in COUNTIES]
    county["population_count"] = [size for _, size, _ in COUNTIES]
    county.to_parquet(folder / "county.parquet")
    places = zip(county["county_fips"], COUNTIES, strict=True)
    cities = [(code, city) for code, (_, _, city) in places if city]
    police = pd.DataFrame(cities, columns=["county_fips", "agency"]).assign(
        population_group="4", population_covered=5_000.0, county_part_share=1.0
    )
    police.to_parquet(folder / "agency_year.parquet")
    write_records(home / "reports", record(1))
    write_index(home / "reports")
    return home


@pytest.fixture(scope="module")
def facts(project: Path) -> ReleaseFacts:
    found = release_facts("public", project)
    assert found is not None
    assert sum(bool(one.cities) for one in found.counties) == 6
    return found


def found_for(text: str, facts: ReleaseFacts) -> list[str]:
    found, _ = look_up(fold(text).split(), candidates(facts))
    return [f"{one.county.name}, {one.state.name}" for one in found]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("Ash, Ardenia", "Ash County, Ardenia"),
        ("Saint Orla", "St. Orla County, Ardenia"),
        ("Jack, Belmora", "Jack County, Belmora"),
        ("odell", "O'Dell Parish, Ardenia"),
        ("Port Vale", "Ash County, Ardenia"),
        ("Dona Elm", "Doña Elm County, Belmora"),
        ("Ashtn", "Ashton County, Ardenia"),
        ("Lowden", "Lowden County, Ardenia"),
        ("Cliff City", "Cliff City, Ardenia"),
        ("Cliff", "Cliff City, Ardenia"),
        ("De Kell", "DeKell County, Ardenia"),
        ("Hill Co X1", "Hill County, Belmora"),
        ("Hill county sheriff", "Hill County, Belmora"),
        ("doñaelm", "Doña Elm County, Belmora"),
        ("Elm Vale", "Ash County, Ardenia"),
        ("Dogwood Place police", "Doña Elm County, Belmora"),
        ("60901", "County 60901, Ardenia"),
    ],
)
def test_what_people_type_leads_to_the_county(text: str, first: str, facts: ReleaseFacts) -> None:
    found = found_for(text, facts)
    assert found[0] == first


def test_a_name_a_letter_away_is_found_as_well_and_a_word_of_the_subject_is_no_place(
    facts: ReleaseFacts,
) -> None:
    assert found_for("Lowden", facts) == [
        "Lowden County, Ardenia", "Mill County, Belmora", "Lowdeen County, Belmora",
    ]  # fmt: skip
    for text in ("jail", "sheriff", "287(g)", "ICE detention"):
        assert found_for(text, facts) == []


def test_the_boroughs_of_new_york_are_known_by_their_names() -> None:
    agencies = pd.DataFrame(
        {
            "agency": ["NEW YORK"], "county_fips": ["36061"], "population_group": ["1A"],
            "population_covered": [8e6], "county_part_share": [1.0],
        }
    )  # fmt: skip
    cities = _cities(agencies, pd.DataFrame({"county_fips": ["36061"], "city": ["NEW YORK"]}))
    assert cities["36061"] == (("Manhattan", "New York City", "NYC", "New York"), 4)
    boroughs = {code: names[0] for code, (names, _) in cities.items()}
    assert boroughs == {
        "36005": "The Bronx", "36047": "Brooklyn", "36061": "Manhattan", "36081": "Queens",
        "36085": "Staten Island",
    }  # fmt: skip


@pytest.mark.slow
@pytest.mark.skipif(not find_chromium(), reason="no Chromium on this machine")
def test_enter_opens_the_first_and_arrows_go_through_what_is_found(project: Path) -> None:
    with open_browser() as browser:
        page = browser.new_page()
        page.goto((project / "reports" / "index.html").as_uri())
        page.fill("#q", "ash")
        names = page.eval_on_selector_all("#hits li > a", "all => all.map(a => a.textContent)")
        focused = "document.activeElement.textContent"
        for key, expected in (("ArrowDown", names[0]), ("ArrowDown", names[1])):
            page.keyboard.press(key)
            assert page.evaluate(focused) == expected
        page.keyboard.press("ArrowUp")
        page.keyboard.press("ArrowUp")
        assert page.evaluate("document.activeElement.id") == "q"
        page.fill("#q", "qqqqqqqq")
        assert KNOWN in str(page.text_content("[role=status]"))
        assert page.locator("#hits .make a").count() == 0
        page.fill("#q", "Qqqqqqqq, X1")
        link = page.locator("#hits .make a")
        assert link.inner_text() == "All counties of Belmora"
        assert str(link.get_attribute("href")) == "pages/counties-public.html#s61"
        page.fill("#q", "Elm Vale")
        assert "has Elm Vale" in page.inner_text("#hits li"), "not the first with one of the words"
        page.fill("#q", "sanctuary")
        assert "these are all reports" in str(page.text_content("[role=status]"))
        assert page.locator("main .card:visible").count() == 1
        page.fill("#q", "Hill county sheriff")
        assert page.locator("#hits .make:visible").count() == 0, "nothing was guessed"
        page.fill("#q", "Doña Elm")
        page.keyboard.press("Enter")
        page.wait_for_url("**/counties-public.html#c*")


def test_larger_counties_come_first(facts: ReleaseFacts) -> None:
    found = search(["ash"], candidates(facts))
    named = [one.county.residents for one in found if one.county.name == "Ash County"]
    assert named == sorted(named, reverse=True)
    assert len(named) == 2


@pytest.mark.slow
@pytest.mark.skipif(not find_chromium(), reason="no Chromium on this machine")
def test_the_site_finds_the_same_in_the_same_order(project: Path, facts: ReleaseFacts) -> None:
    with open_browser() as browser:
        page = browser.new_page()
        page.goto((project / "reports" / "index.html").as_uri())
        page.focus("#q")
        page.wait_for_function("self.coopCities !== undefined")
        for text in TYPED:
            page.fill("#q", text)
            shown = page.eval_on_selector_all("#hits li > a", "all => all.map(a => a.textContent)")
            assert shown == found_for(text, facts), text


@pytest.mark.parametrize(
    ("a", "b", "far"),
    [("orla", "orla", 0), ("orla", "olra", 1), ("orla", "ola", 1), ("orla", "birch", 3)],
)
def test_how_far_words_are_apart(a: str, b: str, far: int) -> None:
    assert apart(a, b, 2) == far


@pytest.mark.slow
def test_the_command_line_takes_a_place(demo: Panel, capsys: pytest.CaptureFixture[str]) -> None:
    one = demo.county.sort_values("population_count").iloc[-1]
    typed = f"{one['county'].removesuffix(' County')}, {one['state_abbr']}".upper()
    assert find_place(typed, "demo").code == one["county_fips"]
    words = ["data", "trace", "-r", "demo", "--column", "population_count", "--county"]
    assert cli.main([*words, one["county_fips"]]) == 0
    expected = capsys.readouterr().out
    assert cli.main([*words, typed]) == 0
    shown = capsys.readouterr()
    assert shown.out == expected
    assert f"{one['county']}, {one['state']} ({one['county_fips']})" in shown.err
    assert find_place(one["state"], "demo").kind == "state"
    assert cli.main([*words, one["state"]]) == 2
    assert "is a state. Name one of its counties." in capsys.readouterr().err


def test_a_place_that_there_is_not_is_told(demo: Panel, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["reports", "place", "Qqqqqqqq", "-r", demo.release]) == 2
    assert f"fits 'Qqqqqqqq'. {KNOWN}" in capsys.readouterr().err


def test_a_state_is_its_brief_and_a_county_its_page(
    demo: Panel,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked: dict[str, object] = {}

    def note(releases: list[str], **more: object) -> None:
        asked.update(more, releases=releases)
        raise UsageError("noted")

    monkeypatch.setattr("coopanalysis.reports.run.run_reports", note)
    monkeypatch.setattr("coopanalysis.paths.reports_dir", lambda: tmp_path)
    assert cli.main(["reports", "place", "Fenwold", "-r", "demo"]) == 2
    assert asked["only"] == ["state-brief"]
    assert asked["overrides"] == {"state_fips": find_place("Fenwold", "demo").code}
    one = demo.county.sort_values("population_count").iloc[-1]
    capsys.readouterr()
    assert cli.main(["reports", "place", f"{one['county']}, {one['state']}", "-r", "demo"]) == 0
    page = Path(capsys.readouterr().out.strip())
    assert page == tmp_path / county_address("demo", one["county_fips"])
    assert one["county"] in page.read_text(encoding="utf-8")
