"""Estimates with their intervals, by step, as ranges, before and after, and in a curve of many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from scipy.special import ndtri

from coopanalysis.display.figures import style
from coopanalysis.errors import UsageError

BALANCED = 0.1
"""Standardized difference below which two groups are usually called alike."""
INNER_LEVEL = 0.8
"""Level of the thick interval inside the thin one of 95%."""
_INNER_RATIO = float(ndtri((1 + INNER_LEVEL) / 2) / ndtri(0.975))
MODEL_MARKERS = ("o", "s", "D", "^")


BINS = 60
TOP, ROW = 2.9, 0.27
_SHADES = LinearSegmentedColormap.from_list(
    "choices", [style.PAPER, style.ACCENT_LIGHT, style.ACCENT]
)


def plot_coefficients(
    tables: pd.DataFrame | Mapping[str, pd.DataFrame], labels: Mapping[str, str], *, x_label: str
) -> Figure:
    """Draw estimates with a thin 95% and a thick 80% interval, and the line of no difference.

    A table has `term, estimate, conf_low, conf_high`; several, up to four, go by the names of
    their models. The labels name the terms to draw, in order from the top.
    """
    models = {"": tables} if isinstance(tables, pd.DataFrame) else dict(tables)
    _check_number(len(models), "models")
    rows = np.arange(len(labels))[::-1]
    row = max(0.42 + 0.2 * (len(models) - 1), 0.22 + 0.21 * style.most_lines(labels.values()))
    figure, axes = style.new_figure(0.9 + len(labels) * row)
    axes.axvline(0.0, color=style.INK, linewidth=1, zorder=1)
    offsets = np.linspace(0.24, -0.24, len(models)) if len(models) > 1 else [0.0]
    styles = zip(models.items(), offsets, style.SERIES_COLOURS, MODEL_MARKERS, strict=False)
    for (name, table), offset, colour, marker in styles:
        _draw_intervals(axes, select_terms(table, labels), rows + offset, colour, marker, name)
    style.name_rows(axes, labels.values(), x_label)
    if len(models) > 1:
        figure.legend(loc="outside upper left", ncols=2)
    return figure


def _check_number(count: int, noun: str) -> None:
    if not 0 < count <= len(style.SERIES_COLOURS):
        raise UsageError(f"{count} {noun}: one to {len(style.SERIES_COLOURS)} fit in one figure.")


def select_terms(table: pd.DataFrame, labels: Mapping[str, str]) -> pd.DataFrame:
    """Return the named terms of an estimates table, in the order of the labels."""
    absent = [term for term in labels if term not in set(table["term"])]
    if absent:
        raise UsageError(f"No terms {absent} among the estimates {list(table['term'])}.")
    chosen = table[table["term"].isin(list(labels))]
    if chosen["term"].duplicated().any():
        raise UsageError("A term stands in the table more than once: select one model first.")
    return chosen.set_index("term").loc[list(labels)].reset_index()


def _draw_intervals(
    axes: Axes, table: pd.DataFrame, heights: np.ndarray, colour: str, marker: str, name: str
) -> None:
    low, middle, high = (
        table[c].to_numpy("float64") for c in ("conf_low", "estimate", "conf_high")
    )
    axes.hlines(heights, low, high, color=colour, linewidth=1.3, zorder=2)
    inner = (middle - _INNER_RATIO * (middle - low), middle + _INNER_RATIO * (high - middle))
    axes.hlines(heights, *inner, color=colour, linewidth=4.2, alpha=0.55, zorder=3)
    look: dict[str, Any] = {"color": colour, "markersize": 7, "markeredgecolor": "white"}
    axes.plot(middle, heights, marker, label=name or None, zorder=4, **look)
    words: dict[str, Any] = {
        "ha": "center",
        "va": "center",
        "color": style.MUTED,
        "style": "italic",
    }
    for height in heights[np.isnan(middle)]:
        axes.text(0.5, height, "not available", transform=axes.get_yaxis_transform(), **words)


def plot_dose_response(frame: pd.DataFrame, *, dose: str, x_label: str, y_label: str) -> Figure:
    """Draw an estimate for each step of a dose, with its 95% interval and n.

    The frame has one row per step: the dose, `estimate, conf_low, conf_high, n_obs`.
    """
    figure, axes = style.new_figure(4.2)
    places = np.arange(len(frame))
    style.lines_across(axes)
    axes.axhline(0.0, color=style.INK, linewidth=1)
    axes.fill_between(
        places, frame["conf_low"], frame["conf_high"], color=style.ACCENT_LIGHT, alpha=0.35
    )
    axes.vlines(places, frame["conf_low"], frame["conf_high"], color=style.ACCENT, linewidth=1.6)
    axes.plot(places, frame["estimate"], "o-", color=style.ACCENT, markersize=7, linewidth=1.4)
    steps = zip(frame[dose], frame["n_obs"], strict=True)
    axes.set_xticks(places, [f"{step}\n{count:,}" for step, count in steps])
    axes.set_xlabel(style.wrap_label(f"{x_label}; below it the number of counties", 52))
    axes.set_ylabel(style.wrap_label(y_label, 34))
    style.clear_spines(axes, "bottom")
    return figure


def plot_ranges(frame: pd.DataFrame, *, label: str, x_label: str) -> Figure:
    """Draw one row per rule: a point or a bar for what it says, a thin line for its interval.

    The frame has the rules from the top: `estimate_low, estimate_high, conf_low, conf_high`, and
    their names in the column `label`. Equal ends are drawn as a point.
    """
    rows = np.arange(len(frame))[::-1]
    figure, axes = style.new_figure(
        0.9 + len(frame) * (0.2 + 0.21 * style.most_lines(frame[label], 26))
    )
    axes.axvline(0.0, color=style.INK, linewidth=1, zorder=1)
    low, high = (frame[name].to_numpy("float64") for name in ("estimate_low", "estimate_high"))
    axes.hlines(
        rows, frame["conf_low"], frame["conf_high"], color=style.ACCENT, linewidth=1.3, zorder=2
    )
    is_range = high > low
    bars: dict[str, Any] = {"color": style.ACCENT_LIGHT, "edgecolor": style.ACCENT, "zorder": 3}
    axes.barh(rows[is_range], (high - low)[is_range], 0.34, low[is_range], **bars)
    points = {"color": style.ACCENT, "markersize": 8, "markeredgecolor": "white", "zorder": 4}
    axes.plot(low[~is_range], rows[~is_range], "o", **points)
    style.name_rows(axes, frame[label], x_label, ticks=4, wrap=26)
    return figure


def plot_love(frame: pd.DataFrame, *, label: str, methods: Sequence[str]) -> Figure:
    """Draw the standardized difference of each covariate before and after balancing.

    The frame has one row per covariate, from the top, with its name in the column `label` and a
    column of differences per method, up to four, the unbalanced one first.
    """
    _check_number(len(methods), "methods")
    rows = np.arange(len(frame))[::-1]
    figure, axes = style.new_figure(1.6 + 0.5 * len(frame))
    axes.axvspan(-BALANCED, BALANCED, color="#eef1f3", zorder=0)
    axes.axvline(0, color=style.INK, linewidth=1, zorder=1)
    values = frame[list(methods)].to_numpy("float64")
    axes.hlines(
        rows, values.min(axis=1), values.max(axis=1), color=style.MUTED, linewidth=0.9, zorder=2
    )
    styles = zip(methods, style.SERIES_COLOURS, MODEL_MARKERS, strict=False)
    for k, (method, colour, marker) in enumerate(styles):
        look: dict[str, Any] = {"color": colour, "zorder": 3 + k}
        look |= {"markerfacecolor": colour if k else "white", "markersize": 8}
        look |= {"markeredgewidth": 1.6, "label": style.wrap_label(method, 40)}
        axes.plot(values[:, k], rows, marker, **look)
    style.name_rows(axes, frame[label], "Standardized difference, with minus without")
    figure.legend(loc="outside upper left", ncols=1 if len(methods) > 2 else 2)
    return figure


def plot_specification_curve(
    table: pd.DataFrame, choices: Mapping[str, Mapping[str, str]], *, y_label: str
) -> Figure:
    """Draw estimates from the smallest to the largest, and which choices stand where.

    The table has a row per specification, the smallest estimate first: `estimate, is_main` and a
    column per dimension. The choices are its values with their labels, by dimension: rows of the
    lower panel, each shaded by the share of the specifications there that make the choice.
    """
    style.use_house_style()
    labels = [label for values in choices.values() for label in values.values()]
    gaps = 0.5 * (len(choices) - 1)
    lower = ROW * (len(labels) + gaps)
    figure = Figure(figsize=(style.WIDTH_INCHES, TOP + lower + 0.6))
    top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=[TOP, lower])
    _draw_curve(top, table, y_label)
    _draw_choices(bottom, table, choices)
    return figure


def _draw_curve(axes: Axes, table: pd.DataFrame, y_label: str) -> None:
    places, middle = np.arange(len(table)) + 0.5, table["estimate"].to_numpy("float64")
    style.lines_across(axes)
    axes.axhline(0, color=style.INK, linewidth=1, zorder=1)
    axes.plot(places, middle, "o", color=style.ACCENT, markersize=2.2, markeredgewidth=0, zorder=3)
    main = table["is_main"].to_numpy(dtype=bool)
    diamond: dict[str, Any] = {"color": style.INK, "markersize": 8, "markeredgecolor": "white"}
    axes.plot(places[main], middle[main], "D", zorder=5, **diamond)
    axes.margins(y=0.04)
    axes.set_ylabel(style.wrap_label(y_label, 28))
    style.clear_spines(axes)


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
    axes.tick_params(axis="y", labelcolor=style.INK)
    axes.set_ylim(height + 1.0, 0.6)
    axes.set_xlim(0, len(table))
    axes.grid(visible=False)
    axes.set_xlabel("Specifications by size of the estimate")
    style.clear_spines(axes)
