"""How the outcome goes with the score step by step, and how the policy's difference varies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from coopanalysis.associations import find_covariate
from coopanalysis.checks.question import COVERAGE, Question, policy_row, result_row
from coopanalysis.models import ModelSpec, fit, joint_test

QUARTILES = {0.25: "lower quartile", 0.5: "median", 0.75: "upper quartile"}
REFERENCE = -1.0
FEWEST = 20


@dataclass(frozen=True)
class Moderator:
    """A characteristic with which the difference may vary.

    Attributes
    ----------
    name : str
        Column that it is measured by.
    term : str
        Column that enters the model.
    step : float
        What one of the term is in the column's own unit; 0 means a doubling.
    label : str
        Human name.
    is_flag : bool
        Whether it is no or yes, and so has no quartiles.
    """

    name: str
    term: str
    step: float
    label: str
    is_flag: bool = False


def _of_covariate(name: str) -> Moderator:
    one = find_covariate(name)
    return Moderator(name, one.term, one.step, one.label.split(",")[0])


MODERATORS: tuple[Moderator, ...] = (
    _of_covariate("hispanic_share"),
    _of_covariate("population_count"),
    Moderator("population_per_km2", "density_doubling", 0.0, "Residents per square km"),
    Moderator(COVERAGE, "all_agencies_reported", 1.0, "Coverage", is_flag=True),
)


@dataclass(frozen=True)
class Variation:
    """How the difference by policy varies between counties.

    Attributes
    ----------
    table : DataFrame, one row per moderator and point
        `moderator, label, place` (in words), `at` (value in the column's own unit), result columns
        of the difference there, and `p_value_product`, the test that it varies with this one.
    test : mapping
        Joint test that it varies with none, in one model with all moderators.
    left_out : tuple of str
        Labels of moderators that are the same in all counties used.
    """

    table: pd.DataFrame
    test: dict[str, float | str]
    left_out: tuple[str, ...]


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
    if question.frame["cooperation_score"].isna().all():
        return None
    spec, frame, steps, counted = dose_model(question)
    reference = int(counted.to_numpy().argmax())
    estimates = fit(spec, frame)
    rows = estimates.table[estimates.table["term"].str.startswith("_step[")]
    step = rows["term"].str.extract(r"\[(-?\d+)", expand=False).astype(int)
    own = {"step": reference, "estimate": 0.0}
    table = pd.concat([rows.assign(step=step), pd.DataFrame([own])], ignore_index=True)
    table = table.sort_values("step", ignore_index=True)
    table = table.assign(n_obs=counted.to_numpy(), score=[span(values) for values in steps])
    return Dose(table, span(steps[reference]), joint_test(estimates, list(rows["term"])))


def dose_model(
    question: Question,
) -> tuple[ModelSpec, pd.DataFrame, list[list[int]], pd.Series]:
    """Model of the outcome by steps of the score against the commonest one.

    Returns
    -------
    spec, frame
        The main design with `_step` in place of the policy: the number of the step, or
        `REFERENCE` for the commonest, which comes first.
    steps : list of list of int
        Scores of each step.
    counted : Series
        Counties of the main design by step.
    """
    score = question.frame["cooperation_score"]
    steps = pool_scores(score[question.used.index])
    group = score.map({value: k for k, values in enumerate(steps) for value in values})
    counted = group[question.used.index].value_counts().sort_index()
    reference = int(counted.to_numpy().argmax())
    code = group.astype("float64").where(group != reference, REFERENCE)
    spec = replace(question.spec, treatment="C(_step)")
    return spec, question.frame.assign(_step=code), steps, counted


def pool_scores(score: pd.Series) -> list[list[int]]:
    """Scores in order, those at either end pooled until a step has 20 counties."""
    counts = score.dropna().astype(int).value_counts().sort_index()
    steps = [[value] for value in sorted(set(score.dropna().astype(int).tolist()))]
    for end in (0, -1):
        while len(steps) > 1 and counts[steps[end]].sum() < FEWEST:
            edge = steps.pop(end)
            steps[end] = sorted([*steps[end], *edge])
    return steps


def span(values: list[int]) -> str:
    """Write pooled scores: `3`, or `5 to 7`."""
    return str(values[0]) if len(values) == 1 else f"{values[0]} to {values[-1]}"


def vary(question: Question) -> Variation:
    """Difference by policy at the quartiles of each moderator, and tests of the products.

    The rural are told by residents per square kilometre: no source carries a rural code. Coverage
    is whether all agencies reported, beside most of them.
    """
    frame = add_moderators(question.frame)
    used = frame.loc[question.used.index]
    kept = [one for one in MODERATORS if used[one.term].min() < used[one.term].max()]
    same = [one.label for one in MODERATORS if one not in kept]
    tables = [_by_moderator(replace(question, frame=frame), one) for one in kept]
    test = _test_all(replace(question, frame=frame), kept)
    return Variation(pd.concat(tables, ignore_index=True), test, tuple(same))


def add_moderators(frame: pd.DataFrame) -> pd.DataFrame:
    """Add the moderators that are no covariates: density, and whether all agencies reported."""
    density = frame["population_per_km2"].astype("float64")
    full = (frame[COVERAGE] >= 1).astype("float64").where(frame[COVERAGE] > 0)
    # A county without residents or land has no density, and a rate that is not used no coverage.
    known = density.where(density > 0)
    return frame.assign(density_doubling=np.log2(known), all_agencies_reported=full)


def points_of(used: pd.DataFrame, one: Moderator) -> pd.DataFrame:
    """Values of a moderator at which the difference is told.

    Returns
    -------
    DataFrame, one row per point
        `place` (in words), `value` (as it enters the model), `at` (in the column's own unit).
    """
    if one.is_flag:
        places = ("most agencies reported", "all agencies reported")
        return pd.DataFrame({"place": places, "value": [0.0, 1.0], "at": [0.0, 1.0]})
    value = used[one.term].quantile(list(QUARTILES)).to_numpy(dtype=float)
    at = np.exp2(value) if not one.step else value * one.step
    return pd.DataFrame({"place": list(QUARTILES.values()), "value": value, "at": at})


def centred(question: Question, one: Moderator, value: float) -> tuple[ModelSpec, pd.DataFrame]:
    """Model whose coefficient of the policy is the difference where a moderator has a value."""
    frame = add_moderators(question.frame)
    spec = replace(question.spec, interaction=one.term)
    return spec, frame.assign(**{one.term: frame[one.term] - value})


def _by_moderator(question: Question, one: Moderator) -> pd.DataFrame:
    estimates = fit(replace(question.spec, interaction=one.term), question.frame)
    product = [term for term in estimates.shown if ":" in term]
    p_value = float(joint_test(estimates, product)["p_value"])
    points = points_of(question.frame.loc[estimates.sample.rows], one)
    rows = []
    for _, point in points.iterrows():
        spec, frame = centred(question, one, float(point["value"]))
        rows.append(
            result_row(
                policy_row(fit(spec, frame)),
                moderator=one.name,
                label=one.label,
                place=point["place"],
                at=point["at"],
                p_value_product=p_value,
            )
        )
    return pd.DataFrame(rows)


def _test_all(question: Question, moderators: Sequence[Moderator]) -> dict[str, float | str]:
    """Joint test of all products, in one model that holds every moderator."""
    frame, policy = question.frame, question.frame[question.policy].astype("float64")
    products = {
        f"policy_by_{one.term}": policy * (frame[one.term] - frame[one.term].mean())
        for one in moderators
    }
    alone = [one.term for one in moderators if one.term not in question.spec.controls]
    spec = replace(question.spec, controls=(*question.spec.controls, *alone, *products))
    return joint_test(fit(spec, frame.assign(**products)), list(products))


def blank_interval(table: pd.DataFrame) -> pd.DataFrame:
    """Give a row without an interval its estimate as both ends, to be drawn as a point."""
    return table.assign(
        conf_low=table["conf_low"].fillna(table["estimate"]),
        conf_high=table["conf_high"].fillna(table["estimate"]),
    )
