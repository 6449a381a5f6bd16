"""Small multiples of county maps: one for each year, in the units of the list of that year."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import shapely
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from coopanalysis.display.figures.show import legend_html
from coopanalysis.display.figures.style import INK, STATUS_COLOURS, WIDTH_INCHES, use_house_style
from coopanalysis.display.maps import (
    CountyMap,
    draw_counties,
    draw_state_lines,
    number_classes,
    outline,
    quantile_breaks,
    status_classes,
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
    unit_format: str = "{:,.0f}",
    missing_label: str = "Not known",
) -> CountyMap:
    """Draw one small map per year, all in the same colours and with the same breaks.

    Parameters
    ----------
    boundaries : mapping from year (as written above its map) to DataFrame
        `county_fips, state_fips, geometry`, of the county list of the year.
    values : mapping from year to Series indexed by county_fips
        Statuses where `labels` are given, else numbers. A county without a value is missing.
    legend_title : str
        What the colours stand for, with the unit.
    labels, colours : mapping, optional
        Name and colour of each status, in the order of the legend.
    breaks : sequence of float, optional
        Upper ends of the classes; quantiles of the values of all years if not given.

    Returns
    -------
    CountyMap
        `classes` has `label, colour` and one column of counts per year.

    Raises
    ------
    UsageError
        If there is no map, or years of one and of the other differ.
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
        numbers = every.astype("float64")
        classes, codes = number_classes(numbers, breaks or quantile_breaks(numbers), unit_format)
    else:
        classes, codes = status_classes(every, labels, colours)
    ends = np.cumsum([len(one) for one in aligned.values()])[:-1]
    by_year = dict(zip(aligned, np.split(codes, ends), strict=True))
    figure = _draw(boundaries, by_year, classes["colour"].tolist())
    return _with_legend(figure, classes, by_year, legend_title, missing_label)


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
        _draw_one(axes, shapes, codes[year], colours, 0.05 if dense else 0.3)
        axes.set_xlim(west - pad, east + pad)
        axes.set_ylim(south - pad, north + pad)
        figure.text(left + 0.02, bottom + filled, year, va="bottom", color=INK, size=13)
    return figure


def _draw_one(
    axes: Axes, shapes: pd.DataFrame, codes: np.ndarray, colours: list[str], line: float
) -> None:
    paths = np.array([outline(shape) for shape in shapes["geometry"]], dtype=object)
    draw_counties(axes, paths, codes, colours)
    for collection in axes.collections:
        collection.set_linewidth(line)
    draw_state_lines(axes, shapes)
    axes.set_aspect("equal")
    axes.set_axis_off()


def _with_legend(
    figure: Figure,
    classes: pd.DataFrame,
    codes: Mapping[str, np.ndarray],
    title: str,
    missing_label: str,
) -> CountyMap:
    missing = pd.DataFrame({"label": [missing_label], "colour": ["hatch"]})
    table = pd.concat([classes, missing], ignore_index=True)
    places = [*range(len(classes)), -1]
    for year, of_year in codes.items():
        table[year] = [int((of_year == place).sum()) for place in places]
    counts = table[list(codes)].to_numpy()
    entries = [
        (str(colour), str(label), "(" + ", ".join(f"{count:,}" for count in row) + ")")
        for label, colour, row in zip(table["label"], table["colour"], counts, strict=True)
        if row.any()
    ]
    words = f"{title} (number of counties in {join_words(list(codes))})"
    return CountyMap(figure, legend_html(entries, words), table)
