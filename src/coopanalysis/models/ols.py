"""Ordinary and weighted least squares with absorbed fixed effects."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coopanalysis.errors import ModelError
from coopanalysis.models.design import Factor, Term, find_collinear, matrix
from coopanalysis.models.frame import Sample
from coopanalysis.models.linear.absorb import Absorber, is_nested
from coopanalysis.models.linear.covariance import (
    adjusted_cluster_covariance,
    conley_covariance,
    cr1_covariance,
    hc_covariance,
    symmetric_inverse,
)
from coopanalysis.models.linear.gram import ClusterGrams, cross_products
from coopanalysis.models.spec import Estimates, ModelSpec, bare_name

MAX_EFFECT_COLUMNS = 2000


@dataclass(frozen=True)
class LinearFit:
    """Arrays of a least-squares fit; design and residual carry the root of the weights."""

    terms: tuple[Term, ...]
    design: NDArray[np.float64]
    outcome: NDArray[np.float64]
    coefficients: NDArray[np.float64]
    residual: NDArray[np.float64]
    bread: NDArray[np.float64]
    absorber: Absorber | None

    @property
    def n_params(self) -> int:
        """Regressors and all independent effects."""
        return len(self.terms) + (self.absorber.n_effects if self.absorber else 0)


def keep_independent(
    spec: ModelSpec,
    terms: tuple[Term, ...],
    gram: NDArray[np.float64],
    scale: NDArray[np.float64],
) -> tuple[list[int], list[str]]:
    """Positions of columns to keep and notes on the others; an error if the treatment is lost.

    The treatment comes last in the search: it has to say something that controls and effects do
    not, or there is nothing to estimate.
    """
    treated = bare_name(spec.treatment)
    is_treated = [any(part.column == treated for part in term.parts) for term in terms]
    order = sorted(range(len(terms)), key=lambda k: is_treated[k])
    dropped = [order[k] for k in find_collinear(gram[np.ix_(order, order)], scale[order])]
    lost = [terms[k].name for k in dropped if is_treated[k]]
    if lost:
        raise ModelError(
            f"{', '.join(lost)} is a combination of the controls and fixed effects"
            f"{_absorbed_words(spec)}, or does not vary: its association cannot be told apart. "
            "Leave out what repeats it."
        )
    notes = [f"{terms[k].name} left out: collinear with columns before it." for k in dropped]
    return [k for k in range(len(terms)) if k not in set(dropped)], notes


def _absorbed_words(spec: ModelSpec) -> str:
    return f" ({', '.join(spec.fixed_effects)})" if spec.fixed_effects else ""


def least_squares(spec: ModelSpec, sample: Sample) -> tuple[LinearFit, list[str]]:
    """Fit by least squares after taking the effects out; notes on collinear columns."""
    raw = matrix(sample.terms, sample.columns, sample.n_rows)
    outcome = sample.outcome
    scale = (raw**2).sum(axis=0)
    absorber = None
    if sample.effects:
        codes = [factor.codes for factor in sample.effects.values()]
        absorber = Absorber(codes, sample.weights)
        joined = absorber.residualize(np.column_stack([raw, outcome]))
        raw, outcome = joined[:, :-1], joined[:, -1]
    if sample.weights is not None:
        root = np.sqrt(sample.weights)
        raw, outcome = raw * root[:, None], outcome * root
        scale = scale * sample.weights.mean()
    gram = raw.T @ raw
    kept, notes = keep_independent(spec, sample.terms, gram, scale)
    design = raw[:, kept]
    bread = symmetric_inverse(gram[np.ix_(kept, kept)])
    coefficients = bread @ (design.T @ outcome)
    fit = LinearFit(
        terms=tuple(sample.terms[k] for k in kept),
        design=design,
        outcome=outcome,
        coefficients=coefficients,
        residual=outcome - design @ coefficients,
        bread=bread,
        absorber=absorber,
    )
    return fit, notes


def counted_params(sample: Sample, n_terms: int) -> int:
    """K of CR1: effects nested in the clusters count as one constant, others levels less one."""
    if not sample.effects:
        return n_terms
    assert sample.clusters is not None
    crossing = [
        factor for factor in sample.effects.values() if not is_nested(factor.codes, sample.clusters)
    ]
    return n_terms + 1 + sum(len(factor.levels) - 1 for factor in crossing)


def clustered_columns(sample: Sample, terms: tuple[Term, ...]) -> ClusterGrams:
    """Cross products by cluster in which effects not nested in the clusters stand as columns.

    `terms` are the sample's that are not collinear; they come first among the columns.
    """
    assert sample.clusters is not None
    nested: list[Factor] = []
    free: list[Factor] = []
    for factor in sample.effects.values():
        (nested if is_nested(factor.codes, sample.clusters) else free).append(factor)
    n_levels = sum(len(factor.levels) for factor in free)
    if n_levels > MAX_EFFECT_COLUMNS:
        raise ModelError(
            f"CR2, CR3 and the bootstrap need the {n_levels} effects that cross the clusters as "
            "columns, which is too many. Use CR1."
        )
    blocks = [np.eye(len(factor.levels))[factor.codes][:, 1:] for factor in free]
    if free and not nested:
        blocks.append(np.ones((sample.n_rows, 1)))
    raw = matrix(terms, sample.columns, sample.n_rows)
    joined = np.column_stack([raw, *blocks, sample.outcome])
    scale = (joined**2).sum(axis=0)
    if nested:
        joined = Absorber([factor.codes for factor in nested], sample.weights).residualize(joined)
    if sample.weights is not None:
        joined *= np.sqrt(sample.weights)[:, None]
        scale = scale * sample.weights.mean()
    cross = cross_products(joined, sample.clusters)
    lost = set(find_collinear(cross.sum(axis=0)[:-1, :-1], scale[:-1]))
    kept = [k for k in range(joined.shape[1] - 1) if k not in lost]
    return ClusterGrams(cross[:, kept][:, :, kept], cross[:, kept, -1])


def ols_covariance(
    spec: ModelSpec, sample: Sample, fit: LinearFit
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Covariance of the coefficients and the degrees of freedom of each."""
    n_terms = len(fit.terms)
    if spec.vcov == "CR2" or spec.vcov == "CR3":  # noqa: PLR1714  (narrows the type)
        return adjusted_cluster_covariance(spec.vcov, clustered_columns(sample, fit.terms), n_terms)
    if spec.vcov == "CR1":
        assert sample.clusters is not None and sample.n_clusters is not None
        covariance = cr1_covariance(
            fit.design * fit.residual[:, None],
            sample.clusters,
            fit.bread,
            counted_params(sample, n_terms),
        )
        return covariance, np.full(n_terms, sample.n_clusters - 1.0)
    df = np.full(n_terms, float(sample.n_rows - fit.n_params))
    if spec.vcov == "conley":
        assert sample.coordinates is not None and spec.distance_km is not None
        scores = fit.design * fit.residual[:, None]
        return conley_covariance(
            scores, sample.coordinates, fit.bread, fit.n_params, spec.distance_km
        ), df
    leverage = None
    if spec.vcov in ("HC2", "HC3"):
        leverage = np.einsum("ij,jk,ik->i", fit.design, fit.bread, fit.design, optimize=True)
        if fit.absorber is not None:
            leverage = leverage + fit.absorber.leverage()
    covariance = hc_covariance(
        spec.vcov, fit.design, fit.residual, fit.bread, fit.n_params, leverage
    )
    return covariance, df


