"""Sensitivity of an estimate to unobserved confounding: Oster's delta, and all analyses at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from coopanalysis.errors import ModelError
from coopanalysis.models.fitting import fit
from coopanalysis.models.linear.least_squares import least_squares
from coopanalysis.models.sample import build_sample
from coopanalysis.models.sensitivity import benchmark_confounders, e_value, robustness_value
from coopanalysis.models.spec import ModelSpec, Vcov


@dataclass(frozen=True)
class OsterResult:
    """Selection on unobservables relative to observables.

    Attributes
    ----------
    delta : float
        How many times as much as the controls the unseen would have to explain for the effect to be
        `beta`; above 1 is called robust.
    bound : float
        Effect if the unseen counted as much as the controls (delta 1) and together they explained
        `r_max`; the solution nearest to the controlled estimate.
    short, long, r_squared_short, r_squared_long : float
        Coefficient and share explained, without and with the controls.
    """

    delta: float
    bound: float
    short: float
    long: float
    r_squared_short: float
    r_squared_long: float
    r_max: float


def oster_delta(
    spec: ModelSpec, frame: pd.DataFrame, *, r_max: float, beta: float = 0.0
) -> OsterResult:
    """Oster's delta for an effect of `beta`, and the bound at delta 1.

    Oster (2019), J. Business & Economic Statistics, proposition 2.

    Parameters
    ----------
    spec, frame : ModelSpec, DataFrame
        Least squares with one numeric treatment, whose controls are the observables; and the data.
    r_max : float
        Share of variance explained if the unseen were seen; Oster suggests 1.3 times the share
        explained with controls, which it has to exceed, at most 1.
    beta : float
        Effect under the hypothesis.
    """
    if spec.family != "ols" or spec.is_crossed:
        raise ModelError("oster_delta needs least squares with one treatment and no interaction.")
    if not spec.controls:
        raise ModelError("oster_delta compares with and without controls, of which there are none.")
    if not r_max <= 1:
        raise ModelError(f"r_max {r_max:g} is above 1, more than all there is to explain.")
    numbered = frame.reset_index(drop=True)
    sample = build_sample(spec, numbered)
    used = numbered.loc[sample.rows]
    base = replace(spec, controls=())
    first, last = (least_squares(each, build_sample(each, used))[0] for each in (base, spec))
    if spec.treatment not in last.names:
        raise ModelError(f"oster_delta needs one numeric treatment; {spec.treatment!r} is not.")
    treated, base_treated = last.place(spec.treatment), first.place(spec.treatment)
    weights = sample.weights_or_ones
    outcome = (sample.outcome - np.average(sample.outcome, weights=weights)) * np.sqrt(weights)
    total = float(outcome @ outcome)
    r_short = 1 - float(first.residual @ first.residual) / total
    r_long = 1 - float(last.residual @ last.residual) / total
    if r_max <= r_long:
        raise ModelError(f"r_max {r_max:g} does not exceed the {r_long:.4f} that is explained.")
    # Sums of squares over n - 1 throughout; bread holds the inverse of the partialled variance.
    degrees = sample.n_rows - 1
    var_x = 1 / float(first.bread[base_treated, base_treated]) / degrees
    tau = 1 / float(last.bread[treated, treated]) / degrees
    gained, to_gain = (r_long - r_short) * total / degrees, (r_max - r_long) * total / degrees
    short, long = float(first.coefficients[base_treated]), float(last.coefficients[treated])
    return OsterResult(
        delta=_delta(long - beta, short - long, gained, to_gain, var_x, tau),
        bound=long - _move_at_delta_1(short - long, gained, to_gain, var_x, tau),
        short=short,
        long=long,
        r_squared_short=r_short,
        r_squared_long=r_long,
        r_max=r_max,
    )


def _delta(
    moved: float, gap: float, gained: float, to_gain: float, var_x: float, tau: float
) -> float:
    """Proposition 2's delta for an effect that lies `moved` below the controlled estimate."""
    square = moved**2 * tau * gap * var_x
    cube = moved**3 * (tau * var_x - tau**2)
    top = moved * gained * tau + moved * var_x * tau * gap**2
    bottom = to_gain * gap * var_x + moved * to_gain * (var_x - tau)
    whole = bottom + square + cube
    if whole == 0:
        # No selection on what is seen: none on the unseen, however strong, does it.
        return float("inf")
    return (top + 2 * square + cube) / whole


