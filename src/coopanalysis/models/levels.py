"""A treatment that is a category: its levels pooled before a fit, and compared after it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from coopanalysis.errors import ModelError
from coopanalysis.models.design import Factor
from coopanalysis.models.estimates import Estimates
from coopanalysis.models.joint import suited_joint_test
from coopanalysis.models.terms import bare_name

FEWEST = 20


@dataclass(frozen=True)
class Levels:
    """What a model says of each level of its treatment, against the level of reference.

    `table` has one row per level in their natural order: `level` and result columns, the reference
    with estimate 0 and no interval; `n_obs` counts the rows used at the level. `test` is the joint
    test that all differences are zero.
    """

    table: pd.DataFrame
    reference: str
    test: dict[str, float | str]


def pool_levels(score: pd.Series, used: pd.Series, fewest: int = FEWEST) -> pd.Series:
    """Turn a count into categories, those at either end pooled until each has enough rows.

    The errors of a level that rests on a handful of rows mean nothing.

    Parameters
    ----------
    score : Series
        Whole numbers, missing where not known.
    used : Series of bool
        Rows that the model will use: these are counted.
    fewest : int
        Rows that a level needs.

    Returns
    -------
    Series of ordered categories
        Text such as `3` or `5 to 7`, the commonest first, as a model's reference; all missing where
        no row that is used has a score.
    """
    values, sizes = np.unique(score[used].dropna().to_numpy(dtype=int), return_counts=True)
    counts = dict(zip(values.tolist(), sizes.tolist(), strict=True))
    if not counts:
        return pd.Series(np.nan, index=score.index, dtype="object")
    steps = [[value] for value in counts]
    for end in (0, -1):
        while len(steps) > 1 and sum(map(counts.__getitem__, steps[end])) < fewest:
            edge = steps.pop(end)
            steps[end] = sorted([*steps[end], *edge])
    names = {value: span(values) for values in steps for value in values}
    commonest = max(steps, key=lambda values: sum(map(counts.__getitem__, values)))
    order = [span(commonest), *(span(values) for values in steps if values != commonest)]
    return score.map(names).astype(pd.CategoricalDtype(order, ordered=True))


def span(values: list[int]) -> str:
    """Write pooled scores: `3`, or `5 to 7`."""
    return str(values[0]) if len(values) == 1 else f"{values[0]} to {values[-1]}"


def read_levels(estimates: Estimates) -> Levels:
    """Differences of a model whose treatment is a category, with the reference among them."""
    name = bare_name(estimates.spec.treatment)
    column = estimates.sample.columns.get(name)
    if not isinstance(column, Factor):
        raise ModelError(f"the treatment {name!r} has no levels: give a category, or C({name}).")
    counted = pd.Series(column.codes).value_counts()
    table = estimates.table.set_index("term")
    rows = []
    for code, level in enumerate(column.levels):
        term = f"{name}[{level}]"
        own = table.loc[term] if term in table.index else pd.Series({"estimate": 0.0})
        counts = {"level": str(level), "n_obs": int(counted.get(code, 0))}
        rows.append(pd.Series({**own, **counts}))
    terms = [term for term in table.index if term.startswith(f"{name}[")]
    ordered = pd.DataFrame(rows).sort_values(
        "level", key=lambda texts: texts.str.extract(r"(-?\d+)", expand=False).astype(float)
    )
    return Levels(
        ordered.reset_index(drop=True),
        str(column.levels[0]),
        suited_joint_test(estimates, terms)[0],
    )
