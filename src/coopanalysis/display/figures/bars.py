"""Bars: one share per group, and shares that add up to a whole."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from coopanalysis.display.figures.style import (
    ACCENT,
    INK,
    MUTED,
    UNKNOWN_HATCH,
    clear_spines,
    new_figure,
    wrap_label,
)
from coopanalysis.display.sentences import Measure, format_measure
from coopanalysis.errors import UsageError

HATCH = "hatch"


def plot_bars(
    frame: pd.DataFrame,
    *,
    category: str,
    value: str,
    x_label: str,
    measure: Measure = "number",
    colours: Mapping[str, str] | None = None,
    low: str | None = None,
    high: str | None = None,
) -> Figure:
    """Draw one horizontal bar per row, in the order of the frame, with its value beside it.

    Parameters
    ----------
    frame : DataFrame
        One row per bar; a missing value is written as "not available" and gets no bar.
    category, value : str
        Columns of the name and of the length.
    measure : Measure
        How values are written.
    colours : mapping, optional
        Colour of each category; one colour for all by default.
    low, high : str, optional
        Columns with the ends of an interval.
    """
    rows = np.arange(len(frame))[::-1]
    values = frame[value].to_numpy("float64")
    lines = max(wrap_label(str(name)).count("\n") for name in frame[category]) + 1
    figure, axes = new_figure(0.85 + len(frame) * max(0.42, 0.12 + 0.21 * lines))
    fills = [(colours or {}).get(str(name), ACCENT) for name in frame[category]]
    axes.barh(rows, np.nan_to_num(values), color=fills, height=0.66)
    ends = values.copy()
    if low and high:
        axes.hlines(rows, frame[low], frame[high], color=INK, linewidth=1.4)
        ends = np.fmax(values, frame[high].to_numpy("float64"))
    room = np.nanmax(np.append(ends, 0.0)) or 1.0
    for row, number, end in zip(rows, values, ends, strict=True):
        text = format_measure(float(number), measure)
        style = "italic" if np.isnan(number) else "normal"
        axes.text(np.nan_to_num(end) + 0.015 * room, row, text, va="center", style=style)
    axes.set_xlim(min(0.0, float(np.nanmin(np.append(values, 0.0)))), room * 1.2)
    _name_rows(axes, rows, frame[category])
    axes.set_xlabel(wrap_label(x_label, 52))
    axes.xaxis.set_major_locator(MaxNLocator(4))
    if measure == "share":
        ticks = MaxNLocator(4).tick_values(*axes.get_xlim())
        axes.set_xticks([tick for tick in ticks if axes.get_xlim()[0] <= tick <= min(1.0, room)])
    if measure in ("share", "points"):
        axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{100 * x:.0f}%"))
    else:
        axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:,.4g}"))
    clear_spines(axes)
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

    Parameters
    ----------
    frame : DataFrame
        One row per group, one column per part, shares of 0 to 1.
    parts : mapping of str to str
        Column of each part and its name, from left to right.
    colours : mapping of str to str
        Colour of each column; "hatch" for what is not known.

    Raises
    ------
    UsageError
        If the shares of a group do not add up to one.
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
    _name_rows(axes, rows, frame[category])
    axes.set_xlim(0, 1)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0%", "25%", "50%", "75%", "100%"])
    axes.set_xlabel(wrap_label(x_label, 52))
    axes.grid(visible=False)
    clear_spines(axes)
    figure.legend(loc="outside upper left", ncols=2, handlelength=1.2, columnspacing=1.2)
    return figure


def readable_on(colour: str) -> str:
    """Black or white, whichever reads better on a colour."""
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    channels = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (red, green, blue)
    ]
    luminance = 0.2126 * channels[0] + 0.7152 * channels[1] + 0.0722 * channels[2]
    return "#ffffff" if luminance < 0.18 else INK


def _name_rows(axes: Axes, rows: np.ndarray, names: pd.Series) -> None:
    axes.set_yticks(rows, [wrap_label(str(name)) for name in names])
    axes.tick_params(axis="y", labelcolor=INK)
    axes.tick_params(axis="x", labelcolor=MUTED)
