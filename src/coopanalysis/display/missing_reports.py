"""One difference by every rule for missing reports: points that trust them, and ranges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from coopanalysis.display import sentences as say
from coopanalysis.display.claims import is_distinguishable
from coopanalysis.display.figures import plot_ranges, show_chart
from coopanalysis.display.html import Output
from coopanalysis.display.tables import show_table
from coopanalysis.display.words import column_of, release_of, result_words
from coopanalysis.models import BreakEven, Estimates
from coopanalysis.models.missing_reports import POINT_RULES
from coopanalysis.panel import Panel

ENDS = ["estimate_low", "estimate_high", "conf_low", "conf_high"]
WORST = "worst case"
HEADINGS = {
    "full coverage": "Full coverage only",
    "all as seen": "Stated rule, as reported",
    "weighted by inverse probability": "Full coverage, weighted",
    WORST: "Worst case, from and to",
}
UNKNOWN = "cannot be followed"
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

    The rules are from `models.follow_rules`, of a model with one treatment term. A known effect is
    that of a simulation, in the unit of the outcome; `also` are further sentences.
    """
    words = result_words(estimates, data)
    table = rules.assign(**{name: rules[name] * words.scale for name in ENDS})
    is_point = table["rule"].isin(POINT_RULES)
    table["label"] = table["rule"].map(HEADINGS).where(is_point, table["rule"].str.capitalize())
    seen, worst = table[table["rule"] == "all as seen"].iloc[0], _widest(table)
    reading = (
        f"As reported, the difference is {say.format_number(seen['estimate_low'])}; silent police "
        f"anywhere from {_rates(worst, data)} make it "
        f"{_range(worst)}"
    )
    return show_chart(
        plot_ranges(table, label="label", x_label=words.axis),
        reading,
        subtitle=f"{words.subtitle}; bars are ranges that an assumption allows, thin lines 95% "
        "intervals",
        chart="Range plot",
        x=f"difference in {words.table_unit}, zero marked",
        y=f"{say.pluralise(len(table), 'rule')} for counties that did not report: points, ranges",
        note=" ".join(
            [describe_rules(table, estimates), *also, *describe_known_range(known, rules)]
        ),
        source=words.source,
        data=table[["label", *ENDS, "n_obs"]],
    )


def _range(row: pd.Series) -> str:
    return say.format_interval(row["estimate_low"], row["estimate_high"])


def _rates(row: pd.Series, data: Panel | None) -> str:
    """Write the rates that are assumed of silent police, in the unit of the outcome."""
    unit = column_of(release_of(data), str(row["outcome"])).unit
    return f"{say.format_interval(row['lowest'], row['highest'])} {unit}"


def _points(rules: pd.DataFrame) -> pd.DataFrame:
    """Those that take reports as they came."""
    return rules[rules["rule"].isin(POINT_RULES)].dropna(subset=["estimate_low"])


def _ranges(rules: pd.DataFrame) -> pd.DataFrame:
    """Those that ask what silent police could hold."""
    return rules[~rules["rule"].isin(POINT_RULES)]


def _on_both_sides(ranges: pd.DataFrame) -> int:
    """How many ranges lie on both sides of zero."""
    return int(((ranges["estimate_low"] <= 0) & (ranges["estimate_high"] >= 0)).sum())


def describe_rules(rules: pd.DataFrame, estimates: Estimates) -> str:
    """Say what the differences between the rules mean for a difference."""
    points, ranges = _points(rules), _ranges(rules)
    least, most = float(points["estimate_low"].min()), float(points["estimate_low"].max())
    seen = rules[rules["rule"] == "all as seen"].iloc[0]
    half = float(seen["conf_high"] - seen["conf_low"]) / 2
    weight = "less than" if most - least < half else "no less than"
    both = _on_both_sides(ranges)
    listed = [f"{_range(row)} ({row['rule']})" for _, row in ranges.iterrows()]
    said = (
        f"{_COUNTED[len(points)]} of the rules that take reports as they came give "
        f"{say.format_interval(least, most)}; the choice among them moves the estimate by "
        f"{say.format_number(most - least)}, {weight} half the 95% interval "
        f"({say.format_number(half)}), which compares sizes and is no test, since they share "
        f"counties. What silent police could hold: {say.join_words(listed)}. {both} of these "
        f"{say.pluralise(len(ranges), 'range')} lie on both sides of zero."
    )
    if not both:
        last = "Within them the sign of the difference does not depend on what was not reported."
        return f"{said} {last}"
    told = "Even the sign of" if is_distinguishable(estimates.row) else "What is said of"
    last = "the difference thus rests on silent police being like those that reported."
    return f"{said} {told} {last}"


def describe_known_range(known: float | None, rules: pd.DataFrame) -> list[str]:
    """Say in how many ranges the effect lies that the data were simulated with; none where none.

    The effect and the rules are in the unit of the outcome.
    """
    ranges = _ranges(rules).dropna(subset=["estimate_low"])
    if known is None or ranges.empty:
        return []
    inside = ranges["estimate_low"].le(known) & ranges["estimate_high"].ge(known)
    return [
        f"Simulated with a known effect of {say.format_number(known)}: inside {int(inside.sum())} "
        f"of these {say.pluralise(len(ranges), 'range')}."
    ]


