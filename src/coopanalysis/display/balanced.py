"""Whether two groups are alike: balance, sizes, overlap, and what is left of a difference."""

from __future__ import annotations

from coopanalysis.display.figures import plot_love, plot_overlap, show_figure
from coopanalysis.display.figures.balance import BALANCED
from coopanalysis.display.html import Output
from coopanalysis.display.page import left_out
from coopanalysis.display.results import result_columns
from coopanalysis.display.sentences import (
    describe_chart,
    describe_share,
    format_count,
    format_number,
    join_words,
    pluralise,
)
from coopanalysis.display.tables import ColumnFormat, show_table
from coopanalysis.display.tallies import (
    count_same_sign,
    count_told,
    row_with_largest,
    scaled,
    scaled_row,
)
from coopanalysis.display.words import (
    columns_of_model,
    error_words,
    release_of,
    result_words,
    source_line,
    with_interval,
)
from coopanalysis.models import Balanced, Estimates
from coopanalysis.models.balanced import BEFORE, ENTROPY, MATCHED
from coopanalysis.models.terms import columns_of
from coopanalysis.panel import Panel

FEW = 5


def show_balance(balanced: Balanced, estimates: Estimates, *, data: Panel | None = None) -> Output:
    """Show how far apart two groups are in each covariate, before and after balancing.

    Parameters
    ----------
    balanced : Balanced
        From `models.compare_balanced`.
    estimates : Estimates
        The fit whose counties are compared.
    data : Panel, optional
        The release, where several are loaded.
    """
    data, words = release_of(data), result_words(estimates, release_of(data))
    labels = [data.column(columns_of([one])[0]).label for one in balanced.balance["covariate"]]
    drawn = balanced.balance.drop(columns="covariate").assign(label=labels)
    drawn = drawn[["label", BEFORE, *balanced.methods]]
    worst = row_with_largest(drawn, drawn[BEFORE].abs())
    after = [
        f"{format_number(drawn[name].abs().max(), 2)} after {name.lower()}"
        for name in balanced.methods
    ]
    reading = (
        f"The largest standardized difference is {format_number(worst[BEFORE])} before "
        f"({worst['label']})" + (f", {join_words(after)}" if after else "")
    )
    return show_figure(
        plot_love(drawn, label="label", methods=[BEFORE, *balanced.methods]),
        finding=f"{reading}.",
        subtitle=f"{words.subject} minus {words.comparison.split(',')[0]}, in standard "
        f"deviations; shaded: within {format_number(BALANCED)}",
        alt=describe_chart(
            "Love plot",
            x="standardized difference between the two groups, zero marked",
            y=f"{len(drawn)} covariates, one mark before and one after each method",
            reading=reading,
        ),
        note="Differences of means over the root of the mean of the two variances before "
        "balancing, in every column. Entropy balancing makes the means equal by design.",
        source=source_line(data, columns_of_model(estimates.spec)),
        data=drawn,
    )


def show_samples(balanced: Balanced, estimates: Estimates, *, data: Panel | None = None) -> Output:
    """Show how many counties each method compares, and how many equal ones they are worth."""
    data, samples = release_of(data), balanced.samples
    written = samples.assign(
        largest_difference=[format_number(value, 2) for value in samples["largest_difference"]],
    )
    notes = [f"{row['method']}: {row['note']}" for _, row in samples.iterrows() if row["note"]]
    return show_table(
        written,
        caption="Counties compared before and after balancing",
        note=" ".join(
            [*notes, "Controls of equal weight are those that would carry as much as the weighted."]
        ),
        source=source_line(data, columns_of_model(estimates.spec)),
        columns={
            "method": "Method",
            "n_treated": ColumnFormat("With the policy", kind="count"),
            "n_control": ColumnFormat("Without", kind="count"),
            "effective_controls": ColumnFormat("Without, of equal weight", kind="count"),
            "largest_difference": ColumnFormat("Largest difference", kind="written"),
        },
    )


def show_overlap(balanced: Balanced, estimates: Estimates, *, data: Panel | None = None) -> Output:
    """Show where two groups overlap in the probability of being treated."""
    data, table = release_of(data), balanced.overlap
    if table.empty:
        return left_out("the overlap of both groups: their covariates separate them")
    words = result_words(estimates, data)
    thin = table[(table["n_control"] < FEW) & (table["n_treated"] > 0)]
    lonely, treated = int(thin["n_treated"].sum()), int(table["n_treated"].sum())
    reading = (
        f"{describe_share(lonely, treated, 'counties with the policy')} lie in a tenth of "
        f"probability with fewer than {pluralise(FEW, 'county', 'counties')} without it"
    )
    return show_figure(
        plot_overlap(table),
        finding=f"{reading}.",
        subtitle=f"{words.subject} above, {words.comparison.split(',')[0]} below, by the "
        "estimated probability of the policy",
        alt=describe_chart(
            "Two histograms back to back",
            x="estimated probability of the policy, 0 to 1, in tenths",
            y=f"number of counties, {format_count(treated)} with the policy upwards, "
            f"{format_count(table['n_control'].sum())} without downwards",
            reading=reading,
        ),
        note="Logit of the policy on the covariates, without fixed effects.",
        source=source_line(data, columns_of_model(estimates.spec)),
        data=table,
    )


def show_balanced_estimates(
    balanced: Balanced, estimates: Estimates, *, data: Panel | None = None
) -> Output:
    """Show the difference among balanced counties, beside that of the model as it is."""
    data = release_of(data)
    if balanced.estimates.empty:
        return left_out("estimates on balanced counties: no method found weights")
    words = result_words(estimates, data)
    table, main = scaled(balanced.estimates, words.scale), scaled_row(estimates.row, words.scale)
    return show_table(
        table,
        caption=f"Difference by policy among balanced counties, in {words.table_unit}",
        note=f"{count_same_sign(table, float(main['estimate']))} of {len(table)} have the sign of "
        f"the main estimate, {with_interval(main)}; {count_told(table)} leave out zero. "
        f"{ENTROPY} and {MATCHED.lower()} alone hold nothing else; with the main design they also "
        f"hold its covariates and fixed effects. Errors {error_words(estimates.spec, data)}; "
        "weights count as known.",
        source=source_line(data, columns_of_model(estimates.spec)),
        columns={
            "label": "Weights",
            **result_columns(table)[0],
            "effective_n": ColumnFormat("Of equal weight", kind="count"),
        },
    )


def describe_unmatched(balanced: Balanced) -> str:
    """Say how many treated counties share no cell of coarsened covariates with a control."""
    counted = balanced.samples.set_index("method")["n_treated"]
    treated, matched = int(counted[BEFORE]), int(counted[MATCHED])
    return (
        f"{format_count(treated - matched)} of {format_count(treated)} counties with the policy "
        "share no cell of coarsened covariates with a county without it: for them there is nobody "
        "to compare with by matching."
    )
