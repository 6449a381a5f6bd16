"""County maps: one colour per county, state lines on top, missing hatched, legend in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Literal

import matplotlib as mpl
import numpy as np
import pandas as pd
import shapely
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.figure import Figure
from matplotlib.path import Path as Outline

from coopanalysis.display.figures import style
from coopanalysis.display.figures.places import mark_counties
from coopanalysis.display.figures.show import legend_html
from coopanalysis.errors import UsageError

MOST_CLASSES = 5
PALEST = 0.08
"""Place in the ramp of the least class: pale, and not the white of paper and of missing values."""

MapKind = Literal["status", "classes", "score"]
Classes = tuple[pd.DataFrame, np.ndarray]
"""Label and colour of each class, and the class of each value (-1: missing)."""


@dataclass(frozen=True)
class CountyMap:
    """A drawn map without text, its legend as HTML, and its classes, the missing one last.

    `classes` has `label, colour, counties_count`; of several maps a column of counts each.
    """

    figure: Figure
    legend: str
    classes: pd.DataFrame


def plot_county_map(
    boundaries: pd.DataFrame,
    values: pd.Series,
    kind: MapKind = "status",
    *,
    legend_title: str,
    breaks: Sequence[float] | None = None,
    labels: Mapping[str, str] = style.STATUS_LABELS,
) -> CountyMap:
    """Draw one value per county of boundaries (`county_fips, state_fips, geometry` in one plane).

    Values, by county_fips, are statuses (text) for "status", numbers for "classes", whole numbers
    for "score"; counties that are not in them are missing, never zero. The breaks are upper ends
    of the classes, by default quantiles; the labels are names of the statuses. The title of the
    legend says what the colours stand for, with the unit.
    """
    if values.index.has_duplicates:
        raise UsageError("The values have more than one row for a county: one value per county.")
    if not values.index.isin(boundaries["county_fips"]).any():
        raise UsageError(
            "No value belongs to a county of the map: index the values by county_fips, as text "
            f"of five characters (first: {values.index[:3].tolist()})."
        )
    aligned = values.reindex(boundaries["county_fips"].to_numpy())
    if kind == "status":
        classes, codes = status_classes(aligned, labels)
    elif kind == "score":
        classes, codes = _score_classes(aligned)
    else:
        classes, codes = number_classes(aligned, breaks)
    figure, axes = _map_axes(boundaries)
    draw_counties(axes, boundaries, codes, classes["colour"].tolist())
    table = with_counts(classes, {"counties_count": codes}, "Not known")
    listed = table[(table["counties_count"] > 0) | (table["colour"] != style.HATCH)]
    return CountyMap(figure, counted_legend(listed, f"{legend_title} (number of counties)"), table)


def quantile_breaks(values: pd.Series) -> list[float]:
    """Upper ends of fifths, rounded to three significant digits."""
    known = values.dropna().astype("float64")
    if known.nunique() < MOST_CLASSES:
        raise UsageError(
            f"{MOST_CLASSES} classes of {known.nunique()} distinct values: give the upper ends of "
            "fewer classes as `breaks`."
        )
    ends = np.quantile(known, np.arange(1, MOST_CLASSES) / MOST_CLASSES)
    rounded = [float(f"{end:.3g}") for end in ends]
    return [*sorted(set(rounded)), float(known.max())]


def status_classes(
    values: pd.Series, labels: Mapping[str, str], colours: Mapping[str, str] = style.STATUS_COLOURS
) -> Classes:
    """One class per status that occurs, in the order of the colours."""
    present = set(values.dropna())
    unknown = sorted(present - set(colours))
    if unknown:
        raise UsageError(f"No colour for statuses {unknown}; known: {', '.join(colours)}.")
    order = [name for name in colours if name in present and name != "unknown"]
    classes = {"label": [labels[s] for s in order], "colour": [colours[s] for s in order]}
    return pd.DataFrame(classes), _codes(values, {name: at for at, name in enumerate(order)})


def _score_classes(values: pd.Series) -> Classes:
    """One class per score that occurs, neighbouring ones joined down to five."""
    known = values.dropna().astype("int64")
    if known.empty:
        raise UsageError("No county of the map has a score.")
    counts = known.value_counts().sort_index()
    groups = [[int(score)] for score in counts.index]
    sizes = [int(count) for count in counts]
    while len(groups) > MOST_CLASSES:
        pairs = [sizes[i] + sizes[i + 1] for i in range(len(sizes) - 1)]
        at = int(np.argmin(pairs))
        groups[at : at + 2] = [groups[at] + groups[at + 1]]
        sizes[at : at + 2] = [pairs[at]]
    labels = [str(g[0]) if len(g) == 1 else f"{g[0]} to {g[-1]}" for g in groups]
    classes = pd.DataFrame({"label": labels, "colour": _ramp(len(groups))})
    return classes, _codes(values, {s: code for code, g in enumerate(groups) for s in g})


def number_classes(values: pd.Series, breaks: Sequence[float] | None) -> Classes:
    """One class up to each break."""
    numbers = values.astype("float64")
    ends = list(breaks) if breaks is not None else quantile_breaks(numbers)
    if len(ends) > MOST_CLASSES or sorted(ends) != ends:
        raise UsageError(f"Breaks {ends}: at most {MOST_CLASSES} ends, from low to high.")
    if numbers.max() > ends[-1]:
        raise UsageError(f"The largest value {numbers.max():g} lies above the last break {ends}.")
    codes = np.searchsorted(np.array(ends), numbers.to_numpy(), side="left")
    codes[numbers.isna()] = -1
    written = [f"{end:,.0f}" for end in ends]
    labels = [f"up to {written[0]}"]
    labels += [f"over {low} to {high}" for low, high in pairwise(written)]
    return pd.DataFrame({"label": labels, "colour": _ramp(len(ends))}), codes


def _codes(values: pd.Series, codes: Mapping[object, int]) -> np.ndarray:
    return values.map(codes).astype("float64").fillna(-1).to_numpy().astype("int64")


def _ramp(count: int) -> list[str]:
    ramp = mpl.colormaps[style.SEQUENTIAL]
    at = np.linspace(PALEST, 1.0, count) if count > 1 else [0.6]
    return [mpl.colors.to_hex(ramp(float(place))) for place in at]


def with_counts(
    classes: pd.DataFrame, codes: Mapping[str, np.ndarray], missing_label: str
) -> pd.DataFrame:
    """Classes with the missing one, and on how many counties each stands in every map."""
    missing = pd.DataFrame({"label": [missing_label], "colour": [style.HATCH]})
    places = [*range(len(classes)), -1]
    counts = {name: [int((one == at).sum()) for at in places] for name, one in codes.items()}
    return pd.concat([classes, missing], ignore_index=True).assign(**counts)


def counted_legend(table: pd.DataFrame, title: str) -> str:
    """Legend of classes with their counts, one or several in brackets."""
    entries = [
        (colour, label, "(" + ", ".join(f"{count:,}" for count in counts) + ")")
        for label, colour, *counts in table.itertuples(index=False)
    ]
    return legend_html(entries, title)


def draw_counties(
    axes: Axes,
    boundaries: pd.DataFrame,
    codes: np.ndarray,
    colours: Sequence[str],
    *,
    line: float = 0.2,
) -> None:
    """Fill each county with the colour of its class; -1 is hatched. Draw state lines on top."""
    shapes = tuple(shapely.to_wkb(boundaries["geometry"].to_numpy()))
    paths = np.array(_outlines(shapes), dtype=object)
    known = codes >= 0
    look = {"facecolors": [colours[code] for code in codes[known]], "edgecolor": "#ffffff"}
    hatched = {"facecolors": "#ffffff", "edgecolor": "#8a8f96", "hatch": style.UNKNOWN_HATCH}
    places = boundaries["county_fips"].to_numpy()
    for chosen, options in ((known, look), (~known, hatched)):
        if chosen.any():
            drawn = PathCollection(list(paths[chosen]), linewidth=line, **options)
            axes.add_collection(mark_counties(drawn, places[chosen].tolist()))
    lines = _state_lines(shapes, tuple(boundaries["state_fips"]))
    axes.add_collection(LineCollection(list(lines), colors="#3a3f45", linewidths=0.55))
    axes.set_aspect("equal")


@lru_cache(maxsize=4)
def _outlines(shapes: tuple[bytes, ...]) -> tuple[Outline, ...]:
    """Outline of each shape; shapes are bytes, by which a map drawn before is known."""
    return tuple(map(outline, shapely.from_wkb(shapes)))


@lru_cache(maxsize=4)
def _state_lines(shapes: tuple[bytes, ...], states: tuple[str, ...]) -> tuple[np.ndarray, ...]:
    """Outer borders of each state."""
    frame = pd.DataFrame({"state": states, "shape": shapely.from_wkb(shapes)})
    lines: list[np.ndarray] = []
    for _, group in frame.groupby("state", sort=True):
        union = shapely.union_all(shapely.make_valid(group["shape"].to_numpy()))
        lines += map(shapely.get_coordinates, shapely.get_parts(shapely.boundary(union)))
    return tuple(lines)


def outline(shape: shapely.Geometry) -> Outline:
    """Turn a polygon with holes and parts into one compound path."""
    parts = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"]
    rings = [ring for part in parts for ring in shapely.get_rings(part)]
    if not rings:
        return Outline(np.zeros((0, 2)))
    corners = [shapely.get_coordinates(ring) for ring in rings]
    moves = [np.full(len(one), Outline.LINETO, dtype=Outline.code_type) for one in corners]
    for codes in moves:
        codes[0], codes[-1] = Outline.MOVETO, Outline.CLOSEPOLY
    return Outline(np.concatenate(corners), np.concatenate(moves))


def _map_axes(boundaries: pd.DataFrame) -> tuple[Figure, Axes]:
    west, south, east, north = shapely.total_bounds(boundaries["geometry"].to_numpy())
    pad = 0.01 * (east - west)
    height = style.WIDTH_INCHES * (north - south + 2 * pad) / (east - west + 2 * pad)
    figure, axes = style.bare_figure(max(2.0, min(height, 6.5)))
    axes.set_xlim(west - pad, east + pad)
    axes.set_ylim(south - pad, north + pad)
    return figure, axes
