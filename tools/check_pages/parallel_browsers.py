"""What a browser tells of many pages: each process opens one browser and tries its share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from coopanalysis.errors import CoopError
from coopanalysis.reports.goals import Miss
from tools.check_pages.axe import check_axe
from tools.check_pages.browser import open_browser
from tools.check_pages.browser_checks import INDEX_NAME, check_in_browser
from tools.check_pages.index_page import check_listing
from tools.check_pages.jupyterlab import check_lab
from tools.check_pages.parallel import WORKERS, map_in_processes
from tools.check_pages.print_layout import check_paper, find_pdftotext

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

BROWSER_GOALS = (1, 2, 3, 9, 10)
OPENING_GOALS = (2, 3, 9, 10, 12)
"""Of reports whose like, of another release, is held to the first goal, which takes the longest."""
SITE_GOALS = (1, 2, 3, 9)
"""Of pages around the reports, such as the data dictionary; the index is held to all."""
LAB_GOALS = (20, 21)


@dataclass(frozen=True)
class Visit:
    """One page to open, by the name it has in the table of goals.

    `site` is the folder of the site for a page that is part of it; a report asks for no file.
    `goals` are those of a browser that the page is held to.
    """

    name: str
    path: Path
    site: Path | None = None
    goals: Sequence[int] = (*BROWSER_GOALS, 12)


@dataclass(frozen=True)
class Found:
    """What came of one page or notebook."""

    name: str
    goals: tuple[int, ...]
    misses: tuple[Miss, ...]
    notes: tuple[str, ...] = ()


def try_pages(visits: Sequence[Visit]) -> list[Found]:
    """Open pages in browsers, several at once; goals 1, 2, 3, 9, 10, 12, and 19 for the index."""
    # The heaviest go first and to different browsers, so that none is waited for at the end.
    ordered = sorted(visits, key=lambda visit: -visit.path.stat().st_size)
    parts = map_in_processes(_try_part, [ordered[at::WORKERS] for at in range(WORKERS)])
    found = {one.name: one for part in parts for one in part}
    return [found[visit.name] for visit in visits]


def try_notebooks(notebooks: Sequence[Path]) -> list[Found]:
    """Run notebooks in JupyterLab, several at once; goals 20 and 21."""
    parts = [part for at in range(WORKERS) if (part := notebooks[at::WORKERS])]
    misses = {
        name: found for part in map_in_processes(_try_lab, parts) for name, found in part.items()
    }
    return [Found(n.stem, LAB_GOALS, tuple(misses[n.stem])) for n in notebooks]


def _try_part(visits: Sequence[Visit]) -> list[Found]:
    if not visits:
        return []
    passed: set[str] = set()
    with open_browser() as context:
        return [_try_page(context, visit, passed) for visit in visits]


def _try_page(context: BrowserContext, visit: Visit, passed: set[str]) -> Found:
    goals = {*BROWSER_GOALS, *((12,) if find_pdftotext() else ())} & set(visit.goals)
    misses = check_in_browser(context, visit.path, visit.site)
    notes: list[str] = []
    if 1 in goals:
        barriers, notes = check_axe(context, visit.path, passed)
        misses += barriers
    if 12 in goals:
        misses += check_paper(context, visit.path)
    if visit.path.name == INDEX_NAME:
        goals |= {19}
        misses += check_listing(context, visit.path)
    kept = tuple(miss for miss in misses if miss.goal in goals)
    return Found(visit.name, tuple(sorted(goals)), kept, tuple(notes))


def _try_lab(notebooks: Sequence[Path]) -> dict[str, list[Miss]]:
    try:
        return check_lab(notebooks)
    except CoopError as error:
        return {notebook.stem: [Miss(20, str(error))] for notebook in notebooks}
