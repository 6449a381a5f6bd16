"""Counts and shares over time, each line or area named at its right end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import matplotlib.dates as mdates
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from coopanalysis.display.figures import style
from coopanalysis.errors import UsageError

LINE_SHARE, GAP_SHARE = 0.075, 0.02
"""Room of one line of an end label, and between two labels, as a share of the highest value."""
_LABEL_GAP = 0.155
"""Room that the label of one area, of two lines, takes, as a share of the height."""


def cumulate(frame: pd.DataFrame, *, date: str, by: str) -> pd.DataFrame:
    """Count dated rows per month and group, added up over time: `month, <by>, events_count`.

    Rows without a date are left out: count them in the note.
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
    counts: pd.DataFrame,
    *,
    by: str,
    y_label: str,
    colours: Mapping[str, str],
    labels: Mapping[str, str],
) -> Figure:
    """Draw what `cumulate` counted, one stepped line per group, with its name and last value."""
    figure, axes = style.new_figure(4.2)
    style.lines_across(axes)
    ends = counts.sort_values("month").groupby(by, observed=True).last()["events_count"]
    ends = ends.sort_values()
    words = [f"{style.wrap_label(labels[group], 14)} {int(ends[group]):,}" for group in ends.index]
    tall = np.array([LINE_SHARE * (1 + text.count("\n")) + GAP_SHARE for text in words])
    highest = max(float(ends.max()), 1.0)
    heights = _spread(ends.to_numpy("float64"), tall * highest, highest * (1 + LINE_SHARE))
    last_day = counts["month"].max()
    for group, text, height in zip(ends.index, words, heights, strict=True):
        line = counts[counts[by] == group].sort_values("month")
        colour = colours[group]
        axes.step(line["month"], line["events_count"], where="post", color=colour, linewidth=2.2)
        _name_end(axes, text, (last_day, height), 6)
        axes.plot([last_day], [ends[group]], "o", color=colour, markersize=6)
    locator = mdates.AutoDateLocator(minticks=3, maxticks=5)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(mdates.ConciseDateFormatter(locator))
    axes.xaxis.get_offset_text().set_fontsize(12.5)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:,.0f}"))
    axes.set_ylim(bottom=0)
    axes.set_ylabel(style.wrap_label(y_label, 34))
    style.clear_spines(axes, "bottom")
    return figure


def _name_end(axes: Axes, text: str, place: tuple[Any, float], right: int, **more: Any) -> None:
    """Write a label to the right of the end of a line, beyond the frame."""
    more = {"textcoords": "offset points", "annotation_clip": False, **more}
    axes.annotate(text, place, xytext=(right, 0), va="center", color=style.INK, **more)


def _spread(heights: np.ndarray, tall: np.ndarray, top: float) -> np.ndarray:
    """Move labels up, and down again from the top, until none lies on another.

    The middles of the labels come from low to high; `tall` is how much room each takes, and `top`
    how high the highest may reach, in the same unit.
    """
    placed, apart = heights.copy(), (tall[:-1] + tall[1:]) / 2
    for at in range(1, len(placed)):
        placed[at] = max(placed[at], placed[at - 1] + apart[at - 1])
    placed[-1] = min(placed[-1], top - tall[-1] / 2)
    for at in range(len(placed) - 2, -1, -1):
        placed[at] = min(placed[at], placed[at + 1] - apart[at])
    return placed


def plot_share_timeline(
    shares: pd.DataFrame, *, colours: Mapping[str, str], labels: Mapping[str, str], y_label: str
) -> Figure:
    """Draw shares that add up to one as stacked steps, with their last values as labels.

    The shares, a column per group, hold from the day of the index to the next one. The labels
    are in the order from the bottom.
    """
    table = shares.reindex(columns=list(labels))
    bad = table.index[~np.isclose(table.sum(axis=1, skipna=False), 1.0)]
    if len(bad):
        raise UsageError(
            f"On {len(bad)} dates (first: {bad[0]:%Y-%m-%d}) the shares do not add up to 1: "
            "give every group a share on every date."
        )
    figure, axes = style.new_figure(4.4)
    axes.grid(visible=False)
    tops = table.cumsum(axis=1)
    for group in labels:
        look: dict[str, Any] = {"step": "post", "color": colours[group], "linewidth": 0.0}
        axes.fill_between(table.index, tops[group] - table[group], tops[group], **look)
    last = table.iloc[-1]
    shown = [group for group in labels if last[group] > 0]
    middles = (tops.iloc[-1] - last / 2)[shown].to_numpy("float64")
    heights = _spread(middles, np.full(len(shown), _LABEL_GAP), np.inf)
    for group, height in zip(shown, heights, strict=True):
        text = f"{style.wrap_label(labels[group], 12)} {100 * last[group]:.0f}%"
        _name_end(axes, text, (1, height), 8, xycoords=axes.get_yaxis_transform())
    axes.set_xlim(table.index.min(), table.index.max())
    axes.set_ylim(0, 1)
    axes.xaxis.set_major_locator(mdates.AutoDateLocator(minticks=3, maxticks=5))
    axes.xaxis.set_major_formatter(mdates.DateFormatter("%Y"))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{100 * y:.0f}%"))
    axes.set_ylabel(style.wrap_label(y_label, 34))
    style.clear_spines(axes, "bottom")
    return figure
