"""One difference by every rule for missing reports: points that trust them, and ranges."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from coopanalysis.display.claims import is_distinguishable
from coopanalysis.display.figures import plot_ranges, show_figure
from coopanalysis.display.html import Output
from coopanalysis.display.report_rules import HEADINGS
from coopanalysis.display.sentences import (
    describe_chart,
    format_interval,
    format_number,
    join_words,
    pluralise,
)
from coopanalysis.display.words import (
    columns_of_model,
    release_of,
    result_words,
    source_line,
)
from coopanalysis.models import BreakEven, Estimates
from coopanalysis.models.missing_reports import POINT_RULES
from coopanalysis.panel import Panel

ENDS = ("estimate_low", "estimate_high", "conf_low", "conf_high")
_COUNTED = {1: "One", 2: "Two", 3: "All three"}


def show_bounds(
    rules: pd.DataFrame,
    estimates: Estimates,
    *,
    known: float | None = None,
    also: Sequence[str] = (),
    data: Panel | None = None,
) -> Output:
    """Draw one difference under the rules for missing reports, and say what they mean for it.

    Parameters
    ----------
    rules : DataFrame
        From `models.follow_rules`, of a model with one treatment term.
    estimates : Estimates
        The fit that it is about.
    known : float, optional
        Effect that a simulated release was drawn with, in the unit of the outcome.
    also : sequence of str
        Further sentences.
    data : Panel, optional
        The release, where several are loaded.
    """
    data = release_of(data)
    words = result_words(estimates, data)
    table = _scaled(rules, words.scale)
    ranged = table["rule"].where(~table["rule"].isin(POINT_RULES))
    table["label"] = table["rule"].map(HEADINGS).where(ranged.isna(), ranged.str.capitalize())
    seen, worst = table[table["rule"] == "all as seen"].iloc[0], _widest(table)
    finding = (
        f"As reported, the difference is {format_number(seen['estimate_low'])}; silent police "
        f"anywhere from {format_interval(worst['lowest'], worst['highest'])} make it "
        f"{format_interval(worst['estimate_low'], worst['estimate_high'])}"
    )
    return show_figure(
        plot_ranges(table, label="label", x_label=words.axis),
        finding=f"{finding}.",
        subtitle=f"{words.subject}: difference from {words.comparison.split(',')[0]}, in "
        f"{words.table_unit}; bars are ranges that an assumption allows, thin lines 95% intervals",
        alt=describe_chart(
            "Range plot",
            x=f"difference in {words.table_unit}, zero marked",
            y=f"{pluralise(len(table), 'rule')} for counties that did not report: points, ranges",
            reading=finding,
        ),
        note=" ".join(
            [describe_rules(table, estimates), *also, *describe_known_range(known, rules)]
        ),
        source=source_line(data, columns_of_model(estimates.spec)),
        data=table[["label", *ENDS, "n_obs"]],
    )


def _scaled(rules: pd.DataFrame, scale: float) -> pd.DataFrame:
    return rules.assign(**{name: rules[name] * scale for name in ENDS})


def describe_rules(rules: pd.DataFrame, estimates: Estimates) -> str:
    """Say what the differences between the rules mean for a difference."""
    points = rules[rules["rule"].isin(POINT_RULES)].dropna(subset=["estimate_low"])
    least, most = float(points["estimate_low"].min()), float(points["estimate_low"].max())
    seen = rules[rules["rule"] == "all as seen"].iloc[0]
    half = float(seen["conf_high"] - seen["conf_low"]) / 2
    weight = "less than" if most - least < half else "no less than"
    ranges = rules[~rules["rule"].isin(POINT_RULES)]
    both = (ranges["estimate_low"] <= 0) & (ranges["estimate_high"] >= 0)
    sentences = [
        f"{_COUNTED[len(points)]} of the rules that take reports as they came give "
        f"{format_interval(least, most)}; the choice among them moves the estimate by "
        f"{format_number(most - least)}, {weight} half the 95% interval ({format_number(half)}), "
        "which compares sizes and is no test, since they share counties.",
        f"What silent police could hold: {_listed(ranges)}. {int(both.sum())} of these "
        f"{pluralise(len(ranges), 'range')} lie on both sides of zero.",
    ]
    if not both.any():
        last = "Within them the sign of the difference does not depend on what was not reported."
    else:
        told = "Even the sign of" if is_distinguishable(estimates.row) else "What is said of"
        last = f"{told} the difference thus rests on silent police being like those that reported."
    return " ".join([*sentences, last])


def _listed(ranges: pd.DataFrame) -> str:
    return join_words(
        [
            f"{format_interval(row['estimate_low'], row['estimate_high'])} ({row['rule']})"
            for _, row in ranges.iterrows()
        ]
    )


def describe_known_range(known: float | None, rules: pd.DataFrame) -> list[str]:
    """Say in how many ranges the effect lies that the data were simulated with; none where none.

    Parameters
    ----------
    known : float or None
        In the unit of the outcome.
    rules : DataFrame
        From `models.follow_rules`.
    """
    ranges = rules[~rules["rule"].isin(POINT_RULES)].dropna(subset=["estimate_low"])
    if known is None or ranges.empty:
        return []
    inside = ranges["estimate_low"].le(known) & ranges["estimate_high"].ge(known)
    return [
        f"Simulated with a known effect of {format_number(known)}: inside {int(inside.sum())} of "
        f"these {pluralise(len(ranges), 'range')}."
    ]


def describe_break_even(
    found: BreakEven, estimates: Estimates, *, data: Panel | None = None
) -> str:
    """Say what silent police would have to report for a difference to pass zero.

    Parameters
    ----------
    found : BreakEven
        From `models.break_even`, of the same model.
    estimates : Estimates
        The fit that it is about.
    data : Panel, optional
        The release, where several are loaded.
    """
    words = result_words(estimates, release_of(data))
    told = (
        f"If silent police everywhere reported {format_number(found.other_rate)}, the difference "
        f"would be {format_number(found.estimate)} {words.table_unit}."
    )
    with_it = f"the silent police of {pluralise(found.n_silent, 'county', 'counties')} with the"
    if found.silent_rate < 0:
        return f"{told} No rate of {with_it} policy could bring it to zero."
    times = found.silent_rate / found.other_rate
    return (
        f"{told} For it to pass zero, {with_it} policy would need a rate of "
        f"{format_number(found.silent_rate)}, {format_number(times, 2)} times that of the others."
    )


def describe_widest(rules: pd.DataFrame) -> str:
    """Say where a difference may lie if least is assumed of what was not reported."""
    worst = _widest(rules)
    ends = format_interval(worst["estimate_low"], worst["estimate_high"])
    return (
        "Nothing is known of what was not reported: with silent police anywhere from "
        f"{format_interval(worst['lowest'], worst['highest'])} ({worst['rule']}), these counties "
        f"would give a difference of {ends}, before what chance adds."
    )


def _widest(rules: pd.DataFrame) -> pd.Series:
    ranges = rules[~rules["rule"].isin(POINT_RULES)]
    width = ranges["estimate_high"] - ranges["estimate_low"]
    return ranges.iloc[int(width.to_numpy(dtype=float).argmax())]


def _named(row: pd.Series) -> str:
    long = {
        POINT_RULES[0]: "Counties all of whose agencies reported",
        POINT_RULES[1]: "All counties that pass the stated rule",
        POINT_RULES[2]: "Full reporters, weighted by 1 / probability of reporting",
    }
    limits = f"silent police from {format_interval(row['lowest'], row['highest'])}"
    return long.get(row["rule"], f"{str(row['rule']).capitalize()}: {limits}")