def fit_ols(spec: ModelSpec, sample: Sample) -> Estimates:
    """Least squares of the sample; called through `coopanalysis.models.fit`."""
    fit, notes = least_squares(spec, sample)
    covariance, df = ols_covariance(spec, sample, fit)
    names = [term.name for term in fit.terms]
    root = 1.0 if sample.weights is None else np.sqrt(sample.weights)
    return Estimates(
        spec=spec,
        params=pd.Series(fit.coefficients, index=names),
        covariance=pd.DataFrame(covariance, index=names, columns=names),
        df=pd.Series(df, index=names),
        shown=tuple(names),
        n_obs=sample.n_rows,
        n_clusters=sample.n_clusters,
        n_missing=sample.n_missing,
        notes=(*sample.notes, *notes),
        statistics=_fit_statistics(sample, fit),
        sample=replace(sample, terms=fit.terms),
        index=sample.outcome - fit.residual / root,
        influence=(fit.design * fit.residual[:, None]) @ fit.bread,
    )


def _fit_statistics(sample: Sample, fit: LinearFit) -> dict[str, float]:
    weights = np.ones(sample.n_rows) if sample.weights is None else sample.weights
    mean = np.average(sample.outcome, weights=weights)
    total = float((weights * (sample.outcome - mean) ** 2).sum())
    within = float(fit.outcome @ fit.outcome)
    rss = float(fit.residual @ fit.residual)
    figures = {"r_squared": 1 - rss / total, "residual_df": float(sample.n_rows - fit.n_params)}
    if fit.absorber is not None:
        figures["r_squared_within"] = 1 - rss / within
    return figures
