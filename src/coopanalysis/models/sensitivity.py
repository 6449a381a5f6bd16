"""How strong an unseen confounder would have to be, and what error in a covariate takes away."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from coopanalysis.errors import ModelError
from coopanalysis.models.estimates import Estimates
from coopanalysis.models.inference import t_quantile
from coopanalysis.models.linear.least_squares import least_squares
from coopanalysis.models.sample import build_sample
from coopanalysis.models.spec import ModelSpec
from coopanalysis.models.terms import only_variable


def robustness_value(
    estimate: float, std_error: float, df: float, *, q: float = 1.0, alpha: float | None = None
) -> float:
    """Share, 0 to 1, of what is left of treatment and outcome that a confounder must explain.

    Cinelli and Hazlett (2020), J. Royal Statistical Society B. The larger, the more robust.

    Parameters
    ----------
    estimate, std_error, df : float
        Coefficient, its classical (`iid`) standard error, and residual degrees of freedom.
    q : float
        Share of the estimate to explain away; 1 is all of it.
    alpha : float, optional
        If given, what it takes to lose significance at this level instead.
    """
    least = 0 if alpha is None else 1
    if not (np.isfinite(estimate) and std_error > 0 and df > least):
        raise ModelError(
            f"a robustness value needs an estimate, a positive error and more than {least} degrees "
            f"of freedom, not {estimate:g}, {std_error:g} and {df:g}."
        )
    strength = q * abs(estimate / std_error) / np.sqrt(df)
    if alpha is None:
        return _half_life(strength)
    critical = float(t_quantile(1 - alpha / 2, df - 1)) / np.sqrt(df - 1)
    if strength <= critical:
        return 0.0
    if critical < 1 / strength:
        return _half_life(strength - critical)
    return float((strength**2 - critical**2) / (1 + strength**2))


def _half_life(strength: float) -> float:
    return float((np.sqrt(strength**4 + 4 * strength**2) - strength**2) / 2)


def benchmark_confounders(
    spec: ModelSpec,
    frame: pd.DataFrame,
    covariates: Sequence[str],
    multiples: Sequence[float] = (1.0, 2.0, 3.0),
) -> pd.DataFrame:
    """Effect if an unseen confounder were so many times as strong as a covariate that is seen.

    Cinelli and Hazlett (2020), section 4.4. Errors are taken as independent, as published.

    Parameters
    ----------
    spec, frame : ModelSpec, DataFrame
        Least squares without interaction, and the data.
    covariates, multiples : sequence of str, sequence of float
        Terms of the model to compare with, and how many times as strong.

    Returns
    -------
    DataFrame, one row per covariate and multiple
        `covariate, multiple, r2_treatment, r2_outcome` (partial shares the confounder would
        explain), `adjusted_estimate, adjusted_std_error`. Missing where it would explain more than
        all.
    """
    if spec.family != "ols" or spec.is_crossed:
        raise ModelError("benchmarks are defined for least squares without interaction.")
    sample = build_sample(spec, frame)
    fit, _ = least_squares(spec, sample)
    position = fit.place(spec.treatment)
    df = float(sample.n_rows - fit.n_params)
    variance = float(fit.residual @ fit.residual) / df
    error = np.sqrt(variance * fit.bread[position, position])
    rows = []
    for covariate in covariates:
        k = fit.place(covariate)
        squared_t = fit.coefficients[k] ** 2 / (variance * fit.bread[k, k])
        with_outcome = float(squared_t / (squared_t + df))
        # Partial correlation of treatment and covariate, from the inverse cross product.
        between = fit.bread[position, k] ** 2 / (fit.bread[position, position] * fit.bread[k, k])
        for multiple in multiples:
            r2_d, r2_y = _scaled_shares(between, with_outcome, multiple)
            bias = error * np.sqrt(r2_y * r2_d / (1 - r2_d) * df)
            new_error = error * np.sqrt((1 - r2_y) / (1 - r2_d) * df / (df - 1))
            estimate = float(fit.coefficients[position])
            rows.append(
                (covariate, multiple, r2_d, r2_y, estimate - np.sign(estimate) * bias, new_error)
            )
    columns = ["covariate", "multiple", "r2_treatment", "r2_outcome"]
    return pd.DataFrame(rows, columns=[*columns, "adjusted_estimate", "adjusted_std_error"])


def _scaled_shares(between: float, with_outcome: float, multiple: float) -> tuple[float, float]:
    r2_d = multiple * between / (1 - between)
    if r2_d >= 1:
        return np.nan, np.nan
    r2_between = multiple * between**2 / ((1 - multiple * between) * (1 - between))
    if r2_between >= 1:
        return np.nan, np.nan
    eta = (np.sqrt(multiple) + np.sqrt(r2_between)) / np.sqrt(1 - r2_between)
    return r2_d, min(eta**2 * with_outcome / (1 - with_outcome), 1.0)


def e_value(
    risk_ratio: float, conf_low: float | None = None, conf_high: float | None = None
) -> tuple[float, float | None]:
    """Risk ratio that a confounder needs with both treatment and outcome to explain an effect.

    VanderWeele and Ding (2017), Annals of Internal Medicine.

    Parameters
    ----------
    risk_ratio, conf_low, conf_high : float
        Estimated ratio of risks or rates, positive, and its interval, if there is one.

    Returns
    -------
    estimate : float
        E-value of the estimate, at least 1.
    limit : float or None
        E-value of the limit nearer to 1; 1 if the interval holds 1, None without an interval.
    """
    limits = [value for value in (conf_low, conf_high) if value is not None]
    if not (risk_ratio < np.inf and all(value > 0 for value in (risk_ratio, *limits))):
        raise ModelError("an E-value needs positive ratios, none missing.")
    if (conf_low or risk_ratio) > risk_ratio or (conf_high or risk_ratio) < risk_ratio:
        raise ModelError(f"the interval does not hold the ratio {risk_ratio:g}.")
    near = conf_low if risk_ratio > 1 else conf_high
    if near is None:
        return _e_value(risk_ratio), None
    crosses = near <= 1 if risk_ratio > 1 else near >= 1
    return _e_value(risk_ratio), 1.0 if crosses else _e_value(near)


def _e_value(ratio: float) -> float:
    above = max(ratio, 1 / ratio)
    return float(above + np.sqrt(above * (above - 1)))


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
