"""A copy of the project in a folder of its own, in which reports are run a second time."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from coopanalysis import paths
from coopanalysis.reports.execute import execute
from coopanalysis.reports.plan import ReportJob
from coopanalysis.reports.stale import decide


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Make a folder for a copied project, and remove it at the end."""
    with tempfile.TemporaryDirectory(prefix="coop-") as name:
        yield Path(name).resolve()


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


def run_in_copy(folder: Path, jobs: Sequence[ReportJob]) -> Iterator[tuple[ReportJob, Path | str]]:
    """Run reports in a copied project; yield each with its page, or why there is none."""
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
        outcomes = execute(decide(moved, force=True))
    for job, outcome in zip(jobs, outcomes, strict=True):
        is_built = outcome.status == "built"
        yield job, outcome.job.html_path if is_built else outcome.error.splitlines()[0][:200]


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
