"""What unreported crime could do to a difference: each design under several rules, side by side."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from coopanalysis.display.html import Output
from coopanalysis.display.sentences import (
    format_count,
    format_interval,
    format_number,
    is_missing,
    pluralise,
)
from coopanalysis.display.tables import show_table
from coopanalysis.display.words import columns_of_model, release_of, result_words, source_line
from coopanalysis.models import Estimates
from coopanalysis.models.missing_reports import POINT_RULES
from coopanalysis.panel import Panel

WORST = "worst case"
HEADINGS = {
    "full coverage": "Full coverage only",
    "all as seen": "Stated rule, as reported",
    "weighted by inverse probability": "Full coverage, weighted",
    WORST: "Worst case, from and to",
}
UNKNOWN = "cannot be followed"


def show_report_rules(
    rules: Mapping[str, pd.DataFrame],
    estimates: Estimates,
    *,
    limits: str,
    unit: str = "",
    data: Panel | None = None,
) -> Output:
    """Show designs by the rules for missing reports, and say what the choice of a rule does.

    Parameters
    ----------
    rules : mapping of design name to DataFrame
        Each from `models.four_ways`; a table of several terms gives one row a term.
    estimates : Estimates
        A fit of one of the designs, for its words.
    limits : str
        Where the rates of silent police may lie, in words.
    unit : str
        Unit of the table, where the designs have several outcomes.
    data : Panel, optional
        The release, where several are loaded.
    """
    data = release_of(data)
    table = pd.concat([one.assign(model=name) for name, one in rules.items()], ignore_index=True)
    several = table.groupby("model")["term"].nunique().max() > 1
    if several:
        table["model"] = (
            table["model"] + ", " + table["term"].str.extract(r"\[(.*)\]", expand=False)
        )
    reasons = [text for text in dict.fromkeys(table["note"]) if isinstance(text, str) and text]
    return show_table(
        side_by_side(table),
        caption="Missing reports: difference by design under four rules, in "
        f"{unit or result_words(estimates, data).table_unit}",
        note=" ".join(
            [
                meaning(table),
                "In brackets 95% intervals; the worst case is a range without its sampling error, "
                f"with the rates of silent police anywhere from {limits}. Counties stand in the "
                "order of the rules.",
                *reasons,
            ]
        ),
        source=source_line(data, columns_of_model(estimates.spec)),
        columns={"model": "Design", **HEADINGS, "counties": "Counties"},
    )


def side_by_side(table: pd.DataFrame) -> pd.DataFrame:
    """One row per model: each rule's estimate in words, and the counties that each uses."""
    rows = []
    for model, rules in table.groupby("model", sort=False):
        by_rule = {str(row["rule"]): row for _, row in rules.iterrows()}
        counts = [format_count(by_rule[rule]["n_obs"]) for rule in HEADINGS]
        cells = {rule: _cell(by_rule[rule]) for rule in HEADINGS}
        rows.append({"model": model, **cells, "counties": " / ".join(counts)})
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
    spread = by_model.max() - by_model.min()
    seen = table[table["rule"] == "all as seen"].set_index("model")
    half = (seen["conf_high"] - seen["conf_low"]) / 2
    within = int((spread < half[spread.index]).sum())
    worst = table[table["rule"] == WORST]
    both = int(((worst["estimate_low"] <= 0) & (worst["estimate_high"] >= 0)).sum())
    text = (
        "Which of the three rules that trust the reports is taken moves an estimate by at most "
        f"{format_number(spread.max())}, and by less than half the 95% interval of the stated "
        f"rule in {within} of {pluralise(n_models, 'model')}. "
        f"With nothing assumed of silent police but the limits, {both} of {len(worst)} ranges lie "
        "on both sides of zero"
    )
    if both:
        return f"{text}: there even the sign rests on silent police being like those that reported."
    return f"{text}: within the limits no sign depends on what was not reported."
