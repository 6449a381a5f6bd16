"""What an estimate lets one say: one set of rules for direction, difference and likeness.

=================================== ===========================================================
what is known                       what may be said
=================================== ===========================================================
interval leaves out zero, p below   who has more, and how much
5 % by every test
interval holds zero                 cannot be told apart, and how far the interval reaches; no
                                    direction, and nothing of signs
interval and a test disagree        just that: which of them tells the two apart, which not
90 % interval within a margin       alike, or smaller than the margin
90 % interval not within a margin   not shown to be alike, whether told apart or not
=================================== ===========================================================

No page says more of a number than these functions do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from coopanalysis.display import sentences as say
from coopanalysis.errors import ModelError, UsageError

LEVEL = 0.05
Row = Mapping[str, Any] | pd.Series
Verdict = Literal["told", "not told", "disputed", "unknown"]


@dataclass(frozen=True)
class Claim:
    """What may be said of one difference.

    The verdict is `disputed` where interval and tests disagree, `unknown` where there is no
    estimate or no interval. The direction is 1 or -1 where the difference is told, else 0: there
    is no sign to speak of. Without a margin nothing is known of likeness; `is_beyond` is whether
    the difference is shown to lie outside the margin.
    """

    verdict: Verdict
    direction: int = 0
    is_alike: bool | None = None
    is_beyond: bool = False


def judge(
    row: Row,
    *,
    p_values: Mapping[str, float] | None = None,
    margin: float | None = None,
    narrow: tuple[float, float] | None = None,
) -> Claim:
    """Judge one difference by its 95 % interval, its p value, and those of further tests.

    Missing p values say nothing. A margin is the largest difference, either way, that counts as
    none, in the unit of the row; it needs the 90 % interval beside it, `narrow`.
    """
    estimate, low, high = (row[name] for name in ("estimate", "conf_low", "conf_high"))
    if any(say.is_missing(value) for value in (estimate, low, high)):
        return Claim("unknown")
    _check_inside(estimate, low, high)
    told = {is_distinguishable(row), *(p < LEVEL for p in _tests(row, p_values).values())}
    verdict: Verdict = "disputed" if len(told) > 1 else "told" if told == {True} else "not told"
    direction = (1 if estimate > 0 else -1) if verdict == "told" else 0
    if margin is None:
        return Claim(verdict, direction)
    if not margin > 0 or narrow is None:
        raise UsageError(f"A margin is positive and needs the 90 % interval, not {margin}.")
    _check_inside(estimate, *narrow)
    is_alike = -margin < narrow[0] and narrow[1] < margin
    return Claim(verdict, direction, is_alike, narrow[0] > margin or narrow[1] < -margin)


def _tests(row: Row, p_values: Mapping[str, float] | None) -> dict[str, float]:
    """Known p values by name, that of the row among them."""
    tests: dict[str, Any] = {"its p value": row.get("p_value"), **(p_values or {})}
    return {name: float(p) for name, p in tests.items() if not say.is_missing(p)}


def _check_inside(estimate: float, low: float, high: float) -> None:
    if not low <= estimate <= high:
        raise ModelError(
            f"The estimate {estimate} lies outside its interval {low} to {high}; "
            "take estimate and interval from the same row."
        )


def is_distinguishable(row: Row) -> bool:
    """Tell whether the interval of an estimate leaves out zero."""
    low, high = row["conf_low"], row["conf_high"]
    return not (say.is_missing(low) or say.is_missing(high)) and not low <= 0 <= high


def told_apart(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of estimates whose interval leaves out zero."""
    return table.loc[[is_distinguishable(row) for _, row in table.iterrows()]]


def describe_estimate(
    row: Row,
    unit: str,
    *,
    subject: str,
    comparison: str,
    measure: say.Measure = "number",
    scale: float = 1.0,
    words: tuple[str, str] = ("more", "fewer"),
    verb: str = "have",
    p_values: Mapping[str, float] | None = None,
) -> str:
    """Say one estimate in plain words, with unit, comparison, interval and n.

    Parameters
    ----------
    row : mapping
        `estimate, conf_low, conf_high, n_obs` and perhaps `p_value` and `n_clusters`.
    unit : str
        What is counted, as it follows the number: "offences per 100,000 residents".
    subject, comparison : str
        The two groups: "Counties that hold people on detainers", "counties that do not".
    measure, scale : Measure, float
        How numbers are written; what estimate and interval are multiplied with before.
    words, verb : pair of str, str
        For a positive and a negative difference, and before them: "have", "report".
    p_values : mapping of str to float, optional
        Of further tests, as for `judge`, which refuses an estimate outside its own interval.
    """
    claim, sample = judge(row, p_values=p_values), _sample(row)
    if claim.verdict == "unknown":
        return (
            f"The difference between {say.lower_first(subject)} and {comparison} in {unit} is "
            f"{say.NOT_AVAILABLE} ({sample})."
        )
    estimate = row["estimate"] * scale
    low, high = sorted((row["conf_low"] * scale, row["conf_high"] * scale))
    if claim.verdict == "told":
        near, far = sorted((abs(low), abs(high)))
        word = words[0] if estimate > 0 else words[1]
        return (
            f"{subject} {verb} {say.format_measure(abs(estimate), measure)} {word} {unit} than "
            f"{comparison} (95% interval {say.format_interval(near, far, measure)} {word}; "
            f"{sample}). {say.ASSOCIATION}"
        )
    both = f"{subject} and {comparison}{',' if ',' in comparison else ''}"
    reach = (
        f"from {_reach(low, high, measure, words)} {unit}, around an "
        f"estimate of {say.format_measure(estimate, measure)} ({sample}). {say.ASSOCIATION}"
    )
    if claim.verdict == "disputed":
        both = say.lower_first(both)
        return f"Whether {both} differ is disputed: {_dispute(row, p_values)} {reach}"
    return f"{both} cannot be told apart: the 95% interval reaches {reach}"


