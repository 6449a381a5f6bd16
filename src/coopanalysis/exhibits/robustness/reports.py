"""Exhibits of missing crime reports: the same model under five rules, and what it means."""

from __future__ import annotations

from coopanalysis.checks import Checks
from coopanalysis.checks.missing_reports import EXTREMES, MIDDLE, POINT_RULES
from coopanalysis.display.figures import plot_ranges, show_figure
from coopanalysis.display.html import Output
from coopanalysis.display.sentences import (
    describe_chart,
    format_interval,
    format_number,
    format_share,
    is_distinguishable,
)
from coopanalysis.display.tables import ColumnFormat, show_table
from coopanalysis.exhibits.robustness.words import (
    axis_of,
    difference_of,
    row_where,
    source_of,
    unit_of,
)

SHORT = {
    "full coverage": "Full coverage only",
    "all as seen": "Stated rule, as reported",
    "weighted by inverse probability": "Full coverage, weighted",
    "middle half": "Silent part: middle half",
    "worst case": "Silent part: worst case",
}


_COUNTED = {1: "One", 2: "Two", 3: "All three"}


def meaning(checks: Checks) -> str:
    """Say what the differences between the rules mean."""
    rules = checks.rules
    points = rules[rules["rule"].isin(POINT_RULES)].dropna(subset=["estimate_low"])
    least, most = float(points["estimate_low"].min()), float(points["estimate_low"].max())
    spread = most - least
    main = checks.question.row
    half = float(main["conf_high"] - main["conf_low"]) / 2
    weight = "less than" if spread < half else "at least as much as"
    sentence = (
        f"{_COUNTED[len(points)]} of the rules that take reports as they came give "
        f"{format_interval(least, most)}; the "
        f"choice among them moves the estimate by {format_number(spread)}, {weight} chance does "
        f"(half the 95% interval is {format_number(half)})."
    )
    for rule in ("middle half", "worst case"):
        row = row_where(rules, "rule", rule)
        low, high = float(row["estimate_low"]), float(row["estimate_high"])
        sides = (
            "on both sides of zero"
            if low <= 0 <= high
            else f"{'above' if low > 0 else 'below'} zero throughout"
        )
        sentence += (
            " With silent police anywhere from "
            f"{format_interval(row['lowest'], row['highest'])} per 100,000 ({rule}), it lies "
            f"anywhere in {format_interval(low, high)}, {sides}."
        )
    return sentence + _verdict(checks)


def _verdict(checks: Checks) -> str:
    worst = checks.rules.set_index("rule").loc["worst case"]
    if worst["estimate_low"] <= 0 <= worst["estimate_high"]:
        told = "Even the sign of" if is_distinguishable(checks.question.row) else "What is said of"
        return (
            f" {told} the difference thus rests on the assumption that silent police are like "
            "those that reported."
        )
    return " The sign of the difference does not depend on what was not reported."


def show_missing_reports(checks: Checks) -> Output:
    """Five rules side by side."""
    question, rules = checks.question, checks.rules
    table = rules.assign(label=rules["rule"].map(SHORT))
    by_rule = rules.set_index("rule")
    worst, seen = by_rule.loc["worst case"], by_rule.loc["all as seen"]
    width = format_interval(worst["estimate_low"], worst["estimate_high"])
    finding = (
        f"As reported, the difference is {format_number(seen['estimate_low'])}; silent "
        f"police anywhere from the {_quantiles(EXTREMES, ' to the ')} percentile make it {width}"
    )
    return show_figure(
        plot_ranges(table, label="label", x_label=axis_of(question)),
        finding=f"{finding}.",
        subtitle=f"{difference_of(question)}; bars are ranges that an assumption allows, thin "
        "lines 95% intervals",
        alt=describe_chart(
            "Range plot",
            x=f"difference in {unit_of(question)}, zero marked",
            y="five rules for counties that did not report, three of them points and two ranges",
            reading=finding,
        ),
        note=meaning(checks),
        source=source_of(question),
        data=table[["label", "estimate_low", "estimate_high", "conf_low", "conf_high", "n_obs"]],
    )


def show_report_rules(checks: Checks) -> Output:
    """The same as a table, with how many counties each rule uses."""
    covered = checks.question.frame["coverage_share"].mean()
    return show_table(
        checks.rules,
        caption=f"Missing reports: difference by policy in {unit_of(checks.question)}",
        note="Reporting quality counts agencies, not residents or months: 1 is taken as all "
        "covered, 2 as 80%, the least that it promises, and a rate that is not used as none; the "
        f"mean over counties is {format_share(covered)}. Ranges are exact for these limits, which "
        f"are the {_quantiles(EXTREMES)} and the {_quantiles(MIDDLE)} percentile of fully "
        "reporting counties. Weights come from a logit of full reporting on policy and "
        "covariates, cut at their 99th percentile, and mend nothing that depends on crime itself.",
        source=source_of(checks.question),
        columns={
            "label": "Rule",
            "estimate_low": ColumnFormat("Estimate from", digits=1),
            "estimate_high": ColumnFormat("Estimate to", digits=1),
            "conf_low": ColumnFormat("95% from", digits=1),
            "conf_high": ColumnFormat("95% to", digits=1),
            "n_obs": ColumnFormat("Counties", kind="count"),
        },
    )


def _quantiles(shares: tuple[float, float], between: str = " and ") -> str:
    return between.join(
        f"{round(100 * share)}{'st' if share == 0.01 else 'th'}" for share in shares
    )
