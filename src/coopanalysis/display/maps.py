"""County maps: one colour per county, state lines on top, missing hatched, legend in words."""

from __future__ import annotations

import hashlib
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

from coopanalysis.display.figures.show import legend_html
from coopanalysis.display.figures.style import (
    SEQUENTIAL,
    STATUS_COLOURS,
    STATUS_LABELS,
    UNKNOWN_HATCH,
    WIDTH_INCHES,
    use_house_style,
)
from coopanalysis.errors import UsageError

MAP_WIDTH_INCHES = WIDTH_INCHES
MOST_CLASSES = 5

MapKind = Literal["status", "classes", "score"]


@dataclass(frozen=True)
class CountyMap:
    """A drawn map with what belongs beside it.

    Attributes
    ----------
    figure : Figure
        The map, without text.
    legend : str
        Legend as HTML, with breaks and number of counties, for `show_figure(legend=...)`.
    classes : DataFrame
        `label, colour, counties_count`: one row per colour, missing last.
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
    labels: Mapping[str, str] | None = None,
    unit_format: str = "{:,.0f}",
    missing_label: str = "Not known",
) -> CountyMap:
    """Draw one value per county.

    Parameters
    ----------
    boundaries : DataFrame
        `county_fips, state_fips, geometry` in one flat map plane.
    values : Series indexed by county_fips
        Statuses (text) for "status", numbers for "classes", whole numbers 0 to 7 for "score".
        Counties that are not in it are missing, never zero.
    legend_title : str
        What the colours stand for, with the unit.
    breaks : sequence of float, optional
        Upper ends of the classes, the same across years; quantiles of the values if not given.
    labels : mapping, optional
        Names of the statuses; the house names by default.
    unit_format : str
        How a break is written.
    missing_label : str
        Name of the hatched class.

    Raises
    ------
    UsageError
        If no value fits a county of the map, a status has no colour, or there are more than
        five classes.
    """
    _check_codes(boundaries, values)
    aligned = values.reindex(boundaries["county_fips"].to_numpy())
    if kind == "status":
        classes, codes = status_classes(aligned, labels or STATUS_LABELS)
    elif kind == "score":
        classes, codes = _score_classes(aligned)
    else:
        classes, codes = number_classes(aligned, breaks, unit_format)
    figure, axes = _map_axes(boundaries)
    paths = np.array([outline(shape) for shape in boundaries["geometry"]], dtype=object)
    draw_counties(axes, paths, codes, classes["colour"].tolist())
    draw_state_lines(axes, boundaries)
    classes = _with_counts(classes, codes, missing_label)
    entries = [
        (str(colour), str(label), f"({count:,})")
        for label, colour, count in classes.itertuples(index=False)
        if count or colour != "hatch"
    ]
    return CountyMap(figure, legend_html(entries, f"{legend_title} (number of counties)"), classes)


def quantile_breaks(values: pd.Series, classes: int = MOST_CLASSES) -> list[float]:
    """Upper ends of quantile classes, rounded to three significant digits.

    Raises
    ------
    UsageError
        If more than five classes are asked for, or there are fewer values than classes.
    """
    known = values.dropna().astype("float64")
    if not 1 < classes <= MOST_CLASSES or known.nunique() < classes:
        raise UsageError(
            f"{classes} classes of {known.nunique()} distinct values: use 2 to {MOST_CLASSES} "
            "classes and at least as many values."
        )
    ends = np.quantile(known, np.arange(1, classes) / classes)
    rounded = [float(f"{end:.3g}") for end in ends]
    return [*sorted(set(rounded)), float(known.max())]


def status_classes(
    values: pd.Series,
    labels: Mapping[str, str],
    colours: Mapping[str, str] = STATUS_COLOURS,
) -> tuple[pd.DataFrame, np.ndarray]:
    """Label and colour of each status that occurs, and the class of each value (-1: missing)."""
    present = set(values.dropna())
    unknown = sorted(present - set(colours))
    if unknown:
        raise UsageError(f"No colour for statuses {unknown}; known: {', '.join(colours)}.")
    order = [name for name in colours if name in present and name != "unknown"]
    classes = pd.DataFrame(
        {"label": [labels[s] for s in order], "colour": [colours[s] for s in order]}
    )
    return classes, _codes(values, {name: code for code, name in enumerate(order)})


def _score_classes(values: pd.Series) -> tuple[pd.DataFrame, np.ndarray]:
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


def number_classes(
    values: pd.Series, breaks: Sequence[float] | None, unit_format: str
) -> tuple[pd.DataFrame, np.ndarray]:
    """Label and colour of each class, and the class of each value (-1: missing)."""
    numbers = values.astype("float64")
    ends = list(breaks) if breaks is not None else quantile_breaks(numbers)
    if len(ends) > MOST_CLASSES or sorted(ends) != ends:
        raise UsageError(f"Breaks {ends}: at most {MOST_CLASSES} ends, from low to high.")
    if numbers.max() > ends[-1]:
        raise UsageError(f"The largest value {numbers.max():g} lies above the last break {ends}.")
    codes = np.searchsorted(np.array(ends), numbers.to_numpy(), side="left")
    codes = np.where(numbers.isna(), -1, codes)
    written = [unit_format.format(end) for end in ends]
    labels = [f"up to {written[0]}"]
    labels += [f"over {low} to {high}" for low, high in pairwise(written)]
    return pd.DataFrame({"label": labels, "colour": _ramp(len(ends))}), codes


def draw_counties(axes: Axes, paths: np.ndarray, codes: np.ndarray, colours: Sequence[str]) -> None:
    """Fill each county with the colour of its class; -1 is hatched."""
    known = codes >= 0
    if known.any():
        faces = [colours[code] for code in codes[known]]
        axes.add_collection(
            PathCollection(list(paths[known]), facecolors=faces, edgecolor="#ffffff", linewidth=0.2)
        )
    if (~known).any():
        axes.add_collection(
            PathCollection(
                list(paths[~known]),
                facecolors="#ffffff",
                edgecolor="#8a8f96",
                linewidth=0.2,
                hatch=UNKNOWN_HATCH,
            )
        )


def draw_state_lines(axes: Axes, boundaries: pd.DataFrame) -> None:
    """Draw the outer borders of each state over its counties."""
    shapes = boundaries["geometry"].to_numpy()
    states = tuple(boundaries["state_fips"])
    digest = hashlib.sha256(b"".join(shapely.to_wkb(shapes))).hexdigest()
    lines = _state_lines(digest, states, _Shapes(shapes))
    axes.add_collection(LineCollection(list(lines), colors="#3a3f45", linewidths=0.55))


class _Shapes:
    """Carries shapes into a cached function; the digest beside it is what identifies them."""

    def __init__(self, shapes: np.ndarray) -> None:
        self.shapes = shapes

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Shapes)

    def __hash__(self) -> int:
        return 0


@lru_cache(maxsize=4)
def _state_lines(digest: str, states: tuple[str, ...], carried: _Shapes) -> tuple[np.ndarray, ...]:
    frame = pd.DataFrame({"state": list(states), "shape": carried.shapes})
    lines: list[np.ndarray] = []
    for _, group in frame.groupby("state", sort=True):
        union = shapely.union_all(shapely.make_valid(group["shape"].to_numpy()))
        for part in shapely.get_parts(shapely.boundary(union)):
            lines.append(shapely.get_coordinates(part))
    return tuple(lines)


def outline(shape: shapely.Geometry) -> Outline:
    """Turn a polygon with holes and parts into one compound path."""
    parts = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"]
    rings = [ring for part in parts for ring in shapely.get_rings(part)]
    corners, moves = [], []
    for ring in rings:
        points = shapely.get_coordinates(ring)
        corners.append(points)
        codes = np.full(len(points), Outline.LINETO, dtype=Outline.code_type)
        codes[0], codes[-1] = Outline.MOVETO, Outline.CLOSEPOLY
        moves.append(codes)
    if not rings:
        return Outline(np.zeros((0, 2)))
    return Outline(np.concatenate(corners), np.concatenate(moves))


def _map_axes(boundaries: pd.DataFrame) -> tuple[Figure, Axes]:
    use_house_style()
    west, south, east, north = shapely.total_bounds(boundaries["geometry"].to_numpy())
    pad = 0.01 * (east - west)
    height = MAP_WIDTH_INCHES * (north - south + 2 * pad) / (east - west + 2 * pad)
    figure = Figure(figsize=(MAP_WIDTH_INCHES, max(2.0, min(height, 6.5))))
    figure.set_layout_engine("none")
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_xlim(west - pad, east + pad)
    axes.set_ylim(south - pad, north + pad)
    axes.set_aspect("equal")
    axes.set_axis_off()
    return figure, axes


def _with_counts(classes: pd.DataFrame, codes: np.ndarray, missing_label: str) -> pd.DataFrame:
    missing = pd.DataFrame({"label": [missing_label], "colour": ["hatch"]})
    counted = [int((codes == code).sum()) for code in range(len(classes))] + [
        int((codes < 0).sum())
    ]
    return pd.concat([classes, missing], ignore_index=True).assign(counties_count=counted)


def _codes(values: pd.Series, codes: Mapping[object, int]) -> np.ndarray:
    return values.map(codes).astype("float64").fillna(-1).to_numpy().astype("int64")


def _ramp(count: int) -> list[str]:
    ramp = mpl.colormaps[SEQUENTIAL]
    at = np.linspace(0.97, 0.03, count) if count > 1 else [0.4]
    return [mpl.colors.to_hex(ramp(float(place))) for place in at]


def _check_codes(boundaries: pd.DataFrame, values: pd.Series) -> None:
    if values.index.has_duplicates:
        raise UsageError("The values have more than one row for a county: one value per county.")
    if not values.index.isin(boundaries["county_fips"]).any():
        raise UsageError(
            "No value belongs to a county of the map: index the values by county_fips, as text "
            f"of five characters (first: {values.index[:3].tolist()})."
        )
