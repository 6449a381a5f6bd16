"""How strong something unseen would have to be to undo an estimate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from coopanalysis.errors import ModelError
from coopanalysis.models.fitting import fit
from coopanalysis.models.oster import OsterResult, oster_delta
from coopanalysis.models.sensitivity import benchmark_confounders, e_value, robustness_value
from coopanalysis.models.spec import ModelSpec, Vcov

OSTER_FACTOR = 1.3
MULTIPLES = (1.0, 3.0)


@dataclass(frozen=True)
class RiskRatio:
    """Ratio of the chance of a 0/1 outcome, by treatment, and what would explain it away.

    Attributes
    ----------
    outcome : str
        The outcome.
    ratio, conf_low, conf_high : float
        Ratio with its 95 % interval.
    e_value, e_value_limit : float
        E-values of the ratio and of the limit nearer to 1.
    is_told : bool
        Whether the same difference in the chance, by least squares with the errors of the main
        design, can be told from zero: the ratio's own errors are CR1 or HC1.
    """

    outcome: str
    ratio: float
    conf_low: float
    conf_high: float
    e_value: float
    e_value_limit: float
    is_told: bool


@dataclass(frozen=True)
class Unseen:
    """Three sensitivity analyses of one estimate.

    Attributes
    ----------
    value, value_significant : float
        Robustness value of the estimate, and of its being told from zero at 5 %.
    benchmarks : DataFrame
        `covariate, multiple, r2_treatment, r2_outcome, adjusted_estimate, adjusted_std_error`.
    oster : OsterResult or None
        Missing with `oster_reason`.
    oster_reason : str
        Why there is none; else empty.
    oster_factor : float
        How many times as much as explained the unseen would bring, at most all.
    risk : RiskRatio or None
        Of the outcome asked for; missing with `risk_reason`.
    risk_reason : str
        Why there is none, where one was asked for; else empty.
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
) -> Unseen:
    """Robustness value with benchmarks, Oster's delta and bound, and an E-value.

    Parameters
    ----------
    spec : ModelSpec
        Least squares with one numeric treatment; its controls are the observables, its fixed
        effects stand in both regressions of Oster's.
    frame : DataFrame
        The data.
    covariates : sequence of str
        Terms to compare with; the controls of the spec if not given.
    multiples : sequence of float
        How many times as strong as each.
    oster_factor : float
        Share explained if the unseen were seen, over the share explained; at most all.
    risk_of : str, optional
        A 0/1 outcome, for an E-value by a Poisson model of the same design, with CR1 or HC1: a rate
        has no risk ratio, and a Poisson model no CR2.

    Raises
    ------
    ModelError
        If the spec cannot be fitted. What fails beyond it is missing, with a reason.
    """
    main = fit(spec, frame)
    plain = fit(replace(spec, vcov="iid", cluster=None), frame)
    row, df = plain.row, float(plain.df[spec.treatment])
    estimate, error = float(row["estimate"]), float(row["std_error"])
    terms = list(covariates or spec.controls)
    risk, no_risk = _risk_ratio(spec, frame, risk_of)
    oster, reason = _oster(spec, frame, oster_factor * main.statistics["r_squared"])
    return Unseen(
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
