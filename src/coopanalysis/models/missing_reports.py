"""One model under every rule for crime reports that never came, and what would turn its sign."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NotRequired, Unpack

import numpy as np
import pandas as pd

from coopanalysis.errors import ModelError
from coopanalysis.models.bounds import (
    Assumed,
    Denominator,
    Limit,
    asked_rows,
    bounded_sample,
    reporting_bounds,
)
from coopanalysis.models.estimates import Estimates
from coopanalysis.models.linear.least_squares import least_squares, treated_terms
from coopanalysis.models.ols import fit_ols
from coopanalysis.models.reporting_weights import (
    STACKED,
    fit_reporters,
    fit_weighted,
    reporting_weights,
)
from coopanalysis.models.sample import build_sample
from coopanalysis.models.spec import ModelSpec
from coopanalysis.models.terms import bare_name

ALL_COVERED = "Every county counts as fully covered: the rules that trust the reports are one."
WEIGHTS_KNOWN = (
    "Weights for reporting count as known: the intervals of that rule leave out that they are "
    "estimated."
)
FULL, AS_SEEN, WEIGHTED = "full coverage", "all as seen", "weighted by inverse probability"
POINT_RULES = (FULL, AS_SEEN, WEIGHTED)
"""Rules that give an estimate; the others give a range."""
WORST = "worst case"
FULLY_COVERED = 0.99
COLUMNS = [
    *("rule", "term", "estimate_low", "estimate_high", "conf_low", "conf_high"),
    *("n_obs", "n_clusters", "n_left_out", "note"),
]


class Range(Assumed):
    """What a range assumes of silent police: as `reporting_bounds` takes it."""

    lowest: Limit
    highest: Limit
    coverage: NotRequired[str]


def four_ways(
    spec: ModelSpec,
    frame: pd.DataFrame,
    *,
    coverage: str,
    covariates: Sequence[str],
    lowest: Limit,
    highest: Limit,
    groups: Sequence[str] = (),
    full: float = FULLY_COVERED,
    seen: str | None = None,
    **assumed: Unpack[Assumed],
) -> pd.DataFrame:
    """One crime model under four treatments of missing reports: `follow_rules` with one range.

    Parameters
    ----------
    lowest, highest, **assumed
        The range, as for `rate_bounds`; the others as for `follow_rules`.

    Returns
    -------
    DataFrame, one row per rule and treatment term
        As of `follow_rules` without `lowest` and `highest`; the range is the rule `worst case`.
        Where every county is fully covered, each note says that the first three rules are one.
    """
    worst: Any = {"lowest": lowest, "highest": highest, **assumed}
    table = follow_rules(
        spec,
        frame,
        coverage=coverage,
        covariates=covariates,
        ranges={WORST: worst},
        groups=groups,
        full=full,
        seen=seen,
    )[COLUMNS]
    return table.assign(note=ALL_COVERED) if table["note"].eq(ALL_COVERED).any() else table


def follow_rules(
    spec: ModelSpec,
    frame: pd.DataFrame,
    *,
    coverage: str,
    covariates: Sequence[str],
    ranges: Mapping[str, Range],
    groups: Sequence[str] = (),
    full: float = FULLY_COVERED,
    seen: str | None = None,
) -> pd.DataFrame:
    """One crime model by three rules that trust the reports, and a range for each assumption.

    Parameters
    ----------
    spec, frame : ModelSpec, DataFrame
        Family `ols`, the outcome being the rate seen; weights of its own are multiplied with those
        of reporting. One row per county.
    coverage, full : str, float
        Column with the share of residents covered, 0 to 1, and from where on it counts as full.
    covariates, groups : sequence of str
        As for `reporting_weights`. Where there are groups and errors are HC1 or CR1, those of the
        weighted rows carry that the weights are estimated; else they count as known.
    ranges : mapping of str to Range
        What is assumed of the rates of those who did not report, by its name: limits, and what
        differs from the defaults of `rate_bounds`; `coverage` is that of the rules unless given.
    seen : str, optional
        Column of rates for the ranges, where the outcome leaves out some too poor for the rules.

    Returns
    -------
    DataFrame, one row per rule and treatment term, all of `outcome`
        `rule` (`full coverage`, `all as seen`, `weighted by inverse probability`, then the names of
        the ranges), `term, estimate_low, estimate_high` (equal but for ranges), `conf_low,
        conf_high, n_obs, n_clusters, n_left_out` (rows of the sample asked for that the rule does
        not use), `note`, and `lowest, highest`, missing where nothing is assumed. A rule that
        cannot be followed (all counties of a group reported, none did) has one row with the reason
        in `note` and no numbers.
    """
    given: list[Limit | None] = [seen]
    for one in ranges.values():
        given += [one.get("coverage"), one["lowest"], one["highest"]]
    others = [*covariates, *groups, *(one for one in given if one is not None)]
    blocks = [_point_rules(spec, frame, coverage, covariates, groups, full, others)]
    of_seen = replace(spec, outcome=seen or spec.outcome)
    for name, assumed in ranges.items():
        asked: Any = {"coverage": coverage, **assumed}
        found = reporting_bounds(of_seen, frame, **asked).assign(rule=name, note="")
        limits = {"lowest": assumed["lowest"], "highest": assumed["highest"]}
        blocks.append(found[COLUMNS].assign(**limits))
    return pd.concat(blocks, ignore_index=True).assign(outcome=spec.outcome)


def _point_rules(
    spec: ModelSpec,
    frame: pd.DataFrame,
    coverage: str,
    covariates: Sequence[str],
    groups: Sequence[str],
    full: float,
    others: Sequence[Limit],
) -> pd.DataFrame:
    """Rows of the three rules that trust the reports; `others` are columns that must be there."""
    spec, numbered = asked_rows(spec, frame, [coverage, *others])
    is_full = (numbered[coverage] >= full).astype(float).where(numbered[coverage].notna())
    all_full = bool((is_full.dropna() == 1).all())
    prepared = numbered.assign(_full=is_full)

    def seen_in(rows: pd.DataFrame) -> Estimates:
        return fit_ols(spec, build_sample(spec, rows))

    def weighted() -> Estimates:
        if all_full:
            return fit_weighted(spec, prepared, is_full)
        if groups and spec.vcov in STACKED:
            return fit_reporters(spec, prepared, "_full", covariates, groups=groups)
        weights = reporting_weights(prepared, "_full", covariates, groups=groups)
        return fit_weighted(spec, prepared, weights)

    n_asked = len(numbered)
    blocks = [
        _one_way(FULL, lambda: seen_in(numbered[is_full == 1]), spec, n_asked),
        _as_seen(seen_in(numbered), AS_SEEN, n_asked),
        _one_way(WEIGHTED, weighted, spec, n_asked),
    ]
    table = pd.concat(blocks, ignore_index=True)[COLUMNS]
    if all_full:
        return table.assign(note=ALL_COVERED)
    is_known = spec.vcov not in STACKED or not groups
    is_weighted = (table["rule"] == WEIGHTED) & table["note"].eq("")
    return table.assign(note=table["note"].mask(is_weighted & is_known, WEIGHTS_KNOWN))


def _one_way(
    rule: str, estimate: Callable[[], Estimates], spec: ModelSpec, n_asked: int
) -> pd.DataFrame:
    """Rows of one rule, or one row with the reason why it cannot be followed."""
    try:
        return _as_seen(estimate(), rule, n_asked)
    except ModelError as error:
        blank = dict.fromkeys(("estimate_low", "estimate_high", "conf_low", "conf_high"), np.nan)
        row = {"rule": rule, "term": spec.treatment, **blank, "n_obs": 0, "n_left_out": n_asked}
        return pd.DataFrame([{**row, "n_clusters": pd.NA, "note": str(error)}])


def _as_seen(estimates: Estimates, rule: str, n_asked: int) -> pd.DataFrame:
    table = estimates.table[treated_terms(estimates.spec, estimates.sample.terms)]
    return table.assign(
        rule=rule,
        estimate_low=table["estimate"],
        estimate_high=table["estimate"],
        n_left_out=n_asked - estimates.n_obs,
        note="",
    )


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
    _, sample = bounded_sample(
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
