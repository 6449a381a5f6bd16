"""Comparisons in which nothing should be found, and an estimate without each group."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from coopanalysis.display.figures import plot_coefficients, show_figure
from coopanalysis.display.html import Output
from coopanalysis.display.page import left_out
from coopanalysis.display.results import INTERVALS, result_columns
from coopanalysis.display.sentences import (
    describe_chart,
    format_count,
    format_number,
    format_p_value,
    is_distinguishable,
    join_words,
    pluralise,
)
from coopanalysis.display.tables import ColumnFormat, show_table
from coopanalysis.display.tallies import count_told, row_with_largest, scaled, scaled_row
from coopanalysis.display.words import (
    columns_of_model,
    effect_label,
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

MOST_GROUPS = 6
LEVEL = 0.05


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
        Of `models.wild_joint_test`: all of them together.
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
    p_value = float(joint["p_value"])
    reading = (
        f"{pluralise(len(placebos), 'characteristic')} from before, taken together, "
        f"{'differ' if p_value < LEVEL else 'cannot be told to differ'} by policy (joint p "
        f"{format_p_value(p_value)}), {format_count(len(told))} of them alone"
        + (f" ({join_words(told)})" if told else "")
        + f"; the largest difference is {format_number(largest['estimate'])} standard deviations, "
        f"that of the outcome itself {format_number(real.row['estimate'])}"
    )
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
        f"they were. Same counties as the main design; errors {error_words(real.spec, data)}; "
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
        f"{format_p_value(dealt.summary['p_median'])}."
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
            "df": ColumnFormat("Degrees of freedom", kind="number", digits=1),
            "wild": ColumnFormat("p, wild bootstrap", kind="number", digits=3),
        },
    )


def _n_treated(estimates: Estimates) -> int:
    return int((np.asarray(estimates.sample.columns[estimates.spec.treatment]) == 1).sum())


def _later_words(row: pd.Series) -> str:
    """Say whether those who signed later were different before they did."""
    told = (
        "differed from counties without any before they signed"
        if is_distinguishable(row)
        else "cannot be told to have differed from counties without any before they signed"
    )
    return (
        f"Counties that signed later {told}: {with_interval(row)}. An agreement that is not there "
        "yet can do nothing, so that a difference here is one of who signs. They are in no other "
        "estimate of this page."
    )


def show_leave_one_out(
    without: Mapping[str, Estimates],
    estimates: Estimates,
    *,
    group: str = "state_fips",
    data: Panel | None = None,
) -> Output:
    """Show an estimate without each group: those that move it most, and how far it runs.

    Parameters
    ----------
    without : mapping of group to Estimates
        The same model, each on the counties outside of one group.
    estimates : Estimates
        The model on all.
    group : str
        Column that the groups are of.
    data : Panel, optional
        The release, where several are loaded.
    """
    data, words = release_of(data), result_words(estimates, release_of(data))
    what = in_sentence(effect_label(data, group))
    main = scaled_row(estimates.row, words.scale)
    rows = [
        result_row(one.row, group=name, left_out_count=estimates.n_obs - one.n_obs)
        for name, one in without.items()
    ]
    table = scaled(pd.DataFrame(rows), words.scale)
    table["change"] = table["estimate"] - float(main["estimate"])
    order = table["change"].abs().sort_values(ascending=False).index
    top = table.loc[order[:MOST_GROUPS]]
    turned = int((table["estimate"] * float(main["estimate"]) <= 0).sum())
    least, most = (row_with_largest(table, way * table["estimate"]) for way in (-1, 1))
    columns, digits = result_columns(top)
    return show_table(
        top,
        caption=f"Without one {what}: the {len(top)} that move the estimate most, in "
        f"{words.table_unit}",
        note=f"With all {with_interval(main)}. Without one of {len(table)}, it runs from "
        f"{format_number(least['estimate'])} (without {least['group']}) to "
        f"{format_number(most['estimate'])} (without {most['group']}); its sign turns {turned} "
        f"times, and {count_told(table)} of {len(table)} intervals leave out zero.",
        source=source_line(data, columns_of_model(estimates.spec)),
        columns={
            "group": "Without",
            "left_out_count": ColumnFormat("Counties left out", kind="count"),
            "change": ColumnFormat("Change", digits=digits),
            **columns,
        },
    )
