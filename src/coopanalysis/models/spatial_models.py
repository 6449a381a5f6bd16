"""Spatial lag and spatial error models by maximum likelihood, and impacts of a lag."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

import numpy as np
import pandas as pd
from scipy import optimize
from scipy.sparse.linalg import LinearOperator, cg

from coopanalysis.errors import ModelError
from coopanalysis.models.arrays import Floats, symmetric_inverse
from coopanalysis.models.estimates import Estimates
from coopanalysis.models.inference import inference_table
from coopanalysis.models.linear.least_squares import LinearFit, least_squares
from coopanalysis.models.neighbours import Neighbours
from coopanalysis.models.row_selection import check_columns
from coopanalysis.models.sample import Sample, build_sample
from coopanalysis.models.spec import ModelSpec

RHO = "rho (spatial lag)"
LAMBDA = "lambda (spatial error)"


def fit_spatial(
    spec: ModelSpec,
    frame: pd.DataFrame,
    neighbours: Neighbours,
    *,
    kind: Literal["lag", "error"] = "lag",
    place: str | None = None,
) -> Estimates:
    """Maximum likelihood with a spatial lag of the outcome, or of the error.

    `lag`: y = rho W y + X b + e. `error`: y = X b + u, u = lambda W u + e. Errors are independent,
    normal, of equal variance. Ord (1975), JASA; Anselin (1988).

    Parameters
    ----------
    spec, frame : ModelSpec, DataFrame
        Family `ols`, vcov `iid`, no weights, no fixed effects (use `C(state)` as a control); one
        row per place.
    neighbours : Neighbours
        Who borders whom. Its eigenvalues are found once, so that a second fit on the same places
        costs less.
    kind : {"lag", "error"}
        Which model.
    place : str, optional
        Column with the id of the place; the index if not given.

    Returns
    -------
    Estimates
        With the term `rho (spatial lag)` or `lambda (spatial error)`, normal p values, the errors
        of the expected information, and `log_likelihood`, `sigma2` among the statistics.
        Coefficients of a lag model are not effects: see `spatial_impacts`.
    """
    if kind not in ("lag", "error"):
        raise ModelError(f"kind {kind!r} is not known: lag or error.")
    if spec.family != "ols" or spec.vcov != "iid" or spec.fixed_effects or spec.weights:
        raise ModelError(
            "fit_spatial takes family ols, vcov iid, no weights and no fixed_effects: its errors "
            "are those of the likelihood. Put effects in as controls, C(state)."
        )
    if place is not None:
        check_columns(frame, [place])
    keyed = frame if place is None else frame.set_index(place, drop=False)
    sample = build_sample(spec, keyed)
    near = neighbours.subset(sample.rows)
    if near.n_islands == near.n_places:
        raise ModelError(
            f"none of the {near.n_places} places used borders another: a spatial {kind} cannot be "
            "told. Check that the index, or place=, holds the ids of the neighbours."
        )
    fit, notes = least_squares(spec, sample)
    if near.n_islands:
        notes.append(f"{near.n_islands} places have no neighbour among the rows used.")
    sample = replace(sample, terms=fit.terms).with_notes(*notes)
    search = _search_lag if kind == "lag" else _search_error
    return search(spec, sample, fit, near)


def _search_lag(spec: ModelSpec, sample: Sample, fit: LinearFit, near: Neighbours) -> Estimates:
    x, y = fit.design, fit.outcome
    lagged = near.weights @ y
    slopes_lag = fit.bread @ (x.T @ lagged)
    left, left_lag = fit.residual, lagged - x @ slopes_lag
    e00, e01, e11 = float(left @ left), float(left @ left_lag), float(left_lag @ left_lag)
    n = len(y)

    def rss_at(rho: float) -> tuple[float, float]:
        return e00 - 2 * rho * e01 + rho**2 * e11, 2 * (rho * e11 - e01)

    rho, likelihood = _maximum(rss_at, n, near.eigenvalues)
    slopes = fit.coefficients - rho * slopes_lag
    sigma2 = rss_at(rho)[0] / n
    index = x @ slopes
    spread = near.weights @ _solve_lag(near, rho, index)
    trace, trace_square, trace_gram = near.traces(rho)
    k = x.shape[1]
    information = np.zeros((k + 2, k + 2))
    information[:k, :k] = x.T @ x / sigma2
    information[:k, k] = information[k, :k] = x.T @ spread / sigma2
    information[k, k] = trace_square + trace_gram + spread @ spread / sigma2
    information[k, k + 1] = information[k + 1, k] = trace / sigma2
    information[k + 1, k + 1] = n / (2 * sigma2**2)
    covariance = symmetric_inverse(information)[: k + 1, : k + 1]
    params = np.append(slopes, rho)
    fitted = rho * lagged + index
    return _spatial_estimates(
        spec, sample, fit, RHO, params, covariance, fitted, likelihood, sigma2
    )


def _solve_lag(near: Neighbours, rho: float, values: Floats) -> Floats:
    """(I - rho W) inverse times values, by conjugate gradients on the symmetric similar matrix."""
    root, n = np.sqrt(np.maximum(near.degree, 1)), len(values)

    def apply(vector: Floats) -> Floats:
        return np.asarray(vector - rho * root * (near.weights @ (vector / root)))

    target = root * values
    operator = LinearOperator((n, n), matvec=apply, dtype=np.float64)
    solution, _ = cg(operator, target, x0=target, rtol=1e-12, atol=0.0, maxiter=10 * n)
    return np.asarray(solution / root)


def _search_error(spec: ModelSpec, sample: Sample, fit: LinearFit, near: Neighbours) -> Estimates:
    k = fit.design.shape[1]
    own = np.column_stack([fit.design, fit.outcome])
    lagged = near.weights @ own
    once, cross, twice = own.T @ own, own.T @ lagged, lagged.T @ lagged
    cross = cross + cross.T
    n = len(own)

    def normal_equations(lam: float) -> tuple[Floats, Floats]:
        gram = once - lam * cross + lam**2 * twice
        return gram, np.linalg.solve(gram[:k, :k], gram[:k, k])

    def rss_at(lam: float) -> tuple[float, float]:
        gram, slopes = normal_equations(lam)
        toward = np.append(-slopes, 1.0)
        rss = float(gram[k, k] - gram[:k, k] @ slopes)
        return rss, float(toward @ (2 * lam * twice - cross) @ toward)

    lam, likelihood = _maximum(rss_at, n, near.eigenvalues)
    gram, slopes = normal_equations(lam)
    sigma2 = rss_at(lam)[0] / n
    trace, trace_square, trace_gram = near.traces(lam)
    covariance = np.zeros((k + 1, k + 1))
    covariance[:k, :k] = sigma2 * symmetric_inverse(gram[:k, :k])
    covariance[k, k] = 1 / (trace_square + trace_gram - 2 * trace**2 / n)
    params = np.append(slopes, lam)
    fitted = fit.design @ slopes
    return _spatial_estimates(
        spec, sample, fit, LAMBDA, params, covariance, fitted, likelihood, sigma2
    )


def _maximum(
    rss_at: Callable[[float], tuple[float, float]], n: int, eigenvalues: Floats
) -> tuple[float, float]:
    """Where the concentrated likelihood is largest, and how large, but for a constant.

    `rss_at` gives the residual sum of squares at a value, and its slope there.
    """

    def loss(value: float) -> float:
        return float(n / 2 * np.log(rss_at(value)[0] / n)) - float(
            np.log1p(-value * eigenvalues).sum()
        )

    def slope(value: float) -> float:
        rss, change = rss_at(value)
        return n / 2 * change / rss + float((eigenvalues / (1 - value * eigenvalues)).sum())

    # Row-standardized weights have 1 as their largest eigenvalue.
    low, high = max(1 / float(eigenvalues[0]), -1.0) + 1e-6, 1 - 1e-6
    search = {"bounds": (low, high), "method": "bounded", "options": {"xatol": 1e-8}}
    found = float(optimize.minimize_scalar(loss, **search).x)
    # A minimum is flat: its place is known to half the digits of the loss, that of a root to all.
    low, high = max(low, found - 1e-4), min(high, found + 1e-4)
    if slope(low) < 0 < slope(high):
        found = float(optimize.brentq(slope, low, high, xtol=1e-15))
    return found, -loss(found)


def _spatial_estimates(
    spec: ModelSpec,
    sample: Sample,
    fit: LinearFit,
    spatial_term: str,
    params: Floats,
    covariance: Floats,
    fitted: Floats,
    concentrated: float,
    sigma2: float,
) -> Estimates:
    n = sample.n_rows
    if params[-1] > 1 - 1e-4:
        sample = sample.with_notes(
            f"{spatial_term} is at the edge of what it can be: its error, and those of the other "
            "terms, mean little."
        )
    return Estimates.of(
        spec,
        sample,
        [*fit.names, spatial_term],
        params,
        covariance,
        np.inf,
        statistics={
            "log_likelihood": concentrated - n / 2 * float(np.log(2 * np.pi) + 1),
            "sigma2": sigma2,
        },
        index=fitted,
        scores=np.empty((n, 0)),
        bread=np.empty((0, 0)),
    )


def spatial_impacts(estimates: Estimates, neighbours: Neighbours) -> pd.DataFrame:
    """Effects of a spatial lag model: on the place itself, on others, and together.

    LeSage and Pace (2009), chapter 2; errors by the delta method.

    Parameters
    ----------
    estimates, neighbours : Estimates, Neighbours
        From `fit_spatial(kind="lag")`, and the same neighbours.

    Returns
    -------
    DataFrame
        Result columns and `impact` (`direct`, `indirect`, `total`): averages over places of the
        change that goes with one unit more in the place, in the others, in all.
    """
    if RHO not in estimates.params.index:
        raise ModelError("impacts are those of a spatial lag model: fit_spatial(kind='lag').")
    near = neighbours.subset(estimates.sample.rows)
    rho, values = float(estimates.params[RHO]), near.eigenvalues
    n = near.n_places
    ones = np.ones(n)
    total = float(_solve_lag(near, rho, ones).mean())
    twice = _solve_lag(near, rho, _solve_lag(near, rho, ones))
    total_slope = float((near.weights @ twice).mean())
    direct = (1 / (1 - rho * values)).mean()
    direct_slope = (values / (1 - rho * values) ** 2).mean()
    factors = {
        "direct": (direct, direct_slope),
        "total": (total, total_slope),
        "indirect": (total - direct, total_slope - direct_slope),
    }
    blocks = []
    names = [name for name in estimates.params.index if name not in (RHO, "(Intercept)")]
    for impact, (factor, slope) in factors.items():
        value = estimates.params[names].to_numpy()
        pairs = estimates.covariance.loc[[*names, RHO], [*names, RHO]].to_numpy()
        gradient = np.column_stack([factor * np.eye(len(names)), slope * value])
        error = np.sqrt(np.einsum("ij,jk,ik->i", gradient, pairs, gradient))
        table = inference_table(
            names, factor * value, error, np.inf * np.ones(len(names)), n_obs=n, n_clusters=None
        )
        blocks.append(table.assign(impact=impact))
    return pd.concat(blocks, ignore_index=True)
