"""Where reports stand while they run, and how they ended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
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


ProgressCallback = Callable[[Progress], None]
