"""Comparisons in which nothing should be found."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from coopanalysis.display.claims import is_distinguishable
from coopanalysis.display.figures import plot_coefficients, show_figure
from coopanalysis.display.html import Output
from coopanalysis.display.results import INTERVALS, result_columns
from coopanalysis.display.sentences import (
    describe_chart,
    format_number,
    format_p_value,
    join_words,
)
from coopanalysis.display.tables import show_table
from coopanalysis.display.tallies import row_with_largest, scaled
from coopanalysis.display.words import (
    columns_of_model,
    error_words,
    in_sentence,
    release_of,
    result_words,
    source_line,
)
from coopanalysis.models import Estimates, SpecificationCurve
from coopanalysis.models.inference import result_row
from coopanalysis.panel import Panel

LEVEL = 0.05


def show_placebo_outcomes(
    placebos: Mapping[str, Estimates], real: Estimates, *, data: Panel | None = None
) -> Output:
    """Show what a policy goes together with that it cannot have changed.

    Parameters
    ----------
    placebos : mapping of label to Estimates
        The same model of other outcomes, each in standard deviations.
    real : Estimates
        The model of the outcome itself, in standard deviations.
    data : Panel, optional
        The release, where several are loaded.
    """
    data, words = release_of(data), result_words(real, release_of(data))
    rows = [result_row(one.row, label=name) for name, one in placebos.items()]
    told = [str(row["label"]) for row in rows if is_distinguishable(row)]
    table = pd.DataFrame([*rows, result_row(real.row, label="The outcome itself")])
    largest = row_with_largest(table[:-1], table["estimate"][:-1].abs())
    reading = (
        f"{len(told)} of {len(placebos)} characteristics from before can be told to differ by "
        "policy"
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
        "compared counties were not alike to begin with. Same counties as the main design; errors "
        f"{error_words(real.spec, data)}.",
        source=source_line(data, list(columns)),
        data=table,
    )


def show_placebo_policies(
    results: Mapping[str, Estimates],
    dealt: SpecificationCurve,
    *,
    note: str = "",
    data: Panel | None = None,
) -> Output:
    """Show a policy beside those that were still to come, or were dealt out at random.

    Parameters
    ----------
    results : mapping of label to Estimates
        The policy itself first.
    dealt : SpecificationCurve
        Of the policy's model alone, with permutations.
    note : str
        Whom the others compare.
    data : Panel, optional
        The release, where several are loaded.
    """
    data, main = release_of(data), next(iter(results.values()))
    words, p_value = result_words(main, data), dealt.summary["p_median"]
    rows = [result_row(one.row, label=name) for name, one in results.items()]
    table = scaled(pd.DataFrame(rows), words.scale)
    return show_table(
        table,
        caption=f"Placebo policies: difference in {words.table_unit}",
        note=f"Dealt out at random {dealt.summary['n_permutations']:.0f} times, the policy gives "
        "a t statistic at least as large as the real one "
        f"{'rarely' if p_value < LEVEL else 'often'}: p {format_p_value(p_value)}. {note}".strip(),
        source=source_line(data, columns_of_model(main.spec)),
        columns={"label": "Policy", **result_columns(table)[0]},
    )
