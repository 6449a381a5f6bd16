"""Effects in the outcome's own units, with errors by the delta method.

Averages over the rows used: of derivatives by a numeric column, of contrasts against 0 for a column
of zeros and ones, and against the first level for categories. Covariates count as fixed.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import special

from coopanalysis.errors import ModelError
from coopanalysis.models.arrays import Floats
from coopanalysis.models.design import Factor, matrix
from coopanalysis.models.estimates import Estimates
from coopanalysis.models.inference import inference_table
from coopanalysis.models.linear.absorb import Absorber
from coopanalysis.models.terms import bare_name


class _Model:
    """What effects need of a fit: response, index and its derivative by the slopes."""

    def __init__(self, estimates: Estimates) -> None:
        if len(estimates.scores.T) != len(estimates.params):
            raise ModelError("coefficients of a spatial model are not effects: spatial_impacts.")
        self.estimates, self.family = estimates, estimates.spec.family
        self.sample = sample = estimates.sample
        self.slopes = estimates.params.to_numpy()[: len(sample.terms)]
        self.cuts, self.levels = np.zeros(1), np.array([0.0, 1.0])
        if self.family == "ordered_logit":
            self.cuts = estimates.params.to_numpy()[len(sample.terms) :]
            self.levels = _numbers(estimates)
        weights = sample.weights_or_ones
        self.weights = weights / weights.sum()
        self.design = matrix(sample.terms, sample.columns, sample.n_rows)
        self.turn = self.design
        if sample.effects and self.family in ("poisson", "ols"):
            # Absorbed effects follow the coefficients, so that each group keeps its total.
            mean = weights if self.family == "ols" else np.exp(estimates.index) * weights
            self.turn = Absorber(sample.codes, mean).residualize(self.design)

    def column(self, name: str) -> Floats | Factor:
        """Right-hand column by its name; an error if there is none."""
        if name not in self.sample.columns:
            raise ModelError(
                f"column {name!r} is not on the right-hand side. There are: "
                f"{', '.join(self.sample.columns)}."
            )
        return self.sample.columns[name]

    def response(self, index: Floats) -> list[Floats]:
        """Mean outcome, and its first and second derivative, at each row's index."""
        if self.family == "ols":
            return [index, np.ones_like(index), np.zeros_like(index)]
        if self.family in ("poisson", "negbin"):
            return [np.exp(index)] * 3
        rise, slope, bend = (each @ np.diff(self.levels) for each in self.steps(index))
        return [self.levels[0] + rise, slope, bend]

    def steps(self, index: Floats) -> list[Floats]:
        """Logistic function at index less each cut, and its two derivatives."""
        rise = special.expit(index[:, None] - self.cuts)
        slope = rise * (1 - rise)
        return [rise, slope, slope * (1 - 2 * rise)]

    def mean(self, name: str, value: object) -> tuple[float, Floats]:
        """Average response with a column at one value, and its gradient by all parameters."""
        n_rows, own = self.sample.n_rows, self.column(name)
        constant: Floats | Factor
        if isinstance(own, Factor):
            constant = Factor(np.full(n_rows, own.levels.index(value)), own.levels)
        else:
            constant = np.full(n_rows, value, dtype=np.float64)
        changed = matrix(self.sample.terms, {**self.sample.columns, name: constant}, n_rows)
        moved = changed - self.design
        index = self.estimates.index + moved @ self.slopes
        values, slope, _ = self.response(index)
        gradient = (self.weights * slope) @ (self.turn + moved)
        return float(self.weights @ values), self._with_cuts(gradient, index, 1, self.weights)

    def derivative(self, name: str) -> tuple[float, Floats]:
        """Average derivative by a numeric column, and its gradient by all parameters."""
        sample, index = self.sample, self.estimates.index
        by_column = np.column_stack(
            [term.derivative(name, sample.columns, sample.n_rows) for term in sample.terms]
        )
        rate = by_column @ self.slopes
        _, slope, bend = self.response(index)
        gradient = (self.weights * bend * rate) @ self.turn + (self.weights * slope) @ by_column
        value = float(self.weights @ (slope * rate))
        return value, self._with_cuts(gradient, index, 2, self.weights * rate)

    def _with_cuts(self, gradient: Floats, index: Floats, order: int, weights: Floats) -> Floats:
        if self.family != "ordered_logit":
            return gradient
        by_cut = -(weights @ self.steps(index)[order]) * np.diff(self.levels)
        return np.concatenate([gradient, by_cut])


def _numbers(estimates: Estimates) -> Floats:
    """Levels of an ordered outcome; an error if they are not numbers."""
    levels = estimates.sample.outcome_levels
    if not all(isinstance(value, (int, float)) for value in levels):
        raise ModelError(
            f"the levels of {estimates.spec.outcome!r} are not numbers, so that it has no mean. "
            "Give numbers in their place."
        )
    return np.array(levels, dtype=float)


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


def average_marginal_effects(
    estimates: Estimates, terms: Sequence[str] | None = None
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

    Returns
    -------
    DataFrame, one row per numeric column or level of a category
        Result columns; `estimate` is per unit of the term (of `per(x, 10)` per ten of x, of
        `log2(x)` per doubling), or a contrast of 1 with 0 or of a level with the first.
    """
    model = _Model(estimates)
    asked = [bare_name(term) for term in terms or ()]
    if terms is None:
        asked = [name for name in model.sample.columns if name not in model.sample.effects]
    names, pairs = [], []
    for name in asked:
        values = model.column(name)
        if isinstance(values, Factor):
            contrasts = [(f"{name}[{top}]", values.levels[0], top) for top in values.levels[1:]]
        elif np.isin(values, (0.0, 1.0)).all():
            contrasts = [(name, 0.0, 1.0)]
        else:
            names.append(name)
            pairs.append(model.derivative(name))
            continue
        for label, low, high in contrasts:
            first, second = model.mean(name, low), model.mean(name, high)
            names.append(label)
            pairs.append((second[0] - first[0], second[1] - first[1]))
    return _rows(model, names, pairs)
