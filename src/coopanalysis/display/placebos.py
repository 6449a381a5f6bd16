"""Comparisons in which nothing should be found."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from coopanalysis.display.claims import describe_told, is_distinguishable, judge
from coopanalysis.display.figures import plot_coefficients, show_figure
from coopanalysis.display.html import Output
from coopanalysis.display.page import left_out
from coopanalysis.display.results import DEGREES, INTERVALS, result_columns
from coopanalysis.display.sentences import (
    describe_chart,
    format_count,
    format_interval,
    format_number,
    format_p_value,
    join_words,
)
from coopanalysis.display.tables import ColumnFormat, show_table
from coopanalysis.display.tallies import row_with_largest, scaled
from coopanalysis.display.words import (
    columns_of_model,
    error_words,
    in_sentence,
    release_of,
    result_words,
    source_line,
    with_interval,
)
from coopanalysis.models import Estimates, SpecificationCurve
from coopanalysis.models.inference import result_row
from coopanalysis.panel import Panel


def show_placebo_outcomes(
    placebos: Mapping[str, Estimates],
    real: Estimates,
    *,
    joint: Mapping[str, float | str],
    dealt: SpecificationCurve,
    data: Panel | None = None,
) -> Output:
    """Show what a policy goes together with that it cannot have changed.

    Parameters
    ----------
    placebos : mapping of label to Estimates
        The same model of other outcomes, each in standard deviations.
    real : Estimates
        The model of the outcome itself, in standard deviations.
    joint : mapping
        Of `models.bonferroni_joint_test`: all of them together.
    dealt : SpecificationCurve
        Of the policy's model alone, with the policy dealt out at random.
    data : Panel, optional
        The release, where several are loaded.
    """
    data, words = release_of(data), result_words(real, release_of(data))
    rows = [result_row(one.row, label=name) for name, one in placebos.items()]
    told = [str(row["label"]) for row in rows if is_distinguishable(row)]
    table = pd.DataFrame([*rows, result_row(real.row, label="The outcome itself")])
    largest = row_with_largest(table[:-1], table["estimate"][:-1].abs())
    noun, p_value = "characteristics from before the policy", float(joint["p_value"])
    reading = (
        describe_told(table[:-1], noun, joint=p_value)
        + (f" (alone: {join_words(told)})" if told else "")
        + f"; the largest difference is {format_number(largest['estimate'])} standard deviations "
        f"({largest['label']}: {format_interval(largest['conf_low'], largest['conf_high'])}), "
        f"that of the outcome itself {format_number(real.row['estimate'])}"
    )
    fewest = min(one.n_obs for one in placebos.values())
    columns = dict.fromkeys(
        n for one in (*placebos.values(), real) for n in columns_of_model(one.spec)
    )
    return show_figure(
        plot_coefficients(
            table.assign(term=table["label"]),
            {label: label for label in table["label"]},
            x_label="Difference by policy, standard deviations",
        ),
        finding=f"{reading}.",
        subtitle=f"The same design with other outcomes: {in_sentence(words.subject)} against "
        f"{words.comparison.split(',')[0]}; {INTERVALS}",
        alt=describe_chart(
            "Coefficient plot",
            x="difference in standard deviations, zero marked",
            y=f"{len(placebos)} characteristics from before the policy, and the outcome",
            reading=reading,
        ),
        note="A policy cannot change what was before it. A difference there says that the "
        "compared counties were not alike to begin with; that none can be told does not say that "
        f"they were. Counties of the main design, at least {format_count(fewest)} of "
        f"{format_count(real.n_obs)} where one is not known of all; errors "
        f"{error_words(real.spec, data)}; "
        "joint test by the wild cluster bootstrap, of the policy on all of them. "
        f"{_dealt_words(dealt)}",
        source=source_line(data, list(columns)),
        data=table,
    )


def _dealt_words(dealt: SpecificationCurve) -> str:
    """Say what a policy without any meaning would give."""
    return (
        f"The policy itself, dealt out at random {format_count(dealt.summary['n_permutations'])} "
        "times, gives a t statistic of the outcome at least as large as the real one with p "
        f"{format_p_value(dealt.summary['p_median'])}. Dealing finds too little rather than too "
        "much, and gives no interval."
    )


def show_later_signers(
    results: Mapping[str, Estimates],
    wild: Mapping[str, float],
    *,
    data: Panel | None = None,
) -> Output:
    """Show counties that had a policy before the outcome beside those that took it up after.

    Parameters
    ----------
    results : mapping of label to Estimates
        The policy in force before the outcome; then, where there are any, the counties that took it
        up later. Both against counties without it.
    wild : mapping of label to float
        p value of the wild cluster bootstrap of each.
    data : Panel, optional
        The release, where several are loaded.
    """
    data, main = release_of(data), next(iter(results.values()))
    if len(results) == 1:
        return left_out("counties that signed later: no day of signing after the rates is known")
    words, rows = result_words(main, data), []
    for name, one in results.items():
        more = {"n_treated": _n_treated(one), "df": float(one.df[one.spec.treatment])}
        rows.append(result_row(one.row, label=name, wild=wild[name], **more))
    table = scaled(pd.DataFrame(rows), words.scale)
    columns = result_columns(table)[0]
    return show_table(
        table,
        caption=f"Who signed when: difference from counties without any, in {words.table_unit}",
        note=_later_words(table.iloc[-1]),
        source=source_line(data, columns_of_model(main.spec)),
        columns={
            "label": "Counties that signed",
            "n_treated": ColumnFormat("Of these", kind="count"),
            **columns,
            "df": DEGREES,
            "wild": ColumnFormat("p, wild bootstrap", kind="number", digits=3),
        },
    )


def _n_treated(estimates: Estimates) -> int:
    return int((np.asarray(estimates.sample.columns[estimates.spec.treatment]) == 1).sum())


def _later_words(row: pd.Series) -> str:
    """Say whether those who signed later were different before they did."""
    verdict = judge(row, p_values={"bootstrap": row["wild"]}).verdict
    told = {
        "told": "differed from counties without any before they signed",
        "disputed": "differed from counties without any before they signed by one test and not by "
        "the other",
        "not told": "cannot be told to have differed from counties without any before they signed",
        "unknown": "cannot be compared with counties without any",
    }
    return (
        f"Counties that signed later {told[verdict]}: {with_interval(row)}. An agreement that is "
        "not there yet can do nothing, so that a difference here is one of who signs. They are in "
        "no other estimate of this page."
    )
