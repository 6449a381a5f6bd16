"""Estimates with their intervals: one model, several models, or steps of a dose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from scipy.special import ndtri

from coopanalysis.display.figures.style import (
    ACCENT,
    ACCENT_LIGHT,
    INK,
    MUTED,
    clear_spines,
    new_figure,
    wrap_label,
)
from coopanalysis.display.tables import select_terms
from coopanalysis.errors import UsageError

INNER_LEVEL = 0.8
"""Level of the thick interval inside the thin one of 95%."""
_INNER_RATIO = float(ndtri((1 + INNER_LEVEL) / 2) / ndtri(0.975))

MODEL_COLOURS = (ACCENT, "#b8860b", "#6b4c8a", "#2f7d5b")
MODEL_MARKERS = ("o", "s", "D", "^")
MOST_TIMES_NAMED = 11


def plot_coefficients(
    tables: pd.DataFrame | Mapping[str, pd.DataFrame],
    labels: Mapping[str, str],
    *,
    x_label: str,
    null: float = 0.0,
) -> Figure:
    """Draw estimates with a thin 95% and a thick 80% interval, and the line of no difference.

    Parameters
    ----------
    tables : DataFrame, or mapping of model name to DataFrame
        Estimates tables with `term, estimate, conf_low, conf_high`; up to four models.
    labels : mapping of str to str
        Human name of each term to draw, in order from the top.
    x_label : str
        What the estimates are, with their unit.
    null : float
        Value of no difference: 0, or 1 for ratios.

    Raises
    ------
    UsageError
        If a term is missing from a model, or there are more than four models.
    """
    models = {"": tables} if isinstance(tables, pd.DataFrame) else dict(tables)
    if not 0 < len(models) <= len(MODEL_COLOURS):
        raise UsageError(f"{len(models)} models: one to {len(MODEL_COLOURS)} fit in one figure.")
    rows = np.arange(len(labels))[::-1]
    names = [wrap_label(text) for text in labels.values()]
    lines = max(name.count("\n") for name in names) + 1
    row = max(0.42 + 0.2 * (len(models) - 1), 0.22 + 0.21 * lines)
    figure, axes = new_figure(0.9 + len(labels) * row)
    axes.axvline(null, color=INK, linewidth=1, zorder=1)
    offsets = np.linspace(0.24, -0.24, len(models)) if len(models) > 1 else [0.0]
    styles = zip(models.items(), offsets, MODEL_COLOURS, MODEL_MARKERS, strict=False)
    for (name, table), offset, colour, marker in styles:
        _draw_intervals(axes, select_terms(table, labels), rows + offset, colour, marker, name)
    axes.set_yticks(rows, names)
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.set_ylim(-0.6, len(labels) - 0.4)
    axes.tick_params(axis="y", labelcolor=INK)
    axes.set_xlabel(wrap_label(x_label, 52))
    clear_spines(axes, "bottom")
    if len(models) > 1:
        figure.legend(loc="outside upper left", ncols=2)
    return figure


def plot_dose_response(
    frame: pd.DataFrame, *, dose: str, x_label: str, y_label: str, null: float | None = None
) -> Figure:
    """Draw an estimate for each step of a dose, with its 95% interval and n.

    Parameters
    ----------
    frame : DataFrame
        One row per step: the dose, `estimate, conf_low, conf_high, n_obs`.
    dose : str
        Column of the dose.
    null : float, optional
        Draws the line of no difference.
    """
    figure, axes = new_figure(4.2)
    places = np.arange(len(frame))
    axes.grid(axis="x", visible=False)
    axes.grid(axis="y", visible=True)
    if null is not None:
        axes.axhline(null, color=INK, linewidth=1)
    axes.fill_between(places, frame["conf_low"], frame["conf_high"], color=ACCENT_LIGHT, alpha=0.35)
    axes.vlines(places, frame["conf_low"], frame["conf_high"], color=ACCENT, linewidth=1.6)
    axes.plot(places, frame["estimate"], "o-", color=ACCENT, markersize=7, linewidth=1.4)
    steps = zip(frame[dose], frame["n_obs"], strict=True)
    axes.set_xticks(places, [f"{step}\n{count:,}" for step, count in steps])
    axes.set_xlabel(wrap_label(f"{x_label}; below it the number of counties", 52))
    axes.set_ylabel(wrap_label(y_label, 34))
    clear_spines(axes, "bottom")
    return figure


def plot_event_study(
    frame: pd.DataFrame, *, x_label: str, y_label: str, reference: int = -1
) -> Figure:
    """Draw estimates by event time: the reference period hollow, the time before it shaded.

    Below each event time stands the number of observations it rests on.

    Parameters
    ----------
    frame : DataFrame, one row per event time
        `event_time, estimate, conf_low, conf_high, n_obs`. The row of the reference period may be
        absent; if it is there, only its `n_obs` is used.
    reference : int
        Event time that the others are compared with.

    Raises
    ------
    UsageError
        If an event time has two rows, or there is none but the reference period.
    """
    if frame["event_time"].duplicated().any() or not (frame["event_time"] != reference).any():
        raise UsageError("An event study needs one row per event time, beside the reference.")
    figure, axes = new_figure(4.2)
    known = frame[frame["event_time"] != reference]
    axes.grid(axis="x", visible=False)
    axes.grid(axis="y", visible=True)
    first = min(float(frame["event_time"].min()), float(reference))
    axes.axvspan(first - 0.5, -0.5, color="#eef1f3", zorder=0)
    axes.axhline(0, color=INK, linewidth=1)
    axes.vlines(
        known["event_time"], known["conf_low"], known["conf_high"], color=ACCENT, linewidth=1.6
    )
    axes.plot(known["event_time"], known["estimate"], "o", color=ACCENT, markersize=7)
    axes.plot([reference], [0], "o", color=ACCENT, markerfacecolor="white", markersize=8)
    times = sorted({*frame["event_time"], reference})
    step = -(-len(times) // MOST_TIMES_NAMED)
    counts = frame.set_index("event_time")["n_obs"].reindex(times)
    named = [
        f"{time:g}" + ("" if pd.isna(count) else f"\n{int(count):,}")
        for time, count in counts.items()
    ]
    kept = [at for at in range(len(times)) if (times[at] - reference) % step == 0]
    axes.set_xticks([times[at] for at in kept], [named[at] for at in kept])
    axes.set_xlabel(wrap_label(f"{x_label}; below it the number of observations", 52))
    axes.set_ylabel(wrap_label(y_label, 34))
    clear_spines(axes, "bottom")
    return figure


def _draw_intervals(
    axes: Axes,
    table: pd.DataFrame,
    heights: np.ndarray | Sequence[float],
    colour: str,
    marker: str,
    name: str,
) -> None:
    low, middle, high = (
        table[c].to_numpy("float64") for c in ("conf_low", "estimate", "conf_high")
    )
    axes.hlines(heights, low, high, color=colour, linewidth=1.3, zorder=2)
    inner = (middle - _INNER_RATIO * (middle - low), middle + _INNER_RATIO * (high - middle))
    axes.hlines(heights, *inner, color=colour, linewidth=4.2, alpha=0.55, zorder=3)
    axes.plot(
        middle,
        heights,
        marker,
        color=colour,
        markersize=7,
        markeredgecolor="white",
        label=name or None,
        zorder=4,
    )
    missing = np.isnan(middle)
    for height in np.asarray(heights)[missing]:
        axes.text(
            0.5,
            height,
            "not available",
            transform=axes.get_yaxis_transform(),
            ha="center",
            va="center",
            color=MUTED,
            style="italic",
        )
