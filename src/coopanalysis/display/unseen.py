"""How strong something unseen would have to be, in words and beside the covariates."""

from __future__ import annotations

import pandas as pd

from coopanalysis.display.claims import is_distinguishable
from coopanalysis.display.html import Output
from coopanalysis.display.results import result_columns
from coopanalysis.display.sentences import (
    format_interval,
    format_number,
    format_share,
    is_missing,
)
from coopanalysis.display.tables import ColumnFormat, show_table
from coopanalysis.display.tallies import row_with_largest
from coopanalysis.display.words import (
    columns_of_model,
    in_sentence,
    release_of,
    result_words,
    source_line,
)
from coopanalysis.models import Estimates, OsterResult, Unseen
from coopanalysis.models.terms import columns_of
from coopanalysis.panel import Panel

Row = tuple[str, str, str]


def show_unseen(unseen: Unseen, estimates: Estimates, *, data: Panel | None = None) -> Output:
    """Show robustness value, Oster's delta and bound, and E-value, each with its reading.

    Parameters
    ----------
    unseen : Unseen
        From `models.assess_unseen`.
    estimates : Estimates
        The fit that it is about.
    data : Panel, optional
        The release, where several are loaded.
    """
    data = release_of(data)
    rows = [*_robustness(unseen, estimates), *_oster(unseen), *_e_values(unseen, estimates, data)]
    return show_table(
        pd.DataFrame(rows, columns=["measure", "value", "reading"]),
        caption="How strong something unseen would have to be",
        note="None of these says that such a circumstance exists, or that it does not.",
        source=source_line(data, columns_of_model(estimates.spec)),
        columns={"measure": "Measure", "value": "Value", "reading": "Reading"},
    )


def _robustness(unseen: Unseen, estimates: Estimates) -> list[Row]:
    share, alone = format_share(unseen.value), format_share(unseen.value_significant)
    told = "by independent errors " * is_distinguishable(estimates.row)
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
            else f"The interval {told}holds zero already: there is nothing to explain away.",
        ),
    ]


def _oster(unseen: Unseen) -> list[Row]:
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
            f"({format_number(unseen.oster_factor, 1)} times, at most all), {_moves(found)}.",
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


def _e_values(unseen: Unseen, estimates: Estimates, data: Panel) -> list[Row]:
    reason = (
        "Not defined for an amount such as a rate, which has no risk ratio: only for what a county "
        "does or does not."
    )
    label = in_sentence(data.column(columns_of([estimates.spec.outcome])[0]).label)
    rows = [(f"E-value of {label}", "does not apply", reason)]
    found = unseen.risk
    if found is None:
        return rows
    column = data.column(found.outcome)
    likely = f"as likely to {column.phrase}" if column.phrase else "as likely"
    interval = format_interval(found.conf_low, found.conf_high)
    return [
        *rows,
        (
            f"E-value of {in_sentence(column.label)}",
            format_number(found.e_value),
            f"Counties with the policy are {format_number(found.ratio)} times {likely} "
            f"({interval}). To explain that away, something unseen would need a risk ratio of "
            f"{format_number(found.e_value)} with both; "
            + (
                "the interval holds 1 already."
                if found.e_value_limit <= 1
                else f"{format_number(found.e_value_limit)} for the interval to hold 1."
            ),
        ),
    ]


def show_benchmarks(unseen: Unseen, estimates: Estimates, *, data: Panel | None = None) -> Output:
    """Show the estimate if something unseen were so many times as strong as each covariate."""
    data = release_of(data)
    words = result_words(estimates, data)
    names = ["adjusted_estimate", "adjusted_std_error"]
    table = unseen.benchmarks.assign(
        label=[data.column(columns_of([one])[0]).label for one in unseen.benchmarks["covariate"]],
        **{name: unseen.benchmarks[name] * words.scale for name in names},
    )
    once = table[table["multiple"] == table["multiple"].min()]
    main = float(estimates.row["estimate"]) * words.scale
    strongest = row_with_largest(once, (once["adjusted_estimate"] - main).abs())
    turned = int((table["adjusted_estimate"] * main <= 0).sum())
    digits = result_columns(table.rename(columns={names[0]: "estimate"}))[1]
    return show_table(
        table,
        caption=f"If something unseen were as strong as a covariate: {words.table_unit}",
        note=f"The strongest covariate is {in_sentence(strongest['label'])}: something unseen that "
        f"is as strong would move the estimate from {format_number(main)} to "
        f"{format_number(strongest['adjusted_estimate'])}. In {turned} of {len(table)} rows the "
        "sign turns. Independent errors; shares are of what covariates and fixed effects leave.",
        source=source_line(data, columns_of_model(estimates.spec)),
        columns={
            "label": "As strong as",
            "multiple": ColumnFormat("Times", kind="number", digits=0),
            "r2_treatment": ColumnFormat("Explains of policy", kind="share"),
            "r2_outcome": ColumnFormat("Explains of outcome", kind="share"),
            "adjusted_estimate": ColumnFormat("Estimate would be", digits=digits),
            "adjusted_std_error": ColumnFormat("Standard error", digits=digits),
        },
    )
