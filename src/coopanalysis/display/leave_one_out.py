"""An estimate without each group, and whether one or two groups make it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from coopanalysis.display import sentences as say
from coopanalysis.display.claims import is_distinguishable
from coopanalysis.display.html import Output
from coopanalysis.display.results import (
    ENDS,
    change_of_scale,
    effect_row,
    estimate_digits,
    result_columns,
    row_with_largest,
    scaled,
)
from coopanalysis.display.tables import ColumnFormat, show_table
from coopanalysis.display.words import result_words
from coopanalysis.errors import UsageError
from coopanalysis.models import Estimates, difference_row
from coopanalysis.panel import Panel

MOST_GROUPS = 6
MOST_NAMES = 3


@dataclass(frozen=True)
class Without:
    """What becomes of an estimate without groups, in words.

    How far it runs without one group, what becomes of its being told from zero, and whether one
    group or two decide that, which is otherwise without them; else `decided_by` is empty.
    """

    range_words: str
    verdict: str
    decided_by: str


def effects_without(without: pd.DataFrame, estimates: Estimates) -> pd.DataFrame:
    """Results of `models.leave_out` that did not fail, in the unit of `results.effect_row`."""
    known = without[without["estimate"].notna()].reset_index(drop=True)
    whole = float(difference_row(estimates, estimates.spec.treatment)["estimate"])
    if known.empty or not np.allclose(known["estimate"] - known["change"], whole):
        raise UsageError(
            f"leave_out is not of this estimate, {whole:.6g}: take models.leave_out of the same "
            "model and rows."
        )
    change = change_of_scale(estimates)
    table = known.assign(**{name: known[name].map(change) for name in ENDS})
    return table.assign(change=table["estimate"] - change(whole))


def describe_without(table: pd.DataFrame, row: pd.Series, scale: float, noun: str) -> Without:
    """Say how far an estimate runs without one group, and whether one or two of them make it.

    The table is from `effects_without`, the row is the estimate with all, in the same unit; the
    scale turns both into the unit of the sentence, and the noun is what a group is.
    """
    single = table[table["n_groups"] == 1] if (table["n_groups"] == 1).any() else table
    least, most = (row_with_largest(single, way * single["estimate"]) for way in (-1, 1))
    ends = say.format_interval(scale * least["estimate"], scale * most["estimate"]).split(" to ")
    own, signs = _verdict(row), np.array([_verdict(one) for _, one in table.iterrows()])
    other = table[signs != own]
    changed = other[other["n_groups"] == 1]
    changed = changed if len(changed) else other
    if changed.empty:
        each = f"leaves out zero without any one {noun}" if own else "holds zero each time"
        verdict = f"the interval {each}"
    elif (signs[table.index.get_indexer(changed.index)] * own < 0).any():
        verdict = f"the direction is another without {_names(changed, noun)}"
    else:
        now = "holds" if own else "leaves out"
        verdict = f"the interval {now} zero without {_names(changed, noun)}"
    far = f"from {ends[0]} ({least['group']}) to {ends[1]} ({most['group']})"
    pairs = table[table["n_groups"] > 1]
    if len(pairs):
        furthest = row_with_largest(pairs, pairs["change"].abs())
        far += (
            f", without two as far as {say.format_number(scale * furthest['estimate'])} "
            f"({furthest['group']})"
        )
    by = "" if changed.empty else f"Of all pairs of {noun}s one or more decide"
    return Without(far, verdict, f"One {noun} decides" if (changed["n_groups"] == 1).any() else by)


def _verdict(row: pd.Series) -> int:
    """Sign of an estimate that its interval tells from zero, else 0."""
    return int(np.sign(row["estimate"])) if is_distinguishable(row) else 0


def _names(table: pd.DataFrame, noun: str) -> str:
    names = table["group"].tolist()
    if len(names) <= MOST_NAMES:
        return " or without ".join(names)
    first = say.join_words(names[:MOST_NAMES])
    return f"any one of {say.format_count(len(names))} {noun}s, {first} first"


def show_leave_one_out(
    without: pd.DataFrame,
    estimates: Estimates,
    *,
    noun: str = "state",
    data: Panel | None = None,
) -> Output:
    """Show an estimate without each group: those that move it most, and how far it runs.

    The table is from `models.leave_out` (`UsageError` if of another estimate); the noun says what a
    group is.
    """
    words = result_words(estimates, data)
    known, main = effects_without(without, estimates), effect_row(estimates)
    said = describe_without(known, main, words.scale, noun)
    table = scaled(known, words.scale).assign(change=known["change"] * words.scale)
    is_single, failed = table["n_groups"] == 1, len(without) - len(known)
    top = pd.concat([table[is_single].head(MOST_GROUPS), table[table["n_groups"] > 1]])
    note = (
        f"With all {say.tell(main, words.scale)}. Without one {noun} of "
        f"{is_single.sum()} the estimate runs {said.range_words}; "
        f"{said.verdict}."
    ) + f" Without {failed} more it cannot be estimated." * bool(failed)
    return show_table(
        top,
        caption=f"Without one {noun} or two: those that move the estimate most, in "
        f"{words.table_unit}",
        note=note,
        source=words.source,
        columns={
            "group": "Without",
            **result_columns(top, n_obs=False),
            "change": ColumnFormat("Change", digits=estimate_digits(top)),
            "left_out_count": "Counties left out",
        },
    )


def describe_carriers(
    without: pd.DataFrame, estimates: Estimates, *, margin: float, data: Panel | None = None
) -> str:
    """Say whether an estimate rests on one or two states: without them it is within a margin.

    The table is from `models.leave_out` of the same model, one and two groups at a time; the
    margin, as for `show_main_estimate`, is in the unit of the outcome.
    """
    words, known = result_words(estimates, data), without.dropna(subset="change")
    whole = float(known["estimate"].iloc[0] - known["change"].iloc[0])
    least = f"where less than {say.format_number(margin * words.scale)} either way counts as none"
    with_all = f"{say.format_number(whole * words.scale)} {words.table_unit} with all states"
    if abs(whole) <= margin:
        return f"The estimate is {with_all}, {least}: it is not asked which state makes it."
    # Those without which none is left come first, then those that move it most.
    is_left = (known["estimate"] * np.sign(whole) > margin).rename("is_left")
    order = known.assign(is_left=is_left).sort_values(["n_groups", "is_left"], kind="stable")
    first = order.drop_duplicates("n_groups")
    numbers = [say.format_number(one) for one in first["estimate"] * words.scale]
    groups = zip(numbers, first["group"], strict=True)
    told = say.join_words([f"{number} without {group}" for number, group in groups])
    made = first[~first["is_left"]]
    if made.empty:
        return f"The estimate rests on no one state and no two: it is {with_all}, {told}."
    return f"The estimate rests on {made['group'].iloc[0]}: it is {with_all}, {told}, {least}."
