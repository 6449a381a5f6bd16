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

from coopanalysis.display.sentences import (
    ASSOCIATION,
    NOT_AVAILABLE,
    Measure,
    describe_sample,
    format_count,
    format_interval,
    format_measure,
    format_number,
    format_p_value,
    is_missing,
    join_words,
    lower_first,
    pluralise,
)
from coopanalysis.errors import ModelError, UsageError

LEVEL = 0.05
Row = Mapping[str, Any] | pd.Series
Verdict = Literal["told", "not told", "disputed", "unknown"]


@dataclass(frozen=True)
class Claim:
    """What may be said of one difference.

    Attributes
    ----------
    verdict : Verdict
        `told` from none, `not told`, `disputed` where interval and tests disagree, `unknown`
        where there is no estimate or no interval.
    direction : int
        1 or -1 where the difference is told, else 0: there is no sign to speak of.
    is_alike : bool or None
        Whether the difference is shown to lie within the margin; None without a margin.
    is_beyond : bool
        Whether it is shown to lie outside the margin.
    """

    verdict: Verdict
    direction: int = 0
    is_alike: bool | None = None
    is_beyond: bool = False


def judge(
    row: Row,
    *,
    null: float = 0.0,
    p_values: Mapping[str, float] | None = None,
    margin: float | None = None,
    narrow: tuple[float, float] | None = None,
) -> Claim:
    """Judge one estimate.

    Parameters
    ----------
    row : mapping
        `estimate`, `conf_low` and `conf_high` (95 %), and perhaps `p_value`.
    null : float
        The value that means no difference.
    p_values : mapping of str to float, optional
        Of further tests of the same difference, by their names; missing ones say nothing.
    margin : float, optional
        Largest difference from the null, either way, that counts as none, in the unit of the row.
    narrow : (low, high), optional
        The 90 % interval, which a margin needs.

    Raises
    ------
    ModelError
        If the estimate lies outside one of its intervals.
    UsageError
        If a margin is not positive, or has no 90 % interval beside it.
    """
    estimate, low, high = (row[name] for name in ("estimate", "conf_low", "conf_high"))
    if any(is_missing(value) for value in (estimate, low, high)):
        return Claim("unknown")
    _check_inside(estimate, low, high)
    outside = not low <= null <= high
    told = {outside, *(p < LEVEL for p in _tests(row, p_values).values())}
    is_told = told == {True}
    is_alike, is_beyond = None, False
    if margin is not None:
        if not margin > 0 or narrow is None:
            raise UsageError(f"A margin is positive and needs the 90 % interval, not {margin}.")
        _check_inside(estimate, *narrow)
        is_alike = null - margin < narrow[0] and narrow[1] < null + margin
        is_beyond = narrow[0] > null + margin or narrow[1] < null - margin
    return Claim(
        "told" if is_told else "not told" if told == {False} else "disputed",
        (1 if estimate > null else -1) if is_told else 0,
        is_alike,
        is_beyond,
    )


def _tests(row: Row, p_values: Mapping[str, float] | None) -> dict[str, float]:
    """Known p values by name, that of the row among them."""
    tests: dict[str, Any] = {"its p value": row.get("p_value"), **(p_values or {})}
    return {name: float(p) for name, p in tests.items() if not is_missing(p)}


def _check_inside(estimate: float, low: float, high: float) -> None:
    if not low <= estimate <= high:
        raise ModelError(
            f"The estimate {estimate} lies outside its interval {low} to {high}; "
            "take estimate and interval from the same row."
        )


def is_distinguishable(row: Row, null: float = 0.0) -> bool:
    """Tell whether the interval of an estimate leaves out the value that means no difference."""
    low, high = row["conf_low"], row["conf_high"]
    return not (is_missing(low) or is_missing(high)) and not low <= null <= high


