"""A page for every county: answers first, from the tables of the release, and nothing to type."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from urllib.request import urlopen

import nbformat
import pandas as pd
import pytest
from bs4 import BeautifulSoup

from coopanalysis.briefs import rows
from coopanalysis.briefs.agreements import show_spells
from coopanalysis.briefs.answers import AGREEMENTS, CRIME, LAW, answers, finding
from coopanalysis.briefs.limits import unknown_practices
from coopanalysis.briefs.place_map import show_map
from coopanalysis.briefs.places import load_county, load_state
from coopanalysis.clean.law_status import laws_in_force
from coopanalysis.clean.reporting import COUNTED_ELSEWHERE, reporting_status
from coopanalysis.display.county_maps import county_names
from coopanalysis.display.html import file_stem
from coopanalysis.display.sentences import format_date
from coopanalysis.panel import Panel, load_release
from coopanalysis.panel.state_laws import load_laws
from coopanalysis.paths import project_root
from coopanalysis.reports.goals import check_page
from coopanalysis.reports.site import county_pages
from coopanalysis.reports.site.counties import (
    counties_html,
    county_address,
    have_county_pages,
    list_address,
)
from coopanalysis.reports.site.county_pages import county_html, write_county_pages
from coopanalysis.reports.site.facts import release_facts
from coopanalysis.reports.site.forecast import CPU_SECONDS, forecast
from coopanalysis.vocabulary import PRACTICE_NAMES
from panel_samples import with_tables


@pytest.fixture(scope="module")
def demo() -> Panel:
    return load_release("demo")


def code_of(demo: Panel, listed: int) -> str:
    county = demo.county
    return str(county.loc[county["agreement_latest_list"] == listed, "county_fips"].iloc[0])


@pytest.mark.parametrize("listed", [0, 1])
def test_the_first_answer_is_whether_the_latest_list_names_a_county_agency(
    demo: Panel, listed: int
) -> None:
    brief = load_county(demo, code_of(demo, listed))
    first = answers(brief)[0]
    assert first.question == "Agreement with ICE"
    assert first.answer.startswith("Yes. " if listed else "No agency of the county")
    latest = brief.latest
    for agency in latest.loc[latest["agency_type"] == "county", "agency"]:
        assert agency in first.answer


def test_rates_and_residents_are_those_of_the_tables(demo: Panel) -> None:
    listed = demo.county.loc[demo.county["agreement_latest_list"] == 1, "county_fips"]
    good = demo.county_year[demo.county_year["reporting_quality"].le(2)]
    code = str(
        good.loc[good["year"].eq(2023) & good["county_fips"].isin(listed), "county_fips"].iloc[0]
    )
    brief = load_county(demo, code)
    said = {one.question: one for one in answers(brief)}
    own = demo.county.set_index("county_fips").loc[code]
    assert f"{own['population_count']:,} residents" in said["Who lives there"].answer
    years = demo.county_year
    years = years[(years["county_fips"] == code) & years["person_offenses_per_100k"].notna()]
    last = years.sort_values("year").iloc[-1]
    assert said["Crime reported"].answer.startswith(f"In {last['year']}, ")
    assert (
        f"{last['person_offenses_per_100k']:,.0f} offences against persons"
        in said["Crime reported"].answer
    )


def test_every_answer_leads_to_a_section_and_no_page_asks_for_a_command(demo: Panel) -> None:
    page = BeautifulSoup(county_html(demo, code_of(demo, 0)), "html.parser")
    links = [a["href"] for a in page.select(".coop-answers a")]
    assert links
    folded = {str(part["id"]) for part in page.select("details.coop-fold > div")}
    assert {str(link).removeprefix("#") for link in links} <= folded
    assert not re.search(r"coopanalysis (reports|data)", page.get_text())
    assert "Simulated" in page.select_one("aside.banner").get_text()  # type: ignore[union-attr]


def test_a_sheriff_whom_the_list_labels_municipal_is_not_said_to_be_of_no_county(
    demo: Panel,
) -> None:
    code = code_of(demo, 1)
    own = demo.agreements["county_fips"].eq(code)
    labelled = demo.agreements["agency_type"].mask(own, "municipality")
    for agency, words in (
        ("Oak County Sheriff's Office", "none that the list labels as the county's"),
        ("Oak Police Department", "but no county agency"),
    ):
        named = demo.agreements["agency"].mask(own, agency)
        relabelled = demo.agreements.assign(agency_type=labelled, agency=named)
        brief = load_county(with_tables(demo, agreements=relabelled), code)
        assert finding(brief).endswith(words)
        said = answers(brief)[0].answer
        assert said.startswith("None that" if "none" in words else "No agency of the county. ")


def test_a_rate_of_too_few_agencies_is_not_an_answer(demo: Panel) -> None:
    few = demo.county_year["reporting_quality"].eq(3) & demo.county_year["year"].eq(2023)
    few &= demo.county_year["person_offenses_per_100k"].notna()
    code = str(demo.county_year.loc[few, "county_fips"].iloc[0])
    said = {one.question: one.answer for one in answers(load_county(demo, code))}
    first = said["Crime reported"].partition(".")[0].removeprefix("In 2023, ")
    assert first.endswith("too few agencies for a rate that can be compared")
    assert not re.search(r"\d", first)


def test_each_count_of_reporting_stands_behind_its_own_year(demo: Panel) -> None:
    counted = demo.county_reporting.set_index("county_fips")
    sent = counted["agencies_complete_count"].gt(0) & counted["year"].eq(counted["year"].max())
    code = str(sent[sent].index[0])
    said = next(one for one in answers(load_county(demo, code)) if one.section == CRIME)
    year, number = counted.loc[[code], "year"].max(), counted.loc[[code]].sort_values("year")
    complete = number["agencies_complete_count"].iloc[-1]
    rates, agencies = said.answer.split(" Agencies by months sent, ")
    assert agencies.startswith(f"last counted in {year}: {complete} all twelve")
    last = re.match(r"In (\d{4}), ", rates)[1]  # type: ignore[index]
    assert said.as_of == f"{year} and {last}"


@pytest.mark.parametrize(
    ("name", "noun", "within"),
    [
        ("District of Columbia", "District", ""),
        ("Oak city, Fenwold", "city", ""),
        ("Oak Parish, Fenwold", "parish", " or of a municipality in it"),
        ("Oak Census Area, Fenwold", "census area", " or of a municipality in it"),
        ("Parish County, Fenwold", "county", " or of a municipality in it"),
    ],
)
def test_what_is_no_county_is_not_called_one(
    demo: Panel, name: str, noun: str, within: str
) -> None:
    brief = load_county(with_tables(demo, agreements=demo.agreements.iloc[:0]), code_of(demo, 0))
    brief = replace(brief, name=name, state="Fenwold")
    (first,) = (one for one in answers(brief) if one.question == "Agreement with ICE")
    assert first.answer == f"No agency of the {noun}{within}."
    none = with_tables(brief.panel, agreement_spells=demo.agreement_spells.iloc[:0])
    said = show_spells(replace(brief, panel=none), "county")
    assert said is not None
    assert f"names a {noun} agency in" in said.text


def test_an_agreement_that_left_and_is_listed_again_says_so(demo: Panel) -> None:
    spells = demo.agreement_spells
    one = spells[(spells["status"] == "listed") & (spells["agency_type"] == "county")].iloc[[0]]
    before = one.assign(
        status="left",
        first_listed=one["first_listed"] - pd.Timedelta(days=900),
        last_listed=one["first_listed"] - pd.Timedelta(days=700),
    )
    code = str(one["county_fips"].iloc[0])
    for stretches, words in ((spells, ") since "), (pd.concat([before, spells]), ") again since ")):
        brief = load_county(with_tables(demo, agreement_spells=stretches), code)
        said = next(one for one in answers(brief) if one.question == "On the lists")
        assert words in said.answer


def test_what_is_on_a_list_is_not_said_to_be_unknown(demo: Panel) -> None:
    uncoded = demo.county.assign(**dict.fromkeys(PRACTICE_NAMES, pd.NA))
    unknown = unknown_practices(load_county(with_tables(demo, county=uncoded), code_of(demo, 1)))
    recorded = {"agreement_287g", "detention_contract"}
    assert {one.name for one in unknown} == set(PRACTICE_NAMES) - recorded
    nothing = with_tables(
        demo,
        county=uncoded,
        agreements=demo.agreements.iloc[:0],
        detention_facility=demo.detention_facility.iloc[:0],
    )
    assert len(unknown_practices(load_county(nothing, code_of(demo, 1)))) == len(PRACTICE_NAMES)


def test_counties_alike_lead_to_their_pages(demo: Panel) -> None:
    code = code_of(demo, 1)
    page = BeautifulSoup(county_html(demo, code), "html.parser")
    alike = page.find("h2", string="Which counties are like it?").find_parent("details")  # type: ignore[union-attr]
    heads = alike.select_one("tbody").select("th")  # type: ignore[union-attr]
    assert heads[0].a is None, "the page itself"
    codes = [str(head.a["href"]).removesuffix(".html") for head in heads[1:]]
    assert set(codes) <= set(demo.county["county_fips"])
    names = demo.county.set_index("county_fips")["county"]
    assert all(names[one] in head.get_text() for one, head in zip(codes, heads[1:], strict=True))
    with urlopen(str(alike.select_one("a[download]")["href"])) as file:  # type: ignore[index]
        assert ".html" not in file.read().decode()


def test_answers_are_taken_away_with_day_source_map_and_citation(
    demo: Panel, tmp_path: Path
) -> None:
    code = code_of(demo, 1)
    brief = load_county(demo, code)
    html = county_html(demo, code, tmp_path)
    page = BeautifulSoup(html, "html.parser")
    (link,) = page.select(".taken a")
    cited = page.select_one(".taken")
    assert cited is not None
    assert re.search(r"developers \(20\d\d\)\. .*data as of", cited.get_text())
    quoted = [one.get_text() for one in page.select(".taken .coop-address, .bibtex .coop-address")]
    assert quoted == [county_address("demo", code)] * 2
    origin = page.select_one("#origin")
    assert origin is not None
    for words in ("Data as of", "Commit", "SHA-256", "licence", "@misc{"):
        assert words in origin.get_text()
    assert [miss for miss in check_page(html, simulated=True) if miss.goal != 2] == []
    with urlopen(str(link["href"])) as file:
        taken = pd.read_csv(file, keep_default_na=False)
    assert list(taken["answer"]) == [one.answer for one in answers(brief)]
    sources = taken.set_index("question")["source"]
    # No law is known of a fictional state.
    unknown = sources.index.isin(["Law of the state", "Not known"])
    assert (sources[~unknown] != "").all()
    assert county_address("demo", code) in page.select_one(".taken").get_text()  # type: ignore[union-attr]
    state = tmp_path / "figures" / "demo" / f"state-brief--state_fips-{brief.state_fips}"
    state.mkdir(parents=True)
    for ending in ("html", "png"):
        (state / f"who-has-an-agreement-county-map.{ending}").touch()
    page = BeautifulSoup(county_html(demo, code, tmp_path), "html.parser")
    links = [str(a["href"]) for a in page.select(".taken a")][1:]
    folder = (tmp_path / county_address("demo", code)).parent
    folder.mkdir(parents=True)
    assert [(folder / one).resolve().suffix for one in links] == [".html", ".png"]
    assert all((folder / one).resolve().is_file() for one in links)
    code_shown = page.select_one(".coop-embed")
    assert code_shown is not None
    assert f"figures/demo/state-brief--state_fips-{brief.state_fips}/who-has" in code_shown.text


def test_the_source_of_the_law_is_its_document(public_release: Panel, tmp_path: Path) -> None:
    laws = load_laws().laws
    state = str(laws["state_fips"].iloc[0])
    counties = public_release.county
    code = str(counties.loc[counties["state_fips"] == state, "county_fips"].iloc[0])
    page = BeautifulSoup(county_html(public_release, code, tmp_path), "html.parser")
    link = page.select_one(".taken a")
    assert link is not None
    with urlopen(str(link["href"])) as file:
        taken = pd.read_csv(file, keep_default_na=False).set_index("question")
    for document in laws.loc[laws["state_fips"] == state, "source_url"]:
        assert document in taken.loc["Law of the state", "source"]


def test_the_card_names_the_laws_in_force_and_dated_local_actions(public_release: Panel) -> None:
    held = load_laws()
    day = max(str(one["list_date"]) for one in public_release.build["agreement_lists"])
    own = laws_in_force(held.laws, day)
    counties = public_release.county
    for state, laws in own.groupby("state_fips"):
        code = str(counties.loc[counties["state_fips"] == state, "county_fips"].iloc[0])
        said = next(a for a in answers(load_county(public_release, code)) if a.section == LAW)
        for citation, since in zip(laws["citation"], laws["effective_date"], strict=True):
            assert f"{citation.split(';')[0]} since {format_date(since)}" in said.answer
    for code, actions in held.actions.groupby("county_fips"):
        said_of = {a.question: a for a in answers(load_county(public_release, str(code)))}
        dated = actions.dropna(subset=["effective_date"])
        assert ("Local action" in said_of) == bool(len(dated))
        for name, since in zip(dated["name"], dated["effective_date"], strict=True):
            assert f"{name} ({format_date(since)}" in said_of["Local action"].answer
    taken = BeautifulSoup(county_html(public_release, "06001"), "html.parser").select_one(
        ".taken a"
    )
    assert taken is not None
    with urlopen(str(taken["href"])) as file:
        sources = pd.read_csv(file).set_index("question")["source"]
    documents = held.actions.loc[held.actions["county_fips"] == "06001", "source_url"]
    assert all(one in sources["Local action"] for one in documents)
    assert not any(one in sources["Law of the state"] for one in documents)


def test_a_county_counted_under_another_says_which(public_release: Panel) -> None:
    years = public_release.county_year
    last = years[years["year"] == years["year"].max()]
    moved = last[reporting_status(last) == COUNTED_ELSEWHERE].iloc[0]
    same = last[(last["state_fips"] == moved["state_fips"]) & (last["offenses_misplaced"] == 1)]
    where = same[reporting_status(same) != COUNTED_ELSEWHERE]["county_fips"]
    names = county_names(public_release)
    page = BeautifulSoup(county_html(public_release, moved["county_fips"]), "html.parser")
    section = page.select_one(f"#{file_stem(CRIME)}")
    assert section is not None
    assert len(where)
    for code in where:
        assert f"are counted in the other, {names[code]}" in section.get_text()


def test_every_county_of_a_brief_leads_to_the_list_that_leads_on(
    demo: Panel, tmp_path: Path
) -> None:
    """The list stands without county pages too; with them it says where they are."""
    state = str(demo.county["state_fips"].iloc[0])
    page = BeautifulSoup(rows.show_counties(load_state(demo, state)).html, "html.parser")
    links = [str(a["href"]) for a in page.select("tbody a")]
    assert len(links) == (demo.county["state_fips"] == state).sum()
    facts = release_facts("demo", project_root())
    assert facts is not None
    for has_pages in (False, True):
        text = counties_html(facts, has_pages=has_pages)
        listed = BeautifulSoup(text, "html.parser")
        anchors = {str(one["id"]) for one in listed.select("[id]")}
        for link in links:
            file, _, anchor = link.partition("#")
            assert file == f"../{list_address('demo', 'html')}"
            assert anchor in anchors
        assert bool(listed.select("[data-county]")) == has_pages == bool(listed.select("script"))


def test_the_map_of_a_state_has_the_name_that_county_pages_ask_for(demo: Panel) -> None:
    cells = nbformat.read(project_root() / "notebooks" / "90_state_brief.ipynb", 4).cells
    assert any(cell.source.startswith(f"## {AGREEMENTS}") for cell in cells)
    state = str(demo.county["state_fips"].iloc[0])
    drawn = show_map(load_state(demo, state))
    assert f'alt="{county_pages.MAP}' in drawn.html.lower()


@pytest.mark.slow
def test_pages_are_written_once_and_swept(
    demo: Panel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = demo.county.head(3)
    monkeypatch.setattr(county_pages, "county_codes", lambda _: list(few["county_fips"]))
    said: list[str] = []
    assert write_county_pages(tmp_path, "demo", said.append, workers=1) == len(few)
    assert said[-1].startswith("3 of 3 county pages")
    assert have_county_pages(tmp_path, "demo")
    stray = tmp_path / county_address("demo", "99999")
    stray.write_text("old", encoding="utf-8")
    assert write_county_pages(tmp_path, "demo", said.append) == 0
    (tmp_path / "demo" / "counties" / ".key").write_text("old", encoding="utf-8")
    assert write_county_pages(tmp_path, "demo", said.append, workers=1) == len(few)
    assert not stray.exists()


def test_a_whole_site_says_beforehand_how_long_it_takes(demo: Panel) -> None:
    said = forecast("demo", cores=2)
    counties = len(demo.county)
    assert f"{counties:,} county pages" in said
    minutes = int(re.search(r"about (\d+) minutes on 2 cores", said)[1])  # type: ignore[index]
    assert minutes >= CPU_SECONDS["county page"] * counties / 2 / 60
    twice = int(re.search(r"about (\d+) minutes on 1 core ", forecast("demo", cores=1))[1])  # type: ignore[index]
    assert abs(twice - 2 * minutes) <= 1


def test_only_the_type_that_no_list_names_is_said_to_be_on_none(demo: Panel) -> None:
    spells = demo.agreement_spells
    kinds = spells.groupby("county_fips")["agency_type"].agg(set)
    code = str(kinds.index[[kind == {"county"} for kind in kinds]][0])
    shown = show_spells(load_county(demo, code), "municipality")
    assert shown is not None and "names a municipal agency in" in shown.text


def test_every_link_within_the_page_of_a_place_that_has_no_agreements_leads_somewhere(
    demo: Panel,
) -> None:
    others = set(county_pages.county_codes("demo")) - set(demo.county["county_fips"])
    page = BeautifulSoup(county_html(demo, sorted(others)[0]), "html.parser")
    anchors = {one["id"] for one in page.find_all(id=True)}
    links = {one["href"][1:] for one in page.select('a[href^="#"]')}
    assert links and links <= anchors
