"""Exhibits of sensitivity: how strong something unseen would have to be."""

from __future__ import annotations

import pandas as pd

from coopanalysis.checks import Checks
from coopanalysis.checks.unseen import OSTER_FACTOR, Unseen
from coopanalysis.display.html import Output
from coopanalysis.display.sentences import (
    format_interval,
    format_number,
    format_share,
    is_distinguishable,
    is_missing,
)
from coopanalysis.display.tables import ColumnFormat, show_table
from coopanalysis.exhibits.robustness.words import row_with_largest, source_of, unit_of
from coopanalysis.models import OsterResult


def show_unseen(checks: Checks) -> Output:
    """Robustness value, Oster's delta and bound, E-value: value and reading of each."""
    rows = [*_robustness(checks), *_oster(checks.unseen), *_e_values(checks.unseen)]
    return show_table(
        pd.DataFrame(rows, columns=["measure", "value", "reading"]),
        caption="How strong something unseen would have to be",
        note="None of these says that such a circumstance exists, or that it does not.",
        source=source_of(checks.question),
        columns={"measure": "Measure", "value": "Value", "reading": "Reading"},
    )


def _robustness(checks: Checks) -> list[tuple[str, str, str]]:
    unseen = checks.unseen
    share = format_share(unseen.value)
    told = is_distinguishable(checks.question.row)
    alone = format_share(unseen.value_significant)
    return [
        (
            "Robustness value of the estimate",
            share,
            f"Something unseen that explains {share} of what is left of the policy and of the "
            "outcome would bring the estimate to zero.",
        ),
        (
            "Robustness value of its being told from zero",
            alone,
            f"{alone} of both would be enough for the interval (independent errors) to hold zero."
            if unseen.value_significant > 0
            else "The interval "
            + ("by independent errors " if told else "")
            + "holds zero already: there is nothing to explain away.",
        ),
    ]


def _oster(unseen: Unseen) -> list[tuple[str, str, str]]:
    if unseen.oster is None:
        return [("Oster's delta", "not available", unseen.oster_reason)]
    found = unseen.oster
    size = "more" if abs(found.delta) >= 1 else "less"
    side = "" if found.delta >= 0 else ", and pull the other way than the covariates do"
    return [
        (
            "Oster's delta",
            format_number(found.delta),
            f"For an estimate of zero the unseen would have to count "
            f"{format_number(abs(found.delta))} times as much as the covariates{side}: {size} than "
            "they do.",
        ),
        (
            "Oster's bound",
            format_number(found.bound),
            f"If the unseen counted as much as the covariates and brought the share explained from "
            f"{format_share(found.r_squared_long)} to {format_share(found.r_max)} "
            f"({format_number(OSTER_FACTOR, 1)} times, at most all), {_moves(found)}.",
        ),
    ]


def _moves(found: OsterResult) -> str:
    """Say where the bound lies from the estimate."""
    if is_missing(found.bound):
        return "no estimate would be consistent with that"
    if found.bound * found.long < 0:
        way = "across"
    else:
        way = "away from" if abs(found.bound) > abs(found.long) else "towards"
    return (
        f"the estimate would move {way} zero, from {format_number(found.long)} to "
        f"{format_number(found.bound)}"
    )


def _e_values(unseen: Unseen) -> list[tuple[str, str, str]]:
    reason = (
        "Not defined for the rate: it counts offences, of which a county has many, and has no risk "
        "ratio. It is given for whether most agencies reported, which a county does or does not."
    )
    rows = [("E-value of the rate", "does not apply", reason)]
    if is_missing(unseen.e_value):
        return [*rows, ("E-value of reporting", "not available", "It could not be estimated.")]
    interval = format_interval(unseen.risk_low, unseen.risk_high)
    return [
        *rows,
        (
            "E-value of reporting",
            format_number(unseen.e_value),
            f"With the policy, most agencies report {format_number(unseen.risk_ratio)} times as "
            f"often ({interval}). To explain that away, something unseen would need a risk ratio "
            f"of {format_number(unseen.e_value)} with both; "
            + (
                "the interval holds 1 already."
                if unseen.e_value_limit <= 1
                else f"{format_number(unseen.e_value_limit)} for the interval to hold 1."
            ),
        ),
    ]


def show_benchmarks(checks: Checks) -> Output:
    """The estimate if something unseen were as strong as each covariate, once and three times."""
    table = checks.unseen.benchmarks
    once = table[table["multiple"] == 1]
    main = float(checks.question.row["estimate"])
    strongest = row_with_largest(once, (once["adjusted_estimate"] - main).abs())
    turned = int((table["adjusted_estimate"] * main <= 0).sum())
    return show_table(
        table,
        caption=f"If something unseen were as strong as a covariate: {unit_of(checks.question)}",
        note=f"The strongest covariate is {strongest['label']}: something unseen that is as "
        f"strong would move the estimate from {format_number(main)} to "
        f"{format_number(strongest['adjusted_estimate'])}. In {turned} of {len(table)} rows the "
        "sign turns. Independent errors; shares are of what covariates and state effects leave.",
        source=source_of(checks.question),
        columns={
            "label": "As strong as",
            "multiple": ColumnFormat("Times", kind="number", digits=0),
            "r2_treatment": ColumnFormat("Explains of policy", kind="share"),
            "r2_outcome": ColumnFormat("Explains of outcome", kind="share"),
            "adjusted_estimate": ColumnFormat("Estimate would be", digits=1),
            "adjusted_std_error": ColumnFormat("Standard error", digits=1),
        },
    )
