"""Make the reports of a release and the index, and say how far it is."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from coopanalysis import paths
from coopanalysis.errors import ReportError
from coopanalysis.reports.entries import read_entries
from coopanalysis.reports.execute import execute
from coopanalysis.reports.index import write_index
from coopanalysis.reports.lock import run_lock
from coopanalysis.reports.plan import ReportJob
from coopanalysis.reports.progress import Outcome, Progress, ProgressCallback
from coopanalysis.reports.records import read_record, sweep_parts
from coopanalysis.reports.stale import decide, planned_jobs

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


def event_line(event: Progress) -> str:
    """Write one event as a line of JSON."""
    facts = {name: value for name, value in asdict(event).items() if value not in ("", 0, 0.0)}
    return json.dumps(facts | {"seconds": round(event.seconds, 2)}, ensure_ascii=False)


class ProgressLines:
    """Turns progress into lines: one at each new heading of a notebook, with the time left."""

    def __init__(self, jobs: Sequence[ReportJob], say: Say) -> None:
        self._say = say
        self._several = len({job.release for job in jobs}) > 1
        self._width = max((len(self._name(job)) for job in jobs), default=0)
        self._headings: dict[str, str] = {}
        self._stale: set[str] = set()
        self._ended = 0

    def _name(self, one: ReportJob | Progress) -> str:
        return f"{one.release}/{one.slug}" if self._several and one.slug else one.slug

    def __call__(self, event: Progress) -> None:
        """Say one event, if it is worth a line."""
        slug = self._name(event)
        name = slug.ljust(self._width)
        if event.status == "waiting":
            if slug:
                self._stale.add(slug)
            self._say(f"{name}  {event.reason}".strip())
        elif event.status == "running" and self._headings.get(slug) != event.heading:
            self._headings[slug] = event.heading
            where = f"cell {event.cell} of {event.cells}: {event.heading}"
            self._say(f"{name}  {where} ({event.seconds:.0f} s{_left(event)})")
        elif event.status in ("built", "failed"):
            self._ended += 1
            words = "built in" if event.status == "built" else "failed after"
            of_all = f" ({self._ended} of {len(self._stale)})" if len(self._stale) > 1 else ""
            self._say(f"{name}  {words} {event.seconds:.0f} s{of_all}")
        elif event.status == "current":
            self._say(f"{name}  up to date")


def _left(event: Progress) -> str:
    """Time left: from earlier runs, else from the share of cells done once that says something."""
    if event.expected:
        return f", about {max(event.expected - event.seconds, 0):.0f} s left"
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
