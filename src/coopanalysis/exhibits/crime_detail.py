"""Crime reporting in detail: spread of rates, few clusters, the score, and variation."""

from __future__ import annotations

import pandas as pd

from coopanalysis.checks import Question
from coopanalysis.checks.clusters import compare_errors
from coopanalysis.checks.question import COVERAGE
from coopanalysis.checks.variation import blank_interval, find_dose, vary
from coopanalysis.display.figures import plot_distribution, plot_dose_response, show_figure
from coopanalysis.display.html import Output
from coopanalysis.display.sentences import (
    describe_chart,
    describe_sources,
    format_count,
    format_interval,
    format_number,
    format_p_value,
    pluralise,
)
from coopanalysis.display.tables import ColumnFormat, show_table
from coopanalysis.exhibits.common import find_policy, note, policy_layouts
from coopanalysis.exhibits.crime import LAYOUTS, UNITS, outcome_label
from coopanalysis.exhibits.demographics import format_covariate
from coopanalysis.exhibits.robustness.many import errors_table
from coopanalysis.exhibits.robustness.words import axis_of

LEVEL = 0.05
MODERATOR_WORDS = {
    "hispanic_share": "the Hispanic share",
    "population_count": "population",
    "population_per_km2": "residents per square kilometre",
    COVERAGE: "coverage",
}
MOST_SHOWN = 0.995


def show_distribution(question: Question) -> Output:
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
        source=sources(question, "urban-crime"),
        data=ordered.assign(share_at_or_below=share.round(4)),
    )


def sources(question: Question, *layouts: str) -> str:
    """Source line: the layouts given, or all of the models, and where the policy comes from."""
    wanted = (*(layouts or LAYOUTS), *policy_layouts(question.panel, question.policy))
    return describe_sources(question.panel.build, wanted)


def show_errors(question: Question) -> Output:
    """Main estimate under five types of error."""
    return errors_table(
        compare_errors(question.estimates, question.frame),
        caption=f"The main design under five errors, in {UNITS[question.outcome]}",
        source=sources(question),
    )


def show_dose(question: Question) -> Output:
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
        source=describe_sources(
            question.panel.build, (*LAYOUTS, *policy_layouts(question.panel, "cooperation_score"))
        ),
        data=dose.table[["score", "estimate", "conf_low", "conf_high", "p_value", "n_obs"]],
    )


def show_variation(question: Question) -> Output:
    """Difference by policy where each moderator is low and high, with joint tests."""
    found = vary(question)
    words = [_varies(rows) for _, rows in found.table.groupby("moderator", sort=False)]
    p_value = float(found.test["p_value"])
    told = "varies with some of these" if p_value < LEVEL else "cannot be told to vary with any"
    words.append(
        f"Taken together, in one model with all of them, it {told} (joint test of "
        f"{format_count(found.test['df_num'])} products, p {format_p_value(p_value)})."
    )
    words += [f"{label} is the same in all counties used." for label in found.left_out]
    return show_table(
        found.table.assign(where=[_where(row) for _, row in found.table.iterrows()]),
        caption=f"Does the difference vary? By policy, in {UNITS[question.outcome]}",
        note=" ".join(words) + " The main design with the policy multiplied by each in turn; "
        "errors CR1 by state. No source has a rural code: residents per square kilometre stand for "
        "how rural a county is. Coverage is that of the rule: all agencies reported, or most.",
        source=sources(question, *LAYOUTS, "census-counties"),
        columns={
            "where": "Where",
            "estimate": ColumnFormat("Estimate", digits=1),
            "conf_low": ColumnFormat("95% from", digits=1),
            "conf_high": ColumnFormat("95% to", digits=1),
            "p_value": ColumnFormat("p", digits=3),
            "p_value_product": ColumnFormat("p of the product", kind="number", digits=3),
        },
    )


def _varies(rows: pd.DataFrame) -> str:
    """Say whether the difference varies with one moderator."""
    first, last = rows.iloc[0], rows.iloc[-1]
    p_value = float(first["p_value_product"])
    verb = "varies" if p_value < LEVEL else "cannot be told to vary"
    return (
        f"The difference {verb} with {MODERATOR_WORDS[first['moderator']]}, from "
        f"{format_number(first['estimate'])} ({first['place']}) to "
        f"{format_number(last['estimate'])} ({last['place']}; test of the product p "
        f"{format_p_value(p_value)})."
    )


def _where(row: pd.Series) -> str:
    """Name a moderator, the point, and its value there."""
    if row["moderator"] == COVERAGE:
        return f"{row['label']}: {row['place']}"
    small = row["moderator"] == "population_per_km2"
    at = format_number(row["at"], 1) if small else format_covariate(row["moderator"], row["at"])
    return f"{row['label']}, {row['place']}: {at}"


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
