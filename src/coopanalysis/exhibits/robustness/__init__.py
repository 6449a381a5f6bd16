"""What the robustness report shows: the main estimate, and everything held against it."""

from coopanalysis.exhibits.robustness.comparable import (
    show_balance,
    show_balanced_estimates,
    show_overlap,
    show_samples,
)
from coopanalysis.exhibits.robustness.curve import show_choices, show_curve
from coopanalysis.exhibits.robustness.many import show_errors, show_family
from coopanalysis.exhibits.robustness.placebo import (
    show_placebo_outcomes,
    show_placebo_policies,
    show_without_states,
)
from coopanalysis.exhibits.robustness.reports import show_missing_reports, show_report_rules
from coopanalysis.exhibits.robustness.space import show_moran, show_spatial
from coopanalysis.exhibits.robustness.strict import show_full_coverage
from coopanalysis.exhibits.robustness.summary import headline, limits, show_coverage, show_summary
from coopanalysis.exhibits.robustness.unseen import show_benchmarks, show_unseen

__all__ = [
    "headline",
    "limits",
    "show_balance",
    "show_balanced_estimates",
    "show_benchmarks",
    "show_choices",
    "show_coverage",
    "show_curve",
    "show_errors",
    "show_family",
    "show_full_coverage",
    "show_missing_reports",
    "show_moran",
    "show_overlap",
    "show_placebo_outcomes",
    "show_placebo_policies",
    "show_report_rules",
    "show_samples",
    "show_spatial",
    "show_summary",
    "show_unseen",
    "show_without_states",
]
