"""Association models: one way in, `fit(formula, frame)`, and the diagnostics beside it.

=================== ==============================================================================
question            functions
=================== ==============================================================================
what goes together  `fit` of a formula or `ModelSpec`, `fit_each`, `with_errors` of another type;
                    `difference_row` of one, `main_estimates` of many; `average_marginal_effects`,
                    `joint_test`
few clusters        `effective_clusters`, `wild_cluster_bootstrap`, `wild_interval`,
                    `wild_joint_test`, `bonferroni_joint_test`, `leave_out`
who is compared     `compare_balanced`, of `balance_table`, `entropy_balance`,
                    `coarsened_exact_match`, `propensity_scores`, `overlap_table`,
                    `effective_sample_size`
missing reports     `follow_rules`, of `rate_bounds`, `reporting_bounds`, `reporting_weights`,
                    `four_ways`; `break_even`, `fit_reporters`
what is not seen    `assess_unseen`, of `oster_delta`, `robustness_value`,
                    `benchmark_confounders`, `e_value`
margins of error    `allow_for_margin` of a covariate
what a null says    `smallest_difference`, `equivalence`
many tests          `adjust_family`, of `adjust_p_values`, `romano_wolf`; `cross_choices` and
                    `draw_curve`, of `specification_curve`
neighbours          `compare_in_space`, of `find_neighbours`, `morans_i`, `fit_spatial`,
                    `spatial_impacts`, `border_pairs`, `dyadic_errors`
=================== ==============================================================================

All of them take arrays, or a spec and a frame. What cannot be answered is a `ModelError` that says
what, where, in how many rows, and what to do: a column that is not there, an argument that its
docstring does not allow, a model that cannot be fitted. Result columns are `term, estimate,
std_error, statistic, p_value, conf_low, conf_high, n_obs, n_clusters`; intervals are 95 %.

The linear core (`models.linear`) is the project's own, and so are the Poisson with absorbed
effects, the ordered logit and all covariances; other coefficients are statsmodels'. Tests hold
each to figures from R or from the paper that proposed it.
"""

from __future__ import annotations

from coopanalysis.models.balanced import Balanced, compare_balanced
from coopanalysis.models.bounds import rate_bounds, reporting_bounds
from coopanalysis.models.comparability import (
    balance_table,
    effective_sample_size,
    overlap_table,
    propensity_scores,
)
from coopanalysis.models.dyadic import dyadic_errors
from coopanalysis.models.effects import average_marginal_effects
from coopanalysis.models.estimates import Estimates
from coopanalysis.models.few_clusters import compare_errors, effective_clusters, leave_out
from coopanalysis.models.fitting import fit, fit_each, parse_formula, with_errors
from coopanalysis.models.joint import bonferroni_joint_test, joint_test, wild_joint_test
from coopanalysis.models.linear.bootstrap import (
    WildBootstrap,
    wild_cluster_bootstrap,
    wild_interval,
)
from coopanalysis.models.matching import Balancing, coarsened_exact_match, entropy_balance
from coopanalysis.models.missing_reports import BreakEven, break_even, follow_rules, four_ways
from coopanalysis.models.multiple_testing import adjust_family, adjust_p_values, romano_wolf
from coopanalysis.models.neighbours import Neighbours, border_pairs, find_neighbours
from coopanalysis.models.reporting_weights import fit_reporters, reporting_weights
from coopanalysis.models.results import (
    Equivalence,
    difference_row,
    equivalence,
    main_estimates,
    smallest_difference,
)
from coopanalysis.models.sensitivity import (
    allow_for_margin,
    benchmark_confounders,
    e_value,
    robustness_value,
)
from coopanalysis.models.spatial_autocorrelation import (
    Moran,
    SpatialComparison,
    compare_in_space,
    morans_i,
)
from coopanalysis.models.spatial_models import fit_spatial, spatial_impacts
from coopanalysis.models.spec import ModelSpec
from coopanalysis.models.specification_curve import (
    SpecificationCurve,
    cross_choices,
    draw_curve,
    specification_curve,
)
from coopanalysis.models.terms import columns_of, term_of
from coopanalysis.models.unobserved_confounding import (
    ConfoundingSensitivity,
    OsterResult,
    assess_unseen,
    oster_delta,
)
from coopanalysis.models.variation import Variation, pool_levels, vary

__all__ = [
    "Balanced", "Balancing", "BreakEven", "ConfoundingSensitivity", "Equivalence", "Estimates",
    "ModelSpec", "Moran", "Neighbours", "OsterResult", "SpatialComparison", "SpecificationCurve",
    "Variation", "WildBootstrap", "adjust_family", "adjust_p_values", "allow_for_margin",
    "assess_unseen", "average_marginal_effects", "balance_table", "benchmark_confounders",
    "bonferroni_joint_test", "border_pairs", "break_even", "coarsened_exact_match", "columns_of",
    "compare_balanced", "compare_errors", "compare_in_space", "cross_choices", "difference_row",
    "draw_curve", "dyadic_errors", "e_value", "effective_clusters", "effective_sample_size",
    "entropy_balance", "equivalence", "find_neighbours", "fit", "fit_each", "fit_reporters",
    "fit_spatial", "follow_rules", "four_ways", "joint_test", "leave_out", "main_estimates",
    "morans_i", "oster_delta", "overlap_table", "parse_formula", "pool_levels", "propensity_scores",
    "rate_bounds", "reporting_bounds", "reporting_weights", "robustness_value", "romano_wolf",
    "smallest_difference", "spatial_impacts", "specification_curve", "term_of", "vary",
    "wild_cluster_bootstrap", "wild_interval", "wild_joint_test", "with_errors",
]  # fmt: skip
