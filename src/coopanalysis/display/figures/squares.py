"""Charts of squares: which practices go together, and the states, each one square."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from coopanalysis.display.figures.style import (
    ACCENT,
    INK,
    UNKNOWN_HATCH,
    WIDTH_INCHES,
    bare_figure,
    clear_spines,
    new_figure,
    readable_on,
    wrap_label,
)
from coopanalysis.errors import UsageError

SHARE_RAMP = mpl.colors.LinearSegmentedColormap.from_list("shares", ["#f4f6f7", ACCENT, "#0b2f40"])
_GAP = 0.05
_HATCH_COLOURS = {"#ffffff": "#C9BDD6", "#1f2328": "#6D737B"}
"""Hatch on a dark and on a light square, by the colour of the text that reads on it."""


def cooccurrence(frame: pd.DataFrame, practices: Mapping[str, str]) -> pd.DataFrame:
    """Share of the counties with one practice that have another, a row per ordered pair.

    The practices are 0/1 columns with their names; rows with a missing one are left out. Columns
    `given, other, counties_count` (with `given`), `share` (of these, with `other`; missing where
    no county has `given`).
    """
    known = frame[list(practices)].dropna().astype("float64")
    both = known.T @ known
    having = known.sum()
    share = both.div(having.where(having > 0), axis=0)
    rows = [
        (practices[given], practices[other], int(having[given]), share.loc[given, other])
        for given in practices
        for other in practices
    ]
    return pd.DataFrame(rows, columns=["given", "other", "counties_count", "share"])


def plot_cooccurrence(pairs: pd.DataFrame) -> Figure:
    """Draw `cooccurrence` as a square: rows are given, columns are the other practice.

    Columns carry the numbers of the rows, so that no label has to be turned.
    """
    order = list(dict.fromkeys(pairs["given"]))
    if len(pairs) != len(order) ** 2 or pairs.duplicated(["given", "other"]).any():
        raise UsageError(f"{len(pairs)} pairs do not fill a square of {len(order)} practices.")
    placed = pairs.set_index(["given", "other"])["share"]
    values = np.array([[placed[given, other] for other in order] for given in order], "float64")
    figure, axes = new_figure(0.9 + 0.56 * len(order))
    axes.imshow(np.ma.masked_invalid(values), cmap=SHARE_RAMP, vmin=0, vmax=1, aspect="auto")
    for row, column in np.ndindex(values.shape):
        share = values[row, column]
        text = "–" if np.isnan(share) else f"{100 * share:.0f}"
        face = "#ffffff" if np.isnan(share) else mpl.colors.to_hex(SHARE_RAMP(share))
        axes.text(column, row, text, ha="center", va="center", color=readable_on(face))
    axes.set_yticks(range(len(order)), [f"{wrap_label(n)}  {i}" for i, n in enumerate(order, 1)])
    axes.set_xticks(range(len(order)), [str(i) for i in range(1, len(order) + 1)])
    axes.xaxis.tick_top()
    axes.tick_params(labelcolor=INK)
    axes.grid(visible=False)
    clear_spines(axes)
    return figure


def plot_tile_map(
    tiles: pd.DataFrame,
    colours: Mapping[str, str],
    *,
    status: str = "status",
    second_line: str | None = None,
    hatched: str | None = None,
) -> Figure:
    """Draw one square per state, whatever its area, with its abbreviation.

    A tile has `state_abbr`, `tile_row` (from the north), `tile_column` (from the west), and the
    columns named: the status that colours it, a short text below the abbreviation, and a truth
    value that hatches it, for what is not certain.
    """
    _check_tiles(tiles, status, colours)
    wide, high = int(tiles["tile_column"].max()), int(tiles["tile_row"].max())
    figure, axes = bare_figure(WIDTH_INCHES * high / wide)
    axes.set_xlim(1, wide + 1)
    axes.set_ylim(high + 1, 1)
    for tile in tiles.to_dict("records"):
        _draw_tile(
            axes,
            (int(tile["tile_column"]), int(tile["tile_row"])),
            colours[tile[status]],
            (str(tile["state_abbr"]), str(tile[second_line]) if second_line else ""),
            hatch=bool(hatched and tile[hatched]),
        )
    return figure


def _draw_tile(
    axes: Axes, place: tuple[int, int], colour: str, lines: tuple[str, str], *, hatch: bool
) -> None:
    """Draw a square with its text; on a hatch the text gets a plain ground."""
    ink = readable_on(colour)
    corner, side = (place[0] + _GAP, place[1] + _GAP), 1 - 2 * _GAP
    axes.add_patch(Rectangle(corner, side, side, facecolor=colour, linewidth=0))
    if hatch:
        look: dict[str, Any] = {"hatch": UNKNOWN_HATCH, "edgecolor": _HATCH_COLOURS[ink.lower()]}
        axes.add_patch(Rectangle(corner, side, side, fill=False, linewidth=1.2, **look))
    ground = {"facecolor": colour, "edgecolor": "none", "pad": 1.2} if hatch else None
    name, below = lines
    middle = place[0] + 0.5
    options: dict[str, Any] = {"ha": "center", "va": "center", "color": ink, "bbox": ground}
    axes.text(middle, place[1] + (0.33 if below else 0.5), name, weight="bold", size=13, **options)
    if below:
        axes.text(middle, place[1] + 0.7, below, size=12.5, **options)


def _check_tiles(tiles: pd.DataFrame, status: str, colours: Mapping[str, str]) -> None:
    if tiles.empty:
        raise UsageError("There is no state to draw: pass one row per state.")
    shared = tiles.loc[tiles.duplicated(["tile_row", "tile_column"], keep=False), "state_abbr"]
    if len(shared):
        raise UsageError(f"{', '.join(shared)} share a square: give each state its own.")
    unknown = sorted({str(value) for value in tiles[status]} - set(colours))
    if unknown:
        raise UsageError(f"No colour for statuses {unknown}; known: {', '.join(colours)}.")