def describe_break_even(
    found: BreakEven, estimates: Estimates, *, data: Panel | None = None
) -> str:
    """Say what silent police would have to report for a difference to pass zero.

    What was found is from `models.break_even`, of the same model.
    """
    told = (
        f"If silent police everywhere reported {say.format_number(found.other_rate)}, the "
        f"difference would be {say.format_number(found.estimate)} "
        f"{result_words(estimates, data).table_unit}."
    )
    with_it = f"the silent police of {say.pluralise(found.n_silent, 'county')} with the"
    if found.silent_rate < 0:
        return f"{told} No rate of {with_it} policy could bring it to zero."
    times = found.silent_rate / found.other_rate
    return (
        f"{told} For it to pass zero, {with_it} policy would need a rate of "
        f"{say.format_number(found.silent_rate)}, {say.format_number(times, 2)} times that of the "
        "others."
    )


def describe_widest(rules: pd.DataFrame, *, data: Panel | None = None) -> str:
    """Say where a difference may lie if least is assumed of what was not reported."""
    worst = _widest(rules)
    return (
        "Nothing is known of what was not reported: with silent police anywhere from "
        f"{_rates(worst, data)} ({worst['rule']}), these "
        f"counties would give a difference of {_range(worst)}, before what chance adds."
    )


def _widest(rules: pd.DataFrame) -> pd.Series:
    ranges = _ranges(rules)
    width = ranges["estimate_high"] - ranges["estimate_low"]
    return ranges.iloc[int(width.to_numpy(dtype=float).argmax())]


def show_report_rules(
    rules: Mapping[str, pd.DataFrame],
    estimates: Estimates,
    *,
    limits: str,
    unit: str = "",
    data: Panel | None = None,
) -> Output:
    """Show designs by the rules for missing reports, and say what the choice of a rule does.

    Each design has a table of `models.four_ways`; one of several terms gives one row a term. The
    fit is of one of the designs, for its words; the limits say where the rates of silent police may
    lie, and the unit is that of several outcomes, whose limits name their own.
    """
    words = result_words(estimates, data)
    rates = "" if unit else f" {column_of(words.data, estimates.spec.outcome).unit}"
    table = pd.concat([one.assign(model=name) for name, one in rules.items()], ignore_index=True)
    if table.groupby("model")["term"].nunique().max() > 1:
        table["model"] += ", " + table["term"].str.extract(r"\[(.*)\]", expand=False)
    reasons = [text for text in dict.fromkeys(table["note"]) if isinstance(text, str) and text]
    return show_table(
        side_by_side(table),
        caption="Missing reports: difference by design under four rules, in "
        f"{unit or words.table_unit}",
        note=f"{meaning(table)} In brackets 95% intervals; the worst case is a range without its "
        f"sampling error, with the rates of silent police anywhere from {limits}{rates}. Counties "
        f"stand in the order of the rules. {' '.join(reasons)}".strip(),
        source=words.source,
        columns={"model": "Design", **HEADINGS, "counties": "Counties"},
    )


def side_by_side(table: pd.DataFrame) -> pd.DataFrame:
    """One row per model: each rule's estimate in words, and the counties that each uses."""
    rows = []
    for model, rules in table.groupby("model", sort=False):
        by_rule = rules.set_index("rule").loc[list(HEADINGS)]
        cells = {rule: _cell(row, rule) for rule, row in by_rule.iterrows()}
        counts = " / ".join(map(say.format_count, by_rule["n_obs"]))
        rows.append({"model": model, **cells, "counties": counts})
    return pd.DataFrame(rows)


def _cell(row: pd.Series, rule: object) -> str:
    if say.is_missing(row["estimate_low"]):
        return UNKNOWN
    return (
        _range(row)
        if rule == WORST
        else say.with_interval({**row, "estimate": row["estimate_low"]})
    )


def meaning(table: pd.DataFrame) -> str:
    """Say what the differences between the rules mean, over all models of a table."""
    by_model = _points(table).groupby("model", sort=False)["estimate_low"]
    spread = by_model.max() - by_model.min()
    seen = table[table["rule"] == "all as seen"].set_index("model")
    half = (seen["conf_high"] - seen["conf_low"]) / 2
    within = int((spread < half[spread.index]).sum())
    worst = table[table["rule"] == WORST]
    both = _on_both_sides(worst)
    text = (
        "Which of the three rules that trust the reports is taken moves an estimate by at most "
        f"{say.format_number(spread.max())}, and by less than half the 95% interval of the stated "
        f"rule in {within} of {say.pluralise(by_model.ngroups, 'model')}. "
        f"With nothing assumed of silent police but the limits, {both} of {len(worst)} ranges lie "
        "on both sides of zero"
    )
    if both:
        return f"{text}: there even the sign rests on silent police being like those that reported."
    return f"{text}: within the limits no sign depends on what was not reported."
