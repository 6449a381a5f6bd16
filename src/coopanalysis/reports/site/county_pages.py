"""A page for every county of a release: answers first, then the tables behind them.

The tables are those of the brief of a county, made by the same functions in one process; what
only the brief has are its map and its peers.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache
from html import escape
from pathlib import Path
from time import monotonic

from coopanalysis.briefs import agreements, context, limits, reporting, rows
from coopanalysis.briefs.answers import county_answers, show_answers
from coopanalysis.briefs.detention import show_places
from coopanalysis.briefs.places import Brief, load_county
from coopanalysis.display.html import Output, element
from coopanalysis.panel import Panel, load_release
from coopanalysis.reports.records import write_atomically
from coopanalysis.reports.site.counties import (
    COUNTIES,
    PAGES_KEY,
    county_address,
    pages_key,
    stands,
)
from coopanalysis.reports.site.shell import page_html, write_page

CHUNK = 50
Section = tuple[str, str, tuple[Callable[[Brief], Output | None], ...]]
SECTIONS: tuple[Section, ...] = (
    (
        "agreements",
        "Who has an agreement?",
        (
            lambda brief: agreements.show_agencies(brief, "county"),
            lambda brief: agreements.show_agencies(brief, "municipality"),
            agreements.show_pending,
        ),
    ),
    ("dates", "Since when?", (rows.show_dates,)),
    ("law", "What does the law of the state say?", (context.show_laws, context.show_local_actions)),
    ("held", "Who is held for ICE there?", (show_places,)),
    (
        "crime",
        "Who reported crime, and how much?",
        (lambda brief: reporting.show_county_rates(brief, None), rows.show_subgroups),
    ),
    ("people", "Who lives there?", (lambda brief: context.show_people(brief, None),)),
    ("unknown", "What is not known?", (limits.limits,)),
)


def county_html(panel: Panel, code: str) -> str:
    """Write the page of one county."""
    brief = load_county(panel, code)
    body, contents = [show_answers(county_answers(brief)).html], []
    for anchor, title, shown in SECTIONS:
        parts = [output.html for output in (one(brief) for one in shown) if output is not None]
        if parts:
            contents.append(element("li", element("a", escape(title), href=f"#{anchor}")))
            head = element("h2", escape(title), id=anchor)
            body.append(element("section", head + "".join(parts), aria_labelledby=anchor))
    state = f"../state-brief--state_fips-{brief.state_fips}.html"
    up = element("a", escape(f"{brief.state}, all counties"), href=state)
    simulated = "Simulated: a fictional county. " if panel.release == "demo" else ""
    layout = f"""<div class="layout"><nav class="contents" aria-labelledby="contents-title">
<h2 id="contents-title">Contents</h2><ol><li>{up}</li>{"".join(contents)}</ol></nav>
<main id="content" class="document county" tabindex="-1">{"".join(body)}</main></div>"""
    return page_html(
        _title(brief),
        f"{simulated}What public files say of it, the day of each answer, and what is not known.",
        layout,
        address=county_address(panel.release, code),
    )


def _title(brief: Brief) -> str:
    if not brief.is_listed:
        return brief.name
    has = (brief.on_list("latest")["agency_type"] == "county").any()
    which = "a" if has else "no"
    return f"{brief.name}: {which} county agency on ICE's list of agreements"


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
    (folder / PAGES_KEY).unlink(missing_ok=True)
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
    write_atomically(folder / PAGES_KEY, key)
    return done


def county_codes(release: str) -> list[str]:
    """Codes of the base list of a release."""
    return sorted(load_release(release).county["county_fips"])


def _write_part(task: tuple[Path, str, Sequence[str]]) -> int:
    reports, release, codes = task
    panel = _panel(release)
    for code in codes:
        write_page(reports / county_address(release, code), county_html(panel, code))
    return len(codes)


@lru_cache(maxsize=1)
def _panel(release: str) -> Panel:
    return load_release(release)
