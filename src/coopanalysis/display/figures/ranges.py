"""Ranges of estimates that assumptions allow, with the interval around them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from coopanalysis.display.figures.style import (
    ACCENT,
    ACCENT_LIGHT,
    INK,
    clear_spines,
    new_figure,
    wrap_label,
)


def plot_ranges(frame: pd.DataFrame, *, label: str, x_label: str, null: float = 0.0) -> Figure:
    """Draw one row per rule: a point or a bar for what it says, a thin line for its interval.

    Parameters
    ----------
    frame : DataFrame
        One row per rule, in order from the top: `estimate_low, estimate_high, conf_low,
        conf_high`. Equal ends are drawn as a point.
    label : str
        Column with the name of the rule.
    x_label : str
        What the estimates are, with their unit.
    """
    rows = np.arange(len(frame))[::-1]
    names = [wrap_label(str(text), 26) for text in frame[label]]
    lines = [name.count("\n") + 1 for name in names]
    figure, axes = new_figure(0.9 + len(frame) * (0.2 + 0.21 * max(lines)))
    axes.axvline(null, color=INK, linewidth=1, zorder=1)
    low, high = (frame[name].to_numpy("float64") for name in ("estimate_low", "estimate_high"))
    axes.hlines(rows, frame["conf_low"], frame["conf_high"], color=ACCENT, linewidth=1.3, zorder=2)
    is_range = high > low
    axes.barh(
        rows[is_range],
        (high - low)[is_range],
        left=low[is_range],
        height=0.34,
        color=ACCENT_LIGHT,
        edgecolor=ACCENT,
        zorder=3,
    )
    points = {"color": ACCENT, "markersize": 8, "markeredgecolor": "white", "zorder": 4}
    axes.plot(low[~is_range], rows[~is_range], "o", **points)
    axes.set_yticks(rows, names)
    axes.tick_params(axis="y", labelcolor=INK)
    axes.set_ylim(-0.6, len(frame) - 0.4)
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.set_xlabel(wrap_label(x_label, 52))
    clear_spines(axes, "bottom")
    return figure
