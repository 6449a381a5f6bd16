"""How a difference varies: by level of a treatment, with one characteristic, and with all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from coopanalysis.errors import ModelError
from coopanalysis.models.arrays import Floats
from coopanalysis.models.design import Factor
from coopanalysis.models.estimates import Estimates
from coopanalysis.models.fitting import fit
from coopanalysis.models.inference import SHORT_COLUMNS, result_row
from coopanalysis.models.joint import bonferroni_joint_test, joint_test, suited_joint_test
from coopanalysis.models.row_selection import check_columns
from coopanalysis.models.spec import ModelSpec
from coopanalysis.models.terms import bare_name, columns_of, only_variable

QUARTILES = {0.25: "lower quartile", 0.5: "median", 0.75: "upper quartile"}


@dataclass(frozen=True)
class Variation:
    """How the difference by treatment varies with moderators.

    Attributes
    ----------
    table : DataFrame, one row per moderator and point
        `moderator` (term), `place` (in words), `at` (value in the column's own unit), result
        columns of the difference there, and `p_value_product`, the test that it varies with this
        one, in one model with all moderators: with CR2 by the wild bootstrap, since CR2 itself
        hardly ever rejects with so few degrees of freedom.
    test : mapping
        Joint test that it varies with none, in the same model: with CR2 the smallest of these p
        values, times their number.
    left_out : tuple of str
        Moderators that are the same in all rows used, or in all of one group.
    """

    table: pd.DataFrame
    test: Mapping[str, float | str]
    left_out: tuple[str, ...]


def vary(spec: ModelSpec, frame: pd.DataFrame, moderators: Sequence[str]) -> Variation:
    """Difference by treatment at the quartiles of each moderator, and tests of the products.

    Parameters
    ----------
    spec, frame : ModelSpec, DataFrame
        A model whose treatment is one column of numbers, and what it is fitted on.
    moderators : sequence of str
        Terms such as `per(x, 0.1)` or `log2(x)`; a column of zeros and ones is asked at both.
    """
    check_columns(frame, columns_of(moderators))
    used = frame.loc[fit(spec, frame).sample.rows]
    kept = [one for one in moderators if _is_asked(spec, used, one)]
    each, together = _test_products(spec, frame, kept) if kept else ({}, {})
    tables = [_by_moderator(spec, frame, one).assign(p_value_product=each[one]) for one in kept]
    columns = ["moderator", "place", "at", *SHORT_COLUMNS, "df", "p_value_product"]
    table = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=columns)
    left_out = tuple(one for one in moderators if one not in kept)
    return Variation(table, together, left_out)


def points_of(used: pd.DataFrame, moderator: str) -> pd.DataFrame:
    """Points at which the difference is told, the moderator's quartiles or zero and one.

    One row per point: `place` (in words), `value` (as it enters the model), `at` (in its own unit).
    """
    values = _values(used, moderator)
    known = values[~np.isnan(values)]
    if np.isin(known, (0.0, 1.0)).all():
        return pd.DataFrame({"place": ["no", "yes"], "value": [0.0, 1.0], "at": [0.0, 1.0]})
    variable = only_variable(moderator)
    value = pd.Series(known).quantile(list(QUARTILES)).to_numpy(dtype=float)
    back = {"log2": np.exp2, "log": np.exp}.get(variable.function)
    at = back(value) if back else value * variable.step
    return pd.DataFrame({"place": list(QUARTILES.values()), "value": value, "at": at})


def centred(
    spec: ModelSpec, frame: pd.DataFrame, moderator: str, value: float
) -> tuple[ModelSpec, pd.DataFrame]:
    """Model whose coefficient of the treatment is the difference where a moderator has a value.

    A column `_moderator`, less the value, is in its place and multiplied with the treatment.
    """
    controls = tuple(one for one in spec.controls if one != moderator)
    moved = frame.assign(_moderator=_values(frame, moderator) - value)
    crossed = (f"{spec.treatment}:_moderator", "_moderator", *controls)
    return replace(spec, controls=crossed), moved


def _values(frame: pd.DataFrame, term: str) -> Floats:
    variable = only_variable(term)
    values = frame[variable.column].to_numpy(dtype=float, na_value=np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        moved = variable.apply(values)
    return np.where(np.isfinite(moved), moved, np.nan)


def _spread(used: pd.DataFrame, term: str) -> float:
    values = _values(used, term)
    return float(np.nanmax(values) - np.nanmin(values)) if np.isfinite(values).any() else 0.0


def _is_asked(spec: ModelSpec, used: pd.DataFrame, term: str) -> bool:
    """Whether a moderator varies among the rows used, and in each group of a 0/1 treatment."""
    treatment = used[only_variable(spec.treatment).column]
    groups = [used] if treatment.nunique() > 2 else [rows for _, rows in used.groupby(treatment)]
    return all(_spread(rows, term) > 0 for rows in groups)


def _by_moderator(spec: ModelSpec, frame: pd.DataFrame, moderator: str) -> pd.DataFrame:
    used = frame.loc[fit(*centred(spec, frame, moderator, 0.0)).sample.rows]
    rows = []
    for _, point in points_of(used, moderator).iterrows():
        there = fit(*centred(spec, frame, moderator, float(point["value"])))
        where = {"moderator": moderator, "place": point["place"], "at": point["at"]}
        rows.append({**result_row(there.row, **where), "df": float(there.df[spec.treatment])})
    return pd.DataFrame(rows)


def _test_products(
    spec: ModelSpec, frame: pd.DataFrame, moderators: Sequence[str]
) -> tuple[dict[str, float], Mapping[str, float | str]]:
    """Test each product and all of them, in one model that holds every moderator."""
    treatment = frame[only_variable(spec.treatment).column].to_numpy(dtype=float)
    products = {}
    for number, one in enumerate(moderators):
        values = _values(frame, one)
        products[f"_product_{number}"] = treatment * (values - np.nanmean(values))
    alone = [one for one in moderators if one not in spec.controls]
    wide = replace(spec, controls=(*spec.controls, *alone, *products))
    estimates = fit(wide, frame.assign(**products))
    test = bonferroni_joint_test if spec.vcov == "CR2" else joint_test
    each = [float(test(estimates, [product])["p_value"]) for product in products]
    return dict(zip(moderators, each, strict=True)), test(estimates, list(products))


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
