"""Whether two groups of counties are alike: standardized differences, and where they overlap."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from coopanalysis.display.figures.coefficients import MODEL_COLOURS, MODEL_MARKERS
from coopanalysis.display.figures.style import (
    INK,
    MUTED,
    clear_spines,
    new_figure,
    wrap_label,
)
from coopanalysis.errors import UsageError

BALANCED = 0.1
"""Standardized difference below which two groups are usually called alike."""


def plot_love(frame: pd.DataFrame, *, label: str, methods: Sequence[str]) -> Figure:
    """Draw the standardized difference of each covariate before and after balancing.

    Parameters
    ----------
    frame : DataFrame
        One row per covariate, in order from the top.
    label : str
        Column with the covariate's name.
    methods : sequence of str
        Columns of standardized differences, the unbalanced one first; up to four. The column's
        name is the legend.

    Raises
    ------
    UsageError
        If there are no methods, or more than four.
    """
    if not 0 < len(methods) <= len(MODEL_COLOURS):
        raise UsageError(f"{len(methods)} methods: one to {len(MODEL_COLOURS)} fit in one figure.")
    rows = np.arange(len(frame))[::-1]
    figure, axes = new_figure(1.6 + 0.5 * len(frame))
    axes.axvspan(-BALANCED, BALANCED, color="#eef1f3", zorder=0)
    axes.axvline(0, color=INK, linewidth=1, zorder=1)
    values = frame[list(methods)].to_numpy("float64")
    axes.hlines(rows, values.min(axis=1), values.max(axis=1), color=MUTED, linewidth=0.9, zorder=2)
    styles = zip(methods, MODEL_COLOURS, MODEL_MARKERS, strict=False)
    for k, (method, colour, marker) in enumerate(styles):
        axes.plot(
            values[:, k],
            rows,
            marker,
            color=colour,
            markerfacecolor="white" if k == 0 else colour,
            markersize=8,
            markeredgewidth=1.6,
            label=wrap_label(method, 40),
            zorder=3 + k,
        )
    axes.set_yticks(rows, [wrap_label(str(name)) for name in frame[label]])
    axes.tick_params(axis="y", labelcolor=INK)
    axes.set_ylim(-0.6, len(frame) - 0.4)
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.set_xlabel("Standardized difference, with minus without")
    clear_spines(axes, "bottom")
    figure.legend(loc="outside upper left", ncols=1 if len(methods) > 2 else 2)
    return figure
