"""Effects in the outcome's own units, with errors by the delta method.

Coefficients of a logit, an ordered logit or a count model are on the scale of the index. What is
reported is an average over the rows used: of derivatives by a numeric column, of contrasts
against 0 for a column of zeros and ones, and against the first level for categories. Covariates
count as fixed; errors come from the covariance that the model was asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from coopanalysis.errors import ModelError
from coopanalysis.models.arrays import Floats
from coopanalysis.models.design import Columns, Factor, matrix
from coopanalysis.models.estimates import Estimates
from coopanalysis.models.inference import inference_table
from coopanalysis.models.linear.absorb import Absorber
from coopanalysis.models.terms import bare_name

Change = Mapping[str, object]


@dataclass(frozen=True)
class _Response:
    """Mean outcome as a function of the index: identity, exp, or a sum of logistic steps."""

    kind: str
    scale: Floats
    heights: Floats
    cuts: Floats
    base: float = 0.0

    def derivatives(self, index: Floats) -> list[Floats]:
        """Value, first and second derivative at each row's index."""
        if self.kind == "identity":
            return [index * self.scale, self.scale, np.zeros_like(index)]
        if self.kind == "exp":
            mean = np.exp(index) * self.scale
            return [mean, mean, mean]
        steps = self.steps(index)
        return [self.base * (k == 0) + steps[k] @ self.heights for k in range(3)]

    def steps(self, index: Floats) -> list[Floats]:
        """Logistic function at index less each cut, and its two derivatives."""
        rise = special.expit(index[:, None] - self.cuts)
        slope = rise * (1 - rise)
        return [rise, slope, slope * (1 - 2 * rise)]


class _Model:
    """What effects need of a fit: slopes, index and its derivative by the parameters."""

    def __init__(self, estimates: Estimates, level: object, rate_per: float | None) -> None:
        if len(estimates.scores.T) != len(estimates.params):
            raise ModelError("coefficients of a spatial model are not effects: spatial_impacts.")
        self.sample = sample = estimates.sample
        self.estimates = estimates
        self.slopes = estimates.params.to_numpy()[: len(sample.terms)]
        self.response = _response(estimates, level, rate_per)
        weights = sample.weights_or_ones
        self.weights = weights / weights.sum()
        self.design = matrix(sample.terms, sample.columns, sample.n_rows)
        self.turn = self.design
        if sample.effects and estimates.spec.family in ("poisson", "ols"):
            # Absorbed effects follow the coefficients, so that each group keeps its total.
            mean = weights if estimates.spec.family == "ols" else np.exp(estimates.index) * weights
            codes = [factor.codes for factor in sample.effects.values()]
            self.turn = Absorber(codes, mean).residualize(self.design)

    def scenario(self, change: Change) -> tuple[Floats, Floats]:
        """Index and its derivative by the slopes, with some columns set to a value for all."""
        if not change:
            return self.estimates.index, self.turn
        changed = matrix(self.sample.terms, self.changed_columns(change), self.sample.n_rows)
        moved = changed - self.design
        return self.estimates.index + moved @ self.slopes, self.turn + moved

    def column(self, name: str) -> Floats | Factor:
        """Right-hand column by its name; an error if there is none."""
        if name not in self.sample.columns:
            raise ModelError(
                f"column {name!r} is not on the right-hand side. There are: "
                f"{', '.join(self.sample.columns)}."
            )
        return self.sample.columns[name]

    def changed_columns(self, change: Change) -> Columns:
        """Right-hand columns, of which some have one value in all rows."""
        n_rows = self.sample.n_rows
        changed = {
            name: _constant(name, self.column(name), value, n_rows)
            for name, value in change.items()
        }
        return {**self.sample.columns, **changed}

    def mean(self, change: Change) -> tuple[float, Floats]:
        """Average response under a change, and its gradient by all parameters."""
        index, turn = self.scenario(change)
        value, slope, _ = self.response.derivatives(index)
        gradient = [(self.weights * slope) @ turn, self._cut_gradient(index, 1, self.weights)]
        return float(self.weights @ value), np.concatenate(gradient)

    def derivative(self, column: str, change: Change) -> tuple[float, Floats]:
        """Average derivative by a numeric column, and its gradient by all parameters."""
        index, turn = self.scenario(change)
        columns = self.changed_columns(change)
        by_column = np.column_stack(
            [term.derivative(column, columns, self.sample.n_rows) for term in self.sample.terms]
        )
        rate = by_column @ self.slopes
        _, slope, bend = self.response.derivatives(index)
        gradient = [
            (self.weights * bend * rate) @ turn + (self.weights * slope) @ by_column,
            self._cut_gradient(index, 2, self.weights * rate),
        ]
        return float(self.weights @ (slope * rate)), np.concatenate(gradient)

    def _cut_gradient(self, index: Floats, order: int, weights: Floats) -> Floats:
        if self.estimates.spec.family != "ordered_logit":
            return np.empty(0)
        return np.asarray(-(weights @ self.response.steps(index)[order]) * self.response.heights)


def _constant(name: str, values: Floats | Factor, value: object, n_rows: int) -> Floats | Factor:
    if isinstance(values, Factor):
        if value not in values.levels:
            known = ", ".join(str(level) for level in values.levels)
            raise ModelError(
                f"{name!r} has no level {value!r} in the rows used. There are: {known}."
            )
        return Factor(np.full(n_rows, values.levels.index(value)), values.levels)
    return np.full(n_rows, float(value))  # type: ignore[arg-type]


