"""A page for every county of a release: answers first, then the tables behind them, folded.

The tables are those of the brief of a state, made by the same functions in one process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache
from html import escape
from pathlib import Path
from time import monotonic

import pandas as pd

from coopanalysis.briefs import agreements, answers, context, detention, limits, reporting, rows
from coopanalysis.briefs.peers import Peers, find_peers, show_peers
from coopanalysis.briefs.places import Brief, load_county, load_state
from coopanalysis.clean.reporting import COUNTED_ELSEWHERE, reporting_status
from coopanalysis.display.county_maps import county_names
from coopanalysis.display.html import (
    Output,
    csv_text,
    download_link,
    element,
    file_stem,
)
from coopanalysis.display.page import FOLD_CLOSING, NOT_KNOWN, fold_opening, note
from coopanalysis.panel import Panel, load_release
from coopanalysis.panel.state_laws import load_laws
from coopanalysis.reports.figures import embed_code
from coopanalysis.reports.marks import MARK, stands, write_mark
from coopanalysis.reports.plan import FIGURES
from coopanalysis.reports.resources import available_cores
from coopanalysis.reports.site.counties import (
    COUNTIES,
    county_address,
    pages_key,
)
from coopanalysis.reports.site.origin import cite_page, origin_html
from coopanalysis.reports.site.shell import CARD, data_address, page_html, write_page

CHUNK = 50
ORIGIN = "Where these numbers are from"
COUNTIES_OF_STATE = file_stem("Its counties, one by one")
"""Anchor of the list of counties in the brief of a state."""
MAP_PX = 900
"""Height of a map on another page; in it the map gives way to what is said around it."""
MAP = "county map"
"""First words of the alternative text of a county map, by which the files of a figure are named."""


def sections(brief: Brief, peers: Peers | None) -> Iterator[tuple[str, list[Output | None]]]:
    """Questions of a page and what is shown for each, in order: first what is not known."""
    yield NOT_KNOWN, [limits.limits(brief)]
    yield (
        answers.AGREEMENTS,
        [
            agreements.show_spells(brief, "county"),
            agreements.show_spells(brief, "municipality"),
            agreements.show_pending(brief),
            rows.describe_secure_communities(brief),
        ],
    )
    yield (
        answers.LAW,
        [
            context.show_laws(brief),
            context.show_local_actions(brief),
            context.show_rulings(brief),
        ],
    )
    yield answers.HELD, [detention.show_places(brief)]
    yield answers.DETAINERS, [detention.show_detainers(brief)]
    yield (
        answers.CRIME,
        [
            reporting.show_county_rates(brief, peers),
            _counted_where(brief),
            rows.show_subgroups(brief),
        ],
    )
    yield answers.RESIDENTS, [context.show_people(brief, peers)]
    yield (
        "Which counties are like it?",
        [
            show_peers(brief, peers, "{code}.html"),
            context.show_practices(brief, peers),
        ],
    )


def _counted_where(brief: Brief) -> Output | None:
    """Say in which county the offences of this one are counted, where that is another one."""
    own = brief.years.loc[reporting_status(brief.years) == COUNTED_ELSEWHERE, "year"]
    if own.empty:
        return None
    year = int(own.max())
    state = load_state(brief.panel, brief.state_fips)
    return note(f"In {year}, {reporting.misplaced_words(state, year)}")


def county_html(panel: Panel, code: str, reports: Path | None = None) -> str:
    """Write the page of one county; in a folder of reports it leads to the map of its state."""
    brief = load_county(panel, code)
    found = answers.answers(brief)
    body = [answers.show_answers(brief, found).html, _take_away(brief, found, reports)]
    contents = []
    for question, shown in sections(brief, find_peers(brief)):
        inner = "".join(output.html for output in shown if output is not None)
        anchor = file_stem(answers.LIMITS if question == NOT_KNOWN else question)
        if inner:
            contents.append(element("li", element("a", escape(question), href=f"#{anchor}")))
            body.append(fold_opening(escape(question), anchor) + inner + FOLD_CLOSING)
    title, address = answers.finding(brief), county_address(panel.release, code)
    contents.append(element("li", element("a", ORIGIN, href="#origin")))
    body.append(fold_opening(ORIGIN, "origin"))
    notebook = element("a", f"of the brief of {brief.state}", href=f"../{_brief_of(brief)}.ipynb")
    made_of = {
        "Parameters": f"release = {panel.release}, county_fips = {code}",
        "Notebook": f"{notebook}, by whose functions the tables of this page are made",
    }
    body.append(origin_html(title, address, panel.build, made_of) + FOLD_CLOSING)
    state = f"../{_brief_of(brief)}.html#{COUNTIES_OF_STATE}"
    up = element("a", escape(f"{brief.state}, all counties"), href=state)
    tables = element("a", "All tables", href=f"../../{data_address(panel.release)}")
    layout = f"""<div class="layout"><nav class="contents" aria-labelledby="contents-title">
