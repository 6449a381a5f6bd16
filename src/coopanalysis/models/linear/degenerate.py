"""Errors that are zero by construction, and what rounding leaves of them is not an error.

Where the scores that a variance is made of cancel whatever the outcome is, the variance is zero:
one that the data have not told, and not a small one.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from coopanalysis.errors import ModelError
from coopanalysis.models.arrays import Bools, Floats
from coopanalysis.models.estimates import Estimates
from coopanalysis.models.linear.absorb import Absorber
from coopanalysis.models.sample import Sample
from coopanalysis.models.spec import ModelSpec

_ROUNDING = 1e-16
_NOTHING = 1e-9


def is_vanishing(variance: ArrayLike, independent: ArrayLike) -> Bools:
    """Whether variances are nothing but rounding beside those of independent, equal errors.

    An exact fit, of which both are nothing, is not meant.
    """
    size = np.asarray(independent, dtype=float)
    return np.asarray((np.asarray(variance) <= _ROUNDING * size) & (size > 0))


def find_saturated(sample: Sample, design: Floats, n_params: int) -> Bools:
    """Columns that only differences between clusters tell, where the model fits every cluster.

    If columns and effects together hold an indicator of each cluster, its residuals sum to zero,
    and nothing is left to say how far clusters lie from the model. `design` is about its means;
    `n_params` counts independent regressors and effects, the constant among them.
    """
    none = np.zeros(design.shape[1], dtype=bool)
    if sample.clusters is None or sample.n_clusters is None or n_params < sample.n_clusters:
        return none
    if len(sample.crossing) < len(sample.effects):
        return none  # effects nested in the clusters have taken such columns out already
    absorber = Absorber([*sample.codes, sample.clusters])
    left = absorber.residualize(design)
    size = np.sqrt((design**2).sum(axis=0))
    left = left / np.where(size > 0, size, 1.0)
    values, vectors = np.linalg.eigh(left.T @ left)
    lost = values <= _NOTHING
    if absorber.n_effects + int((~lost).sum()) > n_params:
        return none
    return np.asarray((vectors[:, lost] ** 2).sum(axis=1) > _NOTHING)


def note_vanishing(
    spec: ModelSpec, names: list[str], is_treated: Bools, vanishing: Bools
) -> list[str]:
    """Note on terms whose variance vanishes; an error if it is one of the treatment."""
    if not vanishing.any():
        return []
    reason = why_vanishing(spec)
    if (vanishing & is_treated).any():
        lost = ", ".join(np.array(names)[vanishing & is_treated])
        raise ModelError(f"{lost}: {reason}")
    few = ", ".join(np.array(names)[vanishing][:5])
    more = f" and {int(vanishing.sum()) - 5} more" if vanishing.sum() > 5 else ""
    return [f"{few}{more} without error: {reason}"]


def hide(covariance: Floats, vanishing: Bools) -> Floats:
    """Covariance in which what vanishes is missing."""
    return np.where(vanishing[:, None] | vanishing, np.nan, covariance)


def with_covariance(estimates: Estimates, centred: Floats, note: str) -> Estimates:
    """Least squares with another covariance, of columns about their means, and a note on it."""
    assert estimates.turn is not None
    vanishing = np.isnan(np.diag(estimates.covariance))
    covariance = hide(estimates.turn @ centred @ estimates.turn.T, vanishing)
    names = estimates.covariance.index
    return replace(
        estimates,
        covariance=pd.DataFrame(covariance, index=names, columns=names),
        centred=hide(centred, vanishing),
        notes=(*estimates.notes, note),
    )


def why_vanishing(spec: ModelSpec) -> str:
    """Reason for errors of zero, by the type of error."""
    if spec.vcov == "conley":
        return (
            f"scores within {spec.distance_km:g} km sum to zero: the kernel reaches too far for "
            "these places. Use a shorter distance."
        )
    if spec.cluster is not None:
        return (
            f"the model has as many columns constant within {spec.cluster!r} as there are "
            "clusters, which leaves nothing to estimate errors between clusters from. Use fewer "
            "such columns, or smaller clusters."
        )
    return (
        "the rows that tell it are fitted exactly, each by a column of its own, which leaves "
        "nothing to estimate an error from. Leave these rows or columns out."
    )
