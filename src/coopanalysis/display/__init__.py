"""What a reader sees: sentences, tables, figures, maps and the parts of a page.

Functions named `show_` end a cell of a notebook. Each takes a typed result or a frame, takes its
words from the catalog, and gives an `Output`: HTML for the page, plain text beside it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from coopanalysis.display.balanced import (
        describe_unmatched,
        show_balance,
        show_balanced_estimates,
        show_overlap,
        show_samples,
    )
    from coopanalysis.display.bounds import describe_widest, show_bounds
    from coopanalysis.display.checks import collect_checks, describe_checks, show_checks
    from coopanalysis.display.columns import show_distribution, show_known
    from coopanalysis.display.comparisons import show_errors, show_levels, show_variation
    from coopanalysis.display.coverage import show_coverage
    from coopanalysis.display.curve import describe_curve, show_curve, show_curve_choices
    from coopanalysis.display.family import show_family
    from coopanalysis.display.figures import show_figure
    from coopanalysis.display.gaps import (
        describe_clusters,
        describe_left_out,
        describe_misplaced,
        describe_time_order,
        describe_who_reported,
    )
    from coopanalysis.display.html import Output
    from coopanalysis.display.page import show_headline, show_limits
    from coopanalysis.display.placebos import (
        show_leave_one_out,
        show_placebo_outcomes,
        show_placebo_policies,
    )
    from coopanalysis.display.report_rules import show_report_rules
    from coopanalysis.display.results import describe_result, show_estimates, show_main_estimate
    from coopanalysis.display.space import (
        describe_islands,
        describe_sign_changes,
        set_beside,
        show_moran,
        show_spatial,
        show_subset,
    )
    from coopanalysis.display.tables import ColumnFormat, show_table
    from coopanalysis.display.unseen import show_benchmarks, show_unseen
    from coopanalysis.display.words import source_line

__all__ = [
    "ColumnFormat",
    "Output",
    "collect_checks",
    "describe_checks",
    "describe_clusters",
    "describe_curve",
    "describe_islands",
    "describe_left_out",
    "describe_misplaced",
    "describe_result",
    "describe_sign_changes",
    "describe_time_order",
    "describe_unmatched",
    "describe_who_reported",
    "describe_widest",
    "set_beside",
    "show_balance",
    "show_balanced_estimates",
    "show_benchmarks",
    "show_bounds",
    "show_checks",
    "show_coverage",
    "show_curve",
    "show_curve_choices",
    "show_distribution",
    "show_errors",
    "show_estimates",
    "show_family",
    "show_figure",
    "show_headline",
    "show_known",
    "show_leave_one_out",
    "show_levels",
    "show_limits",
    "show_main_estimate",
    "show_moran",
    "show_overlap",
    "show_placebo_outcomes",
    "show_placebo_policies",
    "show_report_rules",
    "show_samples",
    "show_spatial",
    "show_subset",
    "show_table",
    "show_unseen",
    "show_variation",
    "source_line",
]
_HOMES = {
    "ColumnFormat": "tables",
    "Output": "html",
    "collect_checks": "checks",
    "describe_checks": "checks",
    "describe_clusters": "gaps",
    "describe_curve": "curve",
    "describe_islands": "space",
    "describe_left_out": "gaps",
    "describe_misplaced": "gaps",
    "describe_result": "results",
    "describe_sign_changes": "space",
    "describe_time_order": "gaps",
    "describe_unmatched": "balanced",
    "describe_who_reported": "gaps",
    "describe_widest": "bounds",
    "set_beside": "space",
    "show_balance": "balanced",
    "show_balanced_estimates": "balanced",
    "show_benchmarks": "unseen",
    "show_bounds": "bounds",
    "show_checks": "checks",
    "show_coverage": "coverage",
    "show_curve": "curve",
    "show_curve_choices": "curve",
    "show_distribution": "columns",
    "show_errors": "comparisons",
    "show_estimates": "results",
    "show_family": "family",
    "show_figure": "figures",
    "show_headline": "page",
    "show_known": "columns",
    "show_leave_one_out": "placebos",
    "show_levels": "comparisons",
    "show_limits": "page",
    "show_main_estimate": "results",
    "show_moran": "space",
    "show_overlap": "balanced",
    "show_placebo_outcomes": "placebos",
    "show_placebo_policies": "placebos",
    "show_report_rules": "report_rules",
    "show_samples": "balanced",
    "show_spatial": "space",
    "show_subset": "space",
    "show_table": "tables",
    "show_unseen": "unseen",
    "show_variation": "comparisons",
    "source_line": "words",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
