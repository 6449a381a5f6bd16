"""Wild cluster bootstrap of several coefficients at once, on cross products alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from coopanalysis.models.linear.bootstrap import Multiplier, p_value_of_draws, wild_multipliers
from coopanalysis.models.linear.covariance import symmetric_inverse
from coopanalysis.models.linear.gram import ClusterGrams

_CHUNK = 2_000


def wild_wald(
    grams: ClusterGrams, positions: list[int], n_draws: int, multiplier: Multiplier, seed: int
) -> tuple[float, float, int]:
    """Wald statistic of coefficients that are zero under the null, and its bootstrap p value.

    Parameters
    ----------
    grams : ClusterGrams
        Cross products of all columns.
    positions : list of int
        The coefficients.
    n_draws, multiplier, seed
        As for `wild_cluster_bootstrap`.

    Returns
    -------
    statistic : float
        With the clusters' sums of scores, without the factor of CR1.
    p_value : float
    n_draws : int
        Draws used.
    """
    total, moment = grams.gram.sum(axis=0), grams.moment.sum(axis=0)
    bread = symmetric_inverse(total)
    free = np.delete(np.arange(len(total)), positions)
    scores = grams.moment
    if len(free):
        restricted = symmetric_inverse(total[np.ix_(free, free)]) @ moment[free]
        scores = grams.moment - grams.gram[:, :, free] @ restricted
    shown = bread[positions]
    own, reach = scores @ shown.T, shown @ grams.gram

    def statistics(signs: NDArray[np.float64]) -> NDArray[np.float64]:
        """Wald statistic of each column of multipliers."""
        moved = bread @ (scores.T @ signs)
        value = moved[positions].T
        # Score sums of each draw's residuals, along the coefficients: draw, cluster, coefficient.
        sums = signs.T[:, :, None] * own - (reach @ moved).transpose(2, 0, 1)
        meat = sums.transpose(0, 2, 1) @ sums
        solved = np.linalg.solve(meat, value[:, :, None])[:, :, 0]
        return np.asarray((value * solved).sum(axis=1))

    signs, is_enumerated = wild_multipliers(len(scores), n_draws, multiplier, seed)
    seen = float(statistics(np.ones((len(scores), 1)))[0])
    n_used = signs.shape[1]
    draws = [statistics(signs[:, k : k + _CHUNK]) for k in range(0, n_used, _CHUNK)]
    return seen, p_value_of_draws(np.concatenate(draws), seen, is_enumerated=is_enumerated), n_used
