"""What crime reports that never came could do to the main estimate, in five rows."""

from __future__ import annotations

import pandas as pd

from coopanalysis.associations import COVARIATE_TERMS
from coopanalysis.checks.question import COVERAGE, Question
from coopanalysis.models import four_ways, reporting_bounds

RULE_LABELS: dict[str, str] = {
    "full coverage": "Counties all of whose agencies reported",
    "all as seen": "All counties that pass the stated rule",
    "weighted by inverse probability": "Full reporters, weighted by 1 / probability of reporting",
    "middle half": "Unreported part within the middle half of rates",
    "worst case": "Worst case: unreported part anywhere between the 1st and 99th percentile",
}
EXTREMES, MIDDLE = (0.01, 0.99), (0.25, 0.75)


def compare_rules(question: Question) -> pd.DataFrame:
    """Return the main design under five rules for missing reports.

    Returns
    -------
    DataFrame, one row per rule in the order of `RULE_LABELS`
        `rule, label, estimate_low, estimate_high` (equal where the rule gives one number),
        `conf_low, conf_high, n_obs, n_clusters, lowest, highest` (rates assumed possible where
        nothing was reported; missing where none are assumed).
    """
    ends = {name: possible_rates(question, share) for name, share in _ASSUMED.items()}
    covariates = (question.policy, *COVARIATE_TERMS)
    low, high = ends["worst case"]
    table = four_ways(
        question.spec,
        question.frame,
        coverage=COVERAGE,
        covariates=covariates,
        lowest=low,
        highest=high,
    )
    low, high = ends["middle half"]
    narrow = reporting_bounds(
        question.spec, question.frame, coverage=COVERAGE, lowest=low, highest=high
    ).assign(rule="middle half")
    both = pd.concat([table, narrow[table.columns]], ignore_index=True).set_index("rule")
    ordered = both.loc[list(RULE_LABELS)].reset_index()
    return ordered.assign(
        label=ordered["rule"].map(RULE_LABELS),
        lowest=ordered["rule"].map({rule: pair[0] for rule, pair in ends.items()}),
        highest=ordered["rule"].map({rule: pair[1] for rule, pair in ends.items()}),
    )


def possible_rates(question: Question, shares: tuple[float, float]) -> tuple[float, float]:
    """Quantiles of the rate among counties all of whose agencies reported."""
    full = question.frame.loc[question.frame[COVERAGE] >= 1, question.outcome]
    low, high = full.quantile(list(shares))
    return float(low), float(high)


_ASSUMED: dict[str, tuple[float, float]] = {"worst case": EXTREMES, "middle half": MIDDLE}
