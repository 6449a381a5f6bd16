"""Every crime model by the four rules for missing reports, side by side, and what that means."""

from __future__ import annotations

import pandas as pd

from coopanalysis.checks import Question
from coopanalysis.checks.missing_reports import (
    EXTREMES,
    POINT_RULES,
    possible_rates,
    rules_by_design,
    rules_by_moderator,
    rules_by_score,
    rules_by_year,
)
from coopanalysis.display.html import Output
from coopanalysis.display.sentences import (
    format_count,
    format_interval,
    format_number,
    is_missing,
    pluralise,
)
from coopanalysis.display.tables import show_table
from coopanalysis.exhibits.common import note
from coopanalysis.exhibits.crime import UNITS, outcome_label
from coopanalysis.exhibits.crime_detail import sources

WORST = "worst case"
HEADINGS = {
    "full coverage": "Full coverage only",
    "all as seen": "Stated rule, as reported",
    "weighted by inverse probability": "Full coverage, weighted",
    WORST: "Worst case, from and to",
}
UNKNOWN = "cannot be followed"


def show_designs(question: Question) -> Output:
    """Six designs of the rate by the four rules."""
    return _show(question, rules_by_design(question), "the six designs")


def show_scores(question: Question) -> Output:
    """Difference by score, by the four rules."""
    if question.frame["cooperation_score"].isna().all():
        return note(
            "Without all seven practices the four rules have no score to compare by either."
        )
    return _show(question, rules_by_score(question), "the cooperation score")


def show_moderators(question: Question) -> Output:
    """Difference where each moderator is low, middle and high, by the four rules."""
    return _show(question, rules_by_moderator(question), "where the difference may vary")


def show_years(question: Question) -> Output:
    """Both rates in every year by the main design and the four rules."""
    table = rules_by_year(question)
    named = table["model"].str.rsplit(" ", n=1, expand=True)
    words = named[0].map(outcome_label) + ", " + named[1]
    return _show(
        question,
        table.assign(model=words),
        "both rates in every year, main design",
        limits="the 1st to the 99th percentile of fully reporting counties of each rate and year",
    )


def _show(question: Question, table: pd.DataFrame, what: str, limits: str = "") -> Output:
    low, high = possible_rates(question, EXTREMES)
    return show_table(
        side_by_side(table),
        caption=f"Missing reports, {what}: difference in {UNITS[question.outcome]} by four rules"
        if not limits
        else f"Missing reports, {what}: difference in reported offences per 100,000 residents by "
        "four rules",
        note=f"{meaning(table)} In brackets 95% intervals; the worst case is a range without its "
        "sampling error, with the rates of silent police anywhere from "
        f"{limits or format_interval(low, high)}. Counties stand in the order of the rules."
        f"{_why_not(table)}",
        source=sources(question),
        columns={"model": "Model", **HEADINGS, "counties": "Counties"},
    )


def side_by_side(table: pd.DataFrame) -> pd.DataFrame:
    """One row per model: each rule's estimate in words, and the counties that each uses."""
    rows = []
    for model, rules in table.groupby("model", sort=False):
        by_rule = {str(row["rule"]): row for _, row in rules.iterrows()}
        counts = [format_count(by_rule[rule]["n_obs"]) for rule in HEADINGS]
        cells = {rule: _cell(by_rule[rule]) for rule in HEADINGS}
        name = f"{str(model)[0].upper()}{str(model)[1:]}"
        rows.append({"model": name, **cells, "counties": " / ".join(counts)})
    return pd.DataFrame(rows)


def _cell(row: pd.Series) -> str:
    if is_missing(row["estimate_low"]):
        return UNKNOWN
    if row["rule"] == WORST:
        return format_interval(row["estimate_low"], row["estimate_high"])
    interval = format_interval(row["conf_low"], row["conf_high"])
    return f"{format_number(row['estimate_low'])} ({interval})"


def meaning(table: pd.DataFrame) -> str:
    """Say what the differences between the rules mean, over all models of a table."""
    points = table[table["rule"].isin(POINT_RULES)].dropna(subset=["estimate_low"])
    by_model = points.groupby("model", sort=False)["estimate_low"]
    n_models = by_model.ngroups
    signs = int(((by_model.min() > 0) | (by_model.max() < 0)).sum())
    spread = by_model.max() - by_model.min()
    seen = table[table["rule"] == "all as seen"].set_index("model")
    half = (seen["conf_high"] - seen["conf_low"]) / 2
    within = int((spread < half[spread.index]).sum())
    worst = table[table["rule"] == WORST]
    both = int(((worst["estimate_low"] <= 0) & (worst["estimate_high"] >= 0)).sum())
    text = (
        f"The three rules that trust the reports give one sign in {signs} of "
        f"{pluralise(n_models, 'model')}; which of them is taken moves an estimate by at most "
        f"{format_number(spread.max())}, and by less than half the 95% interval of the stated "
        f"rule in {within}. "
        f"With nothing assumed of silent police but the limits, {both} of {len(worst)} ranges lie "
        "on both sides of zero"
    )
    if both:
        return f"{text}: there even the sign rests on silent police being like those that reported."
    return f"{text}: no sign depends on what was not reported."


def _why_not(table: pd.DataFrame) -> str:
    reasons = [text for text in dict.fromkeys(table["note"]) if isinstance(text, str) and text]
    return "".join(f" {reason}" for reason in reasons)
