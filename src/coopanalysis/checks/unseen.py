"""How strong something unseen would have to be to undo the main estimate."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from coopanalysis.associations import COVARIATE_TERMS, COVARIATES
from coopanalysis.checks.question import REPORTING, Question, policy_row
from coopanalysis.errors import ModelError
from coopanalysis.models import (
    OsterResult,
    benchmark_confounders,
    e_value,
    fit,
    oster_delta,
    robustness_value,
)

OSTER_FACTOR = 1.3
MULTIPLES = (1.0, 3.0)


@dataclass(frozen=True)
class Unseen:
    """Three sensitivity analyses.

    Attributes
    ----------
    value, value_significant : float
        Robustness value of the estimate, and of its being told from zero at 5 %.
    benchmarks : DataFrame
        `label, multiple, r2_treatment, r2_outcome, adjusted_estimate, adjusted_std_error`.
    oster : OsterResult or None
        Missing with `oster_reason`.
    oster_reason : str
        Why there is none; else empty.
    risk_ratio, risk_low, risk_high, e_value, e_value_limit : float
        Ratio of the chance that most agencies reported, by policy, and its E-values; missing
        where it cannot be estimated.
    """

    value: float
    value_significant: float
    benchmarks: pd.DataFrame
    oster: OsterResult | None
    oster_reason: str
    risk_ratio: float
    risk_low: float
    risk_high: float
    e_value: float
    e_value_limit: float


def assess(question: Question) -> Unseen:
    """Robustness value with benchmarks, Oster's delta and bound, E-value of reporting."""
    plain = fit(replace(question.spec, vcov="iid", cluster=None), question.frame)
    row, df = policy_row(plain), float(plain.df[question.policy])
    estimate, error = float(row["estimate"]), float(row["std_error"])
    labels = {one.term: one.label.split(",")[0] for one in COVARIATES}
    benchmarks = benchmark_confounders(question.spec, question.frame, COVARIATE_TERMS, MULTIPLES)
    benchmarks.insert(0, "label", benchmarks["covariate"].map(labels))
    oster, reason = _oster(question)
    ratio, low, high, near, limit = _reporting_ratio(question)
    return Unseen(
        value=robustness_value(estimate, error, df),
        value_significant=robustness_value(estimate, error, df, alpha=0.05),
        benchmarks=benchmarks,
        oster=oster,
        oster_reason=reason,
        risk_ratio=ratio,
        risk_low=low,
        risk_high=high,
        e_value=near,
        e_value_limit=limit,
    )


def _oster(question: Question) -> tuple[OsterResult | None, str]:
    """State effects stand in both regressions; the covariates are the observables."""
    explained = question.estimates.statistics["r_squared"]
    r_max = min(1.0, OSTER_FACTOR * explained)
    try:
        return oster_delta(question.spec, question.frame, r_max=r_max), ""
    except ModelError as error:
        return None, str(error)


def _reporting_ratio(question: Question) -> tuple[float, float, float, float, float]:
    """Ratio of risks by a Poisson model of zeros and ones, robust errors, and its E-values."""
    spec = replace(question.spec, outcome=REPORTING, family="poisson")
    try:
        row = policy_row(fit(spec, question.frame))
    except ModelError:
        return (np.nan,) * 5
    ratio, low, high = (float(np.exp(row[name])) for name in ("estimate", "conf_low", "conf_high"))
    near, limit = e_value(ratio, low, high)
    return ratio, low, high, near, np.nan if limit is None else limit
