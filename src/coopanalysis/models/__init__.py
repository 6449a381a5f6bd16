"""Association models: one way in, `fit(formula, frame)`, and the diagnostics beside it.

=================== ==============================================================================
question            functions
=================== ==============================================================================
what goes together  `fit` of a formula or `ModelSpec`, `fit_each`, `with_errors` of another type;
                    `main_estimates` of many; `average_marginal_effects`,
                    `predicted_response`, `joint_test`;
                    `effective_clusters`, `wild_cluster_bootstrap` where they are few
who is compared     `balance_table`, `entropy_balance`, `coarsened_exact_match`,
                    `propensity_scores`, `overlap_table`, `effective_sample_size`
missing reports     `reporting_bounds`, `reporting_weights`, `four_ways`
what is not seen    `oster_delta`, `robustness_value`, `benchmark_confounders`, `e_value`
many tests          `adjust_p_values`, `romano_wolf`, `Choices` and `specification_curve`
neighbours          `find_neighbours`, `morans_i`, `lagrange_multiplier_tests`, `fit_spatial`,
                    `spatial_impacts`, `border_pairs`
=================== ==============================================================================

All of them take arrays, or a spec and a frame. The linear core (`models.linear`) is the project's
own, and so are the Poisson with absorbed effects and all covariances; other coefficients are
statsmodels'. Tests hold each to figures from R or from the paper that proposed it.
"""

from __future__ import annotations

from coopanalysis.models.balance import balance_table, effective_sample_size
from coopanalysis.models.bounds import four_ways, reporting_bounds, reporting_weights
from coopanalysis.models.effective import effective_clusters
from coopanalysis.models.effects import average_marginal_effects, predicted_response
from coopanalysis.models.errors import compare_errors
from coopanalysis.models.fitting import fit, fit_each, with_errors
from coopanalysis.models.formula import parse_formula
from coopanalysis.models.interactions import Variation, vary
from coopanalysis.models.joint import joint_test
from coopanalysis.models.levels import Levels, pool_levels, read_levels
from coopanalysis.models.linear.bootstrap import WildBootstrap, wild_cluster_bootstrap
from coopanalysis.models.matching import (
    Balancing,
    coarsened_exact_match,
    entropy_balance,
)
from coopanalysis.models.moran import Moran, lagrange_multiplier_tests, morans_i
from coopanalysis.models.multiple import adjust_p_values, romano_wolf
from coopanalysis.models.neighbours import Neighbours, border_pairs, find_neighbours
from coopanalysis.models.oster import OsterResult, oster_delta
from coopanalysis.models.propensity import overlap_table, propensity_scores
from coopanalysis.models.results import main_estimates
from coopanalysis.models.sensitivity import (
    benchmark_confounders,
    e_value,
    robustness_value,
)
from coopanalysis.models.spatial import (
    fit_spatial,
    spatial_impacts,
)
from coopanalysis.models.spec import Estimates, ModelSpec
from coopanalysis.models.specification import Choices, SpecificationCurve, specification_curve
from coopanalysis.models.terms import columns_of, term_of

__all__ = [
    "Balancing",
    "Choices",
    "Estimates",
    "Levels",
    "ModelSpec",
    "Moran",
    "Neighbours",
    "OsterResult",
    "SpecificationCurve",
    "Variation",
    "WildBootstrap",
    "adjust_p_values",
    "average_marginal_effects",
    "balance_table",
    "benchmark_confounders",
    "border_pairs",
    "coarsened_exact_match",
    "columns_of",
    "compare_errors",
    "e_value",
    "effective_clusters",
    "effective_sample_size",
    "entropy_balance",
    "find_neighbours",
    "fit",
    "fit_each",
    "fit_spatial",
    "four_ways",
    "joint_test",
    "lagrange_multiplier_tests",
    "main_estimates",
    "morans_i",
    "oster_delta",
    "overlap_table",
    "parse_formula",
    "pool_levels",
    "predicted_response",
    "propensity_scores",
    "read_levels",
    "reporting_bounds",
    "reporting_weights",
    "robustness_value",
    "romano_wolf",
    "spatial_impacts",
    "specification_curve",
    "term_of",
    "vary",
    "wild_cluster_bootstrap",
    "with_errors",
]
