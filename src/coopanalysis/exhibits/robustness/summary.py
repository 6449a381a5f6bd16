"""The main estimate, how it fares, and what none of it can show."""

from __future__ import annotations

import pandas as pd

from coopanalysis.checks import Checks, Question
from coopanalysis.checks.comparable import MATCHED
from coopanalysis.display.figures import plot_coefficients, show_figure
from coopanalysis.display.html import Output
from coopanalysis.display.page import show_headline, show_limits
from coopanalysis.display.sentences import (
    describe_chart,
    describe_estimate,
    format_count,
    format_interval,
    format_number,
    format_share,
    pluralise,
)
from coopanalysis.exhibits import crime
from coopanalysis.exhibits.robustness.strict import coverage_limits
from coopanalysis.exhibits.robustness.words import (
    INTERVALS,
    axis_of,
    count_same_sign,
    count_told,
    difference_of,
    policy_of,
    sources_of,
    unit_of,
    with_interval,
)


def headline(checks: Checks) -> Output:
    """Main estimate, and in how many checks it stands."""
    question = checks.question
    row = question.row
    sentence = describe_estimate(
        row,
        unit_of(question),
        subject=policy_of(question).subject,
        comparison="counties that do not, alike in the covariates and in the same state",
    )
    return show_headline(
        f"{sentence} {fares(checks)}",
        unit=unit_of(question),
        comparison="counties without the policy in the same state, covariates held",
        interval=format_interval(row["conf_low"], row["conf_high"]),
        n=f"{format_count(row['n_obs'])} counties in {format_count(row['n_clusters'])} states; "
        f"{format_count(len(question.frame) - row['n_obs'])} left out",
    )


def fares(checks: Checks) -> str:
    """Say how the main estimate fares: checks, specifications, worst case."""
    curve = checks.curve.summary
    worst = checks.rules.set_index("rule").loc["worst case"]
    others = _others(checks.summary)
    return (
        f"{others[0].upper()}{others[1:]}; of {format_count(curve['n_specifications'])} "
        "specifications, "
        f"{format_share(curve['share_positive'])} lie above zero, with a median of "
        f"{format_number(curve['median'])}. Nothing is known of what was not reported: in the "
        f"worst case the difference lies anywhere between {format_number(worst['estimate_low'])} "
        f"and {format_number(worst['estimate_high'])}."
    )


def _others(summary: pd.DataFrame) -> str:
    """Say how the checks' estimates lie; those with other errors alone count as intervals only."""
    main = summary[summary["is_main"]].iloc[0]
    others = summary[~summary["is_main"]]
    own = others[~others["is_error_only"]]
    return (
        f"of {pluralise(len(own), 'other estimate')}, "
        f"{count_same_sign(own, float(main['estimate']))} have its sign; with "
        f"{format_count(len(others) - len(own))} more that differ in their errors alone, "
        f"{count_told(others)} of {format_count(len(others))} intervals leave out zero"
    )


def limits(checks: Checks) -> Output:
    """What the checks cannot show, with the counts of the gaps."""
    question = checks.question
    used, total = int(question.row["n_obs"]), len(question.frame)
    matched = checks.comparable.samples.set_index("method").loc[MATCHED]
    treated = int(checks.comparable.samples["n_treated"].iloc[0])
    items = [
        f"{format_count(total - used)} of {format_count(total)} counties are not in the main "
        f"design, because they reported too little in {question.year} or lack a covariate. Only "
        "the bounds say anything about them.",
        f"{pluralise(int(question.row['n_clusters']), 'state')} stand behind the errors; the "
        "checks of few clusters say what that costs.",
        f"{format_count(treated - matched['n_treated'])} of {format_count(treated)} counties with "
        "the policy share no cell of coarsened covariates with a county without it: for them there "
        "is nobody to compare with by matching.",
        f"{format_count(checks.space.residual.n_islands)} of "
        f"{format_count(checks.space.residual.n_obs)} counties have no neighbour with a usable "
        "rate, so that checks of space see a map with holes.",
        *coverage_limits(checks),
        *crime.time_order(question.panel, question.policy, question.year),
        "Checks share the covariates and the counties. That many agree is not that many pieces of "
        "evidence, and a circumstance that none of them measures is in all of them.",
        f"The policy ({policy_of(question).label}) was not assigned at random. Nothing here shows "
        "what it does.",
    ]
    return show_limits(items)


def show_coverage(question: Question) -> Output:
    """Reporting coverage by policy, before any result."""
    return crime.show_coverage(question.frame, question.panel, question.policy, question.year)


def show_summary(checks: Checks) -> Output:
    """Every other estimate of the main difference, in one figure."""
    question, table = checks.question, checks.summary
    main = question.row
    others = table[~table["is_main"]]
    reading = f"the main design gives {with_interval(main)}; {_others(table)}"
    return show_figure(
        plot_coefficients(table, {name: name for name in table["term"]}, x_label=axis_of(question)),
        finding=f"{reading[0].upper()}{reading[1:]}.",
        subtitle=f"{difference_of(question)}; {INTERVALS}",
        alt=describe_chart(
            "Coefficient plot",
            x=f"difference in {unit_of(question)}, zero marked",
            y=f"the main design and {len(others)} checks of it",
            reading=f"Estimates run from {format_number(table['estimate'].min())} to "
            f"{format_number(table['estimate'].max())}; {reading}",
        ),
        note="The wild bootstrap has no error of its own: its 80% interval is drawn in proportion. "
        + _known_words(question, table),
        source=sources_of(question),
        data=table,
    )


def _known_words(question: Question, table: pd.DataFrame) -> str:
    known = question.panel.known_effect(question.outcome, question.policy)
    if known is None:
        return "Associations, not effects."
    inside = int(((table["conf_low"] <= known) & (known <= table["conf_high"])).sum())
    return (
        f"Simulated with a known effect of {format_number(known)}: it lies inside {inside} of "
        f"these {len(table)} intervals."
    )
