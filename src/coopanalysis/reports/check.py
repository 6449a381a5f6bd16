"""Check every report that stands against the goals, and print a table of goal by report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from coopanalysis.reports.browser import check_in_browser, find_chromium, open_browser
from coopanalysis.reports.goals import Miss, check_page
from coopanalysis.reports.index import read_records
from coopanalysis.reports.plan import ReportJob, load_plan
from coopanalysis.reports.provenance import read_inputs

STATIC_GOALS = (2, 3, 4, 5, 6, 11, 13, 14, 15, 16, 17)
BROWSER_GOALS = (2, 3, 9, 10)


def check_reports(folder: Path) -> dict[str, list[Miss]]:
    """Check each built report of each release, and the index in a browser.

    Parameters
    ----------
    folder : Path
        Holds `index.html` and one folder per release.

    Returns
    -------
    dict
        Misses by page (`release/slug`), empty lists for pages that keep every goal. Without a
        Chromium the goals that need one are not checked; `format_checks` says so.
    """
    pages: dict[str, Path] = {}
    misses: dict[str, list[Miss]] = {}
    for record in read_records(folder):
        name, release = f"{record['release']}/{record['slug']}", record["release"]
        if record["status"] != "built":  # goal 20: the notebook runs without error
            misses[name] = [Miss(20, f"not built: {record['error'].splitlines()[0]}")]
            continue
        pages[name] = folder / release / record["html"]
        job = _job(record)
        misses[name] = check_page(
            pages[name].read_text(encoding="utf-8"),
            simulated=job.is_simulated,
            real=job.data == "real",
            build=read_inputs(job),
        )
    if find_chromium():
        misses.setdefault("index", [])
        with open_browser() as context:
            for name, path in {**pages, "index": folder / "index.html"}.items():
                misses[name] += check_in_browser(context, path)
    return misses


def _job(record: Mapping[str, Any]) -> ReportJob:
    """Plan the report that a record is of; parameters set by hand do not matter here."""
    jobs = load_plan(record["release"], record["id"])
    return next((job for job in jobs if job.slug == record["slug"]), jobs[0])


def format_checks(misses: Mapping[str, Sequence[Miss]]) -> str:
    """Write a table of goal by page, and below it each miss in words."""
    browser = bool(find_chromium())
    goals = sorted({*STATIC_GOALS, *(BROWSER_GOALS if browser else ())})
    width = max((len(name) for name in misses), default=0)
    lines = [f"{'goal'.ljust(width)} {' '.join(f'{goal:>3}' for goal in goals)}"]
    for name, found in misses.items():
        missed = {miss.goal for miss in found}
        marks = " ".join("  x" if goal in missed else "  ." for goal in goals)
        lines.append(f"{name.ljust(width)} {marks}")
    lines += [f"{name}: {miss}" for name, found in misses.items() for miss in found]
    if not browser:
        lines.append("No Chromium on this machine: goals 9 and 10 are not checked.")
    return "\n".join(lines)
