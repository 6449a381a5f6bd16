"""Exhibits of comparable counties: balance, sample sizes, overlap, and what is left."""

from __future__ import annotations

from coopanalysis.checks import Checks
from coopanalysis.checks.comparable import ENTROPY, MATCHED
from coopanalysis.display.figures import plot_love, plot_overlap, show_figure
from coopanalysis.display.figures.balance import BALANCED
from coopanalysis.display.html import Output
from coopanalysis.display.sentences import (
    describe_chart,
    describe_share,
    format_count,
    format_number,
    join_words,
    pluralise,
)
from coopanalysis.display.tables import ColumnFormat, show_table
from coopanalysis.exhibits.common import note
from coopanalysis.exhibits.robustness.words import (
    RESULT_COLUMNS,
    count_same_sign,
    count_told,
    policy_of,
    row_with_largest,
    source_of,
    unit_of,
    with_interval,
)

FEW = 5


def show_balance(checks: Checks) -> Output:
    """Love plot: standardized differences before and after."""
    balance, methods = checks.comparable.balance, checks.comparable.methods
    drawn = balance.rename(columns={"before": "Before"})
    drawn["label"] = drawn["label"].str.split(",").str[0]
    worst = row_with_largest(balance, balance["before"].abs())
    after = [f"{_largest(checks, name)} after {name.lower()}" for name in methods]
    reading = (
        f"The largest standardized difference is {format_number(worst['before'])} before "
        f"({worst['label'].split(',')[0]})" + (f", {join_words(after)}" if after else "")
    )
    return show_figure(
        plot_love(drawn, label="label", methods=["Before", *methods]),
        finding=f"{reading}.",
        subtitle=f"Counties that {policy_of(checks.question).plural} minus counties that do not, "
        f"in standard deviations; shaded: within {format_number(BALANCED)}",
        alt=describe_chart(
            "Love plot",
            x="standardized difference between the two groups, zero marked",
            y=f"{len(balance)} covariates, one mark before and one after each method",
            reading=reading,
        ),
        note="Differences of means over the root of the mean of the two variances before "
        "balancing, in every column. Entropy balancing makes the means equal by design.",
        source=source_of(checks.question),
        data=drawn,
    )


def _largest(checks: Checks, method: str) -> str:
    return format_number(checks.comparable.balance[method].abs().max(), 2)


def show_samples(checks: Checks) -> Output:
    """How many counties each method compares, and how many equal ones they are worth."""
    samples = checks.comparable.samples
    written = samples.assign(
        largest_difference=[format_number(value, 2) for value in samples["largest_difference"]],
    )
    notes = [f"{row['method']}: {row['note']}" for _, row in samples.iterrows() if row["note"]]
    return show_table(
        written,
        caption="Counties compared before and after balancing",
        note=" ".join(notes) + " Controls of equal weight are those that would carry as much as "
        "the weighted ones. Matching cuts each covariate at its thirds.",
        source=source_of(checks.question),
        columns={
            "method": "Method",
            "n_treated": ColumnFormat("With the policy", kind="count"),
            "n_control": ColumnFormat("Without", kind="count"),
            "effective_controls": ColumnFormat("Without, of equal weight", kind="count"),
            "largest_difference": ColumnFormat("Largest difference", kind="written"),
        },
    )


def show_overlap(checks: Checks) -> Output:
    """Where the two groups overlap in the probability of the policy."""
    table = checks.comparable.overlap
    if table.empty:
        return note("The probability of the policy could not be modelled: the groups separate.")
    thin = table[(table["n_control"] < FEW) & (table["n_treated"] > 0)]
    lonely, treated = int(thin["n_treated"].sum()), int(table["n_treated"].sum())
    reading = (
        f"{describe_share(lonely, treated, 'counties with the policy')} lie in a tenth of "
        f"probability with fewer than {pluralise(FEW, 'county', 'counties')} without it"
    )
    return show_figure(
        plot_overlap(table),
        finding=f"{reading}.",
        subtitle=f"Counties by the estimated probability that they "
        f"{policy_of(checks.question).plural}; with above, without below",
        alt=describe_chart(
            "Two histograms back to back",
            x="estimated probability of the policy, 0 to 1, in tenths",
            y=f"number of counties, {format_count(treated)} with the policy upwards, "
            f"{format_count(table['n_control'].sum())} without downwards",
            reading=reading,
        ),
        note="Logit of the policy on the covariates of the main design, without state effects.",
        source=source_of(checks.question),
        data=table,
    )


def show_balanced_estimates(checks: Checks) -> Output:
    """Difference among balanced counties."""
    table, main = checks.comparable.estimates, checks.question.row
    if table.empty:
        return note("Neither method found weights; the reasons stand in the table above.")
    return show_table(
        table,
        caption=f"Difference by policy among balanced counties, in {unit_of(checks.question)}",
        note=f"{count_same_sign(table, float(main['estimate']))} of {len(table)} have the sign of "
        f"the main estimate, {with_interval(main)}; {count_told(table)} leave out zero. "
        f"{ENTROPY} and {MATCHED.lower()} alone compare across states; with the main design they "
        "also hold state effects and covariates. Errors CR1 by state; weights count as known.",
        source=source_of(checks.question),
        columns={
            "label": "Weights",
            **RESULT_COLUMNS,
            "effective_n": ColumnFormat("Of equal weight", kind="count"),
        },
    )
