"""Robust and clustered covariances, with the convention of each named.

With n rows, K parameters and G clusters, residuals e, leverages h:

====== ==========================================================================================
HC1    e squared, times n / (n - K)
HC2    e squared / (1 - h)
HC3    e squared / (1 - h) squared
CR1    cluster sums of scores, times G / (G - 1) times (n - 1) / (n - K)
CR2    residuals of each cluster times (I - H) to the power -1/2 (Bell and McCaffrey), t with
       Satterthwaite degrees of freedom (Pustejovsky and Tipton)
CR3    residuals of each cluster times (I - H) to the power -1, no factor: the sum of squared
       changes of the coefficients when one cluster is left out, as clubSandwich's CR3; times
       (G - 1) / G it is the jackknife CV3
conley scores of rows nearer than a distance, times (n - 1) / (n - K); uniform kernel
====== ==========================================================================================

With weights, CR2 and CR3 are those of the model times the root of the weights, whose working errors
are independent and alike: the convention of dfadjust (Imbens and Kolesar 2016). clubSandwich starts
from other working errors, and its weighted CR2 differs a little.

K counts every absorbed effect for iid, HC1 and conley. For CR1, effects nested in the clusters
count as one constant together and the others by their levels less one: the default of fixest and
of reghdfe. Counting all of them moves the error (by 9 % in a panel of 48 states by 7 years).
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.spatial import cKDTree

from coopanalysis.errors import ModelError
from coopanalysis.models.linear.cluster_products import sum_by

EARTH_RADIUS_KM = 6371.0088
_SINGULAR = 1e-9


def symmetric_inverse(gram: NDArray[np.float64]) -> NDArray[np.float64]:
    """Inverse of a positive definite matrix, scaled first so that units do not matter."""
    unit = 1 / np.sqrt(np.diag(gram))
    inverse = np.linalg.inv(gram * np.outer(unit, unit)) * np.outer(unit, unit)
    return np.asarray((inverse + inverse.T) / 2)


def hc_covariance(
    kind: Literal["iid", "HC1", "HC2", "HC3"],
    design: NDArray[np.float64],
    residual: NDArray[np.float64],
    bread: NDArray[np.float64],
    n_params: int,
    leverage: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Covariance under independent errors, by the conventions of the module.

    `design` is (n, k), `residual` (n,), `bread`, (k, k), the inverse of design'design, `n_params`
    K. `leverage`, (n,), is the diagonal of the projection on regressors and effects, which `HC2`
    and `HC3` need. A row with leverage 1 is fitted exactly, has residual zero, and adds nothing.
    """
    n_rows = len(residual)
    if n_rows <= n_params:
        raise ModelError(f"{n_rows} rows cannot carry {n_params} parameters: nothing is left over.")
    if kind == "iid":
        return np.asarray(bread * float(residual @ residual) / (n_rows - n_params))
    if kind == "HC1":
        adjusted = residual * np.sqrt(n_rows / (n_rows - n_params))
    else:
        if leverage is None:
            raise ValueError("HC2 and HC3 need leverages")
        room = np.where(1 - leverage > _SINGULAR, 1 - leverage, np.inf)
        adjusted = residual / (np.sqrt(room) if kind == "HC2" else room)
    scores = design * adjusted[:, None]
    return np.asarray(bread @ (scores.T @ scores) @ bread)


def cr1_covariance(
    scores: NDArray[np.float64],
    clusters: NDArray[np.int64],
    bread: NDArray[np.float64],
    n_params: int,
) -> NDArray[np.float64]:
    """Clustered covariance with CR1's factor, from the score of each row, shape (n, k)."""
    sums = sum_by(clusters, scores)
    return cr1_factor(len(scores), len(sums), n_params) * (bread @ (sums.T @ sums) @ bread)


def cr1_factor(n_rows: int, n_clusters: int, n_params: int) -> float:
    """G / (G - 1) times (n - 1) / (n - K)."""
    if n_rows <= n_params:
        raise ModelError(f"{n_rows} rows cannot carry {n_params} parameters: nothing is left over.")
    return n_clusters / (n_clusters - 1) * (n_rows - 1) / (n_rows - n_params)


def conley_covariance(
    scores: NDArray[np.float64],
    coordinates: NDArray[np.float64],
    bread: NDArray[np.float64],
    n_params: int,
    distance_km: float,
) -> NDArray[np.float64]:
    """Covariance that allows for correlation between places nearer than a great-circle distance.

    `scores` is (n, k), `coordinates`, (n, 2), latitude and longitude in degrees.

    Raises
    ------
    ModelError
        If a variance is not positive, which a uniform kernel can bring about.

    References
    ----------
    Conley (1999), J. Econometrics.
    """
    latitude, longitude = np.radians(coordinates).T
    level = np.cos(latitude)
    points = np.column_stack(
        [level * np.cos(longitude), level * np.sin(longitude), np.sin(latitude)]
    )
    chord = 2 * np.sin(min(distance_km / EARTH_RADIUS_KM, np.pi) / 2)
    pairs = cKDTree(points).sparse_distance_matrix(cKDTree(points), chord, output_type="coo_matrix")
    n_rows = len(scores)
    near = sparse.csr_array(
        (np.ones(len(pairs.data)), (pairs.row, pairs.col)), shape=(n_rows, n_rows)
    )
    meat = scores.T @ (near @ scores)
    covariance = (n_rows - 1) / (n_rows - n_params) * (bread @ meat @ bread)
    if (np.diag(covariance) <= 0).any():
        raise ModelError(
            f"conley errors at {distance_km:g} km are not positive: the kernel reaches too far "
            "for these places. Use a shorter distance."
        )
    return np.asarray((covariance + covariance.T) / 2)
