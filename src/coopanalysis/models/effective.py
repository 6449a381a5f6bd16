"""How many clusters an estimate rests on, once their sizes and designs are taken into account."""

from __future__ import annotations

import numpy as np

from coopanalysis.errors import ModelError
from coopanalysis.models.ols import least_squares
from coopanalysis.models.spec import Estimates


def effective_clusters(estimates: Estimates, term: str | None = None) -> float:
    """Effective number of clusters of one coefficient, G*.

    Parameters
    ----------
    estimates : Estimates
        A least-squares fit with clustered errors.
    term : str, optional
        A term of its table; the treatment if not given.

    Returns
    -------
    float
        Between 1 and the number of clusters, which it equals where all of them add alike to the
        variance of the coefficient. Far below it, clustered errors and their t distribution
        understate; ask the wild cluster bootstrap.

    Raises
    ------
    ModelError
        If the fit is not least squares with clusters, or the term is not in it.

    Notes
    -----
    G* = G / (1 + squared coefficient of variation of gamma), gamma of a cluster being what it adds
    to the variance of the coefficient if errors were independent and alike: G*(0) of MacKinnon,
    Nielsen and Webb. The other end, errors perfectly correlated within clusters, is not defined
    with effects of the clusters.

    References
    ----------
    Carter, Schnepel and Steigerwald (2017), Review of Economics and Statistics; MacKinnon, Nielsen
    and Webb (2023), Stata Journal, on summclust.
    """
    spec, sample = estimates.spec, estimates.sample
    if spec.family != "ols" or sample.clusters is None:
        raise ModelError("effective_clusters needs a least-squares fit with clustered errors.")
    name = str(estimates.row["term"]) if term is None else term
    fit, _ = least_squares(spec, sample)
    names = [each.name for each in fit.terms]
    if name not in names:
        raise ModelError(f"term {name!r} is not in the fit. There are: {', '.join(names)}.")
    share = np.bincount(sample.clusters, fit.influence[:, names.index(name)] ** 2)
    return float(share.sum() ** 2 / (share @ share))
