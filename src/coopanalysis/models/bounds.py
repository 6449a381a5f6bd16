"""What crime reports that never came could do to an estimate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import optimize

from coopanalysis.errors import ModelError
from coopanalysis.models.design import centre
from coopanalysis.models.frame import build_sample, check_columns, used_columns
from coopanalysis.models.inference import CONFIDENCE, t_p_value, t_quantile
from coopanalysis.models.ols import fit_ols, least_squares
from coopanalysis.models.propensity import propensity_scores
from coopanalysis.models.rule import ask
from coopanalysis.models.shared import area_columns
from coopanalysis.models.spec import ModelSpec
from coopanalysis.models.terms import bare_name, columns_of

Limit = float | str
ALL_COVERED = "Every county counts as fully covered: the rules that trust the reports are one."


def reporting_bounds(
    spec: ModelSpec, frame: pd.DataFrame, *, coverage: str, lowest: Limit, highest: Limit
) -> pd.DataFrame:
    """Range of coefficients over everything the residents not covered could have reported.

    A county's rate is its covered share at the rate seen, and the rest at an unknown rate between
    `lowest` and `highest`. Each coefficient is linear in the outcome, so that its extremes put
    each county at one end or the other: the bounds are sharp.

    Parameters
    ----------
    spec : ModelSpec
        Family `ols`; the outcome is the rate among covered residents, missing only where nobody
        is covered.
    frame : DataFrame
        The data.
    coverage : str
        Column with the share of residents covered, 0 to 1.
    lowest, highest : float or str
        Least and greatest rate among residents not covered, in the outcome's unit: a number, or
        a column.

    Returns
    -------
    DataFrame, one row per treatment term
        `term, estimate_low, estimate_high` (bounds), `estimate_as_seen` (the uncovered like the
        covered), `conf_low, conf_high` (95 % interval for the true value, not for the range, by
        the t distribution of the errors asked for), `n_obs, n_clusters, n_left_out` (rows of the
        sample asked for in which a value is missing), `mean_coverage`.

    Raises
    ------
    ModelError
        If the family is not `ols`, coverage is not within 0 to 1, `lowest` exceeds `highest`, or
        the outcome does not vary in a worst case.

    References
    ----------
    Manski (1990); Imbens and Manski (2004), Econometrica; Stoye (2009).
    """
    if spec.family != "ols":
        raise ModelError("reporting_bounds needs family ols, whose coefficients are linear.")
    if columns_of([spec.outcome]) != [spec.outcome]:
        raise ModelError(
            f"reporting_bounds replaces the outcome, for which {spec.outcome} has to be a column "
            "of its own. Derive it first, with limits in its unit."
        )
    # The rule is about what was seen, so that it is asked before the outcome is replaced.
    asked = _asked(spec, frame, [coverage, lowest, highest])
    spec = replace(spec, sample=None)
    ends = _ends(spec, asked, coverage, lowest, highest)
    kept = ends.index[ends.notna().all(axis=1)]
    usable = asked.loc[kept].assign(**{spec.outcome: ends["low"]})
    sample = build_sample(spec, usable.assign(**{spec.outcome: ends["high"]}))
    fit, _ = least_squares(spec, sample)
    root = np.ones(sample.n_rows) if sample.weights is None else np.sqrt(sample.weights)
    used = ends.loc[sample.rows]
    rows = []
    for k, term in enumerate(fit.terms):
        if not any(part.column == bare_name(spec.treatment) for part in term.parts):
            continue
        pull = (fit.design @ fit.bread[k]) * root
        extremes = [np.where((pull > 0) == up, used["high"], used["low"]) for up in (False, True)]
        if any(not centre(outcome[:, None]).any() for outcome in extremes):
            raise ModelError(
                f"{spec.outcome!r} is the same in all {sample.n_rows} rows of a worst case of "
                f"{term.name!r}, so that it has no error. Set limits that are less narrow."
            )
        fits = [fit_ols(spec, replace(sample, outcome=outcome)) for outcome in extremes]
        low, high = (float(each.params[term.name]) for each in fits)
        errors = [
            float(np.sqrt(np.diag(each.covariance.loc[[term.name], [term.name]]))[0])
            for each in fits
        ]
        df = min(float(each.df[term.name]) for each in fits)
        reach = _imbens_manski(high - low, max(errors), df)
        as_seen = float(pull @ used["seen"].to_numpy())
        figures = (low, high, as_seen, low - reach * errors[0], high + reach * errors[1])
        rows.append((term.name, *figures, sample.n_rows, sample.n_clusters))
    columns = ["term", "estimate_low", "estimate_high", "estimate_as_seen", "conf_low"]
    table = pd.DataFrame(rows, columns=[*columns, "conf_high", "n_obs", "n_clusters"])
    mean = float(used["coverage"].mean())
    return table.astype({"n_clusters": "Int64"}).assign(
        n_left_out=len(asked) - sample.n_rows, mean_coverage=mean
    )


def _asked(spec: ModelSpec, frame: pd.DataFrame, others: Sequence[Limit]) -> pd.DataFrame:
    """Rows that the sample rule asks about, numbered, with the columns that the rules read."""
    named = columns_of(name for name in others if isinstance(name, str))
    names = list(dict.fromkeys([*used_columns(spec), *named]))
    check_columns(frame, names)
    columns = dict.fromkeys([*names, *area_columns(names, frame)])
    return ask(spec.sample, frame, [], {})[list(columns)].reset_index(drop=True)


def _ends(
    spec: ModelSpec, frame: pd.DataFrame, coverage: str, lowest: Limit, highest: Limit
) -> pd.DataFrame:
    named = [name for name in (lowest, highest) if isinstance(name, str)]
    check_columns(frame, [spec.outcome, coverage, *named])
    covered = frame[coverage].to_numpy(dtype=float)
    outside = int(((covered < 0) | (covered > 1)).sum())
    if outside:
        raise ModelError(f"coverage {coverage!r} is outside 0 to 1 in {outside} rows.")
    limits = [
        frame[limit].to_numpy(dtype=float)
        if isinstance(limit, str)
        else np.full(len(frame), float(limit))
        for limit in (lowest, highest)
    ]
    crossed = int((limits[0] > limits[1]).sum())
    if crossed:
        raise ModelError(f"lowest exceeds highest in {crossed} rows.")
    seen = frame[spec.outcome].to_numpy(dtype=float)
    known = np.where(covered == 0, 0.0, covered * seen)
    like = np.where(np.isnan(seen) & (covered == 0), (limits[0] + limits[1]) / 2, seen)
    low, high = (known + (1 - covered) * limit for limit in limits)
    return pd.DataFrame({"low": low, "high": high, "seen": like, "coverage": covered})


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


def reporting_weights(
    frame: pd.DataFrame, reported: str, covariates: Sequence[str], *, cap: float = 0.99
) -> pd.Series:
    """Weights of counties that report, by the inverse of their probability of reporting.

    Right where reporting depends on the covariates alone; it cannot mend reporting that depends on
    crime itself.

    Parameters
    ----------
    frame : DataFrame
        One row per county.
    reported : str
        Column of zeros and ones.
    covariates : sequence of str
        What reporting may depend on.
    cap : float
        Quantile above which weights are cut, so that one county does not decide.

    Returns
    -------
    Series
        Weight of each row with mean 1 over those that report; 0 where nothing was reported,
        missing where a covariate is.
    """
    chance = propensity_scores(frame, reported, covariates)
    is_in = frame[reported].to_numpy(dtype=float) == 1
    values: NDArray[np.float64] = np.where(is_in, 1 / chance.to_numpy(dtype=float), 0.0)
    known = is_in & ~np.isnan(values)
    values[known] = np.minimum(values[known], np.quantile(values[known], cap))
    values[known] /= values[known].mean()
    values[chance.isna().to_numpy()] = np.nan
    return pd.Series(values, index=frame.index, name="reporting_weight")


def four_ways(
    spec: ModelSpec,
    frame: pd.DataFrame,
    *,
    coverage: str,
    covariates: Sequence[str],
    lowest: Limit,
    highest: Limit,
    full: float = 0.99,
) -> pd.DataFrame:
    """One crime model under four treatments of missing reports, side by side.

    Parameters
    ----------
    spec : ModelSpec
        Family `ols`; the outcome is the rate among covered residents. Weights of its own are
        multiplied with those of reporting.
    frame : DataFrame
        One row per county.
    coverage : str
        Share of residents covered, 0 to 1.
    covariates : sequence of str
        What reporting may depend on, for the weights.
    lowest, highest : float or str
        As for `reporting_bounds`.
    full : float
        Coverage from which a county counts as fully covered.

    Returns
    -------
    DataFrame, one row per treatment of missing reports and treatment term
        `rule` (`full coverage`, `all as seen`, `weighted by inverse probability`, `worst case`),
        `term, estimate_low, estimate_high` (equal but for the worst case), `conf_low, conf_high,
        n_obs, n_clusters, n_left_out` (rows of the sample asked for that the rule does not use),
        and `note`. Where every county is fully covered, the note says that the first three rules
        are one. A
        rule that cannot be followed (all counties of a group reported, none did) has one row with
        the reason in `note` and no numbers; that of `all as seen` is an error.

    Raises
    ------
    ModelError
        If the model cannot be fitted to the counties as seen, or as for `reporting_bounds`.
    """
    numbered = _asked(spec, frame, [coverage, *covariates, lowest, highest])
    spec = replace(spec, sample=None)
    is_full = (numbered[coverage] >= full).astype(float).where(numbered[coverage].notna())
    all_full = bool((is_full.dropna() == 1).all())
    prepared = numbered.assign(_full=is_full)

    def weighted() -> pd.DataFrame:
        weights = is_full if all_full else reporting_weights(prepared, "_full", covariates)
        if spec.weights is not None:
            weights = weights * prepared[spec.weights].astype("float64")
        return prepared.assign(_weight=weights)[(weights > 0).to_numpy(dtype=bool)]

    blocks = [
        _one_way("full coverage", lambda: (spec, numbered[is_full == 1]), spec, len(numbered)),
        _as_seen(spec, numbered, "all as seen", len(numbered)),
        _one_way(
            "weighted by inverse probability",
            lambda: (replace(spec, weights="_weight"), weighted()),
            spec,
            len(numbered),
        ),
        reporting_bounds(spec, numbered, coverage=coverage, lowest=lowest, highest=highest).assign(
            rule="worst case", note=""
        ),
    ]
    columns = ["rule", "term", "estimate_low", "estimate_high", "conf_low", "conf_high", "n_obs"]
    table = pd.concat(blocks, ignore_index=True)[[*columns, "n_clusters", "n_left_out", "note"]]
    return table.assign(note=ALL_COVERED) if all_full else table


def _one_way(
    rule: str,
    prepare: Callable[[], tuple[ModelSpec, pd.DataFrame]],
    spec: ModelSpec,
    n_asked: int,
) -> pd.DataFrame:
    """Rows of one rule, or one row with the reason why it cannot be followed."""
    try:
        return _as_seen(*prepare(), rule, n_asked)
    except ModelError as error:
        blank = dict.fromkeys(("estimate_low", "estimate_high", "conf_low", "conf_high"), np.nan)
        row = {"rule": rule, "term": spec.treatment, **blank, "n_obs": 0, "n_left_out": n_asked}
        return pd.DataFrame([{**row, "n_clusters": pd.NA, "note": str(error)}])


def _as_seen(spec: ModelSpec, rows: pd.DataFrame, rule: str, n_asked: int) -> pd.DataFrame:
    estimates = fit_ols(spec, build_sample(spec, rows))
    table = estimates.table
    treated = bare_name(spec.treatment)
    is_treated = [any(p.column == treated for p in t.parts) for t in estimates.sample.terms]
    table = table[is_treated]
    return table.assign(
        rule=rule,
        estimate_low=table["estimate"],
        estimate_high=table["estimate"],
        n_left_out=n_asked - estimates.n_obs,
        note="",
    )
