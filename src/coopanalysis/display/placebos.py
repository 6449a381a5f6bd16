"""Comparisons in which nothing should be found."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from coopanalysis.display import sentences as say
from coopanalysis.display.claims import describe_told, is_distinguishable, judge
from coopanalysis.display.html import Output
from coopanalysis.display.page import left_out
from coopanalysis.display.result_words import result_words
from coopanalysis.display.results import (
    DEGREES,
    INTERVALS,
    WILD_P,
    result_columns,
    row_with_largest,
    scaled,
    show_coefficients,
)
from coopanalysis.display.source_lines import source_of
from coopanalysis.display.tables import show_table
from coopanalysis.display.words import error_words, in_sentence
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
    """
    words = result_words(real, data)
    rows = [result_row(one.row, label=name) for name, one in placebos.items()]
    told = [str(row["label"]) for row in rows if is_distinguishable(row)]
    table = pd.DataFrame([*rows, result_row(real.row, label="The outcome itself")])
    largest = row_with_largest(table[:-1], table["estimate"][:-1].abs())
    noun, p_value = "characteristics from before the policy", float(joint["p_value"])
    reading = (
        describe_told(table[:-1], noun, p_value)
        + (f" (alone: {say.join_words(told)})" if told else "")
        + f"; the largest difference is {say.format_number(largest['estimate'])} standard "
        f"deviations ({largest['label']}: "
        f"{say.format_interval(largest['conf_low'], largest['conf_high'])}), that of the outcome "
        f"itself {say.format_number(real.row['estimate'])}"
    )
    fewest = min(one.n_obs for one in placebos.values())
    specs = [one.spec for one in (*placebos.values(), real)]
    return show_coefficients(
        table,
        "label",
        reading,
        x_label="Difference by policy, standard deviations",
        unit="standard deviations",
        subtitle=f"The same design with other outcomes: {in_sentence(words.subject)} against "
        f"{words.others}; {INTERVALS}",
        y=f"{len(placebos)} characteristics from before the policy, and the outcome",
        note="A policy cannot change what was before it. A difference there says that the "
        "compared counties were not alike to begin with; that none can be told does not say that "
        f"they were. Counties of the main design, at least {say.format_count(fewest)} of "
        f"{say.format_count(real.n_obs)} where one is not known of all; errors "
        f"{error_words(real.spec, words.data)}; "
        "joint test by the wild cluster bootstrap, of the policy on all of them. "
        f"{_dealt_words(dealt)}",
        source=source_of(words.data, *specs),
    )


def _dealt_words(dealt: SpecificationCurve) -> str:
    """Say what a policy without any meaning would give."""
    return (
        "The policy itself, dealt out at random "
        f"{say.format_count(dealt.summary['n_permutations'])} times, gives a t statistic of the "
        "outcome at least as large as the real one with p "
        f"{say.format_p_value(dealt.summary['p_median'])}. Dealing finds too little rather than "
        "too much, and gives no interval."
    )


def show_later_signers(
    results: Mapping[str, Estimates], wild: Mapping[str, float], *, data: Panel | None = None
) -> Output:
    """Show counties that had a policy before the outcome beside those that took it up after.

    Parameters
    ----------
    results : mapping of label to Estimates
        The policy in force before the outcome; then, where there are any, the counties that took it
        up later. Both against counties without it.
    wild : mapping of label to float
        p value of the wild cluster bootstrap of each.
    """
    main = next(iter(results.values()))
    if len(results) == 1:
        return left_out("counties that signed later: no day of signing after the rates is known")
    words, rows = result_words(main, data), []
    for name, one in results.items():
        has = np.asarray(one.sample.columns[one.spec.treatment]) == 1
        more = {"n_treated": int(has.sum()), "df": float(one.df[one.spec.treatment])}
        rows.append(result_row(one.row, label=name, wild=wild[name], **more))
    table = scaled(pd.DataFrame(rows), words.scale)
    return show_table(
        table,
        caption=f"Who signed when: difference from counties without any, in {words.table_unit}",
        note=_later_words(table.iloc[-1]),
        source=words.source,
        columns={
            "label": "Counties that signed",
            "n_treated": "Of these",
            **result_columns(table),
            "df": DEGREES,
            "wild": WILD_P,
        },
    )


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
        f"Counties that signed later {told[verdict]}: {say.with_interval(row)}. An agreement that "
        "is not there yet can do nothing, so that a difference here is one of who signs. They are "
        "in no other estimate of this page."
    )
