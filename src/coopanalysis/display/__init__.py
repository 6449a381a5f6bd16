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
    )
    from coopanalysis.display.bounds import (
        describe_break_even,
        describe_widest,
        show_bounds,
    )
    from coopanalysis.display.categories import LAW_STATUS, Category, describe_extent
    from coopanalysis.display.checks import collect_checks, describe_checks, show_checks
    from coopanalysis.display.columns import show_choices, show_distribution, show_known
    from coopanalysis.display.comparisons import show_errors, show_levels, show_variation
    from coopanalysis.display.county_maps import show_county_map
    from coopanalysis.display.coverage import show_coverage
    from coopanalysis.display.crosstabs import show_crosstab
    from coopanalysis.display.curve import describe_curve, show_curve, show_curve_choices
    from coopanalysis.display.differences import (
        show_difference_sentences,
        show_differences,
        show_differences_across,
        show_standard_differences,
    )
    from coopanalysis.display.family import show_family
    from coopanalysis.display.few_clusters import describe_carriers, show_few_clusters
    from coopanalysis.display.figures import show_figure
    from coopanalysis.display.gaps import (
        describe_clusters,
        describe_compared,
        describe_left_out,
        describe_misplaced,
        describe_time_order,
        describe_uniform,
        describe_who_reported,
    )
    from coopanalysis.display.html import Output
    from coopanalysis.display.laws import show_laws
    from coopanalysis.display.leave_one_out import show_leave_one_out
    from coopanalysis.display.literature import show_published
    from coopanalysis.display.main_estimate import describe_result, show_main_estimate
    from coopanalysis.display.model_details import show_models
    from coopanalysis.display.over_time import show_shares_over_time
    from coopanalysis.display.page import left_out, note, show_headline, show_limits
    from coopanalysis.display.placebos import show_later_signers, show_placebo_outcomes
    from coopanalysis.display.report_rules import show_report_rules
    from coopanalysis.display.reporting_maps import show_rate_maps, show_reporting_maps
    from coopanalysis.display.results import show_estimates
    from coopanalysis.display.shares import show_cooccurrence, show_score, show_shares
    from coopanalysis.display.spatial_autocorrelation import (
        describe_islands,
        show_spatial,
    )
    from coopanalysis.display.states import show_state_tiles
    from coopanalysis.display.tables import ColumnFormat, show_table
    from coopanalysis.display.terms import (
        show_many_terms,
        show_response,
        show_terms,
        show_two_models,
    )
    from coopanalysis.display.timelines import show_timeline
    from coopanalysis.display.unobserved_confounding import show_benchmarks, show_unseen
    from coopanalysis.display.words import source_line

__all__ = [
    "LAW_STATUS",
    "Category",
    "ColumnFormat",
    "Output",
    "collect_checks",
    "describe_break_even",
    "describe_carriers",
    "describe_checks",
    "describe_clusters",
    "describe_compared",
    "describe_curve",
    "describe_extent",
    "describe_islands",
    "describe_left_out",
    "describe_misplaced",
    "describe_result",
    "describe_time_order",
    "describe_uniform",
    "describe_unmatched",
    "describe_who_reported",
    "describe_widest",
    "left_out",
    "note",
    "show_balance",
    "show_balanced_estimates",
    "show_benchmarks",
    "show_bounds",
    "show_checks",
    "show_choices",
    "show_cooccurrence",
    "show_county_map",
    "show_coverage",
    "show_crosstab",
    "show_curve",
    "show_curve_choices",
    "show_difference_sentences",
    "show_differences",
    "show_differences_across",
    "show_distribution",
    "show_errors",
    "show_estimates",
    "show_family",
    "show_few_clusters",
    "show_figure",
    "show_headline",
    "show_known",
    "show_later_signers",
    "show_laws",
    "show_leave_one_out",
    "show_levels",
    "show_limits",
    "show_main_estimate",
    "show_many_terms",
    "show_models",
    "show_placebo_outcomes",
    "show_published",
    "show_rate_maps",
    "show_report_rules",
    "show_reporting_maps",
    "show_response",
    "show_score",
    "show_shares",
    "show_shares_over_time",
    "show_spatial",
    "show_standard_differences",
    "show_state_tiles",
    "show_table",
    "show_terms",
    "show_timeline",
    "show_two_models",
    "show_unseen",
    "show_variation",
    "source_line",
]
_HOMES = {
    "LAW_STATUS": "categories",
    "Category": "categories",
    "ColumnFormat": "tables",
    "Output": "html",
    "collect_checks": "checks",
    "describe_carriers": "few_clusters",
    "describe_checks": "checks",
    "describe_clusters": "gaps",
    "describe_compared": "gaps",
    "describe_curve": "curve",
    "describe_extent": "categories",
    "describe_islands": "spatial_autocorrelation",
    "describe_left_out": "gaps",
    "describe_misplaced": "gaps",
    "describe_result": "main_estimate",
    "describe_time_order": "gaps",
    "describe_uniform": "gaps",
    "describe_unmatched": "balanced",
    "describe_who_reported": "gaps",
    "describe_break_even": "bounds",
    "describe_widest": "bounds",
    "left_out": "page",
    "note": "page",
    "show_balance": "balanced",
    "show_balanced_estimates": "balanced",
    "show_benchmarks": "unobserved_confounding",
    "show_bounds": "bounds",
    "show_checks": "checks",
    "show_choices": "columns",
    "show_cooccurrence": "shares",
    "show_county_map": "county_maps",
    "show_coverage": "coverage",
    "show_crosstab": "crosstabs",
    "show_curve": "curve",
    "show_curve_choices": "curve",
    "show_difference_sentences": "differences",
    "show_differences": "differences",
    "show_differences_across": "differences",
    "show_distribution": "columns",
    "show_errors": "comparisons",
    "show_estimates": "results",
    "show_family": "family",
    "show_few_clusters": "few_clusters",
    "show_figure": "figures",
    "show_headline": "page",
    "show_known": "columns",
    "show_later_signers": "placebos",
    "show_laws": "laws",
    "show_leave_one_out": "leave_one_out",
    "show_levels": "comparisons",
    "show_limits": "page",
    "show_main_estimate": "main_estimate",
    "show_many_terms": "terms",
    "show_models": "model_details",
    "show_placebo_outcomes": "placebos",
    "show_published": "literature",
    "show_rate_maps": "reporting_maps",
    "show_report_rules": "report_rules",
    "show_reporting_maps": "reporting_maps",
    "show_response": "terms",
    "show_score": "shares",
    "show_shares": "shares",
    "show_shares_over_time": "over_time",
    "show_spatial": "spatial_autocorrelation",
    "show_standard_differences": "differences",
    "show_state_tiles": "states",
    "show_table": "tables",
    "show_terms": "terms",
    "show_timeline": "timelines",
    "show_two_models": "terms",
    "show_unseen": "unobserved_confounding",
    "show_variation": "comparisons",
    "source_line": "words",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
