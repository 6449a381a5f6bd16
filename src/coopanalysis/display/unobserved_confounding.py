"""Sensitivity to unobserved confounding, in words and beside the observed covariates."""

from __future__ import annotations

import pandas as pd

from coopanalysis.display import sentences as say
from coopanalysis.display.claims import LEVEL, is_distinguishable
from coopanalysis.display.html import Output
from coopanalysis.display.main_estimate import RULED_OUT, read_main_estimate, ruled_out
from coopanalysis.display.results import estimate_digits, row_with_largest
from coopanalysis.display.tables import ColumnFormat, show_table
from coopanalysis.display.words import column_of, in_sentence, result_words
from coopanalysis.models import (
    ConfoundingSensitivity,
    Estimates,
    OsterResult,
    equivalence,
    smallest_difference,
)
from coopanalysis.panel import Panel

Row = tuple[str, str, str]


def show_unseen(
    unseen: ConfoundingSensitivity,
    estimates: Estimates,
    *,
    margin: float,
    data: Panel | None = None,
) -> Output:
    """Show robustness value, Oster's delta and bound, and E-value, each with its reading.

    They ask what could undo a difference. Of an estimate that cannot be told from zero they say
    nothing, and what it rules out stands in their place.

    What is unseen is from `models.assess_unseen`; the margin is the largest difference, either way,
    that counts as none, in the unit of the coefficient.
    """
    words, told = result_words(estimates, data), is_distinguishable(estimates.row)
    of_rate = [*_robustness(unseen), *_oster(unseen)]
    rows = of_rate if told else _not_told(estimates, margin, words.scale, words.data)
    return show_table(
        pd.DataFrame(
            [*rows, *_e_values(unseen, estimates, words.data)],
            columns=["measure", "value", "reading"],
        ),
        caption="How strong something unseen would have to be"
        if told
        else "What is ruled out, where the unseen has no difference to undo",
        note="None of these says that such a circumstance exists, or that it does not.",
        source=words.source,
        columns={"measure": "Measure", "value": "Value", "reading": "Reading"},
    )


def _not_told(estimates: Estimates, margin: float, scale: float, data: Panel) -> list[Row]:
    found, within = equivalence(estimates, margin), say.format_number(scale * margin)
    out = ruled_out(read_main_estimate(estimates, data=data, wild=False))
    shown = "is shown" if found.is_equivalent else "is not shown"
    return [
        (
            "Robustness value, Oster's delta",
            "do not apply",
            "They say what would bring a difference to zero. This one cannot be told from zero: a "
            "small value would be no weakness of it, and a large one no strength.",
        ),
        (RULED_OUT, out, "With the errors of the main design."),
        (
            f"Equivalence within {within} either way",
            f"p {say.format_p_value(found.p_value)}",
            f"By the same two tests the difference {shown} to be smaller than that; the least "
            f"margin for which it would be is {say.format_number(scale * found.least_margin)}.",
        ),
        (
            "Smallest difference to be told",
            say.format_number(scale * smallest_difference(estimates)),
            "One of that size would have been told from zero four times in five, by a test at "
            f"{say.format_share(LEVEL, 0)}.",
        ),
    ]


def _robustness(unseen: ConfoundingSensitivity) -> list[Row]:
    share, alone = say.format_share(unseen.value), say.format_share(unseen.value_significant)
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
            else "The interval by independent errors holds zero already.",
        ),
    ]


def _oster(unseen: ConfoundingSensitivity) -> list[Row]:
    if unseen.oster is None:
        return [("Oster's delta", "not available", unseen.oster_reason)]
    found = unseen.oster
    size = "more" if abs(found.delta) >= 1 else "less"
    side = "" if found.delta >= 0 else ", and pull the other way than the covariates do"
    return [
        (
            "Oster's delta",
            say.format_number(found.delta),
            f"For an estimate of zero the unseen would have to count "
            f"{say.format_number(abs(found.delta))} times as much as the covariates{side}: {size} "
            "than they do.",
        ),
        (
            "Oster's bound",
            say.format_number(found.bound),
            f"If the unseen counted as much as the covariates and brought the share explained from "
            f"{say.format_share(found.r_squared_long)} to {say.format_share(found.r_max)} "
            f"({say.format_number(unseen.oster_factor, 1)} times, at most all), {_moves(found)}.",
        ),
    ]


