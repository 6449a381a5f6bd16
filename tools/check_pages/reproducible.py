"""Goal 17: a report that is run again on the same data is the same page, byte by byte."""

from __future__ import annotations

import re
from collections.abc import Sequence

from coopanalysis.reports.goals import Miss
from coopanalysis.reports.plan import ReportJob
from coopanalysis.reports.stale import decide
from tools.check_pages.project_copy import (
    copy_project,
    link_tables,
    run_in_copy,
    temporary_folder,
)

# What differs from run to run is marked as such in the page: day and time, commit and key.
_BY_RUN = (
    re.compile(r'<(\w+) class="(?:[\w-]+ )?run"[^>]*>.*?</\1>', re.DOTALL),
    re.compile(r"<dt>Commit</dt><dd>.*?</dd>", re.DOTALL),
    re.compile(r'<meta name="coopanalysis-key"[^>]*>'),
)


def check_repeats(jobs: Sequence[ReportJob]) -> dict[str, list[Miss]]:
    """Run reports of one release again, and compare the pages byte by byte.

    Gives misses of goal 17 by slug. A page that is not of this code and data cannot be compared,
    and says so.
    """
    misses: dict[str, list[Miss]] = {job.slug: [] for job in jobs}
    current = []
    for decision in decide(jobs):
        if decision.is_current:
            current.append(decision.job)
        else:
            words = f"stale ({decision.words}): run `make reports`, then check again"
            misses[decision.job.slug].append(Miss(17, words))
    with temporary_folder() as folder:
        copy_project(folder)
        link_tables(folder, jobs[0].release)
        for job, page in run_in_copy(folder, current):
            if isinstance(page, str):
                misses[job.slug].append(Miss(17, f"does not run again: {page}"))
                continue
            first, second = (
                same_but_run(p.read_text(encoding="utf-8")) for p in (job.html_path, page)
            )
            if first != second:
                words = f"a second run gives another page, from: {_first_difference(first, second)}"
                misses[job.slug].append(Miss(17, words))
    return misses


def same_but_run(html: str) -> str:
    """Leave out of a page what its run decides, so that two runs can be compared to the byte."""
    for pattern in _BY_RUN:
        html = pattern.sub("", html)
    return html


def _first_difference(first: str, second: str) -> str:
    at = next(
        (i for i, (a, b) in enumerate(zip(first, second, strict=False)) if a != b),
        min(len(first), len(second)),
    )
    return f"{first[max(0, at - 30) : at + 40]!r} against {second[max(0, at - 30) : at + 40]!r}"
