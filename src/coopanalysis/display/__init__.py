"""What a reader sees: sentences, tables, figures, maps and the parts of a page.

Functions named `show_` end a cell of a notebook. Each takes a typed result or a frame, takes its
words from the catalog, and gives an `Output`: HTML for the page, plain text beside it. Where one
takes `data`, that is the release whose words are meant, which has to be said only where several
are loaded; an `estimates` beside another result is the fit that the result is about.
"""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from coopanalysis.display.checks import collect_checks as collect_checks
    from coopanalysis.display.checks import describe_checks as describe_checks
    from coopanalysis.display.checks import describe_curve as describe_curve
    from coopanalysis.display.checks import show_checks as show_checks
    from coopanalysis.display.checks import show_curve as show_curve
    from coopanalysis.display.checks import show_curve_choices as show_curve_choices
    from coopanalysis.display.columns import show_choices as show_choices
    from coopanalysis.display.columns import show_cooccurrence as show_cooccurrence
    from coopanalysis.display.columns import show_distribution as show_distribution
    from coopanalysis.display.columns import show_known as show_known
    from coopanalysis.display.columns import show_score as show_score
    from coopanalysis.display.columns import show_shares as show_shares
    from coopanalysis.display.comparability import describe_unmatched as describe_unmatched
    from coopanalysis.display.comparability import show_balance as show_balance
    from coopanalysis.display.comparability import (
        show_balanced_estimates as show_balanced_estimates,
    )
    from coopanalysis.display.comparability import show_later_signers as show_later_signers
    from coopanalysis.display.comparability import show_placebo_outcomes as show_placebo_outcomes
    from coopanalysis.display.county_maps import show_county_map as show_county_map
    from coopanalysis.display.coverage import count_known_practices as count_known_practices
    from coopanalysis.display.coverage import describe_known_practices as describe_known_practices
    from coopanalysis.display.coverage import show_coverage as show_coverage
    from coopanalysis.display.coverage import show_crosstab as show_crosstab
    from coopanalysis.display.dependence import describe_islands as describe_islands
    from coopanalysis.display.dependence import show_errors as show_errors
    from coopanalysis.display.dependence import show_few_clusters as show_few_clusters
    from coopanalysis.display.dependence import show_spatial as show_spatial
    from coopanalysis.display.differences import (
        show_difference_sentences as show_difference_sentences,
    )
    from coopanalysis.display.differences import show_differences as show_differences
    from coopanalysis.display.differences import show_differences_across as show_differences_across
    from coopanalysis.display.differences import (
        show_standard_differences as show_standard_differences,
    )
    from coopanalysis.display.figures import show_figure as show_figure
    from coopanalysis.display.gaps import describe_clusters as describe_clusters
    from coopanalysis.display.gaps import describe_compared as describe_compared
    from coopanalysis.display.gaps import describe_left_out as describe_left_out
    from coopanalysis.display.gaps import describe_misplaced as describe_misplaced
    from coopanalysis.display.gaps import describe_time_order as describe_time_order
    from coopanalysis.display.gaps import describe_uniform as describe_uniform
    from coopanalysis.display.gaps import describe_who_reported as describe_who_reported
    from coopanalysis.display.html import Output as Output
    from coopanalysis.display.leave_one_out import describe_carriers as describe_carriers
    from coopanalysis.display.leave_one_out import show_leave_one_out as show_leave_one_out
    from coopanalysis.display.levels import show_levels as show_levels
    from coopanalysis.display.levels import show_response as show_response
    from coopanalysis.display.levels import show_variation as show_variation
    from coopanalysis.display.literature import show_published as show_published
    from coopanalysis.display.main_estimate import describe_result as describe_result
    from coopanalysis.display.main_estimate import describe_ruled_out as describe_ruled_out
    from coopanalysis.display.main_estimate import show_main_estimate as show_main_estimate
    from coopanalysis.display.missing_reports import describe_break_even as describe_break_even
    from coopanalysis.display.missing_reports import describe_widest as describe_widest
    from coopanalysis.display.missing_reports import show_bounds as show_bounds
    from coopanalysis.display.missing_reports import show_report_rules as show_report_rules
    from coopanalysis.display.model_details import show_models as show_models
    from coopanalysis.display.over_time import show_shares_over_time as show_shares_over_time
    from coopanalysis.display.over_time import show_timeline as show_timeline
    from coopanalysis.display.page import left_out as left_out
    from coopanalysis.display.page import note as note
    from coopanalysis.display.page import show_headline as show_headline
    from coopanalysis.display.page import show_limits as show_limits
    from coopanalysis.display.reporting_maps import show_rate_maps as show_rate_maps
    from coopanalysis.display.reporting_maps import show_reporting_maps as show_reporting_maps
    from coopanalysis.display.results import show_estimates as show_estimates
    from coopanalysis.display.source_lines import source_line as source_line
    from coopanalysis.display.states import LAW_STATUS as LAW_STATUS
    from coopanalysis.display.states import NOT_TOLD_APART as NOT_TOLD_APART
    from coopanalysis.display.states import PRACTICE_LAW as PRACTICE_LAW
    from coopanalysis.display.states import Category as Category
    from coopanalysis.display.states import describe_extent as describe_extent
    from coopanalysis.display.states import show_laws as show_laws
    from coopanalysis.display.states import show_state_tiles as show_state_tiles
    from coopanalysis.display.states import with_documents as with_documents
    from coopanalysis.display.tables import ColumnFormat as ColumnFormat
    from coopanalysis.display.tables import show_table as show_table
    from coopanalysis.display.terms import show_family as show_family
    from coopanalysis.display.terms import show_many_terms as show_many_terms
    from coopanalysis.display.terms import show_terms as show_terms
    from coopanalysis.display.terms import show_two_models as show_two_models
    from coopanalysis.display.unobserved_confounding import show_benchmarks as show_benchmarks
    from coopanalysis.display.unobserved_confounding import show_unseen as show_unseen

# Each name is said once, in the imports above, which a type checker reads and nothing runs.
_IMPORT = re.compile(r"from (\S+) import \(?\s*(\w+) as ")
_HOMES = {name: home for home, name in _IMPORT.findall(Path(__file__).read_text("utf-8"))}
__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