def describe_estimate(
    row: Row,
    unit: str,
    *,
    subject: str,
    comparison: str,
    measure: Measure = "number",
    scale: float = 1.0,
    words: tuple[str, str] = ("more", "fewer"),
    verb: str = "have",
    observed: str = "counties",
    p_values: Mapping[str, float] | None = None,
) -> str:
    """Say one estimate in plain words, with unit, comparison, interval and n.

    Parameters
    ----------
    row : mapping
        `estimate, conf_low, conf_high, n_obs` and perhaps `p_value` and `n_clusters`: one row of
        an estimates table, on the scale of a difference.
    unit : str
        What is counted, as it follows the number: "offences per 100,000 residents".
    subject, comparison : str
        The two groups: "Counties that hold people on detainers", "counties that do not".
    measure : Measure
        How numbers are written; "points" for differences of shares.
    scale : float
        Multiplies the estimate and its interval, for example 10 for "per ten points".
    words : pair of str
        For a positive and a negative difference: ("more", "fewer"), ("higher", "lower").
    verb : str
        Between subject and number: "have", "report", "score".
    observed : str
        Noun of the observations.
    p_values : mapping of str to float, optional
        Of further tests, as for `judge`.

    Raises
    ------
    ModelError
        If the estimate lies outside its own interval.
    """
    claim, sample = judge(row, p_values=p_values), describe_sample(row, observed)
    if claim.verdict == "unknown":
        return (
            f"The difference between {lower_first(subject)} and {comparison} in {unit} is "
            f"{NOT_AVAILABLE} ({sample})."
        )
    estimate, low, high = sorted_scaled(row["estimate"], row["conf_low"], row["conf_high"], scale)
    if claim.verdict == "told":
        near, far = sorted((abs(low), abs(high)))
        word = words[0] if estimate > 0 else words[1]
        return (
            f"{subject} {verb} {format_measure(abs(estimate), measure)} {word} {unit} than "
            f"{comparison} (95% interval {format_interval(near, far, measure)} {word}; {sample}). "
            f"{ASSOCIATION}"
        )
    both = f"{subject} and {comparison}{',' if ',' in comparison else ''}"
    reach = (
        f"from {_reach(low, high, measure, words)} {unit}, around an "
        f"estimate of {format_measure(estimate, measure)} ({sample}). {ASSOCIATION}"
    )
    if claim.verdict == "disputed":
        return f"Whether {lower_first(both)} differ is disputed: {_dispute(row, p_values)} {reach}"
    return f"{both} cannot be told apart: the 95% interval reaches {reach}"


def _dispute(row: Row, p_values: Mapping[str, float] | None) -> str:
    """Name the tests that tell the two apart and those that do not, the interval last."""
    outside = is_distinguishable(row)
    named = {name: f"{name} (p {format_p_value(p)})" for name, p in _tests(row, p_values).items()}
    sides = {True: list[str](), False: list[str]()}
    for name, p in _tests(row, p_values).items():
        sides[p < LEVEL].append(named[name])
    sides[outside] = [one for one in sides[outside] if not one.startswith("its p value")]
    against = join_words(sides[not outside])
    return (
        f"{against} {'cannot tell' if outside else 'tells'} them apart, and the 95% interval "
        f"{'leaves out' if outside else 'holds'} zero, reaching"
    )


def sorted_scaled(
    estimate: float, low: float, high: float, scale: float
) -> tuple[float, float, float]:
    """Scale an estimate and its interval; a negative scale turns the interval round."""
    ends = sorted((low * scale, high * scale))
    return estimate * scale, ends[0], ends[1]


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


def describe_count_signs(
    table: pd.DataFrame, null: float = 0.0, *, joint: float | None = None
) -> str:
    """Count the estimates of a table above, below and on both sides of no difference.

    Parameters
    ----------
    table : DataFrame
        Estimates with their intervals.
    null : float
        The value that means no difference.
    joint : float, optional
        p value of the test that all of them are the null.
    """
    told = [is_distinguishable(row, null) for _, row in table.iterrows()]
    above = sum(bool(t and e > null) for t, e in zip(told, table["estimate"], strict=True))
    counted, jointly = pluralise(len(table), "estimate"), _jointly(joint, "can be told from it")
    if not any(told):
        return f"None of {counted} can be told from {format_number(null)}{jointly}"
    return (
        f"Of {counted}, {above} can be told to lie above {format_number(null)}, "
        f"{sum(told) - above} below, and {len(table) - sum(told)} cannot be told from it{jointly}"
    )


