"""A page for every county of a release: answers first, then the tables behind them, folded.

The tables are those of the brief of a state, made by the same functions in one process.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache
from html import escape
from pathlib import Path
from time import monotonic

from coopanalysis.briefs import agreements, answers, context, detention, limits, reporting, rows
from coopanalysis.briefs.peers import Peers, find_peers, show_peers
from coopanalysis.briefs.places import Brief, load_county
from coopanalysis.display.county_maps import county_names
from coopanalysis.display.html import Output, element, file_stem
from coopanalysis.display.page import FOLD_CLOSING, NOT_KNOWN, fold_opening
from coopanalysis.panel import Panel, load_release
from coopanalysis.reports.marks import MARK, stands, write_mark
from coopanalysis.reports.site.counties import (
    COUNTIES,
    county_address,
    pages_key,
)
from coopanalysis.reports.site.shell import data_address, page_html, write_page

CHUNK = 50


def sections(brief: Brief, peers: Peers | None) -> Iterator[tuple[str, list[Output | None]]]:
    """Questions of a page and what is shown for each, in order."""
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
    yield answers.CRIME, [reporting.show_county_rates(brief, peers), rows.show_subgroups(brief)]
    yield answers.RESIDENTS, [context.show_people(brief, peers)]
    yield (
        "Which counties are like it?",
        [
            show_peers(brief, peers),
            context.show_practices(brief, peers),
        ],
    )
    yield NOT_KNOWN, [limits.limits(brief)]


def county_html(panel: Panel, code: str) -> str:
    """Write the page of one county."""
    brief = load_county(panel, code)
    body, contents = [answers.show_answers(brief).html], []
    for question, shown in sections(brief, find_peers(brief)):
        inner = "".join(output.html for output in shown if output is not None)
        anchor = file_stem(answers.LIMITS if question == NOT_KNOWN else question)
        if inner:
            contents.append(element("li", element("a", escape(question), href=f"#{anchor}")))
            body.append(fold_opening(escape(question), anchor) + inner + FOLD_CLOSING)
    state = f"../state-brief--state_fips-{brief.state_fips}.html"
    up = element("a", escape(f"{brief.state}, all counties"), href=state)
    tables = element("a", "All tables", href=f"../../{data_address(panel.release)}")
    simulated = "Simulated: a fictional county. " if panel.release == "demo" else ""
    layout = f"""<div class="layout"><nav class="contents" aria-labelledby="contents-title">
<h2 id="contents-title">Contents</h2><ol><li>{up}</li>{"".join(contents)}</ol></nav>
<main id="content" class="document county" tabindex="-1">{"".join(body)}
<p class="coop-note">{up}. {tables} of the release, with files and rows of every number.</p>
</main></div>"""
    return page_html(
        answers.finding(brief),
        f"{simulated}What public files say of it, the day of each answer, and what is not known.",
        layout,
        address=county_address(panel.release, code),
    )


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
    with ProcessPoolExecutor(workers or os.cpu_count()) as pool:
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
    write_page(page, county_html(_panel(release), code))
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