<h2 id="contents-title">Contents</h2><ol><li>{up}</li>{"".join(contents)}</ol></nav>
<main id="content" class="document county" tabindex="-1">{"".join(body)}
<p class="coop-note">{up}. {tables} of the release, with files and rows of every number.</p>
</main></div>"""
    card = f"{FIGURES}/{panel.release}/{_brief_of(brief)}/{CARD}"
    return page_html(
        title,
        "What public files say of it, the day of each answer, and what is not known.",
        layout,
        simulated=panel.release == "demo",
        address=address,
        picture=card if reports is not None and (reports / card).is_file() else "",
    )


def _brief_of(brief: Brief) -> str:
    return f"state-brief--state_fips-{brief.state_fips}"


def _take_away(brief: Brief, found: Sequence[answers.Answer], reports: Path | None) -> str:
    """Write what a reader takes away: answers with day and source, a map, a citation."""
    release, documents = brief.panel.release, _documents(brief)
    address, title = county_address(release, brief.code), answers.finding(brief)
    table = pd.DataFrame(
        {
            "place": brief.name,
            "question": one.question,
            "answer": one.answer,
            "as_of": one.as_of,
            "source": documents.get(one.question) or one.source,
            "release": release,
        }
        for one in found
    )
    links = [download_link(csv_text(table), f"{brief.code}.csv", "These answers as CSV")]
    drawn = f"{FIGURES}/{release}/{_brief_of(brief)}/{file_stem(f'{answers.AGREEMENTS} {MAP}')}"
    embed = ""
    if reports is not None and (reports / f"{drawn}.html").is_file():
        links.append(element("a", f"a map of {escape(brief.state)}", href=f"../../{drawn}.html"))
        links += [
            element("a", ending[1:].upper(), href=f"../../{drawn}{ending}")
            for ending in (".png", ".svg")
            if (reports / f"{drawn}{ending}").is_file()
        ]
        code = embed_code(drawn, escape(f"Agreements with ICE: {brief.state}", quote=True), MAP_PX)
        embed = element(
            "details", f"<summary>Show the map on another page</summary>{code}", class_="coop-note"
        )
    cite = cite_page(title, address, brief.panel.build)
    said = f"Take away, with sources: {', '.join(links)}. Cite: {cite}"
    return element("p", said, class_="coop-note taken") + embed


def _documents(brief: Brief) -> dict[str, str]:
    """Laws of the state and local actions, each with its citation and the address of its source."""
    if brief.panel.release == "demo":
        return {}
    laws = _laws()
    own = {
        answers.LAW_OF_STATE: laws[laws["state_fips"] == brief.state_fips],
        answers.LOCAL_ACTION: context.local_actions(brief),
    }
    return {
        question: "; ".join(
            f"{citation}: {url}"
            for citation, url in zip(
                rows["citation"].fillna(rows["name"]), rows["source_url"], strict=True
            )
        )
        for question, rows in own.items()
    }


@lru_cache(maxsize=1)
def _laws() -> pd.DataFrame:
    return load_laws().laws


def write_county_pages(
    reports: Path, release: str, progress: Callable[[str], None], *, workers: int | None = None
) -> int:
    """Write the page of every county of a release, unless all stand as they would be.

    Parameters
    ----------
    reports : Path
        Folder of the reports.
    release : str
    progress : callable
        Is told how many pages stand, how long the rest takes, and the end.
    workers : int, optional
        Processes; by default one a core.

    Returns
    -------
    int
        How many pages were written; 0 where nothing changed.
    """
    folder = reports / release / COUNTIES
    key = pages_key(release)
    if stands(folder, key):
        return 0
    (folder / MARK).unlink(missing_ok=True)
    codes = county_codes(release)
    parts = [codes[at : at + CHUNK] for at in range(0, len(codes), CHUNK)]
    begun, done = monotonic(), 0
    with ProcessPoolExecutor(workers or available_cores()) as pool:
        for count in pool.map(_write_part, [(reports, release, part) for part in parts]):
            done += count
            left = (monotonic() - begun) / done * (len(codes) - done)
            progress(f"{done:,} of {len(codes):,} county pages, about {left:,.0f} s left")
    for page in folder.glob("*.html"):
        if page.stem not in codes:
            page.unlink()
    write_mark(folder, key, sorted(folder.glob("*.html")))
    return done


def write_county_page(reports: Path, release: str, code: str) -> Path:
    """Write the page of one county of a release; return where it is."""
    page = reports / county_address(release, code)
    write_page(page, county_html(_panel(release), code, reports))
    return page


def county_codes(release: str) -> list[str]:
    """Codes of the county lists of a release: those of the base list, and of other years."""
    return sorted(county_names(load_release(release)))


def _write_part(task: tuple[Path, str, Sequence[str]]) -> int:
    reports, release, codes = task
    for code in codes:
        write_county_page(reports, release, code)
    return len(codes)


@lru_cache(maxsize=1)
def _panel(release: str) -> Panel:
    return load_release(release)
