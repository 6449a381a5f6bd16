"""Small multiples of county maps: one for each year, in the units of the list of that year."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import shapely
from matplotlib.figure import Figure

from coopanalysis.display.figures.style import INK, STATUS_COLOURS, WIDTH_INCHES, use_house_style
from coopanalysis.display.maps import (
    CountyMap,
    counted_legend,
    draw_counties,
    number_classes,
    status_classes,
    with_counts,
)
from coopanalysis.display.sentences import join_words
from coopanalysis.errors import UsageError

MOST_COLUMNS, MOST_COLUMNS_DENSE = 3, 2
DENSE = 500
"""From this many counties on, maps are larger and lines thinner."""
_TITLE_INCHES = 0.34
_TALLEST_INCHES = 3.2


def plot_map_years(
    boundaries: Mapping[str, pd.DataFrame],
    values: Mapping[str, pd.Series],
    *,
    legend_title: str,
    labels: Mapping[str, str] | None = None,
    colours: Mapping[str, str] = STATUS_COLOURS,
    breaks: Sequence[float] | None = None,
    missing_label: str = "Not known",
) -> CountyMap:
    """Draw one small map per year, all in the same colours and with the same breaks.

    Outlines and values are by year, as written above its map, the outlines those of the county
    list of the year. Values are statuses where there are labels, else numbers, in quantiles of
    all years unless there are breaks; a county without a value is missing.
    """
    if not boundaries or list(boundaries) != list(values):
        raise UsageError(
            f"Maps of {list(boundaries)} and values of {list(values)}: give the same years, one "
            "or more."
        )
    aligned = {
        year: values[year].reindex(shapes["county_fips"].to_numpy())
        for year, shapes in boundaries.items()
    }
    every = pd.concat(list(aligned.values()), ignore_index=True)
    if labels is None:
        classes, codes = number_classes(every, breaks)
    else:
        classes, codes = status_classes(every, labels, colours)
    ends = np.cumsum([len(one) for one in aligned.values()])[:-1]
    by_year = dict(zip(aligned, np.split(codes, ends), strict=True))
    table = with_counts(classes, by_year, missing_label)
    title = f"{legend_title} (number of counties in {join_words(list(by_year))})"
    legend = counted_legend(table[table[list(by_year)].any(axis=1)], title)
    return CountyMap(_draw(boundaries, by_year, classes["colour"].tolist()), legend, table)


def _draw(
    boundaries: Mapping[str, pd.DataFrame], codes: Mapping[str, np.ndarray], colours: list[str]
) -> Figure:
    use_house_style()
    dense = max(map(len, boundaries.values())) >= DENSE
    columns = min(MOST_COLUMNS_DENSE if dense else MOST_COLUMNS, len(boundaries))
    rows = -(-len(boundaries) // columns)
    every = np.concatenate([one["geometry"].to_numpy() for one in boundaries.values()])
    west, south, east, north = shapely.total_bounds(every)
    pad = 0.02 * max(east - west, north - south)
    width = WIDTH_INCHES / columns
    shape = (north - south + 2 * pad) / (east - west + 2 * pad)
    height = min(width * shape, _TALLEST_INCHES) + _TITLE_INCHES
    figure = Figure(figsize=(WIDTH_INCHES, rows * height))
    figure.set_layout_engine("none")
    for at, (year, shapes) in enumerate(boundaries.items()):
        row, column = divmod(at, columns)
        left, bottom = column / columns, 1 - (row + 1) / rows
        filled = (height - _TITLE_INCHES) / height / rows
        axes = figure.add_axes((left, bottom, 1 / columns, filled))
        draw_counties(axes, shapes, codes[year], colours, line=0.05 if dense else 0.3)
        axes.set_axis_off()
        axes.set_xlim(west - pad, east + pad)
        axes.set_ylim(south - pad, north + pad)
        figure.text(left + 0.02, bottom + filled, year, va="bottom", color=INK, size=13)
    return figure
