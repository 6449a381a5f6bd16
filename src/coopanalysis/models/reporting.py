"""One model under several treatments of crime reports that never came, and weights for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Unpack

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coopanalysis.errors import ModelError
from coopanalysis.models.bounds import asked_rows, reporting_bounds
from coopanalysis.models.frame import build_sample
from coopanalysis.models.ols import fit_ols
from coopanalysis.models.propensity import propensity_scores
from coopanalysis.models.rate_bounds import Assumed, Limit
from coopanalysis.models.spec import ModelSpec
from coopanalysis.models.terms import bare_name

ALL_COVERED = "Every county counts as fully covered: the rules that trust the reports are one."


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
    seen: str | None = None,
    **assumed: Unpack[Assumed],
) -> pd.DataFrame:
    """One crime model under four treatments of missing reports, side by side.

    Parameters
    ----------
    spec : ModelSpec
        Family `ols`; the outcome is the rate seen. Weights of its own are multiplied with those of
        reporting.
    frame : DataFrame
        One row per county.
    coverage : str
        Share of residents covered, 0 to 1.
    covariates : sequence of str
        What reporting may depend on, for the weights.
    lowest, highest, **assumed
        As for `rate_bounds`.
    full : float
        Coverage from which a county counts as fully covered.
    seen : str, optional
        Column of rates for the worst case, where the outcome leaves out some that were seen but
        are too poor for the other rules.

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
    named = [coverage, *covariates, lowest, highest, *([seen] if seen else [])]
    spec, numbered = asked_rows("four_ways", spec, frame, named)
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
        reporting_bounds(
            replace(spec, outcome=seen or spec.outcome),
            numbered,
            coverage=coverage,
            lowest=lowest,
            highest=highest,
            **assumed,
        ).assign(rule="worst case", note=""),
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