def _moves(found: OsterResult) -> str:
    if say.is_missing(found.bound):
        return "no estimate would be consistent with that"
    way = "away from" if abs(found.bound) > abs(found.long) else "towards"
    way = "across" if found.bound * found.long < 0 else way
    return (
        f"the estimate would move {way} zero, from {say.format_number(found.long)} to "
        f"{say.format_number(found.bound)}"
    )


def _e_values(unseen: ConfoundingSensitivity, estimates: Estimates, data: Panel) -> list[Row]:
    reason = (
        "Not defined for an amount such as a rate, which has no risk ratio: only for what a county "
        "does or does not."
    )
    label = in_sentence(column_of(data, estimates.spec.outcome).label)
    rows, found = [(f"E-value of {label}", "does not apply", reason)], unseen.risk
    if found is None:
        missing = ("E-value of who reported", "not available", unseen.risk_reason)
        return [*rows, missing] if unseen.risk_reason else rows
    column = data.column(found.outcome)
    likely = f"as likely to {column.phrase}" if column.phrase else "as likely"
    seen = f"Counties with the policy are {say.format_number(found.ratio)} times {likely}."
    shown = say.format_number(found.e_value) if found.is_told else "does not apply"
    why = "By the errors of the main design that cannot be told from one: there is nothing to "
    why += "explain away."
    if found.is_told:
        why = (
            f"To explain that away, something unseen would need a risk ratio of {shown} with both."
        )
    return [*rows, (f"E-value of {in_sentence(column.label)}", shown, f"{seen} {why}")]


def show_benchmarks(
    unseen: ConfoundingSensitivity, estimates: Estimates, *, data: Panel | None = None
) -> Output:
    """Show the estimate if something unseen were so many times as strong as each covariate."""
    words = result_words(estimates, data)
    names, found = ["adjusted_estimate", "adjusted_std_error"], unseen.benchmarks
    labels = [column_of(words.data, one).label for one in found["covariate"]]
    table = found.assign(label=labels, **{one: found[one] * words.scale for one in names})
    once = table[table["multiple"] == table["multiple"].min()]
    main = float(estimates.row["estimate"]) * words.scale
    strongest = row_with_largest(once, (once["adjusted_estimate"] - main).abs())
    turned = int((table["adjusted_estimate"] * main <= 0).sum())
    undone = (
        f"In {turned} of {len(table)} rows the sign turns."
        if is_distinguishable(estimates.row)
        else "The estimate cannot be told from zero, so that there is no sign to turn."
    )
    digits = estimate_digits(table.rename(columns={names[0]: "estimate"}))
    return show_table(
        table,
        caption=f"If something unseen were as strong as a covariate: {words.table_unit}",
        note=f"The strongest covariate is {in_sentence(strongest['label'])}: something unseen that "
        f"is as strong would move the estimate from {say.format_number(main)} to "
        f"{say.format_number(strongest['adjusted_estimate'])}. {undone} Standard errors take "
        "counties for independent of each other and are too small where states matter; shares are "
        "of what covariates and fixed effects leave.",
        source=words.source,
        columns={
            "label": "As strong as",
            "multiple": ColumnFormat("Times", kind="number", digits=0),
            "r2_treatment": ColumnFormat("Explains of policy", kind="share"),
            "r2_outcome": ColumnFormat("Explains of outcome", kind="share"),
            "adjusted_estimate": ColumnFormat("Estimate would be", digits=digits, answer=True),
            "adjusted_std_error": ColumnFormat("Standard error", digits=digits),
        },
    )
