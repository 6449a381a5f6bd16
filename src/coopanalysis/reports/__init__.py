"""From notebooks to pages: plan, execute, render, index."""

from coopanalysis.reports.run import ReportRun, run_reports

__all__ = ["ReportRun", "run_reports"]
