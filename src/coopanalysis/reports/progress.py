"""Where reports stand while they run, how they ended, and how that is told."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from coopanalysis.reports.plan import ReportJob

Status = Literal["waiting", "running", "rendering", "built", "failed", "current"]


@dataclass(frozen=True)
class Progress:
    """Where one report stands; with status "current" nothing had changed.

    `cell` counts from 1, and is 0 before the notebook starts; `heading` is the nearest above it.
    `seconds` are since the report was begun, `expected` what earlier runs took, 0 where that is not
    known. `reason` is why it is made, or why it failed.
    """

    slug: str
    release: str
    status: Status
    cell: int = 0
    cells: int = 0
    heading: str = ""
    seconds: float = 0.0
    expected: float = 0.0
    reason: str = ""


@dataclass(frozen=True)
class Outcome:
    """How one report ended, with an excerpt of the failure if it failed."""

    job: ReportJob
    status: Status
    seconds: float = 0.0
    error: str = ""


Say = Callable[[str], None]
ProgressCallback = Callable[[Progress], None]


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
