"""Make the reports of a release and the index, one run at a time: two would write the same."""

from __future__ import annotations

import errno
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coopanalysis import paths
from coopanalysis.errors import ReportError
from coopanalysis.reports.entries import read_entries
from coopanalysis.reports.execute import execute
from coopanalysis.reports.index import write_index
from coopanalysis.reports.progress import Outcome, ProgressCallback, ProgressLines, Say
from coopanalysis.reports.records import read_record, sweep_parts
from coopanalysis.reports.stale import decide, planned_jobs

LOCK_FILE = ".lock"


@dataclass(frozen=True)
class ReportRun:
    """What became of the reports that were asked for.

    Attributes
    ----------
    outcomes : tuple of Outcome
        One per report, in the order of the plan.
    index : Path
        The page that lists all reports.
    """

    outcomes: tuple[Outcome, ...]
    index: Path

    @property
    def failed(self) -> tuple[Outcome, ...]:
        """Reports that failed; the caller exits with status 1 if there are any."""
        return tuple(outcome for outcome in self.outcomes if outcome.status == "failed")


def run_reports(
    release: str | Sequence[str],
    *,
    only: str | Sequence[str] | None = None,
    overrides: Mapping[str, Any] | None = None,
    force: bool = False,
    retry_failed: bool = False,
    workers: int | None = None,
    plain: bool = False,
    scheduler: str | None = None,
    wait: bool = True,
    progress: Say | None = None,
    events: ProgressCallback | None = None,
) -> ReportRun:
    """Plan, run and render the reports of a release, and write the index.

    Parameters
    ----------
    release : str or sequence of str
        One release, or several in one run.
    only, overrides
        As in `plan.load_plan`; without them, pages made on demand that stand are kept fresh too.
    force : bool
        Run reports that are up to date, too.
    retry_failed : bool
        Run only reports whose last run failed.
    workers, plain
        As in `execute.execute`.
    scheduler
        As in `cluster.execute_on`; by default the reports are made on this machine.
    wait : bool
        Wait where another run is at work.
    progress : callable, optional
        Takes one line of text at a time.
    events : callable, optional
        Takes each `Progress` instead of lines of text.

    Raises
    ------
    UsageError, ReportError
        If the plan cannot be kept; nothing has run then. A notebook that fails raises nothing:
        see `ReportRun.failed`.
    """
    say = progress or (lambda _: None)
    folder = paths.reports_dir()
    releases = [release] if isinstance(release, str) else list(dict.fromkeys(release))
    jobs = [job for one in releases for job in planned_jobs(one, only, overrides)]
    with run_lock(folder, say, wait=wait):
        sweep_parts(folder)
        if retry_failed:
            jobs = [job for job in jobs if read_record(job.record_path).get("status") == "failed"]
        told = events or ProgressLines(jobs, say)
        decisions = decide(jobs, force=force)
        if scheduler:
            from coopanalysis.reports.cluster import execute_on  # noqa: PLC0415  (needs dask)

            outcomes = execute_on(scheduler, decisions, plain=plain, progress=told)
        else:
            outcomes = execute(decisions, workers=workers, plain=plain, progress=told)
        for outcome in outcomes:
            if outcome.status == "failed":
                job = outcome.job
                name = job.slug if isinstance(release, str) else f"{job.release}/{job.slug}"
                say(f"{name} failed: {outcome.error}")
        run = ReportRun(tuple(outcomes), _write_index())
    say(_summary(run))
    return run


def already_current(release: str, say: Say) -> bool:
    """Tell whether all reports of a release are up to date; say so, as a run would, if they are.

    Needs nothing slow: neither papermill nor pandas is imported.
    """
    jobs = planned_jobs(release)
    decisions = decide(jobs)
    if not all(decision.is_current for decision in decisions):
        return False
    outcomes = execute(decisions, progress=ProgressLines(jobs, say))
    say(_summary(ReportRun(tuple(outcomes), _write_index())))
    return True


def _write_index() -> Path:
    known = [entry.id for entry in read_entries(paths.notebooks_dir() / "reports.toml")]
    folder = paths.reports_dir()
    try:
        return write_index(folder, known)
    except OSError as error:
        raise ReportError(
            f"{folder.name}/index.html and the pages around it cannot be written: {error}. Free "
            "space, or mend permissions, and run again."
        ) from error


def _summary(run: ReportRun) -> str:
    counts = {
        word: sum(outcome.status == status for outcome in run.outcomes)
        for word, status in (("built", "built"), ("up to date", "current"), ("failed", "failed"))
    }
    said = ", ".join(f"{count} {word}" for word, count in counts.items() if count)
    where = run.index.relative_to(paths.project_root())
    return f"{said or 'no reports'}. Open {where}"


@contextmanager
def run_lock(folder: Path, say: Say, *, wait: bool = True) -> Iterator[None]:
    """Hold the lock of a folder of reports; the system lets go of it however the process ends.

    That another run is at work is said once, or is an error where this one shall not `wait`.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / LOCK_FILE).open("a+", encoding="ascii")
    except OSError as error:
        if not isinstance(error, PermissionError) and error.errno != errno.EROFS:
            raise ReportError(
                f"{folder.name}/{LOCK_FILE} cannot be written ({error}). Mend or remove it."
            ) from error
        yield  # where this run may not write there is nothing that two runs could both write
        return
    with file:
        if not _take(file.fileno()):
            file.seek(0)
            who = file.read().strip() or "unknown"
            said = f"Another run (process {who}) is making reports in {folder.name}/"
            if not wait:
                raise ReportError(f"{said}. Wait for it, or leave out --no-wait.")
            say(f"{said}; waiting for it.")
            while not _take(file.fileno()):
                time.sleep(0.1)
        with suppress(OSError):  # on a full disk the lock holds all the same
            os.ftruncate(file.fileno(), 0)
            os.write(file.fileno(), f"{os.getpid()}\n".encode())
        yield


def _take(descriptor: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt  # noqa: PLC0415

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl  # noqa: PLC0415

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
