"""Exhibits of placebos: outcomes and policies that should show nothing, and states left out."""

from __future__ import annotations

import pandas as pd

from coopanalysis.checks import Checks
from coopanalysis.checks.question import result_row
from coopanalysis.display.figures import plot_coefficients, show_figure
from coopanalysis.display.html import Output
from coopanalysis.display.sentences import (
    describe_chart,
    format_number,
    format_p_value,
    is_distinguishable,
    join_words,
)
from coopanalysis.display.tables import ColumnFormat, show_table
from coopanalysis.exhibits.robustness.words import (
    INTERVALS,
    RESULT_COLUMNS,
    count_told,
    policy_of,
    row_with_largest,
    source_of,
    unit_of,
    with_interval,
)

MOST_STATES = 6
LEVEL = 0.05


def show_placebo_outcomes(checks: Checks) -> Output:
    """Characteristics from before the policy as if they were outcomes."""
    question, table = checks.question, checks.placebos.outcomes
    placebos = table[table["is_placebo"]]
    told = [row["label"] for _, row in placebos.iterrows() if is_distinguishable(row)]
    largest = row_with_largest(placebos, placebos["estimate"].abs())
    real = table[~table["is_placebo"]].iloc[0]
    reading = (
        f"{len(told)} of {len(placebos)} characteristics from before can be told to differ by "
        "policy"
        + (f" ({join_words(told)})" if told else "")
        + f"; the largest difference is {format_number(largest['estimate'])} standard deviations, "
        f"that of the outcome itself {format_number(real['estimate'])}"
    )
    return show_figure(
        plot_coefficients(
            table.assign(term=table["label"]),
            {label: label for label in table["label"]},
            x_label="Difference by policy, standard deviations",
        ),
        finding=f"{reading}.",
        subtitle=f"The main design with other outcomes: counties that {policy_of(question).plural} "
        f"against counties that do not; {INTERVALS}",
        alt=describe_chart(
            "Coefficient plot",
            x="difference in standard deviations, zero marked",
            y=f"{len(placebos)} characteristics from before the policy, and the outcome",
            reading=reading,
        ),
        note="A policy cannot change what was before it. A difference there says that the "
        "compared counties were not alike to begin with. Same counties as the main design; errors "
        "CR1 by state.",
        source=source_of(question),
        data=table.drop(columns="is_placebo"),
    )


def show_placebo_policies(checks: Checks) -> Output:
    """Permutation within states, and agreements that were still to come."""
    placebos, main = checks.placebos, checks.question.row
    rare = "rarely" if placebos.permutation_p < LEVEL else "often"
    words = (
        f"Dealt out at random within states {placebos.n_permutations} times, the policy gives a "
        f"t statistic at least as large as the real one {rare}: p "
        f"{format_p_value(placebos.permutation_p)}. {placebos.future_note}"
    )
    real = pd.DataFrame([result_row(main, label="The policy itself")])
    table = pd.concat([real, placebos.future], ignore_index=True)
    return show_table(
        table,
        caption=f"Placebo policies: difference in {unit_of(checks.question)}",
        note=words,
        source=source_of(checks.question),
        columns={"label": "Policy", **RESULT_COLUMNS},
    )


def show_without_states(checks: Checks) -> Output:
    """The estimate without each state: the states that move it most."""
    question, table = checks.question, checks.placebos.without_state
    main = question.row
    order = table["change"].abs().sort_values(ascending=False).index
    top = table.loc[order[:MOST_STATES]]
    turned = int((table["estimate"] * float(main["estimate"]) <= 0).sum())
    least, most = (row_with_largest(table, way * table["estimate"]) for way in (-1, 1))
    told = count_told(table)
    return show_table(
        top,
        caption=f"Without one state: the {len(top)} states that move the estimate most",
        note=f"With all states {with_interval(main)}. Without one of {len(table)}, it runs from "
        f"{format_number(least['estimate'])} (without {least['state']}) to "
        f"{format_number(most['estimate'])} (without {most['state']}); its sign turns {turned} "
        f"times, and {told} of {len(table)} intervals leave out zero.",
        source=source_of(question),
        columns={
            "state": "Without",
            "left_out_count": ColumnFormat("Counties left out", kind="count"),
            "change": ColumnFormat("Change", digits=1),
            **RESULT_COLUMNS,
        },
    )
