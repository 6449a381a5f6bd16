"""What crime reports that never came could do to an estimate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Unpack

import numpy as np
import pandas as pd
from scipy import optimize

from coopanalysis.errors import ModelError
from coopanalysis.models.arrays import centre
from coopanalysis.models.inference import CONFIDENCE, t_p_value, t_quantile
from coopanalysis.models.linear.least_squares import least_squares, treated_terms
from coopanalysis.models.ols import fit_ols
from coopanalysis.models.rate_bounds import Assumed, Denominator, Limit, rate_bounds
from coopanalysis.models.roles import with_areas
from coopanalysis.models.row_selection import apply_rule, check_columns
from coopanalysis.models.sample import Sample, build_sample, used_columns
from coopanalysis.models.spec import ModelSpec
from coopanalysis.models.terms import bare_name, columns_of


def reporting_bounds(
    spec: ModelSpec,
    frame: pd.DataFrame,
    *,
    coverage: str,
    lowest: Limit,
    highest: Limit,
    **assumed: Unpack[Assumed],
) -> pd.DataFrame:
    """Range of coefficients over everything the residents not covered could have reported.

    Each coefficient is linear in the outcome, so that its extremes put each county at one end or
    the other of what its rate can have been: the bounds are sharp. Manski (1990); Imbens and Manski
    (2004), Econometrica; Stoye (2009).

    Parameters
    ----------
    spec : ModelSpec
        Family `ols`; the outcome is the rate seen, missing where nobody is covered.
    frame, coverage, lowest, highest, **assumed
        As for `rate_bounds`, which says between what a county's rate can lie.

    Returns
    -------
    DataFrame, one row per treatment term
        `term, estimate_low, estimate_high` (bounds), `estimate_as_seen` (rates as seen, the middle
        of the limits where there is none), `conf_low, conf_high` (95 % interval for the true value,
        not for the range, by the t distribution of the errors asked for), `n_obs, n_clusters,
        n_left_out` (rows of the sample asked for in which a value is missing), `mean_coverage`.
    """
    spec, asked = asked_rows(spec, frame, [coverage, lowest, highest])
    ends, sample = _bounded(
        spec, asked, coverage=coverage, lowest=lowest, highest=highest, **assumed
    )
    fit, _ = least_squares(spec, sample)
    root = np.sqrt(sample.weights_or_ones)
    used = ends.loc[sample.rows]
    rows = []
    for k in np.flatnonzero(treated_terms(spec, fit.terms)):
        term = fit.names[k]
        pull = (fit.design @ fit.bread[k]) * root
        extremes = [np.where((pull > 0) == up, used["high"], used["low"]) for up in (False, True)]
        if any(not centre(outcome[:, None]).any() for outcome in extremes):
            raise ModelError(
                f"{spec.outcome!r} is the same in all {sample.n_rows} rows of a worst case of "
                f"{term!r}, so that it has no error. Set limits that are less narrow."
            )
        fits = [fit_ols(spec, replace(sample, outcome=outcome)) for outcome in extremes]
        low, high = (float(each.params[term]) for each in fits)
        errors = [float(np.sqrt(each.covariance.to_numpy()[k, k])) for each in fits]
        df = min(float(each.df[term]) for each in fits)
        reach = _imbens_manski(high - low, max(errors), df)
        as_seen = float(pull @ used["seen"].to_numpy())
        figures = (low, high, as_seen, low - reach * errors[0], high + reach * errors[1])
        rows.append((term, *figures, sample.n_rows, sample.n_clusters))
    columns = ["term", "estimate_low", "estimate_high", "estimate_as_seen", "conf_low"]
    table = pd.DataFrame(rows, columns=[*columns, "conf_high", "n_obs", "n_clusters"])
    mean = float(used["coverage"].mean())
    return table.astype({"n_clusters": "Int64"}).assign(
        n_left_out=len(asked) - sample.n_rows, mean_coverage=mean
    )


def asked_rows(
    spec: ModelSpec, frame: pd.DataFrame, others: Sequence[Limit]
) -> tuple[ModelSpec, pd.DataFrame]:
    """Spec without its sample rule, and the rows that the rule asks about, numbered.

    The rule is about what was seen, so that it is asked before the outcome is replaced.
    """
    if spec.family != "ols":
        raise ModelError(
            f"what missing reports can do is told for family ols, whose coefficients are linear in "
            f"the outcome, not for {spec.family}."
        )
    if columns_of([spec.outcome]) != [spec.outcome]:
        raise ModelError(
            f"missing reports replace the outcome, for which {spec.outcome} has to be a column of "
            "its own. Derive it first, with limits in its unit."
        )
    named = columns_of(other for other in others if isinstance(other, str))
    names = list(dict.fromkeys([*used_columns(spec), *named]))
    check_columns(frame, names)
    asked = apply_rule(spec.sample, frame, [], {})[with_areas(names, frame)].reset_index(drop=True)
    return replace(spec, sample=None), asked


def _bounded(
    spec: ModelSpec,
    asked: pd.DataFrame,
    *,
    coverage: str,
    lowest: Limit,
    highest: Limit,
    **assumed: Unpack[Assumed],
) -> tuple[pd.DataFrame, Sample]:
    """Bounds of rates by row, and the sample of the rows that have some, with the highest."""
    ends = rate_bounds(
        asked, spec.outcome, coverage=coverage, lowest=lowest, highest=highest, **assumed
    )
    known = ends.index[ends.notna().all(axis=1)]
    return ends, build_sample(spec, asked.loc[known].assign(**{spec.outcome: ends["high"]}))


def _imbens_manski(width: float, error: float, df: float) -> float:
    """Standard errors to go beyond each bound so that the true value is covered at 95 %."""
    if error == 0:
        return 0.0

    def lack(reach: float) -> float:
        return share(reach + width / error) - share(-reach) - CONFIDENCE

    def share(value: float) -> float:
        below = float(t_p_value(value, df)) / 2
        return 1 - below if value > 0 else below

    return float(optimize.brentq(lack, 0.0, 1 + float(t_quantile(0.5 + CONFIDENCE / 2, df))))


@dataclass(frozen=True)
class BreakEven:
    """Rate among the silent police of treated counties at which a difference turns its sign.

    Attributes
    ----------
    estimate, other_rate : float
        Difference if all residents not covered had the rate of the others, and that rate.
    silent_rate : float
        Rate at which the difference is zero; no rate can turn the sign where it is negative.
    n_silent, n_obs : int
        Treated counties with residents not covered, and counties used.
    """

    term: str
    estimate: float
    other_rate: float
    silent_rate: float
    n_silent: int
    n_obs: int


def break_even(
    spec: ModelSpec,
    frame: pd.DataFrame,
    *,
    coverage: str,
    others: float,
    denominator: Denominator = "all",
) -> BreakEven:
    """Rate that the silent police of treated counties would need for the sign to turn.

    Parameters
    ----------
    spec : ModelSpec
        Family `ols`; the treatment is a column of zeros and ones without products.
    frame, coverage, denominator
        As for `rate_bounds`; no rate may be seen where nothing is covered.
    others : float
        Rate among residents not covered of the other counties.
    """
    spec, asked = asked_rows(spec, frame, [coverage, others])
    floors = int(((asked[coverage] == 0) & asked[spec.outcome].notna()).sum())
    if floors and denominator == "all":
        raise ModelError(
            f"{floors} rows have a rate but coverage 0, so that the rate of their silent police "
            "has no weight. Leave the rate or the coverage missing there."
        )
    _, sample = _bounded(
        spec, asked, coverage=coverage, lowest=others, highest=others, denominator=denominator
    )
    fit, _ = least_squares(spec, sample)
    treated = sample.columns[bare_name(spec.treatment)]
    if spec.is_crossed or not isinstance(treated, np.ndarray) or {*treated} != {0.0, 1.0}:
        raise ModelError(f"break_even needs a treatment of zeros and ones, not {spec.treatment}.")
    used = asked.loc[sample.rows]
    silent = np.where(treated == 1, 1 - used[coverage].to_numpy(dtype=float), 0.0)
    if not silent.any():
        raise ModelError("no treated county has residents not covered: nothing can turn the sign.")
    root = np.sqrt(sample.weights_or_ones)
    position = fit.place(spec.treatment)
    slope = float((fit.influence[:, position] * root) @ silent)
    estimate = float(fit.coefficients[position])
    return BreakEven(
        term=spec.treatment,
        estimate=estimate,
        other_rate=float(others),
        silent_rate=float(others) - estimate / slope,
        n_silent=int((silent > 0).sum()),
        n_obs=sample.n_rows,
    )
