"""How the outcome goes with the score step by step, and how the policy's difference varies."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from coopanalysis.associations import find_covariate
from coopanalysis.checks.question import Question
from coopanalysis.models import Estimates, average_marginal_effects, fit, joint_test

MODERATORS = ("hispanic_share", "population_count")
QUARTILES = (0.25, 0.5, 0.75)
REFERENCE = -1.0
FEWEST = 20


@dataclass(frozen=True)
class Dose:
    """Differences by score against the commonest one.

    Attributes
    ----------
    table : DataFrame, one row per score or pooled scores
        `score` (as text) and result columns; the reference has estimate 0 without an interval.
        `n_obs` counts the counties there.
    reference : str
        The commonest score.
    test : mapping
        Joint test that all differences are zero.
    """

    table: pd.DataFrame
    reference: str
    test: dict[str, float | str]


def find_dose(question: Question) -> Dose | None:
    """Difference in the outcome at each cooperation score; None where there is no score.

    Scores at either end with fewer than 20 counties are pooled with the next: the errors of a
    step that rests on a handful of counties mean nothing.
    """
    score = question.frame["cooperation_score"]
    if score.isna().all():
        return None
    steps = pool_scores(score[question.used.index])
    group = score.map({value: k for k, values in enumerate(steps) for value in values})
    counted = group[question.used.index].value_counts().sort_index()
    reference = int(counted.to_numpy().argmax())
    code = group.astype("float64").where(group != reference, REFERENCE)
    estimates = fit(replace(question.spec, treatment="C(_step)"), question.frame.assign(_step=code))
    rows = estimates.table[estimates.table["term"].str.startswith("_step[")]
    step = rows["term"].str.extract(r"\[(-?\d+)", expand=False).astype(int)
    own = {"step": reference, "estimate": 0.0}
    table = pd.concat([rows.assign(step=step), pd.DataFrame([own])], ignore_index=True)
    table = table.sort_values("step", ignore_index=True)
    table = table.assign(n_obs=counted.to_numpy(), score=[_span(values) for values in steps])
    return Dose(table, _span(steps[reference]), joint_test(estimates, list(rows["term"])))


def pool_scores(score: pd.Series) -> list[list[int]]:
    """Scores in order, those at either end pooled until a step has 20 counties."""
    counts = score.dropna().astype(int).value_counts().sort_index()
    steps = [[value] for value in sorted(set(score.dropna().astype(int).tolist()))]
    for end in (0, -1):
        while len(steps) > 1 and counts[steps[end]].sum() < FEWEST:
            edge = steps.pop(end)
            steps[end] = sorted([*steps[end], *edge])
    return steps


def _span(values: list[int]) -> str:
    return str(values[0]) if len(values) == 1 else f"{values[0]} to {values[-1]}"


def vary(question: Question) -> pd.DataFrame:
    """Difference by policy at the quartiles of each moderator, with the test of the product.

    Returns
    -------
    DataFrame, one row per moderator and quartile
        `moderator, label, quartile, at` (value in the column's own unit), result columns of the
        difference there, and `p_value_product`.
    """
    return pd.concat([_by_moderator(question, name) for name in MODERATORS], ignore_index=True)


def _by_moderator(question: Question, name: str) -> pd.DataFrame:
    covariate = find_covariate(name)
    spec = replace(question.spec, interaction=covariate.term)
    estimates = fit(spec, question.frame)
    product = [term for term in estimates.shown if ":" in term]
    p_value = float(joint_test(estimates, product)["p_value"])
    used = question.frame.loc[estimates.sample.rows]
    rows = []
    for quartile in QUARTILES:
        value = float(used[covariate.term].quantile(quartile))
        effect = _at(estimates, question.policy, covariate.term, value)
        own = float(np.exp2(value)) if not covariate.step else value * covariate.step
        rows.append(
            effect.assign(
                moderator=name,
                label=covariate.label.split(",")[0],
                quartile=quartile,
                at=own,
                p_value_product=p_value,
            )
        )
    return pd.concat(rows, ignore_index=True)


def _at(estimates: Estimates, policy: str, moderator: str, value: float) -> pd.DataFrame:
    return average_marginal_effects(estimates, [policy], at={moderator: value})


def blank_interval(table: pd.DataFrame) -> pd.DataFrame:
    """Give a row without an interval its estimate as both ends, to be drawn as a point."""
    return table.assign(
        conf_low=table["conf_low"].fillna(table["estimate"]),
        conf_high=table["conf_high"].fillna(table["estimate"]),
    )