def _sample(row: Row) -> str:
    clusters = row.get("n_clusters")
    counts = not say.is_missing(clusters) and clusters
    within = f" in {say.format_count(clusters)} clusters" if counts else ""
    return f"n = {say.format_count(row['n_obs'])} counties{within}"


def _dispute(row: Row, p_values: Mapping[str, float] | None) -> str:
    """Name the tests that do not say what the interval says."""
    outside = is_distinguishable(row)
    against = {name: p for name, p in _tests(row, p_values).items() if (p < LEVEL) != outside}
    named = say.join_words([f"{name} (p {say.format_p_value(p)})" for name, p in against.items()])
    return (
        f"{named} {'cannot tell' if outside else 'tells'} them apart, and the 95% interval "
        f"{'leaves out' if outside else 'holds'} zero, reaching"
    )


def _reach(low: float, high: float, measure: say.Measure, words: tuple[str, str]) -> str:
    """Write both ends of an interval with their directions; points have their unit once."""
    first = say.format_measure(abs(low), measure)
    if measure == "points":
        first = say.format_number(100 * abs(low), 1)
    ends = (first, low), (say.format_measure(abs(high), measure), high)
    return " to ".join(f"{size} {words[0] if end >= 0 else words[1]}" for size, end in ends)


def describe_likeness(claim: Claim) -> str:
    """Say whether two groups are alike within the margin that was set for that.

    Not being told apart is not being alike: without a margin nothing is said.
    """
    if claim.is_alike is None:
        return ""
    if claim.is_alike:
        return "The difference lies within the margin that was set for being alike (equivalent)."
    if claim.verdict != "told":
        return "They are neither told apart nor shown to be alike within the margin set for that."
    if claim.is_beyond:
        return "The difference is larger than the margin that was set for being alike."
    return "It is not shown to be larger or smaller than the margin that was set for being alike."


def describe_count_signs(table: pd.DataFrame) -> str:
    """Count the estimates of a table above, below and on both sides of zero."""
    told, counted = told_apart(table), say.pluralise(len(table), "estimate")
    if told.empty:
        return f"None of {counted} can be told from 0"
    above = int((told["estimate"] > 0).sum())
    return (
        f"Of {counted}, {above} can be told to lie above 0, {len(told) - above} below, and "
        f"{len(table) - len(told)} cannot be told from it"
    )


def describe_told(table: pd.DataFrame, noun: str, joint: float) -> str:
    """Say how many of several things can be told to differ, each alone and all together.

    The noun names them in the plural; `joint` is the p value of the test that none differs.
    """
    told, figure = len(told_apart(table)), f"(joint test p {say.format_p_value(joint)})"
    together = "differ" if joint < LEVEL else "cannot be told to either"
    return (
        f"{say.format_count(told)} of {say.format_count(len(table))} {noun} can be told to differ "
        f"by {'itself' if told == 1 else 'themselves'}; taken together they {together} {figure}"
    )


def describe_agreement(table: pd.DataFrame, main: Row) -> str:
    """Say how other estimates of one difference lie beside the main one.

    Signs are counted only where the main estimate has one that can be told. Other looks at the
    same counties go together, so that their agreeing is no evidence of its own: where the main
    interval holds zero, those that do not are named, by their `term`.
    """
    known = table.dropna(subset=["estimate"])
    told, counted = told_apart(known), say.pluralise(len(known), "other estimate")
    if is_distinguishable(main):
        same = int((known["estimate"] * float(main["estimate"]) > 0).sum())
        return (
            f"of {counted}, {say.format_count(same)} {'has' if same == 1 else 'have'} the sign of "
            f"the main one and {say.format_count(len(told))} an interval without zero"
        )
    names = [str(name) for name in told["term"]] if "term" in told else []
    return (
        f"the main interval holds zero, and so do {say.format_count(len(known) - len(told))} of "
        f"the intervals of {counted} of mostly the same counties"
        + (f" (zero is left out by: {say.join_words(names)})" if names else "")
    )


def describe_known(known: float | None, table: pd.DataFrame, name: str = "") -> str:
    """Say whether intervals hold the effect that the data were simulated with, and zero too.

    The effect is in the unit of the table; without one nothing is said. The name is of the one
    whose interval it is, where there is one.
    """
    if known is None:
        return ""
    inside = table[(table["conf_low"] <= known) & (known <= table["conf_high"])]
    both = len(inside) - len(told_apart(inside))
    said = f"Simulated with a known effect of {say.format_number(known)}"
    if len(table) == 1:
        if inside.empty:
            return f"{said}, outside the interval of {name}."
        return f"{said}, inside the interval of {name}, {'and zero too' if both else 'not zero'}."
    if inside.empty:
        return f"{said}: it lies inside none of these {len(table)} intervals."
    return (
        f"{said}: it lies inside {len(inside)} of these {len(table)} intervals, of which {both} "
        f"{'holds' if both == 1 else 'hold'} zero too."
    )
