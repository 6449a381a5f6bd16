"""What a reader sees: sentences, tables, figures, maps and the parts of a page.

Functions named `show_` end a cell of a notebook. Each takes a typed result or a frame, takes its
words from the catalog, and gives an `Output`: HTML for the page, plain text beside it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from coopanalysis.display.columns import show_choices, show_distribution, show_known
    from coopanalysis.display.comparisons import show_errors, show_levels, show_variation
    from coopanalysis.display.county_maps import show_county_map
    from coopanalysis.display.coverage import show_coverage
    from coopanalysis.display.crosstabs import show_crosstab
    from coopanalysis.display.figures import show_figure
    from coopanalysis.display.gaps import (
        describe_clusters,
        describe_left_out,
        describe_misplaced,
        describe_time_order,
        describe_who_reported,
    )
    from coopanalysis.display.html import Output
    from coopanalysis.display.literature import show_published
    from coopanalysis.display.page import left_out, note, show_headline, show_limits
    from coopanalysis.display.report_rules import show_report_rules
    from coopanalysis.display.reporting_maps import show_rate_maps, show_reporting_maps
    from coopanalysis.display.results import describe_result, show_estimates, show_main_estimate
    from coopanalysis.display.shares import show_cooccurrence, show_score, show_shares
    from coopanalysis.display.tables import ColumnFormat, show_table
    from coopanalysis.display.terms import (
        show_many_terms,
        show_response,
        show_terms,
        show_two_models,
    )
    from coopanalysis.display.timelines import show_timeline
    from coopanalysis.display.words import source_line

__all__ = [
    "ColumnFormat",
    "Output",
    "describe_clusters",
    "describe_left_out",
    "describe_misplaced",
    "describe_result",
    "describe_time_order",
    "describe_who_reported",
    "left_out",
    "note",
    "show_choices",
    "show_cooccurrence",
    "show_county_map",
    "show_coverage",
    "show_crosstab",
    "show_distribution",
    "show_errors",
    "show_estimates",
    "show_figure",
    "show_headline",
    "show_known",
    "show_levels",
    "show_limits",
    "show_main_estimate",
    "show_many_terms",
    "show_published",
    "show_rate_maps",
    "show_report_rules",
    "show_reporting_maps",
    "show_response",
    "show_score",
    "show_shares",
    "show_table",
    "show_terms",
    "show_timeline",
    "show_two_models",
    "show_variation",
    "source_line",
]
_HOMES = {
    "ColumnFormat": "tables",
    "Output": "html",
    "describe_clusters": "gaps",
    "describe_left_out": "gaps",
    "describe_misplaced": "gaps",
    "describe_result": "results",
    "describe_time_order": "gaps",
    "describe_who_reported": "gaps",
    "left_out": "page",
    "note": "page",
    "show_choices": "columns",
    "show_cooccurrence": "shares",
    "show_county_map": "county_maps",
    "show_coverage": "coverage",
    "show_crosstab": "crosstabs",
    "show_distribution": "columns",
    "show_errors": "comparisons",
    "show_estimates": "results",
    "show_figure": "figures",
    "show_headline": "page",
    "show_known": "columns",
    "show_levels": "comparisons",
    "show_limits": "page",
    "show_main_estimate": "results",
    "show_many_terms": "terms",
    "show_published": "literature",
    "show_rate_maps": "reporting_maps",
    "show_report_rules": "report_rules",
    "show_reporting_maps": "reporting_maps",
    "show_response": "terms",
    "show_score": "shares",
    "show_shares": "shares",
    "show_table": "tables",
    "show_terms": "terms",
    "show_timeline": "timelines",
    "show_two_models": "terms",
    "show_variation": "comparisons",
    "source_line": "words",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
