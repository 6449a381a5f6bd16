"""Whether two groups are alike: balance, sizes, overlap, and what is left of a difference."""

from __future__ import annotations

from coopanalysis.display import sentences as say
from coopanalysis.display.claims import told_apart
from coopanalysis.display.figures import plot_love, show_chart
from coopanalysis.display.figures.coefficients import BALANCED
from coopanalysis.display.html import Output
from coopanalysis.display.page import left_out
from coopanalysis.display.result_words import result_words
from coopanalysis.display.results import (
    DEGREES,
    full_reporters_column,
    result_columns,
    row_with_largest,
    scaled,
    scaled_row,
)
from coopanalysis.display.tables import ColumnFormat, show_table
from coopanalysis.display.words import column_of, error_words
from coopanalysis.models import Balanced, Estimates
from coopanalysis.models.balanced import BEFORE, ENTROPY, MATCHED
from coopanalysis.panel import Panel

FEW = 5


def show_balance(balanced: Balanced, estimates: Estimates, *, data: Panel | None = None) -> Output:
    """Show how far apart two groups are in each covariate, before and after balancing.

    Parameters
    ----------
    balanced : Balanced
        From `models.compare_balanced`.
    """
    words = result_words(estimates, data)
    labels = [column_of(words.data, one).label for one in balanced.balance["covariate"]]
    drawn = balanced.balance.drop(columns="covariate").assign(label=labels)
    drawn = drawn[["label", BEFORE, *balanced.methods]]
    worst = row_with_largest(drawn, drawn[BEFORE].abs())
    after = [
        f"{say.format_number(drawn[name].abs().max(), 2)} after {name.lower()}"
        for name in balanced.methods
    ]
    reading = (
        f"The largest standardized difference is {say.format_number(worst[BEFORE])} before "
        f"({worst['label']})" + (f", {say.join_words(after)}" if after else "")
    )
    return show_chart(
        plot_love(drawn, label="label", methods=[BEFORE, *balanced.methods]),
        reading,
        subtitle=f"{words.subject} minus {words.others}, in standard deviations; shaded: within "
        f"{say.format_number(BALANCED)}",
        chart="Love plot",
        x="standardized difference between the two groups, zero marked",
        y=f"{len(drawn)} covariates, one mark before and one after each method",
        note="Differences of means over the root of the mean of the two variances before "
        "balancing, in every column. Entropy balancing makes the means equal by design.",
        source=words.source,
        data=drawn,
    )


def show_balanced_estimates(
    balanced: Balanced,
    estimates: Estimates,
    *,
    again: Balanced | None = None,
    data: Panel | None = None,
) -> Output:
    """Show the difference among balanced counties, and how many they are.

    Parameters
    ----------
    balanced : Balanced
        From `models.compare_balanced`.
    again : Balanced, optional
        The same among counties all of whose agencies reported, in a column of its own.
    """
    none = balanced.samples[balanced.samples["n_treated"] == 0]
    failed = [f"{row['method']}: {row['note']}" for _, row in none.iterrows()]
    failed += _not_fitted(balanced)
    if again is not None:
        failed += [f"Of full reporters: {say.lower_first(one)}" for one in _not_fitted(again)]
    if balanced.estimates.empty:
        return left_out(f"estimates on balanced counties: {' '.join(failed)}")
    words = result_words(estimates, data)
    df = [float(balanced.fits[name].df[estimates.spec.treatment]) for name in balanced.fits]
    table = scaled(balanced.estimates, words.scale).assign(df=df)
    before = balanced.samples.iloc[0]
    shown, full = full_reporters_column(table, again.estimates if again else None, words.scale)
    return show_table(
        shown,
        caption=f"Difference by policy among balanced counties, in {words.table_unit}",
        note=f"The main design gives {say.with_interval(scaled_row(estimates.row, words.scale))}, "
        f"of {say.pluralise(int(before['n_treated']), 'county')} with the policy and "
        f"{say.format_count(before['n_control'])} without. {len(told_apart(table))} of "
        f"{len(table)} intervals leave out zero. {ENTROPY} and {MATCHED.lower()} alone hold "
        "nothing else; with the main design they also hold its covariates and fixed effects. "
        "Without, of equal weight: how many would carry as much as the weighted. Errors "
        f"{error_words(estimates.spec, words.data)}; weights count as known. {_overlap(balanced)} "
        f"{' '.join(failed)}".strip(),
        source=words.source,
        columns={
            "label": "Weights",
            **result_columns(table, n_obs=False),
            "df": DEGREES,
            "n_treated": "With the policy",
            "effective_controls": ColumnFormat("Without, of equal weight", kind="count"),
            **full,
        },
    )


def _not_fitted(balanced: Balanced) -> list[str]:
    """Name weighted designs that these counties do not allow."""
    wanted = [f"{name}{design}" for name in balanced.methods for design in ("", ", main design")]
    return [
        f"{one} cannot be estimated: with these weights the policy does not vary beside covariates "
        "and fixed effects."
        for one in wanted
        if one not in balanced.fits
    ]


def _overlap(balanced: Balanced) -> str:
    """Say how many counties with the policy have hardly a like without it."""
    table = balanced.overlap
    if table.empty:
        return "The covariates separate those with the policy from those without."
    thin = table[(table["n_control"] < FEW) & (table["n_treated"] > 0)]
    lonely, treated = int(thin["n_treated"].sum()), int(table["n_treated"].sum())
    return (
        f"By the estimated probability of the policy, {say.describe_share(lonely, treated)} with "
        f"it lie in a tenth with fewer than {say.pluralise(FEW, 'county')} without it."
    )


def describe_unmatched(balanced: Balanced) -> str:
    """Say how many treated counties share no cell of coarsened covariates with a control."""
    sizes = balanced.samples.set_index("method")["n_treated"]
    treated, matched = int(sizes[BEFORE]), int(sizes[MATCHED])
    if not treated - matched:
        return (
            f"Each of the {say.pluralise(treated, 'county')} with the policy shares a cell of "
            "coarsened covariates with a county without it."
        )
    return (
        f"{say.format_count(treated - matched)} of {say.format_count(treated)} counties with the "
        "policy share no cell of coarsened covariates with a county without it: for them there is "
        "nobody to compare with by matching."
    )
