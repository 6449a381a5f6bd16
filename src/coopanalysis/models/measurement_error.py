"""What the sampling error of a covariate takes from its coefficient."""

from __future__ import annotations

import pandas as pd

from coopanalysis.errors import ModelError
from coopanalysis.models.estimates import Estimates
from coopanalysis.models.inference import t_quantile
from coopanalysis.models.terms import only_variable

_QUANTILE = float(t_quantile(0.95, float("inf")))
"""Standard errors in a margin of error of the Census Bureau, which is of 90 percent."""
_LEAST = 0.1
"""Reliability below which hardly anything but error is left of the covariate."""


def allow_for_margin(estimates: Estimates, frame: pd.DataFrame, margin: str) -> pd.Series:
    """Divide the coefficient of the treatment by the reliability of its column.

    A share estimated from a sample has an error that has nothing to do with the outcome, and pulls
    its coefficient towards zero. The reliability is the part of the column's variance, once
    covariates and fixed effects are taken out, that is not the mean squared error of sampling. The
    other covariates are taken as exact, errors of different rows as independent, and the
    reliability as known, so that both ends of the interval are divided by it too. Fuller (1987),
    Measurement Error Models, section 2.2.

    Parameters
    ----------
    estimates, frame : Estimates, DataFrame
        Least squares with a treatment `x` or `per(x, step)`, and what it was fitted on.
    margin : str
        Column with the margin of error of x, 90 percent either side, in its unit, in all rows used.

    Returns
    -------
    Series
        `term`, `estimate`, `conf_low`, `conf_high` as they would be without sampling error, and
        `reliability`, which is an error below 0.1: hardly anything but error is left then.
    """
    spec, row = estimates.spec, estimates.row
    variable = only_variable(spec.treatment)
    if spec.family != "ols" or variable.function not in ("", "per"):
        raise ModelError(
            f"{spec.treatment} in a {spec.family} model: margins are allowed for in least squares, "
            "where the treatment is a column or per(column, step)."
        )
    margins = frame.loc[estimates.sample.rows, margin].astype("float64") / variable.step
    if margins.isna().any():
        raise ModelError(
            f"{margins.isna().sum():,} of {len(margins):,} rows used have no {margin}. Fit the "
            "rows that have one."
        )
    place = estimates.params.index.get_loc(row["term"])
    spread = (margins / _QUANTILE) ** 2 * estimates.sample.weights_or_ones
    kept = estimates.statistics["residual_df"] / estimates.n_obs  # effects take noise out as well
    reliability = 1 - float(spread.sum()) * kept * float(estimates.bread[place, place])
    if reliability < _LEAST:
        raise ModelError(
            f"the error of {variable.column} by {margin} is as large as what varies of it once "
            f"the rest is taken out (reliability {reliability:.2f}): nothing can be allowed for."
        )
    ends = row[["estimate", "conf_low", "conf_high"]] / reliability
    return pd.Series({"term": row["term"], **ends, "reliability": reliability})
