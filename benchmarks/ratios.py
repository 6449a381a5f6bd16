"""Print a ratio so that `run.py` finds it."""

from __future__ import annotations

MARK = "ratio"


def say_ratio(
    what: str, value: float, *, at_least: float | None = None, at_most: float | None = None
) -> bool:
    """Print a ratio with its goal on one line of fields between tabs; tell whether it is met."""
    is_met = (at_least is None or value >= at_least) and (at_most is None or value <= at_most)
    goal = f"at least {at_least:g}" if at_least is not None else ""
    goal = f"at most {at_most:g}" if at_most is not None else goal
    verdict = ("yes" if is_met else "no") if goal else ""
    shown = f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
    print("\t".join([MARK, what, shown, goal, verdict]), flush=True)
    return is_met
