"""Counts over time, one line per model, named at its end."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib.dates as mdates
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from coopanalysis.display.figures.style import INK, clear_spines, new_figure, wrap_label

LINE_SHARE, GAP_SHARE = 0.075, 0.02
"""Room of one line of an end label, and between two labels, as a share of the highest value."""


def cumulate(frame: pd.DataFrame, *, date: str, by: str) -> pd.DataFrame:
    """Count dated rows per month and group, added up over time.

    Parameters
    ----------
    frame : DataFrame
        One row per event; rows without a date are left out (count them in the note).

    Returns
    -------
    DataFrame, one row per month and group
        `month, <by>, events_count` (up to and including the month).
    """
    dated = frame.dropna(subset=[date])
    month = dated[date].dt.to_period("M")
    counts = pd.crosstab(month, dated[by]).sort_index()
    every = pd.period_range(counts.index.min(), counts.index.max(), freq="M")
    total = counts.reindex(every, fill_value=0).cumsum()
    long = total.rename_axis("month").reset_index().melt("month", var_name=by)
    long["month"] = long["month"].dt.to_timestamp()
    return long.rename(columns={"value": "events_count"})


def plot_timeline(
    frame: pd.DataFrame,
    *,
    date: str,
    value: str,
    by: str,
    y_label: str,
    colours: Mapping[str, str],
    labels: Mapping[str, str],
) -> Figure:
    """Draw one stepped line per group, with its name and last value at the right end.

    Parameters
    ----------
    frame : DataFrame
        One row per date and group.
    date, value, by : str
        Columns of the time, the count and the group.
    colours, labels : mapping of str to str
        Colour and name of each group.
    """
    figure, axes = new_figure(4.2)
    axes.grid(axis="x", visible=False)
    axes.grid(axis="y", visible=True)
    ends = frame.sort_values(date).groupby(by, observed=True).last()[value].sort_values()
    words = [f"{wrap_label(labels[group], 14)} {int(ends[group]):,}" for group in ends.index]
    tall = np.array([LINE_SHARE * (1 + text.count("\n")) + GAP_SHARE for text in words])
    highest = max(float(ends.max()), 1.0)
    heights = _spread(ends.to_numpy("float64"), tall * highest, highest * (1 + LINE_SHARE))
    last_day = frame[date].max()
    for group, text, height in zip(ends.index, words, heights, strict=True):
        line = frame[frame[by] == group].sort_values(date)
        axes.step(line[date], line[value], where="post", color=colours[group], linewidth=2.2)
        axes.annotate(
            text,
            (last_day, height),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            color=INK,
            annotation_clip=False,
        )
        axes.plot([last_day], [ends[group]], "o", color=colours[group], markersize=6)
    locator = mdates.AutoDateLocator(minticks=3, maxticks=5)
    axes.xaxis.set_major_locator(locator)
    formatter = mdates.ConciseDateFormatter(locator)
    axes.xaxis.set_major_formatter(formatter)
    axes.xaxis.get_offset_text().set_fontsize(12.5)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:,.0f}"))
    axes.set_ylim(bottom=0)
    axes.set_ylabel(wrap_label(y_label, 34))
    clear_spines(axes, "bottom")
    return figure


def _spread(heights: np.ndarray, tall: np.ndarray, top: float) -> np.ndarray:
    """Move labels up, and down again from the top, until none lies on another.

    Parameters
    ----------
    heights : ndarray
        Where the middle of each label belongs, from low to high.
    tall : ndarray
        How much room each label takes, in the same unit.
    top : float
        How high the highest label may reach.
    """
    placed, apart = heights.copy(), (tall[:-1] + tall[1:]) / 2
    for at in range(1, len(placed)):
        placed[at] = max(placed[at], placed[at - 1] + apart[at - 1])
    placed[-1] = min(placed[-1], top - tall[-1] / 2)
    for at in range(len(placed) - 2, -1, -1):
        placed[at] = min(placed[at], placed[at + 1] - apart[at])
    return placed
