"""Shares of a whole over time, stacked, each named at its right end."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib.dates as mdates
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from coopanalysis.display.figures.style import INK, clear_spines, new_figure, wrap_label
from coopanalysis.errors import UsageError

_LABEL_GAP = 0.155
"""Room that one label of two lines takes, as a share of the height."""


def plot_share_timeline(
    shares: pd.DataFrame,
    *,
    colours: Mapping[str, str],
    labels: Mapping[str, str],
    y_label: str,
) -> Figure:
    """Draw shares that add up to one as stacked steps, with their last values as labels.

    Parameters
    ----------
    shares : DataFrame, one row per day, in order; one column per group
        Shares (0 to 1) that hold from the day of the index to the next one.
    colours, labels : mapping of str to str
        Colour and name of each group, in the order from the bottom.

    Raises
    ------
    UsageError
        If a group has no share on a date, or the shares of a date do not add up to one.
    """
    table = shares.reindex(columns=list(labels))
    bad = table.index[~np.isclose(table.sum(axis=1, skipna=False), 1.0)]
    if len(bad):
        raise UsageError(
            f"On {len(bad)} dates (first: {bad[0]:%Y-%m-%d}) the shares do not add up to 1: "
            "give every group a share on every date."
        )
    figure, axes = new_figure(4.4)
    axes.grid(visible=False)
    tops = table.cumsum(axis=1)
    for group in labels:
        upper, lower = tops[group], tops[group] - table[group]
        axes.fill_between(
            table.index, lower, upper, step="post", color=colours[group], linewidth=0.0
        )
    last = table.iloc[-1]
    shown = [group for group in labels if last[group] > 0]
    middles = (tops.iloc[-1] - last / 2)[shown].to_numpy("float64")
    for group, height in zip(shown, _spread(middles), strict=True):
        axes.annotate(
            f"{wrap_label(labels[group], 12)} {100 * last[group]:.0f}%",
            (1, height),
            xycoords=axes.get_yaxis_transform(),
            xytext=(8, 0),
            textcoords="offset points",
            va="center",
            color=INK,
            annotation_clip=False,
        )
    axes.set_xlim(table.index.min(), table.index.max())
    axes.set_ylim(0, 1)
    axes.xaxis.set_major_locator(mdates.AutoDateLocator(minticks=3, maxticks=5))
    axes.xaxis.set_major_formatter(mdates.DateFormatter("%Y"))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{100 * y:.0f}%"))
    axes.set_ylabel(wrap_label(y_label, 34))
    clear_spines(axes, "bottom")
    return figure


def _spread(heights: np.ndarray) -> np.ndarray:
    """Move labels upwards until none lies on another; the input runs from low to high."""
    placed = heights.copy()
    for at in range(1, len(placed)):
        placed[at] = max(placed[at], placed[at - 1] + _LABEL_GAP)
    return placed
