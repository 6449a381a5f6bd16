"""What crime reports that never came could do to the main estimate, and to every other model.

Each crime model runs on counties with full coverage, on all that pass the stated rule, weighted by
the inverse probability of reporting, and as the range that unknown rates could bring about.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from coopanalysis.associations import COVARIATE_TERMS, CRIME_DESIGNS, crime_spec
from coopanalysis.checks.question import COVERAGE, OUTCOMES, Question, ask, crime_years
from coopanalysis.checks.variation import MODERATORS, centred, dose_model, points_of, span
from coopanalysis.models import ModelSpec, four_ways, reporting_bounds

RULE_LABELS: dict[str, str] = {
    "full coverage": "Counties all of whose agencies reported",
    "all as seen": "All counties that pass the stated rule",
    "weighted by inverse probability": "Full reporters, weighted by 1 / probability of reporting",
    "middle half": "Unreported part within the middle half of rates",
    "worst case": "Worst case: unreported part anywhere between the 1st and 99th percentile",
}
POINT_RULES = tuple(RULE_LABELS)[:3]
"""Rules that give an estimate; the others give a range."""
EXTREMES, MIDDLE = (0.01, 0.99), (0.25, 0.75)


def compare_rules(question: Question) -> pd.DataFrame:
    """Return the main design under five rules for missing reports.

    Returns
    -------
    DataFrame, one row per rule in the order of `RULE_LABELS`
        `rule, label, estimate_low, estimate_high` (equal where the rule gives one number),
        `conf_low, conf_high, n_obs, n_clusters, lowest, highest` (rates assumed possible where
        nothing was reported; missing where none are assumed), `note` (why a rule has no numbers).
    """
    ends = {name: possible_rates(question, share) for name, share in _ASSUMED.items()}
    table = follow_rules(question, question.spec, question.frame)
    low, high = ends["middle half"]
    narrow = reporting_bounds(
        question.spec, question.frame, coverage=COVERAGE, lowest=low, highest=high
    ).assign(rule="middle half", note="")
    both = pd.concat([table, narrow[table.columns]], ignore_index=True).set_index("rule")
    ordered = both.loc[list(RULE_LABELS)].reset_index()
    return ordered.assign(
        label=ordered["rule"].map(RULE_LABELS),
        lowest=ordered["rule"].map({rule: pair[0] for rule, pair in ends.items()}),
        highest=ordered["rule"].map({rule: pair[1] for rule, pair in ends.items()}),
    )


def follow_rules(
    question: Question, spec: ModelSpec, frame: pd.DataFrame, may_depend_on: Sequence[str] = ()
) -> pd.DataFrame:
    """One crime model by the four rules; rows as of `models.four_ways`.

    Weights allow reporting to depend on the policy (or `may_depend_on`) and the covariates.
    """
    low, high = possible_rates(question, EXTREMES)
    return four_ways(
        spec,
        frame,
        coverage=COVERAGE,
        covariates=(*(may_depend_on or (question.policy,)), *COVARIATE_TERMS),
        lowest=low,
        highest=high,
    )


def rules_by_design(question: Question) -> pd.DataFrame:
    """Six designs of the rate, each by the four rules: `model` (in words) and `follow_rules`."""
    return _stack(
        (one.label, follow_rules(question, spec, question.frame))
        for one in CRIME_DESIGNS
        for spec in [crime_spec(question.outcome, question.policy, one)]
    )


def rules_by_score(question: Question) -> pd.DataFrame:
    """Each step of the score against the commonest one, by the four rules."""
    spec, frame, steps, counted = dose_model(question)
    reference = span(steps[int(counted.to_numpy().argmax())])
    table = follow_rules(question, spec, frame, ("cooperation_score",))
    step = table["term"].str.extract(r"\[(-?\d+)", expand=False)
    words = [
        spec.treatment if pd.isna(one) else f"score {span(steps[int(one)])} against {reference}"
        for one in step
    ]
    return table.assign(model=words, order=step.astype("Float64")).sort_values(
        "order", kind="stable", ignore_index=True
    )


def rules_by_moderator(question: Question) -> pd.DataFrame:
    """Difference at the points of each moderator, by the four rules.

    Coverage is no row here: it is what the rules are about.
    """
    return _stack(
        (f"{one.label}, {point['place']}", _policy_alone(table, question))
        for one in MODERATORS
        if not one.is_flag
        for _, point in points_of(
            centred(question, one, 0.0)[1].loc[question.used.index], one
        ).iterrows()
        for table in [follow_rules(question, *centred(question, one, float(point["value"])))]
    )


def rules_by_year(question: Question) -> pd.DataFrame:
    """Both rates in every year with crime data, by the main design and the four rules."""
    asked = [
        ask(question.panel, outcome, question.policy, year, question.least_quality)
        for outcome in OUTCOMES
        for year in crime_years(question.panel)
    ]
    return _stack(
        (f"{one.outcome} {one.year}", follow_rules(one, one.spec, one.frame)) for one in asked
    )


def _policy_alone(table: pd.DataFrame, question: Question) -> pd.DataFrame:
    return table[table["term"] == question.policy]


def _stack(parts: Iterable[tuple[str, pd.DataFrame]]) -> pd.DataFrame:
    return pd.concat([table.assign(model=words) for words, table in parts], ignore_index=True)


def possible_rates(question: Question, shares: tuple[float, float]) -> tuple[float, float]:
    """Quantiles of the rate among counties all of whose agencies reported."""
    full = question.frame.loc[question.frame[COVERAGE] >= 1, question.outcome]
    low, high = full.quantile(list(shares))
    return float(low), float(high)


_ASSUMED: dict[str, tuple[float, float]] = {"worst case": EXTREMES, "middle half": MIDDLE}
