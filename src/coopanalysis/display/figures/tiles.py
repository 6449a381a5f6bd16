"""Tile map of the states: each counts as one square, whatever its area."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from coopanalysis.display.figures.bars import readable_on
from coopanalysis.display.figures.style import (
    UNKNOWN_HATCH,
    WIDTH_INCHES,
    use_house_style,
)
from coopanalysis.errors import UsageError

_GAP = 0.05
_HATCH_COLOURS = {"#ffffff": "#C9BDD6", "#1f2328": "#6D737B"}
"""Hatch on a dark and on a light square, by the colour of the text that reads on it."""


def plot_tile_map(
    tiles: pd.DataFrame,
    colours: Mapping[str, str],
    *,
    status: str = "status",
    second_line: str | None = None,
    hatched: str | None = None,
) -> Figure:
    """Draw one square per state, with its abbreviation.

    Parameters
    ----------
    tiles : DataFrame, one row per state
        `state_abbr`, `tile_row` (from the north), `tile_column` (from the west), and the columns
        named below.
    colours : mapping of str to str
        Colour of each status.
    status : str
        Column with the status that colours the square.
    second_line : str, optional
        Column with a short text below the abbreviation; empty where there is none.
    hatched : str, optional
        Column of truth values: a hatch over the colour, for what is not certain.

    Raises
    ------
    UsageError
        If there is no state, two share a square, or a status is missing or has no colour.
    """
    _check_tiles(tiles, status, colours)
    use_house_style()
    wide, high = int(tiles["tile_column"].max()), int(tiles["tile_row"].max())
    figure = Figure(figsize=(WIDTH_INCHES, WIDTH_INCHES * high / wide))
    figure.set_layout_engine("none")
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_xlim(1, wide + 1)
    axes.set_ylim(high + 1, 1)
    axes.set_axis_off()
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
    left, top = place[0] + _GAP, place[1] + _GAP
    side = 1 - 2 * _GAP
    axes.add_patch(Rectangle((left, top), side, side, facecolor=colour, linewidth=0))
    if hatch:
        line = _HATCH_COLOURS[ink.lower()]
        axes.add_patch(
            Rectangle(
                (left, top),
                side,
                side,
                fill=False,
                linewidth=1.2,
                hatch=UNKNOWN_HATCH,
                edgecolor=line,
            )
        )
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
