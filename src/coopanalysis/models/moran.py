"""Whether neighbours resemble each other, and whether least squares leaves that behind."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import special

from coopanalysis.errors import ModelError
from coopanalysis.models.design import centre, matrix
from coopanalysis.models.neighbours import Neighbours
from coopanalysis.models.spec import Estimates


@dataclass(frozen=True)
class Moran:
    """Moran's I with a permutation test.

    Attributes
    ----------
    statistic : float
        Slope of the mean of the neighbours on the place.
    expectation : float
        Its mean if values were dealt out at random: -1 / (n - 1).
    p_value : float
        Two-sided share of permutations at least as far from the expectation.
    n_obs, n_islands, n_permutations : int
        Places, places without neighbours, permutations.
    """

    statistic: float
    expectation: float
    p_value: float
    n_obs: int
    n_islands: int
    n_permutations: int


def morans_i(
    values: ArrayLike, neighbours: Neighbours, *, n_permutations: int = 999, seed: int = 20160
) -> Moran:
    """Moran's I of values under row-standardized contiguity.

    Parameters
    ----------
    values : array-like, shape (n,)
        One value per place, in the order of `neighbours.ids`; a Series whose index holds the same
        ids in another order is put in order. Of residuals the permutation test is approximate,
        since residuals are not exchangeable.
    neighbours : Neighbours
        Who borders whom.
    n_permutations : int
        Permutations of values over places.
    seed : int
        Seed of the permutations.

    Raises
    ------
    ModelError
        If lengths differ, values are missing or infinite, all are alike, or no place has a
        neighbour.

    References
    ----------
    Moran (1950); Cliff and Ord (1981).
    """
    if isinstance(values, pd.Series) and values.index.is_unique:
        position = values.index.get_indexer(neighbours.ids)
        if len(values) == len(position) and (position >= 0).all():
            values = values.iloc[position]
    numbers = np.asarray(values, dtype=float)
    unknown = int((~np.isfinite(numbers)).sum())
    if len(numbers) != neighbours.n_places or unknown:
        raise ModelError(
            f"{len(numbers)} values, {unknown} of them missing or infinite, for "
            f"{neighbours.n_places} places. Take a subset of the neighbours."
        )
    if neighbours.n_islands == neighbours.n_places:
        raise ModelError("no place has a neighbour: Moran's I is not defined.")
    gap = centre(numbers[:, None])[:, 0]
    if not gap.any():
        raise ModelError("all values are alike: Moran's I is not defined.")
    weights = neighbours.weights
    scale = len(gap) / float(weights.sum()) / float(gap @ gap)
    expectation = -1 / (len(gap) - 1)
    seen = scale * float(gap @ (weights @ gap))
    random, count = np.random.default_rng(seed), 0
    for start in range(0, n_permutations, 100):
        size = min(100, n_permutations - start)
        dealt = random.permuted(np.tile(gap, (size, 1)), axis=1).T
        drawn = scale * np.einsum("ij,ij->j", dealt, weights @ dealt)
        count += int((np.abs(drawn - expectation) >= abs(seen - expectation)).sum())
    return Moran(
        statistic=seen,
        expectation=expectation,
        p_value=(1 + count) / (1 + n_permutations),
        n_obs=len(gap),
        n_islands=neighbours.n_islands,
        n_permutations=n_permutations,
    )


def lagrange_multiplier_tests(estimates: Estimates, neighbours: Neighbours) -> pd.DataFrame:
    """Whether least squares leaves a spatial lag or a spatial error behind.

    Parameters
    ----------
    estimates : Estimates
        Least squares without weights or absorbed effects, one row per place, indexed by it.
    neighbours : Neighbours
        Who borders whom.

    Returns
    -------
    DataFrame, one row per test
        `test` (`error`, `lag`, and each robust to the other), `statistic` (chi-squared with one
        degree of freedom), `p_value`.

    References
    ----------
    Anselin, Bera, Florax and Yoon (1996).
    """
    sample = estimates.sample
    if estimates.spec.family != "ols" or sample.effects or sample.weights is not None:
        raise ModelError("these tests are for least squares without weights or absorbed effects.")
    near = neighbours.subset(sample.rows)
    weights, n = near.weights, sample.n_rows
    x = matrix(sample.terms, sample.columns, n)
    residual = sample.outcome - estimates.index
    sigma2 = float(residual @ residual) / n
    trace = float((weights.multiply(weights) + weights.multiply(weights.T)).sum())
    lagged_index = weights @ estimates.index
    left = lagged_index - x @ np.linalg.lstsq(x, lagged_index, rcond=None)[0]
    spread = float(left @ left) / sigma2 + trace
    error = float(residual @ (weights @ residual)) / sigma2
    lag = float(residual @ (weights @ sample.outcome)) / sigma2
    statistics = {
        "error": error**2 / trace,
        "lag": lag**2 / spread,
        "error, robust to lag": (error - trace / spread * lag) ** 2
        / (trace * (1 - trace / spread)),
        "lag, robust to error": (lag - error) ** 2 / (spread - trace),
    }
    values = np.array(list(statistics.values()))
    return pd.DataFrame(
        {"test": list(statistics), "statistic": values, "p_value": special.chdtrc(1, values)}
    )
