"""Crime reporting in detail: spread of rates, few clusters, the score, and variation."""

from __future__ import annotations

import pandas as pd

from coopanalysis.checks import Question
from coopanalysis.checks.clusters import compare_errors
from coopanalysis.checks.variation import QUARTILES, blank_interval, find_dose, vary
from coopanalysis.exhibits.common import find_policy, note
from coopanalysis.exhibits.crime import LAYOUTS, UNITS, outcome_label
from coopanalysis.exhibits.demographics import format_covariate
from coopanalysis.exhibits.robustness.many import errors_table
from coopanalysis.exhibits.robustness.words import axis_of
from coopanalysis.figures import plot_distribution, plot_dose_response, show_figure
from coopanalysis.sentences import (
    describe_chart,
    describe_sources,
    format_count,
    format_interval,
    format_number,
    format_p_value,
    pluralise,
)
from coopanalysis.shown import Shown
from coopanalysis.tables import ColumnFormat, show_table

LEVEL = 0.05
MODERATOR_WORDS = {"hispanic_share": "Hispanic share", "population_count": "population"}
MOST_SHOWN = 0.995


def show_distribution(question: Question) -> Shown:
    """Distribution of the rate by policy."""
    panel, outcome = question.panel, question.outcome
    words = find_policy(panel, question.policy)
    known = question.frame.dropna(subset=[outcome, question.policy])
    group = known[question.policy].map({1: "with", 0: "without"})
    rows = pd.DataFrame({"group": group, "rate": known[outcome].astype("float64")})
    middle = rows.groupby("group")["rate"].median()
    reading = (
        f"Half of the counties with the policy report at most {format_number(middle['with'])}, "
        f"half of those without at most {format_number(middle['without'])}"
    )
    end = float(rows["rate"].quantile(MOST_SHOWN))
    beyond = int((rows["rate"] > end).sum())
    ordered = rows.sort_values(["group", "rate"], ignore_index=True)
    share = (ordered.groupby("group").cumcount() + 1) / ordered.groupby("group")["rate"].transform(
        "size"
    )
    figure = plot_distribution(
        rows,
        value="rate",
        group="group",
        labels={"with": "With the policy", "without": "Without it"},
        x_label=axis_of(question),
    )
    figure.axes[0].set_xlim(0, end)
    return show_figure(
        figure,
        finding=f"{reading}.",
        subtitle=f"Share of counties at or below each rate of {question.year}; with the policy: "
        f"counties that {words.plural}",
        alt=describe_chart(
            "Cumulative distribution, two step lines",
            x=f"{UNITS[outcome]}, 0 to {format_number(end)}",
            y="share of counties at or below, 0% to 100%",
            reading=reading,
        ),
        note=f"Counties with usable rates, each counted once and as it is: no covariates. "
        f"{pluralise(beyond, 'county', 'counties')} with higher rates than the axis shows are in "
        "the lines and in the data.",
        source=describe_sources(panel.build, ("urban-crime",)),
        data=ordered.assign(share_at_or_below=share.round(4)),
    )


def show_errors(question: Question) -> Shown:
    """Main estimate under five types of error."""
    return errors_table(
        compare_errors(question.estimates, question.frame),
        caption=f"The main design under five errors, in {UNITS[question.outcome]}",
        source=describe_sources(question.panel.build, LAYOUTS),
    )


def show_dose(question: Question) -> Shown:
    """Outcome at each cooperation score, within states and covariates held."""
    dose = find_dose(question)
    if dose is None:
        return note("No comparison by score: this release does not hold all seven practices.")
    p_value = float(dose.test["p_value"])
    least, most = dose.table.iloc[0], dose.table.iloc[-1]
    told = "differ" if p_value < LEVEL else "cannot be told apart"
    reading = (
        f"Rates at different scores {told} (joint test p {format_p_value(p_value)}): against a "
        f"score of {dose.reference}, {format_number(least['estimate'])} at {least['score']} and "
        f"{format_number(most['estimate'])} at {most['score']}"
    )
    return show_figure(
        plot_dose_response(
            blank_interval(dose.table),
            dose="score",
            x_label="Cooperation score",
            y_label=axis_of(question),
            null=0.0,
        ),
        finding=f"{reading}.",
        subtitle=f"Difference in {UNITS[question.outcome]}, {question.year}, from counties with "
        f"{dose.reference} of the seven practices, the commonest score; 95% intervals",
        alt=describe_chart(
            "Points with intervals",
            x="cooperation score, number of practices",
            y=f"difference in {axis_of(question).lower()} from score {dose.reference}",
            reading=reading,
        ),
        note="The main design with the score in place of the policy; scores at the ends with few "
        "counties are pooled. Errors CR1 by state. Association, not effect.",
        source=describe_sources(question.panel.build, (*LAYOUTS, "ilrc-rubric")),
        data=dose.table[["score", "estimate", "conf_low", "conf_high", "p_value", "n_obs"]],
    )


def show_variation(question: Question) -> Shown:
    """Difference by policy where the Hispanic share, and the population, are low and high."""
    table = vary(question)
    words = []
    for name, rows in table.groupby("moderator", sort=False):
        p_value = float(rows["p_value_product"].iloc[0])
        verb = "varies" if p_value < LEVEL else "cannot be told to vary"
        ends = [format_number(rows["estimate"].iloc[k]) for k in (0, -1)]
        words.append(
            f"The difference {verb} with the {MODERATOR_WORDS[str(name)]}, from {ends[0]} at its "
            f"lower to {ends[1]} at its upper quartile (test of the product p "
            f"{format_p_value(p_value)})."
        )
    quartiles = dict(zip(QUARTILES, ("lower quartile", "median", "upper quartile"), strict=True))
    where = [
        f"{row['label']}, {quartiles[row['quartile']]}: "
        + format_covariate(row["moderator"], row["at"])
        for _, row in table.iterrows()
    ]
    return show_table(
        table.assign(where=where),
        caption=f"Does the difference vary? By policy, in {UNITS[question.outcome]}",
        note=" ".join(words) + " The main design with the policy multiplied by each in turn; "
        "errors CR1 by state.",
        source=describe_sources(question.panel.build, LAYOUTS),
        columns={
            "where": "Where",
            "estimate": ColumnFormat("Estimate", digits=1),
            "conf_low": ColumnFormat("95% from", digits=1),
            "conf_high": ColumnFormat("95% to", digits=1),
            "p_value": ColumnFormat("p", digits=3),
            "p_value_product": ColumnFormat("p of the product", kind="number", digits=3),
        },
    )


def describe_main(question: Question) -> dict[str, str]:
    """Row of this report beside the published ones."""
    row = question.row
    return {
        "study": "This report" + (", simulated data" if question.panel.release == "demo" else ""),
        "where": f"{format_count(row['n_obs'])} counties, {question.year}",
        "treatment": find_policy(question.panel, question.policy).label,
        "outcome": outcome_label(question.outcome),
        "printed": f"{format_number(row['estimate'])} "
        f"({format_interval(row['conf_low'], row['conf_high'])})",
        "differs": "\N{EN DASH}",
    }
