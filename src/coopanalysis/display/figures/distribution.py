"""How a measure is spread over counties, group by group."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from coopanalysis.display.figures.coefficients import MODEL_COLOURS
from coopanalysis.display.figures.style import clear_spines, new_figure, wrap_label
from coopanalysis.errors import UsageError

DASHES = ("", (5, 2), (1, 1.4), (6, 2, 1, 2))


def plot_distribution(
    frame: pd.DataFrame, *, value: str, group: str, labels: Mapping[str, str], x_label: str
) -> Figure:
    """Draw the share of counties at or below each value, one step line per group.

    Parameters
    ----------
    frame : DataFrame
        One row per county; missing values are left out.
    value, group : str
        Columns of the measure and of the group.
    labels : mapping
        Name of each group to draw, in the order of the legend; up to four.
    x_label : str
        The measure with its unit.

    Raises
    ------
    UsageError
        If there are more than four groups, or one of them has no county with a value.
    """
    import seaborn as sns  # noqa: PLC0415  (slow to import, and only used here)

    known = frame.dropna(subset=[value])
    empty = [name for name in labels if name not in set(known[group])]
    if empty or not 0 < len(labels) <= len(MODEL_COLOURS):
        raise UsageError(
            f"A distribution has one to {len(MODEL_COLOURS)} groups with values; without: {empty}."
        )
    figure, axes = new_figure(4.2)
    axes.grid(axis="y", visible=True)
    for name, colour, dashes in zip(labels, MODEL_COLOURS, DASHES, strict=False):
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
