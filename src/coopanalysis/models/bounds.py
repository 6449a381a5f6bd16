"""What crime reports that never came could do to an estimate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, TypedDict, Unpack, get_args

import numpy as np
import pandas as pd
from scipy import optimize

from coopanalysis.errors import ModelError
from coopanalysis.models.arrays import Floats, is_constant
from coopanalysis.models.inference import CONFIDENCE, t_quantile, t_tail
from coopanalysis.models.linear.least_squares import least_squares, treated_terms
from coopanalysis.models.ols import fit_ols
from coopanalysis.models.roles import with_areas
from coopanalysis.models.row_selection import apply_rule, check_columns
from coopanalysis.models.sample import Sample, build_sample, used_columns
from coopanalysis.models.spec import ModelSpec
from coopanalysis.models.terms import columns_of

Limit = float | str
Denominator = Literal["all", "covered"]
Silent = Literal["any", "no_less", "no_more"]


class Assumed(TypedDict, total=False):
    """What is assumed beside coverage and limits; see `rate_bounds`."""

    denominator: Denominator
    at_least: bool
    silent: Silent


def rate_bounds(
    frame: pd.DataFrame,
    rate: str,
    *,
    coverage: str,
    lowest: Limit,
    highest: Limit,
    **assumed: Unpack[Assumed],
) -> pd.DataFrame:
    """Least and greatest rate that each county can have had.

    With c the coverage and u the rate among residents not covered, it is seen + (1 - c) * u where
    the source divides by all residents (denominator "all"), and c * seen + (1 - c) * u where it
    divides by those covered. What is seen is then a floor; seen at coverage 0, it says that nothing
    is promised of coverage, and the county's rate is anything from it, or the lowest, to the
    highest.

    Parameters
    ----------
    frame : DataFrame, one row per county
    rate : str
        Column with the rate seen; missing where nobody reported.
    coverage : str
        Column with the share of residents whose police reported, 0 to 1.
    lowest, highest : float or str
        Least and greatest u, in the unit of the rate: a number, or a column.
    denominator : {"all", "covered"}
        What the source divides by: all residents of the county (the default), or those covered.
    at_least : bool
        Whether the coverage is only promised, so that any share from it to 1 may be true where a
        rate was seen.
    silent : {"any", "no_less", "no_more"}
        Whether u may be anything between the limits, or is no less, or no more, than the rate among
        those covered. Limits still hold.

    Returns
    -------
    DataFrame, index of `frame`
        `low, high`, `seen` (the rate, and the middle of the limits where there is none), and
        `coverage`. Missing where coverage is, or where somebody is covered and no rate is known.
    """
    denominator, at_least = assumed.get("denominator", "all"), assumed.get("at_least", False)
    silent = assumed.get("silent", "any")
    if denominator not in get_args(Denominator) or silent not in get_args(Silent):
        raise ModelError(
            f"denominator {denominator!r} with silent {silent!r}: choose from "
            f"{', '.join(get_args(Denominator))} and {', '.join(get_args(Silent))}."
        )
    check_columns(frame, [rate, coverage, *(n for n in (lowest, highest) if isinstance(n, str))])
    covered, seen = frame[coverage].to_numpy(dtype=float), frame[rate].to_numpy(dtype=float)
    limits = _read_limit(frame, lowest), _read_limit(frame, highest)
    for wrong, words, remedy in (
        ((covered < 0) | (covered > 1), f"coverage {coverage!r} is outside 0 to 1", ""),
        (limits[0] > limits[1], "lowest exceeds highest", ""),
        (
            ((seen < 0) | (limits[0] < 0)) & (denominator == "all"),
            f"{rate!r} or its lowest limit is negative",
            ": offences over all residents are counts per head. Bound the rate itself, not a "
            "transformation",
        ),
    ):
        if wrong.any():
            raise ModelError(f"{words} in {int(wrong.sum())} rows{remedy}.")
    nobody = np.isnan(seen) & (covered == 0)
    ends = [_at(covered, seen, limits, denominator, silent)]
    if at_least:
        ends.append(_at(np.where(nobody, 0.0, 1.0), seen, limits, denominator, silent))
    low = np.minimum(ends[0][0], ends[-1][0])
    high = np.maximum(ends[0][1], ends[-1][1])
    if denominator == "all":
        is_floor = (covered == 0) & ~nobody
        low = np.where(is_floor, np.maximum(seen, limits[0]), low)
        high = np.where(is_floor, np.maximum(seen, limits[1]), high)
    like = np.where(nobody, (limits[0] + limits[1]) / 2, seen)
    return pd.DataFrame(
        {"low": low, "high": high, "seen": like, "coverage": covered}, index=frame.index
    )


def _at(
    covered: Floats,
    seen: Floats,
    limits: tuple[Floats, Floats],
    denominator: Denominator,
    silent: Silent,
) -> tuple[Floats, Floats]:
    """Ends of the county's rate at one coverage."""
    with np.errstate(divide="ignore", invalid="ignore"):
        among_covered = seen / covered if denominator == "all" else seen
    known = np.where(covered == 0, 0.0, seen if denominator == "all" else covered * seen)
    low, high = limits
    bound = np.where(covered > 0, np.clip(among_covered, low, high), np.nan)
    if silent == "no_less":
        low = np.where(np.isnan(bound), low, bound)
    elif silent == "no_more":
        high = np.where(np.isnan(bound), high, bound)
    return known + (1 - covered) * low, known + (1 - covered) * high


def _read_limit(frame: pd.DataFrame, limit: Limit) -> Floats:
    if isinstance(limit, str):
        return frame[limit].to_numpy(dtype=float)
    return np.full(len(frame), float(limit))


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
    ends, sample = bounded_sample(
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
        if any(map(is_constant, extremes)):
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
    asked = apply_rule(spec.sample, frame)[with_areas(names, frame)].reset_index(drop=True)
    return replace(spec, sample=None), asked


def bounded_sample(
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
        return 1 - float(t_tail(reach + width / error, df) + t_tail(reach, df)) - CONFIDENCE

    return float(optimize.brentq(lack, 0.0, 1 + float(t_quantile(0.5 + CONFIDENCE / 2, df))))
