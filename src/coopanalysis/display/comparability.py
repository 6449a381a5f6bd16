"""Whether two groups are alike: balance, overlap, and comparisons that should find nothing."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from coopanalysis.display import sentences as say
from coopanalysis.display.claims import describe_told, is_distinguishable, judge, told_apart
from coopanalysis.display.figures import plot_love, show_chart
from coopanalysis.display.figures.coefficients import BALANCED
from coopanalysis.display.html import Output
from coopanalysis.display.page import left_out
from coopanalysis.display.results import (
    DEGREES,
    INTERVALS,
    WILD_P,
    full_reporters_column,
    result_columns,
    row_with_largest,
    scaled,
    show_coefficients,
)
from coopanalysis.display.source_lines import source_of
from coopanalysis.display.tables import ColumnFormat, show_table
from coopanalysis.display.words import column_of, error_words, in_sentence, result_words
from coopanalysis.models import Balanced, Estimates, SpecificationCurve
from coopanalysis.models.balanced import BEFORE, ENTROPY, MATCHED
from coopanalysis.models.inference import result_row
from coopanalysis.panel import Panel

FEW = 5
_LATER = {
    "told": "differed from counties without any before they signed",
    "disputed": "differed from counties without any before they signed by one test and not by the "
    "other",
    "not told": "cannot be told to have differed from counties without any before they signed",
    "unknown": "cannot be compared with counties without any",
}


def show_balance(balanced: Balanced, estimates: Estimates, *, data: Panel | None = None) -> Output:
    """Show how far apart two groups are in each covariate, before and after balancing.

    What was balanced is from `models.compare_balanced`.
    """
    words = result_words(estimates, data)
    labels = [column_of(words.data, one).label for one in balanced.balance["covariate"]]
    methods = [BEFORE, *balanced.methods]
    drawn = balanced.balance.assign(label=labels)[["label", *methods]]
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
        plot_love(drawn, label="label", methods=methods),
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

    What was balanced is from `models.compare_balanced`; `again` is the same among counties all of
    whose agencies reported, and stands in a column of its own.
    """
    none = balanced.samples[balanced.samples["n_treated"] == 0]
    failed = [f"{row['method']}: {row['note']}" for _, row in none.iterrows()]
    failed += _not_fitted(balanced)
    if again is not None:
        failed += [f"Of full reporters: {say.lower_first(one)}" for one in _not_fitted(again)]
    if balanced.estimates.empty:
        return left_out(f"estimates on balanced counties: {' '.join(failed)}")
    words = result_words(estimates, data)
    df = [float(one.df[estimates.spec.treatment]) for one in balanced.fits.values()]
    table = scaled(balanced.estimates, words.scale).assign(df=df)
    before = balanced.samples.iloc[0]
    shown, full = full_reporters_column(table, again.estimates if again else None, words.scale)
    return show_table(
        shown,
        caption=f"Difference by policy among balanced counties, in {words.table_unit}",
        note=f"The main design gives {say.tell(estimates.row, words.scale)}, "
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
    return [
        f"{name}{design} cannot be estimated: with these weights the policy does not vary beside "
        "covariates and fixed effects."
        for name in balanced.methods
        for design in ("", ", main design")
        if f"{name}{design}" not in balanced.fits
    ]


def _overlap(balanced: Balanced) -> str:
    """Say how many counties with the policy have hardly a like without it."""
    table = balanced.overlap
    if table.empty:
        return "The covariates separate those with the policy from those without."
    lonely = table.loc[table["n_control"] < FEW, "n_treated"].sum()
    return (
        "By the estimated probability of the policy, "
        f"{say.describe_share(int(lonely), int(table['n_treated'].sum()))} with it lie in a tenth "
        f"with fewer than {say.pluralise(FEW, 'county')} without it."
    )


def describe_unmatched(balanced: Balanced) -> str:
    """Say how many treated counties share no cell of coarsened covariates with a control."""
    sizes = balanced.samples.set_index("method")["n_treated"]
    treated, matched = int(sizes[BEFORE]), int(sizes[MATCHED])
    if treated == matched:
        return (
            f"Each of the {say.pluralise(treated, 'county')} with the policy shares a cell of "
            "coarsened covariates with a county without it."
        )
    return (
        f"{say.out_of(treated - matched, treated)} counties with the policy share no cell of "
        "coarsened covariates with a county without it: for them there is nobody to compare with "
        "by matching."
    )


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
    noun = "characteristics from before the policy"
    reading = (
        describe_told(table[:-1], noun, float(joint["p_value"]))
        + (f" (alone: {say.join_words(told)})" if told else "")
        + f"; the largest difference is {say.format_number(largest['estimate'])} standard "
        f"deviations ({largest['label']}: 95% interval "
        f"{say.format_interval(largest['conf_low'], largest['conf_high'])}), that of the outcome "
        f"itself {say.format_number(real.row['estimate'])}"
    )
    fewest = min(one.n_obs for one in placebos.values())
    return show_coefficients(
        table,
        "label",
        reading,
        x_label="Difference by policy, standard deviations",
        unit="standard deviations",
        subtitle=f"The same design with other outcomes: {in_sentence(words.subject)} against "
        f"{words.others}; {INTERVALS}",
        y=f"{len(placebos)} {noun}, and the outcome",
        note="A policy cannot change what was before it. A difference there says that the "
        "compared counties were not alike to begin with; that none can be told does not say that "
        f"they were. Counties of the main design, at least {say.out_of(fewest, real.n_obs)} where "
        f"one is not known of all; errors {error_words(real.spec, words.data)}; joint test by the "
        "wild cluster bootstrap, of the policy on all of them. The policy itself, dealt out at "
        f"random {say.format_count(dealt.summary['n_permutations'])} times, gives a t statistic of "
        "the outcome at least as large as the real one with p "
        f"{say.format_p_value(dealt.summary['p_median'])}. Dealing finds too little rather than "
        "too much, and gives no interval.",
        source=source_of(words.data, *(one.spec for one in (*placebos.values(), real))),
    )


def show_later_signers(
    results: Mapping[str, Estimates], wild: Mapping[str, float], *, data: Panel | None = None
) -> Output:
    """Show counties that had a policy before the outcome beside those that took it up after.

    The results, by label, are of the policy in force before the outcome, then, where there are any,
    of the counties that took it up later, both against counties without it; `wild` has the p value
    of the wild cluster bootstrap of each.
    """
    if len(results) == 1:
        return left_out("counties that signed later: no day of signing after the rates is known")
    words, rows = result_words(next(iter(results.values())), data), []
    for name, one in results.items():
        has = np.asarray(one.sample.columns[one.spec.treatment]) == 1
        more = {"n_treated": int(has.sum()), "df": float(one.df[one.spec.treatment])}
        rows.append(result_row(one.row, label=name, wild=wild[name], **more))
    table = scaled(pd.DataFrame(rows), words.scale)
    later = table.iloc[-1]
    return show_table(
        table,
        caption=f"Who signed when: difference from counties without any, in {words.table_unit}",
        note="Counties that signed later "
        f"{_LATER[judge(later, p_values={'bootstrap': later['wild']}).verdict]}: "
        f"{say.tell(later)}. An agreement that is not there yet can do nothing, so that a "
        "difference here is one of who signs. The main estimate is without them.",
        source=words.source,
        columns={
            "label": "Counties that signed",
            "n_treated": "Of these",
            **result_columns(table),
            "df": DEGREES,
            "wild": WILD_P,
        },
    )