def describe_told(table: pd.DataFrame, noun: str, *, joint: float | None = None) -> str:
    """Say how many of several things can be told to differ, each alone and all together.

    Parameters
    ----------
    table : DataFrame
        Estimates with their intervals, one row each.
    noun : str
        What they are, in the plural: "characteristics from before".
    joint : float, optional
        p value of the test that none of them differs; with several things it should be given.
    """
    told = int(sum(is_distinguishable(row) for _, row in table.iterrows()))
    return (
        f"{format_count(told)} of {format_count(len(table))} {noun} can be told to differ by "
        f"{'itself' if told == 1 else 'themselves'}{_jointly(joint, 'differ')}"
    )


def _jointly(joint: float | None, what: str) -> str:
    if joint is None or is_missing(joint):
        return ""
    figure = f"(joint test p {format_p_value(joint)})"
    if joint < LEVEL:
        return f"; taken together they {what} {figure}"
    return f"; taken together they cannot be told to either {figure}"


def describe_agreement(
    table: pd.DataFrame, main: Row, noun: str = "other estimate", plural: str = ""
) -> str:
    """Say how other estimates of one difference lie beside the main one.

    Signs are counted only where the main estimate has one that can be told. Other looks at the
    same counties go together, so that their agreeing is no evidence of its own.

    Parameters
    ----------
    table : DataFrame
        The others, with their intervals; with a `term`, those are named that a null would hide.
    main : mapping
        The main estimate with its interval.
    noun, plural : str
        What the others are called.
    """
    known = table.dropna(subset=["estimate"])
    told = [row for row in _rows(known) if is_distinguishable(row)]
    many, held = len(known), len(known) - len(told)
    counted = pluralise(many, noun, plural or f"{noun}s")
    if is_distinguishable(main):
        same = int((known["estimate"] * float(main["estimate"]) > 0).sum())
        return (
            f"of {counted}, {format_count(same)} {'has' if same == 1 else 'have'} the sign of the "
            f"main one and {format_count(many - held)} an interval without zero"
        )
    names = [str(row["term"]) for row in told if "term" in row]
    return (
        f"the main interval holds zero, and so do {format_count(held)} of the intervals of "
        f"{counted} of mostly the same counties"
        + (f" (it is left out by: {join_words(names)})" if names else "")
    )


def _rows(table: pd.DataFrame) -> list[pd.Series]:
    return [row for _, row in table.iterrows()]


def describe_known(known: float | None, table: pd.DataFrame, name: str = "") -> str:
    """Say whether intervals hold the effect that the data were simulated with, and zero too.

    Parameters
    ----------
    known : float or None
        The effect, in the unit of the table; None where there is none, which says nothing.
    table : DataFrame
        One or more estimates with their intervals.
    name : str
        Whose interval it is, where there is one.
    """
    if known is None:
        return ""
    inside = table[(table["conf_low"] <= known) & (known <= table["conf_high"])]
    both = sum(not is_distinguishable(row) for row in _rows(inside))
    said = f"Simulated with a known effect of {format_number(known)}"
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


def _reach(low: float, high: float, measure: Measure, words: tuple[str, str]) -> str:
    """Write both ends of an interval with their directions; points have their unit once."""
    first = format_measure(abs(low), measure)
    if measure == "points":
        first = format_number(100 * abs(low), 1)
    ends = (first, low), (format_measure(abs(high), measure), high)
    return " to ".join(f"{size} {words[0] if end >= 0 else words[1]}" for size, end in ends)
