"""Several coefficients tested together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import special

from coopanalysis.errors import ModelError
from coopanalysis.models.inference import t_p_value
from coopanalysis.models.spec import Estimates

_SINGULAR = 1e-10


def joint_test(estimates: Estimates, terms: Sequence[str]) -> dict[str, float | str]:
    """Wald test that several coefficients are all zero.

    Parameters
    ----------
    estimates : Estimates
        A fit of any family.
    terms : sequence of str
        Terms of its table, for example all products with a moderator.

    Returns
    -------
    dict
        `terms`, `statistic` (F), `df_num`, `df_denom` (infinite for the chi-squared), `p_value`.

    Raises
    ------
    ModelError
        If a term is not in the fit, or the covariance of the terms is singular (more terms than
        clusters less one).
    """
    chosen = list(terms)
    absent = [term for term in chosen if term not in estimates.params.index]
    if absent or not chosen:
        raise ModelError(
            f"terms {absent or chosen} are not in the fit. There are: {', '.join(estimates.shown)}."
        )
    value = estimates.params[chosen].to_numpy()
    covariance = estimates.covariance.loc[chosen, chosen].to_numpy()
    # In standard errors, so that the units of the columns do not decide what is singular.
    error = np.sqrt(np.diag(covariance))
    with np.errstate(divide="ignore", invalid="ignore"):
        value, covariance = value / error, covariance / np.outer(error, error)
    is_known = bool(np.isfinite(covariance).all())
    # Products of scores leave more of a covariance without rank than the last digits.
    if not is_known or np.linalg.eigvalsh(covariance)[0] <= _SINGULAR:
        raise ModelError(
            f"{len(chosen)} terms cannot be tested together: their covariance is singular, as it "
            "is with fewer clusters than terms. Test fewer."
        )
    statistic = float(value @ np.linalg.solve(covariance, value)) / len(chosen)
    df = float(estimates.df[chosen].min())
    if len(chosen) == 1:
        p_value = float(t_p_value(np.sqrt(statistic), df))
    elif np.isfinite(df):
        p_value = float(special.fdtrc(len(chosen), df, statistic))
    else:
        p_value = float(special.chdtrc(len(chosen), statistic * len(chosen)))
    return {
        "terms": ", ".join(chosen),
        "statistic": statistic,
        "df_num": float(len(chosen)),
        "df_denom": df,
        "p_value": p_value,
    }
