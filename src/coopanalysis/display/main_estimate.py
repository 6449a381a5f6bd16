"""The main difference of a page: its sentence, and what a referee asks about it first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from coopanalysis.display import sentences as say
from coopanalysis.display.claims import Claim, describe_likeness, judge
from coopanalysis.display.html import Output
from coopanalysis.display.leave_one_out import describe_without, effects_without
from coopanalysis.display.page import show_headline
from coopanalysis.display.results import change_of_scale, effect_row
from coopanalysis.display.words import (
    FAMILY_WORDS,
    ResultWords,
    covariate_names,
    error_words,
    group_name,
    result_words,
)
from coopanalysis.errors import UsageError
from coopanalysis.models import (
    Estimates,
    difference_row,
    effective_clusters,
    equivalence,
    smallest_difference,
    wild_interval,
    wild_joint_test,
)
from coopanalysis.models.joint import BOOTSTRAPPED
from coopanalysis.models.results import LEVEL
from coopanalysis.panel import Panel

BOOTSTRAP = "the wild cluster bootstrap"
TWO_TESTS = f"two one-sided tests at {say.format_share(LEVEL, 0)}"
RULED_OUT = f"Ruled out ({TWO_TESTS}, a {say.format_share(1 - 2 * LEVEL, 0)} interval)"
"""Name of what is ruled out, wherever it stands: its ends are not those of the 95 % interval."""


@dataclass(frozen=True)
class MainEstimate:
    """One difference with all that its page says of it first, in the unit of `row`.

    `wild` is the 95 % interval of the bootstrap, `narrow` the 90 % interval, `smallest` the
    smallest difference that the design would have told, `margin` the largest that counts as none.
    """

    row: pd.Series
    words: ResultWords
    claim: Claim
    p_values: dict[str, float]
    wild: tuple[float, float] | None
    narrow: tuple[float, float] | None
    smallest: float | None
    margin: float | None

    @property
    def sentence(self) -> str:
        """The difference in one sentence."""
        words = self.words
        return words.describe(self.row, words.subject, words.comparison, self.p_values)


def read_main_estimate(
    estimates: Estimates,
    *,
    data: Panel | None = None,
    margin: float | None = None,
    wild: bool = True,
) -> MainEstimate:
    """Compute what is said of one difference; arguments as for `show_main_estimate`."""
    row, asked = effect_row(estimates), estimates.spec.treatment
    words, change = result_words(estimates, data), change_of_scale(estimates)
    is_relative = words.table_unit == "percent"
    if margin is not None and is_relative:
        raise UsageError("A margin is a difference in the unit of the outcome, not in percent.")
    narrow = smallest = interval = None
    p_values = {}
    if difference_row(estimates, asked)["std_error"] > 0:
        # Any margin gives the same interval.
        found = equivalence(estimates, margin or 1.0, asked)
        narrow = (change(found.conf_low), change(found.conf_high))
        smallest = change(smallest_difference(estimates, asked))
        if wild and estimates.spec.family in BOOTSTRAPPED and estimates.spec.cluster:
            if estimates.spec.family == "ols":
                drawn = wild_interval(estimates, asked)
                p_values[BOOTSTRAP] = drawn.p_value
                interval = (change(drawn.conf_low), change(drawn.conf_high))
            else:
                p_values[BOOTSTRAP] = float(wild_joint_test(estimates, [asked])["p_value"])
    claim = judge(row, p_values=p_values, margin=margin if narrow else None, narrow=narrow)
    return MainEstimate(row, words, claim, p_values, interval, narrow, smallest, margin)


def describe_result(
    estimates: Estimates,
    *,
    data: Panel | None = None,
    wild: bool = False,
    leave_out: pd.DataFrame | None = None,
) -> str:
    """Say the main difference of a model in one sentence.

    With `wild` the bootstrap judges it too, and its p value follows; with `leave_out`, of
    `models.leave_out`, what becomes of the estimate without a state.
    """
    main = read_main_estimate(estimates, data=data, wild=wild)
    said = [main.sentence]
    if BOOTSTRAP in main.p_values:
        said.append(f"Wild cluster bootstrap: p {say.format_p_value(main.p_values[BOOTSTRAP])}.")
    if leave_out is not None:
        table = effects_without(leave_out, estimates)
        without = describe_without(table, main.row, main.words.scale, "state")
        said.append(f"Without one state: {without.range_words}; {without.verdict}.")
    return " ".join(said)


def show_main_estimate(
    estimates: Estimates,
    *,
    margin: float | None = None,
    leave_out: pd.DataFrame | None = None,
    wild: bool = True,
    data: Panel | None = None,
    before: Sequence[str] = (),
    also: Sequence[str] = (),
) -> Output:
    """Fill the top of the page with the main difference of a model.

    Beside the estimate with its interval stand the p value of the wild cluster bootstrap, the
    effective number of clusters, the smallest difference that the design could have told, what is
    ruled out, and what becomes of it without each state.

    Parameters
    ----------
    margin : float, optional
        Largest difference, either way, that counts as none, stated before the estimate was seen;
        in the unit of the outcome: offences per 100,000 residents, or a share of 0 to 1.
    leave_out : DataFrame, optional
        From `models.leave_out` of the same model, by the names of the states.
    wild : bool
        Whether to ask the wild cluster bootstrap, where the model is clustered least squares or a
        clustered logit (for which it is that of the scores).
    before, also : sequence of str
        Sentences before and after the estimate.

    Raises
    ------
    UsageError
        If the margin is not positive or is given for a difference in
        percent, or `leave_out` is of another estimate.
    """
    spec = estimates.spec
    main = read_main_estimate(estimates, data=data, margin=margin, wild=wild)
    words, row, data = main.words, main.row, main.words.data
    without = None if leave_out is None else effects_without(leave_out, estimates)
    kept = None if without is None else describe_without(without, row, words.scale, "state")
    decided = f"{kept.decided_by}: {kept.verdict}." if kept and kept.decided_by else ""
    sentences = [*before, main.sentence, describe_likeness(main.claim), decided, *also]
    more = {
        "Alike in": say.join_words(covariate_names(spec, data)),
        "Wild cluster bootstrap": _bootstrap(main),
        "Could be told": f"a difference of {_size(main, main.smallest)} or more, four times in "
        f"five, by a test at {say.format_share(LEVEL, 0)}" * bool(main.smallest),
        RULED_OUT: ruled_out(main) + _of_mean(main, estimates),
        f"Alike within {_size(main, main.margin)}": _alike(main),
        "Without a state": f"{kept.range_words}; {kept.verdict}" if kept else "",
        "Model": f"{FAMILY_WORDS[spec.family]}; errors {error_words(spec, data)}",
    }
    df, is_cr2 = estimates.df.get(str(row["term"])), spec.vcov == "CR2"
    freedom = f" ({say.format_number(df, 1)} degrees of freedom)" * is_cr2
    return show_headline(
        " ".join(filter(None, sentences)),
        unit=words.table_unit,
        comparison=words.comparison,
        interval=_interval(row["conf_low"], row["conf_high"], words) + freedom,
        n=f"{say.format_count(row['n_obs'])} counties{_clusters(estimates, row, data)}; "
        f"{say.format_count(estimates.n_rows - estimates.n_obs)} left out",
        more={name: text for name, text in more.items() if text},
    )


def _clusters(estimates: Estimates, row: pd.Series, data: Panel) -> str:
    if not estimates.spec.cluster:
        return ""
    label = group_name(data, estimates.spec.cluster)
    groups = f"{label}s" if label == "state" else f"clusters by {label}"
    counted = f" in {say.format_count(row['n_clusters'])} {groups}"
    if estimates.spec.family != "ols":
        return counted
    worth = effective_clusters(estimates, str(row["term"]))
    return f"{counted} (effective number {say.format_number(worth, 1)})"


def _bootstrap(main: MainEstimate) -> str:
    p_value = main.p_values.get(BOOTSTRAP)
    if p_value is None:
        return ""
    interval = f"95% interval {_interval(*main.wild, main.words)}, " if main.wild else ""
    return f"{interval}p {say.format_p_value(p_value)}"


def _alike(main: MainEstimate) -> str:
    if main.claim.is_alike is None or main.narrow is None:
        return ""
    by = "by the same two tests"
    if main.claim.is_alike:
        return f"yes, {by}"
    least = _size(main, max(map(abs, main.narrow)))
    return f"no, {by}" if main.claim.is_beyond else f"not shown {by}; it would be within {least}"


def describe_ruled_out(estimates: Estimates, *, data: Panel | None = None) -> str:
    """Say in one sentence which differences a model rules out, and by which tests."""
    said = ruled_out(read_main_estimate(estimates, data=data, wild=False))
    return f"{say.upper_first(said)} are ruled out by {TWO_TESTS}." if said else ""


def ruled_out(main: MainEstimate) -> str:
    """Say below and above which values a difference is ruled out, each by a one-sided test."""
    if main.narrow is None:
        return ""
    low, high = _ends(*main.narrow, main.words)
    return f"differences below {low} and above {high}{_unit(main.words)}"


def _of_mean(main: MainEstimate, estimates: Estimates) -> str:
    """Write the ends of what is ruled out as shares of the mean, where the outcome is a level."""
    mean = float(np.average(estimates.sample.outcome, weights=estimates.sample.weights))
    is_level = main.words.measure in ("number", "count", "usd") and estimates.spec.family == "ols"
    if main.narrow is None or not is_level or not mean > 0:
        return ""
    shares = [say.format_share(value / mean) for value in main.narrow]
    return f" ({shares[0]} and {shares[1]} of the mean of these counties)"


def _interval(low: float, high: float, words: ResultWords) -> str:
    return " to ".join(_ends(low, high, words)) + _unit(words)


def _ends(low: float, high: float, words: ResultWords) -> list[str]:
    """Write two ends with the same decimals, in the unit of the table."""
    measure: say.Measure = "usd" if words.measure == "usd" else "number"
    return say.format_interval(low * words.scale, high * words.scale, measure).split(" to ")


def _size(main: MainEstimate, value: float | None) -> str:
    """Write a difference of the unit of the row, without its direction."""
    if value is None:
        return ""
    in_unit = value * main.words.scale
    if main.words.measure == "usd":
        return say.format_usd(in_unit)
    return f"{say.format_number(in_unit)}{_unit(main.words)}"


def _unit(words: ResultWords) -> str:
    return " percentage points" if words.measure == "points" else "%" * (words.measure == "share")
