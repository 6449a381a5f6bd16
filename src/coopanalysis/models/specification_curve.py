"""Specification curve: estimates of every defensible choice, and what they say together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from coopanalysis.errors import ModelError
from coopanalysis.models.arrays import Floats
from coopanalysis.models.effects import average_marginal_effects
from coopanalysis.models.fitting import fit
from coopanalysis.models.permutations import (
    Permutations,
    compare_draws,
    describe_estimates,
    draw_statistics,
)
from coopanalysis.models.spec import ModelSpec
from coopanalysis.models.specification_groups import Group, group_specifications

SEED = 20160


@dataclass(frozen=True)
class SpecificationCurve:
    """Estimates of all specifications, ordered by size, and tests of them together.

    Attributes
    ----------
    table : DataFrame, one row per specification that could be estimated
        Result columns, `estimate` in the outcome's units (an average marginal effect for nonlinear
        families); of `specification_curve` also `outcome, treatment, controls, family,
        fixed_effects, sample, weights`, of `draw_curve` one column per dimension of choices, and
        `is_main`.
    failures : DataFrame
        The same choices and `reason`, for those that could not be estimated.
    summary : mapping of str to float
        `n_specifications, n_failed, median, share_positive, share_significant`, and with
        permutations `p_median, p_share_sign, p_share_significant, n_permutations, n_permuted`.
    choices : mapping of str to sequence of str
        Of `draw_curve`: names of the choices of each dimension, in the order declared.
    within : str or None
        Column within whose values treatments were dealt out.
    """

    table: pd.DataFrame
    failures: pd.DataFrame
    summary: Mapping[str, float]
    choices: Mapping[str, Sequence[str]] = field(default_factory=dict)
    within: str | None = None


def specification_curve(
    specs: Sequence[ModelSpec],
    frame: pd.DataFrame,
    *,
    n_permutations: int = 0,
    within: str | None = None,
    seed: int = SEED,
) -> SpecificationCurve:
    """Estimate many specifications, and test them together by permutation.

    Least squares with HC1 or CR1 errors (and numeric treatment) share their cross products; others
    are fitted one by one and take no part in the permutations, which `n_permuted` counts. Under the
    null of no association, the p values are the shares of permutations in which the median t
    statistic, the share of the commoner sign, and the share of estimates significant at 5 % with
    the commoner sign are at least as large. Estimates themselves are not compared: a treatment
    dealt out anew no longer goes with the variance of the outcome, and they would reject too often
    wherever it does (or too seldom); t statistics with robust errors hold their size. Simonsohn,
    Simmons and Nelson (2020), Nature Human Behaviour; DiCiccio and Romano (2017), JASA, for t
    statistics.

    Parameters
    ----------
    specs, frame : sequence of ModelSpec, DataFrame
        What to estimate, treatments numeric, without interaction; and the data.
    n_permutations, seed : int
        Times the treatments are dealt out anew, the same way for all specifications, and the seed.
    within : str, optional
        Column within whose values they are dealt out, a state for example.
    """
    asked = list(specs)
    return _estimate(asked, choices_of(asked), frame, n_permutations, within, seed)


def _estimate(
    asked: Sequence[ModelSpec],
    choices: pd.DataFrame,
    frame: pd.DataFrame,
    n_permutations: int,
    within: str | None,
    seed: int = SEED,
) -> SpecificationCurve:
    """Curve of specifications, with a row of `choices` beside the estimate of each."""
    if not asked:
        raise ModelError("there is no specification to estimate.")
    crossed = sum(spec.is_crossed for spec in asked)
    if crossed:
        raise ModelError(f"{crossed} specifications have an interaction: not one number each.")
    plain = frame.reset_index(drop=True)
    groups, alone = group_specifications(asked, plain)
    if n_permutations and not groups:
        raise ModelError("permutations need least squares with HC1 or CR1 errors; there is none.")
    deal = Permutations(groups, plain, n_permutations, within, seed) if n_permutations else None
    blocks, drawn, singular = _fit_groups(groups, plain, deal)
    alone = sorted([*alone, *singular])
    others, failures = _fit_alone({position: asked[position] for position in alone}, plain)
    if len(failures) == len(asked):
        raise ModelError(f"no specification could be estimated; first: {failures[0]}")
    table = pd.concat([*blocks, *others]).sort_index().join(choices)
    failed = choices.loc[list(failures)].assign(reason=list(failures.values()))
    summary = {"n_specifications": float(len(asked)), "n_failed": float(len(failures))}
    summary |= describe_estimates(table["estimate"].to_numpy(), table["p_value"].to_numpy())
    if n_permutations:
        summary |= compare_draws(drawn)
    return SpecificationCurve(
        table=table.sort_values("estimate", ignore_index=True),
        failures=failed.reset_index(drop=True),
        summary=summary,
        within=within,
    )


def choices_of(specs: Sequence[ModelSpec]) -> pd.DataFrame:
    """One row per specification: what was chosen, as text, which tells them apart."""
    return pd.DataFrame(
        {
            "outcome": [spec.outcome for spec in specs],
            "treatment": [spec.treatment for spec in specs],
            "controls": [", ".join(spec.controls) or "none" for spec in specs],
            "family": [spec.family for spec in specs],
            "fixed_effects": [", ".join(spec.fixed_effects) or "none" for spec in specs],
            "sample": [spec.sample or "all" for spec in specs],
            "weights": [spec.weights or "none" for spec in specs],
        },
        dtype="str",
    )


def _fit_groups(
    groups: Sequence[Group], frame: pd.DataFrame, deal: Permutations | None
) -> tuple[list[pd.DataFrame], list[Floats], list[int]]:
    """Result rows by position, statistics of draws if some are dealt, and what is singular."""
    blocks, drawn, alone = [], [], []
    for group in groups:
        # A copy, whose columns are forgotten once it has answered: memory is that of one group.
        own = replace(group)
        own.prepare(frame)
        table, singular = own.table()
        alone += [group.positions[k] for k in np.flatnonzero(singular)]
        blocks.append(table.set_axis(group.positions)[~singular])
        if deal is not None:
            drawn.append(draw_statistics(own, deal))
    return blocks, drawn, alone


def _fit_alone(
    specs: Mapping[int, ModelSpec], frame: pd.DataFrame
) -> tuple[list[pd.DataFrame], dict[int, str]]:
    """Result rows of specifications by position, one by one, and why some have none."""
    blocks, failures = [], {}
    for position, spec in specs.items():
        try:
            effects = average_marginal_effects(fit(spec, frame), [spec.treatment])
        except ModelError as error:
            failures[position] = str(error)
            continue
        if len(effects) == 1:
            blocks.append(effects.assign(term=spec.treatment).set_axis([position]))
        else:
            failures[position] = (
                f"{spec.treatment} has {len(effects)} contrasts: a curve shows one number each."
            )
    return blocks, failures


Dimension = str | tuple[str, ...]
SPEC = "spec"
"""Column with the model that a combination of choices makes."""


def cross_choices(
    spec: ModelSpec, choices: Mapping[Dimension, Mapping[Dimension, Mapping[str, Any]]]
) -> pd.DataFrame:
    """Combine choices, each of which changes parts of one model.

    Parameters
    ----------
    spec : ModelSpec
        The model that is changed.
    choices : mapping of dimension to mapping of name to parts
        For example `{"Weights": {"Equal": {}, "By residents": {"weights": "population"}}}`: parts
        are fields of `ModelSpec`. Where one part is several choices, dimension and names are tuples
        of equal length: `{("Year", "Tails"): {("2021", "cut"): {"outcome": "y_2021"}}}`.

    Returns
    -------
    DataFrame, one row per combination
        One column of names per dimension, and `spec`.
    """
    empty = [_several(name) for name, values in choices.items() if not values]
    if empty:
        raise ModelError(f"no choice for {empty[0][0]!r}: leave the dimension out.")
    names = [one for dimension in choices for one in _several(dimension)]
    rows = []
    for chosen in product(*(values.items() for values in choices.values())):
        labels = [one for label, _ in chosen for one in _several(label)]
        parts = {field: value for _, fields in chosen for field, value in fields.items()}
        rows.append([*labels, replace(spec, **parts)])
    return pd.DataFrame(rows, columns=[*names, SPEC])


def draw_curve(
    specs: pd.DataFrame,
    frame: pd.DataFrame,
    main: ModelSpec,
    *,
    n_permutations: int = 0,
    within: str | None = None,
) -> SpecificationCurve:
    """Estimate every combination of choices, and test them together by permutation.

    Parameters
    ----------
    specs : DataFrame
        From `cross_choices`; several may be put below each other. Each makes another model, not
        only other errors.
    frame, n_permutations, within
        As for `specification_curve`.
    main : ModelSpec
        The model to mark among them, whatever its errors. A specification whose outcome is another
        column with the same values is taken as the same.
    """
    dimensions = [str(name) for name in specs if name != SPEC]
    models = list(specs[SPEC])
    made = choices_of(models)
    if made.duplicated().any():
        raise ModelError(
            f"{int(made.duplicated().sum())} combinations of choices make a model that another "
            "makes too, but perhaps for its errors: leave out choices that change no estimate."
        )
    same = {main.outcome}
    if main.outcome in frame:
        columns = {one.outcome for one in models} & {str(name) for name in frame}
        same |= {name for name in columns if frame[name].equals(frame[main.outcome])}
    like: dict[str, Any] = {n: getattr(main, n) for n in ("outcome", "vcov", "cluster")}
    is_main = [one.outcome in same and replace(one, **like) == main for one in models]
    named = specs[dimensions].reset_index(drop=True).assign(is_main=is_main)
    found = _estimate(models, named, frame, n_permutations, within)
    return replace(
        found,
        table=found.table.drop(columns="term"),
        failures=found.failures.drop(columns="is_main"),
        choices={name: list(dict.fromkeys(specs[name])) for name in dimensions},
    )


def _several(name: Dimension) -> tuple[str, ...]:
    return name if isinstance(name, tuple) else (name,)
