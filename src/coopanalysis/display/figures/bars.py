"""Bars: one share per group, and shares that add up to a whole; and how a measure is spread."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, PercentFormatter

from coopanalysis.display.figures.style import (
    ACCENT,
    HATCH,
    INK,
    MUTED,
    SERIES_COLOURS,
    UNKNOWN_HATCH,
    clear_spines,
    most_lines,
    new_figure,
    readable_on,
    wrap_label,
)
from coopanalysis.display.sentences import Measure, format_measure
from coopanalysis.errors import UsageError

DASHES = ("", (5, 2), (1, 1.4), (6, 2, 1, 2))


def plot_bars(
    frame: pd.DataFrame,
    *,
    category: str,
    value: str,
    x_label: str,
    measure: Measure = "number",
    colours: Mapping[str, str] | None = None,
) -> Figure:
    """Draw one horizontal bar per row, in the order of the frame, with its value beside it.

    A missing value is written as "not available" and gets no bar. One colour for all, unless
    there is one of a category.
    """
    rows = np.arange(len(frame))[::-1]
    values = frame[value].to_numpy("float64")
    lines = most_lines(frame[category])
    figure, axes = new_figure(0.85 + len(frame) * max(0.42, 0.12 + 0.21 * lines))
    fills = [(colours or {}).get(str(name), ACCENT) for name in frame[category]]
    axes.barh(rows, np.nan_to_num(values), color=fills, height=0.66)
    room = np.nanmax(np.append(values, 0.0)) or 1.0
    for row, number in zip(rows, values, strict=True):
        text = format_measure(float(number), measure)
        style = "italic" if np.isnan(number) else "normal"
        axes.text(np.nan_to_num(number) + 0.015 * room, row, text, va="center", style=style)
    axes.set_xlim(min(0.0, float(np.nanmin(np.append(values, 0.0)))), room * 1.2)
    _name_bars(axes, rows, frame[category], x_label)
    axes.xaxis.set_major_locator(MaxNLocator(4))
    if measure == "share":
        ticks = MaxNLocator(4).tick_values(*axes.get_xlim())
        axes.set_xticks([tick for tick in ticks if axes.get_xlim()[0] <= tick <= min(1.0, room)])
    if measure in ("share", "points"):
        axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{100 * x:.0f}%"))
    else:
        axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:,.4g}"))
    return figure


def plot_stacked_shares(
    frame: pd.DataFrame,
    *,
    category: str,
    parts: Mapping[str, str],
    colours: Mapping[str, str],
    x_label: str,
) -> Figure:
    """Draw shares that add up to one in each row, for example reporting coverage by policy.

    The parts are the columns of shares with their names, from left to right; a colour of "hatch"
    stands for what is not known.
    """
    sums = frame[list(parts)].sum(axis=1)
    if (sums - 1).abs().gt(1e-6).any():
        raise UsageError(f"Shares add up to {sums.tolist()}, not to 1: name every part.")
    rows = np.arange(len(frame))[::-1]
    figure, axes = new_figure(1.4 + 0.62 * len(frame))
    start = np.zeros(len(frame))
    for column, name in parts.items():
        width = frame[column].to_numpy("float64")
        hatched = colours[column] == HATCH
        face = "#ffffff" if hatched else colours[column]
        edge = {"edgecolor": "#8a8f96"} if face.lower() == "#ffffff" else {}
        hatch = {"hatch": UNKNOWN_HATCH} if hatched else {}
        axes.barh(rows, width, left=start, color=face, height=0.66, label=name, **edge, **hatch)
        for row, begin, share in zip(rows, start, width, strict=True):
            if share >= 0.08:
                axes.text(
                    begin + share / 2,
                    row,
                    f"{100 * share:.0f}%",
                    ha="center",
                    va="center",
                    color=readable_on(face),
                    bbox={"facecolor": face, "edgecolor": "none", "pad": 1.5} if hatched else None,
                )
        start = start + width
    _name_bars(axes, rows, frame[category], x_label)
    axes.set_xlim(0, 1)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0%", "25%", "50%", "75%", "100%"])
    axes.grid(visible=False)
    figure.legend(loc="outside upper left", ncols=2, handlelength=1.2, columnspacing=1.2)
    return figure


def _name_bars(axes: Axes, rows: np.ndarray, names: pd.Series, x_label: str) -> None:
    axes.set_yticks(rows, [wrap_label(str(name)) for name in names])
    axes.tick_params(axis="y", labelcolor=INK)
    axes.tick_params(axis="x", labelcolor=MUTED)
    axes.set_xlabel(wrap_label(x_label, 52))
    clear_spines(axes)


def plot_distribution(
    frame: pd.DataFrame, *, value: str, group: str, labels: Mapping[str, str], x_label: str
) -> Figure:
    """Draw the share of counties at or below each value, one step line per group.

    The labels name the groups to draw, up to four, in the order of the legend; missing values
    are left out.
    """
    import seaborn as sns  # noqa: PLC0415  (slow to import, and only used here)

    known = frame.dropna(subset=[value])
    empty = [name for name in labels if name not in set(known[group])]
    if empty or not 0 < len(labels) <= len(SERIES_COLOURS):
        raise UsageError(
            f"A distribution has one to {len(SERIES_COLOURS)} groups with values; without: {empty}."
        )
    figure, axes = new_figure(4.2)
    axes.grid(axis="y", visible=True)
    for name, colour, dashes in zip(labels, SERIES_COLOURS, DASHES, strict=False):
        values = known.loc[known[group] == name, value].to_numpy("float64")
        line = {"dashes": dashes} if dashes else {}
        label = f"{wrap_label(labels[name], 44)} (n = {len(values):,})"
        sns.ecdfplot(x=values, ax=axes, color=colour, linewidth=2.2, label=label, **line)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.set_xlabel(wrap_label(x_label, 52))
    axes.set_ylabel("Share at or below")
    clear_spines(axes, "bottom")
    figure.legend(loc="outside upper left", ncols=1)
    return figure