def _move_at_delta_1(gap: float, gained: float, to_gain: float, var_x: float, tau: float) -> float:
    """How far the effect at delta 1 lies below the controlled estimate: the nearest root.

    Of top = bottom the cubes cancel, and what is left is at most quadratic.
    """
    slope = gained * tau + var_x * tau * gap**2 - to_gain * (var_x - tau)
    roots = np.roots([tau * gap * var_x, slope, -to_gain * gap * var_x])
    real = roots[np.abs(roots.imag) <= 1e-9 * np.abs(roots)].real
    return float(real[np.abs(real).argmin()]) if len(real) else float("nan")


OSTER_FACTOR = 1.3
MULTIPLES = (1.0, 3.0)


@dataclass(frozen=True)
class RiskRatio:
    """Ratio of the chance of a 0/1 outcome by treatment, its 95 % interval, and E-values.

    `is_told` says whether the same difference in the chance, by least squares with the errors of
    the main design, can be told from zero: the ratio's own errors are CR1 or HC1.
    """

    outcome: str
    ratio: float
    conf_low: float
    conf_high: float
    e_value: float
    e_value_limit: float
    is_told: bool


@dataclass(frozen=True)
class ConfoundingSensitivity:
    """Three sensitivity analyses of one estimate.

    Attributes
    ----------
    value, value_significant : float
        Robustness value of the estimate, and of its being told from zero at 5 %.
    benchmarks : DataFrame
        As of `benchmark_confounders`.
    oster : OsterResult or None
        Missing with `oster_reason`, which is empty otherwise.
    oster_factor : float
        How many times as much as explained the unseen would bring, at most all.
    risk : RiskRatio or None
        Of the outcome asked for; where one was and there is none, `risk_reason` says why.
    """

    value: float
    value_significant: float
    benchmarks: pd.DataFrame
    oster: OsterResult | None
    oster_reason: str
    oster_factor: float
    risk: RiskRatio | None
    risk_reason: str


def assess_unseen(
    spec: ModelSpec,
    frame: pd.DataFrame,
    *,
    covariates: Sequence[str] = (),
    multiples: Sequence[float] = MULTIPLES,
    oster_factor: float = OSTER_FACTOR,
    risk_of: str | None = None,
) -> ConfoundingSensitivity:
    """Robustness value with benchmarks, Oster's delta and bound, and an E-value.

    Parameters
    ----------
    spec, frame : ModelSpec, DataFrame
        Least squares with one numeric treatment, and the data; its controls are the observables,
        its fixed effects stand in both regressions of Oster's.
    covariates, multiples : sequence of str, sequence of float
        Terms to compare with, the controls if not given, and how many times as strong as each.
    oster_factor : float
        Share explained if the unseen were seen, over the share explained; at most all.
    risk_of : str, optional
        A 0/1 outcome, for an E-value by a Poisson model of the same design, with CR1 or HC1: a rate
        has no risk ratio, and a Poisson model no CR2.
    """
    main = fit(spec, frame)
    plain = fit(replace(spec, vcov="iid", cluster=None), frame)
    row, df = plain.row, float(plain.df[spec.treatment])
    estimate, error = float(row["estimate"]), float(row["std_error"])
    terms = list(covariates or spec.controls)
    risk, no_risk = _risk_ratio(spec, frame, risk_of)
    oster, reason = _oster(spec, frame, oster_factor * main.statistics["r_squared"])
    return ConfoundingSensitivity(
        value=robustness_value(estimate, error, df),
        value_significant=robustness_value(estimate, error, df, alpha=0.05),
        benchmarks=benchmark_confounders(spec, frame, terms, multiples),
        oster=oster,
        oster_reason=reason,
        oster_factor=oster_factor,
        risk=risk,
        risk_reason=no_risk,
    )


def _oster(spec: ModelSpec, frame: pd.DataFrame, r_max: float) -> tuple[OsterResult | None, str]:
    try:
        return oster_delta(spec, frame, r_max=min(1.0, r_max)), ""
    except ModelError as error:
        return None, str(error)


def _risk_ratio(
    spec: ModelSpec, frame: pd.DataFrame, outcome: str | None
) -> tuple[RiskRatio | None, str]:
    """Ratio of risks by a Poisson model of zeros and ones, or why there is none."""
    if outcome is None:
        return None, ""
    vcov: Vcov = "CR1" if spec.cluster else "HC1"
    try:
        row = fit(replace(spec, outcome=outcome, family="poisson", vcov=vcov), frame).row
        chance = fit(replace(spec, outcome=outcome), frame).row
    except ModelError as error:
        return None, str(error)
    ratio, low, high = (float(np.exp(row[name])) for name in ("estimate", "conf_low", "conf_high"))
    near, limit = e_value(ratio, low, high)
    limit = np.nan if limit is None else limit
    is_told = not chance["conf_low"] <= 0 <= chance["conf_high"]
    return RiskRatio(outcome, ratio, low, high, near, limit, is_told), ""
