"""Where reports stand while they run, and how they ended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from coopanalysis.reports.plan import ReportJob

Status = Literal["waiting", "running", "rendering", "built", "failed", "current"]


@dataclass(frozen=True)
class Progress:
    """Where one report stands.

    Attributes
    ----------
    slug, release : str
        Which report.
    status : Status
        "current" means that nothing had changed.
    cell, cells : int
        Cell that runs (from 1) and number of cells; 0 before it starts.
    heading : str
        Nearest heading above that cell.
    seconds : float
        Since the report was begun.
    expected : float
        Seconds it is expected to take, from earlier runs; 0 where nothing is known.
    reason : str
        Why it is made, or why it failed.
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
    """How one report ended.

    Attributes
    ----------
    job : ReportJob
    status : "built", "failed" or "current"
    seconds : float
    error : str
        Excerpt of the failure; empty where there is none.
    """

    job: ReportJob
    status: Status
    seconds: float = 0.0
    error: str = ""


ProgressCallback = Callable[[Progress], None]
