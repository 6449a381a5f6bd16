"""From notebooks to pages: plan, execute, render, index."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from coopanalysis.reports.run import ReportRun, run_reports

__all__ = ["ReportRun", "run_reports"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from coopanalysis.reports import run  # noqa: PLC0415  (a page depends on no runner)

    return getattr(run, name)
