"""Shares and counts as bars and squares, how a measure is spread, and one square per state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator, PercentFormatter

from coopanalysis.display.figures import style
from coopanalysis.display.sentences import Measure, format_measure
from coopanalysis.errors import UsageError

DASHES = ("", (5, 2), (1, 1.4), (6, 2, 1, 2))


SHARE_RAMP = mpl.colors.LinearSegmentedColormap.from_list(
    "shares", ["#f4f6f7", style.ACCENT, "#0b2f40"]
)
_GAP = 0.05
_HATCH_COLOURS = {"#ffffff": "#C9BDD6", "#1f2328": "#6D737B"}
"""Hatch on a dark and on a light square, by the colour of the text that reads on it."""


def plot_bars(
    frame: pd.DataFrame,
    category: str,
    value: str,
    *,
    x_label: str,
    measure: Measure = "number",
    colours: Mapping[str, str] | None = None,
) -> Figure:
    """Draw one horizontal bar per row, in the order of the frame, with its value beside it.

    A missing value is written as "not available" and gets no bar. One colour for all, unless
    there is one of a category.
    """
    rows = np.arange(len(frame))[::-1]
    values = frame[value].to_numpy("float64")
    lines = style.most_lines(frame[category])
    figure, axes = style.new_figure(0.85 + len(frame) * max(0.42, 0.12 + 0.21 * lines))
    fills = [(colours or {}).get(str(name), style.ACCENT) for name in frame[category]]
    axes.barh(rows, np.nan_to_num(values), color=fills, height=0.66)
    room = np.nanmax(np.append(values, 0.0)) or 1.0
    for row, number in zip(rows, values, strict=True):
        text = format_measure(float(number), measure)
        slant = "italic" if np.isnan(number) else "normal"
        axes.text(np.nan_to_num(number) + 0.015 * room, row, text, va="center", style=slant)
    axes.set_xlim(min(0.0, float(np.nanmin(np.append(values, 0.0)))), room * 1.2)
    _name_bars(axes, rows, frame[category], x_label)
    axes.xaxis.set_major_locator(MaxNLocator(4))
    if measure == "share":
        ticks = MaxNLocator(4).tick_values(*axes.get_xlim())
        axes.set_xticks([tick for tick in ticks if axes.get_xlim()[0] <= tick <= min(1.0, room)])
    is_share = measure in ("share", "points")
    axes.xaxis.set_major_formatter(lambda x, _: f"{100 * x:.0f}%" if is_share else f"{x:,.4g}")
    return figure


def plot_stacked_shares(
    frame: pd.DataFrame,
    *,
    category: str,
    parts: Mapping[str, str],
    colours: Mapping[str, str],
    x_label: str,
) -> Figure:
    """Draw shares that add up to one in each row, for example reporting coverage by policy.

    The parts are the columns of shares with their names, from left to right; a colour of "hatch"
    stands for what is not known.
    """
    sums = frame[list(parts)].sum(axis=1)
    if (sums - 1).abs().gt(1e-6).any():
        raise UsageError(f"Shares add up to {sums.tolist()}, not to 1: name every part.")
    rows = np.arange(len(frame))[::-1]
    figure, axes = style.new_figure(1.4 + 0.62 * len(frame))
    start = np.zeros(len(frame))
    for column, name in parts.items():
        width = frame[column].to_numpy("float64")
        hatched = colours[column] == style.HATCH
        face = "#ffffff" if hatched else colours[column]
        edge = {"edgecolor": "#8a8f96"} if face.lower() == "#ffffff" else {}
        hatch = {"hatch": style.UNKNOWN_HATCH} if hatched else {}
        axes.barh(rows, width, left=start, color=face, height=0.66, label=name, **edge, **hatch)
        for row, begin, share in zip(rows, start, width, strict=True):
            if share >= 0.08:
                ground = {"facecolor": face, "edgecolor": "none", "pad": 1.5} if hatched else None
                look: dict[str, Any] = {"ha": "center", "va": "center", "bbox": ground}
                look["color"] = style.readable_on(face)
                axes.text(begin + share / 2, row, f"{100 * share:.0f}%", **look)
        start = start + width
    _name_bars(axes, rows, frame[category], x_label)
    axes.set_xlim(0, 1)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0%", "25%", "50%", "75%", "100%"])
    axes.grid(visible=False)
    figure.legend(loc="outside upper left", ncols=2, handlelength=1.2, columnspacing=1.2)
    return figure


def _name_bars(axes: Axes, rows: np.ndarray, names: pd.Series, x_label: str) -> None:
    axes.set_yticks(rows, [style.wrap_label(str(name)) for name in names])
    axes.tick_params(axis="y", labelcolor=style.INK)
    axes.tick_params(axis="x", labelcolor=style.MUTED)
    axes.set_xlabel(style.wrap_label(x_label, 52))
    style.clear_spines(axes)


def plot_distribution(
    frame: pd.DataFrame, *, value: str, group: str, labels: Mapping[str, str], x_label: str
) -> Figure:
    """Draw the share of counties at or below each value, one step line per group.

    The labels name the groups to draw, up to four, in the order of the legend; missing values
    are left out.
    """
    import seaborn as sns  # noqa: PLC0415  (slow to import, and only used here)

    known = frame.dropna(subset=[value])
    empty = [name for name in labels if name not in set(known[group])]
    if empty or not 0 < len(labels) <= len(style.SERIES_COLOURS):
        raise UsageError(
            f"A distribution has one to {len(style.SERIES_COLOURS)} groups with values; without: "
            f"{empty}."
        )
    figure, axes = style.new_figure(4.2)
    axes.grid(axis="y", visible=True)
    for name, colour, dashes in zip(labels, style.SERIES_COLOURS, DASHES, strict=False):
        values = known.loc[known[group] == name, value].to_numpy("float64")
        line = {"dashes": dashes} if dashes else {}
        label = f"{style.wrap_label(labels[name], 44)} (n = {len(values):,})"
        sns.ecdfplot(x=values, ax=axes, color=colour, linewidth=2.2, label=label, **line)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.set_xlabel(style.wrap_label(x_label, 52))
    axes.set_ylabel("Share at or below")
    style.clear_spines(axes, "bottom")
    figure.legend(loc="outside upper left", ncols=1)
    return figure


def cooccurrence(frame: pd.DataFrame, practices: Mapping[str, str]) -> pd.DataFrame:
    """Share of the counties with one practice that have another, a row per ordered pair.

    The practices are 0/1 columns with their names; rows with a missing one are left out. Columns
    `given, other, counties_count` (with `given`), `share` (of these, with `other`; missing where
    no county has `given`).
    """
    known = frame[list(practices)].dropna().astype("float64")
    having = known.sum()
    share = (known.T @ known).div(having.where(having > 0), axis=0)
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
    figure, axes = style.new_figure(0.9 + 0.56 * len(order))
    axes.imshow(np.ma.masked_invalid(values), cmap=SHARE_RAMP, vmin=0, vmax=1, aspect="auto")
    for row, column in np.ndindex(values.shape):
        share = values[row, column]
        text = "–" if np.isnan(share) else f"{100 * share:.0f}"
        face = "#ffffff" if np.isnan(share) else mpl.colors.to_hex(SHARE_RAMP(share))
        axes.text(column, row, text, ha="center", va="center", color=style.readable_on(face))
    axes.set_yticks(
        range(len(order)), [f"{style.wrap_label(n)}  {i}" for i, n in enumerate(order, 1)]
    )
    axes.set_xticks(range(len(order)), [str(i) for i in range(1, len(order) + 1)])
    axes.xaxis.tick_top()
    axes.tick_params(labelcolor=style.INK)
    axes.grid(visible=False)
    style.clear_spines(axes)
    return figure


def plot_tile_map(
    tiles: pd.DataFrame,
    colours: Mapping[str, str],
    *,
    status: str = "status",
    second_line: str = "",
    hatched: str = "",
) -> Figure:
    """Draw one square per state, whatever its area, with its abbreviation.

    A tile has `state_abbr`, `tile_row` (from the north), `tile_column` (from the west), and the
    columns named: the status that colours it, a short text below the abbreviation, and a truth
    value that hatches it, for what is not certain.
    """
    _check_tiles(tiles, status, colours)
    wide, high = int(tiles["tile_column"].max()), int(tiles["tile_row"].max())
    figure, axes = style.bare_figure(style.WIDTH_INCHES * high / wide)
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
    ink, (name, below), middle = style.readable_on(colour), lines, place[0] + 0.5
    corner, side = (place[0] + _GAP, place[1] + _GAP), 1 - 2 * _GAP
    axes.add_patch(Rectangle(corner, side, side, facecolor=colour, linewidth=0))
    if hatch:
        look: dict[str, Any] = {
            "hatch": style.UNKNOWN_HATCH,
            "edgecolor": _HATCH_COLOURS[ink.lower()],
        }
        axes.add_patch(Rectangle(corner, side, side, fill=False, linewidth=1.2, **look))
    ground = {"facecolor": colour, "edgecolor": "none", "pad": 1.2} if hatch else None
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
