"""Make the reports of a release and the index, and say how far it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coopanalysis import paths
from coopanalysis.reports.execute import WORKERS, Outcome, Progress, execute_jobs
from coopanalysis.reports.index import write_index
from coopanalysis.reports.plan import ReportJob, load_plan, read_entries

Say = Callable[[str], None]


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
    release: str,
    *,
    only: str | Sequence[str] | None = None,
    overrides: Mapping[str, Any] | None = None,
    force: bool = False,
    workers: int = WORKERS,
    progress: Say | None = None,
) -> ReportRun:
    """Plan, run and render the reports of a release, and write the index.

    Parameters
    ----------
    release, only, overrides
        As in `plan.load_plan`.
    force : bool
        Run reports that are up to date, too.
    workers : int
        How many notebooks run at once.
    progress : callable, optional
        Takes one line of text at a time.

    Raises
    ------
    UsageError, ReportError
        If the plan cannot be kept; nothing has run then. A notebook that fails raises nothing:
        see `ReportRun.failed`.
    """
    say = progress or (lambda _: None)
    jobs = load_plan(release, only, overrides)
    outcomes = execute_jobs(jobs, workers=workers, force=force, progress=ProgressLines(jobs, say))
    known = [entry.id for entry in read_entries(paths.notebooks_dir() / "reports.toml")]
    index = write_index(paths.reports_dir(), known)
    run = ReportRun(tuple(outcomes), index)
    for outcome in run.failed:
        say(f"{outcome.job.slug} failed: {outcome.error.splitlines()[0]}")
    say(_summary(run))
    return run


class ProgressLines:
    """Turns progress into lines: one at each new heading of a notebook, with the time left.

    Parameters
    ----------
    jobs : sequence of ReportJob
    say : callable
        Takes a line.
    """

    def __init__(self, jobs: Sequence[ReportJob], say: Say) -> None:
        self._say = say
        self._width = max((len(job.slug) for job in jobs), default=0)
        self._headings: dict[str, str] = {}

    def __call__(self, event: Progress) -> None:
        """Say one event, if it is worth a line."""
        name = event.slug.ljust(self._width)
        if event.status == "running" and self._headings.get(event.slug) != event.heading:
            self._headings[event.slug] = event.heading
            where = f"cell {event.cell} of {event.cells}: {event.heading}"
            self._say(f"{name}  {where} ({event.seconds:.0f} s{_left(event)})")
        elif event.status == "built":
            self._say(f"{name}  built in {event.seconds:.0f} s")
        elif event.status == "failed":
            self._say(f"{name}  failed after {event.seconds:.0f} s")
        elif event.status == "current":
            self._say(f"{name}  up to date")


def _left(event: Progress) -> str:
    """Guess the time left from the share of cells done, once there is something to go by."""
    if event.cell < 4:
        return ""
    done = event.cell - 1
    return f", about {event.seconds * (event.cells - done) / done:.0f} s left"


def _summary(run: ReportRun) -> str:
    counts = {
        word: sum(outcome.status == status for outcome in run.outcomes)
        for word, status in (("built", "built"), ("up to date", "current"), ("failed", "failed"))
    }
    said = ", ".join(f"{count} {word}" for word, count in counts.items() if count)
    where = run.index.relative_to(paths.project_root())
    return f"{said or 'no reports'}. Open {where}"
