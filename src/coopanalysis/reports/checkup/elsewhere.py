"""Run reports a second time in a project folder of their own, beside the one that stands."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from coopanalysis import paths
from coopanalysis.reports.execute import execute
from coopanalysis.reports.fresh import decide
from coopanalysis.reports.plan import ReportJob
from coopanalysis.reports.progress import Outcome

# What differs from run to run is marked as such in the page: day and time, commit and key.
_BY_RUN = (
    re.compile(r'<(\w+) class="(?:[\w-]+ )?run"[^>]*>.*?</\1>', re.DOTALL),
    re.compile(r"<dt>Commit</dt><dd>.*?</dd>", re.DOTALL),
    re.compile(r'<meta name="coopanalysis-key"[^>]*>'),
)


def copy_project(folder: Path) -> None:
    """Write what a project needs but its processed tables: notebooks, lock, reference files."""
    raw = folder / "data" / "raw"
    shutil.copytree(paths.notebooks_dir(), folder / "notebooks", dirs_exist_ok=True)
    shutil.copytree(paths.reference_dir(), raw / "reference")
    for file in (paths.project_root() / "requirements.lock", paths.raw_dir() / "sources.toml"):
        if file.is_file():
            shutil.copy(file, folder if file.suffix == ".lock" else raw)
    for release in paths.raw_dir().iterdir():
        if release.is_dir() and release.name != "reference":
            (raw / release.name).symlink_to(release)


def link_tables(folder: Path, release: str) -> None:
    """Give a copied project the processed tables of this one."""
    target = folder / "data" / "processed"
    target.mkdir(parents=True, exist_ok=True)
    (target / release).symlink_to(paths.processed_dir(release))


def run_elsewhere(folder: Path, jobs: Sequence[ReportJob]) -> list[Outcome]:
    """Run reports in a copied project; their pages come to stand in its `reports/`."""
    moved = [
        replace(
            job,
            notebook=folder / "notebooks" / job.notebook.name,
            folder=folder / "reports" / job.release,
            build_path=folder / "data" / "processed" / job.release / "build.json",
        )
        for job in jobs
    ]
    with _project_at(folder):
        return execute(decide(moved, force=True))


def same_but_run(html: str) -> str:
    """Leave out of a page what its run decides, so that two runs can be compared to the byte."""
    for pattern in _BY_RUN:
        html = pattern.sub("", html)
    return html


@contextmanager
def _project_at(folder: Path) -> Iterator[None]:
    before = os.environ.get(paths.HOME_VARIABLE)
    os.environ[paths.HOME_VARIABLE] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ[paths.HOME_VARIABLE]
        else:
            os.environ[paths.HOME_VARIABLE] = before
