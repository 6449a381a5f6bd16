"""The specification curve: all estimates by size, and below them the choices behind each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from coopanalysis.display.figures.style import (
    ACCENT,
    ACCENT_LIGHT,
    INK,
    PAPER,
    WIDTH_INCHES,
    clear_spines,
    lines_across,
    use_house_style,
    wrap_label,
)

BINS = 60
TOP, ROW = 2.9, 0.27
_SHADES = LinearSegmentedColormap.from_list("choices", [PAPER, ACCENT_LIGHT, ACCENT])


def plot_specification_curve(
    table: pd.DataFrame, choices: Mapping[str, Mapping[str, str]], *, y_label: str
) -> Figure:
    """Draw estimates from the smallest to the largest, and which choices stand where.

    The table has a row per specification, the smallest estimate first: `estimate, is_main` and a
    column per dimension. The choices are its values with their labels, by dimension: rows of the
    lower panel, each shaded by the share of the specifications there that make the choice.
    """
    use_house_style()
    labels = [label for values in choices.values() for label in values.values()]
    gaps = 0.5 * (len(choices) - 1)
    lower = ROW * (len(labels) + gaps)
    figure = Figure(figsize=(WIDTH_INCHES, TOP + lower + 0.6))
    top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=[TOP, lower])
    _draw_curve(top, table, y_label)
    _draw_choices(bottom, table, choices)
    return figure


def _draw_curve(axes: Axes, table: pd.DataFrame, y_label: str) -> None:
    places, middle = np.arange(len(table)) + 0.5, table["estimate"].to_numpy("float64")
    lines_across(axes)
    axes.axhline(0, color=INK, linewidth=1, zorder=1)
    axes.plot(places, middle, "o", color=ACCENT, markersize=2.2, markeredgewidth=0, zorder=3)
    main = table["is_main"].to_numpy(dtype=bool)
    diamond: dict[str, Any] = {
        "color": INK,
        "markersize": 8,
        "markeredgecolor": "white",
        "zorder": 5,
    }
    axes.plot(places[main], middle[main], "D", **diamond)
    axes.margins(y=0.04)
    axes.set_ylabel(wrap_label(y_label, 28))
    clear_spines(axes)


def _draw_choices(
    axes: Axes, table: pd.DataFrame, choices: Mapping[str, Mapping[str, str]]
) -> None:
    edges = np.linspace(0, len(table), min(BINS, len(table)) + 1)
    which = np.clip(np.searchsorted(edges, np.arange(len(table)) + 0.5) - 1, 0, len(edges) - 2)
    sizes = np.bincount(which, minlength=len(edges) - 1)
    height, ticks, names = 0.0, [], []
    for dimension, values in choices.items():
        for value, label in values.items():
            made = (table[dimension].astype("str") == value).to_numpy(dtype=float)
            share = np.bincount(which, made, minlength=len(edges) - 1) / sizes
            ends = [height + 0.42, height - 0.42]
            axes.pcolormesh(edges, ends, share[None, :], cmap=_SHADES, vmin=0, vmax=1)
            ticks.append(height)
            names.append(label)
            height -= 1.0
        height -= 0.5
    axes.set_yticks(ticks, names)
    axes.tick_params(axis="y", labelcolor=INK)
    axes.set_ylim(height + 1.0, 0.6)
    axes.set_xlim(0, len(table))
    axes.grid(visible=False)
    axes.set_xlabel("Specifications by size of the estimate")
    clear_spines(axes)