def _response(estimates: Estimates, level: object, rate_per: float | None) -> _Response:
    spec, sample = estimates.spec, estimates.sample
    ones = np.ones(sample.n_rows)
    if rate_per is not None:
        if spec.exposure is None:
            raise ModelError("rate_per needs a model with exposure.")
        ones = rate_per / np.exp(sample.offset)
    if level is not None and spec.family != "ordered_logit":
        raise ModelError(f"level belongs to ordered_logit, not to {spec.family}.")
    none = np.empty(0)
    if spec.family == "ols":
        return _Response("identity", ones, none, none)
    if spec.family in ("poisson", "negbin"):
        return _Response("exp", ones, none, none)
    if spec.family != "ordered_logit":
        return _Response("steps", ones, np.ones(1), np.zeros(1))
    cuts = estimates.params.to_numpy()[len(sample.terms) :]
    levels = sample.outcome_levels
    if level is None:
        if not all(isinstance(value, (int, float)) for value in levels):
            raise ModelError(f"the levels of {spec.outcome!r} are not numbers: choose a level.")
        numbers = np.array(levels, dtype=float)
        return _Response("steps", ones, np.diff(numbers), cuts, float(numbers[0]))
    if level not in levels:
        raise ModelError(f"{spec.outcome!r} has no level {level!r}; levels are {levels}.")
    chosen = np.array([value == level for value in levels], dtype=float)
    return _Response("steps", ones, np.diff(chosen), cuts, float(chosen[0]))


def _rows(model: _Model, names: list[str], pairs: list[tuple[float, Floats]]) -> pd.DataFrame:
    estimates = model.estimates
    covariance = estimates.covariance.to_numpy()
    gradient = np.array([pair[1] for pair in pairs])
    assert estimates.turn is not None and estimates.centred is not None
    turned = gradient @ estimates.turn
    variance = np.einsum("ij,jk,ik->i", turned, np.nan_to_num(estimates.centred), turned)
    # A term without an error leaves none to what depends on it, and matters to nothing else.
    unknown = (turned[:, np.isnan(np.diag(covariance))] != 0).any(axis=1)
    error = np.sqrt(np.where(unknown, np.nan, variance))
    # The coefficient that carries most of an effect's variance lends it its degrees of freedom.
    weight = np.abs(gradient) * np.sqrt(np.nan_to_num(np.diag(covariance)))
    df = estimates.df.to_numpy()[weight.argmax(axis=1)]
    value = [pair[0] for pair in pairs]
    return inference_table(
        names, value, error, df, n_obs=estimates.n_obs, n_clusters=estimates.n_clusters
    )


def _by_name(at: Change | None) -> dict[str, object]:
    return {bare_name(term): value for term, value in (at or {}).items()}


def average_marginal_effects(
    estimates: Estimates,
    terms: Sequence[str] | None = None,
    *,
    at: Change | None = None,
    level: object = None,
    rate_per: float | None = None,
) -> pd.DataFrame:
    """Average change of the mean outcome that goes with each column, in the outcome's units.

    With absorbed effects in a Poisson, effects follow the coefficients so that every group keeps
    its total, which counts as given; a contrast changes the column and leaves them where they are.

    Parameters
    ----------
    estimates : Estimates
        A fit of any family.
    terms : sequence of str, optional
        Right-hand columns; all of them if not given. Products with other columns are part of a
        column's effect, not effects of their own.
    at : mapping of str to value, optional
        Columns held at a value for every row, for example a moderator at its quartiles.
    level : optional
        `ordered_logit`: effect on the probability of this level instead of on the mean outcome.
    rate_per : float, optional
        Count models with exposure: effect on the count per that many persons at risk.

    Returns
    -------
    DataFrame, one row per numeric column or level of a category
        Result columns; `estimate` is per unit of the term (of `per(x, 10)` per ten of x, of
        `log2(x)` per doubling), or a contrast of 1 with 0 or of a level with the first.
    """
    model, held = _Model(estimates, level, rate_per), _by_name(at)
    asked = [bare_name(term) for term in terms or ()]
    if terms is None:
        others = {*model.sample.effects, *held}
        asked = [name for name in model.sample.columns if name not in others]
    names, pairs = [], []
    for name in asked:
        values = model.column(name)
        if isinstance(values, Factor):
            contrasts = [(f"{name}[{top}]", values.levels[0], top) for top in values.levels[1:]]
        elif np.isin(values, (0.0, 1.0)).all():
            contrasts = [(name, 0.0, 1.0)]
        else:
            names.append(name)
            pairs.append(model.derivative(name, held))
            continue
        for label, low, high in contrasts:
            first, second = model.mean({**held, name: low}), model.mean({**held, name: high})
            names.append(label)
            pairs.append((second[0] - first[0], second[1] - first[1]))
    return _rows(model, names, pairs)


def predicted_response(
    estimates: Estimates,
    column: str,
    values: Sequence[object],
    *,
    at: Change | None = None,
    level: object = None,
    rate_per: float | None = None,
) -> pd.DataFrame:
    """Average predicted outcome if every row had each value of a column: dose and response.

    With absorbed effects the mean outcome of every group counts as given: errors are those of the
    distance from the mean, and vanish where the value is the column's own mean.

    Parameters
    ----------
    estimates, at, level, rate_per
        As for `average_marginal_effects`.
    column, values : str, sequence
        Right-hand column, and values to set it to.

    Returns
    -------
    DataFrame, one row per value
        Result columns, `estimate` in the outcome's units, and `value`; `term` has it as text.
    """
    model = _Model(estimates, level, rate_per)
    pairs = [model.mean({**_by_name(at), bare_name(column): value}) for value in values]
    table = _rows(model, [f"{bare_name(column)}={value}" for value in values], pairs)
    return table.assign(value=pd.Series(list(values), dtype=object))
