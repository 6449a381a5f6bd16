"""House style of figures: one set of colours, sizes that stay readable on a phone."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import Any

import matplotlib as mpl
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from coopanalysis.clean.reporting import ALL_REPORTING_STATUSES
from coopanalysis.vocabulary import SUPPORT_TYPE_LABELS

DPI = 144
WIDTH_INCHES = 6.4
COMPRESSION = 6
"""The most there is makes images 7 % smaller and takes eight times as long."""
PHONE_WIDTH_PX = 339
"""Width left for a figure on a screen of 375 px."""
SMALLEST_TEXT_PX = 9.0

INK, MUTED, RULE, PAPER = "#1f2328", "#5b6169", "#d5d8dc", "#ffffff"
ACCENT, ACCENT_LIGHT = "#1b5e7b", "#a9c7d4"
SERIES_COLOURS = (ACCENT, "#b8860b", "#6b4c8a", "#2f7d5b")

STATUS_COLOURS: dict[str, str] = {
    "task-force": "#4B1D6B",
    "jail-enforcement": "#9E6FBF",
    "warrant-service": "#CBA6DC",
    "none": "#E2E2E2",
    "limits": "#1B7F79",
    "unknown": "#FFFFFF",
}
"""One colour per status, everywhere (`site.css` has those of the index); unknown is white under a
hatch."""

STATUS_LABELS: dict[str, str] = {
    **{name: SUPPORT_TYPE_LABELS[name] for name in STATUS_COLOURS if name in SUPPORT_TYPE_LABELS},
    "none": "No agreement",
    "limits": "Limits cooperation",
    "unknown": "Not known",
}
REPORTING_COLOURS: dict[str, str] = dict(
    zip(
        ALL_REPORTING_STATUSES,
        ("#1B5E7B", "#7FB2C6", "#E3C88A", "#8C5A2B", "hatch", "#B9AEC9", "#5F5480", "#FFFFFF"),
        strict=True,
    )
)
"""Colour of each status of reporting to the FBI, in every figure the same."""

HATCH, UNKNOWN_HATCH = "hatch", "////"
"""What stands for a hatch among colours, and the hatch of what is not known."""
SEQUENTIAL = "BuPu"
"""From pale to dark: what is zero or least looks like it."""


def use_house_style() -> None:
    """Set fonts, lines and colours for every figure drawn after this.

    Text is 12.5 points on a figure 6.4 inches wide: 9 px high when a phone shrinks the figure.
    """
    mpl.rcdefaults()
    mpl.rc("figure", figsize=(WIDTH_INCHES, 4.0), dpi=DPI, facecolor=PAPER)
    mpl.rc("font", family="DejaVu Sans", size=12.5)
    mpl.rc("text", color=INK, parse_math=False)  # a name with two dollar signs is no formula
    mpl.rc("axes", edgecolor=MUTED, labelcolor=MUTED, labelsize=12.5, linewidth=0.8, grid=True)
    mpl.rc("axes", axisbelow=True, titlesize=13, titleweight="normal", titlelocation="left")
    mpl.rc("axes", prop_cycle=cycler(color=SERIES_COLOURS))
    mpl.rc("axes.spines", top=False, right=False)
    for ticks in ("xtick", "ytick"):
        mpl.rc(ticks, color=MUTED, labelsize=12.5)
    mpl.rc("grid", color=RULE, linewidth=0.7)
    mpl.rc("lines", linewidth=2)
    mpl.rc("legend", fontsize=12.5, frameon=False)
    mpl.rc("hatch", linewidth=0.6, color="#8a8f96")
    mpl.rc("svg", hashsalt="coopanalysis")
    mpl.rcParams.update({"figure.constrained_layout.use": True, "axes.grid.axis": "x"})
    mpl.rcParams.update({"xtick.major.size": 0, "ytick.major.size": 0})


def new_figure(height: float = 4.0) -> tuple[Figure, Any]:
    """Start a figure of the house width in the house style, so many inches high."""
    use_house_style()
    figure = Figure(figsize=(WIDTH_INCHES, height))
    return figure, figure.subplots()


def bare_figure(height: float) -> tuple[Figure, Axes]:
    """Start a figure that is nothing but its drawing, for maps."""
    use_house_style()
    figure = Figure(figsize=(WIDTH_INCHES, height))
    figure.set_layout_engine("none")
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_axis_off()
    return figure, axes


def clear_spines(axes: Axes, *keep: str) -> None:
    """Take away the frame of a chart but for the sides named."""
    for side, spine in axes.spines.items():
        spine.set_visible(side in keep)


def name_rows(
    axes: Axes, names: Iterable[object], x_label: str, *, ticks: int = 5, wrap: int = 24
) -> None:
    """Name the rows of a chart from the top, each one unit high, and what is along them."""
    labels = [wrap_label(str(name), wrap) for name in names]
    axes.set_yticks(range(len(labels))[::-1], labels)
    axes.set_ylim(-0.6, len(labels) - 0.4)
    axes.tick_params(axis="y", labelcolor=INK)
    axes.xaxis.set_major_locator(MaxNLocator(ticks))
    axes.set_xlabel(wrap_label(x_label, 52))
    clear_spines(axes, "bottom")


def most_lines(names: Iterable[object], wrap: int = 24) -> int:
    """Lines that the longest of some labels takes."""
    return max(wrap_label(str(name), wrap).count("\n") for name in names) + 1


def lines_across(axes: Axes) -> None:
    """Draw grid lines across the chart instead of up and down."""
    axes.grid(axis="x", visible=False)
    axes.grid(axis="y", visible=True)


def wrap_label(text: str, width: int = 24) -> str:
    """Break a label into lines, so that it leaves room for the marks."""
    return "\n".join(textwrap.wrap(text, width, break_long_words=False)) or text


def readable_on(colour: str) -> str:
    """Black or white, whichever reads better on a colour."""
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    channels = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (red, green, blue)
    ]
    luminance = 0.2126 * channels[0] + 0.7152 * channels[1] + 0.0722 * channels[2]
    return "#ffffff" if luminance < 0.18 else INK
